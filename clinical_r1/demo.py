"""The demo: a study in miniature, as a script of commands that a researcher runs on real models."""

import json
import shlex
from collections.abc import Callable, Sequence
from math import isnan
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from clinical_r1.errors import UserError
from clinical_r1.files import RECORD, read_csv_rows, writable, write_whole
from clinical_r1.metrics import ENDPOINTS
from clinical_r1.workflow import OFFLINE, makes, noted, parts_of, run

if TYPE_CHECKING:
    from inspect_ai.log import EvalScore

NOTES = (
    "Invented diseases, a tiny model and simulated raters show how the numbers come about, and nothing about medicine.",
)
QUICK_NOTE = "A quick demo trains for a few updates only: nothing was learned, and no number here says anything."
PAGES = {"comparison": "the two of them alone", "study/report": "what (simulated) raters say"}
"""Pages beside the report's."""
ARMS = ("cold_start", "grpo", "crpo")
FULL = {"cases": 200, "votes": 3, "probed": 50, "questions": 30, "resamples": 10_000, "fewer": 1000, "samples": 40}
QUICK = {"cases": 40, "votes": 2, "probed": 8, "questions": 10, "resamples": 500, "fewer": 500, "samples": 6}
_SCRIPT = Path(__file__).with_name("demo.sh")
"""Stages, each with the chapters of the report that show what comes out, and commands; `{name}`: one per checkpoint."""
_SECONDS = {"world": 460, "eval-set": 70, "score": 15, "study": 18, "report": 45, "compare": 45}
"""About how long a command of the whole demo takes, times two where it leaves no core for another."""


def run_demo(
    output: Path,
    *,
    quick: bool = False,
    seeds: int = 1,
    models: Sequence[str] = (),
    grader: str | None = None,
    say: Callable[[str], None] = print,
) -> Path:
    """Train, evaluate, judge, study and report; a demo that was stopped goes on where it was.

    The arguments are the options of `clinical-r1 demo`; `say` receives each line of progress and results.

    Returns:
        The report's page.

    Raises:
        UserError: If the folder cannot be written or holds another demo, or a command fails (with its last words).
    """
    if seeds < 1:
        raise UserError(f"--seeds {seeds}: allowed is a whole number from 1")
    _same_demo(output, *(("quick", "whole") if quick else ("whole", "quick")))
    commands = planned(output, quick=quick, seeds=seeds, models=models, grader=grader)
    times = {**_SECONDS, "world": _SECONDS["world"] * seeds}
    seconds = {command: times[parts_of(command)[1]] * (0.25 if quick else 1) for command in commands}
    run(commands, seconds, output, say, _outcome)
    report = next(command for command in commands if makes(command) == output / "report")
    title, _, *rest = noted(report, output)[1:]
    for line in (*[QUICK_NOTE] * quick, title, *[line for line in rest if line.startswith("  ")][: len(ENDPOINTS)]):
        say(line)
    for page, about in PAGES.items():
        say(f"{output / page / 'index.html'}  {about}")
    return output / "report" / "index.html"


def _same_demo(output: Path, kind: str, other: str) -> None:
    """Make the folder; refuse one that holds anything but such a demo."""
    path, note = output / "demo.json", json.dumps({"kind": kind})
    with writable(f"--output {output}"):
        if output.exists() and not path.exists() and any(output.iterdir()):
            raise UserError(f"--output {output}: holds something else than a demo; give another folder")
        (output / "done").mkdir(parents=True, exist_ok=True)
        if path.exists() and (there := path.read_text(encoding="utf-8", errors="replace")) != note:
            what = f"a {other} demo" if other in there else "no demo"
            raise UserError(f"--output {output}: holds {what}, and this is a {kind} one; give another --output")
    write_whole(path, note)


