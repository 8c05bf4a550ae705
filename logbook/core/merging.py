"""Two versions of one record become one, field by field: a pure function of both and of what they came from.

It does not matter who merges: the two sides are put in the order of their text before anything is looked at.
Where both sides changed one value, the one recorded later stays in its place and the other is kept under
``conflicts``; nothing either side ever said is gone afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from typing import cast

from logbook.core.form import Form
from logbook.core.lifecycle import AMEND
from logbook.core.lifecycle import EVENT_ONLY
from logbook.core.lifecycle import VOIDED
from logbook.core.lifecycle import get_path
from logbook.core.record import HEADER
from logbook.core.record import TAIL
from logbook.core.record import Conflict
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.value import frozen

Plain = Mapping[str, Stored]
Row = dict[str, Stored]
LISTS = ("events", "signatures", "amendments", "conflicts")
_VOID = ("void", VOIDED)
_LONG_AGO = float("-inf")


class _Absent:
    """What stands where nothing does: not even an empty value."""


_ABSENT = _Absent()
_Value = Any  # Stored or _ABSENT


@frozen
class Merged:
    """The record both sides agree on, and the lines this merge added to its ``conflicts``."""

    plain: dict[str, Stored]
    conflicts: tuple[Row, ...] = ()


def merge_records(base: Plain | None, ours: Plain, theirs: Plain, *, form: Form | None = None) -> Merged:
    """``ours`` and ``theirs``, which both came from ``base`` (None: nothing), as one record.

    The mappings are as the codec reads them. ``form`` says what steps lead to: with it the status is derived
    from the merged events and steps that both sides took from one state are told. Who is ours and who is theirs
    makes no difference to the result.
    """
    if ours == theirs:
        return Merged(dict(ours))
    return _Merging(base or {}, ours, theirs, form).merged()


def merge_values(base: Stored, first: Stored, second: Stored, *, prefer_first: bool) -> tuple[Stored, list[str]]:
    """Two versions of a settings file as one, key by key, and the places both changed to different values;
    there the first version counts, or the second."""
    places: list[str] = []

    def clash(path: str, one: _Value, two: _Value) -> _Value:
        places.append(path)
        return one if prefer_first else two

    merged = _three(base, first, second, "", clash, _rows_at_the_end, depth=99)
    return (None if merged is _ABSENT else cast(Stored, merged)), places


def creation(plain: Plain) -> str | None:
    """What tells a record from another of the same number: its form and its first event; None where it has none."""
    events = plain.get("events")
    if not isinstance(events, list) or not events:
        return None
    form = plain.get("form")
    return text_of([form.partition("@")[0] if isinstance(form, str) else form, events[0]])


def text_of(value: object) -> str:
    """One text for one value, to compare by."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def related(one: str, two: str) -> bool:
    """Whether a change at one path is a change at the other: the same, or one holds the other."""
    one, two = one.rstrip("+"), two.rstrip("+")
    return one == two or one.startswith(two + ".") or two.startswith(one + ".")


# --------------------------------------------------------------------------- what is still to be settled


def unsettled(record: Record) -> tuple[Conflict, ...]:
    """The conflicts nobody has settled: a correction of that place made after both sides settles it. Nobody need
    decide between values of a cancelled record."""
    return tuple(one for one in record.conflicts if not _is_settled(record, one))


def _is_settled(record: Record, conflict: Conflict) -> bool:
    if record.status == VOIDED and conflict.what != "steps":
        return True
    last = max(_seconds(conflict.kept_at), _seconds(conflict.other_at))
    return any(
        _seconds(one.recorded or one.at) > last
        for one in record.amendments
        if not conflict.field or related(one.field, conflict.field)
    )


def done_at_once(record: Record) -> float:
    """Until when (seconds since 1970) steps out of order are two desks' steps at once and no fault of the text."""
    return max(
        (max(_seconds(c.kept_at), _seconds(c.other_at)) for c in record.conflicts if c.what == "steps"),
        default=_LONG_AGO,
    )


# --------------------------------------------------------------------------- one side


