"""A month of appraisal without a book: the real forms and settings, and records in a list."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from logbook.core.form import Library
from logbook.core.rules import value
from logbook.store.library import load
from tests.core.rules_kit import Rec
from tests.core.rules_kit import World

ZONE = ZoneInfo("Asia/Shanghai")
MONTH = "2026-10"
INSIDE = datetime(2026, 10, 15, 10, 0, tzinfo=ZONE)
COMPUTED = datetime(2026, 11, 3, 9, 0, tzinfo=ZONE)


@cache
def product() -> Library:
    return load(Path(__file__).resolve().parents[2])[0]


@dataclass
class Live(Rec):
    """A record whose derived fields are computed, unless their values are given."""

    world: Any = None
    known: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        if name not in self.known:
            its = self.form.fields.get(name)
            if its is None or its.derived is None:
                return None
            self.known[name] = None
            self.known[name] = value(its.derived, self, self.world, field=its)
        return self.known[name]


class Month:
    """The records of October for the agent ``li``, and the sheet computed on the third of November."""

    def __init__(self, **kpi: Any) -> None:
        settings = {name: product().settings[name] for name in product().settings}
        settings["kpi"] = {**settings["kpi"], **kpi}     # type: ignore[dict-item]
        self.world = World(settings=settings, now=COMPUTED)

    def put(self, form: str, count: int = 1, *, state: str = "", at: datetime = INSIDE, **values: Any) -> None:
        """``count`` records of a form that are alike."""
        known = product().forms[form]
        start = len(self.world.records)
        for place in range(count):
            self.world.records.append(
                Live(known, f"{form}-{start + place}", state or next(iter(known.states)), values, at, "li", world=self.world)
            )

    def counts(self, given: dict[str, Any]) -> None:
        """The records that the counts of an example stand for."""
        many = {name: number for name, number in given.items() if isinstance(number, int)}
        call = {"kind": "call", "agent": "li", "result": "fail"}
        self.put("spot_check", many.get("call_fails", 0), state="confirmed", **call)
        untrue = {"kind": "return_visit", "agent": "li", "result": "false"}
        self.put("spot_check", many.get("visits_untrue", 0), state="confirmed", **untrue)
        received, open_ = many.get("complaints_received", 0), many.get("complaints_unresolved", 0)
        told = {"received_by": "li", "received_at": INSIDE, "handled_at": INSIDE, "told_at": INSIDE}
        self.put("complaint", received - open_, state="closed", **told)
        self.put("complaint", open_, state="handled", received_by="li", received_at=INSIDE, handled_at=INSIDE)
        self.visits(many)
        report = {"author": "li", "period_to": date(2026, 10, 31)}
        self.put("work_report", many.get("untrue_reports", 0), state="untrue", **report)
        for kind in ("letter", "department", "company", "media"):
            praise, blame = f"praise_{kind}", f"criticism_{kind}"
            for name in (praise, blame):
                self.put("commendation", many.get(name, 0), state="confirmed", kind=name, staff="li", day=INSIDE.date())
        for points in given.get("audit", ()):
            self.put("audit_deduction", state="decided", agent="li", month=MONTH, points=points)
        line = {"person": "li", "due": Decimal(many.get("attend_days", 22))}
        self.put("attendance", state="audited", kind="month_sheet", month=MONTH, lines=[line])

    def visits(self, many: dict[str, int]) -> None:
        """Visits made, of which some are rated, of which some are satisfied."""
        done = many.get("visits_done", 200 * many.get("on_post", 1) * many.get("attend_days", 22))
        rated = many.get("visits_rated", 1)
        satisfied = many.get("visits_satisfied", rated)
        visit = {"visitor": "li", "visited_at": INSIDE, "reached": True}
        self.put("return_visit", satisfied, state="done", satisfied="satisfied", **visit)
        self.put("return_visit", rated - satisfied, state="done", satisfied="fair", **visit)
        self.put("return_visit", done - rated, state="done", **visit)

    def sheet(self, **values: Any) -> Live:
        form = product().forms["agent_appraisal"]
        given = {"agent": "li", "branch": "一分部", "month": MONTH, "on_post": 1} | values
        return Live(form, "AGA-1", "computed", given, COMPUTED, "tang", world=self.world)

