"""How many columns of a terminal a text takes, and padding and cutting by that."""

from __future__ import annotations

import unicodedata
from functools import cache

ELLIPSIS = "…"

# Invisible marks that reorder or hide text on a terminal: never passed on to one.
_REORDERING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def width(text: str) -> int:
    """Terminal columns of ``text``: Chinese characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


@cache
def _columns(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def pad(text: str, columns: int, align: str = "left") -> str:
    """``text`` filled with spaces to ``columns``; ``align`` is left, right or center."""
    gap = max(0, columns - width(text))
    if align == "right":
        return " " * gap + text
    if align == "center":
        return " " * (gap // 2) + text + " " * (gap - gap // 2)
    return text + " " * gap


def cut(text: str, columns: int) -> str:
    """``text`` in at most ``columns``, with ``…`` where something was left out."""
    if width(text) <= columns:
        return text
    room, kept = columns - 1, []
    for char in text:
        room -= _columns(char)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept) + ELLIPSIS if columns > 0 else ""


def wrap(text: str, columns: int) -> list[str]:
    """Lines of at most ``columns``; breaks at spaces of Latin words and between Chinese characters."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for piece in _pieces(paragraph):
            if width(line) + width(piece) <= columns:
                line += piece
                continue
            if line.strip():
                lines.append(line.rstrip())
            line = piece.lstrip()
            while width(line) > columns:
                head = _head(line, columns)
                lines.append(head)
                line = line[len(head) :]
        lines.append(line.rstrip())
    return lines


_OPENING = frozenset("（《「『“‘([")
_CLOSING = frozenset("，。、；：？！）》」』”’,.;:?!)")


def _pieces(text: str) -> list[str]:
    """Words with the space before them; wide characters one by one, closing marks kept with them."""
    pieces: list[str] = []
    for char in text:
        narrow = _columns(char) < 2 and char != " "
        last = pieces[-1] if pieces else ""
        if last and (
            (narrow and _columns(last[-1]) < 2) or char in _CLOSING or last[-1] in _OPENING or last.isspace()
        ):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _head(text: str, columns: int) -> str:
    kept, room = 0, columns
    for char in text:
        room -= _columns(char)
        if room < 0:
            break
        kept += 1
    return text[: max(1, kept)]


def plain(text: str, *, newline: str = " ") -> str:
    """``text`` safe on a terminal and in one line: breaks as ``newline``, tabs as a space, reordering
    marks left out, other control characters as ``\ufffd``."""
    if text.isprintable():
        return text
    return newline.join("".join(map(_visible, line)) for line in text.splitlines())


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    if char == "\t":
        return " "
    if char in _REORDERING:
        return ""
    return "\ufffd" if unicodedata.category(char) in ("Cc", "Cs") else char
