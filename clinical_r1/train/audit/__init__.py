"""The reward audit: what perturbed completions earn."""
