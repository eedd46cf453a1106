"""Evaluate, judge, train and compare clinical-reasoning language models."""

__version__ = "0.1.0"
