"""What charts say: numbers short enough for a picture, scales with round steps, one sentence for who cannot see."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING
from decimal import ROUND_FLOOR
from decimal import ROUND_HALF_UP
from decimal import Decimal
from decimal import localcontext

from logbook.core.charts import Ageing
from logbook.core.charts import Bar
from logbook.core.charts import Chart
from logbook.core.charts import Funnel
from logbook.core.charts import Heat
from logbook.core.charts import Pareto
from logbook.core.charts import Ranked
from logbook.core.charts import Trend
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.locale.catalogue import Catalogue
from logbook.render.width import plain

PRECISION = 60
_LONG = Decimal(100_000)  # from here on a number is said in 万, or in thousands and millions
_STEPS = {
    "zh": ((Decimal(10) ** 12, "万亿"), (Decimal(10) ** 8, "亿"), (Decimal(10) ** 4, "万")),
    "en": ((Decimal(10) ** 12, " tn"), (Decimal(10) ** 9, " bn"), (Decimal(10) ** 6, " M"), (Decimal(10) ** 3, " k")),
}
_FAINT = Decimal("1e-9")  # a spread smaller than this share of the value is no spread


def number(value: Decimal | int, lang: str) -> str:
    """A number as charts print it: grouped digits, two decimals at most, large ones in 万 or M."""
    with localcontext() as context:
        context.prec = PRECISION
        given = Decimal(value)
        size = abs(given)
        if size < _LONG:
            return exact(given)
        if given.adjusted() >= 16:
            return f"{given:.2e}".replace("e+", "e")
        step, word = next(step for step in _STEPS[lang] if size >= step[0])
        return exact(given / step, 1) + word


def exact(value: Decimal | int, places: int = 2) -> str:
    """All digits before the point, grouped; at most ``places`` after it; a true minus sign."""
    given = Decimal(value)
    if given.adjusted() > PRECISION - 10:
        return f"{given:.2e}".replace("e+", "e")
    with localcontext() as context:
        context.prec = PRECISION
        rounded = given.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{rounded:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text.replace("-", "−")


def percent(value: Decimal, *, whole: bool = False) -> str:
    """Whole per cent; only what is all of it (``whole``) is said to be 100."""
    rounded = int(value.quantize(Decimal(1), ROUND_HALF_UP))
    return f"{rounded if whole or value >= 100 else min(99, rounded)}%"


@frozen
class Scale:
    """A span of values with round steps."""

    low: Decimal
    high: Decimal
    ticks: tuple[Decimal, ...]

    def at(self, value: Decimal | int) -> float:
        """Where ``value`` lies, 0 at the low end and 1 at the high end."""
        with localcontext() as context:
            context.prec = PRECISION
            return float((Decimal(value) - self.low) / (self.high - self.low))


def scale(values: Sequence[Decimal], *, steps: int = 4, zero: bool = False) -> Scale:
    """The scale that holds ``values``; it begins at 0 when ``zero`` or when they spread over half their size."""
    with localcontext() as context:
        context.prec = PRECISION
        low, high = (min(values), max(values)) if values else (Decimal(0), Decimal(0))
        spread = high - low
        if low > 0 and (zero or spread * 2 > high or spread <= high * _FAINT):
            low = Decimal(0)
        if high < 0 and (zero or spread * 2 > -low or spread <= -low * _FAINT):
            high = Decimal(0)
        if low == high:
            return Scale(Decimal(0), Decimal(1), (Decimal(0),))
        raw = (high - low) / steps
        unit = Decimal(1).scaleb(raw.adjusted())
        step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= raw)
        if all(value == value.to_integral_value() for value in values):
            step = max(step, Decimal(1))
        first = (low / step).to_integral_value(ROUND_FLOOR)
        last = (high / step).to_integral_value(ROUND_CEILING)
        ticks = tuple((first + place) * step for place in range(int(last - first) + 1))
        return Scale(ticks[0], ticks[-1], ticks)


def ticks_said(given: Scale, lang: str) -> list[str]:
    """The steps of a scale in words, with more digits where the short ones would be the same."""
    said = [number(tick, lang) for tick in given.ticks]
    if len(set(said)) < len(said):
        said = [exact(tick, 6) for tick in given.ticks]
    return said


def words(text: Text, lang: str) -> str:
    """A label in one line, without what steers a terminal or a page."""
    return plain(text.say(lang)).strip()


def rest_or_label(row: Ranked, lang: str) -> str:
    """The label of a ranked bar; the bar that collects the small ones says how many they are."""
    return Catalogue(lang).say("chart.other", count=row.rest) if row.rest else words(row.label, lang)


def total(count: Decimal | int, unit: Text, lang: str) -> str:
    """``共 12 件``."""
    said, named = Catalogue(lang), words(unit, lang)
    if not named:
        return said.say("chart.total", count=number(count, lang))
    return said.say("chart.total_of", count=number(count, lang), unit=named)


def days(lang: str) -> list[str]:
    """The names of the weekdays, Monday first."""
    return Catalogue(lang).say("chart.days").split()


def subtitle(chart: Chart, lang: str) -> str:
    """The small line below the title: the unit of a trend, the sum of counts."""
    if empty(chart):
        return ""
    match chart:
        case Trend():
            return words(chart.unit, lang)
        case Pareto():
            return total(sum((Decimal(bar.size) for bar in chart.bars), Decimal(0)), chart.unit, lang)
        case Ageing():
            return total(sum((Decimal(bar.size) for bar in chart.buckets), Decimal(0)), chart.unit, lang)
        case Heat():
            said = total(sum(map(sum, chart.counts)), chart.unit, lang)
            count, day, hour = max(
                (count, -day, -hour) for day, row in enumerate(chart.counts) for hour, count in enumerate(row)
            )
            if not count:
                return said
            busiest = Catalogue(lang).say("chart.busiest", day=days(lang)[-day], hour=-hour, count=number(count, lang))
            return said + Catalogue(lang).say("chart.joint") + busiest
        case Funnel():
            return words(chart.unit, lang)


def empty(chart: Chart) -> bool:
    """Whether there is nothing to draw. Counts that are all 0 are something, a trend of gaps is not."""
    match chart:
        case Trend():
            return not chart.known()
        case Pareto():
            return not any(bar.size for bar in chart.bars)
        case Ageing():
            return not chart.buckets
        case Heat():
            return not any(chart.counts)
        case Funnel():
            return not chart.stages


def described(chart: Chart, lang: str) -> str:
    """The chart in one sentence, for readers who do not see it."""
    said = Catalogue(lang)
    if empty(chart):
        return said.say("chart.sentence", sentence=said.say("chart.none"))
    match chart:
        case Trend():
            known = [value for _, value in chart.known()]
            parts = [
                said.say(
                    "chart.trend",
                    first=words(chart.points[0].label, lang),
                    last=words(chart.points[-1].label, lang),
                    low=number(min(known), lang),
                    high=number(max(known), lang),
                    now=number(known[-1], lang),
                )
            ]
            if chart.target is not None:
                parts.append(_pair(said, said.say("chart.target"), number(chart.target, lang)))
        case Pareto():
            parts = [
                _pair(said, rest_or_label(row, lang), f"{number(row.size, lang)} ({percent(row.share)})")
                for row in chart.ranked()
            ]
        case Ageing():
            parts = _pairs(said, chart.buckets, lang)
        case Heat():
            parts = [subtitle(chart, lang)]
        case Funnel():
            parts = _pairs(said, chart.stages, lang)
    return said.say("chart.sentence", sentence=said.say("chart.joint").join(parts))


def _pairs(said: Catalogue, bars: Sequence[Bar], lang: str) -> list[str]:
    return [_pair(said, words(bar.label, lang), number(bar.size, lang)) for bar in bars]


def _pair(said: Catalogue, label: str, value: str) -> str:
    return said.say("chart.pair", label=label, value=value)
