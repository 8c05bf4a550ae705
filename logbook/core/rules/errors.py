"""What is wrong with the wording of a sentence, and where."""

from __future__ import annotations

from logbook.core.errors import LogbookError
from logbook.core.issues import Issue
from logbook.core.rules.nodes import Where
from logbook.core.text import Text


class SentenceError(LogbookError):
    """A sentence that does not follow the grammar.

    ``column`` counts from 1 within the sentence; ``suggestion`` is a word or symbol that would
    have been understood there, or None.
    """

    exit_code = 1

    def __init__(self, code: str, column: int, *, suggestion: str | None = None, **args: object) -> None:
        meant = Text("", "")
        if suggestion is not None:
            meant = Text(f"是不是“{suggestion}”？", f' Did you mean "{suggestion}"?')
        super().__init__(code, hint=meant, **args)
        self.column = column
        self.suggestion = suggestion

    def issue(self, where: Where | str | None = None) -> Issue:
        """The same problem as a finding about the form's file at ``where``."""
        place = where if isinstance(where, Where) else Where(label=where)
        return Issue(
            self.code,
            {**self.args_, "column": place.column_of(self.column)},
            path=place.path,
            line=place.line,
            field=place.label,
        )
