"""The demo's commands, and which of their results are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clinical_r1.demo import results
from clinical_r1.demo.results import printed
from clinical_r1.demo.steps import Stage, Step

ARMS = ("cold_start", "grpo", "crpo")
NOTES = (
    "This is a small world: its diseases are invented, its model is tiny, and its raters are simulated. It shows how "
    "the numbers come about and nothing about medicine, about larger models, or about real clinicians.",
    "Rules judge the reasoning unless --grader names a model; rules know no medicine, so claims are neither supported "
    "nor hallucinated to them. What is true of each response is known here and stands in a chapter of its own.",
    'The chapter "How was this made?" has every command, and which figures each is behind; they are '
    "in commands.sh too.",
)
QUICK_NOTE = "A quick demo trains for a few updates only: nothing was learned, and no number here says anything."


@dataclass(frozen=True)
class Sizes:
    """How much is done."""

    world: tuple[str, ...] = ()
    """Further arguments of `clinical-r1 world`."""
    cases: int = 200
    votes: int = 3
    questions: int = 30
    """Labelled in the simulated study."""
    resamples: int = 10_000
    samples: int = 40


FULL = Sizes()
QUICK = Sizes(
    world=("--traces", "800", "--rl", "80", "--test", "60", "--steps", "3"),
    cases=40,
    votes=2,
    questions=10,
    resamples=500,
    samples=6,
)


ANSWERS = (
    "Are the answers right?",
    "How much do votes add?",
    "How long are the responses?",
    "How were the answers read?",
    "Does a place attract answers?",
    "By kind of question",
)
REASONING = (
    "What differs between checkpoints?",
    "What does the reasoning hold?",
    "What is true?",
    "Accuracy against reasoning",
    "How good are the judges?",
)
"""Chapters of the report."""


def planned(
    output: Path, sizes: Sizes, *, quick: bool, seeds: int, models: Sequence[str], grader: str | None
) -> list[Stage]:
    """Every command of the demo, in stages."""
    trained = _train(output, sizes, seeds)
    own = {
        _name(model): _evaluate(output, _name(model), [model, "-T", "prompt=crpo"], sizes, trained) for model in models
    }
    evaluated = _checkpoints(output, sizes, seeds, trained) | own
    judged = {name: _judge(output, name, step, grader, own=name in own) for name, step in evaluated.items()}
    labelled = _study(output, sizes, seeds, tuple(steps[-1] for name, steps in judged.items() if name not in own))
    last = (*(steps[-1] for steps in judged.values()), labelled[-1])
    shown = _report(output, sizes, seeds, quick=quick, own=bool(own), after=last)
    count, factor = len(judged), 0.35 if quick else 1.0
    evaluating = f"evaluate {count} checkpoints on {sizes.cases} cases, {sizes.votes} votes each"
    judging = "judge their reasoning, and check it against what is true"
    training, seconds = "train a cold start, then GRPO and CRPO from it", 230 * seeds * (0.2 if quick else 1)
    return [
        Stage(training, seconds, ((trained,),), ("Training",)),
        Stage(evaluating, 35 * count * factor, tuple((step,) for step in evaluated.values()), ANSWERS),
        Stage(judging, 22 * count * factor, tuple(judged.values()), REASONING),
        Stage("ask simulated raters", 35 * factor, (labelled,), ("What would raters say?",)),
        Stage("report", 45 * factor, tuple((step,) for step in shown)),
    ]


def _train(output: Path, sizes: Sizes, seeds: int) -> Step:
    world = output / "world"
    command = ("clinical-r1", "world", str(world), *sizes.world, "--train", *map(str, range(seeds)))
    return Step("training", command, shown=lambda said: list(results.trained(world, seeds)))


def _checkpoints(output: Path, sizes: Sizes, seeds: int, trained: Step) -> dict[str, Step]:
    """The evaluation of every trained checkpoint."""
    found = {}
    for seed in range(seeds):
        for arm in ARMS:
            name, weights = f"seed-{seed}-{arm}", output / "world" / "runs" / f"seed-{seed}" / arm / "final"
            model = ["hf/local", "-M", f"model_path={weights}", "-T", "prompt=bare"]
            found[name] = _evaluate(output, name, model, sizes, trained)
    return found


def _name(model: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-." else "-" for sign in model)


def _evaluate(output: Path, name: str, model: Sequence[str], sizes: Sizes, trained: Step) -> Step:
    logs = output / "logs" / name
    command = ("inspect", "eval-set", "clinical_r1/medqa", "--model", *model)
    data = ("-T", f"dataset={output / 'world' / 'test.jsonl'}", "-T", f"votes={sizes.votes}")
    sampling = ("--temperature", "1", "--top-p", "1", "--max-connections", "100")
    length = ("--max-tokens", "96") if model[0] == "hf/local" else ("--max-tokens", "2048")
    rest = ("--limit", str(sizes.cases), "--log-dir", str(logs), "--display", "none")
    # As in training: `hf` would have the tokenizer write the first token again that a chat template has written.
    prompts = ("-M", 'tokenizer_call_args={"add_special_tokens": false}') if model[0].startswith("hf/") else ()
    whole = (*command, *prompts, *data, *sampling, *length, *rest)
    return Step(f"evaluating {name}", whole, (trained,), shown=lambda said: [results.accuracy(name, logs)])


def _judge(output: Path, name: str, evaluated: Step, grader: str | None, *, own: bool) -> tuple[Step, ...]:
    """Grounding, behaviours, and what is true, each added to the log before."""
    role = ("--model-role", f"grader={grader}", "-S", "sample=40", "-S", "epochs=1") if grader else ()
    by = role or ("-S", "backend=rules")
    scorers = {
        "grounding": by,
        "behaviours": by,
        "world_truth": ("-S", f"world={output / 'world'}"),
    }
    steps: list[Step] = []
    for scorer, options in scorers.items():
        final = scorer == "world_truth"
        to = output / ("judged" if final else "judging") / ("own" if own else "world")
        file = to / (f"{name}.eval" if final else f"{name}-{scorer}.eval")
        source = str(steps[-1].output) if steps else str(output / "logs" / name / "*.eval")
        command = ("inspect", "score", source, "--scorer", f"clinical_r1/{scorer}", *options, "--action", "append")
        rest = ("--model", "none/none", "--output-file", str(file), "--display", "none")
        before = (steps[-1],) if steps else (evaluated,)
        steps.append(Step(f"judging {name}", (*command, *rest), before, file))
    return tuple(steps)


def _study(output: Path, sizes: Sizes, seeds: int, after: tuple[Step, ...]) -> tuple[Step, ...]:
    study, answers = str(output / "study"), str(output / "answers")
    logs, items = str(output / "judged" / "world"), str(sizes.questions * len(ARMS) * seeds)
    what = ("--metrics", "cecd,drc,backtracking", "--items", items, "--raters", "3", "--facts", "rules")
    title = ("--title", "SIMULATED raters on invented cases")
    new = Step("drawing a study", ("clinical-r1", "study", "new", logs, "-o", study, *what, *title), after, Path(study))
    simulate = ("clinical-r1", "study", "simulate", study, "--world", str(output / "world"), "-o", answers)
    answered = Step("simulated raters", simulate, (new,))
    files = [f"{answers}/r{number}.json" for number in (1, 2, 3)]
    imported = Step("reading answers", ("clinical-r1", "study", "import", study, *files), (answered,))
    report = ("clinical-r1", "study", "report", study, "--resamples", str(min(sizes.resamples, 1000)))
    return (new, answered, imported, Step("study report", report, (imported,), shown=printed))


def _report(
    output: Path, sizes: Sizes, seeds: int, *, quick: bool, own: bool, after: tuple[Step, ...]
) -> tuple[Step, ...]:
    world, training = str(output / "judged" / "world"), output / "world" / "runs"
    runs = [str(training / f"seed-{seed}" / arm) for seed in range(seeds) for arm in ("grpo", "crpo")]
    draws = ("--resamples", str(sizes.resamples), "--samples", str(sizes.samples))
    notes = [part for note in ((QUICK_NOTE,) if quick else ()) + NOTES for part in ("--note", note)]
    logs = [world, *([str(output / "judged" / "own"), "--own-format"] if own else [])]
    baseline = ("--baseline", "cold_start") if seeds == 1 else ()
    common = ("--training", *runs, "--commands", str(output / "commands.sh"), *draws, *notes)
    whole = ("clinical-r1", "report", *logs, "-o", str(output / "report"), "--study", str(output / "study"))
    title = ("--title", "A study in a small world")
    sides = [[f"{world}/seed-{seed}-{arm}.eval" for seed in range(seeds)] for arm in ("grpo", "crpo")]
    against = ("clinical-r1", "compare", "--a", *sides[0], "--b", *sides[1], "-o", str(output / "comparison"))
    titles = ("--title", "CRPO against GRPO in a small world")
    sentences = partial(printed, but=(*NOTES, QUICK_NOTE))
    return (
        Step("report", (*whole, *baseline, *title, *common), after, shown=sentences),
        Step("comparison", (*against, *titles, *common), after, shown=sentences),
    )
