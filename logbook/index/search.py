"""Full text on character bigrams: Chinese words of any length are found, ASCII words by their letters.

A run of Chinese characters 厨房漏水 is indexed as ``厨房 房漏 漏水 水``; the last character alone lets a
single one be found by prefix. A word to find becomes a phrase of the same tokens, so that it matches
where its characters stand next to one another and nowhere else.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from logbook.core.form import Form
from logbook.core.record import RESERVED
from logbook.core.record import Stored
from logbook.core.traditional import simplified

_HAN = r"\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"

# Types whose text people would look for; choices and numbers have their own query words.
TEXT_TYPES = frozenset(("text", "longtext", "phone", "staff", "ref", "duty"))


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Runs of Chinese characters or of other letters and digits; and the forms of letters that
    compatibility folding unites: full width, circled, ligatures. Compiled on first use."""
    runs = re.compile(rf"([{_HAN}]+)|([^\W_{_HAN}]+)")
    return runs, re.compile(r"[\u00a0\u2000-\u33ff\uf900-\ufaff\uff00-\uffef]")


def _runs(text: str) -> list[tuple[str, str]]:
    """Runs of the text in order, each as simplified Chinese characters or as a word, in small letters: 電梯 and
    电梯 are found by one another."""
    runs, fold = _patterns()
    if fold.search(text):
        text = unicodedata.normalize("NFKC", text)
    found: list[tuple[str, str]] = runs.findall(simplified(text.lower()))
    return found


def tokens(text: str) -> str:
    """The text as tokens with blanks between them, ready for the index."""
    parts = []
    for han, word in _runs(text):
        if word:
            parts.append(word)
        else:
            parts.extend(map("".join, itertools.pairwise(han)))
            parts.append(han[-1])
    return " ".join(parts)


def match_expression(text: str, *, whole_words: bool = False) -> str | None:
    """The FTS5 expression that finds ``text``; None when it holds nothing to look for.

    The last word may go on (``leak`` finds *leaking*) unless ``whole_words``.
    """
    runs = _runs(text)
    parts: list[str] = []
    prefix = False
    for number, (han, word) in enumerate(runs, 1):
        last = number == len(runs)
        if word:
            parts.append(word)
            prefix = last and not whole_words
            continue
        parts.extend(map("".join, itertools.pairwise(han)))
        if not last or len(han) == 1:
            parts.append(han[-1])
            prefix = last
    if not parts:
        return None
    return '"' + " ".join(parts) + '"' + (" *" if prefix else "")


def record_text(
    plain: Mapping[str, Stored], wanted: Wanted, *, until: datetime | None = None
) -> tuple[str, str]:
    """The words of a record's file that full text finds, as tokens: its number, texts of its ``wanted``
    fields (see :func:`text_fields`) and of every event, and reasons; apart from them those of private
    fields. ``until``: nothing of what happened later."""
    parts = [str(plain["id"])]
    hidden: list[str] = []
    for name, value in plain.items():
        found = wanted.get(name)
        if found is not None:
            _sort_out(found, value, parts, hidden)
    for event in _entries(plain.get("events"), until):
        parts.extend(_leaves(event.get("reason")))
        given = event.get("set")
        if isinstance(given, dict):
            for path, value in given.items():
                name, _, rest = path.partition(".")
                found = wanted.get(name.rstrip("+"))
                if found is not None:
                    column = rest.partition(".")[2]
                    _sort_out(found, {column: value} if column else value, parts, hidden)
    for amendment in _entries(plain.get("amendments"), until):
        parts.extend(_leaves(amendment.get("reason")))
    return tokens("\n".join(parts)), tokens("\n".join(hidden)) if hidden else ""


def _sort_out(private: bool | frozenset[str], value: Stored, parts: list[str], hidden: list[str]) -> None:
    """``private``: whether all of it is, or which columns of a list are."""
    if private is True:
        hidden.extend(_leaves(value))
    elif not private:
        parts.extend(_leaves(value))
    else:
        for row in value if isinstance(value, list) else [value]:
            for name, cell in row.items() if isinstance(row, dict) else ():
                (hidden if name in private else parts).extend(_leaves(cell))


def _entries(value: Stored, until: datetime | None) -> Iterator[Mapping[str, Stored]]:
    for entry in value if isinstance(value, list) else ():
        if isinstance(entry, dict) and (until is None or datetime.fromisoformat(str(entry["at"])) <= until):
            yield entry


# The fields full text reads; True: the field is private, a set: these columns of it are.
Wanted = Mapping[str, "bool | frozenset[str]"]


def text_fields(form: Form) -> Wanted:
    """The fields of a form that full text reads, and what of them is private."""
    return {
        name: field.private or frozenset(column.id for column in field.columns.values() if column.private)
        for name, field in form.fields.items()
        if (field.type in TEXT_TYPES or field.type in ("list", "checklist"))
        and not field.holds
        and name not in RESERVED
    }


def _leaves(value: Stored) -> Iterator[str]:
    if isinstance(value, str):
        if not value.startswith("enc:1:"):  # nobody looks for what cannot be read
            yield value
    elif isinstance(value, dict):
        yield from _all(value.values())
    elif isinstance(value, list):
        yield from _all(value)


def _all(values: Iterable[Stored]) -> Iterator[str]:
    for value in values:
        yield from _leaves(value)
