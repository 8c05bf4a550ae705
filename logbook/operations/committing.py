"""What is about to be committed at a desk, by whatever program: held to the same rules as the shared copy's."""

from __future__ import annotations

from collections.abc import Iterator

from logbook.core.findings import Finding
from logbook.core.issues import Issue
from logbook.operations.audit import content
from logbook.operations.audit.validity import shape
from logbook.operations.audit.walk import Change
from logbook.operations.audit.walk import Rules
from logbook.operations.audit.walk import Step
from logbook.operations.audit.walk import TrailWorld
from logbook.operations.audit.walk import version_of
from logbook.operations.session import Session
from logbook.operations.validating import validate
from logbook.store.history import LogEntry
from logbook.store.history import PathChange
from logbook.store.objects import EMPTY_TREE
from logbook.store.objects import parse_stamp
from logbook.store.records import FOLDER
from logbook.store.records import form_and_id


def staged(session: Session) -> tuple[list[Issue], list[Finding]]:
    """What is wrong with what stands in the staging area: by itself (its lines), and against HEAD (A8 A9 A11 A12
    A13). Nothing is written."""
    issues = list(validate(session, staged=True).issues)
    repository = session.repository
    head = repository.head()
    if head is None or (repository.git_dir / "MERGE_HEAD").exists():
        return issues, []  # a merge is judged against both its parents, where it is received
    step = _step(session, head)
    found = [*shape(step), *content.only_added(step), *content.attachments(step), *content.amended(step, {})]
    return issues, found


def _step(session: Session, head: str) -> Step:
    """The commit that would come of it. Nobody knows its message yet: values a person may change in place count as
    changed so."""
    entry = _entry(session, head)
    rules = Rules(session.book.settings, session.library, session)
    world = TrailWorld(session, whole=False)
    world.at(session, entry.authored)
    changes = [_change(session, one) for one in entry.changes]
    return Step(
        entry, b"", changes, rules, rules, {}, {}, alone=True, received=None, world=world, trailers={"Action": "open"}
    )


def _entry(session: Session, head: str) -> LogEntry:
    run = session.repository.run
    author = parse_stamp(run("var", "GIT_AUTHOR_IDENT").stdout.decode("utf-8", "replace").strip())
    changes = tuple(_staged(session, head))
    return LogEntry(
        "", (head,), author.name, author.email, author.when, author.name, author.email, author.when, "", changes
    )


def _staged(session: Session, head: str | None) -> Iterator[PathChange]:
    out = session.repository.run("diff-index", "--cached", "-z", "--raw", "--no-renames", head or EMPTY_TREE).stdout
    tokens = iter(out.decode("utf-8", "surrogateescape").split("\0"))
    for token in tokens:
        if token:
            _, _, old, new, status = token.split(" ")
            yield PathChange(status[0], next(tokens), old if old.strip("0") else None, new if new.strip("0") else None)


def _change(session: Session, one: PathChange) -> Change:
    read, library = session.repository.objects.read, session.library
    data = read(one.new)[1] if one.new else None
    if not one.path.startswith(f"{FOLDER}/") or form_and_id(one.path) is None:
        return Change(one.path, one.status, data=data)
    old = version_of(one.path, one.old, read(one.old)[1], library) if one.old else None
    new = version_of(one.path, one.new, data, library) if one.new and data is not None else None
    return Change(one.path, one.status, old, new, data)
