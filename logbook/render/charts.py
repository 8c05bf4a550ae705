"""Charts as pictures for pages (inline SVG) and as block characters for a terminal."""

from __future__ import annotations

from logbook.core.charts import Chart
from logbook.render.chart_svg import picture
from logbook.render.chart_text import blocks


def svg(chart: Chart, *, lang: str, width: int = 640) -> str:
    """The chart as one ``<svg>`` element, ``width`` pixels wide: no script, no style sheet, no font from outside.

    The same chart gives the same bytes. It reads without colour, and its title and a sentence about
    it stand in ``<title>`` and ``<desc>``. Labels are text: markup in them is shown, never obeyed.
    """
    return picture(chart, lang, max(320, width))


def terminal(chart: Chart, *, lang: str, width: int = 80) -> str:
    """The chart as lines of at most ``width`` columns (40 at least), without colour; no line end after the last."""
    return "\n".join(line.rstrip() for line in blocks(chart, lang, max(40, width)))
