"""Faults in the rules of a book: a duty or a deadline that cannot be read must not be missing in silence."""

from __future__ import annotations

from collections.abc import Iterable

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.issues import errors
from logbook.operations.session import Session
from logbook.store.book import SETTINGS_FILE


def rule_faults(session: Session) -> list[Issue]:
    """The errors in the book's definitions (forms, calendars, duties, shifts, roles …) and in what
    ``logbook.yaml`` says of calendars and duties: what they are about is left out of every answer.

    Cheap where there are none: what checks the site's own rules is imported only where the site has some."""
    found = list(session.library_issues)
    settings = session.book.settings
    if settings.calendars or settings.settings.get("season"):
        from logbook.core.calendarfile import check_own

        found += check_own(settings.calendars, settings.settings, session.library)
    if settings.settings.get("duties") is not None:
        from logbook.core.dutyfile import check_site

        found += check_site(settings.settings, session.library)
    return errors(found)


def files_of(issues: Iterable[Issue]) -> list[str]:
    """The files these are in, each once."""
    return sorted({issue.path or SETTINGS_FILE for issue in issues})


def settings_issues(session: Session) -> list[Issue]:
    """What ``validate`` and ``doctor`` say of ``logbook.yaml`` besides calendars and duties: packs that are
    not there, escalation, notify and retention."""
    from logbook.operations.retention import retention_issues

    return [
        *missing_packs(session), *escalation_issues(session), *_outlet_issues(session), *retention_issues(session)
    ]  # fmt: skip


def missing_packs(session: Session) -> list[Issue]:
    """A warning for each pack that ``packs`` lists and ``templates/`` does not hold."""
    from logbook.store.library import FOLDER

    issues = []
    standard: list[str] | None = None
    for pack in session.book.settings.packs:
        if (session.book.root / FOLDER / pack).is_dir() or _is_committed(session, f"{FOLDER}/{pack}"):
            continue
        if standard is None:
            standard = _standard_packs()
        code = "book.pack-missing" if pack in standard else "book.pack-unknown"
        issues.append(Issue(code, {"pack": pack}, severity="warning", path=SETTINGS_FILE, field="packs"))
    return issues


def _is_committed(session: Session, path: str) -> bool:
    """Whether HEAD has it: a work tree may leave folders out."""
    head = session.repository.head()
    return head is not None and session.repository.entry_at(head, path) is not None


def _standard_packs() -> list[str]:
    from logbook.operations.initing import packs

    try:
        return packs()
    except BookError:
        return []


def escalation_issues(session: Session) -> list[Issue]:
    """Every issue in ``settings: escalation:``, roles that do not exist among them."""
    from logbook.core.escalation import read_site
    from logbook.core.suggest import hint

    site, issues = read_site(session.book.settings.settings.get("escalation"))
    roles = session.library.roles
    unknown = [
        Issue(
            "notify.unknown-role", {"found": one.to, "hint": hint(one.to, roles)},
            path=SETTINGS_FILE, field="settings.escalation",
        )
        for one in site
        if one.to not in roles
    ]  # fmt: skip
    return [*issues, *unknown]


def _outlet_issues(session: Session) -> list[Issue]:
    """Every issue in ``settings: notify:``; whether its secrets are there is the business of who sends."""
    raw = session.book.settings.settings.get("notify")
    if raw in (None, ""):
        return []
    from logbook.store.senders import read_outlet

    try:
        read_outlet(raw)
    except Refused as refused:
        return list(refused.issues)
    return []
