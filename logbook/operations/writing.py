"""One write: judged and published inside the book's lock, one commit a record, one move of the ref."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import suppress
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import cast

from logbook.core import checking
from logbook.core.errors import LogbookError
from logbook.core.errors import Refused
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.issues import errors
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.moments import to_text
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.signers import address
from logbook.core.value import attribute
from logbook.core.value import changing
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.core.values import shown
from logbook.operations.reading import World
from logbook.operations.reading import load
from logbook.operations.reading import record_in
from logbook.operations.session import Session
from logbook.operations.words import Changes
from logbook.store import codec
from logbook.store.records import path_of
from logbook.store.records import plain_from

if TYPE_CHECKING:
    from logbook.operations.signing import Sign
    from logbook.store.transaction import Commit

SUBJECT_COLUMNS = 72
# `recorded` is written where it differs from `at` by more than this (rulings 3).
SAME_MOMENT = timedelta(minutes=1)


@frozen
class Draft:
    """A record as it shall stand, and what the commit says of it."""

    form: Form
    record: Record
    action: str
    by: str
    base: bytes | None = None
    data: bytes | None = None
    said: str | None = None
    trailers: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()


@frozen
class Written:
    """What was recorded, and the warnings that came with it."""

    form: Form
    record: Record
    state: State
    path: str
    commit: str
    warnings: tuple[Issue, ...] = ()


@changing
class Writing:
    """The state of one write inside the lock."""

    session: Session
    when: datetime
    desk: str
    world: World
    warnings: list[Issue] = attribute(default_factory=list)

    def judge(self, form: Form, record: Record, *, step: str | None, before: Iterable[Issue] = ()) -> State:
        """Everything that speaks against ``record`` after ``step``; Refused with all of it at once."""
        itself = (record.form, record.id)

        def exists(forms: tuple[str, ...], record_id: str) -> bool:
            # The first member of staff enters himself: a record may name itself while it is made.
            return (itself[0] in forms and record_id == itself[1]) or self.world.exists(forms, record_id)

        issues = [*before, *self._in_clear(form, record)]
        # Of a place that was found wanting already, one finding is enough.
        known = {issue.field for issue in issues}
        own = checking.record_issues(form, record, self.session.library, exists=exists)
        own = [replace(issue, field=_place(issue.field, len(record.events))) for issue in own]
        issues += [issue for issue in own if issue.field not in known]
        state = state_of(form, record)
        if form.name == "staff":
            from logbook.operations import signing

            issues += signing.change_issues(self.session, self.world, state, when=self.when)
        if step in form.steps:
            known = {issue.field for issue in issues}
            needed = checking.requirement_issues(form, state, form.steps[cast(str, step)])
            issues += [issue for issue in needed if issue.field not in known]
        if not errors(issues):
            view = self.world.put(state)
            issues += checking.check_issues(form, view, self.world, step=step, library=self.session.library)
        issues = _unique(issue.at(id=record.id) for issue in issues)
        issues.sort(key=lambda issue: not issue.is_error)
        if errors(issues):
            raise Refused(issues)
        self.warnings += issues
        return state

    def _in_clear(self, form: Form, record: Record) -> list[Issue]:
        """Personal numbers that this write would put where everybody reads them."""
        from logbook.core.scanning import clear_issues

        encrypted = self.session.encrypts
        issues = clear_issues(form, record, encrypted=encrypted, entry=True)
        if issues:  # nearly never: only then it matters what stood there before
            rows = self.session.index.find(form.name, record.id)
            old = load(self.session, rows[0]).record if rows else None
            issues = clear_issues(form, record, before=old, encrypted=encrypted, entry=True)
        return [replace(issue, field=_place(issue.field, len(record.events))) for issue in issues]

    def publish(self, drafts: Sequence[Draft]) -> list[Written]:
        """Write the drafts as one operation; they are durable when this returns."""
        from logbook.store.transaction import publish

        if self.session.encrypts:
            drafts = [self._sealed(draft) for draft in drafts]
        commits = [self._commit(draft, operation=len(drafts) > 1) for draft in drafts]
        ids = publish(self.session.repository, commits)
        self._tell_index()
        return [
            Written(
                draft.form,
                draft.record,
                state_of(draft.form, draft.record),
                commit.changes[0].path,
                commit_id,
                tuple(self.warnings),
            )
            for draft, commit, commit_id in zip(drafts, commits, ids, strict=True)
        ]

    def _tell_index(self) -> None:
        """Let the index have what was just written, while all it takes is loaded: the next command finds it fresh.
        What is recorded is recorded: a fault here is the next command's to mend."""
        with suppress(OSError, LogbookError):
            self.session.index.follow()

    def _sealed(self, draft: Draft) -> Draft:
        """The draft with its private values encrypted; their keys are safe before anything is committed."""
        from logbook.operations import secrecy

        before = record_in(draft.base, draft.record.id) if draft.base is not None else None
        record = secrecy.sealed(self.session, draft.form, draft.record, before)
        if record is draft.record:
            return draft
        vault = self.session.vault
        if vault is not None:
            vault.flush()
        data = draft.data
        if data is not None:  # a text somebody edited: only its private values change
            data = codec.edit(data, plain_from(record, draft.form))
        sealed: Draft = replace(draft, record=record, data=data)
        return sealed

    def _commit(self, draft: Draft, *, operation: bool) -> Commit:
        from logbook.store.transaction import Change
        from logbook.store.transaction import Commit

        form, record = draft.form, draft.record
        lang = self.session.book.settings.language
        data = draft.data
        if data is None:
            plain = plain_from(record, form)
            data = codec.write(plain) if draft.base is None else codec.edit(draft.base, plain)
        trailers = [
            ("Record", record.id),
            ("Form", record.form_version),
            ("Action", draft.action),
            ("By", draft.by),
            *draft.trailers,
        ]
        if operation:
            trailers.append(("Operation", f"{to_text(self.when)} {self.desk}"))
        return Commit(
            # The record first: its path is what the commit is known by.
            changes=(
                Change(self._path(draft), data),
                *(Change(path, content) for path, content in draft.files),
            ),
            message=message(
                record.id, draft.action, draft.said or title_of(state_of(form, record), lang), trailers
            ),
            author=self._author(draft.by),
            committer=desk_identity(self.session, self.desk),
            when=self.when.astimezone(self.session.zone),
            sign=self._signature(draft),
        )

    def _path(self, draft: Draft) -> str:
        """A record stays where it lies, whatever the layout says of new ones."""
        form, record = draft.form, draft.record
        rows = self.session.index.find(form.name, record.id) if draft.base is not None else []
        if len(rows) == 1:
            return rows[0].path
        return path_of(form, record.id, record.at, self.session.book.settings.layout)

    def _signature(self, draft: Draft) -> Sign | None:
        """How the commit is signed; BookError where the book asks for a signature that cannot be given."""
        own = draft.form.name == "staff" and draft.record.id == draft.by
        sign, warnings = signature(self.session, draft.by, draft.action, when=self.when, form=draft.form, own=own)
        self.warnings += warnings
        return sign

    def change_issues(self, form: Form, state: State, operator: str) -> list[Issue]:
        """Whether this person may correct or cancel the record, by whichever command."""
        return checking.change_issues(
            form,
            state,
            operator,
            roles=self.world.roles(operator),
            administrator=self.session.is_administrator(operator),
            titles=self.session.library.roles,
        )

    def _author(self, staff: str) -> tuple[str, str]:
        """Whoever did it; the first member of a book is entered by himself, before any index knows him."""
        if not self.session.index.find("staff", staff):
            entered = self.world.find("staff", staff)
            if entered is not None:
                return str(entered.get("name") or staff), address(staff)
        return person(self.session, staff)


