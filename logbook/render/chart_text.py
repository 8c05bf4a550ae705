"""Charts in block characters: rows of bars with their numbers, lined up under wide characters too."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from logbook.core.charts import HOURS
from logbook.core.charts import Ageing
from logbook.core.charts import Bar
from logbook.core.charts import Chart
from logbook.core.charts import Funnel
from logbook.core.charts import Heat
from logbook.core.charts import Pareto
from logbook.core.charts import Trend
from logbook.locale.catalogue import Catalogue
from logbook.render.chart_words import Scale
from logbook.render.chart_words import days
from logbook.render.chart_words import empty
from logbook.render.chart_words import number
from logbook.render.chart_words import percent
from logbook.render.chart_words import rest_or_label
from logbook.render.chart_words import subtitle
from logbook.render.chart_words import words
from logbook.render.width import cut
from logbook.render.width import pad
from logbook.render.width import width as columns_of
from logbook.render.width import wrap

_EIGHTHS = " ▏▎▍▌▋▊▉"
_SHADES = "·░▒▓█"
_TARGET = "┆"


def blocks(chart: Chart, lang: str, width: int) -> list[str]:
    """The lines: title, what the numbers are, the rows."""
    lines = wrap(words(chart.title, lang), width) if chart.title else []
    if empty(chart):
        return [*lines, Catalogue(lang).say("chart.none")]
    if below := subtitle(chart, lang):
        lines += wrap(below, width)
    match chart:
        case Trend():
            return lines + _trend(chart, lang, width)
        case Pareto():
            ranked = chart.ranked()
            notes = [percent(row.total, whole=row is ranked[-1]) for row in ranked]
            notes[0] += " " + Catalogue(lang).say("chart.cumulative")
            labels = [rest_or_label(row, lang) for row in ranked]
            return lines + _rows(labels, [row.size for row in ranked], lang, width, notes)
        case Ageing():
            whole = sum((Decimal(bar.size) for bar in chart.buckets), Decimal(0))
            notes = [percent(bar.size * 100 / whole, whole=bar.size == whole) if whole else "" for bar in chart.buckets]
            return lines + _named(chart.buckets, lang, width, notes)
        case Heat():
            return lines + _heat(chart, lang, width)
        case Funnel():
            sizes = [Decimal(bar.size) for bar in chart.stages]
            notes = [""] + [
                percent(size * 100 / before, whole=size >= before) if before else ""
                for before, size in pairwise(sizes)
            ]
            first = next((place for place, note in enumerate(notes) if note), None)
            if first is not None:
                notes[first] += " " + Catalogue(lang).say("chart.of_before")
            return lines + _named(chart.stages, lang, width, notes)


def _named(bars: Sequence[Bar], lang: str, width: int, notes: list[str]) -> list[str]:
    return _rows([words(bar.label, lang) for bar in bars], [Decimal(bar.size) for bar in bars], lang, width, notes)


def _rows(labels: list[str], sizes: list[Decimal], lang: str, width: int, notes: list[str]) -> list[str]:
    """Label, bar, number, note; the first note says what the column is."""
    labels = _cut(labels, width)
    left = max(map(columns_of, labels))
    numbers = [number(size, lang) for size in sizes]
    right = max(map(columns_of, numbers))
    share = max(columns_of(note.partition(" ")[0]) for note in notes)
    note = max(share + columns_of(given) - columns_of(given.partition(" ")[0]) for given in notes)
    room = max(4, width - left - right - note - 4)
    held = Scale(Decimal(0), max(*sizes, Decimal(0)) or Decimal(1), ())
    lines = []
    for label, size, said, given in zip(labels, sizes, numbers, notes, strict=True):
        head, gap, tail = given.partition(" ")
        bar = _bar(held.at(size), room) if size > 0 else ""
        lines.append(
            f"{pad(label, left)} {pad(bar, room)} {pad(said, right, 'right')}  {pad(head, share, 'right')}{gap}{tail}"
        )
    return lines


def _bar(share: float, room: int) -> str:
    eighths = max(1, round(share * room * 8))
    full, part = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[part] if part else "")


def _trend(chart: Trend, lang: str, width: int) -> list[str]:
    said = Catalogue(lang)
    values = [value for _, value in chart.known()]
    known = dict(chart.known())
    labels = _cut([words(point.label, lang) for point in chart.points], width)
    left = max(map(columns_of, labels))
    numbers = [number(known[place], lang) if place in known else said.say("chart.gap") for place in range(len(labels))]
    right = max(map(columns_of, numbers))
    room = max(8, width - left - right - 2)
    given = values + ([] if chart.target is None else [chart.target])
    low, high = min(*given, Decimal(0)), max(*given, Decimal(0))
    held = Scale(low, high, ()) if low != high else Scale(Decimal(0), Decimal(1), ())
    zero = round(held.at(0) * room)
    mark = None if chart.target is None else min(room - 1, int(held.at(chart.target) * room))
    lines = []
    for place, label in enumerate(labels):
        cells = _signed(held, known[place], room, zero) if place in known else [" "] * room
        if mark is not None and cells[mark] == " ":
            cells[mark] = _TARGET
        lines.append(f"{pad(label, left)} {''.join(cells)} {pad(numbers[place], right, 'right')}")
    if chart.target is not None:
        told = f"{_TARGET} {said.say('chart.target')} {number(chart.target, lang)}"
        lines.append(" " * (left + 1) + told)
    return lines


def _signed(held: Scale, value: Decimal, room: int, zero: int) -> list[str]:
    """A bar to the right of zero, or to the left of it for what is less."""
    cells = [" "] * room
    if value > 0:
        for place, char in enumerate(_bar(held.at(value) - held.at(0), room)[: room - zero]):
            cells[zero + place] = char
    elif value < 0:
        halves = max(1, round((held.at(0) - held.at(value)) * room * 2))
        for place in range(min(zero, (halves + 1) // 2)):
            cells[zero - 1 - place] = "█"
        if halves % 2 and halves // 2 < zero:
            cells[zero - 1 - halves // 2] = "▐"
    elif zero < room:
        cells[zero] = "▏"
    return cells


def _heat(chart: Heat, lang: str, width: int) -> list[str]:
    names = days(lang)
    left = max(map(columns_of, names))
    sums = [number(sum(row), lang) for row in chart.counts]
    right = max(map(columns_of, sums), default=1)
    cell = 2 if left + right + 2 + 2 * HOURS <= width else 1
    most = max((count for row in chart.counts for count in row), default=0)
    step = "".join(pad(f"{hour:02d}", cell * 3) for hour in range(0, HOURS, 3))
    lines = [" " * (left + 1) + step]
    for name, row, whole in zip(names, chart.counts, sums, strict=False):
        cells = "".join(_SHADES[_level(count, most)] * cell for count in row[:HOURS])
        lines.append(f"{pad(name, left)} {pad(cells, HOURS * cell)} {pad(whole, right, 'right')}")
    if most:
        key = " " * left
        for told in _legend(most, lang):
            if columns_of(key) + columns_of(told) + 2 > width:
                lines.append(key)
                key = " " * left
            key += (" " if key.isspace() else "  ") + told
        lines.append(key)
    return lines


def _level(count: int, most: int) -> int:
    return 0 if count <= 0 else min(4, 1 + (count * 4 - 1) // most if most >= 4 else count + 4 - most)


def _legend(most: int, lang: str) -> list[str]:
    """What each shade stands for: ``· 0  ░ 1–3``."""
    told = ["· 0"]
    for level in range(1, 5):
        first = 1 + (level - 1) * most // 4 if most >= 4 else level - 4 + most
        last = level * most // 4 if most >= 4 else first
        if first >= 1:
            to = f"–{number(last, lang)}" if last > first else ""
            told.append(f"{_SHADES[level]} {number(first, lang)}{to}")
    return told


def _cut(labels: list[str], width: int) -> list[str]:
    return [cut(label, max(6, width * 2 // 5)) for label in labels]
