"""One audit: the walk through the history, every rule at each commit, and what is judged at the head."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from datetime import timedelta

from logbook.core.findings import Finding
from logbook.operations.audit import checkpoints
from logbook.operations.audit import content
from logbook.operations.audit import head
from logbook.operations.audit import merges
from logbook.operations.audit import people
from logbook.operations.audit import receipts
from logbook.operations.audit import times
from logbook.operations.audit.signed import Signed
from logbook.operations.audit.tally import Item
from logbook.operations.audit.tally import items
from logbook.operations.audit.validity import Validity
from logbook.operations.audit.walk import Walk
from logbook.operations.session import Session
from logbook.store.machine import undisturbed
from logbook.store.receipts import Receipts
from logbook.store.receipts import received as times_of


@dataclass
class Audit:
    """What was looked at and what was found. ``since`` is the checkpoint or commit it began after."""

    head: str
    since: str | None = None
    commits: int = 0
    records: int = 0
    findings: list[Finding] = attribute(default_factory=list)
    people: dict[str, times.Punctuality] = attribute(default_factory=dict)
    months: dict[str, dict[tuple[str, str], Item]] = attribute(default_factory=dict)
    # By desk: how long its commits took to reach the shared copy.
    delays: dict[str, list[timedelta]] = attribute(default_factory=dict)

    @property
    def errors(self) -> int:
        return sum(one.is_error for one in self.findings)


def audit(
    session: Session,
    *,
    tip: str | None = None,
    since: str | None = None,
    received: Mapping[str, datetime] | None = None,
    log: Receipts | None = None,
    progress: Callable[[int], None] | None = None,
) -> Audit:
    """Hold every commit up to ``tip`` (default: the head) to the rules of the trail. With ``since`` only those
    after that commit, and of older ones only that they are still there. ``log``: the shared copy's receipts, from
    which ``received`` follows. Nothing is written.

    BookError ``git.bad-revision``. A book without commits has no findings.
    """
    repository = session.repository
    end = repository.resolve(tip) if tip is not None else repository.head()
    if end is None:
        return Audit("")
    start = repository.resolve(since) if since is not None else None
    done = Audit(end, start)
    if log is not None:
        received = times_of(repository, receipts.of_book(session, log), end, start)
    walk = Walk(session, end, since=start, received=received.get if received else None, progress=progress)
    with undisturbed():
        found = list(of_commits(walk, done))
    done.commits = walk.count
    for version in walk.latest.values():
        if walk.last is not None and version.record is not None and version.record.signatures:
            found += content.stale(walk.last, version)
    found += checkpoints.kept(session, walk.walked, end)
    if log is not None:
        found += receipts.findings(session, log, end)
    if end == repository.head():
        found += _at_head(session, walk, done)
    done.findings = in_order(found)
    return done


def of_commits(walk: Walk, done: Audit) -> Iterator[Finding]:
    """The findings commit by commit; fills in what is counted on the way."""
    last: dict[str, datetime] = {}
    made: dict[str, content.Made] = {}
    validity = Validity()
    signed = Signed(walk.signers_at_tip())
    clear = content.Clear()
    step = None
    for step in walk.steps():
        walk.last = step
        yield from content.text(step)
        yield from content.only_added(step)
        yield from merges.merged(step, walk.repository)
        yield from content.attachments(step)
        yield from content.amended(step, made)
        yield from content.signatures(step)
        yield from content.private(step)
        clear.look(step)
        yield from people.attribution(step)
        yield from people.shared_identities(step)
        yield from people.authority(step)
        yield from signed.findings(step)
        yield from times.happening(step, done.people)
        yield from times.dates(step, last)
        yield from validity.findings(step)
        if step.received is not None:
            done.delays.setdefault(step.entry.committer, []).append(step.received - step.entry.committed)
        for item in items(step):
            done.months.setdefault(item.month, {})[item.key] = item
    yield from clear.findings(walk.latest)
    if step is not None and walk.since is not None and not walk.onto:
        # The index knows the head: what other records say is judged there, once for each record.
        yield from validity.settled(step, walk.latest.values())


def _at_head(session: Session, walk: Walk, done: Audit) -> Iterator[Finding]:
    """What the book as it stands owes."""
    paths = checkpoints.paths_at(session, done.head)
    done.records = len(paths)
    yield from head.numbers(session, paths)
    yield from head.duties(session)
    yield from head.ledgers(session)
    today = session.now.astimezone(session.zone).date()
    whole = walk.since is None
    first = min(done.months, default="")
    # After a checkpoint the first month may have begun before it: only whole months can be told about.
    months = {month: found for month, found in done.months.items() if whole or month != first}
    yield from head.reviews(session, months, today)


def in_order(found: list[Finding]) -> list[Finding]:
    """Errors and warnings as they came, of one commit by rule; what is told twice once."""
    seen: set[tuple[object, ...]] = set()
    kept = []
    for one in found:
        key = (one.rule, one.issue.rule, one.issue.commit, one.issue.path, one.issue.field, repr(one.issue.args))
        if key not in seen:
            seen.add(key)
            kept.append(one)
    return kept
