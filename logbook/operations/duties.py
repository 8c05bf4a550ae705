"""How the duties of a book stand: what was expected, what was done, what is missing.

A duty is a rule, so nothing is stored for it. The occurrences of a duty are worked out backwards from
now, and only as far as the answer needs: as a rule to the last time it was done.
"""

from __future__ import annotations

from bisect import bisect_left
from bisect import bisect_right
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from functools import cached_property
from itertools import accumulate
from itertools import chain
from itertools import count
from itertools import groupby
from typing import TYPE_CHECKING
from typing import NamedTuple

from logbook.core.duties import MANY
from logbook.core.duties import Duty
from logbook.core.duties import Every
from logbook.core.duties import OnEvent
from logbook.core.duties import OnRows
from logbook.core.dutyfacts import wanted
from logbook.core.dutyfile import duties_of
from logbook.core.fulfilment import is_waived
from logbook.core.fulfilment import stand
from logbook.core.issues import Issue
from logbook.core.moments import DAY
from logbook.core.moments import days_in
from logbook.core.moments import from_epoch
from logbook.core.occurrences import Frame
from logbook.core.occurrences import Mark
from logbook.core.occurrences import Occurrence
from logbook.core.occurrences import Standing
from logbook.core.occurrences import Trigger
from logbook.core.occurrences import Waiver
from logbook.core.occurrences import expected
from logbook.core.occurrences import frame_of
from logbook.index.duties import DutyFacts
from logbook.index.duties import enabled
from logbook.operations.reading import World
from logbook.operations.session import Session

if TYPE_CHECKING:
    from logbook.operations.overdue import DutyRow

# How far back to look at first, and then; after that, four times as far each time.
_REACH = (4 * DAY, 45 * DAY)
_MISSED = "missed"
_DONE = ("done", "late")


class Pair(NamedTuple):
    """A duty for one subject (empty: the site), expected from ``begins`` (not included) until ``ends``."""

    subject: str
    title: str
    begins: int
    ends: int | None
    triggers: tuple[Trigger, ...] = ()

    @property
    def key(self) -> str:
        return self.subject.casefold()


class Line:
    """The occurrences of a duty up to ``end``, found backwards as far as somebody asks."""

    def __init__(self, ledger: Ledger, duty: Duty, pairs: Sequence[Pair], end: int, start: int = 0) -> None:
        """``start``: nobody asks for what falls due before it; where that lies ahead, looking back begins there."""
        self._ledger = ledger
        self._duty = duty
        self._subject = pairs[0].subject
        self._begin = min(pair.begins for pair in pairs)
        self._triggers = triggers = pairs[0].triggers
        self._reach = chain(_REACH, (_REACH[-1] * 4**more for more in count(1)))
        self._start = end
        self._from = max(ledger.now, start)
        self.occurrences: list[Occurrence] = []
        # What events make comes at once; a paper that names its period may fulfil any occurrence.
        self.more(all_=(bool(triggers) and not isinstance(duty.cadence, Every)) or duty.period is not None)

    @property
    def whole(self) -> bool:
        """Whether nothing lies before the first occurrence that is known."""
        return self._start <= self._begin

    def more(self, *, all_: bool = False) -> None:
        """Look further back."""
        ledger, duty = self._ledger, self._duty
        span = None if all_ else next(self._reach, None)
        start = self._begin if span is None else max(self._begin, min(self._from, self._start) - span)
        found = expected(duty, ledger.frame, start, self._start, self._triggers)
        if duty.while_ is not None:
            found = [one for one in found if ledger.holds(duty, self._subject, one.due)]
        self._start = start
        self.occurrences = found + self.occurrences
        self.dues = [one.due for one in self.occurrences]
        self.elapsed = bisect_left(self.dues, ledger.now)
        # What opens no sooner than this among those from a place on, and closes no later among those up to it.
        self.soonest = list(accumulate((one.opens for one in reversed(self.occurrences)), min))[::-1]
        self.latest = list(accumulate((one.closes for one in self.occurrences), max))

    def parts(self, place: int, times: Sequence[int]) -> bool:
        """Whether what is done from ``place`` on has nothing to do with what came before, for somebody who
        did it at these ``times``. Where intervals touch, a mark in both could fulfil either."""
        if place == 0 or self._duty.period is not None:
            return place == 0 and self.whole
        opens, closes = self.soonest[place], self.latest[place - 1]
        at = bisect_left(times, opens)
        if at == len(times) or times[at] > closes:
            return True
        if place < 2 or self._duty.slot is not None:
            return False
        # The one before was done in time that is its own: it wants nothing more.
        own = max(self.soonest[place - 1], self.latest[place - 2])
        return self.latest[place - 2] < opens and bisect_right(times, own) < at


