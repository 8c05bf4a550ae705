"""The parts a sentence is made of: frozen values that know their column and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from datetime import time
from decimal import Decimal
from typing import Any
from typing import ClassVar
from typing import Literal
from typing import Union
from typing import dataclass_transform

from logbook.core.value import frozen


@frozen
class Where:
    """Where a sentence stands: the file, its line, the column of its first letter (1 = leftmost)."""

    path: str | None = None
    line: int | None = None
    column: int = 1
    label: str | None = None

    def column_of(self, column: int) -> int:
        """The column in the file of a ``column`` of the sentence."""
        return self.column + column - 1


def optional(*, default: Any, kw_only: bool = False, init: bool = True) -> Any:
    """A part that need not be given (the words of ``dataclasses.field``, for the type checker)."""
    return default


@dataclass_transform(frozen_default=True, field_specifiers=(optional,))
class _Frozen:
    """Made and compared like a frozen dataclass. Generating forty of those takes longer than all
    else a command does with its rules, and every command that checks a record waits for it."""

    shape: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = cls.__dict__.get("__annotations__", {})
        cls.shape = (*cls.shape, *(name for name in own if name not in ("column", "programs")))

    def __init__(self, *values: Any, **named: Any) -> None:
        mine = self.__dict__
        mine.update(zip(self.shape, values, strict=False))
        mine.update(named)
        for name in self.shape[len(values) :]:
            if name not in mine and not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} needs {name}")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.shape)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in self.shape)))

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.shape)
        return f"{type(self).__name__}({told})"


class Node(_Frozen):
    """A part of a sentence; equality is about meaning, so the column has no say in it."""

    column: int = optional(default=1, kw_only=True)


# --------------------------------------------------------------------------- sums


class Number(Node):
    """``60`` or ``60 minutes``; ``unit`` is in the plural (``minutes``, ``working_days``)."""

    value: int | Decimal
    unit: str | None = None


class Day(Node):
    """A date written out."""

    value: date


class Clocktime(Node):
    """A time of the day written out."""

    value: time


class Quoted(Node):
    """A text in quotation marks."""

    value: str


class Path(Node):
    """``room``, ``visit.record``, ``this.room``; ``root`` is ``this``, ``it``, ``parent`` or empty."""

    names: tuple[str, ...]
    root: str = ""

    @property
    def text(self) -> str:
        return ".".join(((self.root,) if self.root else ()) + self.names)

    @property
    def bare(self) -> str | None:
        """The name, when it is one bare name."""
        return self.names[0] if not self.root and len(self.names) == 1 else None


class Setting(Node):
    """``setting levels[this.level].escorts``: the keys are words, or paths in brackets."""

    keys: tuple[str | Path, ...]

    @property
    def text(self) -> str:
        said = ""
        for key in self.keys:
            said += f"[{key.text}]" if isinstance(key, Path) else f".{key}"
        return said.lstrip(".")


class Binary(Node):
    """``left op right`` with one of ``+ - * /``."""

    op: str
    left: Sum
    right: Sum


class Call(Node):
    """``min max abs whole round`` of some sums."""

    function: str
    args: tuple[Sum, ...]


class Choose(Node):
    """``(first if condition else second)``: the second also where the condition is unknown."""

    condition: Condition_
    first: Sum
    second: Sum


class Bracket(Node):
    """``bracket of SUM in setting NAME``: what the line of that table gives in which the number falls."""

    of: Sum
    table: Setting


class Items(Node):
    """What is gone through: rows of lists, records of forms, values of a field, days of a span.

    ``paths`` are lists, forms, fields; ``form`` the one of ``rows of lines of all payment``.
    """

    kind: Literal["row", "record", "value", "day"]
    paths: tuple[Path, ...]
    form: str | None = None
    where: Condition_ | None = None


class Fold(Node):
    """One value out of many: ``count sum mean median least greatest first last``, or a gap.

    ``rank`` is the place of this record's or row's own value among theirs, the greatest first; ``way``
    the setting that says how equals are counted on from.
    """

    kind: str
    items: Items
    of: Sum | None = None
    gap: bool = False
    start: Sum | None = None
    end: Sum | None = None
    way: Setting | None = None


class AsOf(Node):
    """What ``base`` was at ``moment``."""

    base: Sum
    moment: Sum


Sum = Union[Number, Day, Clocktime, Quoted, Path, Setting, Binary, Call, Choose, Bracket, Fold, AsOf]

# --------------------------------------------------------------------------- conditions


class Value(Node):
    """A word of a closed list, a quoted text or a number after ``is``, ``includes``, ``has role``."""

    value: str | int | Decimal
    quoted: bool = False

    @property
    def text(self) -> str:
        return f'"{self.value}"' if self.quoted else str(self.value)


class Either(Node):
    """Parts joined by ``or``."""

    parts: tuple[Condition_, ...]


class Both(Node):
    """Parts joined by ``and``."""

    parts: tuple[Condition_, ...]


class Compare(Node):
    """A chain ``terms[0] ops[0] terms[1] …``."""

    terms: tuple[Sum, ...]
    ops: tuple[str, ...]


class Is(Node):
    """``left is [not] value``, ``left is [not] one of values``, ``left is one of setting …``."""

    left: Sum
    values: tuple[Value, ...] = ()
    setting: Setting | None = None
    negated: bool = False


class Includes(Node):
    """``left includes values``: all of them; ``left includes setting …``: all that the setting lists."""

    left: Sum
    values: tuple[Value, ...]
    setting: Setting | None = None


class HasRole(Node):
    """``left has role values``: any of them; ``left has role setting …``: any that the setting lists."""

    left: Sum
    values: tuple[Value, ...]
    setting: Setting | None = None


class FallsOn(Node):
    """``left falls on holiday|workday|monday…``."""

    left: Sum
    day: str


class Within(Node):
    """``left inside|outside|meets low [to high]``."""

    kind: str
    left: Sum
    low: Sum
    high: Sum | None = None


class Name(Node):
    """A step, a state or a place to sign."""

    text: str


class Signed(Node):
    """``[not] signed meaning, …``: each of these places of the record bears a signature that still stands."""

    meanings: tuple[Name, ...]
    negated: bool = False


class Same(Node):
    """``left in same day as right``: day, week, month, year or named hours of the settings."""

    left: Path
    unit: str
    right: Path


class Count(Node):
    """``some``, ``no``, ``at least n``, ``at most n``, ``exactly n`` of the items."""

    kind: Literal["some", "no", "least", "most", "exactly"]
    items: Items
    number: Sum | None = None


Condition_ = Union[Either, Both, Compare, Is, Includes, HasRole, FallsOn, Within, Signed, Same, Count]

# --------------------------------------------------------------------------- claims


class Required(Node):
    """``paths required`` or, ``forbidden``, none of them filled."""

    paths: tuple[Path, ...]
    forbidden: bool = False


class OneOf(Node):
    """``one of paths required``."""

    paths: tuple[Path, ...]


class Unique(Node):
    """``unique paths where …`` among the records of the form, or the rows gone through."""

    paths: tuple[Path, ...]
    where: Condition_ | None = None


class Frozen(Node):
    """``path frozen after step``."""

    path: Path
    step: Name


class ChangesOnlyBy(Node):
    """``path changes only by steps``."""

    path: Path
    steps: tuple[Name, ...]


class NoOverlap(Node):
    """``no overlap of items per paths``."""

    items: Items
    per: tuple[Path, ...] = ()


class NoGap(Node):
    """``no gap in items from start to end``."""

    items: Items
    start: Sum
    end: Sum


class Holds(Node):
    """A condition that has to be true."""

    condition: Condition_


class ExactlyIf(Node):
    """Both conditions are true, or neither."""

    left: Condition_
    right: Condition_


Claim = Union[Required, OneOf, Unique, Frozen, ChangesOnlyBy, NoOverlap, NoGap, Holds, ExactlyIf]


class Gate(Node):
    """When a rule is asked: ``before`` or ``after`` some steps, ``while`` in some states."""

    kind: Literal["before", "after", "while"]
    names: tuple[Name, ...]

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(name.text for name in self.names)


# --------------------------------------------------------------------------- sentences

Programs = dict[tuple[int, "str | None"], tuple[object, Any]]


class Sentence(Node):
    """What all sentences share: their text, and the programs made of them (one a form)."""

    text: str
    programs: Programs = optional(default=None, init=False)

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        self.__dict__["programs"] = {}


class Rule(Sentence):
    """``[every items:] claim [if condition] [gate]``."""

    claim: Claim
    every: Items | None = None
    condition: Condition_ | None = None
    gate: Gate | None = None


class Condition(Sentence):
    """A condition on its own: a clock's ``when``, a duty's ``where``."""

    node: Condition_


class Expression(Sentence):
    """The sentence of a derived field: a sum, or a condition (then it is true or false)."""

    node: Sum | Condition_


AnySentence = Union[Rule, Condition, Expression]


def walk(node: object) -> Iterator[Node]:
    """The node and all nodes below it, outermost first."""
    if isinstance(node, Node):
        yield node
        for name in node.shape:
            yield from walk(getattr(node, name))
    elif isinstance(node, tuple):
        for item in node:
            yield from walk(item)


def conjuncts(condition: Condition_ | None) -> tuple[Condition_, ...]:
    """The facts that all have to be true for ``condition`` to be true."""
    if condition is None:
        return ()
    if isinstance(condition, Both):
        return tuple(fact for part in condition.parts for fact in conjuncts(part))
    return (condition,)
