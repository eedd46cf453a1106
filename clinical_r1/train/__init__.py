"""Training: the rewards of GRPO and CRPO, and the trainers on TRL.

Read in this order: `rewards` and `cross_reference` (pure Python: what a completion earns, and the detectors of a
reference), `reward_functions` (terms by name, and their form for TRL), `crpo` and `sft` (what differs from TRL's
defaults), `data` (questions -> rows) and `run` (from a recipe to the folder of the final model).

Around them stand `recipe`, `dry_run`, `trl_settings`, `checkpoints`, `callbacks`, `record` and `model_card`.
"""
