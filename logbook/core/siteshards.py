"""How the search of the read-only site is cut: which words of a record, and in which file each stands.

Words begin with the same characters or they are in different files, so that a beginning is enough to know
where to look. ``render/site/site.js`` does the same on the other side; the two must agree.
"""

from __future__ import annotations

from collections.abc import Iterable

FEW, MANY = 64, 512
# From so many records on, words are cut into more files.
BIG = 20_000
LONGEST = 24


def shards_for(records: int) -> int:
    """Into how many files the words of so many records are cut."""
    return FEW if records < BIG else MANY


def is_han(char: str) -> bool:
    """Whether a character is a word of its own: Chinese, kana, hangul."""
    code = ord(char)
    return (
        0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x3040 <= code <= 0x30FF or 0xAC00 <= code <= 0xD7AF
        or code >= 0x20000 or code in (0x3005, 0x3007)
    )  # fmt: skip


def shard_of(term: str, count: int) -> int:
    """The file of a term: by its first character where that is Chinese, else by its first two."""
    head = term[0] if is_han(term[0]) else term[:2]
    value = 0x811C9DC5
    for byte in head.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value % count


def terms_of(tokens: str) -> set[str]:
    """The terms of a record from its tokens (``index/search.py``): pairs of Chinese characters, the last one of a
    run alone, words of two letters or digits and more."""
    return {word[:LONGEST] for word in tokens.split(" ") if word and (len(word) > 1 or is_han(word[0]))}


def group_of(form: str, month: str) -> str:
    """The records that are listed together: ``complaint/202611``."""
    return f"{form}/{month.replace('-', '')}"


def stem_of(prefix: str, month: str) -> str:
    """What the numbers of a group have in common."""
    return f"{prefix}-{month.replace('-', '')}" if month[:1].isdigit() else ""


def short(record_id: str, stem: str) -> str:
    """A number without what its group says already; another stands whole behind ``=``."""
    return record_id[len(stem) :] if stem and record_id.startswith(stem) else f"={record_id}"


def joined(numbers: Iterable[str]) -> str:
    """Numbers of one group as one text."""
    return " ".join(sorted(numbers))
