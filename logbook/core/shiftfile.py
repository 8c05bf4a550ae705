"""The posts and shifts of a book: what ``shifts.yaml`` says, read and checked."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import Any

from logbook.core.definition import label_from
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.shapes import ID
from logbook.core.shapes import Findings
from logbook.core.shapes import texts
from logbook.core.shifts import NORMAL
from logbook.core.shifts import Desk
from logbook.core.shifts import Post
from logbook.core.shifts import Posts
from logbook.core.shifts import Slot
from logbook.core.shifts import minutes_open
from logbook.core.sources import Source

SEASONS = (NORMAL, "summer", "winter")
FILE_KEYS = ("posts", "desks")
POST_KEYS = (
    "zh", "en", "role", "slots", "lead_min", "min_on_duty", "headcount", "stand_in", "shift", "log", "note",
    "source", "inferred",
)  # fmt: skip
SLOT_KEYS = ("start", "end", "end_day", "name")
DESK_KEYS = ("zh", "en", "alias", "posts", "round_the_clock")
# What a site may set for a post of its own: `settings: {shifts: {bar: {slots: …}}}`.
OWN_KEYS = ("slots", "lead_min", "min_on_duty", "headcount")
EARLY = "arrive_early_minutes"

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\Z|24:00\Z")
_DAY = 1440


def posts_of(library: Library, settings: Mapping[str, object]) -> Posts:
    """Every post of a book by id, with what the site has set (``shifts`` of its settings: a post's own times,
    ``arrive_early_minutes``). Broken entries are left out; :func:`check_shifts` tells of them."""
    found = Posts()
    found.season = _season_of(settings)
    own = settings.get("shifts")
    own = own if isinstance(own, Mapping) else {}
    early = _number(own.get(EARLY))
    for source in library.shared.get("shifts", ()):
        plain = source.plain if isinstance(source.plain, Mapping) else {}
        for name, post in _entries(plain, "posts"):
            if isinstance(post, Mapping):
                set_here = own.get(name)
                if isinstance(set_here, Mapping):
                    post = {**post, **{key: value for key, value in set_here.items() if key in OWN_KEYS}}
                found[name] = _post(name, post, source, early)
        for name, desk in _entries(plain, "desks"):
            if isinstance(desk, Mapping):
                found.desks[name] = Desk(
                    name,
                    label_from(desk),
                    texts(desk.get("posts")),
                    texts(desk.get("alias")),
                    desk.get("round_the_clock") == "true",
                )
    return found


def check_shifts(sources: Sequence[Source], library: Library) -> list[Issue]:
    """Every issue in these files; names are looked up in ``library``."""
    notes: list[Findings] = []
    posts: dict[str, Post] = {}
    desks: list[tuple[str, Mapping[str, Any], Findings]] = []
    for source in sources:
        found = Findings(source.path, source.line, source.spot)
        notes.append(found)
        plain = source.plain
        if not isinstance(plain, Mapping) or not plain:
            found.add("form.empty")
            continue
        found.unknown_keys(plain, FILE_KEYS)
        for key in FILE_KEYS:
            if plain.get(key) is not None and not isinstance(plain[key], Mapping):
                found.add("shift.shape", key, name=key)
        for name, post in _entries(plain, "posts"):
            if not _named(name, post, found, "posts", name):
                continue
            if name in posts:
                found.add("form.duplicate-id", "posts", name, id=name)
            _check_post(name, post, library, found)
            posts[name] = _post(name, post, source, None)
        desks += [
            (name, desk, found)
            for name, desk in _entries(plain, "desks")
            if _named(name, desk, found, "desks", name)
        ]
    for name, desk, found in desks:
        _check_desk(name, desk, posts, found)
    return [issue for found in notes for issue in found.issues]


# --------------------------------------------------------------------------- plain -> values


def _season_of(settings: Mapping[str, object]) -> Callable[[int], str | None]:
    """The season of a day by the dates the site has set; never summer without them."""
    known: dict[int, str | None] = {}

    def season(day: int) -> str | None:
        if day not in known:
            from logbook.core.calendarfile import season_on

            known[day] = season_on(settings, date.fromordinal(day))
        return known[day]

    return season


def _post(name: str, plain: Mapping[str, Any], source: Source, early: int | None) -> Post:
    lead = _number(plain.get("lead_min"))
    return Post(
        id=name,
        label=label_from(plain),
        role=_text(plain.get("role")),
        slots={season: _slots(name, slots) for season, slots in _entries(plain, "slots")},
        # What the site says of arriving early goes for the posts that are relieved early at a desk.
        lead=early if early is not None and lead is not None and plain.get("log") else lead,
        min_on_duty=_number(plain.get("min_on_duty")) or 0,
        headcount=_number(plain.get("headcount")),
        stand_in=_text(plain.get("stand_in")),
        shift=_text(plain.get("shift")),
        log=_text(plain.get("log")),
        pack=source.pack,
        note=label_from(plain["note"]) if plain.get("note") else None,
        source="; ".join(texts(plain.get("source"))) or None,
        inferred=plain.get("inferred") == "true",
        path=source.path,
        line=source.line("posts", name),
    )


def _slots(post: str, plain: Any) -> tuple[Slot, ...]:
    rows = [row for row in plain if isinstance(row, Mapping)] if isinstance(plain, list) else []
    found = []
    for number, row in enumerate(rows, 1):
        start, end = _minutes(row.get("start")), _minutes(row.get("end"))
        if start is None or (end is None and row.get("end") is not None):
            continue
        if end is not None:
            end += _DAY * (_number(row.get("end_day")) or 0)
            if end <= start:
                continue
        name = _text(row.get("name")) or (post if len(rows) == 1 else f"{post}.{number}")
        found.append(Slot(name, start, end))
    return tuple(sorted(found, key=lambda slot: slot.start))


def _minutes(value: Any) -> int | None:
    if not isinstance(value, str) or not _TIME.match(value):
        return None
    hours, _, minutes = value.partition(":")
    return int(hours) * 60 + int(minutes)


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,5}", value) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _entries(plain: Mapping[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    inner = plain.get(key)
    yield from inner.items() if isinstance(inner, Mapping) else ()


# --------------------------------------------------------------------------- faults


def _named(name: str, plain: Any, found: Findings, *place: str) -> bool:
    if not ID.match(name):
        found.add("form.bad-id", *place, id=name)
    if not isinstance(plain, Mapping):
        found.add("shift.shape", *place, name=name)
        return False
    if not plain.get("zh") and not plain.get("en"):
        found.add("form.no-label", *place, name=name)
    return True


def _check_post(name: str, plain: Mapping[str, Any], library: Library, found: Findings) -> None:
    place = ("posts", name)
    found.unknown_keys(plain, POST_KEYS, *place)
    for key in ("lead_min", "min_on_duty", "headcount"):
        if plain.get(key) is not None and _number(plain[key]) is None:
            found.add("shift.number", *place, key, name=key, found=str(plain[key]))
    for key in ("role", "stand_in"):
        role = plain.get(key)
        if role is not None and role not in library.roles:
            found.unknown("form.unknown-role", str(role), library.roles, *place, key)
    log = plain.get("log")
    if log is not None and log not in library.forms:
        found.unknown("form.unknown-form", str(log), library.forms, *place, "log")
    slots = plain.get("slots")
    if slots is None:
        return
    if not isinstance(slots, Mapping):
        found.add("shift.shape", *place, "slots", name="slots")
        return
    for season, rows in slots.items():
        if season not in SEASONS:
            found.unknown("shift.season", str(season), SEASONS, *place, "slots", season)
        _check_slots(rows, found, *place, "slots", season)


def _check_slots(rows: Any, found: Findings, *place: str | int) -> None:
    if not isinstance(rows, list):
        found.add("shift.slots", *place)
        return
    spans: list[tuple[int, int, int]] = []
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            found.add("shift.slots", *place, number)
            continue
        found.unknown_keys(row, SLOT_KEYS, *place, number)
        bad = False
        for key in ("start", "end"):
            given = row.get(key)
            if (key == "start" or given is not None) and _minutes(given) is None:
                at = (*place, number, key) if key in row else (*place, number)
                found.add("shift.time", *at, found=str(given or ""), name=key)
                bad = True
        days = row.get("end_day")
        if days is not None and days not in ("0", "1"):
            found.add("shift.end-day", *place, number, "end_day", found=str(days))
            bad = True
        start, end = _minutes(row.get("start")), _minutes(row.get("end"))
        if bad or start is None or end is None:
            continue
        end += _DAY * (_number(days) or 0)
        first, last = str(row["start"]), str(row["end"])
        if end <= start:
            found.add("shift.ends-before", *place, number, start=first, end=last)
        elif end - start > _DAY:
            found.add("shift.too-long", *place, number, start=first, end=last)
        else:
            spans.append((start, end, number))
    spans.sort()
    for (_, until, _), (start, _, number) in itertools.pairwise(spans):
        if start < until:
            found.add("shift.overlap", *place, number, at=clock_text(start))
    if len(spans) > 1 and spans[-1][1] - _DAY > spans[0][0]:
        found.add("shift.overlap", *place, spans[0][2], at=clock_text(spans[0][0]))


def _check_desk(name: str, plain: Mapping[str, Any], posts: Mapping[str, Post], found: Findings) -> None:
    place = ("desks", name)
    found.unknown_keys(plain, DESK_KEYS, *place)
    whole = plain.get("round_the_clock")
    if whole is not None and whole not in ("true", "false"):
        found.add("shift.shape", *place, "round_the_clock", name="round_the_clock")
    held = texts(plain.get("posts"))
    if not held:
        found.add("form.missing-key", *place, key="posts")
    for post in held:
        if post not in posts:
            found.unknown("shift.unknown-post", post, posts, *place, "posts")
    if whole != "true" or not all(post in posts for post in held):
        return
    # `normal` always; another season where one of the posts has times of its own.
    seasons = {NORMAL, *(season for post in held for season in posts[post].slots)}
    for season in SEASONS:
        if season not in seasons:
            continue
        slots = [
            (slot.start, slot.end)
            for post in held
            for slot in posts[post].slots.get(season, posts[post].slots.get(NORMAL, ()))
            if slot.end is not None
        ]
        if not slots:
            continue
        _, gaps = minutes_open(slots)
        if gaps:
            said = [f"{clock_text(low)}-{clock_text(high)}" for low, high in gaps]
            found.add("shift.gap", *place, season=season, gaps=said)
        slots.sort()
        doubled = [start for (_, until), (start, _) in itertools.pairwise(slots) if start < until]
        if not doubled and slots[-1][1] - _DAY > slots[0][0]:
            doubled = [slots[0][0]]
        if doubled:
            found.add("shift.doubled", *place, season=season, at=clock_text(doubled[0]))


def clock_text(minutes: int) -> str:
    """Minutes after 00:00 as ``HH:MM``; past 24:00 the clock begins anew."""
    minutes = minutes if minutes == _DAY else minutes % _DAY
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
