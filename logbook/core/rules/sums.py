"""Numbers, moments and spans computed from names: arithmetic, functions and folds."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from decimal import Decimal
from typing import Any
from typing import cast

from logbook.core.form import Form
from logbook.core.rules import nodes as n
from logbook.core.rules import quantities as q
from logbook.core.rules.brackets import EDGES
from logbook.core.rules.brackets import LIGHTER
from logbook.core.rules.brackets import Brackets
from logbook.core.rules.brackets import brackets_from
from logbook.core.rules.items import compile_items
from logbook.core.rules.items import item_scope
from logbook.core.rules.paths import compile_holder
from logbook.core.rules.paths import compile_path
from logbook.core.rules.paths import compile_setting
from logbook.core.rules.paths import field_of
from logbook.core.rules.paths import follow
from logbook.core.rules.paths import key_of
from logbook.core.rules.paths import static_type
from logbook.core.rules.paths import value_of
from logbook.core.rules.scope import Asked
from logbook.core.rules.scope import Scope
from logbook.core.rules.world import Row
from logbook.core.value import frozen

COMPETITION = "competition"
# How one goes on after equals: 1 1 3, or 1 1 2.
RANKINGS = (COMPETITION, "dense")


def compile_sum(node: n.Sum, scope: Scope) -> Asked:
    if isinstance(node, n.Path):
        return compile_path(node, scope)
    if isinstance(node, n.Number):
        made = q.constant(node.value, node.unit)
        return lambda this, world, it, item: made
    if isinstance(node, (n.Day, n.Clocktime, n.Quoted)):
        literal = node.value
        return lambda this, world, it, item: literal
    if isinstance(node, n.Binary):
        return _binary(node, scope)
    if isinstance(node, n.Fold):
        if node.kind == "rank":
            return _rank(node, scope)
        return _gap(node, scope) if node.gap else _fold(node, scope)
    if isinstance(node, n.Choose):
        return _choose(node, scope)
    if isinstance(node, n.Bracket):
        return _bracket(node, scope)
    if isinstance(node, n.Call):
        return _call(node, scope)
    if isinstance(node, n.Setting):
        raw = compile_setting(node, scope)
        return lambda this, world, it, item: q.spoken(raw(this, world, it, item))
    return _as_of(node, scope)


def compile_subject(node: n.Sum, scope: Scope) -> Asked:
    """What ``is`` speaks of: the record a reference points at, or the plain value."""
    if isinstance(node, n.AsOf) and isinstance(node.base, n.Path):
        return _past(node, scope)
    if not isinstance(node, n.Path) or not node.names:
        return compile_sum(node, scope)
    kind = static_type(node, scope)
    if kind is not None and kind not in ("ref", "staff"):
        return compile_sum(node, scope)
    if not node.root and scope.kind in ("value", "day"):
        return compile_sum(node, scope)
    name = node.names[-1]
    holder_of = compile_holder(node, scope)

    def subject(this: Any, world: Any, it: Any, item: Any) -> Any:
        holder = holder_of(this, world, it, item)
        if holder is None:
            return None
        if isinstance(holder, Row):
            field = field_of(holder, name)
        elif name == "state" and q.is_record(holder):
            return holder
        else:
            field = field_of(holder, name)
        if field is not None and field.type in ("ref", "staff"):
            return follow(holder, name, world)
        return value_of(holder, name)

    return subject


def compile_filled(node: n.Sum, scope: Scope) -> Asked:
    ask = compile_sum(node, scope)

    def filled(this: Any, world: Any, it: Any, item: Any) -> Any:
        found = ask(this, world, it, item)
        return found is not None and found != "" and found != () and found != [] and found != {}

    return filled


def _as_of(node: n.AsOf, scope: Scope) -> Asked:
    moment = compile_sum(node.moment, scope)
    if not isinstance(node.base, n.Path) or not node.base.names:
        return lambda this, world, it, item: None
    holder_of, name = compile_holder(node.base, scope), node.base.names[-1]

    def as_of(this: Any, world: Any, it: Any, item: Any) -> Any:
        holder, when = holder_of(this, world, it, item), moment(this, world, it, item)
        if when is None or not q.is_record(holder):
            return None
        return world.as_of(holder, name, when)

    return as_of


@frozen
class _Past:
    """A record's state in the past, with the form that says which states are final."""

    state: str
    form: Form


