"""Wall time of `clinical-r1 --help` in a fresh process, and of importing the package.

python benchmarks/startup.py
"""

import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from statistics import median
from time import perf_counter

from _report import arguments, report, spread

AIM = 0.5
IMPORT = "from time import perf_counter as t; start = t(); import clinical_r1; print(t() - start)"


def command() -> list[str]:
    """The console script beside this Python, or the module where it is not installed."""
    script = Path(sys.executable).with_name("clinical-r1")
    return [str(script)] if script.exists() else [sys.executable, "-m", "clinical_r1.cli"]


def wall_seconds(arguments: list[str]) -> float:
    """Seconds from start to end of a process."""
    start = perf_counter()
    subprocess.run(arguments, check=True, capture_output=True)
    return perf_counter() - start


def import_seconds() -> float:
    """Seconds that importing the package takes in a fresh process."""
    done = subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True, text=True)
    return float(done.stdout)


def main(args: Namespace) -> None:
    """Measure and report."""
    help_seconds = [wall_seconds([*command(), "--help"]) for _ in range(args.runs + 1)][1:]  # the first warms up
    bare_seconds = [wall_seconds([sys.executable, "-c", ""]) for _ in range(args.runs)]
    imports = [import_seconds() for _ in range(args.runs)]
    report(
        args.output,
        figure="wall time of clinical-r1 --help",
        value=median(help_seconds),
        unit="s",
        aim=f"under {AIM}",
        met=median(help_seconds) < AIM,
        n=args.runs,
        help_seconds=spread(help_seconds),
        bare_python_seconds=spread(bare_seconds),
        import_seconds=spread(imports),
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--runs", type=int, default=10, help="measured runs (10)")
    main(parser.parse_args())
