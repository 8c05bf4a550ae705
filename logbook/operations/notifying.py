"""Digests of what is late: one a person, with a memory of what was told whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from logbook.core.budgets import Frame
from logbook.core.calendars import Interval
from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.escalation import AT_DUE
from logbook.core.escalation import Course
from logbook.core.escalation import Digest
from logbook.core.escalation import Entry
from logbook.core.escalation import Step
from logbook.core.escalation import next_step
from logbook.core.escalation import plain_budget
from logbook.core.escalation import read_site
from logbook.core.escalation import steps_between
from logbook.core.escalation import steps_of
from logbook.core.form import Clock
from logbook.core.form import Escalation
from logbook.core.moments import DAY
from logbook.core.moments import days_in
from logbook.core.moments import from_epoch
from logbook.core.text import Text
from logbook.operations.rulefaults import escalation_issues
from logbook.operations.session import Session
from logbook.store import machine
from logbook.store.lock import FileLock
from logbook.store.whole import write_whole

if TYPE_CHECKING:
    from logbook.core.calendars import Hours
    from logbook.core.duties import Duty
    from logbook.core.occurrences import Standing
    from logbook.index.book_index import ClockRow
    from logbook.index.book_index import Row
    from logbook.operations.duties import Pair
    from logbook.operations.overdue import Late
    from logbook.operations.shifts import Cover
    from logbook.operations.shifts import Line

STATE_FILE = "notify.json"
ANYBODY = "staff"  # the role everybody has
_VERSION = 1


@dataclass(slots=True)
class Told:
    """What one person knows: the last run that reached them, and what it told, by the key of the matter."""

    at: int | None
    items: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Memory:
    """What earlier runs told whom. ``at``: the last run; None before the first."""

    at: int | None = None
    told: dict[str, Told] = field(default_factory=dict)

    def since(self, person: str) -> int | None:
        """The last run that reached a person."""
        known = self.told.get(person)
        return known.at if known is not None else self.at

    def is_ahead_of(self, now: int) -> bool:
        """Whether a run later than ``now`` left it: the clock was set back, or ``--now`` looks back."""
        return self.at is not None and self.at > now


@dataclass(slots=True)
class Found:
    """What a run found: the digests, and figures for the line of the monitor."""

    digests: list[Digest]
    late: int = 0
    next: int | None = None

    def count(self, section: str) -> int:
        """How many matters a section has over all digests, each counted once."""
        return len({entry.key for digest in self.digests for entry in getattr(digest, section)})


# -- the state file ---------------------------------------------------------------------------------


def state_path(session: Session, given: str | None) -> Path:
    """Where the memory lies: ``--state``, else ``.git/logbook/notify.json``."""
    return Path(given).expanduser().absolute() if given else session.repository.room / STATE_FILE


def read_memory(path: Path) -> Memory:
    """The memory; an empty one when there is no file. BookError ``notify.bad-state`` for one that cannot be read."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if plain["version"] != _VERSION:
            raise ValueError(f"version {plain['version']}")
        told = {
            person: Told(one["at"], {key: dict(item) for key, item in one["items"].items()})
            for person, one in plain["told"].items()
        }
        return Memory(plain["at"], told)
    except FileNotFoundError:
        return Memory()
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise BookError("notify.bad-state", path=str(path), why=str(error)) from error


