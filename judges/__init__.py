"""Judges: one short file per scorer, for `inspect score LOG --scorer judges/NAME.py@NAME`; prompts beside them."""
