"""Escalation: whom a deadline is brought to and when, as a pure function of the clock and its form.

Nothing of this is stored. A step lies at a share of the budget or at an offset after the due; it is taken
when its instant comes before the stop counts. What lies in (since, now] is therefore the same however often
it is asked, and what one run missed lies in the next (clocks 12).
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from logbook.core.budgets import BeforeHoliday
from logbook.core.budgets import BudgetError
from logbook.core.budgets import Chosen
from logbook.core.budgets import Frame
from logbook.core.budgets import Or
from logbook.core.budgets import Plain
from logbook.core.budgets import Span
from logbook.core.budgets import Within
from logbook.core.budgets import end_of
from logbook.core.budgets import parse_within
from logbook.core.calendars import Interval
from logbook.core.calendars import add_elapsed
from logbook.core.calendars import add_working_time
from logbook.core.calendars import merged
from logbook.core.calendars import working_time_between
from logbook.core.form import Escalation
from logbook.core.issues import Issue
from logbook.core.text import Text
from logbook.core.value import frozen

AT_DUE = "due"


class Step(NamedTuple):
    """One step of an escalation: at the instant ``at`` (seconds since 1970 UTC) to the role ``to``.

    ``name`` tells it from the clock's other steps: ``80%``, ``due``, ``+1 days``.
    """

    at: int
    to: str | None
    name: str


class Course(NamedTuple):
    """One cycle of one clock and its steps. ``counted``: from when its stop counts, None while it runs."""

    counted: int | None
    steps: tuple[Step, ...]

    def taken(self, now: int) -> Iterator[Step]:
        """The steps taken by ``now``: those that came before the stop counted."""
        for step in self.steps:
            if step.at <= now and (self.counted is None or step.at < self.counted):
                yield step


@frozen
class Entry:
    """One thing to tell somebody. Instants are seconds since 1970 UTC.

    ``late``: seconds past the due at the moment of telling, negative before it. ``step``: the latest step that
    reached this person. ``missed``: of a duty, how many occurrences. ``ended``: when it was stopped, None when
    it only ceased to be late. ``vacant``: nobody has the role, the administrator gets it instead.
    """

    key: str
    id: str | None
    form: Text
    label: Text
    title: str
    due: int
    late: int
    step: str
    role: Text
    at: int
    missed: int = 0
    ended: int | None = None
    vacant: bool = False


@frozen
class Digest:
    """What one person is sent. ``next_due``: what falls due next among what comes to this person."""

    person: str
    name: str
    address: str | None
    now: int
    new: tuple[Entry, ...] = ()
    still: tuple[Entry, ...] = ()
    cleared: tuple[Entry, ...] = ()
    next_due: Entry | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.still or self.cleared)


def steps_of(
    escalate: Sequence[Escalation],
    to: str | None,
    started: int,
    due: int,
    frame: Frame,
    *,
    within: Within | None = None,
    pauses: Sequence[Interval] = (),
    site: Sequence[Escalation] = (),
) -> tuple[Step, ...]:
    """The steps of one clock, by instant.

    ``escalate`` is the form's list; a clock without one has a single step, at its due to its role ``to``.
    ``site`` is what the book adds to every clock. A share is counted as the budget ``within`` is: in working
    time where that is in working time, else in plain time, ``pauses`` left out of either. An offset after the
    due is a budget that begins there. An offset that depends on a moment nobody gave is no step.
    """
    own = tuple(escalate) or (Escalation(None, None, to or ""),)
    found: dict[str, Step] = {}
    for one in (*own, *site):
        if one.share is not None and one.share != 100:
            at = _at_share(one.share, started, due, frame, within, pauses)
            name = f"{one.share}%"
        elif one.after is not None:
            later = _after(one.after, due, frame)
            if later is None:
                continue
            at, name = later, f"+{_amount(one.after)}"
        else:
            at, name = due, AT_DUE
        key = f"{name} {one.to}"
        if key not in found:
            found[key] = Step(at, one.to or None, name)
    return tuple(sorted(found.values(), key=lambda step: step.at))


def _at_share(
    share: int, started: int, due: int, frame: Frame, within: Within | None, pauses: Sequence[Interval]
) -> int:
    """The instant at which ``share`` percent of the time from the start to the due is used up."""
    away = merged((max(off, started), on) for off, on in pauses if on > started and off < due)
    if within is not None and _in_working_time(within):
        hours = frame.hours()
        budget = working_time_between(hours, started, due, away)
        if budget > 0:
            return min(due, add_working_time(hours, started, budget * share // 100, away))
    paused = sum(min(on, due) - off for off, on in away)
    return min(due, add_elapsed(started, max(0, due - started - paused) * share // 100, away))


def _in_working_time(within: Within) -> bool:
    if isinstance(within, Chosen):
        return any(_in_working_time(one) for one in within.table.values())
    if isinstance(within, Or):
        return _in_working_time(within.within)
    return isinstance(within, Span) and within.unit.startswith("working")


def _after(after: Within, due: int, frame: Frame) -> int | None:
    if isinstance(after, Chosen):
        return None
    # What is due at 24:00 is due on the day that ends there; that day is the one not counted.
    midnight = due == frame.days.begin(frame.days.of(due))
    counted_in_days = not (isinstance(after, Span) and after.unit in ("minutes", "hours", "working_hours"))
    return end_of(after, due - 1 if midnight and counted_in_days else due, frame)


def _amount(after: Within) -> str:
    return after.amount("en") if isinstance(after, Span) else after.say("en")


def step_words(name: str) -> Text:
    """A step's name as people read it."""
    if name == AT_DUE:
        return Text("到期", "due")
    if name.endswith("%"):
        return Text(f"时限已用 {name}", f"{name} of the time used")
    amount = name[1:]
    try:
        within = parse_within(amount.replace("working ", "working_"))
    except BudgetError:
        return Text(name, name)
    said = within.amount("zh") if isinstance(within, Span) else amount
    return Text(f"逾期后{said}", f"{amount} after due")


