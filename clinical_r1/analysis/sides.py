"""The sides of comparisons: which runs are compared, and which conditions must agree.

A side is one checkpoint, or several checkpoints of one method that were trained with different seeds. With one
checkpoint per side, conclusions are about these two checkpoints; with several they are about the methods.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any

from clinical_r1.errors import UserError, names_near
from clinical_r1.logs import LogSet, Run
from clinical_r1.logs.labels import place_of

# --- what must agree --------------------------------------------------------------------------------------------------
FORMAT = ("prompt", "prompt_version", "prompt_sha256")
"""Conditions that differ between checkpoints trained on different formats."""
DATA = ("dataset", "dataset_revision", "dataset_split")
"""What names the data where no digest does."""
JUDGES = ("grounding_judge", "behaviours_judge")
_NOT_COMPARED = ("dataset_sha256", *DATA)  # looked at together, as the data

_NAMES = {
    "prompt": "prompt",
    "prompt_sha256": "prompt text",
    "max_tokens": "token limit",
    "shuffle": "option shuffle",
    "tie": "tie rule",
    "grounding_judge": "judge of grounding",
    "behaviours_judge": "judge of behaviours",
}


@dataclass(frozen=True)
class Mismatch:
    """One condition under which two runs differ."""

    key: str
    """A key of `Run.conditions`, one of `JUDGES`, `data` or `questions`."""
    a: str
    b: str

    def __str__(self) -> str:
        return f"{_NAMES.get(self.key, self.key.replace('_', ' '))}: {self.a} against {self.b}"


def mismatches(a: Run, b: Run, ids_a: Set[str], ids_b: Set[str]) -> list[Mismatch]:
    """Everything that differs between two runs of a benchmark and should not.

    A judge that only one side has is no mismatch: its metrics are then not measured.

    Args:
        a: One run.
        b: The other.
        ids_a: Ids of the questions of a.
        ids_b: Ids of the questions of b.
    """
    keys = [key for key in dict.fromkeys([*a.conditions, *b.conditions]) if key not in _NOT_COMPARED]
    both = ((key, a.conditions.get(key), b.conditions.get(key)) for key in keys)
    found = [Mismatch(key, _shown(one), _shown(other)) for key, one, other in both if one != other]
    if not _same_data(a, b):
        found.append(Mismatch("data", _source(a), _source(b)))
    missing = (a.found < a.expected and ids_a <= ids_b) or (b.found < b.expected and ids_b <= ids_a)
    if ids_a != ids_b and not missing:  # what an unfinished run lacks is missing, not another question
        found.append(Mismatch("questions", f"{len(ids_a)} ({len(ids_a & ids_b)} of them in both)", f"{len(ids_b)}"))
    for key in JUDGES:
        one, other = getattr(a, key), getattr(b, key)
        if one is not None and other is not None and one != other:
            found.append(Mismatch(key, one, other))
    return found


def other_training(a: Run, b: Run) -> list[Mismatch]:
    """What two checkpoints on one side, taken for seeds of one method, are known not to share."""
    pairs = [(name, getattr(a.arm, name), getattr(b.arm, name)) for name in ("reward", "cold_start", "k", "seed")]
    return [
        Mismatch(f"training ({name})", str(one), str(other))
        for name, one, other in pairs
        if None not in (one, other) and (one == other) == (name == "seed")
    ]


def of_format(found: Iterable[Mismatch]) -> bool:
    """Whether nothing but the format of prompts differs."""
    return all(mismatch.key in FORMAT for mismatch in found)


def _same_data(a: Run, b: Run) -> bool:
    one, other = a.conditions.get("dataset_sha256"), b.conditions.get("dataset_sha256")
    return one == other if one and other else all(a.conditions.get(key) == b.conditions.get(key) for key in DATA)


def _source(run: Run) -> str:
    parts = [str(run.conditions[key]) for key in DATA if run.conditions.get(key)]
    digest = run.conditions.get("dataset_sha256")
    return " ".join([*parts, f"(sha256 {digest[:8]})"] if digest else parts) or "not said"


def _shown(value: Any) -> str:
    return "not said" if value is None else str(value)


# --- sides of comparisons ---------------------------------------------------------------------------------------------
NEUTRAL = "neutral"
"""The prompt that asks every checkpoint for the same thing, whatever format it was trained on."""


@dataclass(frozen=True)
class Rules:
    """Which differences a comparison may have."""

    allow_mismatch: bool = False
    """Compare what both sides have, and say what differs."""
    own_format: bool = False
    """Each checkpoint in the format it was trained on: prompts may differ."""
    paired_seeds: bool = False
    """Checkpoints of both sides with one training seed belong together, as where one was trained from the other."""


@dataclass(frozen=True)
class Comparison:
    """Two sides on one benchmark."""

    a: str
    """Label of the side that is subtracted."""
    b: str
    benchmark: str
    runs_a: tuple[Run, ...]
    """One per training seed."""
    runs_b: tuple[Run, ...]
    prompts: str
    """`same`, `own format`, or `neutral` where that stands beside a comparison in own formats."""
    differing: tuple[Mismatch, ...] = ()
    """What differs and was allowed to."""
    paired_seeds: bool = False
    """Whether the i-th run of a belongs to the i-th of b."""

    @property
    def seeds(self) -> tuple[int, int]:
        """Checkpoints on each side: several are training seeds, and stand for their method."""
        return len(self.runs_a), len(self.runs_b)


def in_order(log_set: LogSet) -> LogSet:
    """The logs with the runs of each benchmark in the order of the story: base, cold start, GRPO, CRPO, others."""
    benchmarks = list(dict.fromkeys(run.benchmark for run in log_set.runs))
    runs = sorted(log_set.runs, key=lambda run: (benchmarks.index(run.benchmark), place_of(run.arm)))
    return replace(log_set, runs=tuple(runs))


def labelled(log_set: LogSet) -> LogSet:
    """The logs with one label per set of conditions.

    A checkpoint that was run on a benchmark under several sets of conditions gets a label for each, such as
    `crpo (prompt neutral)`.
    """
    labels = _labels(log_set.runs)
    if all(labels[run.index] == run.checkpoint for run in log_set.runs):
        return log_set
    responses = log_set.responses.copy()
    responses["checkpoint"] = responses["run"].map(labels).astype("category")
    relabelled = tuple(replace(run, checkpoint=labels[run.index], variant_of=run.checkpoint) for run in log_set.runs)
    return replace(log_set, runs=relabelled, responses=responses)


def _labels(runs: Sequence[Run]) -> dict[int, str]:
    """Run -> a label that no other run of its benchmark has."""
    differing: dict[str, list[str]] = defaultdict(list)
    for (checkpoint, _), part in _grouped(runs, {run.index: run.checkpoint for run in runs}).items():
        differing[checkpoint] += [key for key in _differing(part) if key not in differing[checkpoint]]
    labels = {run.index: _label(run, differing[run.checkpoint]) for run in runs}
    for part in _grouped(runs, labels).values():
        for number, run in enumerate(part if len(part) > 1 else (), start=1):
            labels[run.index] += f" [{number}]"
    return labels


def _grouped(runs: Iterable[Run], labels: Mapping[int, str]) -> dict[tuple[str, str], list[Run]]:
    """Label and benchmark -> runs."""
    found: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in runs:
        found[labels[run.index], run.benchmark].append(run)
    return found


def _differing(runs: Sequence[Run]) -> list[str]:
    keys = dict.fromkeys(key for run in runs for key in run.conditions)
    differ = [key for key in keys if len({repr(run.conditions.get(key)) for run in runs}) > 1]
    shorter = [key for key in differ if key not in FORMAT[1:]]  # a prompt's name says enough where the names differ
    return shorter if len({_label(run, shorter) for run in runs}) == len(runs) else differ


def _label(run: Run, keys: Iterable[str]) -> str:
    said = ", ".join(f"{key.replace('_', ' ')} {run.conditions.get(key)}" for key in keys)
    return f"{run.checkpoint} ({said})" if said else run.checkpoint


def against_baseline(
    log_set: LogSet,
    baseline: str | None,
    rules: Rules,
    methods: Mapping[str, Sequence[Run]] | None = None,
    contrast: tuple[str, str] | None = None,
) -> tuple[list[Comparison], list[str]]:
    """The contrast first, then every method against one of them, benchmark by benchmark.

    Args:
        log_set: See `labelled`.
        baseline: A method or checkpoint, under all sets of conditions or, with them in the label, under one; None for
            `default_baseline`.
        rules: Which differences are allowed.
        methods: See `clinical_r1.analysis.contrast.methods_of`; by default each checkpoint is one.
        contrast: The methods a and b that the report is about.

    Returns:
        The comparisons, and sentences about those that are not made because runs differ.

    Raises:
        UserError: If there is no such checkpoint, or runs differ in what must agree in every comparison.
    """
    if methods is None:
        methods = {name: [run for run in log_set.runs if run.checkpoint == name] for name in log_set.checkpoints}
    start = default_baseline(log_set.runs) if baseline is None else baseline
    base = [
        name for name, runs in methods.items() if any(start in (name, run.checkpoint, run.model_label) for run in runs)
    ]
    if not base:
        raise UserError(f"--baseline {start}: no such checkpoint; there are {names_near(start, methods)}")
    ids = _ids(log_set)
    outcomes: list[Comparison | _Refusal] = []
    for benchmark in dict.fromkeys(run.benchmark for run in log_set.runs):
        there = {name: tuple(run for run in runs if run.benchmark == benchmark) for name, runs in methods.items()}
        pairs = [(a, b) for a, b in [contrast or ("", "")] if there.get(a) and there.get(b)]
        for name, runs in there.items():
            candidates = [one for one in base if there[one]]
            if runs and candidates and name not in base:
                best = min(candidates, key=lambda one: len(_mismatches(there[one][0], runs[0], ids)))
                pairs += [(best, name)] if {best, name} not in map(set, pairs[:1]) else []
        outcomes += [_pair(there[a], there[b], a, b, ids, rules) for a, b in pairs]
    found, refused = _parted(outcomes)
    if refused and not found:
        raise _error(refused)
    return found, [f"Not compared: {one.reason}." for one in refused]


def _mismatches(one: Run, other: Run, ids: Mapping[int, frozenset[str]]) -> list[Mismatch]:
    return mismatches(one, other, ids[one.index], ids[other.index])


def default_baseline(runs: Sequence[Run]) -> str:
    """The checkpoint that others are compared with unless one is named.

    The first that is known to have had no reward (a base model, a cold start), then the first with GRPO, then the
    first.
    """
    for reward in ("none", "grpo"):
        for run in runs:
            if run.arm.reward == reward:
                return run.model_label
    return runs[0].model_label


def two_arms(log_set: LogSet, side_a: Sequence[Run], side_b: Sequence[Run], rules: Rules) -> list[Comparison]:
    """Two sides, benchmark by benchmark; several runs a side are seeds of one method.

    With `own_format`, runs under the `neutral` prompt are compared by themselves, beside those in own formats.

    Args:
        log_set: That both sides belong to.
        side_a: Runs of the side that is subtracted.
        side_b: Runs of the other.
        rules: Which differences are allowed.

    Raises:
        UserError: If the sides share no benchmark, or runs differ in what must agree.
    """
    label_a, label_b = arm_label(side_a, "a"), arm_label(side_b, "b")
    if label_a == label_b:
        label_a, label_b = f"{label_a} (a)", f"{label_b} (b)"
    benchmarks = [name for name in dict.fromkeys(run.benchmark for run in side_a) if name in _benchmarks(side_b)]
    if not benchmarks:
        has = [f"--{side} has {', '.join(_benchmarks(runs))}" for side, runs in (("a", side_a), ("b", side_b))]
        raise UserError(f"{' and '.join(has)}: no benchmark is in both")
    ids = _ids(log_set)
    outcomes: list[Comparison | _Refusal] = []
    for benchmark in benchmarks:
        of_a, of_b = ([run for run in side if run.benchmark == benchmark] for side in (side_a, side_b))
        for runs_a, runs_b in _by_prompt(of_a, of_b, rules):
            outcomes.append(_pair(tuple(runs_a), tuple(runs_b), label_a, label_b, ids, rules))
    found, refused = _parted(outcomes)
    if refused:
        raise _error(refused)
    return found


def _by_prompt(side_a: list[Run], side_b: list[Run], rules: Rules) -> list[tuple[list[Run], list[Run]]]:
    """Groups of runs that are seeds of each other, and so are compared together."""

    def kind(run: Run) -> str | bool | None:
        return _prompt(run) == NEUTRAL if rules.own_format else _prompt(run)

    kinds = (False, True) if rules.own_format else dict.fromkeys(map(kind, side_a))
    groups = [([r for r in side_a if kind(r) == one], [r for r in side_b if kind(r) == one]) for one in kinds]
    return [both for both in groups if all(both)] or [(side_a, side_b)]


def _prompt(run: Run) -> str | None:
    return run.conditions.get("prompt")


def arm_label(runs: Sequence[Run], otherwise: str) -> str:
    """What to call an arm: its checkpoint; for several, what their labels share; else the side's letter."""
    labels = list(dict.fromkeys(run.model_label for run in runs))
    if len(labels) == 1:
        return labels[0]
    parts = [label.replace("\\", "/").split("/") for label in labels]
    return "/".join(part for part in parts[0] if all(part in others for others in parts)) or otherwise


