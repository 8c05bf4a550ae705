"""The calendars of a book: what ``calendars.yaml`` and ``logbook.yaml`` say of working time and holidays.

Nothing is read before somebody asks for a calendar: a command that only lists records pays nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING
from typing import Any

from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.sources import Source
from logbook.core.text import Text
from logbook.core.value import frozen

if TYPE_CHECKING:
    from logbook.core.calendars import Calendar
    from logbook.core.calendars import Override
    from logbook.core.calendars import Windows

Dates = tuple[tuple[int, int], tuple[int, int]]

# What a site writes itself stands in this folder of `templates/` and is read after every pack.
SITE = "site"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEASONS = ("spring", "summer", "autumn", "winter")


def check_calendars(sources: Sequence[Source], library: Library) -> list[Issue]:
    """Every issue in these files; names are looked up in ``library``."""
    from logbook.core.calendarcheck import check_files

    return check_files(sources)


def check_own(
    own: Mapping[str, object],
    settings: Mapping[str, object],
    library: Library | None = None,
    line: Callable[..., int | None] | None = None,
) -> list[Issue]:
    """Every issue in the ``calendars:`` and the seasons of ``logbook.yaml``; ``line`` gives the line of a
    place in that file. Names are looked up in ``library`` too, when it is given."""
    from logbook.core.calendarcheck import check_site

    return check_site(own, settings, in_order(library.shared.get("calendars", ())) if library else (), line)


def calendars_of(
    library: Library, own: Mapping[str, object], settings: Mapping[str, object]
) -> Mapping[str, Calendar]:
    """The calendars of a book by name: those shipped, those of its packs, its own (``calendars`` of
    ``logbook.yaml``), each replacing one of the same name before it. Broken ones are left out."""
    return Calendars(library.shared.get("calendars", ()), own, settings)


def in_order(sources: Iterable[Source]) -> tuple[Source, ...]:
    """The files in the order in which the later one wins: packs by name, then the site's own."""
    return tuple(sorted(sources, key=lambda one: (one.pack == SITE, one.path)))


# -- seasons ---------------------------------------------------------------------------------------


def season_of(settings: Mapping[str, object]) -> Mapping[str, Dates]:
    """The seasons a site has dated: first and last day, both included, as (month, day). What cannot be
    read is left out."""
    found = {}
    named = settings.get("season")
    for name, text in named.items() if isinstance(named, Mapping) else ():
        dates = read_season(str(text or ""))
        if dates is not None:
            found[str(name)] = dates
    return found


def season_on(settings: Mapping[str, object], day: date) -> str | None:
    """The season ``day`` lies in; None when the site has dated none there."""
    here = (day.month, day.day)
    for name, (first, last) in season_of(settings).items():
        if (first <= here <= last) if first <= last else (here >= first or here <= last):
            return name
    return None


def read_season(text: str) -> Dates | None:
    """``06-01 to 09-30``, ``06-01-09-30``, ``6月1日至9月30日``, or whole months ``6-9``; None otherwise."""
    numbers = [int(one) for one in re.findall(r"\d+", text)]
    if not re.fullmatch(r"[\d\s月日至到~–—.to-]+", text):
        return None
    try:
        if len(numbers) == 2:
            (first, last) = numbers
            date(2000, first, 1)
            return (first, 1), (last, _last_of(last))
        if len(numbers) == 4:
            begin, end = date(2000, numbers[0], numbers[1]), date(2000, numbers[2], numbers[3])
            return (begin.month, begin.day), (end.month, end.day)
    except ValueError:
        return None
    return None


