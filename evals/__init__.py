"""Benchmarks: one short file each, run with `inspect eval evals/NAME.py` or `inspect eval clinical_r1/NAME`."""
