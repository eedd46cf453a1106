"""LLM judges: one short file each, run over a finished log with `inspect score`."""
