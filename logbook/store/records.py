"""Record files: where they lie, what their text says, how numbers are drawn."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime
from typing import cast

from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.moments import FIRST_YEAR
from logbook.core.moments import LAST_YEAR
from logbook.core.patterns import lazily
from logbook.core.record import EVENT_KEYS
from logbook.core.record import RESERVED
from logbook.core.record import Amendment
from logbook.core.record import Conflict
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.record import Signature
from logbook.core.record import Stored

FOLDER = "records"
BY_DAY, BY_MONTH = "day", "month"
_NUMBER = lazily(r"(?P<prefix>[A-Z]{1,4})-(?P<day>\d{8})-(?P<desk>[A-Z]{1,2})(?P<n>\d{3,})(-\d+)?")
_EVENT_KEYS = frozenset(EVENT_KEYS)
_AMENDMENT_KEYS = frozenset(("at", "by", "field", "from", "to", "reason", "approved_by", "recorded"))
_CONFLICT_TEXTS = ("kept_at", "kept_by", "other_at", "other_by")
_CONFLICT_KEYS = frozenset(("what", "field", "kept", "other", *_CONFLICT_TEXTS))
_SIGNATURE_KEYS = frozenset(("at", "by", "as", "name", "events", "sha256", "recorded"))


def path_of(form: Form, record_id: str, at: str | datetime, layout: Mapping[str, str] | None = None) -> str:
    """``records/<form>/<yyyy>/<mm>/<ID>.yaml``; registers ``records/<form>/<ID>.yaml``.

    Year and month are those of the number (its date is for life), else of ``at``. ``layout``: the site's setting;
    a form that stands there ``by day`` has ``…/<mm>/<dd>/<ID>.yaml``.
    """
    if form.register:
        return f"{FOLDER}/{form.name}/{record_id}.yaml"
    match = _NUMBER.fullmatch(record_id)
    day = match["day"] if match else (at if isinstance(at, str) else at.isoformat())[:10].replace("-", "")
    folder = f"{FOLDER}/{form.name}/{day[:4]}/{day[4:6]}"
    if layout and layout.get(form.name) == BY_DAY:
        folder = f"{folder}/{day[6:8]}"
    return f"{folder}/{record_id}.yaml"


def other_place(path: str) -> str | None:
    """Where the same record lies by the other layout: in its day's folder, or in its month's; None for registers
    and for what has no number."""
    parts = path.split("/")
    match = _NUMBER.fullmatch(parts[-1].removesuffix(".yaml"))
    if match is None or parts[0] != FOLDER or len(parts) not in (5, 6) or parts[2] != match["day"][:4]:
        return None
    if len(parts) == 5:
        return "/".join((*parts[:4], match["day"][6:], parts[4]))
    return "/".join((*parts[:4], parts[5])) if parts[4] == match["day"][6:] else None


def form_and_id(path: str) -> tuple[str, str] | None:
    """The form's name and the record's id that a path under ``records/`` speaks of."""
    parts = path.split("/")
    if len(parts) < 3 or parts[0] != FOLDER or not parts[-1].endswith(".yaml"):
        return None
    return parts[1], parts[-1][:-5]


def number(prefix: str, day: str, desk: str, n: int) -> str:
    """``CP-20261122-A003``; after 999 comes 1000 (rulings 21)."""
    return f"{prefix}-{day.replace('-', '')}-{desk}{n:03d}"


def split_number(record_id: str) -> tuple[str, str, str, int] | None:
    """Prefix, day (``yyyymmdd``), desk and running number of an id; None for a register's id."""
    match = _NUMBER.fullmatch(record_id)
    return (match["prefix"], match["day"], match["desk"], int(match["n"])) if match else None


def next_number(taken: Iterable[str], prefix: str, day: str, desk: str) -> int:
    """The number after the highest one this desk drew that day, among file names or ids."""
    start = f"{prefix}-{day.replace('-', '')}-{desk}"
    highest = 0
    for name in taken:
        if name.startswith(start):
            digits = name[len(start) :].partition(".")[0].partition("-")[0]
            if digits.isdigit():
                highest = max(highest, int(digits))
    return highest + 1


def plain_from(record: Record, form: Form) -> dict[str, Stored]:
    """The mapping a record's file says, in the fixed key order; unknown fields after the form's."""
    plain: dict[str, Stored] = {
        "id": record.id,
        "form": record.form_version,
        "status": record.status,
        "at": record.at,
        "by": record.by,
    }
    fields = record.fields
    for name in form.fields:
        value = fields.get(name)
        if value is not None:
            plain[name] = value
    for name, value in fields.items():
        if name not in plain:
            plain[name] = value
    plain["events"] = [_event_plain(event) for event in record.events]
    if record.signatures:
        plain["signatures"] = [_signature_plain(signature) for signature in record.signatures]
    if record.amendments:
        plain["amendments"] = [_amendment_plain(amendment) for amendment in record.amendments]
    if record.conflicts:
        plain["conflicts"] = [conflict_plain(conflict) for conflict in record.conflicts]
    if record.was is not None:
        plain["was"] = record.was
    return plain