def _past(node: n.AsOf, scope: Scope) -> Asked:
    base = cast(n.Path, node.base)
    moment = compile_sum(node.moment, scope)
    holder_of = compile_holder(base, scope)
    name = base.names[-1] if base.names else "state"

    def past(this: Any, world: Any, it: Any, item: Any) -> Any:
        holder, when = holder_of(this, world, it, item), moment(this, world, it, item)
        if holder is None or when is None:
            return None
        field = field_of(holder, name)
        asked = name
        if field is not None and field.type in ("ref", "staff"):
            holder, asked = follow(holder, name, world), "state"
        if not q.is_record(holder):
            return None
        found = world.as_of(holder, asked, when)
        return _Past(found, holder.form) if asked == "state" and found is not None else found

    return past


def _binary(node: n.Binary, scope: Scope) -> Asked:
    left, right = compile_sum(node.left, scope), compile_sum(node.right, scope)
    combine = {"+": q.add, "-": q.subtract, "*": q.multiply, "/": q.divide}[node.op]
    if isinstance(node.right, n.Number) and (node.right.unit or "").startswith("working_"):
        sign = -1 if node.op == "-" else 1
        count, unit = int(node.right.value) * sign, node.right.unit

        def working(this: Any, world: Any, it: Any, item: Any) -> Any:
            moment = left(this, world, it, item)
            if not isinstance(moment, date):
                return None
            if unit == "working_days":
                return q.add_working_days(moment, count, world.is_workday)
            add_hours = getattr(world, "add_working_hours", None)
            return None if add_hours is None else add_hours(moment, count)

        return working
    return lambda this, world, it, item: combine(left(this, world, it, item), right(this, world, it, item))


def _call(node: n.Call, scope: Scope) -> Asked:
    args = [compile_sum(arg, scope) for arg in node.args]
    function = node.function

    def call(this: Any, world: Any, it: Any, item: Any) -> Any:
        found = [arg(this, world, it, item) for arg in args]
        if function in ("min", "max"):
            return _extreme(found, "<" if function == "min" else ">", skip=False)
        first = found[0]
        if first is None:
            return None
        if function == "abs":
            return abs(first) if q.is_number(first) or isinstance(first, timedelta) else None
        if not q.is_number(first):
            return None
        if function == "whole":
            return int(first)
        places = found[1] if len(found) > 1 else 0
        if not isinstance(places, int):
            return None
        exact = q.rounded(first, places)
        return int(exact) if not places and isinstance(exact, Decimal) else exact

    return call


def _choose(node: n.Choose, scope: Scope) -> Asked:
    # Conditions compare sums and sums have conditions: one of the two has to be met late.
    from logbook.core.rules.conditions import compile_condition

    condition = compile_condition(node.condition, scope)
    first, second = compile_sum(node.first, scope), compile_sum(node.second, scope)

    def choose(this: Any, world: Any, it: Any, item: Any) -> Any:
        chosen = first if condition(this, world, it, item) is True else second
        return chosen(this, world, it, item)

    return choose


def _bracket(node: n.Bracket, scope: Scope) -> Asked:
    of, table = compile_sum(node.of, scope), compile_setting(node.table, scope)
    beside = compile_setting(n.Setting((*node.table.keys[:-1], "edge")), scope)

    def bracket(this: Any, world: Any, it: Any, item: Any) -> Any:
        number = of(this, world, it, item)
        if not q.is_number(number):
            return None
        raw = table(this, world, it, item)
        read = brackets_from(raw)
        if not isinstance(read, Brackets):
            return None
        edge = raw.get("edge")
        if edge is None and len(node.table.keys) > 1:
            edge = beside(this, world, it, item)
        edge = LIGHTER if edge is None else edge
        return read.result(number, edge) if edge in EDGES else None

    return bracket


