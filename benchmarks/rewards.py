"""Rewards of well-formed completions of about 1,300 tokens, all parts together, on one core.

python benchmarks/rewards.py
"""

from argparse import Namespace
from random import Random
from statistics import median
from time import process_time

from _report import arguments, report, spread
from extraction import FORMATS, OPTIONS

from clinical_r1.train.rewards import crpo_reward

AIM = 5_000
QUESTION = "A 31-year-old woman has a sudden severe headache, neck stiffness and photophobia. What is the diagnosis?"


def main(args: Namespace) -> None:
    """Measure and report."""
    rng = Random(0)
    rates = []
    for _ in range(5):
        completions = [FORMATS["crpo"](rng) for _ in range(1000)]
        start = process_time()
        for text in completions:
            crpo_reward(text, "B", OPTIONS, question=QUESTION)
        rates.append(len(completions) / (process_time() - start))
    report(
        args.output,
        figure="completions of 1,300 tokens rewarded a second on one core",
        value=median(rates),
        unit="completions / s",
        aim=f"at least {AIM}",
        met=median(rates) >= AIM,
        n=1000,
        rates=spread(rates),
    )


if __name__ == "__main__":
    main(arguments(__doc__).parse_args())
