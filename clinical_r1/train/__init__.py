"""Training: the rewards of GRPO and CRPO."""
