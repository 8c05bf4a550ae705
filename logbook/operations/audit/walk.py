"""The way through a book's history: each commit with what it changed, and what held when it was made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from logbook.core.errors import Refused
from logbook.core.findings import Finding
from logbook.core.findings import Times
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.signers import Signer
from logbook.core.signers import signers_of
from logbook.core.signers import staff_of
from logbook.core.value import replace
from logbook.operations.reading import World
from logbook.operations.reading import unknown_form
from logbook.operations.session import Clock
from logbook.operations.session import Session
from logbook.store import codec
from logbook.store.book import SETTINGS_FILE
from logbook.store.book import Book
from logbook.store.book import Settings
from logbook.store.book import settings_from
from logbook.store.git import Repository
from logbook.store.history import LogEntry
from logbook.store.history import PathChange
from logbook.store.history import history
from logbook.store.library import FOLDER as TEMPLATES
from logbook.store.library import load as load_library
from logbook.store.records import FOLDER
from logbook.store.records import form_and_id
from logbook.store.records import other_place
from logbook.store.records import record_from

if TYPE_CHECKING:
    from logbook.core.view import View

ATTACHMENTS = "attachments"
LAYOUT = "layout"  # the action of a commit that moves records to other folders and changes none
STAFF = f"{FOLDER}/staff/"
# Where a commit's files are read; of settings and forms what holds is asked for instead.
_READ = (f"{FOLDER}/", f"{ATTACHMENTS}/")
# Commits whose objects are asked for at once.
_CHUNK = 200


class Version:
    """A record file as one commit left it. ``record`` is None where the text says none; ``form`` None where the
    book did not have it."""

    __slots__ = ("_state", "blob", "form", "issues", "path", "record")

    def __init__(self, path: str, blob: str, record: Record | None, form: Form | None, issues: list[Issue]) -> None:
        self.path = path
        self.blob = blob
        self.record = record
        self.form = form
        self.issues = issues
        self._state: State | None = None

    @property
    def id(self) -> str:
        place = form_and_id(self.path)
        return self.record.id if self.record is not None else place[1] if place else self.path

    @property
    def state(self) -> State | None:
        """What the record amounts to; None where it cannot be told."""
        if self._state is None and self.record is not None and self.form is not None:
            self._state = state_of(self.form, self.record)
        return self._state


@dataclass(frozen=True)
class Change:
    """One file of a commit. ``old`` and ``new`` are there for record files, ``data`` for whatever was read."""

    path: str
    status: str
    old: Version | None = None
    new: Version | None = None
    data: bytes | None = None

    @property
    def is_record(self) -> bool:
        return self.path.startswith(f"{FOLDER}/")


@dataclass(frozen=True)
class Rules:
    """What held at a commit: the settings, the forms, and a session that sees them."""

    settings: Settings
    library: Library
    session: Session
    issues: tuple[Issue, ...] = ()

    def trail(self, name: str) -> Stored:
        """What the book's ``trail:`` settings say of ``name``; None where they say nothing."""
        return self.settings.trail.get(name)


@dataclass
class Step:
    """One commit on the way. ``before``: what held when it was made (its first parent's); ``rules``: what holds
    after it. ``alone``: everything walked so far is behind it, so that what other records say can be judged."""

    entry: LogEntry
    raw: bytes
    changes: list[Change]
    before: Rules
    rules: Rules
    staff: Mapping[str, Version]
    staff_before: Mapping[str, Version]
    alone: bool
    received: datetime | None
    world: TrailWorld
    trailers: Mapping[str, str] = attribute(default_factory=dict)
    moved: Mapping[str, str] = attribute(default_factory=dict)  # where a record lay -> where it lies, unchanged

    @property
    def is_merge(self) -> bool:
        return len(self.entry.parents) > 1

    @property
    def is_root(self) -> bool:
        return not self.entry.parents

    @property
    def action(self) -> str:
        return self.trailers.get("Action", "")

    @cached_property
    def author(self) -> str:
        """The staff id of the commit's author; empty where it is nobody's address."""
        return staff_of(self.entry.author_email)

    def find(
        self,
        rule: str,
        issue: Issue,
        change: Change | None = None,
        *,
        happened: str | None = None,
        old: Stored = None,
        new: Stored = None,
    ) -> Finding:
        """A finding about this commit; private values do not come along."""
        version = (change.new or change.old) if change is not None else None
        issue = replace(
            issue,
            commit=self.entry.id,
            path=issue.path or (change.path if change else None),
            id=issue.id or (version.id if version else None),
        )
        if version is not None and version.form is not None and issue.field:
            field = version.form.fields.get(issue.field.split(".")[0])
            if field is not None and field.private:
                old, new = _masked(old), _masked(new)
        when = datetime.fromisoformat(happened) if happened else None
        times = Times(when, self.entry.authored, self.entry.committed, self.received)
        return Finding(rule, issue, self.entry.author, times, old, new)


def _masked(value: Stored) -> Stored:
    return None if value in (None, "", [], {}) else "***"


