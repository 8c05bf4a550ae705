"""What every figure means, said in both languages from the sentence it is made by."""

from __future__ import annotations

from typing import Any
from typing import cast

from logbook.core import periods
from logbook.core.periods import MOMENT
from logbook.core.reporting import Definition
from logbook.core.reportplan import BEFORE
from logbook.core.reportplan import HEAD
from logbook.core.reportplan import NOW
from logbook.core.reportplan import PREVIOUS
from logbook.core.reportplan import THROUGH
from logbook.core.reportplan import ColumnPlan
from logbook.core.reportplan import Fold
from logbook.core.reportplan import Items
from logbook.core.reportplan import Looking
from logbook.core.reportplan import PartPlan
from logbook.core.rules import Expression
from logbook.core.rules import nodes as n
from logbook.core.rules import say
from logbook.core.text import Text
from logbook.core.value import replace
from logbook.reports.tables import FIGURE_FORM
from logbook.reports.working import Working

_PARTS = {
    "day": Text("日期", "Day"),
    "week": Text("周", "Week"),
    "month": Text("月份", "Month"),
    "quarter": Text("季度", "Quarter"),
    "year": Text("年份", "Year"),
    "weekday": Text("星期", "Weekday"),
    "hour": Text("时刻", "Hour"),
}


def definitions_of(working: Working, plan: PartPlan) -> tuple[Definition, ...]:
    """A definition for every figure that is shown, and one for what the rows of a list are."""
    teller = _Teller(working, plan)
    if plan.lists is not None and plan.looking is not None:
        label = Text("列出", "Listed")
        return (teller.definition("rows", label, teller.items(plan.lists), plan.looking),)
    found = []
    for column in plan.columns:
        if column.hidden or column.type == "asleep":
            continue
        found.append(teller.of(column))
    return tuple(found)


def key_label(working: Working, plan: PartPlan, place: int, kind: Any) -> Text:
    """How the column of a key is called."""
    key = plan.by[place]
    items = plan.source
    if plan.each is not None:
        return working.library.forms[plan.each.forms[0]].title
    for column in plan.columns:
        if column.by and column.fold is not None:
            key, items = column.by[place], column.fold.items
            break
    label = kind.field.label if kind is not None and kind.field is not None else None
    if label is None and items is not None:
        label = _Teller(working, plan).sentence(key.expression, items)
    if key.function == HEAD:
        return Text(f"{label.zh if label else ''}（前段）", f"{label.en if label else ''} (first part)")
    if key.function is not None:
        return _PARTS[key.function]
    return label or Text(key.expression.text, key.expression.text)


