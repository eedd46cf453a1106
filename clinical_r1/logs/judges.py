"""Whose scores count, where several judges have scored the same run."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from clinical_r1.errors import UserError
from clinical_r1.logs.merge import Scores, widest
from clinical_r1.logs.runs import Source
from clinical_r1.logs.scores import JUDGES
from clinical_r1.metrics import Judge

Chosen = dict[tuple[int, Judge], Scores]
"""(Run, scorer) -> the scores that count; nothing where a run was not judged."""


def choose_judges(sources: Sequence[Source], judge: str | None) -> tuple[Chosen, list[str]]:
    """For each run and scorer the one judge whose scores count: scores of several are never put together.

    On each benchmark the judge that has scored the most runs is preferred, so that runs can be compared, and of several
    such the newest.

    Args:
        sources: The runs.
        judge: Part of a judge's name: judges with it are preferred.

    Returns:
        The choice, and sentences about what it leaves out.

    Raises:
        UserError: If no judge has this name.
    """
    _check(sources, judge)
    chosen: Chosen = {}
    notes: list[str] = []
    by_benchmark: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_benchmark[source.run.benchmark].append(source)
    for benchmark, group in by_benchmark.items():
        for kind in JUDGES:
            ranked = _ranked(group, kind, judge)
            for source in group:
                offered = [one for one in source.merged.scores.get(kind, ()) if one.judge in ranked]
                first = min((ranked.index(one.judge) for one in offered), default=None)
                best = widest([one for one in offered if ranked.index(one.judge) == first])
                if best:
                    chosen[source.run.index, kind] = best
            notes += _left_out(benchmark, group, kind, chosen)
    return chosen, notes


def _check(sources: Sequence[Source], judge: str | None) -> None:
    known = {one.judge for source in sources for kind in JUDGES for one in source.merged.scores.get(kind, ())}
    if judge is not None and not any(judge in name for name in known):
        raise UserError(f"judge={judge}: no such judge in these logs; there are {', '.join(sorted(known)) or 'none'}")


def _ranked(group: Sequence[Source], kind: Judge, judge: str | None) -> list[str]:
    """Names of judges on one benchmark, the preferred one first; only those asked for where there are any."""
    found = [one for source in group for one in source.merged.scores.get(kind, ())]
    times = Counter(name for source in group for name in {one.judge for one in source.merged.scores.get(kind, ())})
    newest = {one.judge: one.age for one in sorted(found, key=lambda one: one.age)}
    names = [name for name in newest if judge is not None and judge in name] or list(newest)
    return sorted(names, key=lambda name: (times[name], newest[name]), reverse=True)


def _left_out(benchmark: str, group: Sequence[Source], kind: Judge, chosen: Chosen) -> list[str]:
    taken = {one.judge for source in group if (one := chosen.get((source.run.index, kind)))}
    offered = {one.judge: None for source in group for one in source.merged.scores.get(kind, ())}
    others = [name for name in offered if name not in taken]
    notes = []
    if others:
        notes.append(
            f"{kind} on {benchmark}: scores of {_and(sorted(taken))} count, those of {_and(others)} do not "
            "(scores of different judges are never put together)."
        )
    if len(taken) > 1:
        notes.append(f"{kind} on {benchmark}: not all runs have the same judge ({_and(sorted(taken))}).")
    return notes


def _and(names: Sequence[str]) -> str:
    return " and ".join(names)