class TrailWorld(World):
    """The records as the walk has seen them so far, at the hour of the commit at hand."""

    def __init__(self, session: Session, *, whole: bool) -> None:
        super().__init__(session, whole=whole)
        self._moment: datetime | None = None

    def at(self, session: Session, moment: datetime) -> None:
        """Judge by what held in ``session``, as of ``moment``."""
        if session is not self._session:
            self._session = session
            self.__dict__.pop("_office", None)
            self._roles.clear()
        self._moment = moment

    @property
    def whole(self) -> bool:
        """Whether the walk began at the beginning, so that nothing was there before it."""
        return self._whole

    @property
    def now(self) -> datetime:
        return self._until or self._moment or super().now

    @property
    def today(self) -> date:
        return self.now.astimezone(self._session.zone).date()

    def put(self, state: State) -> View:
        if state.record.form == "staff":
            self._roles.clear()
        return super().put(state)

    def exists(self, forms: Iterable[str], record_id: str) -> bool:
        name, slash, rest = record_id.partition("/")
        if slash:
            forms, record_id = (name,), rest
        if any((form, record_id) in self._overlay for form in forms):
            return True
        return False if self._whole else super().exists(forms, record_id)


class Walk:
    """The commits from after ``since`` (default: the beginning) to ``tip``, oldest first.

    ``received`` tells when the shared copy got a commit, where that is known. ``world`` holds every record the
    walk has passed; with ``since`` it stands on the index of ``session``: with ``onto`` that index is at that very
    commit, so that each commit can be judged by what other records said then.
    """

    def __init__(
        self,
        session: Session,
        tip: str,
        *,
        since: str | None = None,
        onto: bool = False,
        received: Callable[[str], datetime | None] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self.session = session
        self.repository: Repository = session.repository
        self.tip = tip
        self.since = since
        self.onto = onto
        self.last: Step | None = None
        self._received = received
        self.world = TrailWorld(session, whole=since is None)
        self.latest: dict[str, Version] = {}
        self.walked: set[str] = set()
        self.count = 0
        self._progress = progress
        self._rules: dict[str, Rules] = {}
        self._known: dict[tuple[str | None, str | None], Rules] = {}
        self._staff: dict[str, Mapping[str, Version]] = {}
        # What the index knows is behind a commit only where the commit is made on top of it.
        self._tips: set[str] = {since} if since is not None and onto else set()

    def steps(self) -> Iterator[Step]:
        """Every commit, once."""
        entries = history(self.repository, rev=self.tip, since=self.since, oldest_first=True, parents_first=True)
        while chunk := list(islice(entries, _CHUNK)):
            objects = self._read(chunk)
            for entry in chunk:
                yield self._step(entry, objects)
            if self._progress is not None:
                self._progress(self.count)

    def signers_at_tip(self) -> tuple[Signer, ...]:
        """The keys of the register as the walk's last commit has it."""
        found = signers_of(one.state for one in self._staff_at(self.tip).values() if one.state is not None)
        del self._staff[self.tip]
        return found

    def _read(self, chunk: list[LogEntry]) -> dict[str, bytes]:
        wanted: dict[str, None] = {}
        for entry in chunk:
            wanted[entry.id] = None
            for change in entry.changes:
                if change.new and change.path.startswith(_READ):
                    wanted[change.new] = None
        return {oid: data for oid, _, data in self.repository.objects.read_many(wanted)}

    def _step(self, entry: LogEntry, objects: Mapping[str, bytes]) -> Step:
        parent = entry.parents[0] if entry.parents else None
        before = self._rules_at(parent)
        paths = {change.path for change in entry.changes}
        rules = before
        if parent is None or SETTINGS_FILE in paths or any(path.startswith(f"{TEMPLATES}/") for path in paths):
            rules = self._resolve(entry.id, fallback=before)
        self._rules[entry.id] = rules
        self.world.at(rules.session, entry.authored)

        def read(blob: str) -> bytes:
            return objects[blob] if blob in objects else self.repository.objects.read(blob)[1]

        moved, rest = _moves(entry)
        for old_path, new_path in moved.items():
            if old_path in self.latest:
                was = self.latest.pop(old_path)
                self.latest[new_path] = Version(new_path, was.blob, was.record, was.form, was.issues)
        changes = [change_of(one, rules.library, read, self.latest.get(one.path)) for one in rest]
        staff_before = self._staff_at(parent)
        staff = staff_before
        if any(path.startswith(STAFF) for path in paths):
            staff = {**staff, **{one.new.id: one.new for one in changes if one.path.startswith(STAFF) and one.new}}
        self._staff[entry.id] = staff
        alone = self._tips <= set(entry.parents) and (self.since is None or self.onto)
        self._tips.difference_update(entry.parents)
        self._tips.add(entry.id)
        self.walked.add(entry.id)
        self.count += 1
        for change in changes:
            if change.new is not None:
                self.latest[change.path] = change.new
                if change.new.state is not None:
                    self.world.put(change.new.state)
        return Step(
            entry,
            objects[entry.id],
            changes,
            before,
            rules,
            staff,
            staff_before,
            alone,
            self._received(entry.id) if self._received is not None else None,
            self.world,
            entry.trailers,
            moved,
        )

    # -- what held ----------------------------------------------------------------------------

    def _rules_at(self, commit: str | None) -> Rules:
        if commit is None:
            return self._rules_of(None, None, None, None)
        if commit not in self._rules:
            self._rules[commit] = self._resolve(commit, fallback=None)
        return self._rules[commit]

    def _resolve(self, commit: str, *, fallback: Rules | None) -> Rules:
        settings = self.repository.entry_at(commit, SETTINGS_FILE)
        templates = self.repository.entry_at(commit, TEMPLATES)
        blob = settings.oid if settings is not None else None
        return self._rules_of(commit, blob, templates.oid if templates is not None else None, fallback)

    def _rules_of(self, commit: str | None, blob: str | None, tree: str | None, fallback: Rules | None) -> Rules:
        key = (blob, tree)
        if key in self._known:
            return self._known[key]
        issues: list[Issue] = []
        settings = fallback.settings if fallback is not None else Settings("")
        if blob is not None:
            try:
                settings = settings_from(self.repository.objects.read(blob)[1])
            except Refused as refused:
                issues += refused.issues
        library = Library()
        if commit is not None and tree is not None:
            library, found = load_library(self.repository, revision=commit, settings=settings.settings)
            issues += [issue for issue in found if issue.is_error]
        session = Session(
            Book(self.session.book.root, settings),
            Clock(self.session.now, self.session.clock.real, given=False),
            lang=self.session.lang,
            environment=self.session.environment,
            rev=commit,
        )
        # One repository, one reader of objects; the definitions are known already.
        session.__dict__.update(repository=self.repository, _loaded=(library, []))
        if self.since is not None:
            session.__dict__["index"] = self.session.index
        rules = Rules(settings, library, session, tuple(issues))
        self._known[key] = rules
        return rules

    def _staff_at(self, commit: str | None) -> Mapping[str, Version]:
        if commit is None:
            return {}
        if commit not in self._staff:
            rules = self._rules_at(commit)
            found = {}
            for entry in self.repository.tree_entries(commit, STAFF.rstrip("/")):
                path = STAFF + entry.name
                version = version_of(path, entry.oid, self.repository.objects.read(entry.oid)[1], rules.library)
                found[version.id] = version
            self._staff[commit] = found
        return self._staff[commit]


def _moves(entry: LogEntry) -> tuple[dict[str, str], list[PathChange]]:
    """The records a commit moved between the folder of a month and those of its days, byte for byte, and its other
    changes. Only a commit that says so may do that, and a merge of one; what such a merge changed as well is one
    change of the record, not an old one gone and a new one come."""
    if entry.trailers.get("Action") != LAYOUT and len(entry.parents) < 2:
        return {}, list(entry.changes)
    gone = {one.path: one for one in entry.changes if one.status == "D"}
    came = {one.path: one for one in entry.changes if one.status == "A"}
    moved: dict[str, str] = {}
    rest = []
    for one in entry.changes:
        there = other_place(one.path) if one.path in gone or one.path in came else None
        if there in came and one.path in gone:
            new = came[there]
            if new.new == one.old:
                moved[one.path] = there
            elif len(entry.parents) > 1:
                rest.append(PathChange("M", there, one.old, new.new))
            else:
                rest += [one, new]
        elif not (there in gone and one.path in came):
            rest.append(one)
    return moved, rest


def change_of(
    one: PathChange, library: Library, read: Callable[[str], bytes], known: Version | None = None
) -> Change:
    """What a commit did to one file. ``read`` gives a blob's bytes: of records and attachments, nothing else is
    looked into. ``known``: the file as it was last seen, which may be what stood there before."""
    path = one.path
    if not path.startswith(_READ):
        return Change(path, one.status)
    data = read(one.new) if one.new else None
    if form_and_id(path) is None:
        return Change(path, one.status, data=data)
    old = known if known is not None and known.blob == one.old else None
    if old is None and one.old:
        old = version_of(path, one.old, read(one.old), library)
    new = version_of(path, one.new, data, library) if one.new and data is not None else None
    return Change(path, one.status, old, new, data)


def version_of(path: str, blob: str, data: bytes, library: Library) -> Version:
    """What a file says by the definitions of ``library``."""
    document, issues = codec.read(data, path=path)
    if document is None:
        return Version(path, blob, None, None, list(issues))
    record, shape = record_from(document.plain)
    if record is None:
        return Version(path, blob, None, None, [*issues, *shape])
    form = library.form_at(record.form, record.version)
    issues = list(issues)
    if form is None:
        known = record.form in library.forms
        missing = Issue("record.form-version", {"found": record.form_version}, field="form")
        issues.append(missing if known else unknown_form(record.form, library))
    return Version(path, blob, record, form, issues)


def sha256(data: bytes) -> str:
    """The name of an attachment."""
    return hashlib.sha256(data).hexdigest()
