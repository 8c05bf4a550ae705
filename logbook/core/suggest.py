"""The nearest known word to one that was not understood: "Did you mean …?"."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from logbook.core.text import Text

# No name is longer: of what is, nobody can have meant one, and comparing costs its length each time.
_LONGEST = 100


def closest(word: str, options: Iterable[str], n: int = 1) -> list[str]:
    """At most ``n`` of ``options`` that ``word`` may have been meant for, the nearest first.

    Case is ignored. A short Chinese word is near when it shares a character with the option or one
    holds the other; the order of equally near options is theirs.
    """
    wanted = word.casefold()
    if not wanted or len(wanted) > _LONGEST:
        return []
    return list(_closest(wanted, tuple(options))[:n])


@lru_cache(maxsize=256)
def _closest(wanted: str, options: tuple[str, ...]) -> tuple[str, ...]:
    """All that are near, the nearest first; a damaged file asks for the same word thousands of times."""
    scored: list[tuple[float, int, str]] = []
    for position, option in enumerate(options):
        score = _nearness(wanted, option.casefold())
        if score > 0:
            scored.append((-score, position, option))
    scored.sort()
    return tuple(option for _, _, option in scored)


def hint(word: str, options: Iterable[str]) -> Text:
    """ "Did you mean …?" in both languages, with a leading space; empty when nothing is near."""
    near = closest(word, options)
    if not near:
        return Text("", "")
    return Text(f"是不是“{near[0]}”？", f' Did you mean "{near[0]}"?')


def _nearness(word: str, option: str) -> float:
    """1 for the same word, 0 for one that is too far off to be offered."""
    if not option:
        return 0.0
    if word == option:
        return 1.0
    longest = max(len(word), len(option))
    score = 1 - _distance(word, option) / longest
    if option.isascii() and word.isascii():
        begins = option.startswith(word) or word.startswith(option)
        if len(word) >= 3 and (begins or sorted(word.split("_")) == sorted(option.split("_"))):
            score = max(score, 0.75)
        return score if score >= 0.6 else 0.0
    if word in option or option in word:
        score = max(score, 0.6 + 0.3 * min(len(word), len(option)) / longest)
    return score if score >= 0.5 else 0.0


def _distance(a: str, b: str) -> int:
    """Edits from ``a`` to ``b``; two neighbours that changed places count as one edit."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        beyond, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, beyond[j - 2] + 1)
            row.append(cost)
    return row[-1]
