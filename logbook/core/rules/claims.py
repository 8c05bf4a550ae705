"""What a rule asks for: fields that are needed, unique, frozen, free of overlap, or a condition."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from logbook.core.rules import nodes as n
from logbook.core.rules import quantities as q
from logbook.core.rules.conditions import compile_condition
from logbook.core.rules.items import compile_items
from logbook.core.rules.items import item_scope
from logbook.core.rules.items import other_records
from logbook.core.rules.items import speaks_of_voided
from logbook.core.rules.paths import is_filled
from logbook.core.rules.paths import key_of
from logbook.core.rules.scope import HEADER
from logbook.core.rules.scope import Asked
from logbook.core.rules.scope import Scope
from logbook.core.rules.sums import compile_filled
from logbook.core.rules.sums import compile_sum
from logbook.core.rules.world import rows_of
from logbook.core.rules.world import span_of


def compile_claim(claim: n.Claim, scope: Scope) -> Asked:
    if isinstance(claim, n.Holds):
        return compile_condition(claim.condition, scope)
    if isinstance(claim, n.Required):
        return _required(claim, scope)
    if isinstance(claim, n.OneOf):
        asked = [compile_filled(path, scope) for path in claim.paths]
        return lambda this, world, it, item: any(ask(this, world, it, item) for ask in asked)
    if isinstance(claim, n.ExactlyIf):
        left, right = compile_condition(claim.left, scope), compile_condition(claim.right, scope)

        def iff(this: Any, world: Any, it: Any, item: Any) -> Any:
            first, second = left(this, world, it, item), right(this, world, it, item)
            return None if first is None or second is None else first is second

        return iff
    if isinstance(claim, n.Unique):
        return _unique(claim, scope)
    if isinstance(claim, n.NoOverlap):
        return _no_overlap(claim, scope)
    if isinstance(claim, n.NoGap):
        return _no_gap(claim, scope)
    if isinstance(claim, n.Frozen):
        return _frozen(claim)
    return _changes_only(claim)


def _required(claim: n.Required, scope: Scope) -> Asked:
    asked = [compile_filled(path, scope) for path in claim.paths]
    if claim.forbidden:
        return lambda this, world, it, item: not any(ask(this, world, it, item) for ask in asked)
    if len(asked) == 1:
        return asked[0]

    def required(this: Any, world: Any, it: Any, item: Any) -> Any:
        for ask in asked:
            if not ask(this, world, it, item):
                return False
        return True

    return required


def _unique(claim: n.Unique, scope: Scope) -> Asked:
    siblings = scope.siblings if scope.kind == "row" else None
    inner = Scope(scope.form, "row" if siblings is not None else "view", scope.fields)
    keys = [compile_sum(path, inner) for path in claim.paths]
    where = None if claim.where is None else compile_condition(claim.where, inner)
    named = zip((path.bare for path in claim.paths), keys, strict=True)
    bare = [(name, key) for name, key in named if name not in (None, *HEADER)]
    voided_too = speaks_of_voided(claim.where)

    def unique(this: Any, world: Any, it: Any, item: Any) -> Any:
        me = item if siblings is not None else this
        if where is not None and where(this, world, it, me) is not True:
            return True
        mine = [key(this, world, it, me) for key in keys]
        if any(part is None or part == "" for part in mine):
            return True
        others: Iterable[Any]
        if siblings is not None:
            others = (row for row in siblings(this, world, None, None) if row.index != me.index)
        else:
            equal = {name: key_of(key(this, world, it, me)) for name, key in bare}
            others = other_records(world.all(this.form.name, **equal), this, voided_too)
        for other in others:
            if where is not None and where(this, world, it, other) is not True:
                continue
            theirs = (key(this, world, it, other) for key in keys)
            if all(q.compare("=", left, right) for left, right in zip(mine, theirs, strict=True)):
                return False
        return True

    return unique


def _no_overlap(claim: n.NoOverlap, scope: Scope) -> Asked:
    items = claim.items
    inner = item_scope(items, scope)
    per = [compile_sum(path, inner) for path in claim.per]

    def keyed(this: Any, world: Any, it: Any, one: Any) -> tuple[Any, ...] | None:
        key = tuple(key_of(part(this, world, it, one)) for part in per)
        return None if any(part is None for part in key) else key

    own = items.kind == "record" and any(path.bare == scope.form.name for path in items.paths)
    if own or items.form is not None:
        # Only pairs with this record in them are this record's business.
        where = None if items.where is None else compile_condition(items.where, inner)
        names = [path.bare for path in claim.per]
        extra = {name: part for name, part in zip(names, per, strict=True) if name not in (None, *HEADER)}
        others = compile_items(items, scope, whole=False, extra=extra if own else None)
        lists = () if own else tuple(path.names[0] for path in items.paths)

        def own_items(this: Any, world: Any) -> Iterable[Any]:
            return [this] if own else [row for name in lists for row in rows_of(this, name, world)]

        def against_others(this: Any, world: Any, it: Any, item: Any) -> Any:
            mine = []
            for one in own_items(this, world):
                if where is not None and where(this, world, it, one) is not True:
                    continue
                key, span = keyed(this, world, it, one), span_of(one)
                if key is not None and span is not None:
                    mine.append((key, span))
            if not mine:
                return True
            if _clash(mine):
                return False
            for other in others(this, world, it, item):
                key, span = keyed(this, world, it, other), span_of(other)
                if key is None or span is None:
                    continue
                if _clash([(key, span), *mine]):
                    return False
            return True

        return against_others
    listed = compile_items(items, scope, whole=True)

    def within(this: Any, world: Any, it: Any, item: Any) -> Any:
        found = []
        for one in listed(this, world, it, item):
            key, span = keyed(this, world, it, one), span_of(one)
            if key is not None and span is not None:
                found.append((key, span))
        return not _clash(found)

    return within


def _clash(found: Sequence[tuple[tuple[Any, ...], q.Interval]]) -> bool:
    groups: dict[tuple[Any, ...], list[q.Interval]] = {}
    for key, span in found:
        groups.setdefault(key, []).append(span)
    return any(q.overlaps(spans) for spans in groups.values())


def _no_gap(claim: n.NoGap, scope: Scope) -> Asked:
    listed = compile_items(claim.items, scope, whole=True)
    start, end = compile_sum(claim.start, scope), compile_sum(claim.end, scope)

    def no_gap(this: Any, world: Any, it: Any, item: Any) -> Any:
        spans = [span for span in map(span_of, listed(this, world, it, item)) if span is not None]
        like = next((span.start for span in spans if isinstance(span.start, datetime)), None)
        low, high = start(this, world, it, item), end(this, world, it, item)
        whole = q.interval(low, high, like=like)
        if whole is None or high is None:
            return None
        return not q.uncovered(spans, whole)

    return no_gap


def _frozen(claim: n.Frozen) -> Asked:
    name, step = claim.path.names[0], claim.step.text

    def frozen(this: Any, world: Any, it: Any, item: Any) -> Any:
        history = getattr(this, "state_of", None)
        if history is None:
            return None
        taken = ""
        for event in history.events:
            if taken and _sets(event, name):
                return False
            if not taken and event.step == step:
                taken = event.recorded or event.at
        # A correction of a value the record was made with is no event.
        corrections = getattr(history.record, "amendments", ())
        return not taken or not any(_amended_after(one, name, taken) for one in corrections)

    return frozen


def _sets(event: Any, name: str) -> bool:
    """An event sets a field under its name, ``name+`` (a row more) or ``name.2.qty`` (a cell)."""
    return any(path.rstrip("+").partition(".")[0] == name for path in event.set)


def _amended_after(amendment: Any, name: str, moment: str) -> bool:
    if amendment.field.partition(".")[0] != name or amendment.old == amendment.new:
        return False
    try:
        return datetime.fromisoformat(amendment.at) > datetime.fromisoformat(moment)
    except (ValueError, TypeError):
        return False  # a time that cannot be read is reported by itself


def _changes_only(claim: n.ChangesOnlyBy) -> Asked:
    name, steps = claim.path.names[0], frozenset(step.text for step in claim.steps)

    def changes_only(this: Any, world: Any, it: Any, item: Any) -> Any:
        history = getattr(this, "state_of", None)
        if history is None:
            return None
        # Filling an empty field is no change: only what replaces a value counts.
        filled = is_filled(history.record.fields.get(name))
        for event in history.events:
            if _sets(event, name):
                if filled and event.step not in steps:
                    return False
                filled = True
        return True

    return changes_only


def blame(claim: n.Claim, scope: Scope) -> Asked:
    """Which fields to name when ``claim`` failed."""
    if isinstance(claim, n.Required):
        filled = [(path.text, compile_filled(path, scope)) for path in claim.paths]
        wanted = not claim.forbidden

        def missing(this: Any, world: Any, it: Any, item: Any) -> Any:
            return tuple(name for name, ask in filled if ask(this, world, it, item) is not wanted)

        return missing
    if isinstance(claim, n.Holds):
        facts = [(_named(fact), compile_condition(fact, scope)) for fact in n.conjuncts(claim.condition)]

        def failing(this: Any, world: Any, it: Any, item: Any) -> Any:
            names: list[str] = []
            for said, ask in facts:
                if ask(this, world, it, item) is not True:
                    names += [name for name in said if name not in names]
            return tuple(names)

        return failing
    named = _named(claim)
    return lambda this, world, it, item: named


def _named(node: object) -> tuple[str, ...]:
    """The fields of the record or row that a node speaks of by their bare names."""
    inside: set[int] = set()
    names: list[str] = []
    for part in n.walk(node):
        if isinstance(part, n.Items):
            inside.update(id(below) for below in n.walk(part.where))
            if part.kind == "record" or part.form is not None:
                inside.update(id(path) for path in part.paths)
        elif isinstance(part, n.Fold):
            inside.update(id(below) for below in n.walk(part.of))
        elif isinstance(part, n.NoOverlap):
            inside.update(id(path) for path in part.per)
        elif isinstance(part, n.Path) and id(part) not in inside and part.root in ("", "it") and part.names:
            if part.names[0] not in names and part.names[0] not in ("now", "today", *HEADER):
                names.append(part.names[0])
    return tuple(names)
