"""A sentence said back in the reader's language, with the labels people know from the form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from logbook.core.builtin import step_label
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.rules import nodes as n
from logbook.core.rules.conditions import CONDITIONS
from logbook.core.rules.kinds import ANY
from logbook.core.rules.kinds import Kind
from logbook.core.rules.kinds import Place
from logbook.core.rules.names import Names
from logbook.core.value import replace

_ZH = {
    "and": "，且",
    "or": "，或",
    "comma": "、",
    "is": "是",
    "is_not": "不是",
    "filled": "已填{}",
    "empty": "未填{}",
    "true": "{}为“是”",
    "false": "{}为“否”",
    "open": "未了结",
    "finished": "已了结",
    "voided": "已作废",
    "this": "本单",
    "it": "该项",
    "parent": "所在单",
    "now": "现在",
    "today": "今天",
    "of": "{owner}的{name}",
    "by": "经办人",
    "at": "时间",
    "recorded": "登记时间",
    "approved_by": "批准人",
    "state": "状态",
    "id": "编号",
    "span": "起止",
    "step": "“{}”",
    "row": "每一行{items}",
    "record": "每一份{items}",
    "value": "{items}的每一项",
    "day": "{items}的每一天",
    "one_row": "{items}",
    "one_record": "{items}",
    "one_value": "{items}的一项",
    "one_day": "{items}的一天",
    "all_row": "{items}",
    "all_record": "{items}",
    "all_value": "{items}的各项",
    "all_day": "{items}的各天",
    "of_all": "全部{form}的{items}",
    "where": "{}（{}）",
    "some": "有{}",
    "no": "没有{}",
    "least": "至少有 {n} 个{}",
    "most": "至多有 {n} 个{}",
    "exactly": "正好有 {n} 个{}",
    "required": "须填{}",
    "forbidden": "不得填{}",
    "one_of": "{}至少填一项",
    "unique": "{}不得重复",
    "frozen": "{step}之后不得再改{name}",
    "changes": "{name}只能由{step}更改",
    "overlap": "{items}的起止不得重叠",
    "per": "{}（同一{}之内）",
    "gap": "从{start}到{end}，{items}之间不得有空档",
    "iff": "{left}，当且仅当{right}",
    "must": "须满足：{}",
    "if": "如果{}",
    "before": "{}之前",
    "after": "{}之后",
    "while": "处于{}时",
    "includes": "{}包括{}",
    "has_role": "{}担任{}",
    "role_staff": "任何员工",
    "has_role_setting": "{}担任{}所列岗位之一",
    "includes_setting": "{}含有{}所列的各项",
    "signed": "{}已签名",
    "not_signed": "{}还没签名",
    "holiday": "节假日",
    "workday": "非节假日",
    "falls": "{}在{}",
    "inside": "{}在{}",
    "outside": "{}不在{}",
    "meets": "{}与{}有重叠",
    "to": "{}至{}",
    "same": "{}与{}在同一{}",
    "unit_day": "天",
    "unit_week": "周",
    "unit_month": "月",
    "unit_year": "年",
    "order": "先后为{}",
    "setting": "规定的“{}”",
    "as_of": "{moment}当时的{base}",
    "among": "{}在{}之内",
    "count": "{items}的个数",
    "count_different": "{items}中不同{of}的个数",
    "sum": "{items}的{of}合计",
    "mean_of": "{items}的{of}平均值",
    "median_of": "{items}的{of}中位数",
    "rank_of": "{of}在{items}中的名次",
    "choose": "{condition}时取{first}，否则取{second}",
    "bracket": "{}在{}中所在的一档",
    "least_of": "{items}中最小的{of}",
    "greatest_of": "{items}中最大的{of}",
    "earliest_of": "{items}中最早的{of}",
    "latest_of": "{items}中最晚的{of}",
    "sum_of_sums": "{items}的{of}之和",
    "different_parents": "{items}所属的不同单据数",
    "first_of": "第一个{items}的{of}",
    "last_of": "最后一个{items}的{of}",
    "least_gap": "{items}相邻{of}的最小间隔",
    "greatest_gap": "{items}相邻{of}的最大间隔",
    "min": "{}中较小者",
    "max": "{}中较大者",
    "abs": "{}的绝对值",
    "whole": "{}取整",
    "round": "{}四舍五入",
    "stop": "。",
    "then": "，",
    "colon": "，",
    "not_true": "{}不为“是”",
    "not_false": "{}不为“否”",
    "minutes": "分钟",
    "hours": "小时",
    "days": "天",
    "weeks": "周",
    "months": "个月",
    "working_days": "个工作日",
    "working_hours": "个工作小时",
}
_EN = {
    "and": " and ",
    "or": " or ",
    "comma": ", ",
    "is": " is ",
    "is_not": " is not ",
    "filled": "{} is filled in",
    "empty": "{} is empty",
    "true": "{} is yes",
    "false": "{} is no",
    "open": "still open",
    "finished": "finished",
    "voided": "void",
    "this": "this record",
    "it": "the item",
    "parent": "its record",
    "now": "now",
    "today": "today",
    "of": "{name} of {owner}",
    "by": "person",
    "at": "time",
    "recorded": "time of entry",
    "approved_by": "approver",
    "state": "state",
    "id": "number",
    "span": "interval",
    "step": "“{}”",
    "row": "every row of {items}",
    "record": "every record of {items}",
    "value": "every one of {items}",
    "day": "every day of {items}",
    "one_row": "row of {items}",
    "one_record": "record of {items}",
    "one_value": "value of {items}",
    "one_day": "day of {items}",
    "all_row": "rows of {items}",
    "all_record": "records of {items}",
    "all_value": "values of {items}",
    "all_day": "days of {items}",
    "of_all": "{items} of all {form}",
    "where": "{} where {}",
    "some": "there is a {}",
    "no": "there is no {}",
    "least": "there are at least {n} {}",
    "most": "there are at most {n} {}",
    "exactly": "there are exactly {n} {}",
    "required": "{} must be filled in",
    "forbidden": "{} must be empty",
    "one_of": "at least one of {} must be filled in",
    "unique": "no two may have the same {}",
    "frozen": "{name} must not change after {step}",
    "changes": "{name} changes only by {step}",
    "overlap": "no two of {items} may overlap",
    "per": "{} (with the same {})",
    "gap": "{items} must leave no gap from {start} to {end}",
    "iff": "{left} exactly when {right}",
    "must": "{}",
    "if": "if {}",
    "before": "before {}",
    "after": "after {}",
    "while": "while {}",
    "includes": "{} includes {}",
    "has_role": "{} has the role {}",
    "role_staff": "any member of staff",
    "has_role_setting": "{} has one of the roles of {}",
    "includes_setting": "{} includes all of {}",
    "signed": "{} is signed",
    "not_signed": "{} is not signed yet",
    "holiday": "a public holiday",
    "workday": "a day that is no public holiday",
    "falls": "{} falls on {}",
    "inside": "{} lies within {}",
    "outside": "{} lies outside {}",
    "meets": "{} overlaps {}",
    "to": "{} to {}",
    "same": "{} and {} are in the same {}",
    "unit_day": "day",
    "unit_week": "week",
    "unit_month": "month",
    "unit_year": "year",
    "order": "in this order: {}",
    "setting": "the setting “{}”",
    "as_of": "{base} as of {moment}",
    "among": "{} is one of {}",
    "count": "the number of {items}",
    "count_different": "the number of different {of} in {items}",
    "sum": "the sum of {of} over {items}",
    "mean_of": "the mean of {of} over {items}",
    "median_of": "the median of {of} over {items}",
    "rank_of": "the rank of {of} among {items}",
    "choose": "{first} if {condition}, else {second}",
    "bracket": "the bracket of {} in {}",
    "least_of": "the least {of} of {items}",
    "greatest_of": "the greatest {of} of {items}",
    "earliest_of": "the earliest {of} of {items}",
    "latest_of": "the latest {of} of {items}",
    "sum_of_sums": "the sum of {of} over {items}",
    "different_parents": "the number of records with {items}",
    "first_of": "the first {of} of {items}",
    "last_of": "the last {of} of {items}",
    "least_gap": "the least gap between {of} of {items}",
    "greatest_gap": "the greatest gap between {of} of {items}",
    "min": "the least of {}",
    "max": "the greatest of {}",
    "abs": "the amount of {}",
    "whole": "{} in whole",
    "round": "{} rounded",
    "stop": ".",
    "then": ", ",
    "colon": ": ",
    "not_true": "{} is not yes",
    "not_false": "{} is not no",
    "minutes": " minutes",
    "hours": " hours",
    "days": " days",
    "weeks": " weeks",
    "months": " months",
    "working_days": " working days",
    "working_hours": " working hours",
}
_WEEKDAYS_ZH = dict(
    zip(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        "一二三四五六日",
        strict=True,
    )
)
_SIGNS_ZH = {
    "moment": {"<": "早于", "<=": "不晚于", ">": "晚于", ">=": "不早于", "=": "就是", "<>": "不同于"},
    "word": {"=": "与{}相同", "<>": "与{}不同"},
    "number": {"<": "小于", "<=": "不超过", ">": "大于", ">=": "不少于", "=": "等于", "<>": "不等于"},
}
_SIGNS_EN = {
    "moment": {
        "<": "is before",
        "<=": "is not after",
        ">": "is after",
        ">=": "is not before",
        "=": "is",
        "<>": "is not",
    },
    "word": {"=": "is the same as", "<>": "is not the same as"},
    "number": {
        "<": "is less than",
        "<=": "is at most",
        ">": "is more than",
        ">=": "is at least",
        "=": "equals",
        "<>": "differs from",
    },
}
_ARITHMETIC = {"+": " + ", "-": " − ", "*": " × ", "/": " ÷ "}


def say(
    sentence: n.AnySentence,
    form: Form,
    lang: str,
    *,
    library: Library | None = None,
    within: str | None = None,
) -> str:
    """The sentence as prose in ``lang``, with the form's labels.

    ``library`` lends the labels of other forms; without it their ids stand instead. ``within``: the list
    whose row the sentence is about (a derived column, a clock with ``each:``).
    """
    known = library or Library(forms={form.name: form})
    speaker = _Speaker(form, known, lang)
    here = Kind("record", forms=(form,))
    listed = form.fields.get(within) if within is not None else None
    row = None if listed is None else Kind("row", listed)
    place = Place(here) if row is None else Place(row, it=row, parent=here, outer=here)
    if isinstance(sentence, n.Rule):
        text = speaker.rule(sentence, place)
    elif isinstance(sentence.node, CONDITIONS):
        text = speaker.condition(cast("n.Condition_", sentence.node), place)
    else:
        text = speaker.sum(cast("n.Sum", sentence.node), place)
    return text[:1].upper() + text[1:] if lang != "zh" else text


class _Speaker:
    def __init__(self, form: Form, library: Library, lang: str) -> None:
        self.form = form
        self.library = library
        self.lang = lang
        self.words = _ZH if lang == "zh" else _EN
        self.names = Names(form, library, n.Where())

    def put(self, key: str, *parts: str, **named: str) -> str:
        return self.words[key].format(*parts, **named)

    def listed(self, parts: Iterable[str]) -> str:
        return self.words["comma"].join(parts)

    def choice(self, parts: list[str]) -> str:
        """``a, b or c``."""
        if self.lang == "zh":
            return "或".join(parts)
        return " or ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]

    # ------------------------------------------------------------- sentences

    def rule(self, rule: n.Rule, place: Place) -> str:
        ahead = []
        inner = place
        if rule.gate is not None:
            ahead.append(self.gate(rule.gate))
        if rule.every is not None:
            inner = self.inside(rule.every, place, every=True)
            ahead.append(self.items(rule.every, place, every=True))
        if rule.condition is not None:
            ahead.append(self.put("if", self.condition(rule.condition, inner)))
        claim = self.claim(rule.claim, inner)
        if ahead:
            claim = self.words["then"].join(ahead) + self.words["colon"] + claim
        return claim + self.words["stop"]

    def gate(self, gate: n.Gate) -> str:
        if gate.kind == "while":
            states = [self.state(self.form, word) for word in gate.words]
            return self.put("while", self.choice([self.put("step", state) for state in states]))
        return self.put(gate.kind, self.choice([self.step(name) for name in gate.names]))

    def step(self, name: n.Name) -> str:
        step = self.form.steps.get(name.text)
        label = step.label if step is not None else step_label(name.text)
        return self.put("step", label.say(self.lang) if label else name.text)

    def state(self, form: Form, word: str) -> str:
        label = form.states.get(word)
        return label.say(self.lang) if label else self.words.get(word, word)

    def claim(self, claim: n.Claim, place: Place) -> str:
        if isinstance(claim, n.Holds):
            return self.put("must", self.condition(claim.condition, place))
        if isinstance(claim, n.ExactlyIf):
            left, right = self.condition(claim.left, place), self.condition(claim.right, place)
            return self.put("iff", left=left, right=right)
        if isinstance(claim, n.Required):
            key = "forbidden" if claim.forbidden else "required"
            return self.put(key, self.listed(self.path(path, place) for path in claim.paths))
        if isinstance(claim, n.OneOf):
            return self.put("one_of", self.listed(self.path(path, place) for path in claim.paths))
        if isinstance(claim, n.Unique):
            inside = replace(place, outer=None)
            names = self.put("unique", self.listed(self.path(path, inside) for path in claim.paths))
            return (
                names
                if claim.where is None
                else self.put("where", names, self.condition(claim.where, inside))
            )
        if isinstance(claim, n.NoOverlap):
            inner = self.inside(claim.items, place)
            said = self.put("overlap", items=self.items(claim.items, place))
            per = self.listed(self.path(path, inner) for path in claim.per)
            return self.put("per", said, per) if per else said
        if isinstance(claim, n.NoGap):
            start, end = self.sum(claim.start, place), self.sum(claim.end, place)
            return self.put("gap", items=self.items(claim.items, place), start=start, end=end)
        if isinstance(claim, n.Frozen):
            return self.put("frozen", step=self.step(claim.step), name=self.path(claim.path, place))
        steps = self.choice([self.step(name) for name in claim.steps])
        return self.put("changes", step=steps, name=self.path(claim.path, place))

    # ------------------------------------------------------------- items

    def inside(self, items: n.Items, place: Place, *, every: bool = False) -> Place:
        item, parent = self.names.items(items, place)
        return Place(item, it=item if every or place.it is None else place.it, parent=parent, outer=place.kind)

    def items(self, items: n.Items, place: Place, form: str = "all_", *, every: bool = False) -> str:
        if items.kind == "record":
            names = self.listed(self.form_title(path.text) for path in items.paths)
        elif items.form is not None:
            other = self.library.forms.get(items.form)
            here = Place(Kind("record", forms=(other,)) if other is not None else ANY)
            lists = self.listed(self.path(path, here) for path in items.paths)
            names = self.put("of_all", items=lists, form=self.form_title(items.form))
        else:
            names = self.listed(self.path(path, place) for path in items.paths)
        said = self.put(items.kind if every else f"{form}{items.kind}", items=names)
        if items.where is None:
            return said
        return self.put("where", said, self.condition(items.where, self.inside(items, place, every=every)))

    def form_title(self, name: str) -> str:
        form = self.library.forms.get(name)
        return form.title.say(self.lang) if form is not None and form.title else name

    # ------------------------------------------------------------- conditions

    def condition(self, node: n.Condition_, place: Place) -> str:
        if isinstance(node, n.Either):
            return self.words["or"].join(self.condition(part, place) for part in node.parts)
        if isinstance(node, n.Both):
            parts = []
            for part in node.parts:
                said = self.condition(part, place)
                wrapped = f"（{said}）" if self.lang == "zh" else f"({said})"
                parts.append(wrapped if isinstance(part, n.Either) else said)
            return self.words["and"].join(parts)
        if isinstance(node, n.Compare):
            return self.compare(node, place)
        if isinstance(node, n.Is):
            return self.is_(node, place)
        if isinstance(node, n.Count):
            number = "" if node.number is None else self.sum(node.number, place)
            form = "one_" if node.kind in ("some", "no") or number == "1" else "all_"
            return self.put(node.kind, self.items(node.items, place, form), n=number)
        if isinstance(node, n.Same):
            unit = self.words.get(f"unit_{node.unit}", node.unit)
            return self.put("same", self.path(node.left, place), self.path(node.right, place), unit)
        if isinstance(node, n.Signed):
            return self.signed(node, place)
        left = self.sum(node.left, place)
        if isinstance(node, (n.Includes, n.HasRole)) and node.setting is not None:
            key = "includes_setting" if isinstance(node, n.Includes) else "has_role_setting"
            return self.put(key, left, self.sum(node.setting, place))
        if isinstance(node, n.Includes):
            kind = self.names.sum(node.left, place)
            return self.put("includes", left, self.listed(self.option(kind, value) for value in node.values))
        if isinstance(node, n.HasRole):
            roles = [self.role(str(value.value)) for value in node.values]
            return self.put("has_role", left, self.choice(roles))
        if isinstance(node, n.FallsOn):
            day = self.words.get(node.day) or node.day.capitalize()
            if self.lang == "zh" and node.day in _WEEKDAYS_ZH:
                day = f"星期{_WEEKDAYS_ZH[node.day]}"
            return self.put("falls", left, day)
        range_ = self.sum(node.low, place)
        if node.high is not None:
            range_ = self.put("to", range_, self.sum(node.high, place))
        return self.put(node.kind, left, range_)

    def signed(self, node: n.Signed, place: Place) -> str:
        forms = place.kind.forms if place.kind.type == "record" and place.kind.forms else (self.form,)
        known = {name: signing.label for form in forms for name, signing in form.signatures.items()}
        labels = [known[name.text].say(self.lang) if name.text in known else name.text for name in node.meanings]
        names = self.listed(self.put("step", label) for label in labels)
        return self.put("not_signed" if node.negated else "signed", names)

    def role(self, name: str) -> str:
        label = self.library.roles.get(name)
        return label.say(self.lang) if label else self.words.get(f"role_{name}", name)

    def compare(self, node: n.Compare, place: Place) -> str:
        terms = [self.sum(term, place) for term in node.terms]
        families = {self.names.sum(term, place).family for term in node.terms} - {"any"}
        if len(terms) > 2 and set(node.ops) <= {"<", "<="} and families <= {"moment", "time"}:
            return self.put("order", self.listed(terms))
        if len(terms) > 2:
            signs = {"<=": "≤", ">=": "≥", "<>": "≠"}
            said = terms[0]
            for op, term in zip(node.ops, terms[1:], strict=True):
                said += f" {signs.get(op, op)} {term}"
            return said
        family = "number"
        if families & {"moment", "time"}:
            family = "moment"
        elif families and families <= {"word"}:
            family = "word" if node.ops[0] in ("=", "<>") else "moment"
        table = _SIGNS_ZH if self.lang == "zh" else _SIGNS_EN
        sign = table[family][node.ops[0]]
        if "{}" in sign:
            return terms[0] + sign.format(terms[1])
        return f"{terms[0]}{sign}{terms[1]}" if self.lang == "zh" else f"{terms[0]} {sign} {terms[1]}"

    def is_(self, node: n.Is, place: Place) -> str:
        left = self.sum(node.left, place)
        if node.setting is not None:
            said = self.put("among", left, self.sum(node.setting, place))
            return (
                f"并非{said}"
                if node.negated and self.lang == "zh"
                else f"not {said}"
                if node.negated
                else said
            )
        words = [str(value.value) for value in node.values]
        if len(words) == 1 and words[0] in ("filled", "empty", "true", "false"):
            word = words[0]
            if not node.negated:
                return self.put(word, left)
            if word in ("filled", "empty"):
                return self.put("empty" if word == "filled" else "filled", left)
            return self.put(f"not_{word}", left)
        kind = self.names.sum(node.left, place)
        options = self.choice([self.option(kind, value) for value in node.values])
        return left + self.words["is_not" if node.negated else "is"] + options

    def option(self, kind: Kind, value: n.Value) -> str:
        word = str(value.value)
        if value.quoted and not (kind.field is not None and word in kind.field.choices):
            lines = (checklist.items.get(word) for checklist in self.library.checklists.values())
            line = next((line for line in lines if line is not None), None)
            return self.put("step", line.label.say(self.lang) if line is not None else word)
        if kind.field is not None and word in kind.field.choices:
            return self.put("step", kind.field.choices[word].say(self.lang))
        for form in kind.forms:
            if word in form.states and word not in ("open", "finished"):
                return self.put("step", self.state(form, word))
        if word in ("open", "finished", "voided"):
            return self.words[word]
        zh = {"filled": "已填", "empty": "空", "true": "“是”", "false": "“否”"}
        return zh.get(word, word) if self.lang == "zh" else {"true": "yes", "false": "no"}.get(word, word)

    # ------------------------------------------------------------- sums

    def sum(self, node: n.Sum, place: Place) -> str:
        if isinstance(node, n.Path):
            return self.path(node, place)
        if isinstance(node, n.Number):
            if node.unit is None:
                return str(node.value)
            unit = self.words[node.unit]
            if node.value == 1 and self.lang != "zh":
                unit = unit.removesuffix("s")
            return f"{node.value} {unit.strip()}"
        if isinstance(node, n.Day):
            return node.value.isoformat()
        if isinstance(node, n.Clocktime):
            return node.value.strftime("%H:%M")
        if isinstance(node, n.Quoted):
            return self.put("step", node.value)
        if isinstance(node, n.Setting):
            return self.put("setting", node.text)
        if isinstance(node, n.Binary):
            left, right = (self.bracketed(node, side, place) for side in (node.left, node.right))
            return left + _ARITHMETIC[node.op] + right
        if isinstance(node, n.Call):
            return self.put(node.function, self.listed(self.sum(arg, place) for arg in node.args))
        if isinstance(node, n.AsOf):
            return self.put("as_of", base=self.sum(node.base, place), moment=self.sum(node.moment, place))
        if isinstance(node, n.Choose):
            chosen = self.put(
                "choose",
                condition=self.condition(node.condition, place),
                first=self.sum(node.first, place),
                second=self.sum(node.second, place),
            )
            return f"（{chosen}）" if self.lang == "zh" else f"({chosen})"
        if isinstance(node, n.Bracket):
            return self.put("bracket", self.sum(node.of, place), self.put("setting", node.table.text))
        return self.fold(node, place)

    def bracketed(self, node: n.Binary, side: n.Sum, place: Place) -> str:
        said = self.sum(side, place)
        loose = isinstance(side, n.Binary) and (node.op in "*/" or (node.op == "-" and side is node.right))
        return f"({said})" if loose else said

    def fold(self, node: n.Fold, place: Place) -> str:
        items = self.items(node.items, place)
        if node.of is None:
            return self.put("count", items=items)
        inside = self.inside(node.items, place)
        of = self.sum(node.of, inside)
        key = {"count": "count_different", "sum": "sum"}.get(node.kind, f"{node.kind}_of")
        if node.kind in ("least", "greatest") and self.names.sum(node.of, inside).family == "moment":
            key = {"least": "earliest_of", "greatest": "latest_of"}[node.kind]
        elif node.kind == "sum" and of.endswith("合计"):  # a field called so: not twice
            key = "sum_of_sums"
        elif node.kind == "count" and isinstance(node.of, n.Path) and node.of.root == "parent" and not node.of.names:
            key = "different_parents"
        return self.put(f"{node.kind}_gap" if node.gap else key, items=items, of=of)

    def path(self, node: n.Path, place: Place) -> str:
        if node.bare in ("now", "today"):
            return self.words[node.bare or ""]
        owner = self.words[node.root] if node.root else ""
        kind = place.kind
        if node.root == "this":
            kind = Kind("record", forms=(self.form,))
        elif node.root:
            kind = (place.it if node.root == "it" else place.parent) or ANY
        if node.root == "this" and place.outer is None and place.kind.forms == (self.form,) and node.names:
            owner = ""  # the record itself is meant anyway
        said = owner
        for position, name in enumerate(node.names):
            following = node.names[position + 1] if position + 1 < len(node.names) else None
            found = self.names.named(kind, name, following)
            label = self.label(kind, name, found)
            said = self.put("of", owner=said, name=label) if said else label
            kind = found or ANY
            if kind.type in ("ref", "staff") and following is not None:
                kind = Kind("record", kind.field, kind.forms)
        return said

    def label(self, kind: Kind, name: str, found: Kind | None) -> str:
        if kind.type == "step":
            return self.words.get(name, name)
        if found is not None and found.type == "step":
            return self.put("step", found.forms[0].steps[name].label.say(self.lang) or name)
        field: Field | None = self.names.columns(kind).get(name)
        if field is not None:
            return field.label.say(self.lang) or name
        if name in ("state", "id", "at", "by", "span"):
            return self.words[name]
        return (
            {"value": self.words["it"], "day": self.words["it"]}.get(name, name)
            if kind.type != "record"
            else name
        )
