"""Moments: what people type as a time, the one way a time is stored, and the days of a zone.

Nothing here reads a clock or the host's zone: ``now`` and the book's zone are always given. What is
typed without an offset means the book's zone. What could mean two things is no moment at all: a bare
``11``, ``5/6``, ``晚上12点``, an hour that a change of summer time skips or repeats.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from datetime import timezone
from functools import cache
from zoneinfo import ZoneInfo

DAY = 86400
_EPOCH_DAY = date(1970, 1, 1).toordinal()
# A moment of now outside these years is a slip of the pen, and counting up to it would take for ever.
FIRST_YEAR, LAST_YEAR = 1970, 2199
_EARLIEST, _LATEST = -62_135_000_000, 253_402_000_000  # within the years 1 and 9999 in every zone
_LAST_DAY = date.max.toordinal() - 1


# -- the stored form -------------------------------------------------------------------------------


def to_text(moment: datetime) -> str:
    """The one way a moment is written: RFC 3339 with seconds and offset, parts of a second dropped.

    An offset with odd seconds (local mean time of long ago) is written to the minute, same instant.
    Raises ValueError for a moment without an offset.
    """
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("a moment needs an offset")
    odd = offset % timedelta(minutes=1)
    if odd:
        moment = moment.astimezone(timezone(offset - odd))
    return moment.isoformat(timespec="seconds")


def from_text(text: str) -> datetime:
    """A stored moment, with the offset it was written with; ValueError when it is not RFC 3339
    with seconds and offset (``2026-11-22T09:35:00+08:00`` or ``…Z``)."""
    if len(text) == 25:
        if text[10] != "T" or text[16] != ":" or text[22] != ":" or text[23] > "5" or text[7] != "-":
            raise ValueError(text)
    elif len(text) != 20 or text[10] != "T" or text[16] != ":" or text[19] != "Z" or text[7] != "-":
        raise ValueError(text)
    return datetime.fromisoformat(text)


@cache
def hhmm(minutes: int) -> str:
    """Minutes after 00:00 as a time of day; 1440 is ``24:00``."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def epoch(text: str) -> int:
    """A stored moment as seconds since 1970-01-01 UTC; ValueError as :func:`from_text`."""
    return int(from_text(text).timestamp())


def from_epoch(seconds: int, zone: ZoneInfo) -> datetime:
    """The moment ``seconds`` after 1970-01-01 UTC, in ``zone``; beyond what can be told, the last one that can."""
    return datetime.fromtimestamp(min(max(seconds, _EARLIEST), _LATEST), zone)


# -- days of a zone --------------------------------------------------------------------------------


