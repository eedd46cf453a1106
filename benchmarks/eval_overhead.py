"""Time of `evals/medqa.py` relative to the plainest Inspect task: same prompts, same instant model, alternating runs.

The plain task has the finished prompt as its input, generates once and looks for the target in the completion. Both
run in one process, in turns that swap their order, after one turn to warm up. The figure is the median over the turns
of ours / plain in wall time; processor time, which other work on the machine disturbs less, is reported beside it, and
so is loading, which is part of neither.

    python benchmarks/eval_overhead.py
    python benchmarks/eval_overhead.py --dataset medqa_test.jsonl
"""

import gc
import tempfile
from argparse import Namespace
from statistics import median
from time import perf_counter, process_time
from typing import NamedTuple

from _report import arguments, report, spread
from clinical_r1.evals.medqa import medqa
from inspect_ai import Epochs, Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import includes
from inspect_ai.solver import generate

from clinical_r1.datasets import load
from clinical_r1.prompts import load_prompt, render
from clinical_r1.tasks import PAPER_CONFIG

AIM = 1.10
PROMPT = "crpo"


def plain_task(dataset: str, epochs: int) -> Task:
    """The least that Inspect can be asked to do with the same prompts."""
    template = load_prompt(PROMPT)
    samples = [
        Sample(input=render(template, question.stem, question.options), target=question.target, id=question.id)
        for question in load("medqa", dataset).questions
    ]
    return Task(
        dataset=MemoryDataset(samples), solver=generate(), scorer=includes(), epochs=Epochs(epochs), config=PAPER_CONFIG
    )


class Cost(NamedTuple):
    """What one run took, its log included."""

    wall: float
    """Seconds that passed."""
    cpu: float
    """Seconds of processor time of all threads."""


def cost(task: Task, model: str) -> Cost:
    """Run a task once."""
    gc.collect()
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = perf_counter(), process_time()
        (log,) = eval(task, model=model, log_dir=folder, display="none")
        taken = Cost(perf_counter() - wall, process_time() - cpu)
    if log.status != "success":
        raise RuntimeError(f"the run ended with status {log.status}: {log.error.message if log.error else ''}")
    return taken


class Turn(NamedTuple):
    """One run of each task."""

    ours: Cost
    plain: Cost
    loading: float
    """Seconds to load the questions and build our task."""
    samples: int
    """Samples of each run."""


def one_turn(args: Namespace, *, ours_first: bool) -> Turn:
    """Run both tasks, one after the other."""
    start = perf_counter()
    task = medqa(dataset=args.dataset, prompt=PROMPT, votes=args.epochs)
    loading = perf_counter() - start
    tasks = {"ours": task, "plain": plain_task(args.dataset, args.epochs)}
    taken = {name: cost(tasks[name], args.model) for name in sorted(tasks, reverse=not ours_first)}
    return Turn(taken["ours"], taken["plain"], loading, len(task.dataset) * args.epochs)


def main(args: Namespace) -> None:
    """Measure and report."""
    one_turn(args, ours_first=True)  # warms up
    turns = [one_turn(args, ours_first=number % 2 == 0) for number in range(args.turns)]
    wall = [turn.ours.wall / turn.plain.wall for turn in turns]
    samples = turns[0].samples
    report(
        args.output,
        figure="time of medqa relative to the plainest Inspect task",
        value=median(wall),
        unit="ratio",
        aim=f"at most {AIM}",
        met=median(wall) <= AIM,
        n=args.turns,
        wall_ratio=spread(wall),
        cpu_ratio=spread([turn.ours.cpu / turn.plain.cpu for turn in turns]),
        wall_ratio_of_medians=round(median(t.ours.wall for t in turns) / median(t.plain.wall for t in turns), 3),
        samples_per_second={
            "medqa": spread([samples / turn.ours.wall for turn in turns]),
            "plain": spread([samples / turn.plain.wall for turn in turns]),
        },
        samples_per_run=samples,
        epochs=args.epochs,
        loading_seconds=spread([turn.loading for turn in turns]),
        dataset="vignettes" if args.dataset == "vignettes" else "file",
        model=args.model,
    )


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--dataset", default="vignettes", help="a MedQA file (the bundled vignettes)")
    parser.add_argument("--epochs", type=int, help="completions a question (20 for the vignettes, 1 for a file)")
    parser.add_argument("--turns", type=int, default=5, help="measured pairs of runs (5)")
    parser.add_argument("--model", default="clinical_r1/baseline-random", help="an instant model")
    parsed = parser.parse_args()
    parsed.epochs = parsed.epochs or (20 if parsed.dataset == "vignettes" else 1)
    main(parsed)
