"""The commands of `clinical-r1`, a module each.

A module has `add(commands)`, which declares the command's arguments, and the function that runs it. Heavy imports wait
inside that function, so that `--help` answers at once.
"""

import argparse
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


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


def names(text: str) -> list[str]:
    """One or more names with commas between."""
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise argparse.ArgumentTypeError("name one or more, with commas between")
    return found
