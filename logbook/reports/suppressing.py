"""Small numbers of people's opinions are not shown, nor so that the total would give them away."""

from __future__ import annotations

from collections.abc import Sequence

from logbook.core.reporting import Small

# A hidden number must be able to be at least so many different things.
_WIDTH = 3


def hidden_groups(counts: Sequence[int], below: int, *, total: bool) -> tuple[dict[int, Small], bool]:
    """Which groups are not shown, and whether the total cannot be either.

    Groups of fewer than ``below`` (and more than none) are hidden. Where the total less what is shown would
    leave too few possibilities for one of them, the smallest of the others is hidden as well.
    """
    small = [place for place, count in enumerate(counts) if 0 < count < below]
    hidden = {place: Small(below) for place in small}
    if not hidden or not total:
        return hidden, False
    others = sorted((place for place, count in enumerate(counts) if count >= below), key=lambda place: counts[place])
    also: list[int] = []
    while not _safe([counts[place] for place in small], [counts[place] for place in also], below):
        if not others:
            return hidden, True
        also.append(others.pop(0))
        hidden[also[-1]] = Small(None)
    return hidden, False


def _safe(small: Sequence[int], also: Sequence[int], below: int) -> bool:
    """Whether one who knows the sum of all these, and that the small ones are under ``below`` and the others
    are not, still cannot tell any small one."""
    whole = sum(small) + sum(also)
    rest = len(small) - 1  # the same for each of them: what one can tell of one, one can tell of all
    low = 1 if also else max(1, whole - rest * (below - 1))
    high = min(below - 1, whole - rest - len(also) * below)
    return high - low + 1 >= min(_WIDTH, below - 1)