def write_memory(path: Path, memory: Memory) -> None:
    """Replace the file in one move, so that a run that dies leaves the one before."""
    told = {person: {"at": known.at, "items": known.items} for person, known in sorted(memory.told.items())}
    plain = {"version": _VERSION, "at": memory.at, "told": told}
    write_whole(path, json.dumps(plain, ensure_ascii=False, indent=1) + "\n")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One run at a time for one memory; it is known to be writable before anything is sent.
    BookError ``notify.running``, ``notify.cannot-write``."""
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    try:
        lock.acquire(0)
    except BookError as error:
        if error.code == "git.locked":
            raise BookError("notify.running", path=str(path)) from error
        why = error.args_.get("why") or Text("没有权限，或磁盘只读", "no permission, or a read-only disk")
        raise BookError("notify.cannot-write", path=str(path), why=why) from error
    try:
        yield
    finally:
        lock.release()


# -- what there is to tell ---------------------------------------------------------------------------


class _People:
    """Who is meant by a role at a moment: by the roster, else everybody active who has it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._days = days_in(session.zone)
        self._plans: dict[int, tuple[list[Line], list[Cover], list[str]]] = {}
        self._has_rosters = bool(session.index.counts().get("roster"))
        self._names: dict[str, str] = {}
        self._roles: dict[str, set[str]] = {}
        self.emails: dict[str, str] = {}
        rows = [row for row in session.index.all_equal("staff", {}) if not row.voided]
        for row, values in zip(rows, session.index.fields(rows, ["name", "roles", "email"]), strict=True):
            self._names[row.id] = str(values.get("name") or row.title or row.id)
            if row.status != "left":
                roles = values.get("roles") or ()
                self._roles[row.id] = set(roles.split(",") if isinstance(roles, str) else roles)
            if values.get("email"):
                self.emails[row.id] = str(values["email"])

    def name(self, person: str) -> str:
        return self._names.get(person, person)

    def active(self, person: str) -> bool:
        return person in self._roles

    def having(self, role: str, at: int) -> list[str]:
        """Members of staff; an empty list when nobody has the role."""
        if role == ANYBODY:
            # Whoever is there; to tell it to the whole house would be to tell it to nobody.
            return sorted(self._roles.keys() & self._on_duty(at))
        with_role = {person for person, roles in self._roles.items() if role in roles}
        return sorted(with_role & self._on_duty(at) or with_role)

    def _on_duty(self, at: int) -> set[str]:
        """Who is on duty at an instant by the published rosters and their covers; rosters are read once a day
        of theirs, however many steps lie in it."""
        if not self._has_rosters:
            return set()
        from logbook.operations.shifts import planned
        from logbook.operations.shifts import present

        day = self._days.of(at)
        if day not in self._plans:
            begin, end = self._days.begin(day), self._days.begin(day + 1)
            self._plans[day] = planned(self.session, begin, end, every_post=True)
        lines, covers, _ = self._plans[day]
        return present(lines, covers, at)


@dataclass(slots=True)
class _Matter:
    """One clock or duty that somebody may have to hear of."""

    key: str
    id: str | None
    form: Text
    label: Text
    title: str
    due: int
    course: Course
    stopped: int | None = None
    breached: bool = False
    missed: int = 0
    row: Row | None = None
    counted: int | None = None


