"""The files of a pack as they were read, and shelves on which a thing is made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any
from typing import Generic
from typing import TypeVar

from logbook.core.form import Form

if TYPE_CHECKING:
    from logbook.core.shapes import LineOf
    from logbook.core.shapes import SpotOf

# Files of a pack that are no forms. The last two are read elsewhere.
SPECIAL = ("roles", "checklists", "duties", "calendars", "shifts", "settings", "pack", "workflows", "reports")
# Of these the library keeps the text; other modules say what it means.
SHARED = ("calendars", "duties", "shifts", "settings", "pack", "workflows", "reports")

Value = TypeVar("Value")


def no_line(*place: str | int) -> int | None:
    """Where line numbers are not known."""
    return None


class Shelf(Mapping[str, Value], Generic[Value]):
    """A mapping that makes each of its values when it is first asked for."""

    __slots__ = ("_list", "_makers", "made")

    def __init__(self, makers: Callable[[], Mapping[str, Callable[[], Value]]]) -> None:
        self._list = makers
        self._makers: Mapping[str, Callable[[], Value]] | None = None
        self.made: dict[str, Value] = {}

    @property
    def makers(self) -> Mapping[str, Callable[[], Value]]:
        """How each value is made; the list itself waits until it is needed, too."""
        if self._makers is None:
            self._makers = self._list()
        return self._makers

    def __getitem__(self, name: str) -> Value:
        try:
            return self.made[name]
        except KeyError:
            value = self.made[name] = self.makers[name]()
            return value

    def __iter__(self) -> Iterator[str]:
        return iter(self.makers)

    def __len__(self) -> int:
        return len(self.makers)

    def __contains__(self, name: object) -> bool:
        return name in self.makers


class FormShelf(Shelf[Form]):
    """Forms that are made when asked for, and the words for each that are known before that."""

    __slots__ = ("words",)

    def __init__(
        self, makers: Callable[[], Mapping[str, Callable[[], Form]]], words: Mapping[str, tuple[str, ...]]
    ) -> None:
        super().__init__(makers)
        self.words = words


class Source:
    """One file below ``templates/``: its path in the book, its plain mapping, its line numbers."""

    def __init__(
        self,
        path: str,
        plain: Mapping[str, Any] | None = None,
        line: LineOf = no_line,
        spot: SpotOf | None = None,
    ) -> None:
        self.path = path
        self.spot = spot
        self.words: tuple[str, ...] = ()
        self._plain = plain
        self._line = line

    @property
    def plain(self) -> Mapping[str, Any] | None:
        """What the file says, every scalar as text; None when it says nothing."""
        return self._plain

    @property
    def line(self) -> LineOf:
        """The line of a place in the file: ``line("steps", "close", "to")``."""
        return self._line

    @property
    def pack(self) -> str:
        """The folder right below ``templates``; empty for a file that stands in no pack."""
        parts = self.path.split("/")
        return parts[-2] if len(parts) >= 3 else ""

    @property
    def stem(self) -> str:
        """The file's name without ``.yaml``: a form, ``form@version`` or one of the shared files."""
        return self.path.rpartition("/")[2].removesuffix(".yaml")
