"""Regular expressions that are compiled when they are first asked: most commands ask few of those they import."""

from __future__ import annotations

import re
from typing import Any
from typing import cast


class _Late:
    """Stands for the expression; what was asked of it once is answered by it directly from then on."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        found = self.__dict__[name] = getattr(re.compile(self.pattern, self._flags), name)
        return found


def lazily(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """``re.compile`` at the first question. A mistake in ``pattern`` shows only then."""
    return cast("re.Pattern[str]", _Late(pattern, flags))
