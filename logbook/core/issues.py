"""Problems in people's data are values: one finding about one place in one file."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Literal

from logbook.core.value import attribute
from logbook.core.value import frozen
from logbook.core.value import replace

Severity = Literal["error", "warning"]


@frozen
class Issue:
    """One finding.

    ``rule`` is a stable code: ``area.word`` for the built-in ones (its sentence and its fix
    stand in ``locale/<lang>/<area>.py``), ``form.check`` for a check of a form, whose own
    sentence travels in ``args["say"]`` as a :class:`~logbook.core.text.Text`.
    ``args`` fills the sentence; it holds words, numbers, lists of words and ``Text`` only.
    """

    rule: str
    args: Mapping[str, object] = attribute(default_factory=dict)
    severity: Severity = "error"
    path: str | None = None
    line: int | None = None
    id: str | None = None
    field: str | None = None
    commit: str | None = None

    def at(
        self, *, path: str | None = None, line: int | None = None, id: str | None = None
    ) -> Issue:
        """The same finding with its place filled in where it was still unknown."""
        return replace(
            self,
            path=self.path if self.path is not None else path,
            line=self.line if self.line is not None else line,
            id=self.id if self.id is not None else id,
        )

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


def errors(issues: Iterable[Issue]) -> list[Issue]:
    """The findings that refuse a write; warnings are left out."""
    return [issue for issue in issues if issue.severity == "error"]
