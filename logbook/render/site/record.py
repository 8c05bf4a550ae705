"""What stands on the page of a record: its values, what happened, and who changed which field when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from logbook.core.builtin import all_steps
from logbook.core.builtin import built_in_steps
from logbook.core.builtin import with_fields
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Step
from logbook.core.moments import from_epoch
from logbook.core.record import Stored
from logbook.core.sitepages import Facts
from logbook.core.sitepages import Frame
from logbook.core.sitepages import link
from logbook.core.sitepages import record_href
from logbook.core.values import shown
from logbook.locale.catalogue import duration
from logbook.render.porcelain import MASK
from logbook.render.porcelain import mask_path
from logbook.render.record_page import CLOCKS
from logbook.render.site.words import WORDS

_TONES = {"overdue": "bad", "breached": "bad", "pause_expired": "warn", "soon": "warn", "met": "good"}
# A text, and where it leads.
Cell = tuple[str, "str | None"]
_ACTIONS = {"add", "amend", "void", "sign", "import", "init"}


class RecordWords:
    """Puts one record after the other into words, for the layout to set."""

    def __init__(self, frame: Frame, words: Mapping[str, str]) -> None:
        self._frame = frame
        self._lang = frame.lang
        self._words = words
        self._masked = False
        self._steps: dict[tuple[str, int], Mapping[str, Step]] = {}
        self._widened: dict[tuple[str, int, str], tuple[Step | None, Form]] = {}

    def tell(self, facts: Facts) -> dict[str, Any]:
        """Everything the layout names, as plain text; masked where it is private."""
        form, state, record = facts.form, facts.state, facts.state.record
        self._masked = False
        status = form.states.get(state.status)
        told: dict[str, Any] = {
            "id": record.id,
            "title": form.title.say(self._lang),
            "status": self._words["voided"] if state.voided else status.say(self._lang) if status else state.status,
            "tone": "" if state.final or not form.final else "warn",
            "about": facts.row.title,
            "path": facts.row.path,
            "notes": self._notes(facts),
            "pairs": self._pairs(facts),
            "tables": self._tables(facts),
            "events": [self._event(facts, one) for one in state.events],
            "clocks": [self._clock(form, one) for one in facts.clocks],
            "signatures": self._signatures(facts),
            "amendments": [self._amendment(facts, one) for one in record.amendments],
            "history": [self._entry(facts, one) for one in reversed(facts.history)],
        }
        told["masked"] = self._masked
        return told

    # --- values -----------------------------------------------------------------------------------

    def _open(self, facts: Facts, path: str, value: Stored) -> Stored:
        """A value as anybody may see it: masked where its form, or the newest version of it, calls it private."""
        seen = mask_path(facts.form, path, value)
        if facts.newest is not facts.form:
            seen = mask_path(facts.newest, path, seen)
        if seen != value:
            self._masked = True
        return seen

    def _text(self, field: Field | None, value: Stored) -> str:
        if value is None or value == "":
            return ""
        if field is not None and field.type == "staff" and isinstance(value, str):
            return self._name(value)
        if field is not None:
            return str(shown(field, value, self._lang))
        if isinstance(value, dict):
            return "; ".join(f"{name}: {self._text(None, cell)}" for name, cell in value.items())
        if isinstance(value, list):
            return ", ".join(self._text(None, one) for one in value)
        return value

    def _name(self, staff: str) -> str:
        return self._frame.names.get(staff, staff)

    def _notes(self, facts: Facts) -> list[str]:
        record = facts.state.record
        notes = [self._words["was"].format(was=record.was)] if record.was else []
        if record.conflicts:
            from logbook.core.merging import unsettled

            places = [self._place(facts.form, one.field) for one in unsettled(record)]
            if places:
                notes.append(f"{self._words['conflict']}: {', '.join(places)}")
        return notes

    def _pairs(self, facts: Facts) -> list[tuple[str, str, str | None]]:
        form, state = facts.form, facts.state
        labels = {field.holds: field.label.say(self._lang) for field in form.fields.values() if field.holds}
        pairs: list[tuple[str, str, str | None]] = [
            (labels.get("at", self._words["at"]), _short(state.at), None),
            (labels.get("by", self._words["by"]), self._name(state.by), None),
        ]
        values = {**state.fields, **facts.derived}
        for name in (*form.fields, *(one for one in values if one not in form.fields)):
            field, value = form.fields.get(name), values.get(name)
            if value in (None, "", [], {}) or (field is not None and field.holds in ("at", "by", "id")):
                continue
            if field is not None and field.type == "list":
                continue
            seen = self._open(facts, name, value)
            if field is not None and field.type == "checklist" and isinstance(seen, dict):
                pairs.append((field.label.say(self._lang), _answers(field, seen, self._lang), None))
                continue
            is_reference = field is not None and field.type == "ref" and seen == value
            path = facts.places.get(value) if is_reference and isinstance(value, str) else None
            href = link(record_href(path)) if path else None
            pairs.append((field.label.say(self._lang) if field else name, self._text(field, seen), href))
        return pairs

    def _tables(self, facts: Facts) -> list[tuple[str, list[str], list[list[Cell]]]]:
        tables = []
        for field in facts.form.fields.values():
            value = facts.state.fields.get(field.id)
            if field.type != "list" or not isinstance(value, list) or not value:
                continue
            rows = [row for row in self._open_list(facts, field.id, value) if isinstance(row, dict)]
            names = [name for name in field.columns if any(row.get(name) not in (None, "") for row in rows)]
            names += [name for name in dict.fromkeys(one for row in rows for one in row) if name not in field.columns]
            heads = [field.columns[one].label.say(self._lang) if one in field.columns else one for one in names]
            cells = [[self._cell(facts, field.columns.get(one), row.get(one)) for one in names] for row in rows]
            if rows:
                tables.append((field.label.say(self._lang), heads, cells))
            else:
                seen = self._open_list(facts, field.id, value)
                tables.append((field.label.say(self._lang), [""], [[(self._text(None, one), None)] for one in seen]))
        return tables

    def _cell(self, facts: Facts, column: Field | None, value: Stored) -> Cell:
        is_reference = column is not None and column.type == "ref"
        path = facts.places.get(value) if is_reference and isinstance(value, str) else None
        return self._text(column, value), link(record_href(path)) if path else None

    def _open_list(self, facts: Facts, name: str, value: list[Stored]) -> list[Any]:
        seen = self._open(facts, name, value)
        return seen if isinstance(seen, list) else [seen]

    # --- what happened --------------------------------------------------------------------------------

    def _event(self, facts: Facts, event: Any) -> tuple[str, str, str, list[str], list[tuple[str, str]]]:
        step, form = self._step(facts.form, event.step)
        notes = []
        if event.recorded:
            notes.append(self._words["recorded"].format(at=_short(event.recorded)))
        if event.approved_by:
            notes.append(self._words["approved"].format(who=self._name(event.approved_by)))
        if event.reason:
            notes.append(event.reason)
        values = []
        for path, value in event.set.items():
            field = form.fields.get(path.rstrip("+").split(".")[0])
            whole = field if "." not in path else self._at_path(form, path)
            if field is not None and field.type == "list" and path.endswith("+") and isinstance(value, dict):
                value = [value]  # a row appended
            seen = self._open(facts, path, value)
            values.append((self._place(form, path.rstrip("+")), self._text(whole, seen)))
        label = step.label.say(self._lang) if step else self._words.get(event.step, event.step)
        return _short(event.at), label, self._name(event.by), notes, values

    def _step(self, form: Form, name: str) -> tuple[Step | None, Form]:
        """A step of a form, and the form with the fields a built-in one brings."""
        key = (form.name, form.version, name)
        known = self._widened.get(key)
        if known is None:
            built_in = built_in_steps(form).get(name)
            step = form.steps.get(name, built_in)
            own = with_fields(form, built_in) if step is built_in and built_in is not None else form
            known = self._widened[key] = (step, own)
        return known

    def _all_steps(self, form: Form) -> Mapping[str, Step]:
        key = (form.name, form.version)
        if key not in self._steps:
            self._steps[key] = all_steps(form)
        return self._steps[key]

    def _clock(self, form: Form, clock: Any) -> dict[str, str]:
        definition = form.clocks.get(clock.clock)
        state = CLOCKS.get(clock.state)
        stopped = clock.stopped is not None
        late = ""
        if stopped and clock.overdue_seconds:
            late = self._words["late_by"].format(span=duration(timedelta(seconds=clock.overdue_seconds), self._lang))
        return {
            "label": definition.label.say(self._lang) if definition else clock.clock,
            "started": self._moment(clock.started), "due": self.due(clock.due),
            "stopped": self._moment(clock.stopped) if stopped else "", "late": late,
            "state": state.say(self._lang) if state else clock.state, "tone": _TONES.get(clock.state, ""),
        }  # fmt: skip

    def _moment(self, epoch: int) -> str:
        return from_epoch(epoch, self._frame.zone).strftime("%Y-%m-%d %H:%M")

    def due(self, epoch: int | None) -> str:
        """A due instant for people: midnight is the end of the day before."""
        if epoch is None:
            return ""
        told = self._moment(epoch)
        return f"{self._moment(epoch - 60)[:10]} 24:00" if told.endswith("00:00") else told

    def _signatures(self, facts: Facts) -> list[tuple[str, str, str, bool]]:
        lines = []
        for one, stale in zip(facts.state.record.signatures, facts.stale, strict=True):
            place = facts.form.signatures.get(one.meaning)
            if one.name:
                self._masked = True
            who = MASK if one.name else self._name(one.by)
            lines.append((_short(one.at), place.label.say(self._lang) if place else one.meaning, who, stale))
        return lines

    def _amendment(self, facts: Facts, one: Any) -> dict[str, str]:
        field = self._at_path(facts.form, one.field)
        return {
            "at": _short(one.at), "by": self._name(one.by), "field": self._place(facts.form, one.field),
            "old": self._text(field, self._open(facts, one.field, one.old)),
            "new": self._text(field, self._open(facts, one.field, one.new)), "reason": one.reason or "",
        }  # fmt: skip

    # --- who changed what -------------------------------------------------------------------------------

    def _entry(self, facts: Facts, entry: Any) -> tuple[str, str, str, str, str, int, list[tuple[str, str, str]]]:
        form = facts.form
        changes = [part for change in entry.changes for part in change.inside or (change,)]
        lines = [
            (self._place(form, name), self._change(facts, name, old), self._change(facts, name, new))
            for name, old, new in ((one.field, one.old, one.new) for one in changes)
        ]
        if not entry.readable:
            lines = [(self._words["unreadable"], "", "")]
        lines = lines or [("", "", "")]
        return (
            f"{entry.at:%Y-%m-%d %H:%M}", entry.author, self._action(form, entry.action), entry.reason or "",
            entry.commit, len(lines), lines,
        )  # fmt: skip

    def _change(self, facts: Facts, path: str, value: Stored) -> str:
        if value is None:
            return ""
        form = facts.form
        if path == "status" and isinstance(value, str):
            label = form.states.get(value)
            return self._words["voided"] if value == "voided" else label.say(self._lang) if label else value
        if path == "by" and isinstance(value, str):
            return self._name(value)
        if path == "at" and isinstance(value, str):
            return _short(value)
        if path == "signatures" and isinstance(value, str):
            meaning, _, who = value.partition(" ")
            place = form.signatures.get(meaning)
            return f"{place.label.say(self._lang) if place else meaning} {self._name(who)}"
        seen = self._open(facts, path, value)
        field = self._at_path(form, path)
        if field is not None and field.type == "checklist" and isinstance(seen, dict):
            return _answers(field, seen, self._lang)
        top = form.fields.get(path.partition(".")[0])
        if field is None and top is not None and isinstance(seen, dict):  # a row that came or went
            labels = {name: column.label.say(self._lang) for name, column in top.columns.items()}
            return "; ".join(
                f"{labels.get(name, name)}: {self._text(top.columns.get(name), cell)}" for name, cell in seen.items()
            )
        return self._text(field, seen)

    def _action(self, form: Form, action: str) -> str:
        step = self._all_steps(form).get(action)
        if step is not None:
            return step.label.say(self._lang)
        if action == "open":
            return self._words["edit"]
        return self._words[action] if action in _ACTIONS else action

    def _place(self, form: Form, path: str) -> str:
        """What people call the place of a value: ``经过 2 内容`` of ``entries.2.content``."""
        name, *rest = path.split(".")
        field = form.fields.get(name)
        if field is None:
            known = name in ("status", "at", "by", "id", "title", "signatures")
            step = self._all_steps(form).get(name) if rest else None
            head = step.label.say(self._lang) if step else WORDS[name].say(self._lang) if known else name
            return " ".join((head, *rest))
        words = [field.label.say(self._lang)]
        for word in rest:
            column = field.columns.get(word)
            words.append(column.label.say(self._lang) if column is not None else word)
        return " ".join(words)

    def _at_path(self, form: Form, path: str) -> Field | None:
        """The field or column a path names; None for a row and for what is no field."""
        name, dot, rest = path.partition(".")
        field = form.fields.get(name)
        if field is None or not dot:
            return field
        return field.columns.get(rest.partition(".")[2])


def _answers(field: Field, value: Mapping[str, Stored], lang: str) -> str:
    """A checklist: the sum, then what stands beside an answer."""
    told = [str(shown(field, dict(value), lang))]
    for item, answer in value.items():
        if isinstance(answer, dict):
            more = [str(one) for name, one in answer.items() if name != "result" and one not in (None, "")]
            if more:
                told.append(f"{item}: {', '.join(more)}")
    return "\n".join(told)


def _short(text: str) -> str:
    return text[:16].replace("T", " ")