class _Side:
    """One version of the record, and what it has that the base had not."""

    def __init__(self, base: Plain, plain: Plain) -> None:
        self.plain = plain
        self.text = text_of(plain)
        self.new = {name: _without(_entries(plain, name), _entries(base, name)) for name in LISTS}
        self.sets: dict[str, tuple[int, Stored]] = {}
        for number, event in enumerate(self.new["events"]):
            for path, value in _set_of(event).items():
                self.sets[path] = (number, value)

    def touched(self, path: str) -> tuple[str | None, str | None]:
        """When and by whom this side last changed what stands at ``path``, as far as the record tells."""
        hits = [one for one in self.new["amendments"] if related(str(one.get("field")), path)]
        hits += [one for one in self.new["events"] if any(related(name, path) for name in _set_of(one))]
        return _last(hits or self.new["amendments"] + self.new["events"] or _entries(self.plain, "events"))

    def steps(self) -> list[Row]:
        """The steps this side took, corrections left out."""
        return [event for event in self.new["events"] if event.get("step") != AMEND]


def _entries(plain: Plain, name: str) -> list[Row]:
    value = plain.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _set_of(event: Row) -> Mapping[str, Stored]:
    given = event.get("set")
    return given if isinstance(given, dict) else {}


def _without(rows: Sequence[Row], known: Sequence[Row]) -> list[Row]:
    """``rows`` that are not among ``known``, each as often as it comes more."""
    left = list(_named(known))
    names = set(left)
    return [row for name, row in zip(_named(rows), rows, strict=True) if name not in names]


def _named(rows: Iterable[object]) -> Iterator[tuple[str, int]]:
    """A name for each row: its text, and the how-manieth of that text it is."""
    seen: dict[str, int] = {}
    for row in rows:
        text = text_of(row)
        seen[text] = seen.get(text, 0) + 1
        yield text, seen[text]


def _last(rows: Sequence[Row]) -> tuple[str | None, str | None]:
    if not rows:
        return None, None
    row = max(rows, key=_when)
    at, by = row.get("recorded") or row.get("at"), row.get("by")
    return at if isinstance(at, str) else None, by if isinstance(by, str) else None


def _when(row: Mapping[str, Stored]) -> float:
    """When a line of a list was written down."""
    if "what" in row:
        return max(_seconds(row.get("kept_at")), _seconds(row.get("other_at")))
    return _seconds(row.get("recorded") or row.get("at"))


def _seconds(text: Stored) -> float:
    if not isinstance(text, str):
        return _LONG_AGO
    try:
        moment = datetime.fromisoformat(text)
        return moment.timestamp() if moment.tzinfo is not None else _LONG_AGO
    except (ValueError, OverflowError):
        return _LONG_AGO


# --------------------------------------------------------------------------- values


Clash = Callable[[str, _Value, _Value], _Value]


def _three(
    base: _Value,
    first: _Value,
    second: _Value,
    path: str,
    clash: Clash,
    more: Callable[[str, list[Stored], list[Stored]], list[Stored]],
    *,
    depth: int,
) -> _Value:
    """The three-way merge of one value. ``depth``: how many levels of mappings are still merged key by key."""
    if first == second or second == base:
        return first
    if first == base:
        return second
    if depth and isinstance(first, dict) and isinstance(second, dict):
        known = base if isinstance(base, dict) else {}
        merged: dict[str, Stored] = {}
        for name in (*first, *(name for name in second if name not in first)):
            one, two = first.get(name, _ABSENT), second.get(name, _ABSENT)
            place = f"{path}.{name}" if path else name
            value = _three(known.get(name, _ABSENT), one, two, place, clash, more, depth=depth - 1)
            if value is not _ABSENT:
                merged[name] = value
        return merged
    if isinstance(first, list) and isinstance(second, list):
        known_rows = base if isinstance(base, list) else []
        if _are_words(first) and _are_words(second) and _are_words(known_rows):
            return _words(known_rows, first, second)
        if min(len(first), len(second)) >= len(known_rows):
            count = len(known_rows)
            rows = [
                _three(old, one, two, f"{path}.{number}", clash, more, depth=1)
                for number, (old, one, two) in enumerate(zip(known_rows, first, second, strict=False), 1)
            ]
            return rows + more(path, first[count:], second[count:])
    return clash(path, first, second)


