"""Recipes: one checked-in YAML file per training run, for `clinical-r1 train`."""
