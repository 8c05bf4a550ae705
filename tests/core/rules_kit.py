"""A small world for the tests of rules: forms in one line, records in a list."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.form import Step
from logbook.core.rules import parse_sum
from logbook.core.text import Text

CHINA = timezone(timedelta(hours=8))


def at(text: str) -> datetime:
    """``11-22 09:30`` of 2026, in the book's zone."""
    return datetime.fromisoformat(f"2026-{text.replace(' ', 'T')}:00+08:00")


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def money(text: str) -> Decimal:
    return Decimal(text)


def field_of(name: str, kind: str, of: Mapping[str, str] | None = None) -> Field:
    """``text``, ``choice: a b``, ``ref room|area``, ``money = qty * price`` (derived)."""
    kind, _, derived = kind.partition(" = ")
    word, _, rest = kind.replace(":", "").partition(" ")
    return Field(
        name,
        Text(f"[{name}]", name.replace("_", " ").capitalize()),
        word,
        choices={c: Text(f"<{c}>", c) for c in rest.split()} if "choice" in word else {},
        target=tuple(rest.split("|")) if word in ("ref", "checklist") else (),
        columns={c: field_of(c, its) for c, its in (of or {}).items()},
        derived=parse_sum(derived) if derived else None,  # type: ignore[arg-type]
        derived_text=derived or None,
    )


def form(
    name: str,
    states: str,
    steps: str = "",
    /,
    *,
    final: str = "",
    lists: Mapping[str, Mapping[str, str]] | None = None,
    spans: Mapping[str, tuple[str, str]] | None = None,
    span: tuple[str, str] | None = None,
    register: bool = False,
    **fields: str,
) -> Form:
    """A form with one state after the other; ``lists`` gives the columns of its list fields."""
    made = {n: field_of(n, kind) for n, kind in fields.items()}
    for n, columns in (lists or {}).items():
        plain = field_of(n, "list", columns)
        made[n] = Field(n, plain.label, "list", columns=plain.columns, span=(spans or {}).get(n))
    return Form(
        name,
        1,
        Text(f"《{name}》", name.replace("_", " ").capitalize()),
        name[:2].upper(),
        "test",
        register=register,
        fields=made,
        states={s: Text(f"<{s}>", s) for s in states.split()},
        final=frozenset(final.split()),
        steps={s: Step(s, Text(f"‹{s}›", s.capitalize())) for s in steps.split()},
        span=span,
    )


@dataclass
class Rec:
    """A record as rules see it. ``values`` are typed; ``taken`` are the steps with (at, by)."""

    form: Form
    id: str = "X-1"
    state: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: at("11-22 09:00"))
    by: str = "S-01"
    taken: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    past: dict[str, list[tuple[datetime, Any]]] = field(default_factory=dict)
    state_of: Any = None

    def get(self, name: str) -> Any:
        return self.values.get(name)

    def step(self, name: str) -> Any:
        if name not in self.taken:
            return None
        when, who = self.taken[name]
        return SimpleNamespace(at=when, by=who, recorded=when, approved_by=None)


@dataclass
class World:
    """The other records, some settings, who has which role, and the public holidays."""

    records: list[Rec] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    staff: dict[str, frozenset[str]] = field(default_factory=dict)
    holidays: set[date] = field(default_factory=set)
    now: datetime = field(default_factory=lambda: at("11-22 12:00"))
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def today(self) -> date:
        return self.now.date()

    def find(self, form: str, id: str) -> Rec | None:
        return next((r for r in self.records if r.form.name == form and r.id == id), None)

    def all(self, form: str, *, state: tuple[str, ...] = (), **equal: Any) -> Iterator[Rec]:
        self.asked.append((form, {**equal, **({"state": state} if state else {})}))
        for record in self.records:
            if state and "open" not in state and "finished" not in state and record.state not in state:
                continue
            if record.form.name == form and all(record.get(n) == v for n, v in equal.items()):
                yield record

    def setting(self, path: tuple[str, ...]) -> Any:
        found: Any = self.settings
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found

    def roles(self, staff_id: str) -> frozenset[str]:
        return self.staff.get(staff_id, frozenset())

    def signed(self, view: Any, meaning: str) -> bool:
        return meaning in getattr(view, "signed", ())

    def is_holiday(self, day: date) -> bool:
        return day in self.holidays

    def is_workday(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.holidays

    def season(self, day: date) -> str:
        return "summer" if 5 <= day.month <= 9 else "normal"

    def as_of(self, view: Any, name: str, moment: datetime) -> Any:
        found = None
        for when, value in view.past.get(name, []):
            if when <= moment:
                found = value
        return found


def library(*forms: Form, roles: str = "", settings: Mapping[str, Any] | None = None) -> Library:
    return Library(
        forms={f.name: f for f in forms},
        roles={r: Text(r, r) for r in roles.split()},
        settings=settings or {},
    )
