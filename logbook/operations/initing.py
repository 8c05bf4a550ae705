"""Make a book: settings, forms and the first members of staff, each its own commit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.signers import address
from logbook.core.values import register_id_issue
from logbook.operations import add
from logbook.operations.session import DESK_KEY
from logbook.operations.session import STAFF_KEY
from logbook.operations.session import Clock
from logbook.operations.session import Session
from logbook.store.book import SETTINGS_FILE
from logbook.store.book import Book
from logbook.store.book import Settings
from logbook.store.book import read_settings
from logbook.store.book import settings_text

if TYPE_CHECKING:
    from logbook.store.transaction import Change

# The first member of a book may take any step (rulings 15); the role says who that usually is.
FIRST_ROLES = "director"


def standard_templates() -> Path:
    """The folder of the standard forms: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).parent.parent
    for folder in (package / "templates", package.parent / "templates"):
        if (folder / "core").is_dir():
            return folder
    raise BookError("book.no-templates", path=str(package))


def packs() -> list[str]:
    """The packs there are."""
    return sorted(one.name for one in standard_templates().iterdir() if any(one.glob("*.yaml")))


def init_book(
    root: Path,
    *,
    name: str,
    packs: Sequence[str] = ("core",),
    language: str = "zh",
    desk: str = "A",
    staff: Mapping[str, str] | None = None,
    practice: bool = False,
    encrypt: bool = False,
    timezone: str | None = None,
    clock: Clock,
    environment: Mapping[str, str],
) -> Session:
    """Make a book in an empty or missing folder and return a session in it.

    ``encrypt``: private values are stored encrypted, which cannot be chosen later (rulings 24).
    ``staff`` maps ids to names; the first one is the administrator and is signed on at this desk.
    Without it Git's own identity is taken. Refused with every bad value; BookError ``book.exists``.
    """
    from logbook.store.porcelain import init_repository
    from logbook.store.porcelain import set_config
    from logbook.store.transaction import Change
    from logbook.store.transaction import Commit
    from logbook.store.transaction import publish

    people = dict(staff or _git_identity(root, environment))
    issues = _problems(name, packs, desk, people)
    if issues:
        raise Refused(issues)
    if root.exists() and (not root.is_dir() or any(one.name != ".git" for one in root.iterdir())):
        raise BookError("book.exists", path=str(root))
    first = next(iter(people))
    settings = Settings(
        name=name,
        timezone=timezone or "Asia/Shanghai",
        language=language,
        packs=tuple(packs),
        administrator=first,
        desks={desk: f"{desk} 前台" if language == "zh" else f"Desk {desk}"},
        practice=practice,
        trail={"encryption": "true"} if encrypt else {},
    )
    settings_file = settings_text(settings)
    repository = init_repository(root)
    book = Book(root, settings)
    session = Session(book, clock, lang=language, environment={**environment, "LOGBOOK_DESK": desk})
    session.repository = repository
    trailers = f"Record: book\nForm: book\nAction: init\nBy: {first}\n"
    publish(
        repository,
        [
            Commit(
                changes=[Change(SETTINGS_FILE, settings_file), *_templates(packs)],
                message=f"book: init\n\n{trailers}",
                author=(people[first], address(first)),
                committer=(settings.desks[desk], f"desk-{desk.lower()}@desk.logbook"),
                when=clock.now.astimezone(settings.zone),
            )
        ],
    )
    set_config(repository, DESK_KEY, desk)
    set_config(repository, STAFF_KEY, first)
    session = Session(Book(root, read_settings(root)), clock, lang=language, environment=environment, by=None)
    _enter_staff(session, people, first)
    return session


def _enter_staff(session: Session, people: Mapping[str, str], first: str) -> None:
    from logbook.core.formwords import find_form
    from logbook.operations.writing import writing

    if isinstance(find_form(session.library, "staff"), Issue):
        raise Refused([Issue("book.no-staff-form", {})])
    with writing(session) as write:
        drafts = []
        for staff, name in people.items():
            role = FIRST_ROLES if staff == first else "cs_officer"
            request = add.prepare_first(session, staff, name, role, first)
            drafts.append(add.draft_of(session, write, request)[0])
        write.publish(drafts)


def _templates(wanted: Sequence[str]) -> list[Change]:
    from logbook.store.transaction import Change

    folder = standard_templates()
    return [
        Change(f"templates/{pack}/{file.name}", file.read_bytes())
        for pack in wanted
        for file in sorted((folder / pack).glob("*.yaml"))
    ]


def _problems(name: str, wanted: Sequence[str], desk: str, people: Mapping[str, str]) -> list[Issue]:
    issues = []
    if not name.strip():
        issues.append(Issue("book.no-name", {}, field="name"))
    known = packs()
    for pack in wanted:
        if pack not in known:
            issues.append(Issue("book.unknown-pack", {"found": pack, "known": known}, field="pack"))
    if not re.fullmatch("[A-Z]{1,2}", desk):
        issues.append(Issue("book.bad-desk", {"found": desk}, field="desk"))
    for staff in people:
        bad = register_id_issue(staff)
        if bad is not None:
            issues.append(bad)
    return issues


def _git_identity(root: Path, environment: Mapping[str, str]) -> dict[str, str]:
    from logbook.store.git import run_git

    folder = next(one for one in (root, *root.parents) if one.is_dir())
    found = {}
    for key in ("user.name", "user.email"):
        done = run_git(folder, ("config", "--get", key), check=False)
        found[key] = done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""
    name = found["user.name"] or environment.get("USER") or "admin"
    local = found["user.email"].partition("@")[0] or environment.get("USER") or "admin"
    staff = re.sub(r"[^\w-]", "", local.lower()).lstrip("-_") or "admin"
    return {staff: name}


def sign_on(session: Session, staff: str | None) -> str | None:
    """Remember who sits at this desk (None: nobody); returns the id."""
    from logbook.store.porcelain import set_config

    found = session.staff(staff) if staff else ""
    set_config(session.repository, STAFF_KEY, found)
    return found or None
