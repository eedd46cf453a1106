"""Methods, and the one contrast that a report is about.

A method is a checkpoint, or several that differ in nothing but their training seed. The contrast is two of them, the
endpoints on which they are compared first, and the margins within which a difference does not matter. It is declared in
a file or on the command line, or by default: CRPO against GRPO from the same start, correct answers, case facts cited
and harm, and two points of accuracy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from clinical_r1.analysis.sides import arm_label, default_baseline, other_training
from clinical_r1.errors import UserError, names_near
from clinical_r1.logs import Run
from clinical_r1.logs.labels import place_of, without_seed
from clinical_r1.metrics import ENDPOINTS, METRICS

Methods = Mapping[str, Sequence[Run]]
"""Name -> the runs of its checkpoints, on all benchmarks."""

MARGINS = {"answer": 0.02}
"""Differences that do not matter unless others are declared: two points of accuracy."""
BY_DEFAULT = "by default"
KEYS = ("contrast", "sides", "endpoints", "margins")
"""Of a file that declares a contrast."""


# --- methods ----------------------------------------------------------------------------------------------------------
def methods_of(runs: Sequence[Run], given: Mapping[str, Iterable[int]] | None = None) -> dict[str, tuple[Run, ...]]:
    """The methods in a set of runs, in the order of the story: base, cold start, GRPO, CRPO, others as they come.

    Checkpoints are of one method where their recipes are the same but for the seed, or their labels are and nothing
    known of their training says otherwise.

    Args:
        runs: Labelled, see `clinical_r1.analysis.sides.labelled`.
        given: Name of a method -> `Run.index` of its runs, for those that are named by hand.
    """
    of_run = {index: name for name, indices in (given or {}).items() for index in indices}
    groups: dict[object, list[Run]] = {}
    for run in runs:
        trained = (run.arm.recipe, _conditions(run)) if run.arm.recipe else _named(run)
        groups.setdefault(of_run.get(run.index) or trained, []).append(run)
    parted = [part for key, group in groups.items() for part in _parted(group, by_hand=isinstance(key, str))]
    names: dict[str, tuple[Run, ...]] = {}
    for part in sorted(parted, key=lambda part: place_of(part[0].arm)):
        label = of_run.get(part[0].index) or _label(part)
        names[label if label not in names else f"{label} [{len(names)}]"] = tuple(part)
    return names


def _conditions(run: Run) -> str:
    """What the label says of the conditions under which a checkpoint ran."""
    return run.checkpoint.removeprefix(run.model_label)


def _named(run: Run) -> object:
    return without_seed(run.checkpoint), run.arm.reward, run.arm.cold_start, run.arm.k


def _parted(group: list[Run], *, by_hand: bool) -> list[list[Run]]:
    """The group, or each checkpoint by itself where what is known says that they are not seeds of one method."""
    of_checkpoint: dict[str, list[Run]] = {}
    for run in group:
        of_checkpoint.setdefault(run.checkpoint, []).append(run)
    first = [runs[0] for runs in of_checkpoint.values()]
    apart = any(other_training(one, other) for place, one in enumerate(first) for other in first[place + 1 :])
    return list(of_checkpoint.values()) if apart and not by_hand else [group]


def _label(runs: Sequence[Run]) -> str:
    labels = {without_seed(run.checkpoint) for run in runs}
    if len({run.checkpoint for run in runs}) == 1:
        return runs[0].checkpoint
    return labels.pop() if len(labels) == 1 else arm_label(runs, runs[0].checkpoint)


# --- the contrast -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Contrast:
    """Two methods, and what is asked of them first."""

    a: str
    """The method that is subtracted."""
    b: str
    """The method that is asked about."""
    endpoints: tuple[str, ...] = ENDPOINTS
    """Keys of `METRICS` that are tested first."""
    margins: Mapping[str, float] = field(default_factory=lambda: MARGINS)
    """Key -> the difference that does not matter, as a share."""
    declared: str = BY_DEFAULT
    """How it was declared: `by default`, `on the command line`, or the name of a file and when it was last changed."""
    default_margins: bool = True
    """Whether nobody named the margins."""


def default_contrast(methods: Methods, baseline: str | None = None) -> Contrast | None:
    """CRPO against GRPO from the same start, after a cold start where there are both; of two methods the one pair.

    Args:
        methods: See `methods_of`.
        baseline: The method that others are compared with, if one was named.
    """
    arms = {name: runs[0].arm for name, runs in methods.items()}
    pairs = [
        (a, b)
        for a, of_a in arms.items()
        for b, of_b in arms.items()
        if (of_a.reward, of_b.reward) == ("grpo", "crpo")
        and of_a.cold_start == of_b.cold_start
        and _conditions(methods[a][0]) == _conditions(methods[b][0])
        and {run.benchmark for run in methods[a]} & {run.benchmark for run in methods[b]}
    ]
    if pairs:
        return Contrast(*max(pairs, key=lambda pair: bool(arms[pair[0]].cold_start)))
    if len(methods) == 2:
        start = (
            baseline if baseline in methods else default_baseline([run for runs in methods.values() for run in runs])
        )
        a = next((name for name, runs in methods.items() if start in (name, runs[0].model_label)), next(iter(methods)))
        return Contrast(a, next(name for name in methods if name != a))
    return None


def declared_contrast(text: str, methods: Methods) -> Contrast:
    """The contrast that a user names: `B:A`, or a YAML file with `contrast: B:A`, `endpoints` and `margins`.

    Raises:
        UserError: If a method, endpoint or margin is not known, or the file cannot be read.
    """
    if not is_file(text):
        return replace(Contrast(*_pair(text, methods, "--contrast")), declared="on the command line")
    path = Path(text)
    about = _mapping(path)
    if unknown := [str(key) for key in about if key not in KEYS]:
        raise UserError(f"{path}: {unknown[0]}: unknown key; allowed are {names_near(unknown[0], KEYS)}")
    endpoints = about.get("endpoints", list(ENDPOINTS))
    if not isinstance(endpoints, list) or not endpoints:
        raise UserError(f"{path}: endpoints: allowed is a list of metrics")
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    margins = about.get("margins")
    return Contrast(
        *_pair(str(about.get("contrast", "")), methods, f"{path}: contrast"),
        endpoints=tuple(metric_named(str(name), f"{path}: endpoints") for name in endpoints),
        margins=_margins(margins, path) if margins is not None else MARGINS,
        declared=f"in {path.name}, last changed {changed}",
        default_margins=margins is None,
    )


def is_file(text: str) -> bool:
    """Whether a user names a file that declares the contrast, and not the contrast."""
    return text.lower().endswith((".yaml", ".yml"))


def declared_sides(path: Path) -> dict[str, list[str]]:
    """Method -> its logs, as a declaration names them; relative to the file."""
    sides = _mapping(path).get("sides", {})
    if not isinstance(sides, dict) or not all(isinstance(logs, list) and logs for logs in sides.values()):
        raise UserError(f"{path}: sides: allowed is a list of logs for each method")
    return {str(name): [str(path.parent / str(log)) for log in logs] for name, logs in sides.items()}


def with_margins(contrast: Contrast, given: Sequence[str]) -> Contrast:
    """The contrast with margins from the command line, each `METRIC=SHARE`.

    Raises:
        UserError: If one is none.
    """
    if not given:
        return contrast
    named = dict(text.partition("=")[::2] for text in given)
    return replace(
        contrast,
        margins={**({} if contrast.default_margins else contrast.margins), **_margins(named, "--margin")},
        default_margins=False,
    )


def metric_named(name: str, where: str) -> str:
    """The key of a primary metric; `accuracy` is `answer`.

    Raises:
        UserError: If there is none.
    """
    key = "answer" if name in ("accuracy", "correct") else name
    primary = [metric.key for metric in METRICS.values() if metric.primary]
    if key not in primary:
        raise UserError(f"{where}: {name}: no such metric; allowed are {names_near(name, ['accuracy', *primary[1:]])}")
    return key


def _margins(given: Any, where: object) -> dict[str, float]:
    found = {}
    for name, value in (given if isinstance(given, dict) else {"": given}).items():
        key = metric_named(str(name), f"{where}: margins" if isinstance(where, Path) else str(where))
        try:
            margin = float(value)
        except (TypeError, ValueError):
            margin = -1.0
        if not 0 < margin < 1:
            raise UserError(f"{where}: {name}={value}: allowed is a share above 0 and below 1, such as .02")
        found[key] = margin
    return found


def _pair(text: str, methods: Methods, where: str) -> tuple[str, str]:
    """The methods of `B:A`, a first; a name may hold colons itself."""
    for b in methods:
        if text.startswith(f"{b}:") and (a := text[len(b) + 1 :]) in methods and a != b:
            return a, b
    odd = next((name for name in text.split(":") if name not in methods), text)
    raise UserError(f"{where} {text}: allowed is B:A with two of {names_near(odd, methods)}")


def _mapping(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UserError(f"--contrast {path}: cannot be read ({' '.join(str(error).split())})") from error
    if not isinstance(found, dict):
        raise UserError(f"--contrast {path}: allowed is a mapping with {', '.join(KEYS)}")
    return found


def before_logs(contrast: Contrast, runs: Iterable[Run]) -> bool | None:
    """Whether the file of the contrast was last changed before the first log was begun; None where none declares it."""
    _, told, changed = contrast.declared.partition("last changed ")
    begun = [datetime.fromisoformat(run.created) for run in runs if run.created]
    if not (told and begun):
        return None
    return datetime.fromisoformat(changed) < min(time if time.tzinfo else time.replace(tzinfo=UTC) for time in begun)
