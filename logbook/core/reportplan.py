"""What a report is made of, as read from ``reports.yaml``: parts, columns, the sentences of their figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from logbook.core.text import Text
from logbook.core.value import attribute
from logbook.core.value import frozen

if TYPE_CHECKING:
    from logbook.core.form import Form
    from logbook.core.rules import Condition
    from logbook.core.rules import Expression
    from logbook.core.rules.kinds import Kind

# In which records of the period a figure looks. ALL: in every one, whenever dated.
PERIOD, BEFORE, THROUGH, PREVIOUS, ALL = "period", "before", "through", "previous", "all"
RANGES = (PERIOD, BEFORE, THROUGH, PREVIOUS, ALL)
NOW, END, START = "now", "end", "start"
MOMENTS = (NOW, END, START)
CALENDAR = ("day", "week", "month", "quarter", "year", "weekday", "hour")
HEAD = "head"  # the first part of an id such as 3-2-1201: the building


@frozen
class Items:
    """What is gone through: records of ``forms``, or the rows of ``list`` in them, where ``where`` is true.
    ``dated``: the moment by which one belongs to the period, a sentence each form."""

    forms: tuple[str, ...]
    list: str | None = None
    where: Condition | None = None


@frozen
class Key:
    """What a table is grouped by: the value of a sentence, or a part of it (``function``)."""

    expression: Expression
    function: str | None = None
    kind: Kind | None = None


@frozen
class Fold:
    """One value out of many. ``kind``: count, different, sum, mean, median, least, greatest, first, last,
    least_gap or greatest_gap."""

    kind: str
    items: Items
    of: Expression | None = None


@frozen
class Looking:
    """In which records a figure looks, and how it sees them. ``dated`` None: in all."""

    dated: Expression | None
    range: str = PERIOD
    as_of: str = NOW


@frozen
class ColumnPlan:
    """One column. One of ``fold``, ``sum`` (of other columns), ``share`` (two such sums) or ``own`` (of the
    group's record, or of a list's item) is there."""

    id: str
    label: Text
    type: str
    fold: Fold | None = None
    looking: Looking | None = None
    by: tuple[Key, ...] = ()
    sum: Expression | None = None
    share: tuple[Expression, Expression] | None = None
    target: Expression | None = None
    own: Expression | None = None
    own_kind: Kind | None = None
    places: int | None = None
    hidden: bool = False
    private: bool = False
    note: Text | None = None
    text: str = ""


@frozen
class Suppress:
    """Groups in which ``people`` (a column) are fewer than ``below`` are not shown."""

    below: Expression
    people: str


@frozen
class ChartPlan:
    """``pareto of received``, ``trend of rate against target over 12 periods``, ``ageing of days``, ``heat of at``,
    ``funnel of a, b, c``."""

    kind: str
    columns: tuple[str, ...] = ()
    of: Expression | None = None
    against: Expression | None = None
    target: bool = False
    periods: int = 12


@frozen
class PartPlan:
    """One table. ``each``: the records that are groups even where nothing was counted. ``lists``: the items
    that are rows themselves."""

    id: str
    title: Text
    columns: tuple[ColumnPlan, ...]
    by: tuple[Key, ...] = ()
    key_columns: tuple[ColumnPlan, ...] = ()
    source: Items | None = None
    looking: Looking | None = None
    each: Items | None = None
    each_looking: Looking | None = None
    lists: Items | None = None
    sort: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    total: bool = True
    charts: tuple[ChartPlan, ...] = ()
    suppress: Suppress | None = None
    compare: bool = False
    note: Text | None = None
    asleep: tuple[str, ...] = ()


@frozen
class ReportPlan:
    """A report as it is defined. ``kind``: the period it is about unless asked otherwise. ``asleep``: forms of
    packs that are not enabled, which something here waits for."""

    id: str
    title: Text
    pack: str
    kind: str
    cadence: tuple[str, ...]
    parts: tuple[PartPlan, ...]
    audience: Text
    due: Text | None = None
    source: str | None = None
    note: Text | None = None
    path: str | None = None
    line: int | None = None
    asleep: tuple[str, ...] = ()
    forms: Mapping[str, Form] = attribute(default_factory=dict)