@contextmanager
def writing(session: Session) -> Iterator[Writing]:
    """Take the book's lock, mend what a crash left, and look at the book as it is now."""
    # What is needed under the lock is loaded before: others wait for it.
    import logbook.index.refresh  # noqa: F401
    from logbook.store.transaction import write_lock

    when = session.writing_time()
    desk = session.desk()
    with write_lock(session.repository):
        session.index.refresh()
        yield Writing(session, when, desk, World(session))


def event(
    step: str,
    *,
    at: datetime,
    by: str,
    when: datetime,
    session: Session,
    reason: str | None = None,
    approved_by: str | None = None,
    source: str | None = None,
    set: dict[str, Stored] | None = None,
    entered_by: str | None = None,
) -> Event:
    """An event with its recording time where that is another (rulings 3)."""
    return Event(
        at=to_text(at.astimezone(session.zone)),
        by=by,
        step=step,
        recorded=to_text(when.astimezone(session.zone)) if abs(when - at) > SAME_MOMENT else None,
        reason=reason or None,
        approved_by=approved_by,
        source=source,
        set=set or {},
        extra={"entered_by": entered_by} if entered_by else {},
    )


def moment(session: Session, text: str | None, *, field: str = "at") -> datetime | None:
    """The moment typed after ``--at``; Refused when it is none."""
    if text is None:
        return None
    from logbook.core.moments import parse_moment

    found = parse_moment(text, now=session.now, zone=session.zone)
    if found is None:
        raise Refused([Issue("field.datetime", {"label": field, "found": text}, field=field)])
    return found


