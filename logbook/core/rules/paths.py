"""Names into values: fields, steps, linked records, states in the past, settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.rules import nodes as n
from logbook.core.rules import quantities as q
from logbook.core.rules.scope import FACTS
from logbook.core.rules.scope import HEADER
from logbook.core.rules.scope import Asked
from logbook.core.rules.scope import Scope
from logbook.core.rules.world import Row
from logbook.core.rules.world import span_of


def compile_path(node: n.Path, scope: Scope) -> Asked:
    names, root = node.names, node.root
    if node.bare == "now":
        return lambda this, world, it, item: world.now
    if node.bare == "today":
        return lambda this, world, it, item: world.today
    if not root and scope.kind in ("value", "day"):
        return lambda this, world, it, item: item
    if not names:
        if root == "this":
            return lambda this, world, it, item: this
        if root == "it":
            return lambda this, world, it, item: it
        return lambda this, world, it, item: getattr(item, "view", this)
    if len(names) == 1:
        return _single(names[0], root, scope)
    base = _base(root, scope)

    def reach(this: Any, world: Any, it: Any, item: Any) -> Any:
        holder = base(this, world, it, item)
        return None if holder is None else _reach(holder, names, world)

    return reach


def _single(name: str, root: str, scope: Scope) -> Asked:
    if root == "this" or (not root and scope.kind == "record"):
        if name == "state":
            return lambda this, world, it, item: this.state
        if name == "id":
            return lambda this, world, it, item: this.id
        if name == "at":
            return lambda this, world, it, item: this.at
        if name == "by":
            return lambda this, world, it, item: this.by
        if name == "span":
            return lambda this, world, it, item: span_of(this)
        return lambda this, world, it, item: this.get(name)
    if not root:
        if scope.kind == "row":
            if name == "span":
                return lambda this, world, it, item: item.span
            return lambda this, world, it, item: item.get(name)
        return lambda this, world, it, item: _fetch(item, name)
    if root == "it":
        return lambda this, world, it, item: _fetch(it, name)
    return lambda this, world, it, item: _fetch(getattr(item, "view", this), name)


def _base(root: str, scope: Scope) -> Asked:
    if root == "this" or (not root and scope.kind == "record"):
        return lambda this, world, it, item: this
    if root == "it":
        return lambda this, world, it, item: it
    if root == "parent":
        return lambda this, world, it, item: getattr(item, "view", this)
    return lambda this, world, it, item: item


def _fetch(holder: Any, name: str) -> Any:
    """One named value of a record or a row."""
    if isinstance(holder, Row):
        return holder.span if name == "span" else holder.get(name)
    if name in HEADER:
        return getattr(holder, name, None)
    if name == "span":
        return span_of(holder)
    get = getattr(holder, "get", None)
    return None if get is None else get(name)


def field_of(holder: Any, name: str) -> Field | None:
    if isinstance(holder, Row):
        return holder.field.columns.get(name) if holder.field is not None else None
    form: Form | None = getattr(holder, "form", None)
    return form.fields.get(name) if form is not None else None


def follow(holder: Any, name: str, world: Any) -> Any:
    """The record that the reference ``name`` of ``holder`` points at, or None."""
    found = _fetch(holder, name)
    if found is None or q.is_record(found):
        return found
    field = field_of(holder, name)
    targets = ("staff",) if field is None or field.type == "staff" else field.target
    return _linked(targets, found, world)


def _linked(targets: Sequence[str], found: object, world: Any) -> Any:
    if not isinstance(found, str):
        return None
    form, _, id = found.rpartition("/")
    for target in (form,) if form else targets:
        record = world.find(target, id)
        if record is not None:
            return record
    return None


def _reach(holder: Any, names: tuple[str, ...], world: Any) -> Any:
    """The value at the end of a path; steps are values (``approve.by``), references are followed."""
    holder, name = _last(holder, names, world)
    return None if holder is None else value_of(holder, name)


def value_of(holder: Any, name: str) -> Any:
    return getattr(holder, name, None) if isinstance(holder, _Fact) else _fetch(holder, name)


class _Fact:
    """A step as the holder of its own values."""

    __slots__ = FACTS

    def __init__(self, fact: Any) -> None:
        for name in FACTS:
            setattr(self, name, getattr(fact, name, None))


def _last(holder: Any, names: tuple[str, ...], world: Any) -> tuple[Any, str]:
    """The holder of the last name of a path (None when a reference on the way is empty)."""
    last = len(names) - 1
    for place, name in enumerate(names):
        if place == last:
            break
        if isinstance(holder, _Fact):
            holder = _linked(("staff",), getattr(holder, name, None), world)
        elif names[place + 1] in FACTS and q.is_record(holder) and name in holder.form.steps:
            fact = holder.step(name)
            holder = None if fact is None else _Fact(fact)
        else:
            holder = follow(holder, name, world)
        if holder is None:
            break
    return holder, names[last]


def compile_holder(node: n.Path, scope: Scope) -> Asked:
    base, names = _base(node.root, scope), node.names
    if len(names) <= 1:
        return base

    def holder(this: Any, world: Any, it: Any, item: Any) -> Any:
        first = base(this, world, it, item)
        return None if first is None else _last(first, names, world)[0]

    return holder


def static_type(node: n.Sum, scope: Scope) -> str | None:
    """The type of a path where it is known without looking at a record."""
    if isinstance(node, n.Path) and len(node.names) == 1:
        fields = scope.form.fields if node.root == "this" else None if node.root else scope.fields
        found = fields.get(node.names[0]) if fields is not None else None
        return found.type if found is not None else None
    return None


def is_filled(found: object) -> bool:
    return found is not None and found not in ("", (), [], {})


def compile_setting(node: n.Setting, scope: Scope) -> Asked:
    keys = [compile_path(key, scope) if isinstance(key, n.Path) else key for key in node.keys]

    def setting(this: Any, world: Any, it: Any, item: Any) -> Any:
        path = []
        for key in keys:
            found = key if isinstance(key, str) else key(this, world, it, item)
            if found is None:
                return None
            path.append(found if isinstance(found, str) else str(q.record_id(found) or found))
        return world.setting(tuple(path))

    return setting


def key_of(found: Any) -> Any:
    """What a value is grouped and looked up by: the id of a record, else the value itself."""
    if isinstance(found, (list, tuple, dict)):
        return str(found)
    return q.record_id(found) if q.is_record(found) else found
