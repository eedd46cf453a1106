"""Completions of about 1,300 tokens that `parse` and `extract_answer` read in a second on one core.

Each completion is read by two callers, as the scorer does it: `extract_answer(text)` and `parse(text)`, which share
one parse through its cache. All completions differ, so that the cache helps no more than in a real run. The headline
is the layout that the trained checkpoints and the rewards write; a text without a box is read for every way in which an
answer can be stated, which takes longer, and stands beside it.

    python benchmarks/extraction.py
"""

from argparse import Namespace
from collections.abc import Callable
from random import Random
from statistics import median
from time import process_time

from _report import arguments, report, spread

from clinical_r1.choices import extract_answer
from clinical_r1.grammar import parse

AIM = 20_000
"""Of what is tagged or boxed."""
FREE_AIM = 1_500
"""Of what was written in no form."""
LENGTH = 6_500
"""Characters of about 1,300 tokens."""

OPTIONS = {
    "A": "Ischemic stroke",
    "B": "Bacterial meningitis",
    "C": "Migraine with aura",
    "D": "Subarachnoid hemorrhage",
    "E": "Viral encephalitis",
}
SENTENCES = (
    "The patient reports a headache that began {n} hours ago and has grown worse since.",
    "A temperature of 38.{n} degrees and neck stiffness point to meningeal irritation.",
    "Option A (ischemic stroke) is unlikely because there is no focal deficit on examination.",
    "Migraine with aura would not explain the fever, so C can be set aside.",
    "The cerebrospinal fluid shows {n} neutrophils per microliter with low glucose.",
    "However, a normal CT does not exclude a small bleed within the first {n} hours.",
    "Vitamin B12 and hepatitis B serology are not relevant to the presentation.",
    "The most important next step is to start empirical treatment after blood cultures.",
    "Viral encephalitis remains possible, but the opening pressure of {n} cm argues against it.",
    "These findings should be weighed against the onset, the age of {n} years and the history.",
)


def reasoning(rng: Random, length: int) -> str:
    """About `length` characters of case discussion, different every time."""
    sentences: list[str] = []
    size = 0
    while size < length:
        sentences.append(rng.choice(SENTENCES).format(n=rng.randrange(2, 90)))
        size += len(sentences[-1]) + 1
    return "\n\n".join(" ".join(sentences[start : start + 6]) for start in range(0, len(sentences), 6))


FORMATS: dict[str, Callable[[Random], str]] = {
    "crpo": lambda rng: (
        f"<dx>\n{reasoning(rng, LENGTH - 300)}\n</dx>\n<conclusion>\n{reasoning(rng, 200)} \\boxed{{B}}\n</conclusion>"
    ),
    "think": lambda rng: f"<think>\n{reasoning(rng, LENGTH)}\n</think>\n<answer>\\boxed{{B}}</answer>",
    "free, box": lambda rng: f"{reasoning(rng, LENGTH)}\n\nFinal answer: \\boxed{{B}}",
    "stated": lambda rng: f"{reasoning(rng, LENGTH)}\n\nThe answer is B.",
    "letter on the last line": lambda rng: f"{reasoning(rng, LENGTH)}\n\nB",
    "concluded": lambda rng: (
        f"{reasoning(rng, LENGTH - 800)}\n\nThe most likely diagnosis is bacterial meningitis (B).\n\n"
        f"{reasoning(rng, 800)}"
    ),
    "weighed, then concluded": lambda rng: (
        "\n\n".join(f"{letter}) {text}: {reasoning(rng, LENGTH // 5)}" for letter, text in OPTIONS.items())
        + "\n\nBased on this, the most likely cause is:\n\nB) Bacterial meningitis"
    ),
    "none": lambda rng: reasoning(rng, LENGTH),
    "unfinished thought": lambda rng: f"<think>\n{reasoning(rng, LENGTH)}",
}
"""Format -> a completion in it."""
FORMED = ("crpo", "think", "free, box", "unfinished thought")
"""Formats that are read without a look at their sentences."""
HEADLINE = "crpo"


def per_second(completions: list[str]) -> float:
    """Completions read in a second of processor time: one core's speed, whatever else the machine does."""
    start = process_time()
    for text in completions:
        extract_answer(text, OPTIONS)
        parse(text)
    return len(completions) / (process_time() - start)


def main(args: Namespace) -> None:
    """Measure and report."""
    rates = {}
    for name, write in FORMATS.items():
        completions = [write(Random(f"{name}:{seed}")) for seed in range(args.completions)]
        per_second(completions[:20])  # warms up
        rates[name] = [per_second(completions[start :: args.rounds]) for start in range(args.rounds)]
    headline = median(rates[HEADLINE])
    report(
        args.output,
        figure=f"completions of 1,300 tokens parsed and read a second on one core, format {HEADLINE}",
        value=headline,
        unit="completions / s",
        aim=f"at least {AIM}",
        met=headline >= AIM,
        n=args.completions,
        met_by_format={name: median(values) >= (AIM if name in FORMED else FREE_AIM) for name, values in rates.items()},
        by_format={name: spread(values) for name, values in rates.items()},
        characters=LENGTH,
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--completions", type=int, default=2_000, help="completions of each format (2000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds they are read in (5)")
    main(parser.parse_args())
