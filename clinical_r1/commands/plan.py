"""`clinical-r1 plan`."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from math import sqrt
from typing import TYPE_CHECKING, Any

from clinical_r1.commands import Commands, add_command, count, counts
from clinical_r1.errors import UserError, names_near

if TYPE_CHECKING:
    from clinical_r1.metrics import Metric
    from clinical_r1.stats.planning import Assumptions, Pilot

ALPHA = 0.05
"""Error rate of a family of tests, as in reports."""
SIZES = ("questions", "epochs", "seeds")
ASSUMED = {
    "rate": (0.6, 0.001, 0.999, "mean of the metric"),
    "spread": (0.5, 0.0, 1.0, "share of the variance of responses that lies between questions (1: greedy decoding)"),
    "correlation": (0.8, 0.0, 1.0, "between two checkpoints of different sides, of their chances on the questions"),
    "seed_share": (0.5, 0.0, 1.0, "share of how these chances differ on a question that is the training seeds'"),
    "seed_sd": (0.01, 0.0, 0.5, "standard deviation between the means of a method's training seeds (.01: 1 point)"),
}
"""What is assumed where no pilot says it: default, least, most, meaning."""
COMPONENTS = {
    "questions": ("how far two methods are apart on a question", None),
    "interaction": ("what a training seed adds on a question", "seed_share"),
    "sampling": ("between responses of a checkpoint to a question", "spread"),
    "seeds": ("between the means of a method's training seeds", "seed_sd"),
}
"""Parts of a number: what varies, and the assumption that it rests on where a pilot lacks it."""


def add(commands: Commands) -> None:
    """Declare the command."""
    about = (
        "what a comparison of two sides can find and prove, by questions, epochs and training seeds, before it is run"
    )
    parser = add_command(commands, "plan", about)
    add = parser.add_argument
    add("logs", nargs="*", metavar="LOG", help="a pilot: logs of two sides on one benchmark; else all is assumed")
    add("--questions", type=counts, metavar="N,…", help="on both sides (the pilot's; 1273, those of MedQA)")
    add("--epochs", type=counts, default=[1, 5], metavar="K,…", help="responses per question and checkpoint (1,5)")
    add("--seeds", type=counts, default=[1, 3, 5], metavar="S,…", help="training seeds per side (1,3,5)")
    add("--tests", type=count, default=1, metavar="M", help="in the family: comparisons x benchmarks x metrics (1)")
    add("--margin", metavar="METRIC=D", help="not to be worse by more than this, as a share (accuracy=.02)")
    add("--metric", default="answer", metavar="KEY", help="what is compared (answer)")
    add("--power", type=float, default=0.8, metavar="P", help="chance to find a difference, to prove a margin (.8)")
    for name, (default, _, _, meaning) in ASSUMED.items():
        add(_option(name), type=float, default=default, metavar="X", help=f"assumed: {meaning} ({default:g})")
    add("--json", action="store_true", help="print all of it as JSON")
    parser.set_defaults(run=_plan)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _plan(arguments: argparse.Namespace) -> None:
    from clinical_r1.stats.planning import Assumptions, Design, detectable_difference, fewest, variances

    metric, margin = _asked(arguments)
    given = Assumptions(**{name: getattr(arguments, name) for name in ASSUMED})
    pilot, about = _pilot(arguments.logs, metric, given) if arguments.logs else (None, None)
    parts, lacking = (pilot.components, pilot.lacking) if pilot else (given.components, tuple(COMPONENTS))
    if not parts.questions + parts.interaction + parts.sampling:
        raise UserError("both sides answer every question alike: there is nothing to plan")
    questions = arguments.questions or [about["questions"] if about else 1273]
    designs = [Design(*sizes) for sizes in product(*map(sorted, (questions, arguments.epochs, arguments.seeds)))]
    family, power = ALPHA / arguments.tests, arguments.power
    rows: list[dict[str, Any]] = []
    for design in designs:
        found, margins = (detectable_difference(parts, design, alpha=one, power=power) for one in (family, ALPHA))
        shares = variances(parts, design)
        rows.append(
            {**vars(design), "answers": design.answers, "detectable": found, "margin": margins}
            | {"variance": {name: part / sum(shares) for name, part in shares._asdict().items()}}
        )
    needed = [
        {"alpha": alpha} | {size: fewest(parts, designs[-1], size, margin, alpha=alpha, power=power) for size in SIZES}
        for alpha in dict.fromkeys((ALPHA, family))
    ]
    rests_on = [COMPONENTS[part][1] for part in lacking] if pilot else ASSUMED
    plan = {
        **{"metric": metric.key, "label": metric.label, "power": power, "tests": arguments.tests, "pilot": about},
        "assumed": [{"name": one, "value": getattr(given, one), "about": ASSUMED[one][3]} for one in rests_on if one],
        "components": [
            {"name": part, "sd": sqrt(getattr(parts, part)), "about": said, "assumed": part in lacking}
            for part, (said, _) in COMPONENTS.items()
        ],
        **{"designs": rows, "margin": margin, "needed": needed},
    }
    plan["sentences"] = list(_sentences(plan))
    print(json.dumps(plan, indent=2, ensure_ascii=False) if arguments.json else "\n".join(_page(plan)))


def _asked(arguments: argparse.Namespace) -> tuple["Metric", float]:
    """Metric and margin, once every option is in its range."""
    from clinical_r1.analysis.judged import BOUNDED
    from clinical_r1.metrics import METRICS

    allowed = [key for key, metric in METRICS.items() if metric.form in BOUNDED]
    if arguments.metric == "accuracy":  # what the other commands and pages call it
        arguments.metric = "answer"
    if arguments.metric not in allowed:
        raise UserError(
            f"--metric {arguments.metric}: allowed are {names_near(arguments.metric, ['accuracy', *allowed])}"
        )
    for name, (_, least, most, _) in {**ASSUMED, "power": (0.8, 0.5, 0.999, "")}.items():
        if not least <= getattr(arguments, name) <= most:
            raise UserError(f"{_option(name)} {getattr(arguments, name):g}: allowed is {least:g} to {most:g}")
    if min(arguments.questions or [2]) < 2:
        raise UserError("--questions 1: allowed are whole numbers from 2")
    called = "accuracy" if arguments.metric == "answer" else arguments.metric
    said, _, number = (arguments.margin or f"{called}=.02").partition("=")
    try:
        margin = float(number) if said in (called, arguments.metric) else 0.0
    except ValueError:
        margin = 0.0
    if not 0 < margin < 1:
        raise UserError(f"--margin {arguments.margin}: allowed is {called}=D, D above 0 and below 1 (.02 is 2 points)")
    return METRICS[arguments.metric], margin


def _pilot(logs: list[str], metric: "Metric", given: "Assumptions") -> tuple["Pilot", dict[str, Any]]:
    """Components from logs, and what they are of."""
    from clinical_r1.analysis.comparisons import comparable, pilot_numbers
    from clinical_r1.analysis.contrast import default_contrast, methods_of
    from clinical_r1.analysis.sides import Rules, two_arms
    from clinical_r1.analysis.tables import groups
    from clinical_r1.logs import read_logs
    from clinical_r1.stats.planning import estimated

    log_set = read_logs(logs, progress=True)
    sides = methods_of(log_set.runs)
    contrast = default_contrast(sides)
    benchmarks = dict.fromkeys(run.benchmark for run in log_set.runs)
    if contrast is None or len(benchmarks) > 1:
        there = f"{', '.join(sides)} on {', '.join(benchmarks)}"
        raise UserError(f"LOG: a pilot is of two sides on one benchmark; these are logs of {there}: give some of them")
    [comparison] = two_arms(log_set, sides[contrast.a], sides[contrast.b], Rules())
    if not comparable(metric, comparison):
        raise UserError(f"--metric {metric.key}: not judged on both sides by one judge; answer needs none")
    a, b, sampling, epochs = pilot_numbers(comparison, {group.run.index: group for group in groups(log_set)}, metric)
    if a.shape[1] < 2:
        raise UserError(f"--metric {metric.key}: fewer than 2 questions of the pilot have a number on both sides")
    rate = float(a.mean().mean() + b.mean().mean()) / 2
    found = estimated(a, b, sampling=sampling, epochs=epochs, otherwise=replace(given, rate=rate))
    about = {"benchmark": comparison.benchmark, "questions": a.shape[1], "epochs": epochs, "mean": rate}
    seeds = {"freedom": found.freedom, "low": found.seed_sd.low, "high": found.seed_sd.high} if found.freedom else None
    return found, about | {
        "seeds": dict(zip((contrast.a, contrast.b), comparison.seeds, strict=True)),
        "seed_sd": seeds,
    }


# --- in words ---------------------------------------------------------------------------------------------------------
def _page(plan: dict[str, Any]) -> Iterator[str]:
    pilot = plan["pilot"]
    if pilot:
        sides = " and ".join(f"{name} ({_counted(seeds, 'seeds')})" for name, seeds in pilot["seeds"].items())
        sizes = f"{_counted(pilot['questions'], 'questions')}, {pilot['epochs']:.3g} responses each"
        yield f"Pilot: {sides} on {pilot['benchmark']}, {sizes}, mean {pilot['mean']:.3f}."
    yield from (f"Assumed: {_option(one['name'])} {one['value']:g}, {one['about']}." for one in plan["assumed"])
    yield "Standard deviations in points:"
    for one in plan["components"]:
        said = " (assumed)" if one["assumed"] else ""
        if pilot and pilot["seed_sd"] and one["name"] == "seeds":
            low, high = (f"{100 * pilot['seed_sd'][end]:.1f}" for end in ("low", "high"))
            said = f" (95 % interval {low} to {high}, {pilot['seed_sd']['freedom']:.1f} degrees of freedom)"
        yield f"  {100 * one['sd']:5.1f}  {one['about']}{said}"
    heads = (*SIZES, "answers per side", "detectable", "margin", "% questions", "% sampling", "% seeds")
    yield "\n" + "  ".join(heads)
    for row in plan["designs"]:
        cells = [f"{row[name]:,}" for name in (*SIZES, "answers")]
        cells += [f"{100 * row[name]:.1f}" if row[name] < 1 else "none" for name in ("detectable", "margin")]
        cells += [f"{100 * value:.0f}" for value in row["variance"].values()]
        yield "  ".join(cell.rjust(len(head)) for cell, head in zip(cells, heads, strict=True))
    yield from ("", *plan["sentences"])


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what.removesuffix('s') if number == 1 else what}"


def _sentences(plan: dict[str, Any]) -> Iterator[str]:
    """One per question: what is found, what a margin needs, where the variance lies; and whom it is about."""
    last, power, tests = plan["designs"][-1], f"{100 * plan['power']:g} % power", _counted(plan["tests"], "tests")
    questions, epochs, seeds = (_counted(last[name], name) for name in SIZES)
    found = f"a true difference of {100 * last['detectable']:.1f} points" if last["detectable"] < 1 else "no difference"
    yield (
        f"Detectable: with {questions}, {epochs} and {seeds} per side, {found} ({plan['label']}) is found with "
        f"{power}, two-sided at 5 % over {tests}."
    )
    for one in plan["needed"]:
        level = "one-sided 2.5 %" if one["alpha"] == ALPHA else f"among the intervals of {tests} that hold at once"
        ways = [f"{_counted(one[name], name)}" if one[name] else f"no number of {name}" for name in SIZES]
        yield (
            f"Margin: 'not worse by more than {100 * plan['margin']:g} points', {level}, is concluded with {power} if "
            f"there is truly no difference, by {ways[0]}, or {ways[1]}, or {ways[2]} per side, all else as in that row."
        )
    shares = " %, ".join(f"{name} {100 * part:.0f}" for name, part in last["variance"].items())
    yield f"Variance of that difference: {shares} % (sampling: within a question; seeds: of training)."
    if any(row["seeds"] == 1 for row in plan["designs"]):
        apart = 100 * sqrt(2) * plan["components"][-1]["sd"]
        yield (
            "Rows with 1 seed are about two checkpoints, not methods: the luck of their training, a standard deviation "
            f"of {apart:.1f} points of the difference, is in none of their numbers."
        )
