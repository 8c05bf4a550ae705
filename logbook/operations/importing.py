"""Records in: CSV, JSON and JSON Lines become records in one commit; importing again changes nothing."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING

from logbook.core import checking
from logbook.core.errors import Refused
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.formwords import find_field
from logbook.core.formwords import find_step
from logbook.core.issues import Issue
from logbook.core.issues import errors
from logbook.core.lifecycle import put_path
from logbook.core.lifecycle import state_of
from logbook.core.moments import parse_moment
from logbook.core.moments import to_text
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.scanning import clear_issues
from logbook.core.suggest import hint
from logbook.core.value import attribute
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.core.values import register_id_issue
from logbook.operations import defaults
from logbook.operations.session import Session
from logbook.operations.words import Changes
from logbook.operations.words import changes_from_mapping
from logbook.operations.writing import SAME_MOMENT
from logbook.operations.writing import Writing
from logbook.operations.writing import desk_identity
from logbook.operations.writing import message
from logbook.operations.writing import person
from logbook.operations.writing import resolve_references
from logbook.operations.writing import signature
from logbook.operations.writing import writing
from logbook.store import codec
from logbook.store.records import next_number
from logbook.store.records import number
from logbook.store.records import path_of
from logbook.store.records import plain_from

if TYPE_CHECKING:
    from logbook.operations.workbooks import Cell


@frozen
class Plan:
    """How the columns of a file become fields, steps and a key."""

    fields: Mapping[str, str] = attribute(default_factory=dict)
    constants: Mapping[str, str] = attribute(default_factory=dict)
    steps: Sequence[tuple[str, str]] = ()
    key: str | None = None
    dates: str | None = None  # how days are written in the file: DD/MM/YYYY


@frozen
class Source:
    """A file read into rows, each with the line it began on."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[int, dict[str, Stored]]]
    # Of a spreadsheet: the letter of each column, and the cells that are no plain text, by line and column.
    letters: Mapping[str, str] = attribute(default_factory=dict)
    cells: Mapping[tuple[int, str], Cell] = attribute(default_factory=dict)

    def place(self, line: int, column: str | None) -> str | None:
        """``B7``, where the file has such places."""
        return f"{self.letters[column]}{line}" if column is not None and column in self.letters else None


