"""The monthly review: a record that names everything of a month somebody must have looked at (A20)."""

from __future__ import annotations

from datetime import datetime

from logbook.core.errors import UsageError
from logbook.core.record import Stored
from logbook.operations import add as adding
from logbook.operations.audit.head import REVIEW
from logbook.operations.audit.tally import Item
from logbook.operations.audit.tally import items
from logbook.operations.audit.walk import Walk
from logbook.operations.session import Session
from logbook.operations.writing import Written


def month_items(session: Session, month: str) -> dict[tuple[str, str], Item]:
    """What of a month (``2026-11``) there is to review, by kind and record; the last of each counts."""
    head = session.repository.head()
    if head is None:
        return {}
    walk = Walk(session, head, since=_before(session, month))
    return {item.key: item for step in walk.steps() for item in items(step) if item.month == month}


def _before(session: Session, month: str) -> str | None:
    """The last commit before a month of the book begins, by Git's dates; None where there is none."""
    begins = datetime.fromisoformat(f"{month}-01").replace(tzinfo=session.zone)
    # `--before` includes the second itself.
    last = int(begins.timestamp()) - 1
    done = session.repository.run("rev-list", "-1", f"--before=@{last}", "HEAD", check=False)
    return done.stdout.decode("ascii").strip() or None


def review(session: Session, month: str, *, errors: int, warnings: int, by: str | None = None) -> Written:
    """Record the review of a month with everything that is to be looked at. UsageError ``audit.month``."""
    from logbook.core.moments import parse_range

    if len(month) != 7 or parse_range(month, now=session.now, zone=session.zone) is None:
        raise UsageError("audit.month", found=month)
    rows: list[Stored] = [
        {"kind": one.kind, "record": f"{one.form}/{one.record}", "who": one.by, "done_at": one.at}
        for one in sorted(month_items(session, month).values())
    ]
    given: dict[str, Stored] = {
        "month": month,
        "head": session.repository.head() or "",
        "errors": str(errors),
        "warnings": str(warnings),
    }
    if rows:
        given["items"] = rows
    return adding.add(session, adding.prepare(session, REVIEW, (), given=given, by=by))
