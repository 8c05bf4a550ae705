"""What a report's values look like to people: numbers rounded, choices, records and states by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from typing import cast

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.reporting import Cell
from logbook.core.reporting import Named
from logbook.core.reportplan import ColumnPlan
from logbook.core.rules import nodes as n
from logbook.core.rules import quantities as q
from logbook.core.secret import MASK
from logbook.core.secret import Unread
from logbook.core.text import Text
from logbook.reports.gathering import Gathering
from logbook.reports.records import Seen

_PER = {"days": 86400, "hours": 3600, "minutes": 60}
_ID = re.compile(r"[a-z][a-z0-9_]*")


class Cells(Gathering):
    """The values of one report as its cells show them."""

    def figure(self, value: Any, column: ColumnPlan) -> Cell:
        """What a figure comes to, as its column shows it."""
        kind = None
        if column.fold is not None and column.fold.of is not None and column.fold.kind in ("first", "last"):
            kind = column.own_kind
        return self.cell(value, column.type, kind, column.places, None)

    def cell(self, value: Any, type_: str, kind: Any, places: int | None, form: Form | None) -> Cell:
        if value is None or value == ():
            return None
        if isinstance(value, Unread):
            return MASK
        if isinstance(value, timedelta):
            unit = type_ if type_ in _PER else "hours"
            seconds = Decimal(value.days * 86400 + value.seconds)
            return _rounded(seconds / _PER[unit], 1 if places is None else places)
        if q.is_number(value):
            return self._number(q.plain(value), type_, places)
        if isinstance(value, datetime):
            return value.astimezone(self.zone) if value.tzinfo is not None else value
        if isinstance(value, (date, time, bool, Text)):
            return value
        if q.is_record(value):
            return self.record_label(value)
        if isinstance(value, (tuple, list)):
            return "、".join(str(self._said(self.cell(one, "text", kind, None, form))) for one in value)
        return self.word(str(value), kind, form)

    def _said(self, cell: Cell) -> Cell:
        return cell.say(self.session.lang) if isinstance(cell, (Text, Named)) else cell

    def _number(self, value: Any, type_: str, places: int | None) -> Cell:
        if type_ == "int" and isinstance(value, int):
            return value
        default = {"money": 2, "percent": 1, "days": 1, "hours": 1, "minutes": 0, "int": 0}.get(type_)
        if places is None and default is None:
            if isinstance(value, int):
                return value
            shown = _rounded(value, 2)
            return int(shown) if shown == shown.to_integral_value() else shown.normalize()
        exact = _rounded(value, places if places is not None else default or 0)
        return int(exact) if type_ == "int" and not places else exact

    def word(self, text: str, kind: Any, form: Form | None) -> Cell:
        """An id or a choice in people's words."""
        if kind is None:
            return text
        if kind.type == "state":
            for one in [form, *kind.forms] if form is not None else kind.forms:
                if text in one.states:
                    return Named(text, one.states[text])
            return text
        field = kind.field
        if kind.type in ("choice", "multichoice") and field is not None and text in field.choices:
            return Named(text, field.choices[text])
        if kind.type == "bool":
            return text == "true"
        if kind.type in ("staff", "ref"):
            world = self.world(self.session.now)
            targets = ("staff",) if kind.type == "staff" else field.target if field is not None else ()
            name = text.rpartition("/")[2]
            for target in targets:
                found = world.find(target, name)
                if found is not None:
                    return self.record_label(found)
            return name
        return self.meant(text, field) if _ID.fullmatch(text) else text

    def meant(self, text: str, field: Any) -> Cell:
        """A text that is an id of something with a name: a line of a checklist, a choice worked out of others."""
        line = self.lines.get(text)
        if line is not None and (text[-1].isdigit() or (field is not None and field.id == "item")):
            return Named(text, line)
        choices = self.choices_of(field) if field is not None and field.derived is not None else {}
        return Named(text, choices[text]) if text in choices else text

    @cached_property
    def lines(self) -> Mapping[str, Text]:
        """What the lines of all checklists are called."""
        return {id: line.label for each in self.session.library.checklists.values() for id, line in each.items.items()}

    def choices_of(self, field: Field) -> Mapping[str, Text]:
        """The choices of the field a computed text is taken from."""
        from logbook.core.rules import Where
        from logbook.core.rules.kinds import Kind
        from logbook.core.rules.kinds import Place
        from logbook.core.rules.names import Names

        known = self._choices.get(field.id)
        if known is None:
            known = {}
            for form in self.forms_of_plan():
                if form.fields.get(field.id) == field and field.derived is not None:
                    place = Place(Kind("record", forms=(form,)))
                    kind = Names(form, self.library, Where()).sum(cast("n.Sum", field.derived.node), place)
                    if kind is not None and kind.field is not None:
                        known = kind.field.choices
                        break
            self._choices[field.id] = known
        return known

    def forms_of_plan(self) -> Iterator[Form]:
        """The forms this report goes through, and those their records and rows point at."""
        for part in self.plan.parts:
            for items in (part.source, part.lists, *(column.fold.items for column in part.columns if column.fold)):
                for name in items.forms if items is not None else ():
                    form = self.library.forms[name]
                    yield form
                    fields = [*form.fields.values()]
                    fields += [column for field in fields for column in field.columns.values()]
                    targets = (target for field in fields if field.type == "ref" for target in field.target)
                    yield from (self.library.forms[target] for target in targets if target in self.library.forms)

    def record_label(self, record: Any) -> Named:
        """A record in a cell: a person's or a thing's name, else its number."""
        form = record.form
        first = form.fields.get(form.subject[0]) if form.subject else None
        title = record.row.title if isinstance(record, Seen) else ""
        if form.register and title and first is not None and first.type == "text" and not first.private:
            return Named(record.id, Text(title, title))
        return Named(record.id, Text(record.id, record.id))


def _rounded(value: Any, places: int) -> Decimal:
    exact = q.rounded(value, places)
    return Decimal(exact) if not isinstance(exact, Decimal) else exact  # type: ignore[arg-type]
