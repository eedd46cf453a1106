"""Recipes: one checked-in YAML file a training run, for `clinical-r1 train`."""
