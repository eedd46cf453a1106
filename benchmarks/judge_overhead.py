"""What judging a response costs beside the model: showing it, reading the reply, verifying every quote, counting.

Responses of about 1,300 tokens over real questions; the reply quotes 22 places of each (6 citations, 4 rejections, 12
claims), one in ten of them not in the response.

    python benchmarks/judge_overhead.py
"""

import json
from argparse import Namespace
from random import Random
from time import process_time

from _report import arguments, report, spread
from rules_judge import items

from clinical_r1.item import Item
from clinical_r1.judging.counting import count
from clinical_r1.judging.evidence import check
from clinical_r1.judging.replies import read_reply, reply_with
from clinical_r1.judging.rubric import render_item
from clinical_r1.metrics import METRICS_OF

AIM = 5.0
LISTS = ("citations", "rejections", "claims")
NUMBERS = {"citations": 6, "rejections": 4, "claims": 12}


def reply(item: Item, rng: Random) -> str:
    """A reply that quotes places of the response."""

    def place() -> dict[str, object]:
        number = rng.randrange(len(item.sentences))
        words = item.sentences[number].text.split()
        quote = " ".join(words[: rng.randrange(3, 9)]) if rng.random() < 0.9 else "a quote that stands nowhere here"
        return {"s": number + 1, "q": quote}

    rest: dict[str, dict[str, object]] = {
        "citations": {"f": [1], "o": "A"},
        "rejections": {"o": "B", "why": "case_fact"},
        "claims": {"is": "supported"},
    }
    return json.dumps({name: [place() | rest[name] for _ in range(NUMBERS[name])] for name in LISTS})


def main(args: Namespace) -> None:
    """Measure and report."""
    rng = Random(0)
    made = [item for item in items(args.responses * 2) if item.facts][: args.responses]
    replies = [reply(Item(**vars(item)), rng) for item in made]  # a copy: the item's own sentences are cut while timed
    times = []
    for item, text in zip(made, replies, strict=True):
        start = process_time()
        render_item(item, facts=True)
        found, _ = check(dict(read_reply(text, reply_with(LISTS))), item)
        count(found, item, METRICS_OF["grounding"])
        times.append(1000 * (process_time() - start))
    shown = spread(times)
    report(
        args.output,
        figure="judging overhead a response beside the model",
        value=shown["median"],
        unit="ms",
        aim=f"under {AIM:g}",
        met=shown["median"] < AIM,
        n=len(times),
        milliseconds=shown,
        instances=sum(NUMBERS.values()),
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--responses", type=int, default=300, help="responses (default: 300)")
    main(parser.parse_args())
