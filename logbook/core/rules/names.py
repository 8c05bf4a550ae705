"""Names at load time: every word of a sentence is looked up by type, before any record is asked."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import cast

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.rules import nodes as n
from logbook.core.rules.brackets import EDGES
from logbook.core.rules.brackets import Brackets
from logbook.core.rules.brackets import brackets_from
from logbook.core.rules.conditions import CONDITIONS
from logbook.core.rules.items import independent
from logbook.core.rules.kinds import ANY
from logbook.core.rules.kinds import BUILT_IN_STEPS
from logbook.core.rules.kinds import DURATION
from logbook.core.rules.kinds import NUMBER
from logbook.core.rules.kinds import Kind
from logbook.core.rules.kinds import Paths
from logbook.core.rules.kinds import Place
from logbook.core.rules.kinds import candidate
from logbook.core.rules.kinds import said
from logbook.core.rules.reach import ranges
from logbook.core.rules.sums import RANKINGS
from logbook.core.suggest import hint
from logbook.core.value import replace

PRESENCE = ("filled", "empty")
LIFE = ("open", "finished")
UNSORTED = ("choice", "staff", "ref", "duty", "record", "bool", "multichoice", "list", "checklist")
# What is known of a value that may be of either type of one family.
_WIDER = {"number": "number", "moment": "datetime", "word": "text"}


def check_names(
    sentence: n.AnySentence,
    form: Form,
    library: Library,
    *,
    where: n.Where | str | None = None,
    within: str | None = None,
) -> list[Issue]:
    """Everything a sentence of ``form`` names and nobody knows, each with its column.

    ``within``: the list whose row the sentence is about (a derived column, a clock with ``each:``).
    """
    place = where if isinstance(where, n.Where) else n.Where(label=where)
    return Names(form, library, place).sentence(sentence, within)


class Names(Paths):
    """What the words of one form's sentences mean, and every one that means nothing."""

    # ------------------------------------------------------------- sentences

    def sentence(self, sentence: n.AnySentence, within: str | None) -> list[Issue]:
        here = Kind("record", forms=(self.form,))
        place = Place(here)
        listed = self.form.fields.get(within) if within is not None else None
        if listed is not None:
            row = Kind("row", listed)
            place = Place(row, it=row, parent=here, outer=here)
        if isinstance(sentence, n.Rule):
            self.rule(sentence, place)
        elif isinstance(sentence.node, CONDITIONS):
            self.condition(cast("n.Condition_", sentence.node), place)
        else:
            self.sum(cast("n.Sum", sentence.node), place)
        return self.issues

    def rule(self, rule: n.Rule, place: Place) -> None:
        inner = place
        if rule.every is not None:
            item, parent = self.items(rule.every, place)
            inner = Place(item, it=item, parent=parent, outer=place.kind)
        self.claim(rule.claim, inner)
        if rule.condition is not None:
            self.condition(rule.condition, inner)
        if rule.gate is not None:
            for name in rule.gate.names:
                if rule.gate.kind == "while":
                    self.state_name(name)
                else:
                    self.step_name(name)

    def step_name(self, name: n.Name) -> None:
        if name.text not in self.form.steps and name.text not in BUILT_IN_STEPS:
            self.unknown("rule.unknown-step", name, name.text, self.form.steps, form=self.form.name)

    def state_name(self, name: n.Name) -> None:
        if name.text not in self.form.states:
            self.unknown("rule.unknown-state", name, name.text, self.form.states, form=self.form.name)

    def claim(self, claim: n.Claim, place: Place) -> None:
        if isinstance(claim, n.Holds):
            self.condition(claim.condition, place)
        elif isinstance(claim, n.ExactlyIf):
            self.condition(claim.left, place)
            self.condition(claim.right, place)
        elif isinstance(claim, (n.Required, n.OneOf)):
            for path in claim.paths:
                self.path(path, place)
        elif isinstance(claim, n.Unique):
            inside = place
            if place.kind.type != "row":
                inside = Place(Kind("record", forms=(self.form,)), it=place.it)
            for path in claim.paths:
                self.single(path, inside)
            if claim.where is not None:
                self.condition(claim.where, inside)
        elif isinstance(claim, n.NoOverlap):
            item, parent = self.items(claim.items, place, keyed=False)
            inside = Place(item, it=place.it, parent=parent, outer=place.kind)
            self.span(claim, item)
            for path in claim.per:
                self.single(path, inside)
        elif isinstance(claim, n.NoGap):
            item, _ = self.items(claim.items, place)
            self.span(claim, item)
            self.sum(claim.start, place)
            self.sum(claim.end, place)
        elif isinstance(claim, n.Frozen):
            self.own_field(claim.path)
            self.step_name(claim.step)
        else:
            self.own_field(claim.path)
            for name in claim.steps:
                self.step_name(name)

    def single(self, path: n.Path, place: Place) -> None:
        """A path whose values are told apart: one value, not a list."""
        if self.path(path, place).type in ("list", "checklist"):
            self.add("rule.use-rows", path, word=path.text)

    def own_field(self, path: n.Path) -> None:
        if path.bare is None or path.bare not in self.form.fields:
            self.unknown("rule.unknown-field", path, path.text, self.form.fields, owner=self.form.name)

    # ------------------------------------------------------------- conditions

    def condition(self, node: n.Condition_, place: Place) -> None:
        if isinstance(node, (n.Either, n.Both)):
            for part in node.parts:
                self.condition(part, place)
        elif isinstance(node, n.Compare):
            self.compare(node, place)
        elif isinstance(node, n.Is):
            self.is_(node, place)
        elif isinstance(node, n.Signed):
            self.signed(node, place)
        elif isinstance(node, n.Includes):
            kind = self.sum(node.left, place)
            if node.setting is not None:
                self.setting(node.setting, place)
            if kind.type == "multichoice" and kind.field is not None:
                for value in node.values:
                    if value.value not in kind.field.choices:
                        self.unknown_value(node.left, value, kind.field.choices)
            elif kind.type in ("list", "checklist"):
                self.add("rule.use-rows", node.left, word=said(node.left))
            elif kind.type != "any":
                self.add("rule.not-many", node.left, word=said(node.left), type=kind.type)
        elif isinstance(node, n.HasRole):
            kind = self.sum(node.left, place)
            if kind.type not in ("staff", "any", "record"):
                self.add("rule.not-person", node.left, word=said(node.left), type=kind.type)
            if node.setting is not None:
                self.setting(node.setting, place)
            if self.library.roles:
                for value in node.values:
                    if value.value not in self.library.roles:
                        self.unknown("rule.unknown-role", value, str(value.value), self.library.roles)
        elif isinstance(node, n.FallsOn):
            self.moment(node.left, place)
        elif isinstance(node, n.Within):
            self.within(node, place)
        elif isinstance(node, n.Same):
            self.moment(node.left, place, also=("text",))
            self.moment(node.right, place, also=("text",))
            if node.unit not in ("day", "week", "month", "year"):
                self.hours(node.unit, node)
        else:
            item_place = place
            if node.number is not None:
                self.number(node.number, item_place)
            self.items(node.items, place)

    def signed(self, node: n.Signed, place: Place) -> None:
        forms = place.kind.forms if place.kind.type == "record" else (self.form,)
        for name in node.meanings:
            for form in forms:
                if name.text not in form.signatures:
                    self.unknown("rule.unknown-signature", name, name.text, form.signatures, form=form.name)

    def compare(self, node: n.Compare, place: Place) -> None:
        kinds = []
        for position, term in enumerate(node.terms):
            if isinstance(term, n.Path) and term.bare is not None:
                other = node.terms[position - 1 if position else 1]
                if self.is_meant(term, other, place):
                    return
            kinds.append(self.sum(term, place))
        for position, op in enumerate(node.ops):
            left, right = kinds[position], kinds[position + 1]
            terms = node.terms[position], node.terms[position + 1]
            if not self.comparable(left, right, terms):
                self.add(
                    "rule.not-comparable", node.terms[position + 1],
                    left=said(terms[0]), right=said(terms[1]), types=[left.type, right.type],
                )  # fmt: skip
            elif op not in ("=", "<>"):
                for kind, term in ((left, terms[0]), (right, terms[1])):
                    if kind.type in UNSORTED:
                        self.add("rule.no-order", term, word=said(term), type=kind.type, op=op)
                        break

    def is_meant(self, term: n.Path, other: n.Sum, place: Place) -> bool:
        """``kind = round``: a choice after ``=``, where ``is`` was meant."""
        name = term.bare or ""
        if self.columns(place.kind).get(name) is not None or name in ("now", "today"):
            return False
        if name not in ("true", "false", *PRESENCE):
            quiet = Names(self.form, self.library, self.place)
            kind = quiet.sum(other, place) if isinstance(other, n.Path) else ANY
            if quiet.issues or kind.field is None or name not in kind.field.choices:
                return False
        self.add("rule.use-is", term, word=name, left=said(other))
        return True

    def comparable(self, left: Kind, right: Kind, terms: tuple[n.Sum, n.Sum]) -> bool:
        families = {left.family, right.family}
        if "any" in families or len(families) == 1:
            return True
        if families <= {"moment", "time"}:
            return "date" not in (left.type, right.type)
        if families == {"number", "duration"}:
            return any(isinstance(term, n.Number) and not term.value for term in terms)
        return False

    def is_(self, node: n.Is, place: Place) -> None:
        if isinstance(node.left, n.Path) and node.left.text == "state" and place.kind.type == "record":
            kind = place.kind
        else:
            kind = self.sum(node.left, place)
        if node.setting is not None:
            self.setting(node.setting, place)
            return
        for value in node.values:
            self.is_value(node.left, kind, value)

    def is_value(self, left: n.Sum, kind: Kind, value: n.Value) -> None:
        word = value.value
        if kind.type == "any" or (word in PRESENCE and not value.quoted):
            return
        if kind.type in ("ref", "staff", "record", "state"):
            forms = kind.forms
            states = [state for form in forms for state in form.states]
            if forms and word not in (*states, *LIFE, "voided"):
                owner = ", ".join(form.name for form in forms)
                self.unknown_value(left, value, [*states, *LIFE], owner=owner)
        elif kind.type == "choice" and kind.field is not None:
            if word not in kind.field.choices:
                self.unknown_value(left, value, kind.field.choices)
        elif kind.type == "bool":
            if word not in ("true", "false"):
                self.unknown_value(left, value, ("true", "false"))
        elif kind.family == "number":
            if isinstance(word, str):
                self.unknown_value(left, value, PRESENCE)
        elif kind.family == "word":
            if not value.quoted and isinstance(word, str):
                self.add("rule.quote", value, word=word, text=word)
        elif kind.type == "multichoice":
            self.add("rule.use-includes", value, word=said(left), value=str(word))
        else:
            self.unknown_value(left, value, PRESENCE)

    def unknown_value(self, left: n.Sum, value: n.Value, options: Iterable[str], *, owner: str = "") -> None:
        allowed = list(dict.fromkeys(options))
        word = str(value.value)
        self.add(
            "rule.unknown-state-of" if owner else "rule.unknown-value", value,
            name=said(left), word=word, allowed=allowed, hint=hint(word, allowed), owner=owner,
        )  # fmt: skip

    def within(self, node: n.Within, place: Place) -> None:
        kind = self.sum(node.left, place)
        if kind.family not in ("moment", "time", "interval", "number", "any"):
            self.add("rule.not-moment", node.left, word=said(node.left), type=kind.type)
        low = node.low
        if isinstance(low, n.Setting):
            self.setting(low, place)
        elif isinstance(low, n.Path) and low.bare is not None and self.is_hours(low.bare, place):
            pass
        else:
            self.sum(low, place)
        if node.high is not None:
            self.sum(node.high, place)

    def is_hours(self, name: str, place: Place) -> bool:
        hours = self.library.settings.get("hours")
        return name not in self.columns(place.kind) and isinstance(hours, Mapping) and name in hours

    def hours(self, name: str, node: n.Node) -> None:
        hours = self.library.settings.get("hours")
        # A library read without a site's settings cannot know the site's hours.
        if isinstance(hours, Mapping) and name not in hours:
            self.unknown("rule.unknown-hours", node, name, ("day", "week", "month", "year", *map(str, hours)))

    # ------------------------------------------------------------- items

    def items(self, items: n.Items, place: Place, *, keyed: bool = True) -> tuple[Kind, Kind | None]:
        """What one of the items is, and the record it stands in when it is a row.

        ``keyed``: they must be few, or be found through the index."""
        parent: Kind | None = None
        if items.kind == "record":
            forms = [self.form_named(path.text, path) for path in items.paths]
            item = Kind("record", forms=tuple(form for form in forms if form is not None))
            if None in forms:
                item = ANY
        elif items.form is not None:
            form = self.form_named(items.form, items)
            if form is None:
                item, parent = ANY, ANY
            else:
                parent = Kind("record", forms=(form,))
                item = self.rows(items.paths, Place(parent))
        elif items.kind == "row":
            item = self.rows(items.paths, place)
            parent = Kind("record", forms=(self.form,))
        else:
            item = self.values(items, place)
        if items.where is not None:
            inside = Place(item, it=place.it, parent=parent, outer=place.kind)
            self.condition(items.where, inside)
        if ranges(items) and keyed:
            self.keyed(items, item if items.form is None else parent)
        return item, parent

    def rows(self, paths: tuple[n.Path, ...], place: Place) -> Kind:
        found: list[Field] = []
        for path in paths:
            kind = self.path(path, place)
            if kind.type in ("list", "checklist") and kind.field is not None:
                found.append(kind.field)
            elif kind.type != "any":
                self.add("rule.not-list", path, word=path.text, type=kind.type)
        if len(found) < len(paths):
            return ANY
        if len(found) == 1:
            return Kind("row", found[0])
        # Several lists are gone through as one: only the columns they share have a meaning.
        shared = [name for name in found[0].columns if all(name in field.columns for field in found)]
        columns = {name: found[0].columns[name] for name in shared}
        span = found[0].span if all(field.span for field in found) else None
        return Kind("row", replace(found[0], columns=columns, span=span))

    def values(self, items: n.Items, place: Place) -> Kind:
        item = ANY
        for path in items.paths:
            kind = self.path(path, place)
            if items.kind == "day":
                if kind.family not in ("moment", "interval", "any"):
                    self.add("rule.not-moment", path, word=path.text, type=kind.type)
                item = Kind("date")
            elif kind.type == "multichoice" and kind.field is not None:
                item = Kind("choice", replace(kind.field, type="choice"))
            elif kind.type != "any":
                self.add("rule.not-many", path, word=path.text, type=kind.type)
        return item

    def keyed(self, items: n.Items, kind: Kind | None) -> None:
        """Going over all records of a form is refused, unless it is a register or the index helps."""
        if kind is None or (kind.forms and all(form.register for form in kind.forms)):
            return
        for fact in n.conjuncts(items.where):
            if isinstance(fact, n.Compare) and any(map(candidate, fact.terms)):
                if any(independent(term) for term in fact.terms):
                    return
            elif isinstance(fact, n.Is) and candidate(fact.left) and not fact.negated:
                return
            elif isinstance(fact, (n.Within, n.Same)) and candidate(fact.left):
                return
        self.add("rule.no-key", items, forms=[items.form] if items.form else [p.text for p in items.paths])

    # ------------------------------------------------------------- sums

    def sum(self, node: n.Sum, place: Place) -> Kind:
        if isinstance(node, n.Path):
            return self.path(node, place)
        if isinstance(node, n.Number):
            return NUMBER if node.unit is None else DURATION
        if isinstance(node, n.Day):
            return Kind("date")
        if isinstance(node, n.Clocktime):
            return Kind("time")
        if isinstance(node, n.Quoted):
            return Kind("text")
        if isinstance(node, n.Setting):
            self.setting(node, place)
            return ANY
        if isinstance(node, n.Binary):
            return self.binary(node, place)
        if isinstance(node, n.Call):
            kinds = [self.sum(arg, place) for arg in node.args]
            return kinds[0] if node.function in ("min", "max", "abs") else NUMBER
        if isinstance(node, n.AsOf):
            return self.as_of(node, place)
        if isinstance(node, n.Choose):
            return self.choose(node, place)
        if isinstance(node, n.Bracket):
            self.number(node.of, place)
            self.brackets(node, place)
            return ANY
        return self.fold(node, place)

    def number(self, node: n.Sum, place: Place) -> None:
        kind = self.sum(node, place)
        if kind.family not in ("number", "any"):
            self.add("rule.not-number", node, word=said(node), type=kind.type)

    def moment(self, node: n.Sum, place: Place, *, also: tuple[str, ...] = ()) -> None:
        kind = self.sum(node, place)
        if kind.family not in ("moment", "any") and kind.type not in also:
            self.add("rule.not-moment", node, word=said(node), type=kind.type)

    def binary(self, node: n.Binary, place: Place) -> Kind:
        left, right = self.sum(node.left, place), self.sum(node.right, place)
        pair = (left.family, right.family)
        if "any" in pair:
            return ANY
        if pair == ("number", "number"):
            return NUMBER
        if node.op in "+-":
            if pair == ("duration", "duration"):
                return DURATION
            if pair in (("moment", "duration"), ("time", "duration")):
                return left
            if node.op == "+" and pair in (("duration", "moment"), ("duration", "time")):
                return right
            if node.op == "-" and pair in (("moment", "moment"), ("time", "time")):
                return DURATION
            if left.type == "text" and right.family == "duration":
                return left
        elif pair in (("duration", "number"), ("number", "duration")):
            return DURATION
        elif node.op == "/" and pair == ("duration", "duration"):
            return NUMBER
        self.add(
            "rule.arithmetic", node, left=said(node.left), op=node.op, right=said(node.right),
            types=[left.type, right.type],
        )  # fmt: skip
        return ANY

    def choose(self, node: n.Choose, place: Place) -> Kind:
        self.condition(node.condition, place)
        first, second = self.sum(node.first, place), self.sum(node.second, place)
        if "any" in (first.type, second.type):
            return second if first.type == "any" else first
        if first.family != second.family:
            self.add(
                "rule.two-kinds", node.second, left=said(node.first), right=said(node.second),
                types=[first.type, second.type],
            )  # fmt: skip
            return ANY
        return first if first.type == second.type else Kind(_WIDER.get(first.family, first.type), first.field)

    def brackets(self, node: n.Bracket, place: Place) -> None:
        """The table of a ``bracket``, where the settings are known: its lines cover their range once."""
        before = len(self.issues)
        self.setting(node.table, place)
        if not self.library.settings or len(self.issues) > before:
            return
        groups: list[object] = [self.library.settings]
        edges: list[object] = []
        for place_, key in enumerate(node.table.keys):
            if place_ + 1 == len(node.table.keys) and place_:
                edges = [group.get("edge") for group in groups if isinstance(group, Mapping)]
            groups = [
                found
                for group in groups
                if isinstance(group, Mapping)
                for found in (group.values() if isinstance(key, n.Path) else (group.get(key),))
            ]
        for raw in groups:
            if isinstance(node.table.keys[-1], n.Path) and not isinstance(raw, Mapping):
                continue  # the edge that stands beside the tables
            read = brackets_from(raw)
            if not isinstance(read, Brackets):
                self.add("rule.bad-brackets", node.table, word=node.table.text, why=read)
                return
            if isinstance(raw, Mapping):
                edges.append(raw.get("edge"))
        for edge in edges:
            if edge is not None and edge not in EDGES:
                self.no_such("edge", node.table, edge, EDGES)
                return

    def no_such(self, name: str, node: n.Node, word: object, allowed: Iterable[str]) -> None:
        allowed = list(allowed)
        self.add(
            "rule.unknown-value", node, name=name, word=str(word), allowed=allowed,
            hint=hint(str(word), allowed), owner="",
        )  # fmt: skip

    def fold(self, node: n.Fold, place: Place) -> Kind:
        if node.kind == "rank" and node.of is not None:
            own = self.sum(node.of, place)
            if own.type in UNSORTED:
                self.add("rule.no-order", node.of, word=said(node.of), type=own.type, op="rank of")
        if node.way is not None:
            self.way(node.way, place)
        item, parent = self.items(node.items, place)
        for end in (node.start, node.end):
            if end is not None:
                self.sum(end, place)
        if node.of is None:
            return NUMBER
        of = self.sum(node.of, Place(item, it=place.it, parent=parent, outer=place.kind))
        if node.gap:
            return NUMBER if of.family == "number" else DURATION
        if node.kind in ("count", "rank"):
            return NUMBER
        if node.kind in ("sum", "mean", "median") and of.family not in ("number", "duration", "any"):
            self.add("rule.not-number", node.of, word=said(node.of), type=of.type)
        return of

    def way(self, node: n.Setting, place: Place) -> None:
        """How a ``rank`` counts on after equals."""
        before = len(self.issues)
        self.setting(node, place)
        known: object = self.library.settings
        for key in node.keys:
            known = known.get(key) if isinstance(known, Mapping) and isinstance(key, str) else None
        if known is not None and len(self.issues) == before and known not in RANKINGS:
            self.no_such(node.text, node, known, RANKINGS)

    def as_of(self, node: n.AsOf, place: Place) -> Kind:
        kind = self.sum(node.base, place)
        self.moment(node.moment, place)
        history = kind.type in ("ref", "staff", "record", "choice", "state", "any")
        derived = kind.field is not None and kind.field.derived_text is not None
        if not (history or derived):
            self.add("rule.no-history", node.base, word=said(node.base), type=kind.type)
        return kind

    def setting(self, node: n.Setting, place: Place) -> None:
        for key in node.keys:
            if isinstance(key, n.Path):
                self.path(key, place)
        known: object = self.library.settings
        if not known:
            return
        for key in node.keys:
            if not isinstance(known, Mapping):
                self.unknown("rule.unknown-setting", node, node.text, ())
                return
            if isinstance(key, n.Path):
                values = list(known.values())
                if not values:
                    return
                known = values[0]
            elif key not in known:
                self.unknown("rule.unknown-setting", node, str(key), map(str, known))
                return
            else:
                known = known[key]
