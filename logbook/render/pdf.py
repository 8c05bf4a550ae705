"""PDF by typst: a layout of ours and data that is only ever text; the same bytes for the same data.

Every character must have a glyph: typst refuses to leave one out of a PDF/A, and that refusal is told in words.
Fonts are looked for in the folder named (``LOGBOOK_FONTS``), then in the package of the extra ``pdf``, then in the
system; typst's own are behind them for the signs no Chinese font has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.issues import Issue
from logbook.core.value import frozen

STANDARD = "a-2a"
SYSTEM_INSTALL = "apt install fonts-noto-cjk"

# Families with simplified Chinese, the best first: those with the rare surnames (𠮷, 㛃) before those without.
FAMILIES = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "Source Han Sans CN", "Noto Serif CJK SC",
    "Source Han Serif SC", "Noto Serif SC", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "SimHei", "SimSun",
    "WenQuanYi Zen Hei", "WenQuanYi Micro Hei",
)  # fmt: skip
_PACKAGE = "noto_cjk_sans_otc"
_BEHIND = ("DejaVu Sans Mono",)  # typst's own: ☐ ☑ ✓ and the like
_UNSET = re.compile(r'the text `"(.+?)"` could not be displayed')
_LONG = re.compile(r"[!-~]{19,}")
_PIECE = 6
_NUMBERED = re.compile(r"\\u\{([0-9a-f]+)\}")


@frozen
class Fonts:
    """What typst may set text in: the loaded fonts and the families in the order they are tried."""

    book: Any
    families: tuple[str, ...]


_PICTURE = re.compile("[\U0001f000-\U0001faff]")
_JOINER = re.compile("[\u200d\ufe0e\ufe0f]")  # what only binds pictures together


def compile(
    layout: str, data: Mapping[str, Any], *, title: str, lang: str, moment: int, author: str = "",
    keywords: Sequence[str] = (), fonts: str | None = None,
) -> bytes:  # fmt: skip
    """The PDF of a layout (``sheet``, ``report``) filled with ``data``.

    ``moment``: what the file says of when it was made, in seconds since 1970; the time of what it shows, never the
    clock. ``fonts``: a folder to take fonts from instead of anywhere else. UsageError ``sheet.no-typst`` or
    ``sheet.no-font`` where something is not installed; Refused ``sheet.no-glyph`` with every character no font has.
    """
    about = {"title": title, "author": author, "keywords": list(keywords)}
    chosen = _fonts(fonts)
    inputs = {
        "data": json.dumps({**data, "lang": lang, "document": about}, ensure_ascii=False),
        "fonts": json.dumps(chosen.families, ensure_ascii=False),
    }
    from typst import TypstError

    try:
        done = _compiler(fonts).compile(
            _source(layout), format="pdf", sys_inputs=inputs, pdf_standards=[STANDARD], timestamp=moment
        )
    except TypstError as error:
        missing = _missing(error.diagnostic)
        if not missing:
            raise
        told = [f"{char} (U+{ord(char):04X})" for char in missing]
        args = {"characters": told, "font": chosen.families[0], "extra": "pdf"}
        raise Refused([Issue("sheet.no-glyph", args)]) from error
    assert isinstance(done, bytes)
    return done


def report(
    data: Mapping[str, Any], *, lang: str, moment: int, author: str = "", fonts: str | None = None
) -> bytes:
    """A report as PDF: ``{title, subtitle, parts: [{title, columns, rows, totals, definitions, svg, text}], footer}``.

    Of a part everything may be left out. ``columns``: labels, or ``{label, weight, align}``; ``rows`` and ``totals``:
    lists of cells; ``definitions``: sentences, or pairs of a term and its sentence; ``svg``: a chart as a string.
    ``landscape``: the page on its side. ``page``: the words around page x of y.
    """
    family = _fonts(fonts).families[0]
    page = data.get("page") or (("第 ", " 页 共 ", " 页") if lang == "zh" else ("page ", " of ", ""))
    whole = {
        "title": plain(data.get("title")),
        "subtitle": plain(data.get("subtitle")),
        "footer": plain(data.get("footer")),
        "landscape": bool(data.get("landscape")),
        "page": list(page),
        "parts": [_part(part, family) for part in data.get("parts", ())],
    }
    title = str(data.get("title") or "")
    return compile("report", whole, title=title, lang=lang, moment=moment, author=author, fonts=fonts)


def plain(value: object) -> str:
    """A value as text in which a very long word (an address, a hash) may be broken anywhere. Emoji, which no
    font for print has, are named by their number: a sheet is not refused for one, nor prints without it."""
    if value is None:
        return ""
    text = str(value)
    if not text.isascii():
        text = _PICTURE.sub(lambda found: f"[U+{ord(found[0]):X}]", _JOINER.sub("", text))
    if "\u200b" in text:
        text = text.replace("\u200b", "")
    return _LONG.sub(_in_pieces, text) if len(text) > _PIECE else text


def _in_pieces(word: re.Match[str]) -> str:
    """Pieces between marks, which the layouts set as they are and may put on the next line."""
    return "".join(f"\u200b{word[0][at : at + _PIECE]}\u200b" for at in range(0, len(word[0]), _PIECE))


def _part(part: Mapping[str, Any], family: str) -> dict[str, Any]:
    columns = [one if isinstance(one, Mapping) else {"label": one} for one in part.get("columns", ())]
    rows = [[plain(cell) for cell in row] for row in part.get("rows", ())]
    totals = [[plain(cell) for cell in row] for row in part.get("totals", ())]
    return {
        "title": plain(part.get("title")),
        "text": plain(part.get("text")),
        "columns": [
            {
                "label": plain(one["label"]),
                "weight": one.get("weight") or _weight(one["label"], [row[place] for row in rows + totals]),
                "align": one.get("align") or ("right" if _are_numbers([row[place] for row in rows]) else "left"),
            }
            for place, one in enumerate(columns)
        ],
        "rows": rows,
        "totals": totals,
        "definitions": [
            [plain(cell) for cell in (("", one) if isinstance(one, str) else one)]
            for one in part.get("definitions", ())
        ],
        "svg": chart(part["svg"], family) if part.get("svg") else "",
        "svg_width": part.get("svg_width") or 100,
    }


def chart(svg: str, family: str) -> str:
    """A drawing whose letters are set in a font that is there: typst leaves others out without a word."""
    svg = re.sub(r'\sfont-family\s*=\s*("[^"]*"|\'[^\']*\')', "", svg)
    svg = re.sub(r"font-family\s*:[^;\"'}]*;?", "", svg)
    space = "" if "xmlns=" in svg else ' xmlns="http://www.w3.org/2000/svg"'  # a page of HTML does without
    return re.sub(r"<svg\b", f'<svg{space} font-family="{family}"', svg, count=1)


def _weight(label: str, cells: Sequence[str]) -> int:
    from logbook.render.width import width

    return max(4, min(40, max([width(label), *map(width, cells)]) + 1))


def _are_numbers(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell not in ("", "-", "—")]
    return bool(filled) and all(re.fullmatch(r"[-+]?[\d,]+(\.\d+)?\s*%?", cell) for cell in filled)


def _missing(diagnostic: str) -> list[str]:
    """The texts typst found no glyph for, each once, in the order met."""
    found = (_NUMBERED.sub(lambda it: chr(int(it[1], 16)), text) for text in _UNSET.findall(diagnostic))
    return list(dict.fromkeys(char for text in found for char in text))


@cache
def _source(layout: str) -> bytes:
    """The layout as one text behind what all share: typst need not read a file."""
    folder = files("logbook.render").joinpath("layouts")
    return b"\n".join(folder.joinpath(f"{name}.typ").read_bytes() for name in ("common", layout))


@cache
def _compiler(fonts: str | None) -> Any:
    from typst import Compiler

    # An empty folder of its own as root: a layout reads no file, fetches no package.
    return Compiler(font_paths=_fonts(fonts).book, ignore_system_fonts=True)


@cache
def _fonts(folder: str | None) -> Fonts:
    if find_spec("typst") is None:
        raise UsageError("sheet.no-typst", extra="pdf")
    from typst import Fonts as Loaded

    for paths, system in _places(folder):
        book = Loaded(include_system_fonts=system, include_embedded_fonts=True, font_paths=paths)
        there = set(book.families())
        families = [one for one in FAMILIES if one in there][:1]
        if families:
            if folder is not None:  # a site's own: fonts for the rarest surnames stand behind the first
                own = {font.family for font in book.fonts() if font.path}
                families += sorted(own - set(families))
            return Fonts(book, (*families, *_BEHIND))
    looked = folder or ", ".join(FAMILIES[:3])
    raise UsageError("sheet.no-font", looked=looked, extra="pdf", system=SYSTEM_INSTALL)


def _places(folder: str | None) -> Iterator[tuple[list[str], bool]]:
    if folder is not None:
        yield [folder], False
        return
    package = find_spec(_PACKAGE)
    if package is not None and package.submodule_search_locations:
        yield [str(Path(place)) for place in package.submodule_search_locations], False
    yield [], True
