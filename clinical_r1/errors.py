"""The one error that a user can mend, and what helps to mend it."""

import difflib
from collections.abc import Iterable


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
    close = difflib.get_close_matches(name, list(allowed), n=1, cutoff=0.5)
    return f" (nearest: {close[0]})" if close else ""
