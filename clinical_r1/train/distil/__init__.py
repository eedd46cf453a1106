"""Distillation: cold-start traces from a teacher."""