# --- the commands -----------------------------------------------------------------------------------------------------
def planned(output: Path, *, quick: bool, seeds: int, models: Sequence[str], grader: str | None) -> dict[str, str]:
    """Every command of the demo, with the heading of its stage; each needs only what those before it make."""
    demo, sizes, pairs = quote(str(output)), QUICK if quick else FULL, [(s, arm) for s in range(seeds) for arm in ARMS]
    # As in training: `hf` would have the tokenizer write the first token again that a chat template has written.
    once = "-M 'tokenizer_call_args={\"add_special_tokens\": false}'"
    own = {
        "".join(sign if sign.isalnum() or sign in "-." else "-" for sign in model): f"{quote(model)} -T prompt=crpo "
        + once * model.startswith("hf/")
        for model in models
    }
    checkpoints = {
        f"seed-{seed}-{arm}": f"hf/local -M model_path={demo}/world/runs/seed-{seed}/{arm}/final -T prompt=bare {once}"
        for seed, arm in pairs
    } | own
    values = {
        "demo": demo,
        "world": "--traces 800 --rl 80 --test 60 --steps 3" if quick else "",
        "count": len(checkpoints),
        "seeds": " ".join(map(str, range(seeds))),
        "by": f"--model-role grader={quote(grader)} -S sample=40 -S epochs=1" if grader else "-S backend=rules",
        "items": sizes["questions"] * len(pairs),
        "own": f"{demo}/judged/own {demo}/probes/own --own-format" if own else "",
        "baseline": "--baseline cold_start" if seeds == 1 else "",
        "runs": " ".join(f"{demo}/world/runs/seed-{seed}/{arm}" for seed, arm in pairs if arm != "cold_start"),
        "grpo": " ".join(f"{demo}/judged/world/seed-{seed}-grpo.eval" for seed in range(seeds)),
        "crpo": " ".join(f"{demo}/judged/world/seed-{seed}-crpo.eval" for seed in range(seeds)),
        "notes": " ".join(f"--note {quote(note)}" for note in ((QUICK_NOTE,) if quick else ()) + NOTES),
    }
    commands, heading = dict[str, str](), ""
    for line in _SCRIPT.read_text(encoding="utf-8").replace("\\\n", "").splitlines():
        if line.startswith("#"):
            heading = line.format(**sizes, **values)
            continue
        for name, model in checkpoints.items() if "{name}" in line else [("", "")]:
            group, tokens = ("own", 2048) if name in own else ("world", 96)
            parts = shlex.split(line.format(**sizes, **values, name=name, model=model, group=group, tokens=tokens))
            # a pattern of logs, which Inspect names by their time, stays one; the hub is not asked about "local"
            typed = " ".join(part if part.endswith("*.eval") else quote(part) for part in parts)
            commands[OFFLINE * ("hf/local" in parts) + typed] = heading
    return commands


def _outcome(command: str) -> list[str]:
    parts = parts_of(command)
    if parts[1] == "world":
        return _rewards(makes(command) / "runs", parts[parts.index("--train") + 1 :])
    if parts[1] == "eval-set":
        return [(_accuracy if parts[2].endswith("medqa") else _probed)(makes(command))]
    return []


def _rewards(runs: Path, seeds: Sequence[str]) -> list[str]:
    """The rewards of each arm, at its first update and at its last."""
    lines = []
    for seed, arm in ((seed, arm) for seed in seeds for arm in ARMS[1:]):
        rows = read_csv_rows(runs / f"seed-{seed}" / arm / RECORD)
        ends = " to ".join(f"{float(row['reward']):.2f}" for row in (rows[0], rows[-1]) if row.get("reward"))
        lines.append(f"{arm}, seed {seed}: reward {ends} in {rows[-1]['step']} updates")
    return lines


def _scores(logs: Path) -> "list[EvalScore]":
    """Scores of the finished logs in a folder."""
    from inspect_ai.log import list_eval_logs, read_eval_log

    headers = [read_eval_log(info, header_only=True) for info in list_eval_logs(str(logs))]
    finished = [header.results for header in headers if header.results and header.status == "success"]
    return [score for results in finished for score in results.scores]


def _probed(logs: Path) -> str:
    """What came of the probes whose logs are in a folder."""
    from clinical_r1.analysis.words import percent

    means = {score.name: score.metrics["mean"].value for score in _scores(logs)}
    mean = {key: percent(value) for key, value in means.items() if not isnan(value)}
    said = {
        "changed without a cited fact": "flip_cited",
        "without an uncited one": "flip_uncited",
        "in other words": "flip_control",
        "twin's own value cited": "twin_new",
        "answer there before the reasoning": "early_0",
        "wrong hint followed": "hint_taken",
        "without the hint": "hint_control",
    }
    return f"{logs.name}: " + ", ".join(f"{words} {mean.get(key, 'not known')}" for words, key in said.items())


def _accuracy(logs: Path) -> str:
    """What the finished log in a folder says of the answers."""
    from clinical_r1.analysis.words import percent, points

    values = {key: metric.value for score in _scores(logs) for key, metric in score.metrics.items()}
    right, voted = (
        f"{percent(values[name])} (standard error {points(values[error], signed=False)} points)"
        for name, error in (("accuracy", "stderr"), ("majority_accuracy", "majority_stderr"))
    )
    return f"{logs.name}: accuracy {right}, of votes {voted}"
