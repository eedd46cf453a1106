"""The demo: the embedded baselines on the bundled vignettes, through the commands that a researcher runs."""

import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clinical_r1.errors import UserError
from clinical_r1.files import write_whole, writing

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalScore

OPTIONS = {"medqa": 4, "medmcqa": 4, "medxpertqa": 10}
"""Benchmark to the number of options of its vignettes."""
MODELS = ("baseline-random", "baseline-longest", "baseline-overlap")
JUDGED = "medqa", "baseline-overlap"
"""Benchmark and model of the log that is judged: the one baseline that writes reasons."""
SHOWN_METRICS = (
    "cecd",
    "cecd_coverage",
    "drc_coverage",
    "drc_bare",
    "h_invented",
    "backtracking_any",
    "verification_any",
)

_COLUMNS = ("benchmark", "model", "questions", "votes", "accuracy", "majority", "tied", "parsed", "chance")
_ABOUT = """# What a model scores that knows no medicine

The three embedded baselines on the bundled vignettes (invented cases, not medical advice). `accuracy` averages over
questions and votes, `majority` is the accuracy of the plurality vote with ties shared; both with their standard error
over questions. `tied` is the share of questions whose vote was tied, `parsed` the share of responses in which an answer
could be read, `chance` one over the number of options.
"""
_ABOUT_JUDGED = f"""
# What its reasoning holds

{JUDGED[1]} on {JUDGED[0]}, judged by the rules, which need no model: facts of the case cited (`cecd`,
`cecd_coverage`), wrong options rejected for a fact of the case (`drc_coverage`) or without a reason (`drc_bare`),
invented findings, reasoning behaviours. Means over questions with their standard error. Rules are
a floor with blind spots, see docs/judging.md.
"""


def run_demo(output: Path, *, votes: int = 5, quick: bool = False, say: Callable[[str], None] = print) -> Path:
    """Evaluate every baseline on the vignettes of every benchmark and write the report.

    A demo that was stopped continues: finished evaluations in the folder are not run again.

    Args:
        output: Folder for `logs/` and `report.md`, made if it is not there.
        votes: Completions a question, at least 1.
        quick: MedQA alone.
        say: Receives each line of progress and of the table as it comes.

    Returns:
        The report's path.

    Raises:
        UserError: If the folder cannot be written, `votes` is not positive, or an evaluation fails (with the command
            that shows why).
    """
    if votes < 1:
        raise UserError(f"--votes {votes}: allowed is a whole number from 1")
    logs = output / "logs" / f"votes-{votes}"  # another number of votes is another study
    try:
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--output {output}: cannot be written ({error.strerror})") from error
    rows: list[tuple[str, ...]] = [_COLUMNS]
    report = [_ABOUT]
    say(f"{len(MODELS)} models that know no medicine, on invented vignettes; some seconds a benchmark")
    say(_line(_COLUMNS))
    for benchmark in list(OPTIONS)[:1] if quick else OPTIONS:
        command = _command(benchmark, votes, logs / benchmark)
        _run(command)
        found = _rows(benchmark, logs / benchmark)
        for row in found:
            say(_line(row))
        rows += found
        report.append(f"    {shlex.join(['inspect', *command[3:]])}")
    say("its reasoning, judged by rules")
    judged = _judge(logs / JUDGED[0], output / "judged" / f"votes-{votes}")
    for row in judged.rows:
        say(f"{row[0]:18}{row[1]}")
    page = [report[0], *_table(_COLUMNS, rows[1:]), _ABOUT_JUDGED, *_table(("number", "mean"), judged.rows)]
    return write_whole(output / "report.md", "\n".join([*page, "", "Commands:", "", *report[1:], *judged.commands, ""]))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in (head, *rows)]
    return [lines[0], "|---" * len(head) + "|", *lines[1:]]


def _command(benchmark: str, votes: int, logs: Path) -> list[str]:
    models = ",".join(f"clinical_r1/{model}" for model in MODELS)
    return [
        *(sys.executable, "-m", "inspect_ai", "eval-set", f"clinical_r1/{benchmark}", "--model", models),
        *("-T", "dataset=vignettes", "-T", f"votes={votes}", "--log-dir", str(logs), "--display", "none"),
    ]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no output"]
        raise UserError(f"the evaluation failed ({last[0]}); see: {shlex.join(['inspect', *command[3:]])}")


@dataclass(frozen=True)
class _Judged:
    rows: list[tuple[str, str]]
    commands: list[str]


def _judge(logs: Path, folder: Path) -> _Judged:
    """Have the log of `JUDGED` judged into another one, which is kept; the numbers and the commands."""
    from inspect_ai.log import read_eval_log

    folder.mkdir(parents=True, exist_ok=True)
    path, commands = _finished(logs)[f"clinical_r1/{JUDGED[1]}"].location, []
    for judge in ("grounding", "behaviours"):
        to = folder / f"{judge}.eval"
        options = ["--action", "append", "--model", "none/none", "-S", "backend=rules", "--output-file"]
        command = [sys.executable, "-m", "inspect_ai", "score", path, "--scorer", f"clinical_r1/{judge}", *options]
        if not to.exists():
            with writing(to) as partial:
                whole = partial.with_suffix(".eval")  # Inspect tells a log by its name
                _run([*command, str(whole), "--display", "none"])
                whole.rename(partial)
        commands.append(f"    {shlex.join(['inspect', *command[3:], str(to)])}")
        path = str(to)
    results = read_eval_log(path, header_only=True).results
    found = {score.name: score for score in (results.scores if results else []) if "mean" in score.metrics}
    return _Judged([(name, _mean(found[name])) for name in SHOWN_METRICS], commands)


def _mean(score: "EvalScore") -> str:
    n = f"{score.scored_samples} questions"
    return f"{score.metrics['mean'].value:.3f} ± {score.metrics['stderr'].value:.3f} (n = {n})"


def _rows(benchmark: str, logs: Path) -> list[tuple[str, ...]]:
    """Rows of the table from the headers of a benchmark's finished logs, in the order of `MODELS`."""
    finished = _finished(logs)
    return [_row(benchmark, finished[f"clinical_r1/{model}"]) for model in MODELS]


def _finished(logs: Path) -> "dict[str, EvalLog]":
    """Model -> the header of its finished log in a folder."""
    from inspect_ai.log import list_eval_logs, read_eval_log

    headers = [read_eval_log(info, header_only=True) for info in list_eval_logs(str(logs))]
    return {header.eval.model: header for header in headers if header.status == "success"}


def _row(benchmark: str, log: "EvalLog") -> tuple[str, ...]:
    metrics = {n: m.value for score in (log.results.scores if log.results else []) for n, m in score.metrics.items()}
    return (
        benchmark,
        log.eval.model.removeprefix("clinical_r1/"),
        str(log.eval.dataset.samples),
        str(log.eval.config.epochs or 1),
        f"{metrics['accuracy']:.3f} ± {metrics['stderr']:.3f}",
        f"{metrics['majority_accuracy']:.3f} ± {metrics['majority_stderr']:.3f}",
        f"{metrics['tied']:.3f}",
        f"{metrics['parsed']:.3f}",
        f"{1 / OPTIONS[benchmark]:.3f}",
    )


def _line(cells: tuple[str, ...]) -> str:
    widths = (10, 16, 9, 5, 13, 13, 5, 6, 6)
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