class Days:
    """The days of one zone by ordinal (``date.toordinal``), and the instant each begins.

    Remembers the beginnings it has worked out, so that a day costs two look-ups instead of a
    conversion. A day that has no 00:00 begins when the skipped hour ends.
    """

    __slots__ = ("_begins", "_shift", "zone")

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._begins: dict[int, int] = {}
        self._shift = 0

    def begin(self, day: int) -> int:
        """The instant (seconds) at which ``day`` begins, which is 24:00 of the day before."""
        found = self._begins.get(day)
        if found is None:
            whole = date.fromordinal(min(max(day, 2), _LAST_DAY))
            found = int(datetime(whole.year, whole.month, whole.day, tzinfo=self.zone).timestamp())
            self._begins[day] = found
            self._shift = (day - _EPOCH_DAY) * DAY - found
        return found

    def of(self, instant: int) -> int:
        """The day on which ``instant`` falls."""
        day = (instant + self._shift) // DAY + _EPOCH_DAY
        while self.begin(day) > instant:
            day -= 1
        while self.begin(day + 1) <= instant:
            day += 1
        return day

    def instant(self, day: int, minutes: int) -> int:
        """The instant of a wall-clock time, in minutes after 00:00 of ``day`` (1440 and more reach
        into the next day). A skipped hour stands for the instant the skip ends."""
        day, minutes = day + minutes // 1440, minutes % 1440
        if minutes == 0:
            return self.begin(day)
        begins, ends = self.begin(day), self.begin(day + 1)
        if ends - begins == DAY:
            return begins + minutes * 60
        whole = date.fromordinal(day)
        wall = datetime(whole.year, whole.month, whole.day, minutes // 60, minutes % 60, tzinfo=self.zone)
        return int(wall.timestamp())


@cache
def days_in(zone: ZoneInfo) -> Days:
    """The days of ``zone``, one shared value a zone."""
    return Days(zone)


def add_months(day: date, months: int) -> date:
    """The corresponding day ``months`` later, the last of the month where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, days_of_month(year, month + 1)))


def days_of_month(year: int, month: int) -> int:
    """How many days the month has."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - timedelta(days=1)).day


# -- what people type ------------------------------------------------------------------------------

_DAY_WORDS = {
    "today": 0, "今天": 0, "今日": 0, "当天": 0,
    "yesterday": -1, "昨天": -1, "昨日": -1, "前天": -2, "大前天": -3,
    "tomorrow": 1, "明天": 1, "明日": 1, "后天": 2,
}  # fmt: skip
_NIGHT_WORDS = {
    "今早": "今天早上", "今晨": "今天早上", "今晚": "今天晚上", "昨晚": "昨天晚上",
    "明早": "明天早上", "明晚": "明天晚上",
}  # fmt: skip
_NOW_WORDS = frozenset({"now", "现在", "此刻"})
_YEAR_WORDS = {"今年": 0, "去年": -1, "明年": 1}
# What a word for a part of the day makes of the hours 0-12; hours it does not name are refused.
_PARTS: dict[str, dict[int, int]] = {
    "凌晨": {hour: hour for hour in range(6)},
    "早上": {hour: hour for hour in range(4, 12)},
    "上午": {hour: hour for hour in range(12)},
    "中午": {11: 11, 12: 12, 1: 13, 2: 14},
    "下午": {12: 12} | {hour: hour + 12 for hour in range(1, 12)},
    "傍晚": {hour: hour + 12 for hour in range(4, 9)},
    "晚上": {hour: hour + 12 for hour in range(5, 12)},
    "am": {12: 0} | {hour: hour for hour in range(1, 12)},
    "pm": {12: 12} | {hour: hour + 12 for hour in range(1, 12)},
}  # fmt: skip
_PARTS["早晨"] = _PARTS["清晨"] = _PARTS["早"] = _PARTS["早上"]
_PARTS["晚"] = _PARTS["晚上"]
_DIGITS = {"〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8,
           "九": 9}  # fmt: skip
_UNIT_SECONDS = {
    "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "秒": 1, "秒钟": 1,
    "m": 60, "min": 60, "mins": 60, "minute": 60, "minutes": 60, "分": 60, "分钟": 60,
    "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600, "小时": 3600, "钟头": 3600,
    "d": DAY, "day": DAY, "days": DAY, "天": DAY,
    "w": 7 * DAY, "week": 7 * DAY, "weeks": 7 * DAY, "周": 7 * DAY, "星期": 7 * DAY,
}  # fmt: skip


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """The patterns, compiled on first use: most commands never read a typed time."""
    parts = "|".join(sorted((part for part in _PARTS if part not in ("am", "pm")), key=len, reverse=True))
    return re.compile(
        {
            "numeral": "[〇零一二三四五六七八九十两]+(?=[年月日号点时分秒刻天周小个])",
            "day": (
                r"(?P<y>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})(?!\d)"
                r"|(?P<compact>\d{8})(?!\d)"
                r"|(?:(?P<cy>\d{4})年|(?P<cyw>今年|去年|明年))?(?P<cm>\d{1,2})月(?P<cd>\d{1,2})[日号]"
                r"|(?P<sm>\d{1,2})-(?P<sd>\d{1,2})(?!\d)"
                r"|(?P<word>" + "|".join(sorted(_DAY_WORDS, key=len, reverse=True)) + ")"
            ),
            "time": (
                r"(?P<part>" + parts + r")?\s*(?P<h>\d{1,2})"
                r"(?::(?P<mi>\d{2})(?::(?P<s>\d{2})(?:\.\d+)?)?"
                r"|[点时](?:钟|整|(?P<half>半)|(?P<quarter>[13])刻"
                r"|(?P<cmi>\d{1,2})分(?:(?P<cs>\d{1,2})秒)?|(?P<cmi2>\d{2}))?"
                r"|(?=\s*[ap]m))"
                r"(?:\s*(?P<ampm>am|pm))?"
                r"(?:\s*(?P<zone>z|[+-]\d{2}:?\d{2}))?"
            ),
            "duration": r"(\d+(?:\.\d+)?|半)\s*(?:个)?\s*([a-z]+|[\u4e00-\u9fff]+?)(?=\d|半|\s|$)",
        }[name]
    )


def _numeral(match: re.Match[str]) -> str:
    """A Chinese numeral as digits: 十一 -> 11, 二十 -> 20, 二〇二六 -> 2026, 零五 -> 05."""
    word = match.group()
    if "十" not in word:
        return "".join(str(_DIGITS[sign]) for sign in word)
    tens, _, ones = word.partition("十")
    if len(tens) > 1 or len(ones) > 1:
        return word
    return str((_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0))


def _plain(text: str) -> str:
    """Full-width signs, capitals, blanks and Chinese numerals out of the way."""
    text = unicodedata.normalize("NFKC", text).strip().lower()
    if not text.isascii():
        text = _pattern("numeral").sub(_numeral, text)
        for word, meaning in _NIGHT_WORDS.items():
            if text.startswith(word):
                text = meaning + text[len(word) :]
    return text


def _valid_day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day_of_match(found: re.Match[str], today: date) -> date | None:
    if found["word"]:
        return today + timedelta(days=_DAY_WORDS[found["word"]])
    if found["y"]:
        return _valid_day(int(found["y"]), int(found["m"]), int(found["d"]))
    if found["compact"]:
        whole = found["compact"]
        return _valid_day(int(whole[:4]), int(whole[4:6]), int(whole[6:]))
    if found["cm"]:
        year = int(found["cy"]) if found["cy"] else today.year + _YEAR_WORDS.get(found["cyw"] or "", 0)
        return _valid_day(year, int(found["cm"]), int(found["cd"]))
    return _valid_day(today.year, int(found["sm"]), int(found["sd"]))


def _clock_of_match(found: re.Match[str]) -> tuple[int, int, int] | None:
    """Hour (0-24), minute, second; None when the parts contradict each other."""
    hour = int(found["h"])
    part, half_day = found["part"], found["ampm"]
    if part and half_day:
        return None
    word = part or half_day
    if word:
        hours = _PARTS[word]
        if hour in hours:
            hour = hours[hour]
        elif half_day or hour not in hours.values():
            # 下午15点 says the same twice and is fine; 上午15点 and 13pm are not.
            return None
    minute = int(found["mi"] or found["cmi"] or found["cmi2"] or 0)
    if found["half"]:
        minute = 30
    elif found["quarter"]:
        minute = int(found["quarter"]) * 15
    second = int(found["s"] or found["cs"] or 0)
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        return None
    return hour, minute, second


def _wall(day: date, clock: tuple[int, int, int], zone: ZoneInfo) -> datetime | None:
    """A wall-clock time in ``zone``; None where summer time skips or repeats it."""
    hour, minute, second = clock
    if hour == 24:
        day, hour = day + timedelta(days=1), 0
    moment = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone)
    if moment.utcoffset() != moment.replace(fold=1).utcoffset():
        return None
    return moment


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return from_epoch(days_in(zone).begin(day.toordinal()), zone)


