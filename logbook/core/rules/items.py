"""What a sentence goes through: rows, records found through the index, values and days."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from logbook.core.form import Field
from logbook.core.rules import nodes as n
from logbook.core.rules import quantities as q
from logbook.core.rules.paths import compile_holder
from logbook.core.rules.paths import compile_path
from logbook.core.rules.paths import key_of
from logbook.core.rules.scope import HEADER
from logbook.core.rules.scope import Asked
from logbook.core.rules.scope import Scope
from logbook.core.rules.world import VOIDED
from logbook.core.rules.world import Row
from logbook.core.rules.world import rows_of


def item_scope(items: n.Items, scope: Scope) -> Scope:
    if items.kind == "record":
        return Scope(scope.form, "view")
    if items.kind != "row":
        return Scope(scope.form, items.kind)
    columns: Mapping[str, Field] | None = None
    path = items.paths[0]
    if items.form is None and len(items.paths) == 1 and len(path.names) == 1:
        if path.root == "this" or (not path.root and scope.kind == "record"):
            listed = scope.form.fields.get(path.names[0])
            columns = listed.columns if listed is not None and listed.type == "list" else None
    return Scope(scope.form, "row", columns)


def compile_items(
    items: n.Items, scope: Scope, *, whole: bool, extra: Mapping[Any, Asked] | None = None
) -> Asked:
    """The items one by one; ``whole`` takes this record in where its form is gone through.

    ``extra``: further fields in which the other records must equal this one.
    """
    inner = item_scope(items, scope)
    where = None if items.where is None else _where(items.where, inner)
    if items.kind == "record" or items.form is not None:
        listed = _records(items, scope, inner, whole=whole, extra=extra or {})
    elif items.kind == "row":
        listed = _rows(items, scope)
    else:
        listed = _values(items, scope)
    if where is None:
        return listed
    kept = where

    def filtered(this: Any, world: Any, it: Any, item: Any) -> Any:
        for one in listed(this, world, it, item):
            if kept(this, world, it, one) is True:
                yield one

    return filtered


def _where(node: n.Condition_, scope: Scope) -> Asked:
    # Conditions count items and items have conditions: one of the two has to be met late.
    from logbook.core.rules.conditions import compile_condition

    return compile_condition(node, scope)


def _expression(node: n.Sum, scope: Scope) -> Asked:
    from logbook.core.rules.sums import compile_sum

    return compile_sum(node, scope)


def _rows(items: n.Items, scope: Scope) -> Asked:
    holders = [(compile_holder(path, scope), path.names[-1] if path.names else "") for path in items.paths]

    def rows(this: Any, world: Any, it: Any, item: Any) -> Any:
        for holder_of, name in holders:
            holder = holder_of(this, world, it, item)
            if holder is not None and not isinstance(holder, Row):
                yield from rows_of(holder, name, world)

    return rows


def _values(items: n.Items, scope: Scope) -> Asked:
    asked = [compile_path(path, scope) for path in items.paths]
    if items.kind == "day":

        def days(this: Any, world: Any, it: Any, item: Any) -> Any:
            ends = [ask(this, world, it, item) for ask in asked]
            if ends and isinstance(ends[0], q.Interval):
                if ends[0].end is None:
                    return iter(())
                last = ends[0].end - timedelta(microseconds=1)
                return q.days_between(ends[0].start, last)
            return q.days_between(ends[0], ends[-1])

        return days

    def values(this: Any, world: Any, it: Any, item: Any) -> Any:
        for ask in asked:
            found = ask(this, world, it, item)
            if isinstance(found, (tuple, list, set, frozenset)):
                yield from found
            elif found is not None:
                yield found

    return values


def _records(items: n.Items, scope: Scope, inner: Scope, *, whole: bool, extra: Mapping[Any, Asked]) -> Asked:
    forms = (items.form,) if items.form is not None else tuple(path.text for path in items.paths)
    lists = tuple(path.names[0] for path in items.paths) if items.form is not None else ()
    keys = {name: _expression(expression, scope) for name, expression in equalities(items)}
    in_row = {name.partition(".")[2]: keys.pop(name) for name in tuple(keys) if "." in name}
    voided_too = speaks_of_voided(items.where)
    states = () if voided_too else states_asked(items)

    def records(this: Any, world: Any, it: Any, item: Any) -> Any:
        equal = {}
        for name, key in keys.items():
            wanted = key_of(key(this, world, it, item))
            if wanted is None:
                return  # nothing equals an empty value
            equal[name] = wanted
        for name, key in extra.items():
            equal[name] = key_of(key(this, world, it, this))
        with_row = getattr(world, "with_row", None) if in_row else None
        for form in forms:
            if with_row is not None:
                cells = {name: key_of(key(this, world, it, item)) for name, key in in_row.items()}
                if any(cell is None for cell in cells.values()):
                    return
                found = with_row(form, lists[0], **cells)
            elif states:
                found = world.all(form, state=states, **equal)
            else:
                found = world.all(form, **equal)
            yield from other_records(found, this, voided_too)
            if whole and form == this.form.name and (voided_too or this.state != VOIDED):
                yield this

    if not lists:
        return records

    def rows(this: Any, world: Any, it: Any, item: Any) -> Any:
        for record in records(this, world, it, item):
            for name in lists:
                yield from rows_of(record, name, world)

    return rows


def other_records(records: Iterable[Any], this: Any, voided_too: bool) -> Iterable[Any]:
    """The records other than this one; voided ones count only where a sentence speaks of them."""
    for record in records:
        if record.id == this.id and record.form.name == this.form.name:
            continue
        if voided_too or record.state != VOIDED:
            yield record


def speaks_of_voided(where: object) -> bool:
    return any(isinstance(part, n.Value) and part.value == VOIDED for part in n.walk(where))


def equalities(items: n.Items) -> list[tuple[str, n.Sum]]:
    """What a ``where`` says its records must equal: (field or ``list.column``, expression).

    Only expressions that do not depend on the candidate count: the index can look them up.
    """
    found: list[tuple[str, n.Sum]] = []
    for fact in n.conjuncts(items.where):
        if not isinstance(fact, n.Compare) or fact.ops != ("=",):
            continue
        for one, other in (fact.terms, fact.terms[::-1]):
            name = candidate_name(one, items)
            if name is not None and independent(other):
                found.append((name, other))
                break
    return found


def states_asked(items: n.Items) -> tuple[str, ...]:
    """The states a ``where`` wants its records to be in, ``open`` and ``finished`` among them; empty when
    it leaves that open."""
    if items.form is not None:
        return ()
    for fact in n.conjuncts(items.where):
        if not isinstance(fact, n.Is) or fact.setting is not None:
            continue
        if not isinstance(fact.left, n.Path) or fact.left.bare != "state":
            continue
        words = tuple(value.value for value in fact.values if isinstance(value.value, str))
        if len(words) != len(fact.values) or not set(words).isdisjoint(("filled", "empty", "true", "false")):
            continue
        if not fact.negated:
            return words
        if words == ("finished",):
            return ("open",)
    return ()


def candidate_name(node: n.Sum, items: n.Items) -> str | None:
    if not isinstance(node, n.Path) or len(node.names) != 1 or node.names[0] in (*HEADER, "span"):
        return None
    if items.form is None:
        return node.bare
    if node.root == "parent":
        return node.names[0]
    if node.bare is not None and len(items.paths) == 1:
        return f"{items.paths[0].text}.{node.bare}"
    return None


def independent(node: n.Sum) -> bool:
    """The value of ``node`` is the same for every candidate."""
    for part in n.walk(node):
        if isinstance(part, n.Fold):
            return False
        if isinstance(part, n.Path) and part.root not in ("this", "it"):
            if part.bare not in ("now", "today"):
                return False
    return True
