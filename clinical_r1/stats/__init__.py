"""Statistics on plain numbers: no logs, no models, no files.

- `estimates`: means, shares and ratios of sums with intervals between questions; bounds of what is unscored
- `intervals`: Wilson's interval
- `paired`: two checkpoints on the same questions, one metric or many, means or ratios; `binary`: McNemar's test
- `seeds`: two methods, each with several training seeds
- `families`: p-values adjusted over many tests; `combine`: one difference over several benchmarks
- `power`: detectable differences
- `votes`: maj@k with intervals
- `bootstrap`, `permutation`, `contrast`, `clusters`: what the comparisons are made of
"""
