"""What the shared copy's receipts say of the history: A6 (when it got what), A8 (what it once had is still there)."""

from __future__ import annotations

from collections.abc import Iterator

from logbook.core.errors import BookError
from logbook.core.findings import Finding
from logbook.core.findings import Times
from logbook.core.findings import warning
from logbook.core.issues import Issue
from logbook.core.moments import to_text
from logbook.operations.session import Session
from logbook.store import receipts
from logbook.store.receipts import MISSED
from logbook.store.receipts import Receipt
from logbook.store.receipts import Receipts


def of_book(session: Session, log: Receipts) -> tuple[Receipt, ...]:
    """The receipts of the branch the book is on."""
    try:
        return log.of(session.repository.branch_ref())
    except BookError:  # a clone that stands on no branch
        return log.of("")


def findings(session: Session, log: Receipts, end: str) -> Iterator[Finding]:
    """A log that was tampered with, commits it names that are gone, moves of the branch nobody wrote down."""
    for line in log.broken:
        yield Finding("A8", Issue("audit.receipts-broken", {"line": line}))
    if log.differs:
        yield Finding("A8", Issue("audit.receipts-differ"))
    own = of_book(session, log)
    yield from _lost(session, own, end)
    written = {one.new for one in own if not one.is_note}
    for one in own:
        if one.pusher == MISSED and one.new not in written:
            told = {"old": one.old[:12], "commit": one.new[:12]}
            issue = warning(Issue("audit.receipt-missed", told, commit=one.new))
            yield Finding("A6", issue, times=Times(received=one.at))
    head = session.repository.head() if session.repository.bare else None
    if own and head is not None and head not in {one.new for one in own}:
        told = {"old": own[-1].new[:12], "commit": head[:12]}
        yield Finding("A6", warning(Issue("audit.receipt-missed", told, commit=head)))


def _lost(session: Session, own: tuple[Receipt, ...], end: str) -> Iterator[Finding]:
    repository = session.repository
    tips = [end, *filter(None, [_head(session)])]
    if not repository.bare:
        # What was fetched and not merged yet is not lost.
        out = repository.run("for-each-ref", "--format=%(objectname) %(objecttype)", "refs/remotes/").stdout
        tips += [line[:40] for line in out.decode("utf-8", "replace").splitlines() if line.endswith(" commit")]
    gone = receipts.lost(repository, own, tips)
    if not gone:
        return
    missing = {one.new for one in gone}
    # Pushes after the last one that is here may simply not have been fetched.
    known = max((number for number, one in enumerate(own) if one.new not in missing), default=-1)
    later = 0
    for number, one in enumerate(own):
        if one.new not in missing:
            continue
        if number > known and not repository.bare:
            later += 1
            continue
        told = {"what": to_text(one.at), "commit": one.new[:12]}
        yield Finding("A8", Issue("audit.rewritten", told, commit=one.new), one.pusher, Times(received=one.at))
    if later:
        yield Finding("A8", warning(Issue("audit.receipts-ahead", {"count": later})))


def _head(session: Session) -> str | None:
    try:
        return session.repository.head()
    except BookError:
        return None
