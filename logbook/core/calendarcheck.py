"""Every fault of a calendar as it is written, each with the number of the rule it breaks."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import Any

from logbook.core.calendarfile import SEASONS
from logbook.core.calendarfile import WEEKDAYS
from logbook.core.calendarfile import in_order
from logbook.core.calendarfile import read_date
from logbook.core.calendarfile import read_days
from logbook.core.calendarfile import read_season
from logbook.core.calendarfile import read_years
from logbook.core.calendarfile import season_of
from logbook.core.calendarfile import split_windows
from logbook.core.calendars import SHIPPED
from logbook.core.calendars import Windows
from logbook.core.calendars import parse_windows
from logbook.core.issues import Issue
from logbook.core.moments import hhmm
from logbook.core.shapes import EXPECTED
from logbook.core.shapes import Findings
from logbook.core.sources import Source
from logbook.core.sources import no_line

SETTINGS_FILE = "logbook.yaml"
FILE_KEYS = ("calendars", "days")
CALENDAR_KEYS = ("zh", "en", "weekly", "seasons", "days", "extends", "off", "work", "own")
LIST_KEYS = ("years", "provisional", "off", "work", "own")
DAY_WORDS = (*WEEKDAYS, "mon-fri", "daily")
# A window longer than this is more likely two times written the wrong way round.
LONG_MINUTES = 16 * 60
# Winter may run over New Year, and so may a season of the site's own naming.
_WITHIN_A_YEAR = ("spring", "summer", "autumn")
_TIMES = re.compile(r"\s*([01]?\d|2[0-4]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)\s*")


def check_files(sources: Sequence[Source]) -> list[Issue]:
    """Every issue in the ``calendars.yaml`` of the packs; names are looked up among all of them."""
    names, lists = _names(sources)
    known_years: dict[str, set[int]] = {}
    issues: list[Issue] = []
    bases = {name: SHIPPED[name].weekly for name in SHIPPED}
    for source in in_order(sources):
        found = Findings(source.path, source.line, source.spot)
        plain = source.plain
        if not isinstance(plain, Mapping):
            found.add("form.empty")
        else:
            _keys(plain, FILE_KEYS, found, ())
            for name, entry in _entries(plain.get("calendars"), found, ("calendars",)):
                _Checked(found, ("calendars", name), SEASONS, names, lists, bases).calendar(name, entry)
            for name, entry in _entries(plain.get("days"), found, ("days",)):
                _days(name, entry, found, known_years.setdefault(name, set()))
        issues += found.issues
    return issues


def check_site(
    own: Mapping[str, object],
    settings: Mapping[str, object],
    sources: Sequence[Source],
    line: Callable[..., int | None] | None = None,
) -> list[Issue]:
    """Every issue in the calendars and the seasons of ``logbook.yaml``, and of seasons left undated."""
    names, lists = _names(sources)
    names |= set(own) if isinstance(own, Mapping) else set()
    found = Findings(SETTINGS_FILE, line or no_line)
    seasons = _seasons(settings, found)
    bases = {name: SHIPPED[name].weekly for name in SHIPPED}
    quiet = Findings(None, no_line)
    for source in in_order(sources):
        plain = source.plain or {}
        for name, entry in _entries(plain.get("calendars"), quiet, ()):
            _Checked(quiet, (), SEASONS, names, lists, bases).calendar(name, entry)
    known = (*dict.fromkeys((*SEASONS, *seasons)),)
    for name, entry in _entries(own, found, ("calendars",)):
        checked = _Checked(found, ("calendars", name), known, names, lists, bases)
        checked.dated_seasons = season_of(settings)
        checked.calendar(name, entry)
    return found.issues


def _names(sources: Iterable[Source]) -> tuple[set[str], set[str]]:
    names: set[str] = set(SHIPPED)
    lists: set[str] = set()
    for source in sources:
        plain = source.plain if isinstance(source.plain, Mapping) else {}
        for key, into in (("calendars", names), ("days", lists)):
            entries = plain.get(key)
            into |= {str(name) for name in entries} if isinstance(entries, Mapping) else set()
    return names, lists


# -- seasons ---------------------------------------------------------------------------------------


def _seasons(settings: Mapping[str, object], found: Findings) -> tuple[str, ...]:
    """The names of the seasons of the settings, checked: no end before its start, no day in two of them."""
    named = settings.get("season")
    if named is None:
        return ()
    if not isinstance(named, Mapping):
        found.add("calendar.shape", "settings", "season", expected=EXPECTED["map"])
        return ()
    taken: dict[tuple[int, int], str] = {}
    for name, text in named.items():
        place = ("settings", "season", name)
        dates = read_season(str(text or ""))
        if dates is None:
            found.add("calendar.bad-season", *place, found=str(text or ""), season=name)
            continue
        if dates[1] < dates[0] and name in _WITHIN_A_YEAR:
            found.add("calendar.season-backwards", *place, found=str(text), season=name)
            continue
        keys = [day for day in _days_of_a_year() if _holds(*dates, day)]
        both = next((key for key in keys if key in taken), None)
        if both is not None:
            found.add(
                "calendar.seasons-overlap", *place, season=name, other=taken[both], day=f"{both[0]:02}-{both[1]:02}"
            )
        taken.update((key, name) for key in keys if key not in taken)
    return tuple(named)


# -- one calendar ----------------------------------------------------------------------------------


class _Checked:
    """The check of one calendar; ``bases`` holds the weeks of those read before and is added to."""

    def __init__(
        self,
        found: Findings,
        place: tuple[str, ...],
        seasons: Sequence[str],
        names: set[str],
        lists: set[str],
        bases: dict[str, tuple[Windows, ...]],
    ) -> None:
        self.found = found
        self.place = place
        self.seasons = seasons
        self.names = names
        self.lists = lists
        self.bases = bases
        self.dated_seasons: Mapping[str, tuple[tuple[int, int], tuple[int, int]]] | None = None

    def calendar(self, name: str, plain: object) -> None:
        found, place = self.found, self.place
        if not isinstance(plain, Mapping):
            found.add("calendar.shape", *place, expected=EXPECTED["map"])
            return
        before = len(found.issues)
        _keys(plain, CALENDAR_KEYS, found, place)
        base = plain.get("extends")
        if base is not None and str(base) not in self.names:
            found.unknown("calendar.unknown-base", str(base), sorted(self.names), *place, "extends", calendar=name)
        elif base is not None and str(base) == name and name not in self.bases:
            found.add("calendar.extends-itself", *place, "extends", calendar=name)
        days = plain.get("days")
        if days is not None and str(days) not in self.lists:
            found.unknown("calendar.unknown-days", str(days), sorted(self.lists), *place, "days", calendar=name)
        week = self.week(plain.get("weekly"), (*place, "weekly")) if "weekly" in plain else None
        base_week = self.bases.get(str(base)) if base is not None else None
        outside = week if week is not None else base_week
        seasonal = self.seasons_of(plain, outside, name)
        list(_dated(plain, found, place))
        own = plain.get("own")
        windows = any(outside or ()) or any(any(one) for one in seasonal.values()) or bool(own)
        unknown_base = base is not None and base_week is None and "weekly" not in plain
        if not windows and not unknown_base and not _errors_since(found, before):
            found.add("calendar.no-windows", *place, calendar=name)
        if seasonal and outside is None and base is None and self.dated_seasons is not None:
            self.year_gap(name, seasonal)
        self.bases[name] = outside if outside is not None else ((),) * 7

    def week(self, plain: object, place: tuple[str, ...]) -> tuple[Windows, ...]:
        """The week as far as it can be read, every fault of it noted."""
        week: list[Windows] = [()] * 7
        where: dict[int, tuple[str, ...]] = {}
        named: dict[int, str] = {}
        entries = sorted(_entries(plain, self.found, place), key=lambda one: one[0] != "daily")
        for word, text in entries:
            here = (*place, word)
            days = read_days(word)
            if days is None:
                self.found.unknown("calendar.unknown-day", word, DAY_WORDS, *here)
                continue
            windows = _windows(text, self.found, here)
            for day in days:
                if day in named and word != "daily":
                    self.found.add("calendar.day-twice", *here, day=WEEKDAYS[day], other=named[day])
                elif word != "daily":
                    named[day] = word
                if windows is not None:
                    week[day], where[day] = windows, here
        told: set[tuple[str, ...]] = set()
        for day in range(7):
            after = (day + 1) % 7
            here = where.get(day, place)
            if week[day] and week[after] and week[day][-1][1] - 1440 > week[after][0][0] and here not in told:
                told.add(here)
                self.found.add(
                    "calendar.overlap", *here, day=WEEKDAYS[day],
                    first=_said(week[day][-1]), second=f"{WEEKDAYS[after]} {_said(week[after][0])}",
                )  # fmt: skip
        return tuple(week)

    def seasons_of(
        self, plain: Mapping[str, Any], outside: tuple[Windows, ...] | None, name: str
    ) -> dict[str, tuple[Windows, ...]]:
        """The weeks of the seasons: none without a weekday that has windows in the rest of the year."""
        found, place = self.found, (*self.place, "seasons")
        seasonal: dict[str, tuple[Windows, ...]] = {}
        for season, entry in _entries(plain.get("seasons"), found, place):
            here = (*place, season)
            if season not in self.seasons:
                found.unknown("calendar.unknown-season", season, self.seasons, *here)
                continue
            before = len(found.issues)
            week = seasonal[season] = self.week(entry, here)
            said: set[int] = set()
            for word in entry if isinstance(entry, Mapping) else ():
                said.update(read_days(str(word)) or ())
            missing = [WEEKDAYS[day] for day in range(7) if outside and outside[day] and day not in said]
            if missing and not _errors_since(found, before):
                found.add("calendar.season-gap", *here, calendar=name, season=season, days=missing)
            elif not any(week) and not _errors_since(found, before):
                found.add("calendar.no-windows", *here, calendar=f"{name}.{season}")
        return seasonal

    def year_gap(self, name: str, seasonal: Mapping[str, tuple[Windows, ...]]) -> None:
        """A calendar that has windows in seasons only: the seasons must fill the year."""
        dates = [one for season, one in (self.dated_seasons or {}).items() if season in seasonal]
        for day in _days_of_a_year():
            if not any(_holds(first, last, day) for first, last in dates):
                said = f"{day[0]:02}-{day[1]:02}"
                self.found.add("calendar.year-gap", *self.place, "seasons", calendar=name, day=said)
                return


def _days_of_a_year() -> list[tuple[int, int]]:
    """Every day of a leap year as (month, day)."""
    days = (date.fromordinal(date(2000, 1, 1).toordinal() + step) for step in range(366))
    return [(day.month, day.day) for day in days]


def _holds(first: tuple[int, int], last: tuple[int, int], day: tuple[int, int]) -> bool:
    return first <= day <= last if first <= last else day >= first or day <= last


# -- windows ---------------------------------------------------------------------------------------


def _windows(text: object, found: Findings, place: tuple[str, ...]) -> Windows | None:
    """The windows of a text; None, and why, when they cannot stand."""
    if not isinstance(text, str):
        found.add("calendar.bad-windows", *place, found="" if text is None else str(text))
        return None
    windows = parse_windows(text)
    if windows is not None:
        for window in windows:
            # 24 hours are meant; 20 hours over midnight are most likely not.
            if LONG_MINUTES < window[1] - window[0] and window[1] > 1440:
                found.add("calendar.long-window", *place, severity="warning", found=_said(window))
        return windows
    parts: list[tuple[int, int]] = []
    for part in text.replace("，", ",").split(","):
        times = _TIMES.fullmatch(part)
        if times is None:
            found.add("calendar.bad-windows", *place, found=text)
            return None
        begin, end = int(times[1]) * 60 + int(times[2]), int(times[3]) * 60 + int(times[4])
        if max(begin, end) > 1440 or begin == 1440:
            found.add("calendar.bad-windows", *place, found=text)
            return None
        if begin == end:
            found.add("calendar.backwards", *place, found=part.strip())
            return None
        parts.append((begin, end))
    for begin, end in parts:
        # Over midnight is fine for the last window of a day; with more of the day after it, it was mistyped.
        if end < begin and any(other > begin for other, _ in parts):
            found.add("calendar.backwards", *place, found=_said((begin, end)))
            return None
    parts = sorted((begin, end if end > begin else end + 1440) for begin, end in parts)
    for one, other in zip(parts, (*parts[1:], (parts[0][0] + 1440, parts[0][1] + 1440)), strict=True):
        if other[0] < one[1]:
            found.add("calendar.overlap", *place, day=place[-1], first=_said(one), second=_said(other))
            return None
    found.add("calendar.bad-windows", *place, found=text)
    return None


def _said(window: tuple[int, int]) -> str:
    return "-".join(hhmm(end) for end in (window[0] % 1440, window[1] % 1440 or 1440))


# -- dated days ------------------------------------------------------------------------------------


def _days(name: str, plain: object, found: Findings, known: set[int]) -> None:
    """One list of dated days; ``known`` are the years other files have said before."""
    place = ("days", name)
    if not isinstance(plain, Mapping):
        found.add("calendar.shape", *place, expected=EXPECTED["map"])
        return
    _keys(plain, LIST_KEYS, found, place)
    years: set[int] = set()
    good = True
    for key in ("years", "provisional"):
        if plain.get(key) is None:
            continue
        read = read_years(plain[key])
        if read is None:
            found.add("calendar.bad-years", *place, key, found=_text(plain[key]))
            good = False
            continue
        twice = years & set(read)
        if twice:
            found.add("calendar.year-twice", *place, key, year=min(twice))
        years |= set(read)
    if plain.get("years") is None and plain.get("provisional") is None:
        found.add("calendar.no-years", *place, days=name)
        good = False
    known |= years
    gap = next((year for year in range(min(known), max(known)) if year not in known), None) if known else None
    if gap is not None and good:
        found.add("calendar.years-gap", *place, "years", days=name, year=gap)
    for day, here in _dated(plain, found, place):
        if good and day.year not in years:
            found.add("calendar.outside-years", *here, day=day.isoformat(), years=sorted(years))


def _dated(
    plain: Mapping[str, Any], found: Findings, place: tuple[str, ...]
) -> Iterator[tuple[date, tuple[str, ...]]]:
    """The dated days with their places, faults noted on the way."""
    seen: dict[date, str] = {}
    for kind in ("off", "work", "own"):
        for word, text in _entries(plain.get(kind), found, (*place, kind)):
            here = (*place, kind, word)
            day = read_date(word)
            if day is None:
                found.add("calendar.bad-date", *here, found=word)
                continue
            if day in seen:
                found.add("calendar.off-and-work", *here, day=word, first=seen[day], second=kind)
            seen.setdefault(day, kind)
            notice = text
            if kind == "own":
                written, notice = split_windows(text)
                _windows(written, found, here)
            if not str(notice or "").strip():
                found.add("calendar.no-notice", *here, severity="warning", day=word)
            yield day, here


# -- shapes ----------------------------------------------------------------------------------------


def _keys(plain: Mapping[Any, Any], known: Sequence[str], found: Findings, place: tuple[str, ...]) -> None:
    for key in plain:
        if key not in known:
            found.unknown("calendar.unknown-key", str(key), known, *place, str(key))


def _entries(plain: object, found: Findings, place: tuple[str, ...]) -> list[tuple[str, Any]]:
    if plain is None:
        return []
    if not isinstance(plain, Mapping):
        found.add("calendar.shape", *place, expected=EXPECTED["map"])
        return []
    return [(str(name), entry) for name, entry in plain.items()]


def _errors_since(found: Findings, place: int) -> bool:
    return any(issue.is_error for issue in found.issues[place:])


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