def record_from(plain: Mapping[str, Stored]) -> tuple[Record | None, list[Issue]]:
    """Read a record out of a file's mapping; every fault of its shape is an issue."""
    issues: list[Issue] = []
    get = plain.get
    record_id, form_version, status, at, by = get("id"), get("form"), get("status"), get("at"), get("by")
    for name, value in (
        ("id", record_id),
        ("form", form_version),
        ("status", status),
        ("at", at),
        ("by", by),
    ):
        if not isinstance(value, str) or not value:
            issues.append(Issue("record.header-missing", {"name": name}, field=name))
    name, _, version = form_version.partition("@") if isinstance(form_version, str) else ("", "", "")
    is_number = len(version) < 10 and version.isascii() and version.isdigit()
    if isinstance(form_version, str) and not (name and is_number):
        issues.append(Issue("record.form-name", {"found": form_version}, field="form"))
    if isinstance(at, str) and not _is_moment(at):
        issues.append(Issue("record.moment", {"name": "at", "found": at}, field="at"))
    events = _entries(get("events"), "events", _event_from, issues, required=True)
    signatures = amendments = conflicts = ()
    if (value := get("signatures")) is not None:
        signatures = _entries(value, "signatures", _signature_from, issues)
    if (value := get("amendments")) is not None:
        amendments = _entries(value, "amendments", _amendment_from, issues)
    if (value := get("conflicts")) is not None:
        conflicts = _entries(value, "conflicts", _conflict_from, issues)
    if issues:
        return None, issues
    was = get("was")
    fields = {key: value for key, value in plain.items() if key not in RESERVED}
    return (
        Record(
            cast(str, record_id),
            name,
            int(version),
            cast(str, status),
            cast(str, at),
            cast(str, by),
            fields,
            cast("tuple[Event, ...]", events),
            cast("tuple[Signature, ...]", signatures),
            cast("tuple[Amendment, ...]", amendments),
            cast("tuple[Conflict, ...]", conflicts),
            was if isinstance(was, str) else None,
        ),
        [],
    )


def _entries(value: Stored, name: str, read: object, issues: list[Issue], *, required: bool = False) -> tuple:  # type: ignore[type-arg]
    if value is None or value == []:
        if required:
            issues.append(Issue("record.no-events", {}, field=name))
        return ()
    if not isinstance(value, list):
        issues.append(Issue("record.not-a-list", {"name": name}, field=name))
        return ()
    found = []
    for number_, entry in enumerate(value, 1):
        place = f"{name}.{number_}"
        if not isinstance(entry, dict):
            issues.append(Issue("record.not-a-mapping", {"name": place}, field=place))
            continue
        item = read(entry, place, issues)  # type: ignore[operator]
        if item is not None:
            found.append(item)
    return tuple(found)


def _event_from(entry: dict[str, Stored], place: str, issues: list[Issue]) -> Event | None:
    get = entry.get
    at, by, step, given = get("at"), get("by"), get("step"), get("set")
    if not (at and type(by) is str and by and type(step) is str and step and _is_moment(at)):
        if not _wellformed(entry, ("at", "by", "step"), place, issues):
            return None
    elif len(entry) == 3:  # most events say nothing else
        return Event(cast(str, at), by, step)
    if given is not None and not isinstance(given, dict):
        issues.append(Issue("record.not-a-mapping", {"name": f"{place}.set"}, field=f"{place}.set"))
        return None
    recorded = get("recorded")
    if recorded is not None and not _is_moment(recorded):
        issues.append(
            Issue("record.moment", {"name": "recorded", "found": str(recorded)}, field=f"{place}.recorded")
        )
        return None
    extra = {key: value for key, value in entry.items() if key not in _EVENT_KEYS} if len(entry) > 3 else {}
    return Event(
        cast(str, at),
        cast(str, by),
        cast(str, step),
        cast("str | None", recorded),
        cast("str | None", get("reason")),
        cast("str | None", get("approved_by")),
        cast("str | None", get("source")),
        given or {},
        extra,
    )


