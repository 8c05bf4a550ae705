"""Sheets as one self-contained HTML page, laid out for A4 and printed from any browser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from markupsafe import Markup

from logbook.render.paper import Sheet

if TYPE_CHECKING:
    from jinja2 import Template

_LAYOUT = "sheet.html.j2"
_NOT_PLAIN = re.compile(r"[^0-9A-Za-z\u4e00-\u9fff]")


def html(sheets: Sequence[Sheet]) -> str:
    """The page, with as many sheets as are given. Every value is text: markup and template signs in it are shown,
    never obeyed."""
    from logbook.render import qr

    codes = qr.is_there()
    drawn = {one.code: Markup(qr.svg(one.code)) for one in sheets if one.code} if codes else {}
    return _template().render(sheets=sheets, codes=drawn)


def css_text(text: str) -> str:
    """``text`` as a CSS string; everything but letters, digits and Chinese is escaped by number."""
    return '"' + _NOT_PLAIN.sub(lambda char: f"\\{ord(char.group()):06x}", text) + '"'


@cache
def _template() -> Template:
    from jinja2 import StrictUndefined  # late: 25 ms that no other command needs
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["css_text"] = lambda text: Markup(css_text(str(text)))
    layout = files("logbook.render").joinpath("layouts", _LAYOUT).read_text(encoding="utf-8")
    return environment.from_string(layout)
