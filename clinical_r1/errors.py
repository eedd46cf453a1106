"""The one error that a user can mend, and what helps to mend it."""

import difflib
from collections.abc import Iterable

MOST_LISTED = 12
"""Names that a message lists where one of them is near."""


class UserError(ValueError):
    """Something in the user's input is wrong and the user can mend it.

    The message is one line that says what is wrong, where (file, row, key) and what is allowed. Command lines print the
    message alone, without a traceback, and exit with code 2. Anything else that is raised is a defect or a failure of
    the machine and keeps its traceback.
    """


def nearest(name: str, allowed: Iterable[str]) -> str:
    """The allowed name most like another one, in brackets, for a message; empty if none is like it.

    Examples:
        >>> nearest("roluts", ["rollouts", "seed"])
        ' (nearest: rollouts)'
    """
    close = _close(name, list(allowed))
    return f" (nearest: {close})" if close else ""


def names_near(name: str, allowed: Iterable[str]) -> str:
    """The allowed names, for the message about one that is not: the nearest is named, and stands for more than 12.

    Examples:
        >>> names_near("votes", ["vote", "seed"]), names_near("x", ["vote", "seed"])
        ('vote, seed (nearest: vote)', 'vote, seed')
        >>> names_near("key33", [f"key{i}" for i in range(30)])
        'key3 (the nearest of 30)'
    """
    names = list(allowed)
    close = _close(name, names) if len(names) > MOST_LISTED else ""
    return f"{close} (the nearest of {len(names)})" if close else f"{', '.join(names)}{nearest(name, names)}"


def _close(name: str, names: list[str]) -> str:
    """By spelling, whatever the case; else one that begins alike."""
    said = {one.lower(): one for one in reversed(names)}
    typed = name.lower()
    found = difflib.get_close_matches(typed, said, n=1, cutoff=0.5) or [one for one in said if one.startswith(typed)]
    return said[found[0]] if typed and found else ""
