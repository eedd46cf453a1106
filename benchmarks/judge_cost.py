"""What one sample costs with two structured calls, against a call for each of the eight metrics.

Prompts are those that are sent, over real stems; the reply is a made one with about as many instances as the paper
reports a response, in the reply schema. Tokens are characters / 4 (no tokenizer is at hand offline), which both designs
share, so that their ratio hardly depends on it. The price of a token out is eight times that of a token in.

    python benchmarks/judge_cost.py --data ../shared/data
"""

import json
from argparse import Namespace
from pathlib import Path
from statistics import fmean
from typing import Any

from _report import arguments, report

from clinical_r1.datasets import load
from clinical_r1.datasets.wording import has_case
from clinical_r1.item import Item
from clinical_r1.judging.replies import reply_with, response_schema
from clinical_r1.judging.rubric import load_rubric, render_item, sections_of
from clinical_r1.metrics import METRICS_OF, Judge
from clinical_r1.sentences import clauses

AIM = 0.55
PRICE_OUT = 8
CHARACTERS_PER_TOKEN = 4
FILES = {
    "medqa": "medqa_us_5opt_dev.jsonl",
    "medmcqa": "medmcqa_raw_dev_part.jsonl",
    "medxpertqa": "medxpertqa_text_hub_layout_120.jsonl",
}
WORDS = (250, 650, 1000)
"""Words of a response: an instruction-tuned model's, a trained one's, a long reasoning chain's."""
QUOTE = "the history of recent travel and the fever"
INSTANCES = {
    "citations": 6,
    "rejections": 4,
    "claims": 12,
    "backtracking": 1,
    "verification": 1,
    "subgoal_setting": 2,
    "backward_chaining": 1,
}
"""Instances in a reply: about the paper's numbers per response, and claims for the two metrics that share a list."""


def reply(sections: tuple[str, ...]) -> str:
    """A reply with the usual number of instances."""
    one: dict[str, dict[str, Any]] = {
        "citations": {"s": 12, "q": QUOTE, "f": [3], "o": "B"},
        "rejections": {"s": 12, "q": QUOTE, "o": "B", "why": "case_fact"},
        "claims": {"s": 12, "q": QUOTE, "is": "supported"},
    }
    pair = {"s": 12, "q": QUOTE, "s2": 14, "q2": QUOTE}
    return json.dumps({name: [one.get(name, pair)] * INSTANCES[name] for name in sections})


def tokens(judge: Judge, metrics: tuple[str, ...], item: Item) -> tuple[float, float]:
    """Tokens in and out of one call."""
    sections = sections_of(metrics)
    schema = response_schema(judge, reply_with(sections)).json_schema.model_dump(exclude_none=True)
    system = load_rubric(judge).system(sections, schema)
    sent = len(system) + len(render_item(item, facts=judge == "grounding"))
    return sent / CHARACTERS_PER_TOKEN, len(reply(sections)) / CHARACTERS_PER_TOKEN


def cost(calls: list[tuple[float, float]]) -> float:
    """In tokens of input."""
    return sum(sent + PRICE_OUT * got for sent, got in calls)


def items(folder: Path, benchmark: str, words: int, limit: int) -> list[Item]:
    """Real questions with a response of so many words: sentences of the stem, over and over."""
    made = []
    for question in load(benchmark, str(folder / FILES[benchmark])).questions[:limit]:
        said = f"Point: {question.stem} "
        response = (said * (1 + words // len(said.split())))[: words * 6]
        case = has_case(question.stem)
        facts = clauses(question.stem) if case else ()
        made.append(
            Item(question.id, 1, question.stem, question.options, question.target, response, None, case, False, facts)
        )
    return made


def main(args: Namespace) -> None:
    """Measure and report."""
    rows: list[dict[str, Any]] = []
    for benchmark in FILES:
        for words in WORDS:
            two, eight = [], []
            for item in items(args.data, benchmark, words, args.limit):
                two.append([tokens(judge, metrics, item) for judge, metrics in METRICS_OF.items()])
                eight.append([tokens(judge, (one,), item) for judge, metrics in METRICS_OF.items() for one in metrics])
            rows.append(
                {
                    "benchmark": benchmark,
                    "words": words,
                    **{
                        f"{name}_tokens_in": round(fmean(sum(c[0] for c in calls) for calls in asked))
                        for name, asked in (("two", two), ("eight", eight))
                    },
                    **{
                        f"{name}_tokens_out": round(fmean(sum(c[1] for c in calls) for calls in asked))
                        for name, asked in (("two", two), ("eight", eight))
                    },
                    "ratio": round(sum(map(cost, two)) / sum(map(cost, eight)), 3),
                }
            )
    worst = max(row["ratio"] for row in rows)
    report(
        args.output,
        figure="cost of two structured calls over eight separate ones, worst of benchmarks and lengths",
        value=worst,
        unit="ratio",
        aim=f"at most {AIM}",
        met=worst <= AIM,
        n=args.limit,
        rows=rows,
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with real benchmark records")
    parser.add_argument("--limit", type=int, default=100, help="questions a benchmark (default: 100)")
    main(parser.parse_args())
