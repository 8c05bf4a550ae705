"""How long a closed record is kept: a period as forms and settings write it, and the day from which it is over."""

from __future__ import annotations

import re
from datetime import date
from datetime import timedelta
from typing import Literal

from logbook.core.form import Form
from logbook.core.lifecycle import VOIDED
from logbook.core.moments import add_months
from logbook.core.text import Text
from logbook.core.value import frozen

Unit = Literal["days", "months", "years", "for ever"]
PERMANENT = "permanent"
_PERIOD = re.compile(r"([1-9][0-9]{0,4}) (day|month|year)s?\Z")
_WORDS = {
    "days": (Text("天", "day"), Text("天", "days")),
    "months": (Text("个月", "month"), Text("个月", "months")),
    "years": (Text("年", "year"), Text("年", "years")),
}


@frozen
class Keep:
    """A period of keeping: ``n`` of a unit of the calendar, or for ever (``n`` is 0 then)."""

    n: int
    unit: Unit

    def over_on(self, end: date) -> date | None:
        """The first day on which a record that ended on ``end`` need not be kept; None: it never comes."""
        try:
            if self.unit == "days":
                return end + timedelta(days=self.n)
            if self.unit == "for ever":
                return None
            return add_months(end, self.n * (12 if self.unit == "years" else 1))
        except (ValueError, OverflowError):  # beyond the year 9999
            return None

    def say(self, lang: str) -> str:
        """The period in words: ``3年``, ``3 years``."""
        if self.unit == "for ever":
            return "永久" if lang == "zh" else "for ever"
        word = _WORDS[self.unit][self.n != 1].say(lang)
        return f"{self.n}{word}" if lang == "zh" else f"{self.n} {word}"


def read_keep(text: object) -> Keep | None:
    """The period a text says: ``3 years``, ``18 months``, ``90 days``, ``permanent``; None when it says none."""
    if text == PERMANENT:
        return Keep(0, "for ever")
    found = _PERIOD.match(text) if isinstance(text, str) else None
    if found is None:
        return None
    units: dict[str, Unit] = {"day": "days", "month": "months", "year": "years"}
    return Keep(int(found[1]), units[found[2]])


def final_steps(form: Form) -> frozenset[str]:
    """The steps of a form by which a record reaches its end; cancelling is one."""
    return frozenset((VOIDED, "void", *(step.id for step in form.steps.values() if step.to in form.final)))


def leaves_state(form: Form, step: str) -> bool:
    """Whether a step changes the state at all; corrections, pauses and remarks do not."""
    own = form.steps.get(step)
    return own.to is not None if own is not None else step in (VOIDED, "void")