def _last_of(month: int) -> int:
    return (date(2000 + month // 12, month % 12 + 1, 1) - date.resolution).day


# -- words to values -------------------------------------------------------------------------------


def read_days(word: str) -> tuple[int, ...] | None:
    """The weekdays of a key (Monday = 0): ``mon-fri``, ``sat, sun``, ``daily``; None otherwise."""
    found: list[int] = []
    for part in word.lower().replace("，", ",").split(","):
        ends = [_weekday(one) for one in part.split("-")]
        if part.strip() == "daily":
            found += range(7)
        elif len(ends) > 2 or any(end is None for end in ends):
            return None
        else:
            first, last = int(ends[0] or 0), int(ends[-1] or 0)
            found += [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    return tuple(dict.fromkeys(found))


def _weekday(word: str) -> int | None:
    short = word.strip()[:3]
    full = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return WEEKDAYS.index(short) if word.strip() in (*WEEKDAYS, *full) else None


def read_years(text: object) -> tuple[int, ...] | None:
    """The years of ``2024-2026``, ``2027`` or a list of such; None when it says something else."""
    found: list[int] = []
    for part in text if isinstance(text, list | tuple) else str(text).replace("，", ",").split(","):
        match = re.fullmatch(r"\s*(\d{4})\s*(?:[-–]\s*(\d{4})\s*)?", str(part))
        if match is None or int(match[2] or match[1]) < int(match[1]):
            return None
        found += range(int(match[1]), int(match[2] or match[1]) + 1)
    return tuple(dict.fromkeys(found))


def read_date(text: str) -> date | None:
    """``2026-01-01`` and nothing else."""
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", str(text))
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def split_named(text: object) -> tuple[str, str]:
    """Name and notice of a dated day: ``元旦 国办发明电〔2025〕7号``."""
    name, _, notice = str(text or "").strip().partition(" ")
    return name, notice.strip()


def split_windows(text: object) -> tuple[str, str]:
    """The windows and the rest of an entry under ``own``: ``09:00-12:00 除夕``."""
    whole = str(text or "").strip()
    match = re.match(r"off\b|[\d:,，\s–-]+", whole)
    end = match.end() if match else 0
    return whole[:end].strip(" ,，"), whole[end:].strip()


def read_weekly(plain: object) -> tuple[Windows, ...]:
    """The windows of the seven weekdays; days not named are off. ValueError when a word is not understood."""
    from logbook.core.calendars import parse_windows

    week: list[Windows] = [()] * 7
    if plain is not None and not isinstance(plain, Mapping):
        raise ValueError(plain)
    # `daily` says what holds unless a day says something else.
    entries = sorted((plain or {}).items(), key=lambda one: one[0] != "daily")
    for word, text in entries:
        days, windows = read_days(str(word)), parse_windows(str(text or ""))
        if days is None or windows is None:
            raise ValueError(word)
        for day in days:
            week[day] = windows
    return tuple(week)


@frozen
class DayList:
    """A list of dated days: what is known of each year. ``years`` maps a year to whether it is final."""

    years: Mapping[int, bool]
    days: Mapping[date, Override]

    @property
    def covered(self) -> tuple[int, int]:
        """The first and the last year that are known for good, without a gap between; (0, 0) for none."""
        final = sorted(year for year, good in self.years.items() if good)
        if not final:
            return 0, 0
        last = final[0]
        while last + 1 in final:
            last += 1
        return final[0], last

    @property
    def provisional(self) -> tuple[int, ...]:
        """The years whose days are entered but may still change."""
        return tuple(sorted(year for year, good in self.years.items() if not good))


def day_list(plains: Iterable[object]) -> DayList:
    """One list out of several files: a file that knows a year says all of that year."""
    years: dict[int, bool] = {}
    days: dict[date, Override] = {}
    for plain in plains:
        if not isinstance(plain, Mapping):
            continue
        final, open_ = read_years(plain.get("years") or []), read_years(plain.get("provisional") or [])
        here = {**dict.fromkeys(open_ or (), False), **dict.fromkeys(final or (), True)}
        days = {day: one for day, one in days.items() if day.year not in here}
        years.update(here)
        days.update((day, one) for day, one in dated(plain, holiday=True).items() if day.year in here)
    return DayList(years, dict(sorted(days.items())))


def dated(plain: Mapping[Any, Any], *, holiday: bool) -> dict[date, Override]:
    """The dated days under ``off``, ``work`` and ``own``; what cannot be read is left out."""
    from logbook.core.calendars import Override
    from logbook.core.calendars import parse_windows

    found: dict[date, Override] = {}
    for kind in ("off", "work", "own"):
        entries = plain.get(kind)
        for word, text in entries.items() if isinstance(entries, Mapping) else ():
            day = read_date(word)
            if day is None:
                continue
            if kind == "own":
                written, rest = split_windows(text)
                windows = parse_windows(written)
                if windows is not None:
                    name, notice = split_named(rest)
                    found[day] = Override(windows, notice, name=name)
                continue
            name, notice = split_named(text)
            found[day] = Override(() if kind == "off" else None, notice, holiday and kind == "off", name)
    return found


# -- the calendars of a book -----------------------------------------------------------------------


class Calendars(Mapping[str, "Calendar"]):
    """The calendars by name, each made when it is first asked for."""

    def __init__(
        self, sources: Iterable[Source], own: Mapping[str, object], settings: Mapping[str, object]
    ) -> None:
        self._sources = sources
        self._own = own
        self._settings = settings
        self._made: dict[str, Calendar] = {}
        self._lists: dict[str, DayList] = {}
        self._found: dict[str, list[Mapping[str, Any]]] | None = None

    @property
    def _definitions(self) -> dict[str, list[Mapping[str, Any]]]:
        """What is written of each calendar, the latest last."""
        if self._found is None:
            self._found = {}
            plains = [(source.plain or {}).get("calendars") for source in in_order(self._sources)]
            for plain in (*plains, self._own):
                for name, entry in plain.items() if isinstance(plain, Mapping) else ():
                    if isinstance(entry, Mapping):
                        self._found.setdefault(str(name), []).append(entry)
        return self._found

    def days(self, name: str) -> DayList:
        """A list of dated days by name; an empty one when there is none."""
        if name not in self._lists:
            lists = [(source.plain or {}).get("days") for source in in_order(self._sources)]
            self._lists[name] = day_list(one.get(name) for one in lists if isinstance(one, Mapping))
        return self._lists[name]

    def list_of(self, name: str) -> str | None:
        """The list of dated days a calendar goes by; None for one that knows no holidays."""
        return self._list_of(name, len(self._definitions.get(name, ())), ())

    def _list_of(self, name: str, upto: int, seen: tuple[str, ...]) -> str | None:
        for place in range(upto - 1, -1, -1):
            plain = self._definitions[name][place]
            if "days" in plain or "extends" not in plain:
                return str(plain["days"]) if plain.get("days") else None
            if plain["extends"] != name:
                base = str(plain["extends"])
                upto = len(self._definitions.get(base, ()))
                return None if base in seen else self._list_of(base, upto, (*seen, name))
        return None

    def __getitem__(self, name: str) -> Calendar:
        if name not in self._made:
            found = self._build(name, len(self._definitions.get(name, ())), ())
            if found is None:
                raise KeyError(name)
            self._made[name] = found
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        from logbook.core.calendars import SHIPPED

        return (name for name in dict.fromkeys((*SHIPPED, *self._definitions)) if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return True  # some are always shipped: nobody needs to read a file to know

    def __contains__(self, name: object) -> bool:
        try:
            self[str(name)]
        except KeyError:
            return False
        return True

    def _build(self, name: str, upto: int, seen: tuple[str, ...]) -> Calendar | None:
        """The calendar by the first ``upto`` entries of that name; a broken entry is passed over."""
        from logbook.core.calendars import SHIPPED

        for place in range(upto - 1, -1, -1):
            try:
                return self._made_of(name, self._definitions[name][place], place, (*seen, name))
            except ValueError:
                continue
        return SHIPPED.get(name)

    def _made_of(self, name: str, plain: Mapping[str, Any], place: int, seen: tuple[str, ...]) -> Calendar:
        from logbook.core.calendars import Calendar
        from logbook.core.calendars import Season

        base = self._base(name, plain.get("extends"), place, seen)
        weekly = read_weekly(plain["weekly"]) if "weekly" in plain or base is None else base.weekly
        overrides = dict(base.overrides) if base is not None else {}
        years = base.years if base is not None else None
        if plain.get("days"):
            known = self.days(str(plain["days"]))
            overrides.update(known.days)
            years = known.covered
        overrides.update(dated(plain, holiday=False))
        seasons = base.seasons if base is not None else ()
        named = plain.get("seasons")
        if isinstance(named, Mapping):
            dates = season_of(self._settings)
            seasons = tuple(Season(*dates[one], read_weekly(week), one) for one, week in named.items() if one in dates)
        label = Text(str(plain.get("zh") or ""), str(plain.get("en") or ""))
        if base is not None and not (label.zh or label.en):
            label = base.label
        made = Calendar(name, weekly, overrides, seasons, years, label)
        if made.is_empty:
            raise ValueError(name)
        return made

    def _base(self, name: str, extends: object, place: int, seen: tuple[str, ...]) -> Calendar | None:
        if not extends:
            return None
        other = str(extends)
        if other != name and other in seen:
            raise ValueError(other)
        upto = place if other == name else len(self._definitions.get(other, ()))
        base = self._build(other, upto, seen)
        if base is None:
            raise ValueError(other)
        return base
