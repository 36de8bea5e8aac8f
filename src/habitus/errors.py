"""The one error that users see as a line instead of a traceback."""


class InputError(ValueError):
    """Something the user gave cannot be used.

    The message is one line that names the file (or option), the problem and the cure. The command line prints it
    and exits with status 2; Python callers may catch it like any ValueError.
    """