class _Teller:
    """Says the sentences of one part."""

    def __init__(self, working: Working, plan: PartPlan) -> None:
        self.working = working
        self.plan = plan
        self.labels = {column.id: column for column in plan.columns}

    def of(self, column: ColumnPlan) -> Definition:
        if column.fold is not None and column.looking is not None:
            made = self.definition(column.id, column.label, self.fold(column.fold), column.looking)
        elif column.share is not None:
            over, under = (self.columns(one, bracketed=True) for one in column.share)
            says = Text(f"{over.zh} ÷ {under.zh}", f"{over.en} ÷ {under.en}")
            made = Definition(column.id, column.label, says, over, under)
        else:
            assert column.sum is not None
            made = Definition(column.id, column.label, self.columns(column.sum))
        if column.note is not None:
            said = Text(f"{made.says.zh}。{column.note.zh}", f"{made.says.en}. {column.note.en or column.note.zh}")
            made = replace(made, says=said)
        if column.target is not None:
            target = self.working.number(column.target)
            if target is not None:
                made = replace(made, target=f"{target:f}" if hasattr(target, "as_tuple") else str(target))
        return made

    def definition(self, id: str, label: Text, says: Text, looking: Looking) -> Definition:
        """The sentence with when it is counted: the period, the moment."""
        period, zone = self.working.period, self.working.zone
        told: Text | None = None
        if looking.dated is not None:
            dated = self.dated(looking)
            told = period.label
            if looking.range == PREVIOUS:
                told = periods.before(period, zone).label
            elif looking.range == BEFORE:
                told = Text(f"{period.label.zh}之前", f"before {period.label.en}")
            elif looking.range == THROUGH:
                told = Text(f"至{period.label.zh}止", f"up to the end of {period.label.en}")
            says = Text(f"{says.zh}，按{dated.zh}", f"{says.en}, by {dated.en[:1].lower()}{dated.en[1:]}")
        as_of = self.working.moment(looking.as_of)
        if looking.as_of != NOW and period.kind != MOMENT:
            at = as_of.strftime("%Y-%m-%d %H:%M")
            says = Text(f"{says.zh}，{at} 时的情况", f"{says.en}, as it stood at {at}")
        return Definition(id, label, says, period=told, as_of=as_of)

    def dated(self, looking: Looking) -> Text:
        assert looking.dated is not None
        items = self.plan.lists or self.plan.source
        for column in self.plan.columns:
            if column.looking is looking and column.fold is not None:
                items = column.fold.items
        if items is None:
            return Text("", "")
        node = looking.dated.node
        if isinstance(node, n.Path) and node.names == ("at",) and items.list is None:
            form = self.working.library.forms[items.forms[0]]
            own = next((field.label for field in form.fields.values() if field.holds == "at"), None)
            return own or Text("登记时间", "Time")
        return self.sentence(looking.dated, items)

    def fold(self, fold: Fold) -> Text:
        kind = {"different": "count", "least_gap": "least", "greatest_gap": "greatest"}.get(fold.kind, fold.kind)
        of = cast("n.Sum | None", fold.of.node if fold.of is not None else None)
        node = n.Fold(kind, self.node(fold.items), of, "gap" in fold.kind)
        return self.said(Expression("", node), fold.items)

    def items(self, items: Items) -> Text:
        """Only what is gone through: ``count`` would say how many."""
        told = self.said(Expression("", n.Fold("count", self.node(items))), items)
        en = told.en.removeprefix("The number of ")
        return Text(told.zh.removesuffix("的个数"), en[:1].upper() + en[1:])

    def node(self, items: Items) -> n.Items:
        where = items.where.node if items.where is not None else None
        if items.list is None:
            return n.Items("record", tuple(n.Path((name,)) for name in items.forms), None, where)
        return n.Items("row", (n.Path((items.list,)),), items.forms[0], where)

    def said(self, sentence: Expression, items: Items) -> Text:
        form = self.working.library.forms[items.forms[0]]
        library = self.working.library
        return Text(say(sentence, form, "zh", library=library), say(sentence, form, "en", library=library))

    def sentence(self, sentence: Expression, items: Items) -> Text:
        form, library = self.working.library.forms[items.forms[0]], self.working.library
        zh, en = (say(sentence, form, lang, library=library, within=items.list) for lang in ("zh", "en"))
        return Text(zh, en)

    def columns(self, sentence: Expression, *, bracketed: bool = False) -> Text:
        """A sentence about columns; one that is not shown is said itself."""
        node = sentence.node
        if isinstance(node, n.Path):
            column = self.labels.get(node.text)
            if column is not None and column.hidden and column.fold is not None:
                return self.fold(column.fold)
            if column is not None:
                return column.label
        if isinstance(node, n.Binary) and bracketed:
            whole = self.columns(sentence)
            return Text(f"（{whole.zh}）", f"({whole.en})")
        from logbook.core.form import Field

        fields = {name: Field(name, column.label, "decimal") for name, column in self.labels.items()}
        form = replace(FIGURE_FORM, fields=fields)
        library = self.working.library
        return Text(say(sentence, form, "zh", library=library), say(sentence, form, "en", library=library))