class Ledger:
    """The duties of a book at the session's moment (or at ``now``)."""

    def __init__(self, session: Session, *, now: datetime | None = None) -> None:
        self.session = session
        self.moment = now or session.now
        self.now = int(self.moment.timestamp())
        self.days = days_in(session.zone)

    @cached_property
    def duties(self) -> Mapping[str, Duty]:
        """Every duty of the packs that are switched on, vague ones too."""
        session = self.session
        packs = {*session.book.settings.packs, "site"}
        found = duties_of(session.library, session.book.settings.settings)
        return {name: duty for name, duty in found.items() if duty.pack in packs}

    @cached_property
    def expecting(self) -> list[Duty]:
        """Those that have a cadence."""
        return [duty for duty in self.duties.values() if duty.cadence is not None]

    @cached_property
    def frame(self) -> Frame:
        from logbook.core.shiftfile import posts_of

        session = self.session
        settings = session.book.settings.settings
        return frame_of(self.days, session.calendars, settings, posts_of(session.library, settings))

    @cached_property
    def facts(self) -> DutyFacts:
        session = self.session
        return DutyFacts(
            session.index,
            session.repository,
            self.expecting,
            self.moment,
            lambda until: World(session, until=until),
        )

    @cached_property
    def waivers(self) -> dict[tuple[str, str], list[Waiver]]:
        return self.facts.waivers()

    @cached_property
    def _enabled(self) -> dict[str, int]:
        return enabled(self.session.index, self.session.repository)

    def begin(self, duty: Duty) -> int | None:
        """The instant after which a duty is expected: the later of its pack's enabling and the effective
        day of its first rule; None while its pack is not in force."""
        since = self._enabled.get(f"site/{duty.id}" if duty.pack == "site" else duty.pack)
        if since is None:
            return None
        return since if duty.begins is None else max(since, self.days.begin(duty.begins))

    def pairs(
        self, duty: Duty, *, ended: bool = False, all_: bool = False, due: tuple[int, int] | None = None
    ) -> list[Pair]:
        """The subjects a duty is expected for at now; with ``ended`` those it was expected for as well.
        ``all_``: also what an event asked for and has got; ``due``: of those only what falls due in between
        (the first instant not included)."""
        begin = self.begin(duty)
        if begin is None:
            return []
        cadence = duty.cadence
        if isinstance(cadence, OnEvent) or (isinstance(cadence, Every) and cadence.form is not None):
            return list(self._event_pairs(duty, begin, ended=ended, all_=all_, due=due))
        triggers = tuple(self.facts.triggers(duty.id)) if isinstance(cadence, OnRows) else ()
        if duty.each is None:
            return [Pair("", "", begin, None, triggers)]
        return [
            Pair(one.id, one.title, max(begin, one.begins), one.ends, triggers)
            for one in self.facts.subjects(duty.id)
            if ended or one.ends is None or one.ends > self.now
        ]

    def _event_pairs(
        self, duty: Duty, begin: int, *, ended: bool, all_: bool, due: tuple[int, int] | None
    ) -> Iterator[Pair]:
        during = isinstance(duty.cadence, Every)
        found = self.facts.triggers(duty.id) if all_ or during else self.facts.open_triggers(duty.id)
        by_subject: dict[str, list[Trigger]] = {}
        for trigger in found:
            # What ran and has ended can no longer be done: its misses are history.
            if during and not ended and trigger.end is not None and trigger.end <= self.now:
                continue
            by_subject.setdefault(trigger.subject, []).append(trigger)
        for subject, triggers in by_subject.items():
            if due is not None and not expected(duty, self.frame, *due, tuple(triggers)):
                continue
            yield Pair(subject, self._title(duty, subject), begin, None, tuple(triggers))

    def _title(self, duty: Duty, subject: str) -> str:
        rows = self.session.index.find(duty.subject_form, subject)
        return rows[0].title if rows else ""

    def waived(self, duty: Duty, pair: Pair) -> list[Waiver]:
        """The excuses of a duty for a subject."""
        found = self.waivers.get((duty.id, ""), [])
        return [*found, *self.waivers.get((duty.id, pair.key), [])] if pair.subject else found

    def holds(self, duty: Duty, subject: str, moment: int) -> bool:
        """Whether the condition of a duty (``while:``) held at a moment, for a subject or for the site."""
        world = self._world_at(min(moment, self.now))
        if duty.each is None:
            return wanted(duty, world)
        view = world.find(duty.each.form, subject)
        return view is not None and wanted(duty, world, view.state_of)

    def _world_at(self, moment: int) -> World:
        if moment not in self._worlds:
            self._worlds[moment] = World(self.session, until=from_epoch(moment, self.session.zone))
        return self._worlds[moment]

    @cached_property
    def _worlds(self) -> dict[int, World]:
        return {}

    # --- standing -----------------------------------------------------------------------------

    def standings(
        self, duty: Duty, pairs: Sequence[Pair], start: int, end: int
    ) -> Iterator[tuple[Pair, Standing]]:
        """Every occurrence with ``start`` < due <= ``end`` of these subjects, and how it stands."""
        for together in _together(duty, pairs):
            line = Line(self, duty, together, end, start)
            while not line.whole and bisect_right(line.dues, start) < 3:
                line.more()
            if not line.occurrences:
                continue
            left = together
            while left:
                place = min(bisect_right(line.dues, start), len(line.dues) - 1)
                since = line.soonest[max(0, place - 2)]
                # Of a single subject only its own marks: an event has a thousand, and each would read all.
                recent = self.facts.marks(duty.id, since, together[0].subject if len(together) == 1 else None)
                for number, pair in enumerate(left):
                    first = bisect_right(line.dues, pair.begins)
                    last = len(line.dues) if pair.ends is None else bisect_left(line.dues, pair.ends)
                    at, known = max(first, place), recent.get(pair.key, [])
                    begin, marks = self._part(duty, line, pair, at, first, known, since)
                    if begin is None:
                        line.more()
                        left = left[number:]
                        break
                    for one in stand(duty, line.occurrences[begin:last], marks, self.now, self.waived(duty, pair)):
                        if one.occurrence.due > start:
                            yield pair, one
                else:
                    left = []

    def _part(
        self, duty: Duty, line: Line, pair: Pair, place: int, first: int, marks: list[Mark], since: int
    ) -> tuple[int | None, list[Mark]]:
        """Where to begin so that how ``place`` stands comes out right, and the marks from there on; None:
        further back than the line knows. ``marks``: those from ``since`` on."""
        times = [mark.at for mark in marks]
        step = 2
        while place > first:
            touching = line.latest[place - 1] > line.soonest[place]
            need = line.soonest[max(0, place - 2) if touching else place]
            if need < since:
                since = line.soonest[max(0, place - step)]
                marks, step = self._marks(duty, pair, since), step * 2
                times = [mark.at for mark in marks]
            if line.parts(place, times):
                return place, marks
            place -= 1
        if not line.whole and (not line.occurrences or pair.begins < line.dues[0]) and first == 0:
            return None, marks
        if line.occurrences and line.soonest[min(first, len(line.dues) - 1)] < since:
            marks = self._marks(duty, pair, line.soonest[min(first, len(line.dues) - 1)])
        return first, marks

    def _marks(self, duty: Duty, pair: Pair, since: int) -> list[Mark]:
        return self.facts.marks(duty.id, since, pair.subject).get(pair.key, [])

    def missing(self, *, soon: int = 0, expand: bool = False) -> tuple[list[DutyRow], int, int]:
        """What is missing at now, a row a duty and subject (``expand``: an occurrence), and what falls due
        within ``soon`` seconds; with the first and the last second for which the answer holds."""
        rows: list[DutyRow] = []
        first, last = 0, self.now + DAY
        for duty in self.expecting:
            if not duty.listed:
                continue
            for together in _together(duty, self.pairs(duty)):
                triggers = together[0].triggers
                line = Line(self, duty, together, self.now + max(DAY, soon))
                rows += self._missing(duty, line, together, soon, expand=expand)
                if line.elapsed:
                    first = max(first, line.dues[line.elapsed - 1] + 1)
                if line.elapsed < len(line.dues):
                    last = min(last, line.dues[line.elapsed])
                last = min([last, *(one.end - 1 for one in triggers if one.end is not None and one.end > self.now)])
        turn = self.facts.next_span()
        if turn is not None:
            last = min(last, turn - 1)
        rows.sort(key=lambda row: (row.due, row.duty, row.subject or "", row.slot))
        return rows, first, last

    def missing_of(self, duty: Duty, pairs: Sequence[Pair]) -> Iterator[DutyRow]:
        """What is missing at now of one duty, listed or not."""
        for together in _together(duty, pairs):
            yield from self._missing(duty, Line(self, duty, together, self.now), together, 0, expand=False)

    def looked_at(self) -> frozenset[str] | None:
        """The forms whose records say what is missing; None where a condition may look at any."""
        if any(duty.while_ is not None for duty in self.expecting if duty.listed):
            return None
        forms = {form for duty in self.expecting for form in (duty.form, duty.trigger_form, duty.subject_form)}
        forms.update(duty.each.form for duty in self.expecting if duty.each is not None)
        return frozenset(form for form in (*forms, "waiver") if form is not None)

    def _missing(self, duty: Duty, line: Line, pairs: list[Pair], soon: int, *, expand: bool) -> Iterator[DutyRow]:
        from logbook.operations.overdue import DutyRow

        def row(pair: Pair, one: Occurrence, state: str, count: int) -> DutyRow:
            last = self.facts.last(duty.id, pair.subject)
            return DutyRow(
                duty.id, duty.label.zh, duty.label.en, duty.form, duty.role, pair.subject or None, pair.title,
                one.due, state, count, last[0] if last else None, last[1] if last else None,
                from_ordinal(one.nominal), one.slot,
            )  # fmt: skip

        while not line.whole and line.elapsed < 3:
            line.more()
        if not line.occurrences:
            return
        place = max(0, line.elapsed - 1)
        if place and line.latest[place - 1] > line.soonest[place]:
            place -= 1
        since = 0 if duty.period is not None else line.soonest[place]
        until = line.latest[line.elapsed - 1] if line.elapsed and not soon else self.now
        recent = self.facts.marks(duty.id, since, until=until)
        for pair in pairs:
            marks = recent.get(pair.key, [])
            missed, count = self._run(duty, line, pair, marks, since, expand=expand)
            if expand:
                yield from (row(pair, one, _MISSED, 1) for one in missed)
            elif count:
                yield row(pair, missed[0], _MISSED, count)
            if soon:
                for one in self._coming(duty, line, pair, marks, since, self.now + soon):
                    yield row(pair, one, "soon", 0)
                    if not expand:
                        break

    def _run(
        self, duty: Duty, line: Line, pair: Pair, recent: list[Mark], since: int, *, expand: bool
    ) -> tuple[list[Occurrence], int]:
        """The occurrences missed in a row up to now, the latest first (without ``expand`` perhaps only
        that), and how many, counted up to ``MANY``. ``recent``: the marks from ``since`` on."""
        waived = self.waived(duty, pair)
        missed: list[Occurrence] = []
        count = 0
        marks, known = recent, since
        first, stop = bisect_right(line.dues, pair.begins), line.elapsed
        latest = line.dues[stop - 1] if stop else 0  # several may be due at once: any of them counts
        while stop > first and (count or line.dues[stop - 1] == latest):
            start, marks = self._part(duty, line, pair, stop - 1, first, marks, known)
            if start is None:
                line.more()
                return self._run(duty, line, pair, recent, since, expand=expand)
            known = min(known, line.soonest[start])
            taken = marks[: bisect_right(marks, line.latest[stop - 1], key=_at)] if duty.period is None else marks
            for one in reversed(stand(duty, line.occurrences[start:stop], taken, self.now, waived)):
                if not count and one.occurrence.due < latest:
                    return missed, count
                if one.state == _MISSED:
                    count += 1
                    missed.append(one.occurrence)
                elif one.state in _DONE and count:
                    return missed, count
            stop = start
            if stop <= first or not count:
                continue
            # From here back to the last time it could have been done everything was missed.
            at = self._before(duty, line, pair, line.soonest[stop])
            free = bisect_right(line.soonest, at)
            free = min(stop, max(first, free))
            if waived or expand:
                gap = [one for one in reversed(line.occurrences[free:stop]) if not is_waived(one, waived)]
                missed += gap
                count += len(gap)
            else:
                count += stop - free
            stop = free
            if count >= MANY:
                return missed[:MANY], MANY
            if free == 0 and not line.whole:
                line.more()
                return self._run(duty, line, pair, recent, since, expand=expand)
        return missed, count

    def _before(self, duty: Duty, line: Line, pair: Pair, instant: int) -> int:
        """The last mark before ``instant`` that something could have taken; -1 when there is none."""
        last = self.facts.last(duty.id, pair.subject, instant)
        if last is None:
            return -1
        at = last[0]
        place = bisect_right(line.soonest, at) - 1
        if place < 0 or at <= line.latest[place]:
            return at
        # Done when nothing was expected: go back to a time when something was.
        times = [mark.at for mark in self._marks(duty, pair, 0)]
        while place >= 0 and at > line.latest[place]:
            found = bisect_right(times, line.latest[place]) - 1
            if found < 0:
                return -1
            at = times[found]
            place = bisect_right(line.soonest, at) - 1
        return at

    def _coming(
        self, duty: Duty, line: Line, pair: Pair, marks: list[Mark], since: int, until: int
    ) -> Iterator[Occurrence]:
        """What falls due by then and is not done yet."""
        first = bisect_right(line.dues, pair.begins)
        stop = bisect_right(line.dues, until)
        if stop <= first:
            return
        start, marks = self._part(duty, line, pair, min(max(first, line.elapsed), stop - 1), first, marks, since)
        start = first if start is None else start
        for one in stand(duty, line.occurrences[start:stop], marks, self.now, self.waived(duty, pair)):
            if one.occurrence.due >= self.now and one.state in ("due", "upcoming"):
                if pair.ends is None or one.occurrence.due < pair.ends:
                    yield one.occurrence