def _signature_from(entry: dict[str, Stored], place: str, issues: list[Issue]) -> Signature | None:
    if not _wellformed(entry, ("at", "by", "as", "events", "sha256"), place, issues):
        return None
    count = cast(str, entry["events"])
    if not count.isdigit():
        issues.append(Issue("record.not-a-number", {"name": f"{place}.events", "found": count}, field=place))
        return None
    return Signature(
        cast(str, entry["at"]),
        cast(str, entry["by"]),
        cast(str, entry["as"]),
        int(count),
        cast(str, entry["sha256"]),
        cast("str | None", entry.get("name")),
        cast("str | None", entry.get("recorded")),
        {key: value for key, value in entry.items() if key not in _SIGNATURE_KEYS},
    )


def _amendment_from(entry: dict[str, Stored], place: str, issues: list[Issue]) -> Amendment | None:
    if not _wellformed(entry, ("at", "by", "field", "reason"), place, issues):
        return None
    return Amendment(
        cast(str, entry["at"]),
        cast(str, entry["by"]),
        cast(str, entry["field"]),
        entry.get("from"),
        entry.get("to"),
        cast(str, entry["reason"]),
        cast("str | None", entry.get("approved_by")),
        cast("str | None", entry.get("recorded")),
        {key: value for key, value in entry.items() if key not in _AMENDMENT_KEYS},
    )


def _conflict_from(entry: dict[str, Stored], place: str, issues: list[Issue]) -> Conflict | None:
    what, field = entry.get("what"), entry.get("field")
    if not isinstance(what, str) or not isinstance(field, str):
        missing = "field" if isinstance(what, str) else "what"
        issues.append(Issue("record.entry-missing", {"name": missing, "place": place}, field=f"{place}.{missing}"))
        return None
    before = len(issues)
    for name in ("kept_at", "other_at"):
        if (at := entry.get(name)) is not None and not _is_moment(at):
            issues.append(Issue("record.moment", {"name": name, "found": str(at)}, field=f"{place}.{name}"))
    if len(issues) > before:
        return None
    texts = {name: text for name in _CONFLICT_TEXTS if isinstance(text := entry.get(name), str)}
    return Conflict(
        what,
        field,
        entry.get("kept"),
        entry.get("other"),
        texts.get("kept_at"),
        texts.get("kept_by"),
        texts.get("other_at"),
        texts.get("other_by"),
        {key: value for key, value in entry.items() if key not in _CONFLICT_KEYS},
    )


def _wellformed(entry: Mapping[str, Stored], names: tuple[str, ...], place: str, issues: list[Issue]) -> bool:
    before = len(issues)
    for name in names:
        value = entry.get(name)
        if not isinstance(value, str) or not value:
            issues.append(
                Issue("record.entry-missing", {"name": name, "place": place}, field=f"{place}.{name}")
            )
        elif name == "at" and not _is_moment(value):
            issues.append(Issue("record.moment", {"name": name, "found": value}, field=f"{place}.{name}"))
    return len(issues) == before


def _is_moment(text: Stored) -> bool:
    if not isinstance(text, str) or len(text) < 20 or text[10] != "T":
        return False
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    # Of other centuries no calendar knows anything, and counting its days there and back has no end.
    return moment.tzinfo is not None and FIRST_YEAR <= moment.year <= LAST_YEAR


def _event_plain(event: Event) -> dict[str, Stored]:
    plain: dict[str, Stored] = {"at": event.at, "by": event.by, "step": event.step}
    for name in ("recorded", "reason", "approved_by", "source"):
        value = getattr(event, name)
        if value is not None:
            plain[name] = value
    if event.set:
        plain["set"] = dict(event.set)
    plain.update(event.extra)
    return plain


def _signature_plain(signature: Signature) -> dict[str, Stored]:
    plain: dict[str, Stored] = {"at": signature.at, "by": signature.by, "as": signature.meaning}
    if signature.name is not None:
        plain["name"] = signature.name
    if signature.recorded is not None:
        plain["recorded"] = signature.recorded
    plain["events"] = str(signature.events)
    plain["sha256"] = signature.sha256
    plain.update(signature.extra)
    return plain


def _amendment_plain(amendment: Amendment) -> dict[str, Stored]:
    plain: dict[str, Stored] = {
        "at": amendment.at,
        "by": amendment.by,
        "field": amendment.field,
        "from": amendment.old,
        "to": amendment.new,
        "reason": amendment.reason,
    }
    for name in ("approved_by", "recorded"):
        value = getattr(amendment, name)
        if value is not None:
            plain[name] = value
    plain.update(amendment.extra)
    return plain


def conflict_plain(conflict: Conflict) -> dict[str, Stored]:
    """The mapping that a line of ``conflicts`` is in a file."""
    plain: dict[str, Stored] = {"what": conflict.what, "field": conflict.field}
    plain |= {"kept": conflict.kept, "other": conflict.other}
    for name in _CONFLICT_TEXTS:
        value = getattr(conflict, name)
        if value is not None:
            plain[name] = value
    plain.update(conflict.extra)
    return plain
