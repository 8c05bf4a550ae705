"""Problems of the program and of the user's request: one family, each with its exit code.

Nothing here prints. ``code`` names a sentence in ``locale/<lang>/<area>.py`` and ``args`` fills it;
the command line turns both into words at one place.
"""

from __future__ import annotations

from collections.abc import Sequence

from logbook.core.issues import Issue


class LogbookError(Exception):
    """The base. ``exit_code`` 3: the book, Git or the program is in a state that needs a person."""

    exit_code = 3

    def __init__(self, code: str, **args: object) -> None:
        super().__init__(code, args)
        self.code = code
        self.args_ = args


class BookError(LogbookError):
    """No book, no Git, a lock that timed out, a dirty target: a person is needed (exit 3)."""

    exit_code = 3


class UsageError(LogbookError):
    """The command was put in a way we cannot follow (exit 2)."""

    exit_code = 2


class Refused(LogbookError):
    """The user's data was refused; every finding is in ``issues`` and nothing was written (exit 1)."""

    exit_code = 1

    def __init__(self, issues: Sequence[Issue], code: str = "record.refused", **args: object) -> None:
        super().__init__(code, count=len(issues), **args)
        self.issues = tuple(issues)