def _benchmarks(runs: Iterable[Run]) -> list[str]:
    return list(dict.fromkeys(run.benchmark for run in runs))


def _ids(log_set: LogSet) -> dict[int, frozenset[str]]:
    """Run -> ids of the questions in it."""
    grouped = log_set.responses.groupby("run", observed=True)["id"].unique()
    return {run.index: frozenset(map(str, grouped.get(run.index, ()))) for run in log_set.runs}


def _pair(
    runs_a: tuple[Run, ...], runs_b: tuple[Run, ...], a: str, b: str, ids: dict[int, frozenset[str]], rules: Rules
) -> "Comparison | _Refusal":
    """The comparison, or why there is none."""
    benchmark = runs_a[0].benchmark
    for label, side in ((a, runs_a), (b, runs_b)):
        if len({run.model_label for run in side}) < len(side):
            said = ", ".join(run.checkpoint for run in side)
            where = f"{label} on {benchmark}"
            raise UserError(f"{where}: one checkpoint stands there several times ({said}); give one log each")
    pairs = [*product(runs_a, runs_b), *combinations(runs_a, 2), *combinations(runs_b, 2)]
    found = [mismatch for pair in pairs for mismatch in _mismatches(*pair, ids)]
    found += [m for side in (runs_a, runs_b) for pair in combinations(side, 2) for m in other_training(*pair)]
    found = list({str(mismatch): mismatch for mismatch in found}.values())
    if found and not (rules.allow_mismatch or (rules.own_format and of_format(found))):
        said = "; ".join(map(str, found))
        return _Refusal(f"{a} and {b} on {benchmark} differ in {said}", of_format(found))
    own = any(mismatch.key in FORMAT for mismatch in found)
    neutral = rules.own_format and _prompt(runs_a[0]) == NEUTRAL == _prompt(runs_b[0])
    prompts = "own format" if own else NEUTRAL if neutral else "same"
    if rules.paired_seeds:
        runs_a, runs_b = _by_seed(runs_a, runs_b, benchmark=benchmark)
    return Comparison(a, b, benchmark, runs_a, runs_b, prompts, tuple(found), rules.paired_seeds)


