"""What came out of a world: one row a log, each share with its 95 % interval, from responses whose truth is known.

    python benchmarks/world_runs.py world LOG…

Prints a Markdown table. One epoch a log is assumed for the intervals (Wilson; by question for the share a claim).
"""

import argparse
import sys
from pathlib import Path

from clinical_r1.logs import LoggedCompletion, read_completions
from clinical_r1.stats.estimates import Estimate, ratio, share
from clinical_r1.train.rewards import crpo_reward
from clinical_r1.world.build import read_world
from clinical_r1.world.cases import Case, Medicine
from clinical_r1.world.truth import Claims, read_claims

COLUMNS = ("accuracy", "format", "cross-reference", "any invented", "invented a claim", "valid rejections")


def row(completions: list[LoggedCompletion], medicine: Medicine, cases: dict[str, Case]) -> list[str]:
    """The cells of one log."""
    items = [one.item for one in completions]
    claims = {one.id: read_claims(one.response, cases[one.id], medicine) for one in items}
    rewards = [
        crpo_reward(one.response, one.target, one.options, question=one.stem, cross_reference="lexical")
        for one in items
    ]
    shares = (
        [one.answer == one.target for one in items],
        [reward.format == 1 for reward in rewards],
        [reward.cross_reference > 0 for reward in rewards],
        [bool(found.invented) for found in claims.values()],
    )
    invented = [len(found.invented) for found in claims.values()]
    stated = [len(found.cited) + len(found.invented) for found in claims.values()]
    valid = [_valid(found) for found in claims.values()]
    rejections = [len(found.rejections) for found in claims.values()]
    figures = [*(share(hits) for hits in shares), ratio(invented, stated), ratio(valid, rejections)]
    return [cell(figure) for figure in figures]


def _valid(found: Claims) -> int:
    return sum(kind == "valid" for kind in found.rejections.values())


def cell(figure: Estimate) -> str:
    """A share with its interval."""
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]".replace("0.", ".")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("world", type=Path, help="folder of the world")
    parser.add_argument("logs", type=Path, nargs="+", help=".eval files or folders, a row each")
    args = parser.parse_args()
    medicine, cases = read_world(args.world)
    lines = [f"| log | n | {' | '.join(COLUMNS)} |", "|---" * (len(COLUMNS) + 2) + "|"]
    for log in args.logs:
        completions = list(read_completions([log]))
        lines.append(f"| {log.name} | {len(completions)} | {' | '.join(row(completions, medicine, cases))} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