def _together(duty: Duty, pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """The subjects that share one list of occurrences: those of an event have each their own."""
    alone = duty.while_ is not None and duty.each is not None
    for _, group in groupby(pairs, key=lambda pair: (pair.triggers, pair.subject if alone else "")):
        yield list(group)


def _at(mark: Mark) -> int:
    return mark.at


def from_ordinal(day: int) -> str:
    """A day as text."""
    return date.fromordinal(day).isoformat()


def waiver_issues(session: Session) -> list[Issue]:
    """A warning for each waiver of something its duty was never expected for: it excuses nothing."""
    if "waiver" not in session.library.forms or not session.library.shared.get("duties"):
        return []
    rows = [row for row in session.index.all_equal("waiver", {}) if not row.voided]
    if not rows:
        return []
    ledger, issues = Ledger(session), []
    subjects: dict[str, set[str]] = {}
    for row, fields in zip(rows, session.index.fields(rows), strict=True):
        duty = ledger.duties.get(str(fields.get("duty") or ""))
        subject = str(fields.get("subject") or "").rpartition("/")[2]
        if duty is None or not subject:
            continue
        if duty.id not in subjects:
            known = ledger.facts.subjects(duty.id) if duty.each is not None and duty.cadence is not None else []
            subjects[duty.id] = {one.id.casefold() for one in known}
        if subject.casefold() in subjects[duty.id]:
            continue
        if duty.each is None and duty.subject_form and session.index.find(duty.subject_form, subject):
            continue
        args = {"id": row.id, "duty": duty.id, "subject": subject}
        issues.append(
            Issue("duty.waiver-subject", args, severity="warning", path=row.path, id=row.id, field="subject")
        )
    return issues
