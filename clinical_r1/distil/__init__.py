"""Distillation: cold-start traces from a teacher, over the first half of a training set.

1. Cut the training set in two and take out what is nearly a test question (`traces`).
2. Write the questions to ask, and the second half for reinforcement learning.
3. Ask the teacher through Inspect, which goes on where it was stopped (`teacher`).
4. Read the logs, keep what is good enough, write the traces and the manifest (`traces`).

The same inputs and the same logs give the same bytes.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from clinical_r1.datasets import BENCHMARKS, write_json_lines, write_questions
from clinical_r1.distil.teacher import ask_teacher
from clinical_r1.distil.traces import Distillation, Prepared, manifest, prepare, select, summary
from clinical_r1.errors import UserError
from clinical_r1.files import make_folder, write_whole
from clinical_r1.logs import read_completions
from clinical_r1.prompts import load_prompt, render
from clinical_r1.train.data import trace_row

CHARACTERS_A_TOKEN = 4
"""Of English prose, roughly: for the estimate alone."""

ASKED, RL, TRACES, MANIFEST = "asked.jsonl", "rl.jsonl", "traces.jsonl", "manifest.json"


def distil(job: Distillation, say: Callable[[str], None]) -> Path:
    """Ask the teacher and write `traces.jsonl`, `rl.jsonl` and `manifest.json`.

    Returns:
        The path of the traces.

    Raises:
        UserError: If the input cannot be used, the folder cannot be written, the teacher's run fails (run again to go
            on), or no completion is good enough (the manifest is written and says why).
    """
    prepared = prepare(job)
    make_folder(job.output)
    write_questions(job.output / ASKED, prepared.asked, job.benchmark)
    write_questions(job.output / RL, prepared.usable.second, job.benchmark)
    say(_plan(job, prepared))
    # Another folder for other questions, another teacher, prompt or number of votes.
    parts = "\x1f".join([job.teacher, job.prompt, str(job.votes), _sha256(job.output / ASKED)])
    logs = (job.output / "logs" / hashlib.sha256(parts.encode()).hexdigest()[:12]).resolve()
    ask_teacher(_eval_set(job), logs)
    selection = select(read_completions([logs]), job.prompt, job.keep, job.per_question)
    names = [ASKED, RL]
    if selection.traces:
        prompt = load_prompt(job.prompt)
        rows = (trace_row(trace, prompt, trace.response) for trace in selection.traces)
        write_json_lines(job.output / TRACES, rows)
        names.append(TRACES)
    else:
        (job.output / TRACES).unlink(missing_ok=True)  # an earlier run's, of which the manifest no longer speaks
    files = {name: _sha256(job.output / name) for name in names}
    found = json.dumps(manifest(job, prepared, selection, files), indent=2, ensure_ascii=False)
    write_whole(job.output / MANIFEST, f"{found}\n")
    for line in summary(job, prepared, selection):
        say(line)
    if not selection.traces:
        raise UserError(f"none of {selection.completions:,} completions was kept: {job.output / MANIFEST} says why")
    return job.output / TRACES


def _plan(job: Distillation, prepared: Prepared) -> str:
    prompt = load_prompt(job.prompt)
    characters = sum(len(render(prompt, question.stem, question.options)) for question in prepared.asked)
    asked = len(prepared.asked)
    return (
        f"{job.teacher}: {asked:,} questions x {job.votes} attempts = {asked * job.votes:,} calls, about "
        f"{characters * job.votes / CHARACTERS_A_TOKEN:,.0f} input tokens; what is answered already is not asked again"
    )


def _eval_set(job: Distillation) -> list[str]:
    """A call that fails stops no other: the rest is answered and logged before the run fails and is tried again."""
    base = BENCHMARKS[job.benchmark].hub_base
    cop_base = [] if base is None else ["-T", f"cop_base={base}"]
    return [
        *(f"clinical_r1/{job.benchmark}", "--model", job.teacher),
        *("-T", f"dataset={(job.output / ASKED).resolve()}", "-T", f"prompt={job.prompt}", "-T", f"votes={job.votes}"),
        *(*cop_base, "--continue-on-fail"),
        *job.inspect_args,
    ]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
