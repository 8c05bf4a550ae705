"""Charts as inline SVG: fine lines, labels beside what they name, greys that stay apart on a printer."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from xml.sax.saxutils import escape
from zlib import crc32

from logbook.core.charts import DAYS
from logbook.core.charts import HOURS
from logbook.core.charts import Ageing
from logbook.core.charts import Chart
from logbook.core.charts import Funnel
from logbook.core.charts import Heat
from logbook.core.charts import Pareto
from logbook.core.charts import Trend
from logbook.core.patterns import lazily
from logbook.locale.catalogue import Catalogue
from logbook.render.chart_words import Scale
from logbook.render.chart_words import days
from logbook.render.chart_words import described
from logbook.render.chart_words import empty
from logbook.render.chart_words import number
from logbook.render.chart_words import percent
from logbook.render.chart_words import rest_or_label
from logbook.render.chart_words import scale
from logbook.render.chart_words import subtitle
from logbook.render.chart_words import ticks_said
from logbook.render.chart_words import words
from logbook.render.width import width as columns_of

# Fonts that are there already, on Linux, macOS, Windows and Android; nothing is fetched.
FONTS = (
    "'Noto Sans CJK SC','Source Han Sans SC','Noto Sans SC','PingFang SC','Microsoft YaHei',"
    "'Hiragino Sans GB','WenQuanYi Micro Hei',system-ui,sans-serif"
)
INK, QUIET, HAIR, PALE = "#1f2933", "#66707b", "#dfe3e8", "#f3f5f7"
STRONG, SOFT, FAINT = "#2b5a85", "#a9b7c4", "#e6ebf0"
SMALL = 11.0
_LEFT, _TOP, _ROW, _THICK = 2.0, 54.0, 26.0, 15.0
_NOT_XML = lazily("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def picture(chart: Chart, lang: str, width: int) -> str:
    """The ``<svg>`` element."""
    page = _Page(lang, float(width))
    if empty(chart):
        height = _nothing(page)
    else:
        match chart:
            case Trend():
                height = _trend(page, chart)
            case Pareto():
                height = _pareto(page, chart)
            case Ageing():
                height = _ageing(page, chart)
            case Heat():
                height = _heat(page, chart)
            case Funnel():
                height = _funnel(page, chart)
    title, sentence = clean(words(chart.title, lang)), clean(described(chart, lang))
    head = [_text(_LEFT, 17, title, size=15, fill=INK, weight=600, cut=width - 4)]
    if below := subtitle(chart, lang):
        head.append(_text(_LEFT, 36, clean(below), size=12, fill=QUIET, cut=width - 4))
    body = "".join(head + page.parts)
    # Names inside one page must differ; the same chart twice is the same name for the same words.
    name = f"chart-{crc32((title + sentence + body).encode('utf-8')):08x}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" lang="{"zh-CN" if lang == "zh" else "en"}" '
        f'aria-labelledby="{name}-t" aria-describedby="{name}-d" '
        f'width="{width}" height="{_n(height)}" viewBox="0 0 {width} {_n(height)}" '
        f'font-family="{FONTS}" font-size="{_n(SMALL)}">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(sentence)}</desc>'
        f"{body}</svg>"
    )


def clean(text: str) -> str:
    """``text`` without the characters no XML may hold."""
    return _NOT_XML.sub("\ufffd", text)


def em(text: str) -> float:
    """About how wide ``text`` is, in letter heights: a Chinese character is one, others a little over half."""
    return sum(map(_em, text))


def _em(char: str) -> float:
    if char.isascii():
        return 0.92 if char in "MWmw@%" else 0.7 if char.isupper() else 0.57
    return 0.57 * columns_of(char) if columns_of(char) < 2 else 1.0


def cut_em(text: str, room: float) -> str:
    """``text`` in at most ``room`` letter heights, with ``…`` where something was left out."""
    if em(text) <= room:
        return text
    kept, used = "", 1.0
    for char in text:
        used += em(char)
        if used > room:
            break
        kept += char
    return kept + "…"


class _Page:
    def __init__(self, lang: str, width: float) -> None:
        self.lang = lang
        self.width = width
        self.said = Catalogue(lang)
        self.parts: list[str] = []

    def line(self, x1: float, y1: float, x2: float, y2: float, **named: object) -> None:
        style = {"stroke": HAIR, "stroke-width": 1} | {key.replace("_", "-"): value for key, value in named.items()}
        self.parts.append(f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"{_attributes(style)}/>')

    def box(self, x: float, y: float, wide: float, high: float, fill: str, told: str = "", **named: object) -> None:
        style = {"fill": fill} | {key.replace("_", "-"): value for key, value in named.items()}
        hover = f"<title>{escape(clean(told))}</title>" if told else ""
        shape = f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="{_n(high)}"{_attributes(style)}'
        self.parts.append(f"{shape}>{hover}</rect>" if hover else shape + "/>")

    def dot(self, x: float, y: float, radius: float, fill: str, told: str = "", stroke: str = "#ffffff") -> None:
        hover = f"<title>{escape(clean(told))}</title>" if told else ""
        style = _attributes({"fill": fill, "stroke": stroke, "stroke-width": 1})
        self.parts.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"{style}>{hover}</circle>')

    def path(self, points: list[tuple[float, float]], **named: object) -> None:
        told = "".join(f"{'L' if place else 'M'}{_n(x)} {_n(y)}" for place, (x, y) in enumerate(points))
        style = {"fill": "none", "stroke-linejoin": "round", "stroke-linecap": "round"}
        style |= {key.replace("_", "-"): str(value) for key, value in named.items()}
        self.parts.append(f'<path d="{told}"{_attributes(style)}/>')

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = SMALL,
        fill: str = INK,
        anchor: str = "start",
        weight: int = 400,
        room: float = 0,
        halo: bool = False,
    ) -> None:
        self.parts.append(
            _text(x, y, clean(text), size=size, fill=fill, anchor=anchor, weight=weight, cut=room, halo=halo)
        )


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: float,
    fill: str,
    anchor: str = "start",
    weight: int = 400,
    cut: float = 0,
    halo: bool = False,
) -> str:
    shown = cut_em(text, cut / size) if cut else text
    style: dict[str, object] = {"font-size": _n(size), "fill": fill}
    if anchor != "start":
        style["text-anchor"] = anchor
    if weight != 400:
        style["font-weight"] = weight
    if halo:  # a label on a line stays readable
        style |= {"stroke": "#ffffff", "stroke-width": 3, "stroke-linejoin": "round", "paint-order": "stroke"}
    hover = f"<title>{escape(text)}</title>" if shown != text else ""
    return f'<text x="{_n(x)}" y="{_n(y)}"{_attributes(style)}>{hover}{escape(shown)}</text>'


def _attributes(style: dict[str, object] | dict[str, str]) -> str:
    return "".join(f' {name}="{value}"' for name, value in style.items())


def _n(value: float) -> str:
    """A coordinate with one decimal at most."""
    text = f"{value:.1f}"
    return "0" if text == "-0.0" else text.removesuffix(".0")


def _nothing(page: _Page) -> float:
    page.box(0.5, 32.5, page.width - 1, 64, "none", stroke=HAIR, stroke_dasharray="3 3")
    page.text(page.width / 2, 69, page.said.say("chart.none"), size=12, fill=QUIET, anchor="middle")
    return 100


# A trend


def _trend(page: _Page, chart: Trend) -> float:
    known = chart.known()
    values = [value for _, value in known]
    held = scale(values + ([] if chart.target is None else [chart.target]), zero=len(values) == 1)
    ticks = ticks_said(held, page.lang)
    left = max(map(em, ticks)) * SMALL + 10
    now = number(values[-1], page.lang)
    goal = "" if chart.target is None else f"{page.said.say('chart.target')} {number(chart.target, page.lang)}"
    right = page.width - max(em(now) * 13, em(goal) * SMALL, 8) - 16
    top, bottom = _TOP + 4, _TOP + (170 if len(held.ticks) > 1 else 46)  # all zero: a line needs no height

    def x(place: int) -> float:
        if len(chart.points) == 1:
            return (left + right) / 2
        return left + 10 + (right - left - 14) * place / (len(chart.points) - 1)

    def y(value: Decimal) -> float:
        return bottom - (bottom - top) * held.at(value)

    for tick, word in zip(held.ticks, ticks, strict=True):
        base = tick == 0 or tick == held.low >= 0
        page.line(left, y(tick), right, y(tick), stroke=SOFT if base else HAIR)
        page.text(left - 7, y(tick) + 3.8, word, fill=QUIET, anchor="end")
    if chart.target is not None:
        page.line(left, y(chart.target), right, y(chart.target), stroke=INK, stroke_dasharray="5 4")
    runs: list[list[tuple[float, float]]] = []
    for number_, (place, value) in enumerate(known):
        if not number_ or known[number_ - 1][0] != place - 1:
            runs.append([])
        runs[-1].append((x(place), y(value)))
    for run in runs:
        if len(run) > 1:
            page.path(run, stroke=STRONG, stroke_width=2)
    dots = len(chart.points) <= 36
    alone = {run[0] for run in runs if len(run) == 1}
    said = page.said
    for place, value in known:
        spot = (x(place), y(value))
        last = place == known[-1][0]
        if dots or last or spot in alone:
            label = words(chart.points[place].label, page.lang)
            told = said.say("chart.pair", label=label, value=number(value, page.lang))
            page.dot(*spot, 4 if last else 3, STRONG, told)
    lowest = _trend_labels(page, chart, known, x, y, (now, goal), right)
    below = bottom + (13 if lowest > bottom else 0)  # room for the number of a lowest point at the very bottom
    _trend_places(page, chart, x, bottom, below)
    return below + 28


def _trend_labels(
    page: _Page,
    chart: Trend,
    known: tuple[tuple[int, Decimal], ...],
    x: Callable[[int], float],
    y: Callable[[Decimal], float],
    last: tuple[str, str],
    right: float,
) -> float:
    """The last number, the target, the lowest and the highest. Returns how far down they go."""
    now, goal = last
    place, value = known[-1]
    spot = label = y(value)
    aim = None if chart.target is None else y(chart.target)
    if place == len(chart.points) - 1 and place:
        if aim is not None and abs(aim - spot) < 15:  # the two labels would lie on each other
            middle, side = (aim + spot) / 2, 7.5 if spot > aim else -7.5
            label, aim = middle + side, middle - side
        page.text(right + 9, label + 4.5, now, size=13, weight=600)
    else:  # the last reading is not at the edge: its number stands over it
        page.text(x(place), spot - 9, now, size=13, weight=600, anchor="middle", halo=True)
    if aim is not None:
        page.text(right + 9, aim + 4, goal)
    low = min(known, key=lambda one: (one[1], one[0]))
    high = max(known, key=lambda one: (one[1], -one[0]))
    deepest = 0.0
    for (at, value), shift in ((high, -9.0), (low, 17.0)):
        if low[1] != high[1] and at != place and abs(x(at) - x(place)) > 30:
            page.text(x(at), y(value) + shift, number(value, page.lang), fill=QUIET, anchor="middle", halo=True)
            deepest = max(deepest, y(value) + shift)
    return deepest


def _trend_places(page: _Page, chart: Trend, x: Callable[[int], float], bottom: float, below: float) -> None:
    """The labels under the line, as many as there is room for; the last one always."""
    labels = [cut_em(clean(words(point.label, page.lang)), 9) for point in chart.points]
    wide = max(map(em, labels)) * SMALL + 14
    every = max(1, int(-(-wide // (x(1) - x(0))))) if len(labels) > 1 else 1
    for place in range(len(labels) - 1, -1, -every):
        half = em(labels[place]) * SMALL / 2
        page.line(x(place), bottom, x(place), bottom + 4, stroke=SOFT)
        at = min(max(x(place), half), page.width - half)
        page.text(at, below + 18, labels[place], fill=QUIET, anchor="middle")


# Bars in rows


class _Rows:
    """Bars below each other: where their labels end, and how long a bar is."""

    def __init__(self, page: _Page, labels: list[str], sizes: list[Decimal], values: list[str], right: float) -> None:
        self.page = page
        self.values = values
        self.labels = [cut_em(clean(label), page.width * 0.32 / 12) for label in labels]
        self.whole = labels
        self.left = max(map(em, self.labels)) * 12 + 10
        room = right - self.left - max(map(em, values)) * 12 - 10
        self.scale = Scale(Decimal(0), max(*sizes, Decimal(0)) or Decimal(1), ())
        self.lengths = [max(0.0, room * self.scale.at(size)) for size in sizes]
        self.lengths = [max(1.0, length) if size else 0.0 for length, size in zip(self.lengths, sizes, strict=True)]

    def draw(self, place: int, fill: str, *, quiet: bool = False, stroke: str = "") -> float:
        """One row; returns the middle of it."""
        page, y = self.page, _TOP + place * _ROW
        told = page.said.say("chart.pair", label=self.whole[place], value=self.values[place])
        page.text(self.left - 8, y + 12, self.labels[place], size=12, anchor="end", fill=QUIET if quiet else INK)
        outline: dict[str, object] = {"stroke": stroke} if stroke else {}
        if self.lengths[place]:
            page.box(self.left, y, self.lengths[place], _THICK, fill, told, **outline)
        end = self.left + self.lengths[place] + 6
        page.text(end, y + 12, self.values[place], size=12, fill=QUIET if quiet else INK)
        return y + _THICK / 2

    def axis(self, count: int) -> None:
        """The line all bars begin at."""
        self.page.line(self.left, _TOP - 5, self.left, _TOP + count * _ROW - 5, stroke=SOFT)


def _pareto(page: _Page, chart: Pareto) -> float:
    ranked = chart.ranked()
    labels = [rest_or_label(row, page.lang) for row in ranked]
    values = [number(row.size, page.lang) for row in ranked]
    panel = min(130.0, page.width * 0.24)
    start = page.width - panel - 40
    rows = _Rows(page, labels, [row.size for row in ranked], values, start - 16)
    end = _TOP + len(ranked) * _ROW - 6
    page.text(start, _TOP - 14, page.said.say("chart.cumulative"), fill=QUIET)
    for share in (0, 80, 100):
        page.line(
            start + panel * share / 100, _TOP - 8, start + panel * share / 100, end,
            **({"stroke": INK, "stroke_dasharray": "3 3", "stroke_opacity": "0.6"} if share == 80 else {}),
        )  # fmt: skip
    page.text(start + panel * 0.8, _TOP - 14, "80%", fill=QUIET, anchor="middle")
    dots = []
    for place, row in enumerate(ranked):
        fill = STRONG if row.vital else FAINT if row.rest else SOFT
        middle = rows.draw(place, fill, quiet=bool(row.rest), stroke=SOFT if row.rest else "")
        dots.append((start + panel * float(row.total) / 100, middle))
    if len(dots) > 1:
        page.path(dots, stroke=STRONG, stroke_width=1.4)
    for place, (x, y) in enumerate(dots):
        page.dot(x, y, 2.8, STRONG)
        whole = place == len(dots) - 1
        page.text(page.width - 2, y + 4, percent(ranked[place].total, whole=whole), fill=QUIET, anchor="end")
    rows.axis(len(ranked))
    return end + 6


_AGES = ("#d9e1e8", "#a9b7c4", "#6d8aa5", "#2b5a85", "#17324a")


def _ageing(page: _Page, chart: Ageing) -> float:
    sizes = [Decimal(bar.size) for bar in chart.buckets]
    whole = sum(sizes, Decimal(0))
    values = [number(size, page.lang) for size in sizes]
    rows = _Rows(page, [words(bar.label, page.lang) for bar in chart.buckets], sizes, values, page.width - 46)
    for place, size in enumerate(sizes):
        # The older, the darker: the order is seen without a key.
        shade = _AGES[min(len(_AGES) - 1, 1 + place * 3 // max(1, len(sizes) - 1))] if len(sizes) > 1 else STRONG
        middle = rows.draw(place, shade if place else _AGES[1] if len(sizes) > 1 else STRONG, quiet=not size)
        if whole:
            share = percent(size * 100 / whole, whole=size == whole)
            page.text(page.width - 2, middle + 4, share, fill=QUIET, anchor="end")
    rows.axis(len(sizes))
    return _TOP + len(sizes) * _ROW


def _funnel(page: _Page, chart: Funnel) -> float:
    sizes = [Decimal(bar.size) for bar in chart.stages]
    values = [number(size, page.lang) for size in sizes]
    rows = _Rows(page, [words(bar.label, page.lang) for bar in chart.stages], sizes, values, page.width - 96)
    page.text(page.width - 2, _TOP - 12, page.said.say("chart.of_before"), fill=QUIET, anchor="end")
    for place in range(1, len(sizes)):  # what is lost between two stages, as a pale slope
        y = _TOP + place * _ROW
        corners = [
            (rows.left, y - _ROW + _THICK), (rows.left + rows.lengths[place - 1], y - _ROW + _THICK),
            (rows.left + rows.lengths[place], y), (rows.left, y),
        ]  # fmt: skip
        page.path(corners, fill=FAINT, stroke="none")
    for place, size in enumerate(sizes):
        middle = rows.draw(place, STRONG)
        before = sizes[place - 1] if place else Decimal(0)
        if before:
            share = size * 100 / before
            page.text(page.width - 2, middle + 4, percent(share, whole=size >= before), fill=QUIET, anchor="end")
    return _TOP + len(sizes) * _ROW


# Hours of the week


def _heat(page: _Page, chart: Heat) -> float:
    names = days(page.lang)
    sums = [number(sum(row), page.lang) for row in chart.counts]
    left, right = max(map(em, names)) * 12 + 10, page.width - max(map(em, sums)) * SMALL - 10
    cell = (right - left) / HOURS
    high = min(cell, 26.0)
    most = max((count for row in chart.counts for count in row), default=0)
    for day in range(DAYS):
        row = chart.counts[day] if day < len(chart.counts) else ()
        y = _TOP + day * high
        page.text(left - 8, y + high / 2 + 4, names[day], size=12, anchor="end")
        for hour in range(HOURS):
            count = row[hour] if hour < len(row) else 0
            told = page.said.say("chart.pair", label=f"{names[day]} {hour:02d}:00", value=count)
            depth = 0.0 if not count else 0.12 + 0.88 * count / most
            page.box(left + hour * cell + 0.75, y + 0.75, cell - 1.5, high - 1.5, _shade(depth), told if count else "")
            said = number(count, page.lang)
            if count and em(said) * 10 < cell - 3:
                ink = "#ffffff" if depth > 0.5 else INK
                page.text(
                    left + (hour + 0.5) * cell, y + high / 2 + 3.6, said, size=10, fill=ink, anchor="middle"
                )
        page.text(page.width - 2, y + high / 2 + 4, sums[day] if row else "0", fill=QUIET, anchor="end")
    bottom = _TOP + DAYS * high
    for hour in range(0, HOURS + 1, 3):
        page.line(left + hour * cell, bottom + 1, left + hour * cell, bottom + 5, stroke=SOFT)
        page.text(left + hour * cell, bottom + 17, f"{hour:02d}", fill=QUIET, anchor="middle")
    page.text(left - 8, bottom + 17, page.said.say("chart.hour"), fill=QUIET, anchor="end")
    return bottom + 24


def _shade(depth: float) -> str:
    """From almost white to the strong colour, evenly, so that a copier keeps the order."""
    if not depth:
        return PALE
    ends = ((0xEA, 0xF0, 0xF5), (0x2B, 0x5A, 0x85))
    return "#" + "".join(f"{round(one + (two - one) * depth):02x}" for one, two in zip(*ends, strict=True))


