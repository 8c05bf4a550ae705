"""What a compiled query is, and the condition that says which clocks run at a moment."""

from __future__ import annotations

from typing import NamedTuple

from logbook.index.schema import quote
from logbook.index.schema import table_name

# A clock row is running at :t when it has started and not stopped by then (rulings 1); due may lie anywhere.
# Both halves read an index: clocks that never stopped, and those that stopped after :t.
RUNNING = (
    "select * from clocks where stopped is null and started <= {t}{and_due}"
    " union all select * from clocks where stopped > {t} and started <= {t}{and_due}"
)


class Compiled(NamedTuple):
    """A condition on ``records r`` (and ``f``, the table of the one form asked, when ``form`` is set)."""

    where: str
    params: list[object]
    form: str | None
    walk: bool = False

    @property
    def source(self) -> str:
        """What stands after ``from``."""
        if self.form is None:
            return "records r"
        if self.walk:  # a cross join keeps SQLite from turning the order of the two around
            return f"records r cross join {quote(table_name(self.form))} f on f._record = r._record"
        return f"records r join {quote(table_name(self.form))} f on f._record = r._record"


def running(now: int, *, before: bool = False, at_or_before: int | None = None) -> str:
    """The rows of ``clocks`` running at ``now``; ``before``: only those already due then;
    ``at_or_before``: only those due by that instant."""
    due = f" and due < {now:d}" if before else ""
    if at_or_before is not None:
        due = f" and due <= {at_or_before:d}"
    return RUNNING.format(t=f"{now:d}", and_due=due)


def expired(now: int, *, after: int) -> str:
    """The rows of ``clocks`` whose pause ran out by ``now`` without anybody resuming them, and which are not
    due before ``after`` (those that are come with :func:`running`)."""
    return (
        f"select * from clocks where expires = 1 and paused_until < {now:d} and started <= {now:d}"
        f" and (stopped is null or stopped > {now:d}) and (due is null or due >= {after:d})"
    )
