"""Check records and definitions as they stand in the work tree, in the staging area or at HEAD."""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path

from logbook.core import checking
from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.record import Record
from logbook.core.scanning import clear_issues
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.operations.reading import World
from logbook.operations.reading import find
from logbook.operations.reading import unknown_form
from logbook.operations.session import Session
from logbook.store import codec
from logbook.store.codec import Document
from logbook.store.records import FOLDER
from logbook.store.records import form_and_id
from logbook.store.records import path_of
from logbook.store.records import record_from
from logbook.store.worktree import read_file as read_work_file

_PART = 250
_WORTH_PROCESSES = 1000  # records from which on helpers pay for their start


@frozen
class Report:
    """What was looked at and what was found."""

    records: int
    forms: int
    issues: tuple[Issue, ...]


def validate(
    session: Session,
    targets: Sequence[str] = (),
    *,
    staged: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Check the named records or paths (default: everything). Nothing is written."""
    from logbook.operations import attaching
    from logbook.store.library import load

    library, issues = load(session.repository, work_tree=True, settings=session.book.settings.settings)
    issues = list(issues)
    odd: list[Issue] = []
    whole = not targets and not staged
    given = {} if whole else dict(_staged(session) if staged else _named(session, targets, odd))
    if targets:
        wanted = {path for path in given if not path.startswith(f"{FOLDER}/")}
        issues = [issue for issue in issues if issue.path in wanted]
    elif staged:
        issues = [issue for issue in issues if issue.path in given]
    issues += odd
    known: dict[str, set[str]] = {}
    for path in _paths(session):
        place = form_and_id(path)
        if place is not None:
            known.setdefault(place[0], set()).add(place[1])
    readable: list[tuple[str, Record, Form]] = []
    seen: dict[tuple[str, str], State] = {}
    count = 0
    # The texts are not kept, nor what they say line by line: a whole book's would fill the memory.
    for path, data in _all(session, issues) if whole else given.items():
        if form_and_id(path) is None:
            continue
        count += 1
        found, parsed = read_file(library, path, data)
        issues += found
        if parsed is None:
            continue
        _, record, form = parsed
        readable.append((path, record, form))
        if whole or _is_new(session, path, data):
            seen[(record.form, record.id)] = state_of(form, record)
    world = World(session, overlay=seen, whole=whole)
    attached: dict[str, bool | None] = {}
    seals = _Seals(session, world)

    def exists(forms: tuple[str, ...], record_id: str) -> bool:
        name, slash, rest = record_id.partition("/")
        if slash:
            return rest in known.get(name, ())
        return any(record_id in known.get(form, ()) for form in forms)

    def look_at(path: str, record: Record, form: Form) -> list[Issue]:
        own = checking.record_issues(form, record, library, exists=exists)
        own += clear_issues(form, record)
        if session.vault is not None:
            from logbook.operations.secrecy import secret_issues

            own += secret_issues(session, form, record)
        own += attaching.attachment_issues(session, form, record, attached)
        view = world.find(form.name, record.id)
        if view is not None and not any(issue.is_error and issue.rule != "privacy.identity" for issue in own):
            own += checking.check_issues(form, view, world, library=library)
            if form.seals is not None:
                own += seals.issues(view.state_of)
            own += _clock_issues(session, world, form, view.state_of)
        if not own:
            return own
        more = len(own) - checking.TOLD
        if more > 0:
            # The errors first: what is cut off are warnings where there are any.
            own = sorted(own, key=lambda issue: not issue.is_error)[: checking.TOLD]
            own.append(Issue("record.and-more", {"count": more}, severity="warning"))
        document = codec.read(given[path] if path in given else _bytes(session, path), path=path)[0]
        here = [placed(_masked(issue, form), path, record.id, document, form, record) for issue in own]
        return sorted(here, key=lambda issue: issue.line or 0)

    def work(job: int) -> list[Issue]:
        part = readable[job * _PART : (job + 1) * _PART]
        return [issue for path, record, form in part for issue in look_at(path, record, form)]

    for done, found in enumerate(_in_parts(session, len(readable), work), 1):
        issues += found
        if progress is not None:
            progress(min(done * _PART, len(readable)))
    if whole:
        issues += attaching.orphan_issues(session, (data for _, data in _all(session, [])))
        from logbook.operations.calendar import calendar_issues
        from logbook.operations.rulefaults import settings_issues

        issues += calendar_issues(session)
        issues += settings_issues(session)
        if library.shared.get("duties"):
            from logbook.core.dutyfile import check_site
            from logbook.operations.duties import waiver_issues

            issues += check_site(session.book.settings.settings, library)
            issues += waiver_issues(session)
    return Report(count, len(library.forms), tuple(issues))


def _in_parts(session: Session, count: int, work: Callable[[int], list[Issue]]) -> Iterator[list[Issue]]:
    """The findings in ``count`` records part by part; of many, found by several processes."""
    parts = -(-count // _PART)
    if count < _WORTH_PROCESSES:
        return map(work, range(parts))
    from logbook.store.crew import spread

    return spread(parts, work, begin=session.alone)


def _clock_issues(
    session: Session, world: World, form: Form, state: State
) -> list[Issue]:
    """What the clocks of a record tell of its events; looked at only where something was written down late
    or a built-in step was taken."""
    if not form.clocks or state.voided:
        return []
    built_in = any(event.step in ("pause", "extend") for event in state.events)
    if not built_in and not any(event.recorded and event.recorded > event.at for event in state.events):
        return []
    from logbook.core.clockplans import versions_of
    from logbook.core.clocks import clocks_of
    from logbook.core.clocksteps import clock_issues
    from logbook.core.errors import BookError

    try:
        clocks = clocks_of(
            form,
            state,
            zone=session.zone,
            calendars=session.calendars,
            link=world.linked_moment(state),
            world=world,
            versions=versions_of(session.library, form.name),
        )
    except BookError:
        return []  # a calendar without windows is told of by itself
    return clock_issues(form, state, clocks, settings=session.library.settings, zone=session.zone)


class _Seals:
    """Whether what handovers sealed still stands, as the files are now."""

    def __init__(self, session: Session, world: World) -> None:
        self._session = session
        self._world = world

    def issues(self, state: State) -> list[Issue]:
        """What was changed or added since (warnings)."""
        from logbook.operations.sealing import seal_issues

        return seal_issues(self._session, state, self._find)

    def _find(self, form: str, record_id: str) -> State | None:
        view = self._world.find(form, record_id)
        return view.state_of if view is not None else None


def _is_new(session: Session, path: str, data: bytes) -> bool:
    """Whether the index does not know this text yet."""
    row = session.index.by_path(path)
    return row is None or row.blob != session.repository.blob_id(data)


def read_file(
    library: Library, path: str, data: bytes
) -> tuple[list[Issue], tuple[Document, Record, Form] | None]:
    """One file as a record with its form, or every reason why it is none."""
    document, issues = codec.read(data, path=path)
    if document is None:
        return [issue.at(path=path) for issue in issues], None
    record, shape = record_from(document.plain)
    if record is None:
        return [placed(issue, path, None, document) for issue in (*issues, *shape)], None
    found = [placed(issue, path, record.id, document) for issue in issues]
    form = library.form_at(record.form, record.version)
    if form is None:
        if record.form in library.forms:
            missing = Issue("record.form-version", {"found": record.form_version}, field="form")
        else:
            missing = unknown_form(record.form, library)
        return [*found, placed(missing, path, record.id, document)], None
    name = form_and_id(path)
    if name is not None and name[1] != record.id:
        found.append(
            placed(Issue("record.id-path", {"found": record.id}, field="id"), path, record.id, document)
        )
    elif name is not None and (
        name[0] != record.form or (form.register and path != path_of(form, record.id, record.at))
    ):
        expected = path_of(form, record.id, record.at)
        found.append(
            placed(Issue("record.path", {"expected": expected}, field="form"), path, record.id, document)
        )
    return found, (document, record, form)


def _masked(issue: Issue, form: Form) -> Issue:
    """The finding without the private value it speaks of: whoever validates a book need not see it."""
    parts = (issue.field or "").split(".")
    if parts[0] in ("events", "amendments"):
        parts = parts[3:] if parts[2:3] == ["set"] else []
    field = form.fields.get(parts[0].rstrip("+")) if parts else None
    if field is None:
        return issue
    column = field.columns.get(parts[-1])
    if not field.private and (column is None or not column.private):
        return issue
    hidden = {name: "***" for name in ("found", "where") if issue.args.get(name)}
    return replace(issue, args={**issue.args, **hidden}) if hidden else issue


def placed(
    issue: Issue,
    path: str,
    record_id: str | None,
    document: Document | None,
    form: Form | None = None,
    record: Record | None = None,
) -> Issue:
    """The finding with its file, line and record; what stands nowhere is on the first line."""
    line = issue.line
    if line is None and issue.field and document is not None:
        field = issue.field
        if form is not None and record is not None and field in form.fields:
            field = _where_held(form.fields[field].holds, record) or field
        parts = field.split(".")
        line = next(
            (
                found
                for end in range(len(parts), 0, -1)
                if (found := document.line(*_keys(parts[:end]))) is not None
            ),
            None,
        )
    return issue.at(path=path, line=line or 1, id=record_id)


def _where_held(holds: str | None, record: Record) -> str | None:
    """Where the text has a moment or person that a field is another name of: ``forward.at`` stands in
    the latest event of that step."""
    step, dot, what = (holds or "").partition(".")
    if not dot:
        return holds
    number = next((n for n in range(len(record.events), 0, -1) if record.events[n - 1].step == step), None)
    return f"events.{number}.{what}" if number else None


def _keys(parts: Iterable[str]) -> list[str | int]:
    """Rows are counted from 1 in what people read and from 0 in the file's mapping."""
    return [int(part) - 1 if part.isdigit() else part for part in parts]


def _paths(session: Session) -> Iterator[str]:
    """The record files: those of the work tree, and of closed months those of HEAD (rulings 20)."""
    root = session.book.root
    closed = _closed(session)
    if closed:
        here = set(_in_work_tree(root))
        yield from sorted(here | closed.keys())
    else:
        yield from _in_work_tree(root)


def _closed(session: Session) -> dict[str, str]:
    """Path and blob of every record that is left out of the work tree."""
    from logbook.store.history import list_tree
    from logbook.store.sparse import cone_of

    repository = session.repository
    cone, head = cone_of(repository), repository.head()
    if cone is None or head is None:
        return {}
    return {path: blob for path, blob in list_tree(repository, head, FOLDER) if not cone.holds(path)}


def _in_work_tree(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root / FOLDER):
        folders.sort()
        inside = Path(folder).relative_to(root).as_posix()
        for name in sorted(files):
            if name.endswith((".yaml", ".yml")) and not name.startswith("."):
                yield f"{inside}/{name}"


def _all(session: Session, issues: list[Issue]) -> Iterator[tuple[str, bytes]]:
    closed = _closed(session)
    for path in _in_work_tree(session.book.root):
        closed.pop(path, None)
        yield from _one(session, path, issues)
    for path, (_, _, data) in zip(closed, session.repository.objects.read_many(closed.values()), strict=True):
        yield path, data


def _one(session: Session, path: str, issues: list[Issue]) -> Iterator[tuple[str, bytes]]:
    """A file found in a folder: where it cannot be read, that is a finding beside the others."""
    try:
        yield path, _bytes(session, path)
    except Refused as refused:
        issues += refused.issues


def _bytes(session: Session, path: str) -> bytes:
    """A file of the book; never through a link, never waiting at a pipe. Of a closed month, as it is committed."""
    try:
        data = read_work_file(session.repository, path)
    except BookError as error:
        raise Refused([Issue(error.code, error.args_, path=path)]) from error
    if data is None:
        from logbook.store.sparse import cone_of

        cone = cone_of(session.repository)
        if cone is not None and not cone.holds(path):
            data = session.repository.blob_at(session.repository.head(), path)
    if data is None:
        raise Refused([Issue("book.file-missing", {"path": path, "why": "?"}, path=path)])
    return data


def _named(session: Session, targets: Sequence[str], issues: list[Issue]) -> Iterator[tuple[str, bytes]]:
    root = session.book.root.resolve()
    for target in targets:
        path: Path | None
        try:
            path = _in_book(root, target)
            is_folder, is_file = path.is_dir(), path.is_file()
        except (OSError, ValueError, RuntimeError):  # no file can have that name, nobody that home
            path, is_folder, is_file = None, False, False
        left = set() if path is None else _closed_below(session, root, path)
        if path is not None and (is_folder or left):
            for one in sorted(found for found in path.rglob("*.yaml") if not found.is_dir()):
                left.discard(inside := f"{_inside(root, one.parent)}/{one.name}")
                yield from _one(session, inside, issues)
            for inside in sorted(left):
                yield from _one(session, inside, issues)
        elif path is not None and is_file:
            inside = _inside(root, path)
            yield inside, _bytes(session, inside)
        else:
            row = find(session, target)
            yield row.path, _bytes(session, row.path)


def _closed_below(session: Session, root: Path, path: Path) -> set[str]:
    """The records of closed months at or below a path, there or not."""
    try:
        inside = path.resolve().relative_to(root).as_posix()
    except (OSError, ValueError, RuntimeError):
        return set()
    prefix = "" if inside == "." else f"{inside}/"
    return {one for one in _closed(session) if one == inside or one.startswith(prefix)}


def _in_book(root: Path, target: str) -> Path:
    """A path as typed: from here where that is in the book, else from the book's folder."""
    here = Path(target).expanduser()
    from_root = root / target
    return from_root if from_root.exists() and not here.resolve().is_relative_to(root) else here


def _inside(root: Path, path: Path) -> str:
    try:
        return path.resolve().relative_to(root).as_posix()
    except ValueError:
        raise Refused(
            [Issue("book.file-missing", {"path": str(path), "why": "outside"}, path=str(path))]
        ) from None


def _staged(session: Session) -> Iterator[tuple[str, bytes]]:
    """What is about to be committed, as it stands in the staging area."""
    from logbook.store.history import staged_changes

    for one in staged_changes(session.repository):
        told = one.path.startswith((f"{FOLDER}/", "templates/")) and one.path.endswith(".yaml")
        if told and one.status in ("A", "M") and one.new is not None:
            yield one.path, session.repository.objects.read(one.new)[1]
