"""The next record from the last: which forms may follow one, and the new record filled from it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING

from logbook.core.errors import Refused
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Step
from logbook.core.issues import Issue
from logbook.core.lifecycle import State
from logbook.core.record import Stored
from logbook.core.secret import is_secret
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.operations import add as adding
from logbook.operations import defaults
from logbook.operations import step as stepping
from logbook.operations.reading import Loaded
from logbook.operations.reading import World
from logbook.operations.reading import find
from logbook.operations.reading import load
from logbook.operations.session import Session
from logbook.operations.writing import Draft
from logbook.operations.writing import Writing
from logbook.operations.writing import Written
from logbook.operations.writing import writing

if TYPE_CHECKING:
    from logbook.core.workflowfile import WorkflowStep
    from logbook.index.book_index import Row

OPENS = "opens"
# Who and where: of these types a value is handed on to a field of the same id. What was found, decided or
# done stays where it was written.
HANDED_ON = ("ref", "phone", "text")


@frozen
class Follower:
    """A form that may follow a record. ``by``: the workflows that say so, or ``opens``. ``record``: the
    record of that form this one points at already: then ``step`` is taken there, and nothing is made."""

    form: Form
    by: tuple[str, ...]
    said: Text
    who: str = ""
    step: str | None = None
    before: tuple[str, ...] = ()
    record: str | None = None


@frozen
class Filled:
    """One value of the new record and where it comes from: ``link``, ``copy``, ``typed`` or ``default``;
    ``source`` is the record it was copied from."""

    field: Field
    value: Stored
    how: str
    source: str | None = None


@frozen
class Back:
    """The way back: the field of the old record that names the new one. ``path`` is where it is written,
    ``step`` the step that writes it (None: no step does). ``issues``: why that step cannot be taken now."""

    field: Field
    column: Field | None
    path: str
    step: Step | None
    issues: tuple[Issue, ...] = ()

    def stored(self, record_id: str) -> Stored:
        """What is written at ``path`` for the new record."""
        if self.column is None or not self.path.endswith("+"):
            return record_id
        return [{self.column.id: record_id}]

    def word(self, record_id: str) -> str:
        """The same as it is typed behind a step."""
        if self.column is None or not self.path.endswith("+"):
            return f"{self.path}={record_id}"
        return f"{self.field.id}.{self.column.id}={record_id}"


@frozen
class Proposal:
    """The next record as it would be made."""

    old: Loaded
    form: Form
    request: adding.Request
    filled: tuple[Filled, ...]
    missing: tuple[Field, ...]
    back: Back | None
    follows: bool


@frozen
class Next:
    """What was made: the new record, the step taken on the old one, or the way back that is still open."""

    written: Written
    back: Written | None
    open: Back | None


# -- what may follow ---------------------------------------------------------------------------


def followers(session: Session, loaded: Loaded) -> list[Follower]:
    """The forms that may follow a record where it stands, nearest first: those its last step opens, then
    those the workflows have behind it."""
    found: dict[tuple[str, str | None], Follower] = {}
    if loaded.state.voided:
        return []
    for name in _opened(session, loaded):
        form = session.library.forms[name]
        _join(found, Follower(form, (OPENS,), form.title))
    linked = {row.form: row for row in _linked(session, loaded)}
    later: list[tuple[int, Follower]] = []
    for way, workflow, step, before in _workflow_steps(session, loaded, linked):
        if step.form not in session.library.forms:
            continue
        form = session.library.forms[step.form]
        row = linked.get(step.form)
        taken = _step_on(form, row.status, step.step) if row is not None else None
        if row is not None and taken is None:
            continue  # it is finished
        labels = tuple(dict.fromkeys(each.step for each in before))
        record = row.id if row is not None else None
        later.append((way, Follower(form, (workflow,), step.label, step.who, taken, labels, record)))
    # First the workflow the record came along, then the nearer step.
    for _, follower in sorted(later, key=lambda one: (-one[0], len(one[1].before))):
        _join(found, follower)
    return list(found.values())


def _join(found: dict[tuple[str, str | None], Follower], new: Follower) -> None:
    key = (new.form.name, new.step)
    known = found.get(key)
    if known is None:
        found[key] = new
        return
    by = tuple(dict.fromkeys((*known.by, *new.by)))
    # What the form's own step opens may be filled at once, whatever a workflow has in between.
    before = () if OPENS in by else min(known.before, new.before, key=len)
    said = new.said if known.by == (OPENS,) and new.said else known.said
    found[key] = Follower(known.form, by, said, known.who or new.who, known.step, before, known.record)


def _opened(session: Session, loaded: Loaded) -> Iterator[str]:
    """The forms that the last steps of a record open, as far as their conditions hold."""
    from logbook.core.definition import read_condition
    from logbook.core.rules import value
    from logbook.core.view import View

    view: View | None = None
    for step in _last_steps(loaded):
        for name, when in step.opens:
            if name not in session.library.forms:
                continue
            if when is not None:
                world = World(session)
                view = view or View(loaded.state, world)
                if value(read_condition(when), view, world) is not True:
                    continue
            yield name


def _last_steps(loaded: Loaded) -> list[Step]:
    """Where a record stands: its last step, and the one that led to its state; built-in ones do not count."""
    steps: list[Step] = []
    for event in reversed(loaded.state.events):
        step = loaded.form.steps.get(event.step)
        if step is None:
            continue
        if not steps:
            steps.append(step)
        if step.to is not None:
            if step not in steps:
                steps.append(step)
            break
    return steps


def _workflow_steps(
    session: Session, loaded: Loaded, linked: Mapping[str, Row]
) -> Iterator[tuple[int, str, WorkflowStep, Sequence[WorkflowStep]]]:
    """What the workflows have behind a record: how many steps the record took on the way there, the
    workflow, the step, and what is between. A visit after a complaint goes on as complaints do: of several
    workflows those count that have a form this record points at, where there are any."""
    from logbook.core.workflowfile import following
    from logbook.core.workflowfile import workflows_of

    workflows = workflows_of(session.library)
    taken = {event.step for event in loaded.state.events}
    for step in _last_steps(loaded):
        found = following(workflows, loaded.form.name, step.id)
        own = [one for one in found if any(each.form in linked for each in one.workflow.steps)]
        for one in own or found:
            way = one.workflow.steps[: one.workflow.steps.index(one.step)]
            passed = {each.step for each in way if each.form == loaded.form.name} & taken
            yield len(passed), one.workflow.id, one.step, one.before


def _step_on(form: Form, status: str, wanted: str) -> str | None:
    """The step to take on a record that is there already: the one the workflow names, or where that was
    taken, the first one that leads on; None when nothing does."""
    step = form.steps.get(wanted)
    if step is not None and status in step.from_:
        return wanted
    order = list(form.states)
    if status not in order:
        return None
    on = (
        one.id
        for one in form.steps.values()
        if status in one.from_ and one.to is not None and order.index(one.to) > order.index(status)
    )
    return next(on, None)


def _linked(session: Session, loaded: Loaded) -> Iterator[Row]:
    """The matters a record points at: standing data is no matter."""
    for field in loaded.form.fields.values():
        value = loaded.state.fields.get(field.id)
        if field.type != "ref" or field.derived_text is not None or not isinstance(value, str) or not value:
            continue
        name, slash, rest = value.partition("/")
        for form in (name,) if slash else field.target:
            for row in session.index.find(form, rest if slash else value):
                if row.form not in session.library.register_names and not row.voided:
                    yield row


# -- the new record ----------------------------------------------------------------------------


def propose(
    session: Session,
    word: str,
    form_word: str,
    words: Sequence[str] = (),
    *,
    at: str | None = None,
    by: str | None = None,
    reason: str | None = None,
    approved_by: str | None = None,
) -> Proposal:
    """The record of ``form_word`` that follows the record ``word``, filled from it. What was typed comes
    first, then the link and what is handed on, then the form's own defaults. Nothing is written.
    Refused for an unknown record or form, and for a record that was cancelled."""
    old = load(session, find(session, word))
    if old.state.voided:
        raise Refused([Issue("next.voided", {"id": old.record.id}, field="id")])
    form = session.form(form_word)
    handed = _handed_on(session, old, form)
    given = {name: one.value for name, one in handed.items()}
    request = adding.prepare(
        session, form.name, words, given=given, at=at, by=by, reason=reason, approved_by=approved_by
    )
    world = World(session)
    own = request.fields()
    whole = defaults.fill(session, form, own, defaults.Moment(request.at, request.by), world)
    filled = []
    for name, value in whole.items():
        field = form.fields.get(name)
        if field is None or value in (None, "", [], {}):
            continue
        known = handed.get(name)
        if name not in own:
            filled.append(Filled(field, value, "default"))
        elif known is not None and known.value == given[name] and _same(own[name], known.value):
            filled.append(Filled(field, value, known.how, known.source))
        else:
            filled.append(Filled(field, value, "typed"))
    return Proposal(
        old,
        form,
        request,
        tuple(filled),
        tuple(
            field
            for field in form.fields.values()
            if field.required and not field.holds and whole.get(field.id) in (None, "", [], {})
        ),
        _way_back(old, form),
        any(one.form.name == form.name and one.record is None for one in followers(session, old)),
    )


def _same(own: Stored, handed: Stored) -> bool:
    return own == handed or (isinstance(handed, str) and handed.rpartition("/")[2] == own)


def make(session: Session, proposal: Proposal) -> Next:
    """Record a proposal; the way back goes along in the same operation where a step allows it (rulings 16).
    Refused with every problem of the new record, nothing written."""
    with writing(session) as write:
        old = load(session, find(session, f"{proposal.old.form.name}/{proposal.old.record.id}"))
        draft, record = adding.draft_of(session, write, proposal.request)
        back, open_ = _back_draft(session, write, old, proposal, record.id)
        written = write.publish([draft, *([back] if back is not None else [])])
    return Next(written[0], written[1] if back is not None else None, open_)


def _back_draft(
    session: Session, write: Writing, old: Loaded, proposal: Proposal, record_id: str
) -> tuple[Draft | None, Back | None]:
    """The step on the old record that names the new one, or the way back with what speaks against it."""
    back = _way_back(old, proposal.form)
    if back is None:
        return None, None
    against: list[Issue] = []
    for step in _steps_for(old, back.field):
        warned = list(write.warnings)
        try:
            made = {back.path: back.stored(record_id)}
            request = proposal.request
            by, at = request.entered_by or request.by, request.at.isoformat()
            return (
                stepping.draft_of(session, write, old, step.id, (), by=by, at=at, reason=request.reason, made=made),
                None,
            )
        except Refused as refused:
            write.warnings[:] = warned
            against = against or list(refused.issues)
    return None, Back(back.field, back.column, back.path, back.step, tuple(against))


def _handed_on(session: Session, old: Loaded, form: Form) -> dict[str, Filled]:
    """What the new record takes from the old one, and from the matter that one is about."""
    filled: dict[str, Filled] = {}
    link = _link_to(form, old.form.name)
    if link is not None:
        field, column = link
        # A number is one of a kind; the id of a register may be another form's too.
        several = old.form.register and len((column or field).target) > 1
        value: Stored = f"{old.form.name}/{old.record.id}" if several else old.record.id
        if column is not None:
            value = [{column.id: value}]
        filled[field.id] = Filled(field, value, "link", old.record.id)
    row = _row_for(old, form)
    for field in form.fields.values():
        if row is not None and field.id not in filled and _takes(form, field):
            value = _same_field(field, row[0].columns, row[1], (*HANDED_ON, "longtext"))
            if value is not None:
                filled[field.id] = Filled(field, value, "copy", old.record.id)
    sources = [old]
    sources += [load(session, row) for row in _linked(session, old)]
    for source in sources:
        for field in form.fields.values():
            if field.id in filled or not _takes(form, field):
                continue
            value = _value_for(field, source.form, source.state)
            if value is not None:
                filled[field.id] = Filled(field, value, "copy", source.record.id)
    return filled


def _link_to(form: Form, target: str) -> tuple[Field, Field | None] | None:
    """The field of ``form`` that points at records of ``target``, a required one first; else a list with
    such a column."""
    fields = [field for field in form.fields.values() if _points_at(field, target)]
    if fields:
        return next((field for field in fields if field.required), fields[0]), None
    for field in form.fields.values():
        if field.type == "list" and field.derived_text is None:
            column = next((one for one in field.columns.values() if _points_at(one, target)), None)
            if column is not None:
                return field, column
    return None


def _points_at(field: Field, target: str) -> bool:
    return field.type == "ref" and target in field.target and not field.holds and field.derived_text is None


def _takes(form: Form, field: Field) -> bool:
    """Whether a field is handed on at all: nothing computed, and nothing a later step is there to find out."""
    if field.holds or field.derived_text is not None:
        return False
    return not any(field.id in step.requires for step in form.steps.values() if not step.creates)


def _value_for(field: Field, form: Form, state: State) -> Stored:
    """What a record has for a field of another form; None for nothing."""
    if field.type == "choice" and form.name in field.choices:
        return form.name  # `origin: complaint`: where it comes from
    return _same_field(field, form.fields, state.fields, HANDED_ON)


def _same_field(
    field: Field, fields: Mapping[str, Field], values: Mapping[str, Stored], types: Sequence[str]
) -> Stored:
    """The value of the field of the same id and of one of these types, where it may be handed on."""
    theirs = fields.get(field.id)
    if theirs is None or field.type not in types or theirs.type not in types:
        return None
    if theirs.type != field.type and {theirs.type, field.type} != {"text", "longtext"}:
        return None
    value = values.get(field.id)
    if not isinstance(value, str) or not value or is_secret(value):
        return None
    if field.type == "ref" and not set(theirs.target) <= set(field.target):
        return None
    # What is nobody's business there stays private here, or is not handed on.
    return None if theirs.private and not field.private else value


def _row_for(old: Loaded, form: Form) -> tuple[Field, Mapping[str, Stored]] | None:
    """The row of a list that waits for a record of ``form``: a call in a log that becomes a repair."""
    back = _way_back(old, form)
    if back is None or back.column is None or back.path.endswith("+"):
        return None
    rows = old.state.fields.get(back.field.id)
    row = rows[int(back.path.split(".")[1]) - 1] if isinstance(rows, list) else None
    return (back.field, row) if isinstance(row, dict) else None


# -- the way back ------------------------------------------------------------------------------


def _way_back(old: Loaded, form: Form) -> Back | None:
    """The field of the old record, still empty, that points at records of ``form``; else a list with such a
    column."""
    if old.form.name == form.name:
        return None
    fields = old.state.fields
    for field in old.form.fields.values():
        if _points_at(field, form.name) and not fields.get(field.id):
            return Back(field, None, field.id, next(iter(_steps_for(old, field)), None))
    for field in old.form.fields.values():
        if field.type != "list" or field.derived_text is not None:
            continue
        column = next((one for one in field.columns.values() if _points_at(one, form.name)), None)
        if column is not None:
            path = _place_in(field, column, fields.get(field.id))
            return Back(field, column, path, next(iter(_steps_for(old, field)), None))
    return None


def _place_in(field: Field, column: Field, rows: Stored) -> str:
    """The last row that lacks the reference, or a row of its own."""
    if isinstance(rows, list):
        for number in range(len(rows), 0, -1):
            row = rows[number - 1]
            if isinstance(row, Mapping) and not row.get(column.id):
                return f"{field.id}.{number}.{column.id}"
    return f"{field.id}+"


def _steps_for(old: Loaded, field: Field) -> list[Step]:
    """The steps that are there to fill ``field`` and may be taken in the state the record is in."""
    return [
        step
        for step in old.form.steps.values()
        if field.id in step.requires and old.state.status in step.from_ and not step.approver
    ]


def going_on(old: Loaded, back: Back, record_id: str) -> str:
    """The command that makes up for a way back that was left open."""
    id = old.record.id if not old.form.register else f"{old.form.name}/{old.record.id}"
    word = back.word(record_id)
    step = back.step or next((one for one in old.form.steps.values() if back.field.id in one.requires), None)
    if step is None:
        return f"logbook amend {id} {word} --reason …"
    needs = [f"{field.id}=…" for field in lacking(old, back.field, step)]
    return " ".join(["logbook step", id, step.id, word, *needs, *(["--reason …"] if step.reason else [])])


def lacking(old: Loaded, field: Field, step: Step) -> list[Field]:
    """What a step wants besides ``field`` and the record does not have yet."""
    wanted = (old.form.fields[name] for name in step.requires if name in old.form.fields)
    fields = old.state.fields
    return [one for one in wanted if one.id != field.id and not one.holds and fields.get(one.id) in (None, "", [], {})]
