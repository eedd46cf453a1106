"""The one error that a user can mend."""


class UserError(ValueError):
    """Something in the user's input is wrong and the user can mend it.

    The message is one line that says what is wrong, where (file, row, key) and what is allowed. Command lines print the
    message alone, without a traceback, and exit with code 2. Anything else that is raised is a defect or a failure of
    the machine and keeps its traceback.
    """
