"""Both rule-based judges, counting included, on 10,000 responses of about 1,300 tokens, on one core.

The responses are made from templates and the stems and options of real MedQA records, five to a question as in a run
with five epochs, and all differ. Without the real records, the invented vignettes of the package are used.

    python benchmarks/rules_judge.py
"""

import json
import os
from argparse import Namespace
from importlib.resources import files
from pathlib import Path
from random import Random
from statistics import median
from time import process_time

from _report import arguments, report, spread

from clinical_r1.datasets.wording import has_case, negated
from clinical_r1.item import Item
from clinical_r1.judging.counting import count
from clinical_r1.judging.rules import judge_by_rules
from clinical_r1.metrics import METRICS_OF
from clinical_r1.sentences import clauses

AIM = 60.0
"""Seconds for `PLANNED` responses."""
PLANNED = 10_000
LENGTH = 6_500
"""Characters of about 1,300 tokens."""
EPOCHS = 5
SENTENCES = (
    "The case tells of {fact}, which points to {right}.",
    "{wrong} is unlikely because there is no hematuria.",
    "Option {letter} ({wrong}) can be excluded, given {fact}.",
    "If this were {wrong}, we would expect a sudden onset; here the course is {n} days.",
    "First, I will identify the findings that decide the question.",
    "Wait, {fact} does not fit {wrong}. It must be {right} instead.",
    "Let me double-check this against the age of the patient.",
    "{right} typically presents with fever, fatigue and weight loss in adults over {n}.",
    "The patient has a temperature of 38.{n} and a pulse of 1{n}/min.",
    "This argues against {letter} and supports the other option, although it does not prove it.",
    "These findings should be weighed against the onset, the age of {n} years and the history.",
    "In older adults the same disease takes another course, with few symptoms and a high mortality.",
)


def items(number: int) -> list[Item]:
    """Items that all differ, `EPOCHS` to a question."""
    rows = _rows()
    return [_item(rows[place // EPOCHS % len(rows)], place) for place in range(number)]


def _rows() -> list[dict[str, object]]:
    folder = Path(os.environ.get("CLINICAL_R1_DATA") or Path(__file__).parents[2] / "shared" / "data")
    real = folder / "medqa_us_5opt_dev.jsonl"
    path = real if real.exists() else files("clinical_r1.vignettes") / "medqa.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _item(row: dict[str, object], place: int) -> Item:
    stem, options, target = str(row["question"]), row["options"], str(row["answer_idx"])
    assert isinstance(options, dict)
    facts = clauses(stem) if has_case(stem) else ()
    response = _response(Random(f"{place}"), options, target, [fact.text for fact in facts] or ["the question"])
    return Item(
        id=str(place // EPOCHS),
        epoch=place % EPOCHS + 1,
        stem=stem,
        options=options,
        target=target,
        response=response,
        answer=target,
        has_case=has_case(stem),
        negated=negated(stem),
        facts=facts,
    )


def _response(rng: Random, options: dict[str, str], target: str, facts: list[str]) -> str:
    sentences: list[str] = []
    size = 0
    while size < LENGTH - 100:
        letter = rng.choice([letter for letter in options if letter != target])
        words = {"right": options[target], "wrong": options[letter], "letter": letter}
        sentences.append(rng.choice(SENTENCES).format(fact=rng.choice(facts), n=rng.randrange(2, 90), **words))
        size += len(sentences[-1]) + 1
    text = "\n\n".join(" ".join(sentences[start : start + 6]) for start in range(0, len(sentences), 6))
    return f"<dx>\n{text}\n</dx>\n<conclusion>\nSo {options[target]}: \\boxed{{{target}}}\n</conclusion>"


def judge(responses: list[Item]) -> float:
    """Seconds of processor time that both judges take for a response."""
    start = process_time()
    for item in responses:
        for metrics in METRICS_OF.values():
            if metrics:
                count(judge_by_rules(item, metrics), item, metrics)
    return (process_time() - start) / len(responses)


def main(args: Namespace) -> None:
    """Measure and report."""
    judge(items(20))  # warms up
    rounds = args.responses // args.rounds
    made = items(args.responses)
    seconds = [judge(made[place * rounds : (place + 1) * rounds]) for place in range(args.rounds)]
    headline = median(seconds) * PLANNED
    report(
        args.output,
        figure=f"seconds for both rule-based judges on {PLANNED} responses of 1,300 tokens, one core",
        value=headline,
        unit="s",
        aim=f"under {AIM:.0f}",
        met=headline < AIM,
        n=args.responses,
        milliseconds_a_response=spread([1000 * value for value in seconds]),
        characters=LENGTH,
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--responses", type=int, default=PLANNED, help="responses judged (10000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds they are judged in (5)")
    main(parser.parse_args())
