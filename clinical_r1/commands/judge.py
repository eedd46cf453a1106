"""`clinical-r1 judge`."""

import argparse
import sys
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinical_r1.commands import Commands, add_command, complete_by, count, metrics_judged, names, number
from clinical_r1.errors import UserError, names_near

if TYPE_CHECKING:
    from clinical_r1.judging.passes import Plan
    from clinical_r1.metrics import Judge

DESCRIPTION = """Judge the reasoning in logs: facts cited, options rejected, claims supported or made up (grounding),
and re-checks, plans and changes of mind (behaviours). The price is said first, and nothing is spent without --yes,
--max-dollars or a word on the terminal. A log that the same judge has judged is left alone; a pass that was stopped
is resumed by the same command, and pays for nothing twice. What the numbers mean: docs/judging.md."""


def add(commands: Commands) -> None:
    """Declare the command."""
    about = "judge the reasoning in logs, by rules or by a grader, at a price that is said first"
    parser = add_command(commands, "judge", about, description=DESCRIPTION)
    add = parser.add_argument
    add("logs", nargs="+", type=Path, metavar="LOG", help="logs of Inspect, and folders with logs")
    add("--rules", action="store_true", help="judge by code: free, offline, a floor")
    about = "a model, as Inspect calls it, or its settings in braces; several (repeated, or with commas) are a panel"
    add("--grader", action="append", metavar="MODEL", help=about)
    about = "some of the metrics; the judges that have none of them are left out"
    complete_by(add("--metrics", type=names, metavar="A,B", help=about), metrics_judged)
    add("--sample", type=count, metavar="N", help="judge so many questions, the same in every log (all)")
    add("--epochs", type=count, metavar="N", help="judge so many epochs of each question (all)")
    add("--draws", type=count, default=1, metavar="M", help="judge each response so many times; numbers are means (1)")
    add("--seed", type=number, default=0, metavar="N", help="of the draw of --sample and --epochs (0)")
    add("--facts", choices=("rules", "llm"), help="who lists the facts of a case (whoever judges)")
    add("--facts-refresh", action="store_true", help="have the grader list the facts of each case anew")
    add("--price", metavar="IN,OUT", help="dollars per million tokens, where Inspect does not know them")
    add(
        "--max-dollars",
        type=_dollars,
        metavar="X",
        help="ask nobody if the estimate is higher, and stop before more is spent",
    )
    add("--dry-run", action="store_true", help="say what would be judged at what price, and ask nobody")
    add("--yes", action="store_true", help="do not ask before money is spent")
    add("-o", "--output", type=Path, metavar="DIR", help="write the judged logs there (into the logs themselves)")
    parser.set_defaults(run=_run)


def _dollars(text: str) -> float:
    try:
        if (value := float(text)) >= 0:
            return value
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text}: allowed are dollars from 0")


def _run(arguments: argparse.Namespace) -> None:
    from clinical_r1.judges.behaviours import behaviours
    from clinical_r1.judges.grounding import grounding
    from clinical_r1.judging.budget import Budget
    from clinical_r1.judging.passes import bind_graders, is_local, plan_pass, run_pass
    from clinical_r1.judging.subset import read_price

    if arguments.rules == bool(arguments.grader):
        raise UserError("who judges? give either --rules or --grader MODEL")
    say = partial(print, flush=True)
    graders = bind_graders(arguments.grader or [])
    plan = plan_pass(arguments.logs, _given(arguments), [*map(str, graders)], arguments.output)
    for line in plan.lines:
        say(line)
    if not any(step.judges for step in plan.steps):
        say("nothing is left to be judged")
    if arguments.dry_run:
        return
    costs = _agreed(arguments, plan, [str(grader) for grader in graders if not is_local(grader)])
    limit = inf if arguments.max_dollars is None or not costs else arguments.max_dollars
    prices = read_price(arguments.price)
    budget = Budget(limit, {str(grader): prices for grader in graders} if prices else {})
    run_pass(plan, {"grounding": grounding, "behaviours": behaviours}, graders, say, sys.stdout.isatty(), budget)


def _given(arguments: argparse.Namespace) -> dict["Judge", dict[str, Any]]:
    """Judge -> the fields of its settings."""
    from clinical_r1.metrics import METRICS_OF

    every = metrics_judged()
    for name in arguments.metrics or ():
        if name not in every:
            raise UserError(f"--metrics {name}: no such metric; allowed are {names_near(name, every)}")
    shared = {name: getattr(arguments, name) for name in ("sample", "epochs", "seed", "price", "draws")}
    shared |= {"backend": "rules" if arguments.rules else "llm"}
    given = {
        judge: shared | {"metrics": [name for name in metrics if name in (arguments.metrics or every)]}
        for judge, metrics in METRICS_OF.items()
    }
    if arguments.rules and arguments.facts == "llm":
        raise UserError("--facts llm: rules have no model to list facts; give --grader")
    if arguments.facts_refresh and (arguments.rules or arguments.facts == "rules"):
        raise UserError("--facts-refresh: rules cut the facts out of the case each time; it is for a grader's lists")
    given["grounding"] |= {"facts": arguments.facts, "facts_refresh": arguments.facts_refresh}
    return {judge: settings for judge, settings in given.items() if settings["metrics"]}


def _agreed(arguments: argparse.Namespace, plan: "Plan", paid: list[str]) -> bool:
    """Whether anything is paid for; stop, unless it was agreed to.

    Raises:
        UserError: If it was not.
    """
    costs = [price.dollars for (_, grader), price in plan.prices.items() if grader in paid or price.dollars]
    if not costs:
        return False
    known = None if None in costs else sum(filter(None, costs))
    price = "an unknown sum" if known is None else f"about ${known:,.2f}"
    if arguments.max_dollars is not None:
        if known is None:
            raise UserError(f"--max-dollars: what {', '.join(paid)} costs is not known: give --price IN,OUT too")
        if known > arguments.max_dollars:
            raise UserError(
                f"--max-dollars {arguments.max_dollars:g}: the estimate is {price}; judge fewer (--sample N)"
            )
    elif not arguments.yes:
        if not sys.stdin.isatty():
            raise UserError(f"this pass costs {price}: give --max-dollars X or --yes, or look at it with --dry-run")
        if input(f"Go on, for {price}? [y/N] ").strip().lower() not in ("y", "yes"):
            raise UserError("nothing was asked, and nothing spent")
    return True