def _by_seed(*sides: tuple[Run, ...], benchmark: str) -> tuple[tuple[Run, ...], ...]:
    """Both sides in the order of their training seeds, which must be the same."""
    for run in (run for side in sides for run in side):
        if run.arm.seed is None:
            raise UserError(
                f"--paired-seeds: the training seed of {run.checkpoint} on {benchmark} is not known; "
                "inspect eval … --metadata seed=1 says it"
            )
    ordered = tuple(tuple(sorted(side, key=lambda run: run.arm.seed or 0)) for side in sides)
    seeds = [[run.arm.seed for run in side] for side in ordered]
    if seeds[0] != seeds[1]:
        said = [", ".join(map(str, one)) for one in seeds]
        raise UserError(f"--paired-seeds: a has the seeds {said[0]} on {benchmark}, b {said[1]}; allowed are the same")
    return ordered


@dataclass(frozen=True)
class _Refusal:
    """Why two sides are not compared."""

    reason: str
    of_format: bool
    """Whether nothing but the format of prompts differs."""


def _parted(outcomes: Sequence[Comparison | _Refusal]) -> tuple[list[Comparison], list[_Refusal]]:
    """The comparisons, and what is not compared."""
    refused = [one for one in outcomes if isinstance(one, _Refusal)]
    return [one for one in outcomes if isinstance(one, Comparison)], refused


def _error(refused: Sequence[_Refusal]) -> UserError:
    own = "--own-format compares each checkpoint in the format it was trained on; "
    hint = own if all(one.of_format for one in refused) else ""
    reasons = " | ".join(one.reason for one in refused)
    return UserError(f"{reasons} ({hint}--allow-mismatch compares what both sides have, and says so)")
