"""The commands of `clinical-r1`, a module each.

A module has `add(commands)`, which declares the command's arguments, and the function that runs it. Heavy imports wait
inside that function, so that `--help` answers at once.
"""

import argparse
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, TypeAlias

from clinical_r1.errors import UserError, names_near, nearest

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"

CACHE = "cache"
"""Folder in a report's output for what was read from logs."""


class Parser(argparse.ArgumentParser):
    """A parser whose refusals name what is nearest; a command's arguments say which `parser` read them."""

    def _check_value(self, action: argparse.Action, value: Any) -> None:  # what argparse calls for choices and commands
        if action.choices is not None and value not in action.choices:
            raise argparse.ArgumentError(action, f"{value}: allowed are {names_near(str(value), action.choices)}")

    def unrecognized(self, words: Sequence[str]) -> NoReturn:
        """Refuse arguments that the command does not have."""
        flags = [flag for action in self._actions for flag in action.option_strings]
        said = [f"{word}{nearest(word.partition('=')[0], flags) if word.startswith('-') else ''}" for word in words]
        self.error(f"unrecognized arguments: {' '.join(said)}")


def add_command(commands: Commands, name: str, about: str, **settings: Any) -> Parser:
    """A command whose own help begins with what the list of commands says of it.

    Args:
        commands: Where it stands.
        name: What is typed.
        about: What it does, in a phrase.
        **settings: See `argparse.ArgumentParser`.
    """
    settings = {"description": f"{about[0].upper()}{about[1:]}.", **settings}
    parser = commands.add_parser(name, help=about, formatter_class=_Help, **settings)
    parser.set_defaults(parser=parser)
    if example := EXAMPLES.get(parser.prog.removeprefix("clinical-r1 ")):
        said = "\n".join(textwrap.wrap(parser.epilog or "", 79))
        parser.epilog = "\n".join(filter(None, [said, f"example:\n  clinical-r1 {example}"]))
    return parser


class _Help(argparse.RawDescriptionHelpFormatter):
    """Examples keep their lines, which are to be copied; descriptions are filled as usual."""

    def add_text(self, text: str | None) -> None:
        super().add_text(text if text and "example:" in text else text and "\n".join(textwrap.wrap(text, 79)))


EXAMPLES = {
    "demo": "demo --quick",
    "judge": "judge logs --grader openai/gpt-5 --sample 50 --max-dollars 5",
    "report": "report logs -o report --contrast crpo:grpo --margin accuracy=.02",
    "compare": "compare --a logs/grpo --b logs/crpo -o comparison",
    "plan": "plan --questions 1273 --epochs 1,5 --seeds 1,3 --tests 3",
    "study plan": "study plan --prevalence 0.2 --sensitivity 0.8 --specificity 0.9 --minutes 6",
    "study new": "study new judged -o study --metrics cecd,drc,hallucination --items 120 --raters 3",
    "study import": "study import study answers/r1.json answers/r2.json",
    "study adjudicate": "study adjudicate study -o adjudication.html",
    "study report": "study report study",
    "train": "train crpo rewards.accuracy=5 output=runs/k5 --dry-run",
    "rollouts": "rollouts runs/crpo -o rollouts --every 20",
    "experiment": "experiment examples/experiments/k.yaml -o k --dry-run",
    "distil": "distil --teacher openai/gpt-5 -o traces",
    "rewards audit": "rewards audit logs/crpo.eval -o audit",
    "rewards words": "rewards words medqa=data/train.jsonl -o words.tsv",
    "world": "world world --train 0",
    "study simulate": "study simulate study --world world -o answers",
}
"""Command -> one that can be typed."""


def complete_by(action: argparse.Action, values: Callable[[], Iterable[str]]) -> None:
    """Have the shell complete an argument by values that are looked up on Tab; after a comma, the next one."""

    def completer(prefix: str, **_: Any) -> list[str]:
        before = prefix[: prefix.rfind(",") + 1]
        return [before + value for value in values()]

    action.completer = completer  # type: ignore[attr-defined]  # where argcomplete looks for it


def metrics_judged() -> list[str]:
    """Names of the judged metrics."""
    from clinical_r1.metrics import METRICS_OF

    return [name for metrics in METRICS_OF.values() for name in metrics]


def add_link(parser: argparse.ArgumentParser) -> None:
    """The option that links a page to others beside it."""
    about = "a page beside this one; may be repeated"
    parser.add_argument("--link", action="append", default=[], type=_link, metavar="TEXT=PAGE", help=about)


def _link(text: str) -> str:
    words, _, page = text.rpartition("=")
    if not (words and page):
        raise argparse.ArgumentTypeError(f"{text}: allowed is TEXT=PAGE")
    return text


def check_known(option: str, given: Iterable[str] | None, known: Iterable[str]) -> None:
    """Refuse a name that the logs do not have.

    Raises:
        UserError: With those that they have.
    """
    known = dict.fromkeys(known)
    for name in given or ():
        if name not in known:
            raise UserError(f"{option} {name}: not in these logs; there are {names_near(name, known)}")


def doing(what: str) -> None:
    """What takes the next seconds, for who sits before a terminal."""
    if sys.stderr.isatty():
        print(f"{what} …", file=sys.stderr, flush=True)


# --- kinds of values that options of several commands take ------------------------------------------------------------
def number(text: str) -> int:
    """A whole number from 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text}: allowed is a whole number from 0")
    return int(text)


def count(text: str) -> int:
    """A whole number from 1."""
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text}: allowed is a whole number from 1")
    return int(text)


def counts(text: str) -> list[int]:
    """One or more whole numbers from 1 with commas between."""
    return [count(part.strip()) for part in text.split(",")]


def names(text: str) -> list[str]:
    """One or more names with commas between."""
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise argparse.ArgumentTypeError("name one or more, with commas between")
    return found