def _extreme(found: Sequence[Any], op: str, *, skip: bool) -> Any:
    best = None
    for one in found:
        if one is None:
            if skip:
                continue
            return None
        if best is None or q.compare(op, one, best):
            best = one
    return best


def _fold(node: n.Fold, scope: Scope) -> Asked:
    listed = compile_items(node.items, scope, whole=True)
    kind = node.kind
    if node.of is None:
        return lambda this, world, it, item: sum(1 for _ in listed(this, world, it, item))
    of = compile_sum(node.of, item_scope(node.items, scope))
    ordered = kind in ("first", "last") and (node.items.kind == "record" or node.items.form is not None)

    def fold(this: Any, world: Any, it: Any, item: Any) -> Any:
        items: Iterable[Any] = listed(this, world, it, item)
        if ordered:
            items = sorted(items, key=lambda one: (one.view if isinstance(one, Row) else one).at)
        found = [one for one in (of(this, world, it, each) for each in items) if one is not None]
        if kind == "count":
            return len({key_of(one) for one in found})
        if kind == "sum":
            total: Any = 0
            for place, one in enumerate(found):
                total = q.add(total, one) if place else one
            return total
        if not found:
            return None
        if kind == "mean":
            return _mean(found)
        if kind == "median":
            return median(found)
        if kind in ("first", "last"):
            return found[0] if kind == "first" else found[-1]
        return _extreme(found, "<" if kind == "least" else ">", skip=True)

    return fold


def _mean(found: Sequence[Any]) -> Any:
    total = found[0]
    for one in found[1:]:
        total = q.add(total, one)
    return q.divide(total, len(found))


def median(found: Sequence[Any]) -> Any:
    """The value in the middle; of an even number of values the mean of the two."""
    inorder = sorted(found)
    middle = len(inorder) // 2
    return inorder[middle] if len(inorder) % 2 else _mean(inorder[middle - 1 : middle + 1])


def _rank(node: n.Fold, scope: Scope) -> Asked:
    listed = compile_items(node.items, scope, whole=True)
    what = cast(n.Sum, node.of)
    own, of = compile_sum(what, scope), compile_sum(what, item_scope(node.items, scope))
    way = None if node.way is None else compile_setting(node.way, scope)

    def rank(this: Any, world: Any, it: Any, item: Any) -> Any:
        mine = own(this, world, it, item)
        said = COMPETITION if way is None else way(this, world, it, item)
        if mine is None or said not in RANKINGS:
            return None
        values = (of(this, world, it, each) for each in listed(this, world, it, item))
        above = [value for value in values if q.compare(">", value, mine)]
        return 1 + (len(above) if said == COMPETITION else len(set(above)))

    return rank


def _gap(node: n.Fold, scope: Scope) -> Asked:
    listed = compile_items(node.items, scope, whole=True)
    of = compile_sum(cast(n.Sum, node.of), item_scope(node.items, scope))
    ends = [compile_sum(end, scope) for end in (node.start, node.end) if end is not None]
    op = "<" if node.kind == "least" else ">"

    def gap(this: Any, world: Any, it: Any, item: Any) -> Any:
        marks = [of(this, world, it, one) for one in listed(this, world, it, item)]
        marks += [end(this, world, it, item) for end in ends]
        try:
            known = sorted(mark for mark in marks if mark is not None)
        except TypeError:
            return None
        steps = [q.subtract(later, earlier) for earlier, later in itertools.pairwise(known)]
        return _extreme(steps, op, skip=True)

    return gap