def late_warning(happened: datetime, when: datetime, reason: str | None) -> list[Issue]:
    """A late entry without a reason is accepted with a warning (rulings 4)."""
    if when - happened > checking.LATE and not reason:
        hours = int((when - happened).total_seconds() // 3600)
        return [Issue("record.late", {"hours": hours}, severity="warning", field="at")]
    return []


def not_stored(form: Form, holds: str) -> Issue:
    """The issue for a moment or person that another step gives."""
    field = next((one for one in form.fields.values() if one.holds == holds), None)
    name = field.id if field is not None else holds
    return Issue("field.not-stored", {"label": field.label if field else holds, "name": name}, field=name)


def resolve_references(session: Session, form: Form, changes: Changes) -> None:
    """Let people name records and staff as they like: ids in any case, staff by name."""
    for path, value in changes.set.items():
        name, _, rest = path.rstrip("+").partition(".")
        field = form.fields.get(name)
        if field is None:
            continue
        if field.type == "list" and isinstance(value, list):
            for number, row in enumerate(value, 1):
                if isinstance(row, dict):
                    for inner, cell in row.items():
                        place = f"{name}.{number}.{inner}"
                        row[inner] = _resolved(session, field.columns[inner], cell, place, changes)
        elif field.type == "list" and rest:
            column = field.columns.get(rest.rpartition(".")[2])
            if column is not None:
                changes.set[path] = _resolved(session, column, value, path, changes)
        else:
            changes.set[path] = _resolved(session, field, value, path, changes)
    for holds, word in list(changes.held.items()):
        if holds == "by" or holds.endswith((".by", ".approved_by")):
            changes.held[holds], issue = session.find_staff(word, field=holds)
            if issue is not None:
                changes.issues.append(issue)


def _resolved(session: Session, field: Field, value: Stored, path: str, changes: Changes) -> Stored:
    if not isinstance(value, str) or not value:
        return value
    if field.type == "staff":
        found, issue = session.find_staff(value, field=path)
        if issue is not None:
            changes.issues.append(replace(issue, args={**issue.args, "label": field.label}))
        return found
    if field.type == "attachment":
        return _attached(session, field, value, path, changes)
    if field.type == "duty":
        return _duty(session, field, value, path, changes)
    if field.type != "ref":
        return value
    form, slash, word = value.partition("/")
    targets = [form] if slash and form in field.target else list(field.target)
    rows = [row for target in targets for row in session.index.find(target, word if slash else value)]
    exact = [row for row in rows if row.id == (word if slash else value)]
    rows = exact or rows
    if len(rows) == 1:
        return rows[0].id
    if len(rows) > 1:
        known = [f"{row.form}/{row.id}" for row in rows]
        changes.issues.append(
            Issue("field.ambiguous", {"name": value, "known": known, "first": known[0]}, field=path)
        )
        return value
    titles = [session.library.forms[t].title if t in session.library.forms else t for t in field.target]
    changes.issues.append(
        Issue("field.reference", {"label": field.label, "found": value, "target": titles}, field=path)
    )
    return value


def _duty(session: Session, field: Field, value: str, path: str, changes: Changes) -> Stored:
    """The id of the duty of that id or name."""
    from logbook.core.dutyfile import duties_of
    from logbook.core.suggest import hint

    duties = duties_of(session.library, session.book.settings.settings)
    if value in duties:
        return value
    word = value.casefold()
    found = [one.id for one in duties.values() if word in (one.id, one.label.zh.casefold(), one.label.en.casefold())]
    if len(found) == 1:
        return found[0]
    near = hint(value, [word for one in duties.values() for word in (one.id, one.label.zh, one.label.en)])
    changes.issues.append(Issue("field.duty", {"label": field.label, "found": value, "hint": near}, field=path))
    return value


def _attached(session: Session, field: Field, value: str, path: str, changes: Changes) -> Stored:
    """The hash a file is known by in the book; its content waits in ``changes.files`` for the commit."""
    from logbook.operations import attaching

    stored, data, issue = attaching.take(session, field, value, path)
    if issue is not None:
        changes.issues.append(issue)
        return None
    if data is not None:
        changes.files[attaching.path_of(stored)] = data
    return stored


def message(record_id: str, action: str, said: str, trailers: Iterable[tuple[str, str]]) -> str:
    """A commit message: a subject of at most 72 columns, then the trailers Git's tools read."""
    subject = f"{record_id} {action}"
    line = " ".join(said.split())
    if line:
        subject += f": {line}"
    body = "\n".join(f"{name}: {' '.join(value.split())}" for name, value in trailers)
    return f"{_cut(subject, SUBJECT_COLUMNS)}\n\n{body}\n"


def title_of(state: State, lang: str = "zh") -> str:
    """A record's title: its form's subject fields, none of them private (rulings 12)."""
    form = state.form
    parts = []
    for name in form.subject:
        field = form.fields.get(name)
        if field is not None and not field.private:
            text = shown(field, state.fields.get(name), lang)
            if text:
                parts.append(text)
    return " ".join(parts)


def said_of(form: Form, changes: dict[str, Stored], fallback: str) -> str:
    """What a step's commit says: the first words it brought that are not private, else the title."""
    for path, value in changes.items():
        field = form.fields.get(path)
        if (
            field is not None
            and not field.private
            and field.type in ("text", "longtext")
            and isinstance(value, str)
        ):
            return value
    return fallback


def publish_book(
    session: Session,
    what: str,
    action: str,
    files: Mapping[str, bytes],
    *,
    by: str | None = None,
    trailers: Iterable[tuple[str, str]] = (),
) -> str:
    """One commit of what is no record (settings, templates, calendars), under ``book: {what}`` (rulings 16);
    its id. Refused when nobody may be named as the one who does it."""
    from logbook.store.transaction import Change
    from logbook.store.transaction import Commit
    from logbook.store.transaction import publish

    operator, desk, when = session.operator(by), session.desk(), session.writing_time()
    lines = [("Record", "book"), ("Form", "book"), ("Action", action), ("By", operator), *trailers]
    body = "".join(f"{name}: {value}\n" for name, value in lines)
    made = Commit(
        changes=[Change(path, data) for path, data in files.items()],
        message=f"book: {what}\n\n{body}",
        author=person(session, operator),
        committer=desk_identity(session, desk),
        when=when.astimezone(session.zone),
        sign=signature(session, operator, action, when=when)[0],
    )
    (commit,) = publish(session.repository, [made], onto=session.repository.head())
    return commit


def signature(
    session: Session, staff: str, action: str, *, when: datetime, form: Form | None = None, own: bool = False
) -> tuple[Sign | None, list[Issue]]:
    """How a commit by ``staff`` is signed; see :func:`logbook.operations.signing.signature_for`."""
    from logbook.operations.signing import signature_for

    return signature_for(session, staff, action, when=when, form=form, own=own)


def person(session: Session, staff: str) -> tuple[str, str]:
    """A member of staff as Git's author: name and an address that says who it is."""
    rows = session.index.find("staff", staff)
    name = rows[0].title if rows and rows[0].title else staff
    return name, address(staff)


def desk_identity(session: Session, letter: str) -> tuple[str, str]:
    """The desk as Git's committer."""
    return session.book.settings.desks.get(letter) or f"desk {letter}", f"desk-{letter.lower()}@desk.logbook"


def _cut(text: str, columns: int) -> str:
    """``text`` within ``columns``, an ellipsis for what does not fit; wide characters take two."""
    import unicodedata

    widths = [2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text]
    if sum(widths) <= columns:
        return text
    used = end = 0
    while used + widths[end] <= columns - 1:
        used += widths[end]
        end += 1
    return text[:end].rstrip() + "…"


def _place(field: str | None, last: int) -> str | None:
    """Where a person who takes a step would look for it: in the event at hand (the ``last`` one)
    ``events.2.by`` is ``by`` and ``events.2.set.reply`` is ``reply``."""
    start = f"events.{last}."
    return field[len(start) :].removeprefix("set.") if field and field.startswith(start) else field


def _unique(issues: Iterable[Issue]) -> list[Issue]:
    seen: set[tuple[str, str | None]] = set()
    kept = []
    for issue in issues:
        key = (issue.rule, issue.field)
        if key not in seen:
            seen.add(key)
            kept.append(issue)
    return kept