def _are_words(rows: list[Stored]) -> bool:
    return all(isinstance(one, str) for one in rows) and len(set(map(str, rows))) == len(rows)


def _words(base: list[Stored], first: list[Stored], second: list[Stored]) -> list[Stored]:
    """A set of words (choices, files): what either took away is gone, what either added is there."""
    kept = [one for one in base if one in first and one in second]
    added = [one for one in (*first, *second) if one not in base]
    return [*kept, *dict.fromkeys(cast("list[str]", added))]


def _rows_at_the_end(_path: str, first: list[Stored], second: list[Stored]) -> list[Stored]:
    """Rows both sides appended; the same row comes once."""
    known = set(_named(first))
    return [*first, *(row for name, row in zip(_named(second), second, strict=True) if name not in known)]


def _weave(first: list[Row], second: list[Row]) -> list[Row]:
    """Both lists as one, each in its own order, otherwise by time; what both have comes once."""
    names, others = list(_named(first)), list(_named(second))
    in_first, in_second = set(names), set(others)
    woven: list[Row] = []
    done: set[tuple[str, int]] = set()
    i = j = 0
    while i < len(first) or j < len(second):
        if i < len(first) and names[i] in done:
            i += 1
        elif j < len(second) and others[j] in done:
            j += 1
        elif j == len(second) or (i < len(first) and names[i] == others[j]):
            woven.append(first[i])
            done.add(names[i])
            i += 1
        elif i == len(first):
            woven.append(second[j])
            done.add(others[j])
            j += 1
        else:
            # What both have waits until either side has come to it.
            waits, other_waits = names[i] in in_second, others[j] in in_first
            if waits != other_waits:
                take_first = other_waits
            else:
                take_first = (_when(first[i]), names[i]) <= (_when(second[j]), others[j])
            row, name = (first[i], names[i]) if take_first else (second[j], others[j])
            woven.append(row)
            done.add(name)
            if take_first:
                i += 1
            else:
                j += 1
    return woven


# --------------------------------------------------------------------------- the record


