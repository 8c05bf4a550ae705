"""What is about to be committed at a desk, by whatever program: held to the same rules as the shared copy's."""

from __future__ import annotations

from logbook.core.findings import Finding
from logbook.core.issues import Issue
from logbook.operations.audit import content
from logbook.operations.audit.validity import shape
from logbook.operations.audit.walk import Rules
from logbook.operations.audit.walk import Step
from logbook.operations.audit.walk import TrailWorld
from logbook.operations.audit.walk import change_of
from logbook.operations.session import Session
from logbook.operations.validating import validate
from logbook.store.history import LogEntry
from logbook.store.history import staged_changes
from logbook.store.objects import parse_stamp


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

    def read(blob: str) -> bytes:
        return session.repository.objects.read(blob)[1]

    changes = [change_of(one, session.library, read) for one in entry.changes]
    return Step(
        entry, b"", changes, rules, rules, {}, {}, alone=True, received=None, world=world, trailers={"Action": "open"}
    )


def _entry(session: Session, head: str) -> LogEntry:
    run = session.repository.run
    author = parse_stamp(run("var", "GIT_AUTHOR_IDENT").stdout.decode("utf-8", "replace").strip())
    changes = tuple(staged_changes(session.repository))
    return LogEntry(
        "", (head,), author.name, author.email, author.when, author.name, author.email, author.when, "", changes
    )


