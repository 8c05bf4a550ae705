"""Records as typed tables: which columns a form gives, and what a stored value is in them.

Types come from the forms, never from the values: ``007``, room ``1-1-101``, ``1.10``, ``no`` and ``12:30`` are
text in a text field whatever a reader would make of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import UTC
from datetime import date
from datetime import datetime
from decimal import Decimal
from decimal import InvalidOperation
from typing import TYPE_CHECKING
from typing import Any

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.record import Stored
from logbook.core.values import verdict_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

# Field type to column type; every other one is text.
_TYPES = {
    "int": "int64",
    "decimal": "decimal(18,6)",
    "money": "decimal(18,2)",
    "date": "date",
    "datetime": "moment",
    "bool": "bool",
    "multichoice": "texts",
}
RECORD = {
    "id": "text", "status": "text", "at": "moment", "by": "text", "recorded_at": "moment",
    "_version": "int64", "_closed": "bool", "_voided": "bool",
}  # fmt: skip
CLOCK = {
    "_record": "text", "clock": "text", "cycle": "int64", "started": "moment", "due": "moment", "first_due": "moment",
    "stopped": "moment", "state": "text", "strict": "text", "to_role": "text",
}  # fmt: skip
ROW = {"_record": "text", "_row": "int64"}
CHECKLIST = {"item": "text", "result": "text", "remark": "text", "value": "text"}
# Names the tables have for themselves: a field of that name gets a closing underscore.
_TAKEN = frozenset((*RECORD, "site", "form", "month"))
_INT64 = 2**63
_MORE = ("remark", "value")

Columns = Mapping[str, str]


class FormLayout:
    """The tables of one form, all its versions together: ``fields`` and, for each list, its columns, as the name
    of the column to the type, computed ones among them; private ones only where ``private``."""

    def __init__(self, versions: Sequence[Form], *, private: bool) -> None:
        self.fields: dict[str, str] = {}
        self.lists: dict[str, dict[str, str]] = {}
        self.checklists: set[str] = set()
        self._hidden: set[str] = set()
        if not private:
            for form in versions:
                for name, field in form.fields.items():
                    if field.private:
                        self._hidden.add(name)
                    self._hidden |= {f"{name}.{column}" for column, own in field.columns.items() if own.private}
        for form in versions:
            for name, field in form.fields.items():
                if name not in self._hidden:
                    self._add(name, field)

    def _add(self, name: str, field: Field) -> None:
        if field.type == "checklist":
            self.lists.setdefault(name, dict(CHECKLIST))
            self.checklists.add(name)
        elif field.columns or field.type == "list":
            columns = self.lists.setdefault(name, {})
            for one, own in field.columns.items():
                if f"{name}.{one}" not in self._hidden:
                    _merge(columns, one, _TYPES.get(own.type, "text"))
        else:
            _merge(self.fields, name, _TYPES.get(field.type, "text"))

    def record_columns(self) -> dict[str, str]:
        """The columns of the table of records."""
        return {**RECORD, **{column_name(name): kind for name, kind in self.fields.items()}}

    def list_columns(self, name: str) -> dict[str, str]:
        """The columns of the table of one list."""
        return {**ROW, **self.lists[name]}


def _merge(columns: dict[str, str], name: str, kind: str) -> None:
    """Versions that do not agree about a type make it text, which holds both."""
    columns[name] = kind if columns.get(name, kind) == kind else "text"


def column_name(field: str) -> str:
    """The column of a field."""
    return f"{field}_" if field in _TAKEN else field


def layout_of(library: Library, form: str, *, private: bool) -> FormLayout:
    """The tables of a form the library has, by all its versions, the newest first."""
    newest = [library.forms[form]] if form in library.forms else []
    older = [library.older[name] for name in library.older if name.partition("@")[0] == form]
    return FormLayout([*newest, *sorted(older, key=lambda one: -one.version)], private=private)


class Values:
    """Turns stored text into typed values, and counts what does not fit its column."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.unfit = 0
        self.first = ""
        self._makers: dict[str, Callable[[Any], object]] = {
            "int64": _whole,
            "decimal(18,2)": lambda text: _exact(text, Decimal("0.01")),
            "decimal(18,6)": lambda text: _exact(text, Decimal("0.000001")),
            "date": date.fromisoformat,
            "moment": self._moment,
            "bool": {"true": True, "false": False}.__getitem__,
            "texts": _texts,
            "text": _text,
        }

    def typed(self, kind: str, stored: Stored, place: str) -> object:
        """The value for a column of that type; None for nothing, and for what does not fit (which is counted)."""
        if stored is None or stored == "":
            return None
        try:
            return self._makers[kind](stored)
        except (ValueError, KeyError, TypeError, InvalidOperation, OverflowError):
            self.unfit += 1
            self.first = self.first or place
            return None

    def _moment(self, text: str) -> datetime:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)

    def answers(self, stored: Stored) -> list[dict[str, object]]:
        """The lines of a checklist."""
        rows: list[dict[str, object]] = []
        for item, answer in stored.items() if isinstance(stored, dict) else ():
            more = answer if isinstance(answer, dict) else {}
            rows.append({"item": item, "result": verdict_of(answer), **{name: more.get(name) for name in _MORE}})
        return rows


def _whole(text: str) -> int:
    number = int(text)
    if not -_INT64 <= number < _INT64:
        raise ValueError(text)
    return number


def _exact(text: str, step: Decimal) -> Decimal:
    """The number on the column's scale, if it is exactly that."""
    number = Decimal(text)
    scaled = number.quantize(step)
    if scaled != number or len(scaled.as_tuple().digits) > 18:
        raise ValueError(text)
    return scaled


def _text(stored: Stored) -> str:
    return stored if isinstance(stored, str) else json.dumps(stored, ensure_ascii=False)


def _texts(stored: Stored) -> list[str]:
    return [_text(one) for one in stored] if isinstance(stored, list) else [_text(stored)]
