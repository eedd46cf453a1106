"""The planted-truth bench: synthetic responses whose ground-truth annotations are known."""
