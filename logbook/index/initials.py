"""Initials of Chinese words: 漏水 is found as ``ls``. Made once with pypinyin while an index is built, read by all.

What lies in the cache folder is the character table, not the book: for each letter the characters that have a
reading which begins with it. A character of several readings stands under each (曾 as ``c`` and ``z``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from logbook.core.traditional import TRADITIONAL
from logbook.core.traditional import simplified
from logbook.store import machine

_FILE = "initials-1.txt"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Initials:
    """The characters by the letter they may begin with."""

    def __init__(self, letters: Mapping[str, str]) -> None:
        self._letters = letters

    def fits(self, text: str, typed: str, *, anywhere: bool = False) -> bool:
        """Whether ``typed`` (letters, digits) is how ``text`` begins, each Chinese character by an initial of any
        of its readings, letters and digits as themselves; ``anywhere``: or how a part of it begins."""
        signs = [sign for sign in simplified(text.casefold()) if sign.isalnum()]
        wanted = typed.casefold()
        last = len(signs) - len(wanted) if anywhere else min(0, len(signs) - len(wanted))
        return bool(wanted) and any(
            all(self._is(signs[start + place], letter) for place, letter in enumerate(wanted))
            for start in range(last + 1)
        )

    def whole(self, text: str, typed: str) -> bool:
        """Whether ``typed`` has an initial for each character of ``text``."""
        return len(typed) == sum(map(str.isalnum, text)) and self.fits(text, typed)

    def _is(self, sign: str, letter: str) -> bool:
        return sign == letter or (not sign.isascii() and sign in self._letters.get(letter, ""))


NONE = Initials({})


def path() -> Path:
    """Where the table lies."""
    return machine.cache_folder() / _FILE


@cache
def known() -> Initials:
    """The table as it lies there; one that knows no character where there is none."""
    try:
        lines = path().read_text("utf-8").splitlines()
    except (OSError, UnicodeError):
        return NONE
    return Initials({line[0]: line[2:] for line in lines[1:] if line[1:2] == " "})


def ensure() -> bool:
    """Make the table where pypinyin is at hand and there is none yet; whether there is one now."""
    place = path()
    try:
        if place.exists():
            return True
    except OSError:
        return False
    try:
        from pypinyin import __version__ as version
        from pypinyin.pinyin_dict import pinyin_dict
    except ImportError:
        return False
    import unicodedata

    traditional = frozenset(TRADITIONAL)
    found: dict[str, list[str]] = {letter: [] for letter in _LETTERS}
    for code in range(0x4E00, 0x9FA6):
        sign = chr(code)
        if sign in traditional or code not in pinyin_dict:
            continue
        readings = pinyin_dict[code].split(",")
        for letter in {unicodedata.normalize("NFD", reading)[:1] for reading in readings}:
            if letter in found:
                found[letter].append(sign)
    lines = [f"pypinyin {version}", *(f"{letter} {''.join(signs)}" for letter, signs in found.items())]
    beside = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text("\n".join(lines) + "\n", "utf-8")
        beside.replace(place)
    except OSError:
        return False
    known.cache_clear()
    return True
