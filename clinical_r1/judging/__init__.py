"""Judging reasoning: sentences and case facts with offsets, quotes checked against the text they come from."""
