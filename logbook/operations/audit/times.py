"""When it was: A5 (nothing in the future, late entries), A6 (dates in order, clocks that agree)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from datetime import timedelta

from logbook.core import checking
from logbook.core.findings import Finding
from logbook.core.findings import warning
from logbook.core.issues import Issue
from logbook.operations.audit.entries import entered
from logbook.operations.audit.walk import Step

# How far two clocks may differ, and one be set back, before it is told.
SKEW = timedelta(minutes=5)
# A desk that did not reach the shared copy for longer is told.
LONG_UNSENT = timedelta(days=1)


@dataclass
class Punctuality:
    """Entries and late ones of one person."""

    entries: int = 0
    late: int = 0
    longest: timedelta = timedelta(0)
    records: list[str] = attribute(default_factory=list)

    @property
    def rate(self) -> float:
        return self.late / self.entries if self.entries else 0.0


def happening(step: Step, people: dict[str, Punctuality]) -> Iterator[Finding]:
    """A5: what was entered had happened; what was entered late is counted for each person."""
    if step.is_merge:
        return
    now = step.entry.authored
    for change in step.changes:
        for entry in entered(change) if change.is_record else ():
            if entry.source:
                continue
            person = people.setdefault(entry.by, Punctuality())
            person.entries += 1
            if entry.happened > now + checking.FUTURE_TOLERANCE:
                issue = Issue("audit.future", {"at": entry.happened}, field=f"{entry.place}.at")
                yield step.find("A5", issue, change, happened=entry.at)
            late = now - entry.happened
            if late > checking.LATE:
                person.late += 1
                person.longest = max(person.longest, late)
                person.records.append(change.new.id if change.new else "")
                if not entry.reason:
                    issue = warning(Issue("audit.late", {"late": late, "by": entry.by}, field=f"{entry.place}.at"))
                    yield step.find("A5", issue, change, happened=entry.at)


def dates(step: Step, last: dict[str, datetime]) -> Iterator[Finding]:
    """A6: each desk's commits in the order of their dates; author, desk, entry and shared copy agree."""
    entry = step.entry
    desk = entry.committer_email
    before = last.get(desk, entry.committed)
    if entry.committed < before - SKEW:
        told = {"desk": entry.committer, "before": before, "at": entry.committed}
        yield step.find("A6", Issue("audit.backwards", told))
    last[desk] = entry.committed
    if abs(entry.authored - entry.committed) > SKEW:
        told = {"authored": entry.authored, "committed": entry.committed}
        yield step.find("A6", warning(Issue("audit.dates-differ", told)))
    if step.received is not None:
        last_date = max(entry.committed, entry.authored)
        if last_date > step.received + SKEW:
            told = {"committed": last_date, "received": step.received}
            yield step.find("A6", Issue("audit.ahead", told))
        elif step.received - entry.committed > LONG_UNSENT:
            told = {"late": step.received - entry.committed}
            yield step.find("A6", warning(Issue("audit.unsent", dict(told))))
    if step.is_merge:
        return
    for change in step.changes:
        for one in entered(change) if change.is_record else ():
            if one.source or abs(one.written - entry.authored) <= SKEW:
                continue
            told = {"recorded": one.written, "authored": entry.authored}
            issue = Issue("audit.recorded", told, field=f"{one.place}.recorded")
            yield step.find("A6", issue, change, happened=one.at)