class _Desk:
    """Everything that is looked up once a run."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.now = int(session.now.timestamp())
        self.people = _People(session)
        issues = escalation_issues(session)
        if issues:
            raise Refused(issues)
        self.site, _ = read_site(session.book.settings.settings.get("escalation"))
        self._hours: dict[str, Hours] = {}

    def matters(self, since: int, *, each: bool = False) -> list[_Matter]:
        """What ran at some instant of (since, now], by due; duties nobody fulfilled among it (``each``: every
        occurrence that was not done in time by itself)."""
        index, zone = self.session.index, self.session.zone
        found = [self._clock(*run) for run in index.courses(from_epoch(since, zone), self.session.now)]
        found.extend(self._occurrences(since) if each else self.missed())
        found.sort(key=lambda matter: (matter.due, matter.key))
        return found

    def _clock(self, clock: ClockRow, counted: int | None, paused: bool) -> _Matter:
        row = clock.row
        due = clock.due or 0
        library = self.session.library
        form = library.form_at(row.form, clock.version or row.version) or library.forms.get(row.form)
        named = form.clocks.get(clock.clock) if form is not None else None
        return _Matter(
            f"{row.id} {clock.clock} {clock.cycle}",
            row.id,
            form.title if form is not None else Text(row.form, row.form),
            named.label if named is not None else Text(clock.clock, clock.clock),
            row.title,
            due,
            Course(counted, self._steps(clock, named, due, paused=paused)),
            clock.stopped,
            clock.stopped is not None and counted is not None and counted > due,
            row=row,
            counted=counted,
        )

    def _steps(self, clock: ClockRow, named: Clock | None, due: int, *, paused: bool) -> tuple[Step, ...]:
        escalate: Sequence[Escalation] = named.escalate if named is not None else ()
        if not escalate and not self.site:
            return (Step(due, clock.to, AT_DUE),)
        within = named.within if named is not None else None
        pauses: Sequence[Interval] = ()
        if any(one.share is not None for one in (*escalate, *self.site)):
            if within is not None:
                choice = getattr(within, "field", None) if hasattr(within, "table") else None
                value = self.session.index.fields([clock.row], [choice])[0].get(choice) if choice else None
                within = plain_budget(within, value) or within
            pauses = self._pauses(clock) if paused else ()
        frame = Frame(
            days_in(self.session.zone),
            lambda name: None,
            lambda: self.hours((named.calendar if named is not None else None) or "office"),
        )
        return steps_of(escalate, clock.to, clock.started, due, frame, within=within, pauses=pauses, site=self.site)

    def _pauses(self, clock: ClockRow) -> Sequence[Interval]:
        """The paused time a clock is credited with, worked out from its record."""
        from logbook.operations.reading import clocks
        from logbook.operations.reading import load

        for one in clocks(self.session, load(self.session, clock.row)):
            if (one.clock, one.cycle, one.started) == (clock.clock, clock.cycle, clock.started):
                return one.pauses
        return ()

    def hours(self, name: str) -> Hours:
        """The counting of working time in a calendar of the book. BookError ``clock.no-calendar``."""
        from logbook.core.calendars import Hours

        if name not in self._hours:
            calendar = self.session.calendars.get(name)
            if calendar is None:
                raise BookError("clock.no-calendar", calendar=name)
            self._hours[name] = Hours(calendar, self.session.zone)
        return self._hours[name]

    def missed(self) -> Iterator[_Matter]:
        """Duties nobody fulfilled: missed is brought to the role of the duty, and to whom the book says.
        One matter a duty and subject, whose offsets count from the first occurrence that was missed in a run."""
        from logbook.operations.overdue import overdue

        runs: dict[str, list[Late]] = {}
        for late in overdue(self.session, (), expand=bool(self._offsets)):
            if late.kind == "duty" and late.state == "missed":
                runs.setdefault(f"duty {late.clock} {late.subject or ''}".rstrip(), []).append(late)
        for key, run in runs.items():
            first = min(int(late.due.timestamp()) for late in run)
            latest = max(run, key=lambda late: late.due)
            due = int(latest.due.timestamp())
            steps = {(step.name, step.to): step for step in self._duty_steps(latest.to, first)}
            steps[AT_DUE, latest.to] = Step(due + 1, latest.to, AT_DUE)
            yield _Matter(
                key,
                None,
                self._form_title(latest.form),
                latest.label,
                latest.title.removeprefix(latest.label.say(self.session.lang)).strip(),
                due,
                Course(None, tuple(sorted(steps.values(), key=lambda step: step.at))),
                missed=max(len(run), latest.missed or 1),
            )

    def _occurrences(self, since: int) -> Iterator[_Matter]:
        """Every occurrence of a duty that was not done in time and of which some step lies after ``since``,
        whether it was done later or never, and whatever came after it."""
        if not self.session.library.shared.get("duties"):
            return
        from logbook.operations.duties import Ledger

        ledger = Ledger(self.session)
        # Missed is what is not done when now is past the due: every instant counts a second later (_duty_steps).
        start, end = self._reach(since), self.now - 1
        for duty in ledger.expecting:
            if not duty.listed:
                continue
            pairs = ledger.pairs(duty, ended=True, all_=True, due=(start, end))
            by_pair: dict[str, list[tuple[Pair, Standing]]] = {}
            for pair, standing in ledger.standings(duty, pairs, start, end):
                by_pair.setdefault(pair.key, []).append((pair, standing))
            for standings in by_pair.values():
                yield from self._late_ones(duty, standings)

    def _late_ones(self, duty: Duty, standings: list[tuple[Pair, Standing]]) -> Iterator[_Matter]:
        """Those of one subject that were not done in time, the latest first."""
        from logbook.core.fulfilment import counts_from

        def due(found: tuple[Pair, Standing]) -> int:
            return found[1].occurrence.due

        over: int | None = None  # since when what fell due later has put an end to the lateness (ruling 6)
        for at, group in groupby(sorted(standings, key=due, reverse=True), key=due):
            settled: list[int | None] = []
            for pair, (one, state, mark) in group:
                done = counts_from(one, mark) if mark is not None else None
                settled.append(None if state == "missed" else max(at + 1, done or 0))
                if state not in ("missed", "late"):
                    continue
                # Done a second late is late still, though the step comes a second after the due.
                ends = [end for end in (over, done + 1 if done is not None else None) if end is not None]
                day = date.fromordinal(one.nominal).isoformat()
                yield _Matter(
                    " ".join(filter(None, ("duty", duty.id, pair.subject, day, one.slot))),
                    None,
                    self._form_title(duty.form),
                    duty.label,
                    pair.title,
                    at,
                    Course(min(ends, default=None), self._duty_steps(duty.role, at)),
                    mark.at if mark is not None else None,
                    mark is not None,
                    0 if mark is not None else 1,
                    counted=done,
                )
            known = [one for one in settled if one is not None]
            if len(known) == len(settled):
                over = min(max(known), over) if over is not None else max(known)

    def _duty_steps(self, to: str | None, due: int) -> tuple[Step, ...]:
        """The steps of a duty that was due then, each a second later than a clock's: a clock is late when it
        runs at its due, a duty is missed when that has passed."""
        # A share of the window says nothing here: the duty is already missed.
        frame = Frame(days_in(self.session.zone), lambda name: None, lambda: self.hours("office"))
        steps = steps_of((), to, due, due, frame, site=self._offsets)
        return tuple(step._replace(at=step.at + 1) for step in steps)

    def _reach(self, since: int) -> int:
        """A due so early that no step of a duty due then or sooner comes after ``since``."""
        back = 0
        while any(step.at > since for step in self._duty_steps(None, since - back - 1)):
            back = back * 2 or DAY
        return since - back - 1

    @property
    def _offsets(self) -> tuple[Escalation, ...]:
        return tuple(one for one in self.site if one.share is None)

    def _form_title(self, name: str) -> Text:
        form = self.session.library.forms.get(name)
        return form.title if form is not None else Text(name, name)

    # -- for whom ---------------------------------------------------------------------------------

    def recipients(self, matter: _Matter, step: Step) -> list[tuple[str, bool]]:
        """Who hears of a step, and whether it is only the administrator because nobody has the role."""
        to = step.to
        if to:
            if to in self.session.library.roles:
                people = self.people.having(to, step.at)
            else:
                people = self._person_in(matter, to)
            if people:
                return [(person, False) for person in people]
        return [(self.session.book.settings.administrator or "", True)]

    def _person_in(self, matter: _Matter, name: str) -> list[str]:
        """The person a field of the record names."""
        if matter.row is None:
            return []
        person = self.session.index.fields([matter.row], [name])[0].get(name)
        return [person] if isinstance(person, str) and self.people.active(person) else []

    def role(self, step: Step) -> Text:
        if step.to == ANYBODY:
            return Text("", "")
        role = self.session.library.roles.get(step.to) if step.to else None
        return role or Text(step.to or "", step.to or "")

    def entry(self, matter: _Matter, step: Step, *, vacant: bool, ended: int | None = None) -> Entry:
        until = self.now
        if matter.stopped is not None:
            until = min(until, matter.counted or matter.stopped)
        return Entry(
            matter.key,
            matter.id,
            matter.form,
            matter.label,
            matter.title,
            matter.due,
            until - matter.due,
            step.name,
            self.role(step),
            step.at,
            matter.missed,
            ended if ended is not None else matter.stopped,
            vacant,
        )

    def digest(self, person: str, **sections: Any) -> Digest:
        return Digest(
            person,
            self.people.name(person) if person else self.session.book.settings.name,
            self.people.emails.get(person),
            self.now,
            **sections,
        )

    def next_dues(self, matters: Iterable[_Matter], wanted: set[str]) -> dict[str, Entry]:
        """For each of these persons what falls due next among what is brought to them."""
        found: dict[str, Entry] = {}
        for matter in matters:
            if matter.due <= self.now or matter.course.counted is not None:
                continue
            if wanted <= found.keys():
                break
            for step in matter.course.steps:
                for person, vacant in self.recipients(matter, step):
                    if person in wanted and person not in found:
                        found[person] = self.entry(matter, step, vacant=vacant)
        return found


def since_then(session: Session, since: datetime) -> Found:
    """Exactly the escalation steps in (since, now]: a pure function of the book and the two moments."""
    desk = _Desk(session)
    begin = int(since.timestamp())
    matters = desk.matters(begin, each=True)
    told: dict[str, list[Entry]] = {}
    for matter in matters:
        for _, step in steps_between([matter.course], begin, desk.now):
            for person, vacant in desk.recipients(matter, step):
                told.setdefault(person, []).append(desk.entry(matter, step, vacant=vacant))
    coming = desk.next_dues(matters, set(told))
    digests = [
        desk.digest(person, new=tuple(entries), next_due=coming.get(person)) for person, entries in sorted(told.items())
    ]
    return _found(desk, [*(matter for matter in matters if matter.row is not None), *desk.missed()], digests)


def since_told(session: Session, memory: Memory, *, always: bool = False) -> Found:
    """What is new, still there and gone since each person was last told. ``always``: a digest for the
    administrator even when there is nothing."""
    desk = _Desk(session)
    known = [one for one in (memory.at, *(told.at for told in memory.told.values())) if one is not None]
    matters = desk.matters(min([*known, desk.now]))
    by_key = {matter.key: matter for matter in matters}
    current: dict[str, dict[str, Entry]] = {}
    gone: dict[str, dict[str, Entry]] = {}
    for matter in matters:
        for step in matter.course.taken(desk.now):
            for person, vacant in desk.recipients(matter, step):
                entry = desk.entry(matter, step, vacant=vacant)
                since = memory.since(person)
                if matter.stopped is None:
                    # The latest step is the one that counts; steps come by instant.
                    current.setdefault(person, {})[matter.key] = entry
                elif matter.breached and since is not None and step.at > since:
                    gone.setdefault(person, {})[matter.key] = entry
    # What a memory of later knows may lie after now: that is not cleared but to come.
    for person, told in () if memory.is_ahead_of(desk.now) else memory.told.items():
        for key, item in told.items.items():
            if key not in current.get(person, {}):
                gone.setdefault(person, {})[key] = _cleared(desk, key, item, by_key.get(key))
    if always and not current and not gone:
        gone[session.book.settings.administrator or ""] = {}
    everyone = sorted({*current, *gone})
    coming = desk.next_dues(matters, set(everyone))
    digests = []
    for person in everyone:
        items = memory.told[person].items if person in memory.told else {}
        new: list[Entry] = []
        still: list[Entry] = []
        for key, entry in current.get(person, {}).items():
            (still if _is_known(items.get(key), entry) else new).append(entry)
        digests.append(
            desk.digest(
                person,
                new=tuple(new),
                still=tuple(still),
                cleared=tuple(sorted(gone.get(person, {}).values(), key=lambda entry: (entry.due, entry.key))),
                next_due=coming.get(person),
            )
        )
    return _found(desk, matters, digests)


def _is_known(seen: Mapping[str, Any] | None, entry: Entry) -> bool:
    """Whether a person was told this: the same step, and of a duty no further time that was missed."""
    if seen is None or seen.get("step") != entry.step:
        return False
    return not entry.missed or entry.due <= int(seen["due"])


def _cleared(desk: _Desk, key: str, item: Mapping[str, Any], matter: _Matter | None) -> Entry:
    """What was told and is late no longer: stopped, extended, or fulfilled after all."""
    if matter is not None and matter.stopped is not None:
        step = Step(int(item["due"]), item.get("to"), str(item["step"]))
        return desk.entry(matter, step, vacant=False)
    form, label = Text(*item["form"]), Text(*item["label"])
    due = int(item["due"])
    return Entry(key, item["id"], form, label, item["title"], due, 0, item["step"], Text("", ""), due)


def _found(desk: _Desk, matters: Sequence[_Matter], digests: list[Digest]) -> Found:
    late = sum(1 for matter in matters if matter.stopped is None and matter.due < desk.now)
    return Found(digests, late, next_step((matter.course for matter in matters), desk.now))


# -- telling it --------------------------------------------------------------------------------------


def send_all(
    found: Found,
    memory: Memory,
    send: Callable[[Digest], None],
    keep: Callable[[Memory], None],
    now: datetime,
) -> tuple[int, list[tuple[Digest, BookError]]]:
    """Send digest after digest and remember each that went out: how many did, and what became of the others.

    What could not be sent stays untold, so that the next run sends it again; it does not hold the others up.
    A memory that is ahead of ``now`` is left as it is.
    """
    at = int(now.timestamp())
    ahead = memory.is_ahead_of(at)
    before = memory.at
    sent = 0
    failed: list[tuple[Digest, BookError]] = []
    fresh = Memory(at, {})
    # Until it is its turn, a person knows what they knew.
    for digest in found.digests:
        known = memory.told.get(digest.person)
        fresh.told[digest.person] = known if known is not None else Told(before)
    for digest in found.digests:
        try:
            send(digest)
        except BookError as error:
            failed.append((digest, error))
            continue
        sent += 1
        items = {entry.key: _kept(entry) for entry in (*digest.new, *digest.still)}
        if items:
            fresh.told[digest.person] = Told(at, items)
        else:
            del fresh.told[digest.person]
        if not ahead:
            keep(fresh)
    if not sent and not ahead:
        keep(fresh)
    return sent, failed


def _kept(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "form": [entry.form.zh, entry.form.en],
        "label": [entry.label.zh, entry.label.en],
        "title": entry.title,
        "due": entry.due,
        "step": entry.step,
    }


def heartbeat(
    session: Session | None, found: Found | None, *, sent: int, failed: int = 0, why: str | None = None
) -> str:
    """The line for the monitor: when, how it went, the figures, the head, the next step."""
    now = session.now if session is not None else machine.now()
    word = "ok" if why is None else "failed"
    parts = [now.isoformat(), word]
    if found is not None and session is not None:
        parts.append(f"late={found.late}")
        parts.extend(f"{section}={found.count(section)}" for section in ("new", "still", "cleared"))
        parts.append(f"sent={sent}")
        if failed:
            parts.append(f"unsent={failed}")
        parts.append(f"head={(session.index.head or '-')[:12]}")
        parts.append(f"next={from_epoch(found.next, session.zone).isoformat() if found.next is not None else '-'}")
    if why is not None:
        parts.append(f"why={json.dumps(why, ensure_ascii=False)}")
    return " ".join(parts)