def steps_between(courses: Iterable[Course], since: int, now: int) -> list[tuple[Course, Step]]:
    """Exactly the steps in (since, now], by instant."""
    found = [(course, step) for course in courses for step in course.taken(now) if step.at > since]
    found.sort(key=lambda pair: pair[1].at)
    return found


def next_step(courses: Iterable[Course], now: int) -> int | None:
    """The instant of the next step of what still runs, None when there is none."""
    coming = [step.at for course in courses if course.counted is None for step in course.steps if step.at > now]
    return min(coming, default=None)


def read_site(raw: object) -> tuple[tuple[Escalation, ...], list[Issue]]:
    """The book's own steps: ``settings: {escalation: [{after: 1 day, to: director}]}``, all text, and what is
    wrong with them."""
    found: list[Escalation] = []
    issues: list[Issue] = []
    if raw in (None, ""):
        return (), []
    rows = raw if isinstance(raw, list) else [raw]
    for row in rows:
        one = _read_step(row)
        if isinstance(one, Escalation):
            found.append(one)
        else:
            issues.append(Issue("notify.bad-step", {"found": one}, path="logbook.yaml", field="settings.escalation"))
    return tuple(found), issues


def _read_step(row: object) -> Escalation | str:
    """The step a mapping says, or what it was found to be."""
    if not isinstance(row, Mapping) or not isinstance(row.get("to"), str) or not row["to"]:
        return str(row)
    told = str(dict(row))
    share, after = row.get("at"), row.get("after")
    if set(row) - {"at", "after", "to"} or (share is not None and after is not None):
        return told
    if after is not None:
        try:
            within = parse_within(after)
        except BudgetError:
            return told
        return told if isinstance(within, Chosen | BeforeHoliday) else Escalation(None, within, row["to"])
    if share is None:
        return Escalation(None, None, row["to"])
    number = str(share).removesuffix("%").strip()
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= 100):
        return told
    return Escalation(int(number), None, row["to"])


def plain_budget(within: Within | None, choice: str | None) -> Plain | Or | None:
    """The budget that holds for a value of the field it is chosen by."""
    if isinstance(within, Chosen):
        return within.table.get(choice) if choice is not None else None
    return within
