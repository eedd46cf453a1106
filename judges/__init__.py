"""Judges: one short file a scorer, for `inspect score LOG --scorer judges/NAME.py@NAME`; prompts beside them."""
