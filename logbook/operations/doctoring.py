"""Find and mend what a crash left, and say what this clone still needs."""

from __future__ import annotations

from logbook.core.errors import BookError
from logbook.core.errors import LogbookError
from logbook.core.issues import Issue
from logbook.core.value import frozen
from logbook.operations.session import DESK_KEY
from logbook.operations.session import STAFF_KEY
from logbook.operations.session import Session


@frozen
class Health:
    """Findings, those that were mended, and facts for people."""

    issues: tuple[Issue, ...]
    mended: tuple[Issue, ...]
    facts: tuple[tuple[str, str], ...]


def examine(session: Session, *, mend: bool = True) -> Health:
    """Look at the book, mend what is ours to mend (inside the lock), and list the rest."""
    from logbook.operations.calendar import calendar_issues
    from logbook.operations.rulefaults import settings_issues
    from logbook.operations.upkeep import advice
    from logbook.store.porcelain import settle
    from logbook.store.recover import doctor_findings
    from logbook.store.recover import drop_drafts
    from logbook.store.recover import drop_stale_locks
    from logbook.store.recover import recover
    from logbook.store.transaction import write_lock
    from logbook.store.worktree import dirty_paths

    repository = session.repository
    before = doctor_findings(repository)
    mended: list[Issue] = []
    issues: list[Issue] = []
    if mend:
        try:
            with write_lock(repository):
                drop_stale_locks(repository)
                drop_drafts(repository)
                recover(repository)  # again: what a lock stood in the way of can be ended now
                settle(repository)
            after = doctor_findings(repository)
            mended = [issue for issue in before if issue not in after]
            before = after
        except BookError as error:
            issues.append(Issue(error.code, error.args_, severity="warning"))
    issues += before
    if not repository.local_config(DESK_KEY) and "LOGBOOK_DESK" not in session.environment:
        issues.append(Issue("book.no-desk", {"path": str(session.book.root)}, severity="warning"))
    issues += session.library_issues
    issues += duty_issues(session)
    issues += calendar_issues(session)
    issues += settings_issues(session)
    issues += advice(session)
    index = session.index
    if mend:
        index.rebuild()
    for broken in index.broken():
        issues.append(Issue("record.unreadable", {}, path=broken.path))
        issues += [issue.at(path=broken.path) for issue in broken.issues]
    dirty = dirty_paths(repository)
    issues += [Issue("book.dirty", {"path": path}, severity="warning", path=path) for _, path in dirty]
    counts = index.counts()
    facts = [
        ("book", session.book.settings.name),
        ("path", str(session.book.root)),
        ("head", (repository.head() or "")[:12]),
        ("desk", session.environment.get("LOGBOOK_DESK") or repository.local_config(DESK_KEY) or "-"),
        ("signed-on", repository.local_config(STAFF_KEY) or "-"),
        ("forms", str(len(session.library.forms))),
        ("records", str(sum(counts.values()))),
        ("index", index.place),
        ("git", _git_version(session)),
    ]
    return Health(tuple(issues), tuple(mended), tuple(facts))


def duty_issues(session: Session) -> list[Issue]:
    """What is wrong with what the site has set of duties, and the duties that wait for it."""
    if not session.library.shared.get("duties"):
        return []
    from logbook.core.dutyfile import check_site
    from logbook.operations.agenda import waiting_issues

    return [*check_site(session.book.settings.settings, session.library), *waiting_issues(session)]


def _git_version(session: Session) -> str:
    try:
        return session.repository.run("version").stdout.decode().strip()
    except LogbookError as error:
        return error.code