def _read(text: str, now: datetime, zone: ZoneInfo) -> tuple[datetime, str] | None:
    """The moment in ``text`` and how exact it was given: ``day``, ``minute`` or ``second``."""
    now = now.astimezone(zone).replace(microsecond=0)
    if text in _NOW_WORDS:
        return now, "second"
    for sign, length in (("前", 1), ("ago", 3)):
        if text.endswith(sign):
            span = parse_duration(text[:-length])
            return (_later(now, -span, zone), "second") if span is not None else None
    if text[:1] in ("-", "+"):
        span = parse_duration(text[1:])
        if span is None:
            return None
        return _later(now, -span if text[0] == "-" else span, zone), "second"
    # The usual way by itself: the patterns for the rest take two milliseconds to compile.
    if len(text) == 16 and text[4::3] == "-- :" and text.isascii() and (text[:4] + text[5::3] + text[6::3]).isdigit():
        usual, hour = _valid_day(int(text[:4]), int(text[5:7]), int(text[8:10])), int(text[11:13])
        if usual is not None and hour < 24 and text[14] < "6":
            moment = _wall(usual, (hour, int(text[14:]), 0), zone)
            return (moment, "minute") if moment is not None else None
    found_day = _pattern("day").match(text)
    rest = text
    day: date | None = None
    if found_day is not None:
        day = _day_of_match(found_day, now.date())
        if day is None:
            return None
        rest = text[found_day.end() :]
        if not rest:
            return _midnight(day, zone), "day"
        bare = rest.lstrip()
        if rest[0] == "t" and not found_day["word"]:
            bare = rest[1:]
        elif bare == rest and rest[0].isdigit() and found_day.group()[-1].isdigit():
            return None
        rest = bare
    found = _pattern("time").fullmatch(rest)
    if found is None:
        return None
    clock = _clock_of_match(found)
    if clock is None or (found["zone"] and (day is None or found["part"])):
        return None
    exact = "second" if found["s"] or found["cs"] else "minute"
    if found["zone"]:
        moment = _with_offset(day or now.date(), clock, found["zone"], zone)
    else:
        moment = _wall(day or now.date(), clock, zone)
    return (moment, exact) if moment is not None else None


