"""From what a command left behind to lines of results."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path


def trained(world: Path, seeds: int) -> Iterator[str]:
    """The rewards of each arm, at its first update and at its last."""
    for seed in range(seeds):
        for arm in ("grpo", "crpo"):
            with (world / "runs" / f"seed-{seed}" / arm / "record.csv").open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            ends = [f"{float(row['reward']):.2f}" for row in (rows[0], rows[-1]) if row.get("reward")]
            yield f"{arm}, seed {seed}: reward {' to '.join(ends)} in {rows[-1]['step']} updates"


def accuracy(name: str, logs: Path) -> str:
    """What the finished log in a folder says of the answers."""
    from inspect_ai.log import list_eval_logs, read_eval_log

    headers = [read_eval_log(info, header_only=True) for info in list_eval_logs(str(logs))]
    results = next(header.results for header in headers if header.status == "success")
    metrics = {key: one.value for score in (results.scores if results else []) for key, one in score.metrics.items()}
    voted = f"majority {metrics['majority_accuracy']:.3f} ± {metrics['majority_stderr']:.3f}"
    return f"{name}: accuracy {metrics['accuracy']:.3f} ± {metrics['stderr']:.3f} (standard error), {voted}"


def printed(said: str, but: Sequence[str] = ()) -> list[str]:
    """The sentences of a report's command, without its last line and without those that are known."""
    return [line for line in said.splitlines() if not line.startswith("report:") and line not in but]
