"""The words, numbers and signs of a sentence, each with its column."""

from __future__ import annotations

import re
from datetime import date
from datetime import time
from decimal import Decimal

from logbook.core.patterns import lazily
from logbook.core.rules.errors import SentenceError
from logbook.core.value import frozen

MAX_LENGTH = 2000

_TOKEN = lazily(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<date>\d{4}-\d{2}-\d{2}(?![\d]))
      | (?P<time>\d{1,2}:\d{2}(?![\d]))
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<text>"[^"]*"|'[^']*')
      | (?P<sign><=|>=|<>|[=<>+\-*/()\[\],.:])
    """,
    re.VERBOSE | re.ASCII,
)

# What people type out of habit, and what the language says instead.
_HABITS = {
    "!=": "<>", "==": "=", "≠": "<>", "≤": "<=", "≥": ">=", "，": ",", "、": ",", "：": ":",
    "（": "(", "）": ")", "。": "", "“": '"', "”": '"', "；": "and", ";": "and", "&": "and",
    "|": "or", "×": "*", "÷": "/", "－": "-", "＝": "=", "＜": "<", "＞": ">",
}  # fmt: skip


@frozen
class Token:
    """``kind``: word, number, date, time, text, sign or end."""

    kind: str
    text: str
    column: int
    value: int | Decimal | date | time | str | None = None


def tokens_of(text: str) -> list[Token]:
    """Cut a sentence into tokens, the last of kind ``end``; raises :class:`SentenceError`."""
    if len(text) > MAX_LENGTH:
        raise SentenceError("rule.too-long", MAX_LENGTH + 1, limit=MAX_LENGTH)
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        column = position + 1
        if match is None or text[position : position + 2] == "==":
            raise _stranger(text, position)
        position = match.end()
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(_token(kind, match.group(), column))
    if not found:
        raise SentenceError("rule.empty", 1)
    found.append(Token("end", "", len(text.rstrip()) + 1))
    return found


def _token(kind: str, text: str, column: int) -> Token:
    value: int | Decimal | date | time | str | None = None
    try:
        if kind == "number":
            value = Decimal(text) if "." in text else int(text)
        elif kind == "date":
            value = date.fromisoformat(text)
        elif kind == "time":
            hours, minutes = text.split(":")
            value = time(int(hours), int(minutes))
        elif kind == "text":
            value = text[1:-1]
    except ValueError:
        raise SentenceError("rule.impossible", column, text=text) from None
    return Token(kind, text, column, value)


def _stranger(text: str, position: int) -> SentenceError:
    column = position + 1
    character = text[position]
    for habit in (text[position : position + 2], character):
        if _HABITS.get(habit):
            return SentenceError(
                "rule.sign", column, suggestion=_HABITS[habit], text=habit, instead=_HABITS[habit]
            )
    if character in "\"'":
        return SentenceError("rule.unclosed", column, text=character)
    if character.isalpha():
        end = position
        while end < len(text) and text[end].isalpha():
            end += 1
        word = text[position:end]
        return SentenceError("rule.quote", column, suggestion=f'"{word}"', text=word)
    return SentenceError("rule.character", column, text=character)