class _Merging:
    """One merge of one record."""

    def __init__(self, base: Plain, ours: Plain, theirs: Plain, form: Form | None) -> None:
        self.base = base
        self.form = form
        self.first, self.second = sorted((_Side(base, ours), _Side(base, theirs)), key=lambda side: side.text)
        self.rows: list[Row] = []

    def merged(self) -> Merged:
        first, second = self.first.plain, self.second.plain
        lists = {name: _weave(_entries(first, name), _entries(second, name)) for name in LISTS}
        events = lists["events"]
        header = self._header(events)
        plain: dict[str, Stored] = {}
        for name in self._names():
            if name in header:
                plain[name] = header[name]
                continue
            old, one, two = (side.get(name, _ABSENT) for side in (self.base, first, second))
            value = _three(old, one, two, name, self._clash, self._appended, depth=1)
            if value is not _ABSENT:
                plain[name] = value
        self._clashing_events(events)
        self._steps(events)
        known = set(map(text_of, lists["conflicts"]))
        added = [row for row in sorted(self.rows, key=text_of) if text_of(row) not in known]
        lists["conflicts"] += [row for place, row in enumerate(added) if row not in added[:place]]
        for name in LISTS:
            if lists[name] or (name in first and name in second):
                plain[name] = cast(Stored, lists[name])
        was = second.get("was", _ABSENT) if "was" not in first else first["was"]
        if was is not _ABSENT:
            plain["was"] = cast(Stored, was)
        return Merged(plain, tuple(added))

    def _names(self) -> list[str]:
        """The keys in the order of a file: header, fields, the rest."""
        first, second = self.first.plain, self.second.plain
        present = {name: None for name in (*first, *second) if name not in TAIL}
        fields = self.form.fields if self.form is not None else {}
        ordered = dict.fromkeys(name for name in (*HEADER, *fields) if name in present)
        return [*ordered, *(name for name in present if name not in ordered)]

    # -- values -----------------------------------------------------------------------------

    def _clash(self, path: str, one: _Value, two: _Value) -> _Value:
        """The value recorded later stays, of two at the same time the greater text; the other is kept aside."""
        first, second = self.first.touched(path), self.second.touched(path)
        one_key = (_seconds(first[0]), text_of(_stored(one)))
        two_key = (_seconds(second[0]), text_of(_stored(two)))
        if one_key >= two_key:
            self._note("value", path, one, two, first, second)
            return one
        self._note("value", path, two, one, second, first)
        return two

    def _note(
        self,
        what: str,
        path: str,
        kept: _Value,
        other: _Value,
        kept_by: tuple[str | None, str | None],
        other_by: tuple[str | None, str | None],
    ) -> None:
        row: Row = {"what": what, "field": path, "kept": _stored(kept), "other": _stored(other)}
        for name, (at, by) in (("kept", kept_by), ("other", other_by)):
            if at is not None:
                row[f"{name}_at"] = at
            if by is not None:
                row[f"{name}_by"] = by
        self.rows.append(row)

    def _appended(self, path: str, one: list[Stored], two: list[Stored]) -> list[Stored]:
        """Rows both sides appended: those of the side that wrote first come first."""
        sides = sorted(
            ((one, self.first), (two, self.second)), key=lambda pair: (_seconds(pair[1].touched(path)[0]), pair[1].text)
        )
        rows = _rows_at_the_end(path, sides[0][0], sides[1][0])
        if one and two and one != two and self._counts_rows(path):
            self._note_rows(path)
        return rows

    def _counts_rows(self, path: str) -> bool:
        """Whether either side changed one of the rows it appended by its place (``list.3.column``): that may be
        another row now."""
        count = _count_rows(self.base, path)
        names = [
            name.split(".")
            for side in (self.first, self.second)
            for name in (*side.sets, *(str(one.get("field")) for one in side.new["amendments"]))
            if name.startswith(path + ".")
        ]
        return any(parts[1].isdigit() and int(parts[1]) > count for parts in names)

    def _note_rows(self, path: str) -> None:
        sides = sorted((self.first, self.second), key=lambda side: (_seconds(side.touched(path)[0]), side.text))
        other, kept = (side.touched(path) for side in sides)
        self._note("rows", path, None, None, kept, other)

    # -- events -----------------------------------------------------------------------------

    def _header(self, events: list[Row]) -> dict[str, Stored]:
        """What the header repeats of the events, where both sides did."""
        first, second = self.first.plain, self.second.plain
        header: dict[str, Stored] = {}
        for name in ("at", "by"):
            if all(_told(_entries(one, "events"), name) == one.get(name) for one in (first, second)):
                header[name] = _told(events, name)
        if self.form is not None:
            status = replayed(self.form, events)[0]
            if status:
                header["status"] = status
        elif first.get("status") != second.get("status") and events:
            last = text_of(events[-1])
            for one in (first, second):
                if _entries(one, "events") and text_of(_entries(one, "events")[-1]) == last:
                    header["status"] = one.get("status")
        return header

    def _clashing_events(self, events: list[Row]) -> None:
        """Values that both sides set to something else, at least one of them by an event."""
        order = {name: place for place, name in enumerate(map(text_of, events))}

        def place(side: _Side, path: str) -> int:
            return order.get(text_of(side.new["events"][side.sets[path][0]]), -1)

        for one, (_, mine) in self.first.sets.items():
            for two, (_, yours) in self.second.sets.items():
                if not related(one, two):
                    continue
                if one.endswith("+") and two.endswith("+"):
                    if mine != yours and self._counts_rows(one[:-1]):
                        self._note_rows(one[:-1])
                    continue
                if (one.endswith("+") or two.endswith("+")) and "." in one + two:
                    continue  # a row that was there before, and new ones behind it
                if (one == two and mine == yours) or self._stays_in_event(one):
                    continue
                path = min(one.rstrip("+"), two.rstrip("+"), key=len)
                sides = [(place(self.first, one), mine, self.first), (place(self.second, two), yours, self.second)]
                (_, kept, keeper), (_, other, loser) = sorted(sides, key=lambda side: side[0], reverse=True)
                self._note("value", path, kept, other, keeper.touched(path), loser.touched(path))
        for side, opposite in ((self.first, self.second), (self.second, self.first)):
            for path, (_, value) in side.sets.items():
                if path in HEADER or path.endswith("+") or self._stays_in_event(path):
                    continue
                entered = get_path(opposite.plain, path)
                if entered not in (value, get_path(self.base, path), get_path(side.plain, path)):
                    # An event's value lies over what was entered, whenever that was corrected.
                    self._note("value", path, value, entered, side.touched(path), opposite.touched(path))

    def _stays_in_event(self, path: str) -> bool:
        """Whether a value of that name says something of its event only (``until`` of a pause)."""
        return (self.form is None or path not in self.form.fields) and any(path in own for own in EVENT_ONLY.values())

    def _steps(self, events: list[Row]) -> None:
        """Steps of both sides that could not both be taken one after the other."""
        if self.form is None:
            return
        ours, yours = self.first.steps(), self.second.steps()
        if not ours or not yours:
            return
        before = replayed(self.form, _entries(self.first.plain, "events"))[1]
        before |= replayed(self.form, _entries(self.second.plain, "events"))[1]
        names = [{str(one.get("step")) for one in steps} for steps in (ours, yours)]
        mine, theirs = ([one for one in steps if one not in other] for steps, other in ((ours, yours), (yours, ours)))
        both = names[0] & names[1] & (set(EVENT_ONLY) - set(self.form.steps))
        void = [bool(one & set(_VOID)) for one in names]
        moves = [any(self._moves(step) for step in one) for one in names]
        disorder = replayed(self.form, events)[1] - before
        if not mine or not theirs:
            return
        if disorder or both or (void[0] and moves[1]) or (void[1] and moves[0]):
            order = {name: place for place, name in enumerate(map(text_of, events))}
            last = [max(steps, key=lambda one: order.get(text_of(one), -1)) for steps in (mine, theirs)]
            kept, other = sorted(last, key=lambda one: order.get(text_of(one), -1), reverse=True)
            self._note("steps", "status", kept.get("step"), other.get("step"), _last([kept]), _last([other]))

    def _moves(self, name: str) -> bool:
        step = self.form.steps.get(name) if self.form is not None else None
        return name in _VOID or (step is not None and bool(step.to))