@dataclass
class Outcome:
    """What an import did, or would do. ``fields``: which column each field came from; ``samples``: the first
    value each brought; ``warnings``: what was taken in with a doubt."""

    added: int = 0
    known: int = 0
    rejected: list[tuple[int, list[Issue]]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    commit: str | None = None
    fields: dict[str, str] = field(default_factory=dict)
    samples: dict[str, Stored] = field(default_factory=dict)
    warnings: list[Issue] = field(default_factory=list)


def read_source(name: str, data: bytes, *, kind: str | None = None) -> Source:
    """Read a CSV, JSON or JSON Lines file; Refused when it is none. Workbooks: ``operations/workbooks.py``."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:  # spreadsheets in China still save GB 18030
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            raise Refused([Issue("import.encoding", {"path": name})]) from None
    kind = kind or _kind(name, text)
    if kind in ("csv", "tsv"):
        return _read_csv(name, text, tabs=kind == "tsv")
    return _read_json(name, text, lines=kind == "jsonl")


def run(
    session: Session,
    form_word: str,
    source: Source,
    plan: Plan,
    *,
    by: str | None = None,
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Outcome:
    """Import every row that can be a record. Rows whose key is known are left alone; rows with
    problems are named by line and left out; the rest is one commit."""
    form = session.form(form_word)
    operator = session.operator(by)
    steps, fields = _resolve_plan(form, source, plan)
    outcome = Outcome(fields=fields)
    shown = _Shown(form, source, fields, steps, plan.dates)
    with writing(session) as write:
        numbers: dict[str, int] = {}
        seen: dict[str, int] = {}
        changes: list[tuple[str, bytes]] = []
        for done, (line, row) in enumerate(source.rows, 1):
            if progress is not None and done % 50 == 0:
                progress(done)
            key = _key(plan, row, outcome, line)
            if key is None:
                continue
            if key in seen:
                outcome.rejected.append(
                    (line, [Issue("import.key-twice", {"key": key, "first": seen[key]}, line=line)])
                )
                continue
            seen[key] = line
            if session.index.by_source(form.name, key):
                outcome.known += 1
                continue
            row, issues = shown.row(line, row)
            for field_id, column in fields.items():
                if row.get(column) not in (None, ""):
                    outcome.samples.setdefault(field_id, row[column])
            record = None
            if not issues:
                record, issues = _record(
                    session, write, form, row, fields, plan.constants, steps, key, operator, numbers
                )
            if record is None or errors(issues):
                outcome.rejected.append((line, [shown.placed(issue, line) for issue in issues]))
                continue
            outcome.added += 1
            outcome.ids.append(record.id)
            if not dry_run:
                own = session.library.form_at(form.name, record.version) or form
                if session.encrypts:
                    from logbook.operations.secrecy import sealed

                    record = sealed(session, own, record)
                place = path_of(own, record.id, record.at, session.book.settings.layout)
                changes.append((place, codec.write(plain_from(record, own))))
        outcome.warnings += shown.doubts()
        if changes:
            if session.encrypts and session.vault is not None:
                session.vault.flush()
            outcome.commit = _publish(session, write, form, source.name, operator, changes)
    return outcome


def _resolve_plan(form: Form, source: Source, plan: Plan) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Field and step ids of the plan; columns named like a field map themselves. Refused with every
    unknown name."""
    issues: list[Issue] = []
    fields: dict[str, str] = {}
    for word, column in plan.fields.items():
        name = _field_name(form, word, issues)
        _check_column(source, column, issues)
        if name:
            fields[name] = column
    for word in plan.constants:
        _field_name(form, word, issues)
    taken = set(fields.values()) | ({plan.key} if plan.key else set())
    for column in source.columns:
        if column in taken:
            continue
        if column in ("at", "by") or (column == "id" and form.register):
            fields.setdefault(column, column)
            continue
        found: Field | Issue | str = find_field(form, column)
        if isinstance(found, Issue) and source.letters:
            found = _headed(form, column)
        if isinstance(found, str):
            if found in ("at", "by") or (found == "id" and form.register):
                fields.setdefault(found, column)
        elif not isinstance(found, Issue) and found.derived_text is None:
            fields.setdefault(found.id, column)
    steps: list[tuple[str, str]] = []
    for word, column in plan.steps:
        step = find_step(form, word)
        _check_column(source, column, issues)
        if isinstance(step, Issue):
            issues.append(
                Issue(
                    "step.unknown",
                    {"found": word, "allowed": list(form.steps), "hint": hint(word, form.steps)},
                    field="step",
                )
            )
        else:
            steps.append((step.id, column))
    if plan.key:
        _check_column(source, plan.key, issues)
    if not issues and not any(name not in ("at", "by") for name in (*fields, *plan.constants)):
        issues.append(Issue("import.no-fields", {"known": list(source.columns)}))
    if issues:
        raise Refused(issues)
    return steps, fields


def _headed(form: Form, column: str) -> Field | Issue | str:
    """The field or the part of the header that a head of an exported workbook means."""
    from logbook.operations.spreadsheets import field_in_brackets
    from logbook.operations.spreadsheets import header_of

    inner = field_in_brackets(column)
    return form.fields.get(inner or "") or header_of(form, column) or find_field(form, column)


class _Shown:
    """The rows of a file as text: cells of a spreadsheet by the field they are for, days as the file writes them."""

    def __init__(
        self,
        form: Form,
        source: Source,
        fields: Mapping[str, str],
        steps: Sequence[tuple[str, str]],
        dates: str | None,
    ) -> None:
        from logbook.core.text import Text

        self.source = source
        self.columns = {name: column for name, column in fields.items()}
        self.kinds: dict[str, Field] = {}
        for name, column in fields.items():
            kind = {"at": "datetime", "by": "staff", "id": "text"}.get(name, "text")
            self.kinds[column] = form.fields.get(name) or Field(name, Text(name, name), kind)
        for step, column in steps:
            self.kinds.setdefault(column, Field(step, Text(column, column), "datetime"))
        self.days = day_reader(dates) if dates else None
        self._doubts: dict[tuple[str, str], tuple[Issue, int]] = {}

    def row(self, line: int, row: dict[str, Stored]) -> tuple[dict[str, Stored], list[Issue]]:
        """The row with every cell as its field takes it, or what cannot be taken."""
        if not self.source.cells and self.days is None:
            return row, []
        from logbook.operations.workbooks import cell_text

        made, issues = dict(row), []
        for column, kind in self.kinds.items():
            cell = self.source.cells.get((line, column))
            value = row.get(column)
            if cell is not None:
                made[column], found = cell_text(kind, cell)
                for issue in found:
                    if issue.is_error:
                        issues.append(issue)
                    else:
                        first, count = self._doubts.get((issue.rule, column), (issue, 0))
                        self._doubts[issue.rule, column] = first, count + 1
            elif self.days is not None and kind.type in ("date", "datetime") and isinstance(value, str):
                made[column] = self.days(value)
        return made, issues

    def placed(self, issue: Issue, line: int) -> Issue:
        """The issue with its line, and its cell in a spreadsheet."""
        name = (issue.field or "").split(".")[0]
        cell = self.source.place(line, self.columns.get(name))
        return replace(issue.at(line=line), args={**issue.args, "cell": cell}) if cell else issue.at(line=line)

    def doubts(self) -> list[Issue]:
        """One warning a column and kind, with the number of cells it is about."""
        return [replace(issue, args={**issue.args, "count": count}) for issue, count in self._doubts.values()]


_DAY_PARTS = {"YYYY": r"(?P<y>\d{4})", "MM": r"(?P<m>\d{1,2})", "DD": r"(?P<d>\d{1,2})", "YY": r"(?P<s>\d{2})"}


def day_reader(shape: str) -> Callable[[str], str]:
    """Reads days written as ``DD/MM/YYYY`` (a time may follow) as ISO; what is not written so is left as it is.
    Refused ``import.dates`` for a shape that does not name day, month and year once each."""
    parts = re.split(r"(YYYY|YY|MM|DD)", shape.strip())
    named = sorted("YYYY" if part == "YY" else part for part in parts if part in _DAY_PARTS)
    if named != ["DD", "MM", "YYYY"]:
        raise Refused([Issue("import.dates", {"found": shape}, field="dates")])
    pattern = re.compile("".join(_DAY_PARTS.get(part) or re.escape(part) for part in parts) + r"(?P<rest>\s.*)?")

    def read(text: str) -> str:
        found = pattern.fullmatch(text.strip())
        if found is None:
            return text
        told = found.groupdict()
        year = told.get("y") or f"20{told['s']}"
        return f"{year}-{int(told['m']):02d}-{int(told['d']):02d}{told['rest'] or ''}"

    return read


def _field_name(form: Form, word: str, issues: list[Issue]) -> str | None:
    if word in ("at", "by", "id"):
        return word
    found = find_field(form, word)
    if isinstance(found, Issue):
        from logbook.core.values import unknown_field

        issues.append(unknown_field(word, form.fields, word))
        return None
    return found.id


def _check_column(source: Source, column: str, issues: list[Issue]) -> None:
    if column not in source.columns:
        issues.append(
            Issue(
                "import.column",
                {"found": column, "known": list(source.columns), "hint": hint(column, source.columns)},
            )
        )


def _key(plan: Plan, row: Mapping[str, Stored], outcome: Outcome, line: int) -> str | None:
    """The source's own number of a row, or the hash of its content where there is none."""
    if plan.key is not None:
        value = row.get(plan.key)
        if not isinstance(value, str) or not value.strip():
            outcome.rejected.append((line, [Issue("import.no-key", {"column": plan.key}, line=line)]))
            return None
        return value.strip()
    text = json.dumps(row, ensure_ascii=False, sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()[:16]


def _record(
    session: Session,
    write: Writing,
    form: Form,
    row: Mapping[str, Stored],
    fields: Mapping[str, str],
    constants: Mapping[str, str],
    steps: Sequence[tuple[str, str]],
    key: str,
    operator: str,
    numbers: dict[str, int],
) -> tuple[Record | None, list[Issue]]:
    given: dict[str, Stored] = dict(constants)
    for name, column in fields.items():
        value = row.get(column)
        if value not in (None, ""):
            given[name] = _without_computed(form, name, value)
    changes = changes_from_mapping(form, given, session.library, now=session.now, zone=session.zone)
    told_at = changes.held.get("at")
    day = (datetime.fromisoformat(told_at) if told_at else write.when).astimezone(session.zone).date().isoformat()
    if session.library.form_on(form.name, day) is not form:  # another version was in force then (clocks 11)
        form = session.library.form_on(form.name, day)
        changes = changes_from_mapping(form, given, session.library, now=session.now, zone=session.zone)
    resolve_references(session, form, changes)
    issues = changes.issues
    if changes.files:
        issues.append(Issue("attachment.import", {}))
    at_text = changes.held.get("at")
    at = datetime.fromisoformat(at_text) if at_text else write.when
    issues += checking.event_time_issues(at, write.when, None)
    by = changes.held.get("by") or operator
    recorded = to_text(write.when.astimezone(session.zone))
    values: dict[str, Stored] = {}
    for path, stored in changes.set.items():
        values = put_path(values, path, stored)
    first = _first_step(session, write, form, row, values, defaults.Moment(at, by))
    events = [_event(first, at, by, recorded, write.when, key)]
    told = row.get(_HISTORY)
    if isinstance(told, list):
        events += _events_told(told, key, changes)
        issues += [
            issue
            for event in events[1:]
            for issue in checking.event_time_issues(datetime.fromisoformat(event.at), write.when, at, event.step)
        ]
    else:
        taken = _steps_taken(session, form, row, steps, changes, by, first)
        for step, moment, person in taken:
            issues += checking.event_time_issues(moment, write.when, at, step)
            events.append(_event(step, moment, person, recorded, write.when, key))
    values = {}
    for path, stored in changes.set.items():  # without what the later events of an exported history set
        values = put_path(values, path, stored)
    filled = defaults.fill(session, form, values, defaults.Moment(at, by), write.world)
    if errors(issues):
        return None, issues
    record_id, problem = _draw(session, write, form, changes, at, numbers)
    if problem is not None:
        return None, [*issues, problem]
    record = Record(record_id, form.name, form.version, "", to_text(at), by, filled, tuple(events))
    record = replace(record, status=state_of(form, record).status)
    state = state_of(form, record)
    issues += checking.record_issues(form, record, session.library, exists=write.world.exists)
    issues += clear_issues(form, record, encrypted=session.encrypts, entry=True)
    if form.name == "staff" and state.fields.get("keys"):
        issues.append(Issue("signing.import", {}, field="keys"))
    if not errors(issues):
        issues += checking.check_issues(form, write.world.put(state), write.world, library=session.library)
        if errors(issues):
            write.world.take_back(state)
    if errors(issues):
        _give_back(form, at.astimezone(session.zone), numbers)
        return None, issues
    return record, issues


def _first_step(
    session: Session,
    write: Writing,
    form: Form,
    row: Mapping[str, Stored],
    values: Mapping[str, Stored],
    moment: defaults.Moment,
) -> str:
    """The step that makes the record: as an exported history tells it, else by what the row says."""
    told = row.get(_HISTORY)
    step = told[0].get("step") if isinstance(told, list) and told and isinstance(told[0], dict) else None
    if any(one.id == step for one in form.first_steps) or len(form.first_steps) == 1:
        return str(step) if len(form.first_steps) > 1 else form.first_step.id
    filled = defaults.fill(session, form, values, moment, write.world)
    found = defaults.first_step(session, form, filled, moment, write.world)
    return form.first_step.id if isinstance(found, Issue) else found.id


def _without_computed(form: Form, name: str, value: Stored) -> Stored:
    """The rows of a list without the columns the book computes itself: an export has them."""
    field = form.fields.get(name)
    computed = {c.id for c in field.columns.values() if c.derived_text is not None} if field is not None else set()
    if not computed or not isinstance(value, list):
        return value
    return [
        {column: cell for column, cell in row.items() if column not in computed} if isinstance(row, dict) else row
        for row in value
    ]


def _steps_taken(
    session: Session,
    form: Form,
    row: Mapping[str, Stored],
    steps: Sequence[tuple[str, str]],
    changes: Changes,
    by: str,
    first: str,
) -> list[tuple[str, datetime, str]]:
    """The steps a row tells of, earliest first: those of the plan, and those whose moment is a field
    (``told_at`` is the step ``tell``)."""
    held = changes.held
    moments: dict[str, datetime] = {
        name.removesuffix(".at"): datetime.fromisoformat(text)
        for name, text in held.items()
        if name.endswith(".at")
    }
    for step, column in steps:
        value = row.get(column)
        if value in (None, ""):
            continue
        moment = parse_moment(str(value), now=session.now, zone=session.zone)
        if moment is None:
            changes.issues.append(Issue("field.datetime", {"label": column, "found": str(value)}, field=step))
        else:
            moments[step] = moment
    for step in (first, *(one.id for one in form.first_steps)):
        moments.pop(step, None)
    return sorted(
        ((step, at, held.get(f"{step}.by") or by) for step, at in moments.items()), key=lambda one: one[1]
    )


def _events_told(told: Sequence[Stored], key: str, changes: Changes) -> list[Event]:
    """The later events as the exported record tells them; what they set is taken out of what was entered
    at the start. Signatures and corrections do not travel: they vouch for another book's text."""
    events: list[Event] = []
    for place, one in enumerate(told, 2):
        entry: dict[str, Stored] = one if isinstance(one, dict) else {}
        at, by, step, given = entry.get("at"), entry.get("by"), entry.get("step"), entry.get("set")
        if not (isinstance(at, str) and _is_moment(at) and isinstance(by, str) and isinstance(step, str)):
            changes.issues.append(
                Issue("record.entry-missing", {"name": "at, by, step", "place": f"events.{place}"}, field="events")
            )
            continue
        later = given if isinstance(given, dict) else {}
        for path, value in later.items():
            _take_out(changes, path, value)
        recorded = entry.get("recorded_at")
        events.append(
            Event(
                at,
                by,
                step,
                recorded if isinstance(recorded, str) and recorded != at else None,
                _word(entry.get("reason")),
                _word(entry.get("approved_by")),
                source=key,
                set=later,
            )
        )
    return events


def _word(value: Stored) -> str | None:
    return value if isinstance(value, str) else None


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _take_out(changes: Changes, path: str, value: Stored) -> None:
    """Values a later event brought are not values of the beginning."""
    name = path.split(".")[0].removesuffix("+")
    if path.endswith("+"):
        rows, added = changes.set.get(name), value
        if isinstance(rows, list) and isinstance(added, list):
            changes.set[name] = rows[: max(0, len(rows) - len(added))]
            if not changes.set[name]:
                del changes.set[name]
    elif "." not in path:
        changes.set.pop(name, None)


def _event(step: str, at: datetime, by: str, recorded: str, when: datetime, key: str) -> Event:
    different = abs(when - at) > SAME_MOMENT
    return Event(to_text(at), by, step, recorded=recorded if different else None, source=key)


def _draw(
    session: Session, write: Writing, form: Form, changes: Changes, at: datetime, numbers: dict[str, int]
) -> tuple[str, Issue | None]:
    if form.register:
        record_id = changes.held.get("id")
        if not record_id:
            return "?", Issue("field.required", {"label": "id", "name": "id"}, field="id")
        bad = register_id_issue(record_id)
        if bad is not None:
            return record_id, bad
        if write.world.exists((form.name,), record_id) or session.index.find(form.name, record_id):
            return record_id, Issue("field.taken", {"found": record_id, "form": form.name}, field="id")
        return record_id, None
    day = at.astimezone(session.zone).date().isoformat()
    if day not in numbers:
        names = session.drawn(form.name, day)
        numbers[day] = next_number(names, form.prefix, day, write.desk)
    n = numbers[day]
    numbers[day] += 1
    return number(form.prefix, day, write.desk, n), None


def _give_back(form: Form, local: datetime, numbers: dict[str, int]) -> None:
    day = local.date().isoformat()
    if day in numbers:
        numbers[day] -= 1


def _publish(
    session: Session, write: Writing, form: Form, name: str, operator: str, changes: list[tuple[str, bytes]]
) -> str:
    from logbook.store.transaction import publish_bulk

    trailers = [
        ("Form", form.full_name),
        ("Action", "import"),
        ("By", operator),
        ("Count", str(len(changes))),
    ]
    text = message(form.name, "import", f"{len(changes)} 条 {name}", trailers)
    commit = publish_bulk(
        session.repository,
        changes,
        text,
        author=person(session, operator),
        committer=desk_identity(session, write.desk),
        when=write.when.astimezone(session.zone),
        sign=signature(session, operator, "import", when=write.when)[0],
    )
    return commit or ""


_KINDS = {".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json"}


_WIDEST = 10_000  # columns; no form has a hundredth of them


def _unguarded(cell: str) -> str:
    """A cell without the apostrophe that an export puts before what a spreadsheet would run."""
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@\t\r＝＋－＠" else cell


def _untabbed(cell: str) -> str:
    """A cell of an exported TSV: tab, line break and backslash stand as two characters."""
    return _unguarded(re.sub(r"\\([tn\\])", lambda found: {"t": "\t", "n": "\n"}.get(found[1], "\\"), cell))


def _kind(name: str, text: str) -> str:
    lowered = name.lower()
    for ending, kind in _KINDS.items():
        if lowered.endswith(ending):
            return kind
    ending = lowered.rpartition(".")[2] if "." in lowered else ""
    if ending:
        raise Refused([Issue("import.kind", {"found": ending, "known": [one[1:] for one in _KINDS]})])
    start = text.lstrip()[:1]
    return "json" if start == "[" else "jsonl" if start == "{" else "csv"


def _read_csv(name: str, text: str, *, tabs: bool) -> Source:
    lines = io.StringIO(text, newline="")
    reader = (
        csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
        if tabs
        else csv.reader(lines, strict=True)
    )
    rows: list[tuple[int, dict[str, Stored]]] = []
    try:
        head = next(reader, None)
        if not head:
            raise Refused([Issue("import.empty", {"path": name})])
        if len(head) > _WIDEST:
            raise Refused([Issue("import.wide", {"count": len(head)}, line=1)])
        twice = sorted(column for column, count in Counter(head).items() if count > 1)
        if twice:
            raise Refused([Issue("import.column-twice", {"columns": twice}, line=1)])
        start = reader.line_num + 1
        for cells in reader:
            if cells:
                read = _untabbed if tabs else _unguarded
                row: dict[str, Stored] = {name: read(cell) for name, cell in zip(head, cells, strict=False)}
                rows.append((start, row))
            start = reader.line_num + 1
    except csv.Error as error:
        raise Refused([Issue("import.csv", {"why": str(error)}, line=reader.line_num)]) from error
    return Source(name, tuple(head), rows)


def _read_json(name: str, text: str, *, lines: bool) -> Source:
    rows: list[tuple[int, dict[str, Stored]]] = []
    columns: dict[str, None] = {}
    for line, value in _values(name, text, lines=lines):
        if not isinstance(value, dict):
            raise Refused([Issue("import.not-an-object", {}, line=line)])
        row = _flattened(value)
        columns.update(dict.fromkeys(row))
        rows.append((line, row))
    return Source(name, tuple(columns), rows)


def _values(name: str, text: str, *, lines: bool) -> Iterator[tuple[int, object]]:
    if not lines:
        try:
            whole = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Refused(
                [Issue("import.json", {"why": str(error)}, line=getattr(error, "lineno", 1))]
            ) from error
        for place, value in enumerate(whole if isinstance(whole, list) else [whole], 1):
            yield place, value
        return
    for place, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise Refused([Issue("import.json", {"why": str(error)}, line=place)]) from error
            yield place, value


# Under this name a row carries the later events of an exported record: who did what stays theirs.
_HISTORY = "\0events"


def _flattened(value: dict[str, object]) -> dict[str, Stored]:
    """One exported record as a row: its fields beside ``id``, ``at`` and ``by``."""
    fields = value.get("fields")
    if isinstance(fields, dict) and "id" in value:
        header = {str(name): value[name] for name in ("id", "at", "by") if name in value}
        events = value.get("events")
        value = {**fields, **header}
        if isinstance(events, list) and len(events) > 1:
            value[_HISTORY] = events[1:]
    return {str(name): _text(one) for name, one in value.items()}


def _text(value: object) -> Stored:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return [_text(one) for one in value]
    if isinstance(value, dict):
        return {str(name): _text(one) for name, one in value.items()}
    return str(value)
