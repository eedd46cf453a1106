"""Time to load and check 4,183 MedMCQA records, the size of its validation split, after imports.

Without a file the bundled vignettes are repeated; either way every record gets a fresh id and stem.

    python benchmarks/loading.py
    python benchmarks/loading.py --dataset medmcqa_validation.jsonl
"""

import json
import tempfile
from argparse import Namespace
from importlib.resources import files
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter

from _report import arguments, report, spread

from clinical_r1.datasets import BENCHMARKS, load, to_sample

AIM = 1.0
RECORDS = BENCHMARKS["medmcqa"].rows["validation"]


def write_records(source: str, target: Path) -> int:
    """Repeat a file's records up to `RECORDS`, each with an id and a stem of its own; returns the bytes written."""
    records = [json.loads(line) for line in source.splitlines() if line.strip()]
    with target.open("w", encoding="utf-8") as file:
        for number, record in enumerate(islice(cycle(records), RECORDS)):
            stem = f"{record['question']} (case {number})" if number >= len(records) else record["question"]
            file.write(json.dumps({**record, "id": f"record-{number}", "question": stem}) + "\n")
    return target.stat().st_size


def seconds(path: Path, cop_base: int | None) -> tuple[float, float]:
    """Seconds to load the questions, and to make samples of them."""
    start = perf_counter()
    questions = load("medmcqa", str(path), cop_base=cop_base).questions
    loaded = perf_counter()
    samples = [to_sample(question) for question in questions]
    if len(samples) != RECORDS:
        raise RuntimeError(f"{len(samples)} of {RECORDS} records were loaded")
    return loaded - start, perf_counter() - loaded


def main(args: Namespace) -> None:
    """Measure and report."""
    source = args.dataset or files("clinical_r1") / "vignettes" / "medmcqa.jsonl"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.jsonl"
        size = write_records(source.read_text(encoding="utf-8"), path)
        runs = [seconds(path, args.cop_base) for _ in range(args.runs + 1)][1:]  # the first warms up and imports
    totals = [sum(run) for run in runs]
    report(
        args.output,
        figure=f"time to load {RECORDS} MedMCQA records into samples",
        value=median(totals),
        unit="s",
        aim=f"under {AIM}",
        met=median(totals) < AIM,
        n=args.runs,
        seconds=spread(totals),
        load_seconds=spread([run[0] for run in runs]),
        sample_seconds=spread([run[1] for run in runs]),
        records=RECORDS,
        megabytes=round(size / 1e6, 2),
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--dataset", type=Path, help="a MedMCQA .jsonl file (the bundled vignettes)")
    parser.add_argument("--cop-base", type=int, choices=(0, 1), help="number of option A in `cop`, if it does not show")
    parser.add_argument("--runs", type=int, default=5, help="measured runs (5)")
    main(parser.parse_args())
