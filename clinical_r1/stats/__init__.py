"""Statistics on plain numbers: no logs, no models, no files.

- `estimates`: means, shares and ratios of sums with intervals between questions; bounds of what is unscored
- `paired`: two checkpoints on the same questions, one metric or many, means or ratios; McNemar's test
- `contrast`, `resampling`: what comparisons are made of; bootstrap, permutation test
- `seeds`: two methods, each with several training seeds
- `planning`: how many questions, epochs and seeds a comparison needs
- `families`: p-values adjusted over many tests; one difference over several benchmarks
- `votes`: maj@k with intervals
- `agreement`: raters with each other and a judge with raters, the face of `ratings`, `coefficients`, `pairwise`,
  `judge_rates` (also: does a judge err differently by checkpoint) and `alt_test`
- `correction`: what raters would say of all responses, made of `prediction_powered` and `label_weights`
"""
