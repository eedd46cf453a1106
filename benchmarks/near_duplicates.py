"""Time and memory to compare 10,000 training with 5,000 test questions of MedQA's length, on one core.

The questions are made: words drawn with the frequencies of English (Zipf), between openings and endings that thousands
of real questions share. One in a hundred training questions is a test question with every thirtieth word changed, and
must be found.

    python benchmarks/near_duplicates.py
"""

import resource
import sys
from argparse import Namespace
from itertools import accumulate
from random import Random
from statistics import median
from time import process_time

from _report import arguments, report, spread

from clinical_r1.datasets.overlap import near_duplicates
from clinical_r1.datasets.questions import Question

SECONDS = 60
GIGABYTES = 2
TRAINING, TEST = 10_000, 5_000
STEM, OPTION = 110, 4
"""Words: medians of MedQA."""
VOCABULARY = 20_000
OPENING = "A {age}-year-old {who} comes to the physician because of"
ENDING = "Which of the following is the most likely {what}?"

_WORDS = [f"w{rank}" for rank in range(VOCABULARY)]
_WEIGHTS = list(accumulate(1 / (rank + 2.7) for rank in range(VOCABULARY)))


def question(rng: Random, id: str) -> Question:
    """A question of random words in the usual frame."""
    words = rng.choices(_WORDS, cum_weights=_WEIGHTS, k=STEM + 4 * OPTION)
    opening = OPENING.format(age=rng.randrange(1, 90), who=rng.choice(["man", "woman", "boy", "girl"]))
    ending = ENDING.format(what=rng.choice(["diagnosis", "cause", "finding", "mechanism", "explanation"]))
    options = {letter: " ".join(words[STEM + OPTION * n : STEM + OPTION * (n + 1)]) for n, letter in enumerate("ABCD")}
    return Question(id, f"{opening} {' '.join(words[:STEM])}. {ending}", options, "A")


def edited(original: Question, id: str) -> Question:
    """The same question with every thirtieth word of the stem changed."""
    words = [f"edited{n}" if n % 30 == 29 else word for n, word in enumerate(original.stem.split())]
    return Question(id, " ".join(words), original.options, "A")


def main(args: Namespace) -> None:
    """Measure and report."""
    rng = Random(0)
    test = [question(rng, f"test{n}") for n in range(TEST)]
    training = [edited(test[n // 2], f"e{n}") if n % 100 == 0 else question(rng, f"t{n}") for n in range(TRAINING)]
    planted = {f"e{n}" for n in range(0, TRAINING, 100)}
    times, found = [], set()
    for _ in range(args.runs):
        start = process_time()
        found = {pair.training_id for pair in near_duplicates(training, test)}
        times.append(process_time() - start)
    if found != planted:
        raise RuntimeError(f"{len(planted - found)} edited questions missed, {len(found - planted)} others found")
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)
    report(
        args.output,
        figure=f"time to compare {TRAINING} training with {TEST} test questions",
        value=median(times),
        unit="s",
        aim=f"under {SECONDS} s and {GIGABYTES} GB",
        met=median(times) < SECONDS and used < GIGABYTES,
        n=args.runs,
        seconds=spread(times),
        peak_gigabytes=round(used, 2),
        planted_and_found=len(planted),
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--runs", type=int, default=3, help="measured runs (3)")
    main(parser.parse_args())
