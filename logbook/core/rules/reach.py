"""How far a rule reaches: when it is asked, what it costs, whose writes can break it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from logbook.core.form import Form
from logbook.core.rules import nodes as n
from logbook.core.rules.items import equalities
from logbook.core.rules.scope import FACTS
from logbook.core.rules.world import VOIDED
from logbook.core.value import frozen

Cost = Literal["l", "i", "g"]


def gates(rule: n.Rule) -> tuple[str, tuple[str, ...]] | None:
    """(``before`` | ``after`` | ``while``, the names), or None for a rule that always holds."""
    return None if rule.gate is None else (rule.gate.kind, rule.gate.words)


def applies(rule: n.Rule, step: str, state_after: str, steps_taken: Collection[str]) -> bool:
    """Is the rule asked at this write?

    ``step`` is being taken, leaving the record in ``state_after``; ``steps_taken`` were taken
    before. A voided record is held to nothing.
    """
    if state_after == VOIDED:
        return False
    if rule.gate is None:
        return True
    names = rule.gate.words
    if rule.gate.kind == "before":
        return step in names
    if rule.gate.kind == "while":
        return state_after in names
    return step in names or any(taken in names for taken in steps_taken)


def cost(rule: n.Rule, form: Form | None = None) -> Cost:
    """``l`` reads this record only, ``i`` looks up single records, ``g`` goes over a range.

    Only ``form`` can tell that ``visit is done`` reads another record.
    """
    worst: Cost = "l"
    for part in n.walk(rule):
        if isinstance(part, n.Fold) and ranges(part.items):
            # The last record of a key is one look-up; a sum goes over all of them.
            if part.kind not in ("first", "last") or not equalities(part.items):
                return "g"
        elif isinstance(part, n.Items) and ranges(part):
            keyed = bool(equalities(part)) or isinstance(rule.claim, n.NoOverlap)
            if part is rule.every or not keyed:
                return "g"
            worst = "i"
        elif isinstance(part, (n.Unique, n.HasRole, n.AsOf)) or _links(part):
            worst = "i"
        elif isinstance(part, n.Is) and form is not None and _is_reference(part.left, form):
            worst = "i"
    return worst


def reads_others(computed: n.Node, form: Form) -> bool:
    """Whether a computed value can change while its record does not: it reads other records, or the clock."""
    for part in n.walk(computed):
        if isinstance(part, n.Items) and ranges(part):
            return True
        if isinstance(part, (n.Unique, n.HasRole, n.AsOf)) or _links(part):
            return True
        if isinstance(part, n.Is) and _is_reference(part.left, form):
            return True
        if isinstance(part, n.Path) and part.names[:1] in (("now",), ("today",)):
            return True
    return False


def ranges(items: n.Items) -> bool:
    """Other records are gone through."""
    return items.kind == "record" or items.form is not None


def _is_reference(node: n.Sum, form: Form) -> bool:
    field = form.fields.get(node.names[0]) if isinstance(node, n.Path) and len(node.names) == 1 else None
    return field is not None and field.type in ("ref", "staff")


def _links(part: object) -> bool:
    """A path that reads a linked record; ``approve.by`` is the record's own."""
    if not isinstance(part, n.Path):
        return False
    return len(part.names) > 2 or (len(part.names) == 2 and part.names[1] not in FACTS)


@frozen
class Watch:
    """Another form whose writes can break a rule.

    ``keys``: (field of that form, path of this form; empty = this record itself), so that the
    records to ask again are found from the record written: those whose path equals its field.
    """

    form: str
    keys: tuple[tuple[str, str], ...] = ()


def watches(rule: n.Rule) -> tuple[Watch, ...]:
    """The forms a rule counts or folds over, with what ties their records to this one."""
    found: list[Watch] = []
    for part in n.walk(rule):
        if not isinstance(part, n.Items) or not ranges(part):
            continue
        keys = tuple(
            (name, ".".join(expression.names))
            for name, expression in equalities(part)
            if isinstance(expression, n.Path) and expression.root == "this"
        )
        forms = (part.form,) if part.form is not None else tuple(path.text for path in part.paths)
        found += [Watch(form, keys) for form in forms]
    return tuple(dict.fromkeys(found))


def watchers(rule: n.Rule) -> frozenset[str]:
    """The forms whose writes can break ``rule`` (its own among them, when it counts its like)."""
    return frozenset(watch.form for watch in watches(rule))
