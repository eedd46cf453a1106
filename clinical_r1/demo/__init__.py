"""The demo: a study in miniature, through the commands that a researcher runs on real models."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from clinical_r1.demo.plan import FULL, QUICK, planned
from clinical_r1.demo.running import Runner
from clinical_r1.demo.steps import Stage
from clinical_r1.errors import UserError
from clinical_r1.files import write_whole


def run_demo(
    output: Path,
    *,
    quick: bool = False,
    seeds: int = 1,
    models: Sequence[str] = (),
    grader: str | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Train, evaluate, judge, study and report.

    A demo that was stopped goes on where it was; what is finished is not run again.

    Args:
        output: Folder for everything, made if it is not there.
        quick: A few updates on a few cases: nothing is learned.
        seeds: Training seeds, at least 1.
        models: Further models that Inspect knows, evaluated on the same cases.
        grader: A model that judges instead of rules.
        say: Receives each line of progress and results.

    Returns:
        The report's page.

    Raises:
        UserError: If the folder cannot be written or holds another demo, or a command fails (with its last words).
    """
    if seeds < 1:
        raise UserError(f"--seeds {seeds}: allowed is a whole number from 1")
    _same_demo(output, quick)
    stages = planned(output, QUICK if quick else FULL, quick=quick, seeds=seeds, models=models, grader=grader)
    write_whole(output / "commands.sh", script(stages))
    Runner(output, stages, say).run()
    return output / "report" / "index.html"


def script(stages: Sequence[Stage]) -> str:
    """All commands as a shell script, each stage under what it does and which chapters show that."""
    lines = ["set -e"]
    for stage in stages:
        shown = f" (behind: {'; '.join(stage.behind)})" if stage.behind else ""
        lines.append(f"# {stage.title[0].upper()}{stage.title[1:]}{shown}")
        lines += [step.line for chain in stage.chains for step in chain]
    return "\n".join([*lines, ""])


def _same_demo(output: Path, quick: bool) -> None:
    """Make the folder; refuse one that holds anything but such a demo."""
    kind, path = "quick" if quick else "whole", output / "demo.json"
    try:
        if output.exists() and not path.exists() and any(output.iterdir()):
            raise UserError(f"--output {output}: holds something else than a demo; give another folder")
        (output / "done").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--output {output}: cannot be written ({error.strerror})") from error
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["kind"] if path.exists() else kind
    except (OSError, ValueError, LookupError, TypeError):
        raise UserError(f"{path}: not the note of a demo; give another --output") from None
    if found != kind:
        raise UserError(f"--output {output}: holds a {found} demo, and this is a {kind} one; give another --output")
    write_whole(path, json.dumps({"kind": kind}))
