"""Posts and their shifts: who must be where when, whose minute an entry belongs to, who came too late."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from logbook.core.moments import days_in
from logbook.core.text import Text
from logbook.core.value import attribute
from logbook.core.value import frozen

NORMAL = "normal"
# The desk whose posts partition the day; manned at every minute (002 值班制度 1).
SERVICE_CENTRE = "service_centre"

ON_TIME = "on_time"
HANDOVER_LATE = "handover_late"
LATE = "late"

# From and until, in seconds since 1970; half-open.
Interval = tuple[int, int]


@frozen
class Slot:
    """One stretch of duty, in minutes after 00:00 of the day it starts; ``end`` may exceed 1440 (the next
    day) and is None where the house rules do not say it."""

    name: str
    start: int
    end: int | None


@frozen
class Post:
    """A place somebody holds. ``slots`` by season; ``lead`` is how many minutes early the relief arrives
    (None: nothing is said); ``shift`` is what the roster and the log call it, ``log`` the form kept there."""

    id: str
    label: Text
    role: str | None = None
    slots: dict[str, tuple[Slot, ...]] = attribute(default_factory=dict)
    lead: int | None = None
    min_on_duty: int = 0
    headcount: int | None = None
    stand_in: str | None = None
    shift: str | None = None
    log: str | None = None
    pack: str = ""
    note: Text | None = None
    source: str | None = None
    inferred: bool = False
    path: str | None = None
    line: int | None = None


@frozen
class Desk:
    """Posts that relieve each other at one place; with ``round_the_clock`` they leave no minute out."""

    id: str
    label: Text
    posts: tuple[str, ...]
    alias: tuple[str, ...] = ()
    round_the_clock: bool = False

    @property
    def words(self) -> frozenset[str]:
        """All that a record may call this desk."""
        return frozenset((self.id, self.label.zh, self.label.en, *self.alias))


class Posts(dict[str, Post]):
    """The posts of a book by id, its desks, and which season a day (ordinal) is in."""

    def __init__(self) -> None:
        super().__init__()
        self.desks: dict[str, Desk] = {}
        self.season: Callable[[int], str | None] = lambda day: None

    def of_desk(self, desk: str = SERVICE_CENTRE) -> list[Post]:
        """The posts of a desk, in its order; none for a desk that is not there."""
        found = self.desks.get(desk)
        return [self[name] for name in found.posts if name in self] if found is not None else []


@frozen
class Shift:
    """One turn at a post: the day (ordinal) it belongs to, and from when until when (seconds since 1970)."""

    post: str
    name: str
    day: int
    start: int
    end: int


@frozen
class Arrival:
    """How the relief came: ``on_time``, ``handover_late`` (after start - lead) or ``late`` (after the start);
    ``minutes`` past the moment that was to be kept, begun ones counted whole."""

    state: str
    minutes: int = 0


def slots_on(post: Post, day: int, season: str | None) -> list[tuple[str, int, int]]:
    """Name, start and end (minutes after 00:00 of ``day``) of each turn at ``post`` in that season; a turn
    whose end nobody stated is left out. Every day is alike until a post says otherwise."""
    slots = post.slots.get(season or NORMAL)
    if slots is None:
        slots = post.slots.get(NORMAL, post.slots.get("winter", ()))
    return [(slot.name, slot.start, slot.end) for slot in slots if slot.end is not None]


def shifts_on(posts: Posts, day: int, *, zone: ZoneInfo, desk: str = SERVICE_CENTRE) -> list[Shift]:
    """The shifts of a desk that belong to ``day`` (ordinal), by their start; the night is the last of them."""
    return _shifts(posts, posts.of_desk(desk), day, zone)


def shifts_of(posts: Posts, post: Post, day: int, *, zone: ZoneInfo) -> list[Shift]:
    """The shifts of one post that belong to ``day``."""
    return _shifts(posts, [post], day, zone)


def shift_at(posts: Posts, moment: datetime, *, zone: ZoneInfo, desk: str = SERVICE_CENTRE) -> Shift | None:
    """The one shift of the desk ``moment`` belongs to (clocks.md 16): half-open, so that 08:30 on the 23rd is
    the day's and 08:29 is still the night's of the 22nd. None where the desk is not manned."""
    instant = int(moment.timestamp())
    day = days_in(zone).of(instant)
    for on in (day, day - 1):
        for shift in shifts_on(posts, on, zone=zone, desk=desk):
            if shift.start <= instant < shift.end:
                return shift
    return None


def next_shift(posts: Posts, shift: Shift, *, zone: ZoneInfo, desk: str = SERVICE_CENTRE) -> Shift | None:
    """The shift that relieves ``shift``: the first of the desk that starts when it ends, or after."""
    for day in (shift.day, shift.day + 1):
        for one in shifts_on(posts, day, zone=zone, desk=desk):
            if one.start >= shift.end:
                return one
    return None


def judge_arrival(start: int, arrived: int, lead: int | None) -> Arrival:
    """On time up to ``start`` minus ``lead`` minutes; then the handover is late; after the start the relief
    is late (shifts.yaml, late_rule). ``start`` and ``arrived`` in seconds."""
    if arrived > start:
        return Arrival(LATE, -(-(arrived - start) // 60))
    by = start - (lead or 0) * 60
    if arrived > by:
        return Arrival(HANDOVER_LATE, -(-(arrived - by) // 60))
    return Arrival(ON_TIME)


def uncovered(intervals: Iterable[Interval], start: int, end: int) -> list[Interval]:
    """What of [start, end) none of ``intervals`` covers, in order; linear after sorting."""
    gaps: list[Interval] = []
    reached = start
    for low, high in sorted(intervals):
        if high <= reached:
            continue
        if low >= end:
            break
        if low > reached:
            gaps.append((reached, low))
        reached = high
    if reached < end:
        gaps.append((reached, end))
    return gaps


def minutes_open(slots: Sequence[tuple[int, int]]) -> tuple[int, list[tuple[int, int]]]:
    """How many minutes of a day these slots fill, and the gaps they leave, counted from the first start
    through 24 hours; a night may reach past 24:00."""
    if not slots:
        return 0, [(0, 1440)]
    first = min(start for start, _ in slots)
    gaps = uncovered(slots, first, first + 1440)
    return 1440 - sum(high - low for low, high in gaps), gaps


def _shifts(posts: Posts, held: Iterable[Post], day: int, zone: ZoneInfo) -> list[Shift]:
    days, season = days_in(zone), posts.season(day)
    found = [
        Shift(post.id, name, day, days.instant(day, start), days.instant(day, end))
        for post in held
        for name, start, end in slots_on(post, day, season)
    ]
    found.sort(key=lambda one: (one.start, one.end))
    return found
