"""Bracket tables of the settings: which line a number falls in, and what that line gives.

    levels: {edges: [0.4], edge: lighter, brackets: [{max: 0, deduct: 0}, {max: 0.4, deduct: 2}, {deduct: 4}]}

With ``max`` it is the first line whose ``max`` is the number or more, with ``min`` the first whose ``min`` is
the number or less; a line without either takes what is left. The one other key of the lines is the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from logbook.core.rules import quantities as q
from logbook.core.text import Text
from logbook.core.value import frozen

LIGHTER = "lighter"
HEAVIER = "heavier"
EDGES = (LIGHTER, HEAVIER)
_LIMITS = ("max", "min")
_BESIDE = (*_LIMITS, "label", "zh", "en")

NO_TABLE = Text("没有 brackets 这一张表", "there is no list of brackets")
ONE_LIMIT = Text("每一档写 max 或 min，全表只用一种", "each bracket has a max, or each has a min")
ONE_RESULT = Text("每一档只写一个结果，各档同名", "each bracket has one result, under the same key")
NOT_NUMBERS = Text("max、min、edges 要写数字", "max, min and edges are numbers")
OUT_OF_ORDER = Text("max 从小到大，min 从大到小，不能重复", "a max must rise from line to line, a min must fall")
OPEN_INSIDE = Text("只有最后一档可以不写 max 或 min", "only the last bracket may leave its limit out")
STRAY_EDGE = Text("edges 里的数不是任何一档的界限", "a number among the edges is no limit of a bracket")


@frozen
class Brackets:
    """A table that has been read: ``lines`` are (limit, result), the limit None in an open last one."""

    side: str
    lines: tuple[tuple[Any, Any], ...]
    edges: frozenset[Any]

    def result(self, number: Any, edge: str = LIGHTER) -> Any:
        """What the bracket of ``number`` gives; None outside of all. Nothing is rounded. ``heavier`` moves a
        number that is one of the edges on to the next bracket."""
        op = ">=" if self.side == "max" else "<="
        for place, (limit, result) in enumerate(self.lines):
            if limit is None or q.compare(op, limit, number):
                on = edge == HEAVIER and any(q.compare("=", number, one) for one in self.edges)
                return self.lines[place + 1][1] if on and place + 1 < len(self.lines) else result
        return None


def brackets_from(raw: object) -> Brackets | Text:
    """The table a setting holds, or what is wrong with it."""
    lines = raw.get("brackets") if isinstance(raw, Mapping) else None
    if not isinstance(raw, Mapping) or not _list(lines) or not lines:
        return NO_TABLE
    found: list[tuple[Any, Any]] = []
    sides: set[str] = set()
    results: set[str] = set()
    for line in lines:
        if not isinstance(line, Mapping):
            return NO_TABLE
        limits = [name for name in _LIMITS if line.get(name) not in (None, "")]
        others = [str(name) for name in line if name not in _BESIDE]
        if len(limits) > 1:
            return ONE_LIMIT
        if len(others) != 1:
            return ONE_RESULT
        sides.update(limits)
        results.update(others)
        limit = q.spoken(line[limits[0]]) if limits else None
        if limit is not None and not q.is_number(limit):
            return NOT_NUMBERS
        found.append((limit, q.spoken(line[others[0]])))
    if len(sides) != 1:
        return ONE_LIMIT
    if len(results) != 1:
        return ONE_RESULT
    if any(limit is None for limit, _ in found[:-1]):
        return OPEN_INSIDE
    side, known = sides.pop(), [limit for limit, _ in found if limit is not None]
    if not all(one < other if side == "max" else one > other for one, other in pairwise(known)):
        return OUT_OF_ORDER
    edges = raw.get("edges") or ()
    numbers = [q.spoken(one) for one in edges] if _list(edges) else [edges]
    if not all(q.is_number(one) for one in numbers):
        return NOT_NUMBERS
    if not set(numbers) <= set(known):
        return STRAY_EDGE
    return Brackets(side, tuple(found), frozenset(numbers))


def _list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
