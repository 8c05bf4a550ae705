"""Frozen values: what ``dataclass(frozen=True)`` gives, made without its start-up cost.

The standard decorator generates and compiles six functions a class, about a millisecond; a command
that needs fifty such classes would wait longer for them than for its answer. Here the constructor is
compiled when the first value is made, and the rest is shared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import TypeVar
from typing import dataclass_transform

T = TypeVar("T")
_NONE: Any = object()


class _Made:
    """A default made anew for each value."""

    def __init__(self, factory: Callable[[], Any]) -> None:
        self.factory = factory


def attribute(*, default: Any = _NONE, default_factory: Callable[[], Any] | None = None) -> Any:
    """A part with a default, or with a default made anew each time."""
    return default if default_factory is None else _Made(default_factory)


@dataclass_transform(frozen_default=True, field_specifiers=(attribute,))
def frozen(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen value of its annotated parts: compared, hashed and shown by them."""
    names: dict[str, None] = {}
    defaults: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        for name, kind in vars(base).get("__annotations__", {}).items():
            if str(kind).startswith("ClassVar"):
                continue
            names[name] = None
            if name in base.__dict__:
                defaults[name] = base.__dict__[name]
    shape = tuple(names)
    setattr(cls, "__value__", shape)
    setattr(cls, "__match_args__", shape)
    made = {name: default for name, default in defaults.items() if isinstance(default, _Made)}
    for name in made:
        if name in cls.__dict__:
            delattr(cls, name)

    def first(self: Any, *args: Any, **named: Any) -> None:
        """Stands in for the constructor until there is need of one."""
        cls.__init__ = _constructor(cls, shape, defaults)  # type: ignore[method-assign]
        self.__init__(*args, **named)

    if "__init__" not in cls.__dict__:
        cls.__init__ = first  # type: ignore[method-assign]
    for name, method in _SHARED.items():
        if name not in cls.__dict__:
            setattr(cls, name, method)
    return cls


@dataclass_transform(field_specifiers=(attribute,))
def changing(cls: type[T]) -> type[T]:
    """The same for a value whose parts may be set anew; it has no hash."""
    made = frozen(cls)
    for name in ("__setattr__", "__delattr__"):
        setattr(made, name, getattr(object, name))
    setattr(made, "__hash__", None)
    return made


def replace(given: T, **changes: Any) -> T:
    """A copy of a value with some parts changed."""
    parts = {name: getattr(given, name) for name in given.__value__}  # type: ignore[attr-defined]
    unknown = changes.keys() - parts.keys()
    if unknown:
        raise TypeError(f"{type(given).__name__} has no part {', '.join(sorted(unknown))}")
    return type(given)(**{**parts, **changes})


def _constructor(cls: type, shape: tuple[str, ...], defaults: dict[str, Any]) -> Callable[..., None]:
    scope: dict[str, Any] = {"_none": _NONE}
    params, lines = [], ["_parts = self.__dict__"]
    for name in shape:
        default = defaults.get(name, _NONE)
        if name not in defaults:
            params.append(name)
            lines.append(f"_parts[{name!r}] = {name}")
        elif isinstance(default, _Made):
            scope[f"_make_{name}"] = default.factory
            params.append(f"{name}=_none")
            lines.append(f"_parts[{name!r}] = _make_{name}() if {name} is _none else {name}")
        else:
            scope[f"_default_{name}"] = default
            params.append(f"{name}=_default_{name}")
            lines.append(f"_parts[{name!r}] = {name}")
    text = f"def __init__(self, {', '.join(params)}):\n    " + "\n    ".join(lines)
    exec(text, scope)
    made: Callable[..., None] = scope["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


def _setattr(self: object, name: str, given: object) -> None:
    raise AttributeError(f"{type(self).__name__}.{name} is frozen")


def _delattr(self: object, name: str) -> None:
    raise AttributeError(f"{type(self).__name__}.{name} is frozen")


def _eq(self: Any, other: Any) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return all(getattr(self, name) == getattr(other, name) for name in self.__value__)


def _hash(self: Any) -> int:
    return hash(tuple(getattr(self, name) for name in self.__value__))


def _repr(self: Any) -> str:
    told = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__value__)
    return f"{type(self).__name__}({told})"


_SHARED = {"__setattr__": _setattr, "__delattr__": _delattr, "__eq__": _eq, "__hash__": _hash, "__repr__": _repr}