def with_row(plain: Plain, what: str, field: str, kept: Stored, other: Stored) -> dict[str, Stored]:
    """The record with one more line in its ``conflicts``, dated by the last thing written in it."""
    row: Row = {"what": what, "field": field, "kept": kept, "other": other}
    at, by = _last([one for name in ("events", "amendments", "signatures") for one in _entries(plain, name)])
    if at is not None and by is not None:
        row |= {"kept_at": at, "kept_by": by}
    known = _entries(plain, "conflicts")
    new = {name: value for name, value in plain.items() if name not in ("conflicts", "was")}
    new["conflicts"] = [*known, row] if row not in known else list(known)
    if "was" in plain:
        new["was"] = plain["was"]
    return new


def replayed(form: Form, events: Sequence[Mapping[str, Stored]]) -> tuple[str, set[str]]:
    """The status these events lead to, and those of them (as text) that could not be taken when they were."""
    status = ""
    paused = False
    disorder: set[str] = set()
    for number, event in enumerate(events):
        name = str(event.get("step"))
        step = form.steps.get(name)
        if step is None:
            if name in _VOID:
                status = VOIDED
            elif name == "resume" and not paused:
                disorder.add(text_of(event))
            paused = name == "pause" or (paused and name != "resume")
            continue
        if event.get("source") is None and number:
            if step.creates or (status and status not in step.from_):
                disorder.add(text_of(event))
        status = step.to or status
    return status, disorder


def _count_rows(plain: Plain, path: str) -> int:
    """How many rows a list has after all events."""
    value = plain.get(path)
    count = len(value) if isinstance(value, list) else 0
    for event in _entries(plain, "events"):
        for name, given in _set_of(event).items():
            rows = len(given) if isinstance(given, list) else 0
            count = rows if name == path else count + rows if name == path + "+" else count
    return count


def _told(events: Sequence[Mapping[str, Stored]], name: str) -> Stored:
    """The header's ``at`` or ``by`` as the events have it."""
    value: Stored = events[0].get(name) if events else None
    for event in events[1:]:
        value = _set_of(cast(Row, event)).get(name, value)
    return value


def _stored(value: _Value) -> Stored:
    return None if value is _ABSENT else cast(Stored, value)