def _later(now: datetime, span: timedelta, zone: ZoneInfo) -> datetime:
    """``now`` moved by real time, so that two hours are two hours on every night of the year."""
    return (now.astimezone(UTC) + span).astimezone(zone)


def _with_offset(day: date, clock: tuple[int, int, int], offset: str, zone: ZoneInfo) -> datetime | None:
    shift = timedelta(0)
    if offset != "z":
        hours, minutes = int(offset[1:3]), int(offset[-2:])
        if hours > 23 or minutes > 59:
            return None
        shift = timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1)
    hour, minute, second = clock
    if hour == 24:
        return None
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=timezone(shift)).astimezone(
        zone
    )


def parse_moment(text: str, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The moment a person typed, in the book's zone; None when it is none.

    Known: RFC 3339; ``2026-11-22 09:30`` (also ``/`` and ``.`` between the parts of a full date);
    ``11-22 09:30`` and ``11月22日`` (the year is that of ``now``, never the nearer one: a wrong year
    is then refused as lying in the future instead of being guessed); ``09:30``, ``9点``, ``下午3点半``
    (today); ``今天 昨天 前天 明天 后天 today yesterday tomorrow`` with or without a time; ``now``;
    ``-30m``, ``-2h``, ``30分钟前``. A day alone is its 00:00; ``24:00`` is 00:00 of the day after.
    """
    try:
        found = _read(_plain(text), now, zone)
    except OverflowError:
        return None
    return found[0] if found is not None else None


def parse_day(text: str, *, now: datetime, zone: ZoneInfo) -> date | None:
    """The day a person typed (every day form of :func:`parse_moment`); None with a time of day."""
    found = _pattern("day").fullmatch(_plain(text))
    try:
        return _day_of_match(found, now.astimezone(zone).date()) if found is not None else None
    except OverflowError:
        return None


def parse_time(text: str) -> time | None:
    """A time of day: ``9:30``, ``09:30:15``, ``9点``, ``下午3点半``, ``3:30pm``. 24:00 is none."""
    found = _pattern("time").fullmatch(_plain(text))
    if found is None or found["zone"]:
        return None
    clock = _clock_of_match(found)
    return time(*clock) if clock is not None and clock[0] < 24 else None


def parse_duration(text: str) -> timedelta | None:
    """A length of time: ``4h``, ``30m`` (minutes), ``7d``, ``2 days``, ``1h30m``, ``半小时``, ``3天``.

    Days and weeks are 24 and 168 hours. Months have no fixed length and are none.
    """
    text = _plain(text)
    total = 0.0
    end = 0
    for found in _pattern("duration").finditer(text):
        if text[end : found.start()].strip():
            return None
        unit = _UNIT_SECONDS.get(found[2])
        if unit is None:
            return None
        total += (0.5 if found[1] == "半" else float(found[1])) * unit
        end = found.end()
    if end == 0 or text[end:].strip() or total != int(total) or total > 9_999 * 366 * DAY:
        return None
    return timedelta(seconds=int(total))


# -- ranges ----------------------------------------------------------------------------------------


def _month_range(year: int, month: int, months: int = 1) -> tuple[date, date]:
    first = date(year, month, 1)
    return first, add_months(first, months)


def _shifted_month(today: date, by: int) -> tuple[date, date]:
    first = add_months(today.replace(day=1), by)
    return first, add_months(first, 1)


def _shifted_week(today: date, by: int) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=by)
    return monday, monday + timedelta(weeks=1)


def _shifted_year(today: date, by: int) -> tuple[date, date]:
    return date(today.year + by, 1, 1), date(today.year + by + 1, 1, 1)


_RANGE_WORDS: dict[str, tuple[Callable[[date, int], tuple[date, date]], int]] = {
    word: (span, by)
    for span, words in (
        (_shifted_month, {"this-month": 0, "last-month": -1, "next-month": 1, "本月": 0, "这个月": 0,
                          "当月": 0,
                          "上月": -1, "上个月": -1, "下月": 1, "下个月": 1}),
        (_shifted_week, {"this-week": 0, "last-week": -1, "next-week": 1, "本周": 0, "这周": 0, "上周": -1,
                         "下周": 1}),
        (_shifted_year, {"this-year": 0, "last-year": -1, "今年": 0, "本年": 0, "去年": -1}),
    )
    for word, by in words.items()
}  # fmt: skip


def _whole_days(text: str, today: date) -> tuple[date, date] | None:
    """The ranges that are whole days: words, a month, a year, a quarter."""
    word = _RANGE_WORDS.get(text.replace(" ", "-").replace("_", "-"))
    if word is not None:
        return word[0](today, word[1])
    found = re.fullmatch(r"(?:(\d{4})年)?(\d{1,2})月份?|(\d{4})[-/.](\d{1,2})", text)
    if found is not None:
        year, month = int(found[1] or found[3] or today.year), int(found[2] or found[4])
        return _month_range(year, month) if 1 <= month <= 12 and year else None
    found = re.fullmatch(r"(\d{4})年?", text)
    if found is not None:
        return (date(int(text[:4]), 1, 1), date(int(text[:4]) + 1, 1, 1)) if int(text[:4]) else None
    found = re.fullmatch(r"(\d{4})-?q([1-4])|(\d{4})年第?([1-4])季度?", text)
    if found is not None:
        year, quarter = int(found[1] or found[3]), int(found[2] or found[4])
        return _month_range(year, quarter * 3 - 2, 3) if year else None
    return None


def parse_range(text: str, *, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """The stretch of time a person typed, half-open, in the book's zone; None when it is none.

    A day, month (``2026-11``, ``11月``), quarter (``2026-Q3``) or year (``2026``); ``today``,
    ``this-week``, ``last-month``, ``本月``, ``上周`` …; a length (``7d``, ``最近7天``: that long until
    now, now included); a moment (its minute, or its second when it was given to the second);
    ``A..B`` from the beginning of A to the end of B. Weeks begin on Monday.
    """
    plain = _plain(text)
    first, dots, last = plain.partition("..")
    try:
        if dots:
            left = _range(first.strip(), now, zone)
            right = _range(last.strip(), now, zone)
            return (left[0], right[1]) if left and right and left[0] < right[1] else None
        return _range(plain, now, zone)
    except (OverflowError, ValueError):
        return None


def _range(text: str, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    here = now.astimezone(zone).replace(microsecond=0)
    days = _whole_days(text, here.date())
    if days is not None:
        return _midnight(days[0], zone), _midnight(days[1], zone)
    found = _read(text, now, zone)
    if found is not None:
        moment, exact = found
        if exact == "day":
            return moment, _midnight(moment.date() + timedelta(days=1), zone)
        return moment, _later(moment, timedelta(seconds=1 if exact == "second" else 60), zone)
    span = parse_duration(text.removeprefix("最").removeprefix("近"))
    if span is None:
        return None
    return _later(here, -span, zone), _later(here, timedelta(seconds=1), zone)
