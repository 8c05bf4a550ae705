"""Sentences at work: each is compiled once per form into nested functions, then asked of records.

Every function takes ``(this, world, it, item)``: the record, the world, the item of ``every`` and
the item of the innermost ``every`` or ``where``. Truth has three values; None is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from typing import cast

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.rules import nodes as n
from logbook.core.rules import quantities as q
from logbook.core.rules.claims import blame
from logbook.core.rules.claims import compile_claim
from logbook.core.rules.conditions import CONDITIONS
from logbook.core.rules.conditions import compile_condition
from logbook.core.rules.items import compile_items
from logbook.core.rules.items import item_scope
from logbook.core.rules.scope import Asked
from logbook.core.rules.scope import Scope
from logbook.core.rules.sums import compile_sum
from logbook.core.rules.world import Row
from logbook.core.rules.world import View
from logbook.core.rules.world import World
from logbook.core.value import attribute
from logbook.core.value import changing
from logbook.core.value import frozen


def evaluate(
    sentence: n.Rule | n.Condition,
    view: View,
    world: World,
    *,
    within: str | None = None,
    row: Mapping[str, Any] | None = None,
) -> bool | None:
    """Is the rule kept, or the condition true? None is unknown.

    Gates are the caller's: see :func:`applies` and :func:`holds`. ``within`` and ``row`` ask a
    condition about one row of that list (a clock with ``each:``).
    """
    program = _program(sentence, view.form, within)
    item = None if within is None else Row(view, view.form.fields.get(within), 0, row or {}, world)
    return cast("bool | None", program.run(view, world, item, item))


def holds(rule: n.Rule, verdict: bool | None) -> bool:
    """Is a rule kept that came out as ``verdict``? Unknown is a pass, except under ``before``."""
    return verdict is True or (verdict is None and (rule.gate is None or rule.gate.kind != "before"))


def value(
    expression: n.Expression | n.Condition | n.Rule,
    view: View,
    world: World,
    *,
    row: Row | None = None,
    field: Field | None = None,
) -> Any:
    """The value of a derived field: exact, and rounded half up once when ``field`` is money.

    ``row``: the value of a derived column in that row.
    """
    within = None if row is None or row.field is None else row.field.id
    program = _program(expression, view.form, within)
    found = program.run(view, world, row, row)
    if field is not None and field.type == "money":
        return q.rounded(found, 2)
    if field is not None and field.type == "int":
        exact = q.plain(found)
        return int(exact) if isinstance(exact, Decimal) and exact == exact.to_integral_value() else exact
    return found.id if q.is_record(found) else q.plain(found)


def asked(sentence: n.Condition | n.Expression, form: Form, within: str | None = None) -> Asked:
    """The sentence as a function ``(this, world, it, item)``, for one who asks it of thousands of records: the
    last two are the row, where it is about the rows of ``within``. What it gives is exact and unrounded."""
    return _program(sentence, form, within).run


@frozen
class Explanation:
    """Where a broken rule is broken: the fields it speaks of, and the item of ``every`` it met.

    ``row`` counts from 1; ``item`` is the id of a record or the text of a value gone through.
    """

    fields: tuple[str, ...] = ()
    list: str | None = None
    row: int | None = None
    item: str | None = None

    @property
    def path(self) -> str | None:
        """``lines.2.amount`` in a row, ``level`` in the record, None when no field is to blame."""
        name = self.fields[0] if self.fields else None
        if self.list is not None and self.row is not None:
            place = f"{self.list}.{self.row}"
            return f"{place}.{name}" if name else place
        return name


def explain(rule: n.Rule, view: View, world: World) -> Explanation:
    """Which row and which fields broke ``rule`` (the first it meets, where there are several)."""
    program = _program(rule, view.form, None)
    strict = rule.gate is not None and rule.gate.kind == "before"
    if program.every is None:
        return Explanation(program.blame(view, world, None, None))
    for item in program.every(view, world, None, None):
        if program.condition is not None and program.condition(view, world, item, item) is not True:
            continue
        outcome = program.claim(view, world, item, item)
        if outcome is False or (outcome is None and strict):
            fields = program.blame(view, world, item, item)
            if isinstance(item, Row):
                name = item.field.id if item.field is not None else None
                return Explanation(fields, name, item.index + 1)
            return Explanation(() if q.is_record(item) else fields, item=str(getattr(item, "id", item)))
    return Explanation()


@changing
class _Program:
    run: Asked
    claim: Asked
    every: Asked | None = None
    condition: Asked | None = None
    blame: Asked = attribute(default=lambda this, world, it, item: ())


def _program(sentence: n.AnySentence, form: Form, within: str | None) -> _Program:
    key = (id(form), within)
    known = sentence.programs.get(key)
    # The form is kept beside its program: an id alone could come to mean another form.
    if known is not None and known[0] is form:
        return cast(_Program, known[1])
    made = _compile(sentence, form, within)
    sentence.programs[key] = (form, made)
    return made


def _compile(sentence: n.AnySentence, form: Form, within: str | None) -> _Program:
    scope = Scope(form, "record", form.fields)
    if within is not None:
        listed = form.fields.get(within)
        scope = Scope(form, "row", listed.columns if listed is not None else None)
    if isinstance(sentence, n.Condition):
        asked = compile_condition(sentence.node, scope)
        return _Program(asked, asked)
    if isinstance(sentence, n.Expression):
        asked = _any(sentence.node, scope)
        return _Program(asked, asked)
    return _rule(sentence, scope)


def _any(node: object, scope: Scope) -> Asked:
    if isinstance(node, CONDITIONS):
        return compile_condition(cast("n.Condition_", node), scope)
    return compile_sum(cast("n.Sum", node), scope)


def _of_each(every: Asked, claim: Asked, condition: Asked | None) -> Asked:
    def each(this: Any, world: Any, it: Any, item: Any) -> Any:
        known = True
        for one in every(this, world, None, None):
            if condition is not None and condition(this, world, one, one) is not True:
                continue
            outcome = claim(this, world, one, one)
            if outcome is False:
                return False
            if outcome is None:
                known = False
        return True if known else None

    return each


def _rule(rule: n.Rule, outer: Scope) -> _Program:
    every = None
    scope = outer
    if rule.every is not None:
        every = compile_items(rule.every, outer, whole=True)
        inner = item_scope(rule.every, outer)
        scope = Scope(inner.form, inner.kind, inner.fields, every)
    claim = compile_claim(rule.claim, scope)
    condition = None if rule.condition is None else compile_condition(rule.condition, scope)

    run = claim
    if every is not None:
        run = _of_each(every, claim, condition)
    elif condition is not None:
        asked = condition

        def run(this: Any, world: Any, it: Any, item: Any) -> Any:
            return True if asked(this, world, it, item) is not True else claim(this, world, it, item)

    return _Program(run, claim, every, condition, blame(rule.claim, scope))
