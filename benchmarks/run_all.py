"""Run all benchmarks, one after the other, and write the table of `docs/dev/benchmarks.md`.

    python benchmarks/run_all.py                         # all that need no data of one's own
    python benchmarks/run_all.py --only paired startup   # some; the others keep their lines
    python benchmarks/run_all.py --data FOLDER           # real benchmark records, for judge_cost

`judge_against_truth.py` and `world_runs.py` are no part of it: they print tables about logs of one's own. A
benchmark that fails or is given too little is named in the table with its reason, and keeps its older figure.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TABLE = HERE.parent / "docs" / "dev" / "benchmarks.md"
RESULTS = HERE.parent / "docs" / "dev" / "benchmarks.json"
TABLES = ("judge_against_truth", "world_runs")
"""Scripts beside the benchmarks that measure logs, against no aim."""
ABOUT = """# Benchmarks

Made by `make bench`; `make bench ARGS="--only paired"` measures some again. Times are of the machine and load of their
line; an aim is what was asked for before it was measured. A miss is written as one.

| benchmark | figure | value | aim | met | n | date | machine |
|---|---|---|---|---|---|---|---|
"""


def names() -> list[str]:
    """All benchmarks."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in ("_report", Path(__file__).stem, *TABLES))


def command(name: str, given: argparse.Namespace) -> list[str] | str:
    """How a benchmark is called, or what it lacks."""
    called = [sys.executable, str(HERE / f"{name}.py")]
    if name != "judge_cost":
        return called
    return [*called, "--data", str(given.data)] if given.data else "not run: needs --data"


def measure(name: str, given: argparse.Namespace) -> dict[str, Any]:
    """A benchmark's result; `problem` where there is none."""
    called = command(name, given)
    if isinstance(called, str):
        return {"problem": called}
    # a session of its own, so that what it has started is stopped with it, and takes no time of the next one
    with subprocess.Popen(
        called, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            out, said = process.communicate(timeout=given.limit)
        except subprocess.TimeoutExpired:
            return {"problem": f"stopped after {given.limit:.0f} s"}
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    try:
        figures = out[max(out.find("\n{"), 0) :]  # Inspect says first which hooks it has found
        return {**json.loads(figures), "date": datetime.now(UTC).strftime("%Y-%m-%d")}
    except ValueError:
        last = (said.strip() or out.strip()).splitlines()[-1:] or ["no output"]
        return {"problem": f"failed: {last[0]}"}


def line(name: str, found: Mapping[str, Any]) -> str:
    """A row of the table."""
    if "figure" not in found:
        cells = [name, found["problem"], *[""] * 6]
    else:
        machine, late = found["machine"], f" ({found['problem']} this time)" if "problem" in found else ""
        place = f"{machine['cpus']} CPUs, load {(machine['load'] or ['?'])[0]}, {machine['platform']}"
        met = "yes" if found["met"] else "**no**"
        value = f"{found['value']} {found['unit']}"
        cells = [name, f"{found['figure']}{late}", value, found["aim"], met, found["n"], found["date"], place]
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def main(given: argparse.Namespace) -> int:
    """Measure and write; 1 where a benchmark failed."""
    results: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in given.only or names():
        print(f"{name} …", end=" ", flush=True)
        found = measure(name, given)
        kept = results.get(name, {}) if "problem" in found else {}
        results[name] = {**kept, **found}
        print(found.get("problem") or f"{found['value']} {found['unit']} (aim {found['aim']})", flush=True)
        RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        TABLE.write_text(ABOUT + "\n".join(line(key, results[key]) for key in sorted(results)) + "\n", encoding="utf-8")
    print(f"written: {TABLE}")
    return int(any(found.get("problem", "").startswith("failed") for found in results.values()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=names(), metavar="NAME", help="some of the benchmarks")
    parser.add_argument("--data", type=Path, help="folder with real benchmark records, for judge_cost")
    parser.add_argument("--limit", type=float, default=3600, metavar="SECONDS", help="for each benchmark (3600)")
    sys.exit(main(parser.parse_args()))
