"""A report as it was worked out: parts, columns, rows and what every figure means. Renderers take nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from typing import Union

from logbook.core.text import Text
from logbook.core.value import attribute
from logbook.core.value import frozen

if TYPE_CHECKING:
    from logbook.core.charts import Chart

GROUPS, LIST, FIGURES = "groups", "list", "figures"
# What a column may hold: the types of fields and `percent`, `days`, `hours`, `minutes`.
NUMERIC = frozenset(("int", "decimal", "money", "percent", "days", "hours", "minutes"))


@frozen
class Small:
    """A figure that is not shown because it speaks of fewer than ``than`` people; None: another had to be
    left out so that this one cannot be worked out from the total."""

    than: int | None = None

    @property
    def text(self) -> str:
        return f"<{self.than}" if self.than is not None else "*"


@frozen
class Named:
    """Something people know by a name: a choice, a state, a person, a record, a month. ``id`` is for programs."""

    id: str
    label: Text

    def say(self, lang: str) -> str:
        return self.label.say(lang)


# None, int, Decimal, bool, str, Named, Text (in both languages), date, time, datetime, Small.
Cell = Union[None, int, str, Named, Text, Small, object]


@frozen
class Column:
    """A column: ``type`` is that of a field or one of :data:`NUMERIC`; ``key`` ones name the group."""

    id: str
    label: Text
    type: str = "text"
    key: bool = False


@frozen
class Definition:
    """How a figure is made. ``says`` is the whole of it; a share has its two parts besides. ``target``: what it
    is held against."""

    id: str
    label: Text
    says: Text
    numerator: Text | None = None
    denominator: Text | None = None
    target: str | None = None
    period: Text | None = None
    as_of: datetime | None = None


@frozen
class Part:
    """One table of a report: ``kind`` is groups, list or figures (one row). ``totals`` are counted anew, not
    added up. ``more``: so many rows were left out at the end."""

    id: str
    title: Text
    kind: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Cell, ...] | None = None
    definitions: tuple[Definition, ...] = ()
    charts: tuple[Chart, ...] = ()
    note: Text | None = None
    more: int = 0
    suppressed: bool = False


@frozen
class Period:
    """A stretch of time, half-open. ``kind``: day, week, month, quarter, year, span, or moment (as of ``end``)."""

    kind: str
    start: datetime
    end: datetime
    label: Text


@frozen
class Report:
    """A report of a book. ``as_of``: the moment of which it tells how things stood; ``commit``: what the book
    knew. ``unfinished``: the period was not over."""

    id: str
    title: Text
    pack: str
    period: Period
    as_of: datetime
    commit: str | None
    parts: tuple[Part, ...]
    book: str = ""
    audience: Text = attribute(default_factory=lambda: Text("", ""))
    cadence: tuple[str, ...] = ()
    due: Text | None = None
    source: str | None = None
    note: Text | None = None
    unfinished: bool = False

    @property
    def empty(self) -> bool:
        """Whether no part has anything to show."""
        return not any(part.rows for part in self.parts if part.kind != FIGURES) and not any(
            cell not in (None, 0) and not isinstance(cell, Text)  # what a row of a comparison is called is no figure
            for part in self.parts
            if part.kind == FIGURES
            for row in part.rows
            for cell in row
        )
