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
from logbook.core.rules.reach import ranges
from logbook.core.rules.scope import FACTS
from logbook.core.rules.sums import RANKINGS
from logbook.core.suggest import hint
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.core.value import replace

MAX_LINKS = 2
MAX_SHOWN = 12
PRESENCE = ("filled", "empty")
LIFE = ("open", "finished")
NUMBERS = ("int", "decimal", "money", "number")
MOMENTS = ("date", "datetime")
# What is compared letter by letter: `=` may stand between any two of these.
WORDS = ("text", "longtext", "phone", "choice", "staff", "ref", "duty", "record", "attachment", "signature")
UNSORTED = ("choice", "staff", "ref", "duty", "record", "bool", "multichoice", "list", "checklist")
# What is known of a value that may be of either type of one family.
_WIDER = {"number": "number", "moment": "datetime", "word": "text"}
BUILT_IN_STEPS = ("void", "pause", "resume", "extend", "reassign", "reopen", "amend")


@frozen
class Kind:
    """What is known of a value: its type, and what it points at or is chosen from.

    ``type`` is a field type, or ``number record row interval duration any``.
    """

    type: str
    field: Field | None = None
    forms: tuple[Form, ...] = ()

    @property
    def family(self) -> str:
        if self.type in NUMBERS:
            return "number"
        if self.type in MOMENTS:
            return "moment"
        return "word" if self.type in WORDS else self.type


ANY = Kind("any")
NUMBER = Kind("number")
DURATION = Kind("duration")


@frozen
class Place:
    """Whose names the bare ones are; ``it`` and ``parent`` where there are any."""

    kind: Kind
    it: Kind | None = None
    parent: Kind | None = None
    outer: Kind | None = None


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


class Names:
    """What the words of one form's sentences mean, and every one that means nothing."""

    def __init__(self, form: Form, library: Library, place: n.Where) -> None:
        self.form = form
        self.library = library
        self.place = place
        self.issues: list[Issue] = []
        self.strangers: set[str] = set()

    # ------------------------------------------------------------- reporting

    def add(self, code: str, node: n.Node, **args: object) -> None:
        told = {**args, "column": self.place.column_of(node.column)}
        self.issues.append(
            Issue(code, told, path=self.place.path, line=self.place.line, field=self.place.label)
        )

    def unknown(self, code: str, node: n.Node, word: str, options: Iterable[str], **args: object) -> None:
        allowed = list(dict.fromkeys(options))
        self.add(code, node, word=word, allowed=allowed, hint=hint(word, allowed), **args)

    def form_named(self, name: str, node: n.Node) -> Form | None:
        """A form of the library; one it does not have is reported once a sentence."""
        found = self.library.forms.get(name)
        if found is None and name not in self.strangers and name not in self.library.absent:
            self.strangers.add(name)
            self.unknown("rule.unknown-form", node, name, sorted(self.library.forms))
        return found

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

    def span(self, node: n.Node, kind: Kind) -> Kind:
        named = [form.span for form in kind.forms] or ([kind.field.span] if kind.field is not None else [])
        if named and not all(named):
            owner = kind.field.id if kind.field is not None else kind.forms[0].name
            self.add("rule.no-span", node, owner=owner)
        return Kind("interval")

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

    # ------------------------------------------------------------- paths

    def columns(self, kind: Kind) -> Mapping[str, Field]:
        if kind.type == "row" and kind.field is not None:
            if kind.field.type == "checklist":
                return _CHECKLIST
            return kind.field.columns
        if len(kind.forms) == 1:
            return kind.forms[0].fields
        merged: dict[str, Field] = {}
        for form in kind.forms:
            for name, field in form.fields.items():
                known = merged.get(name)
                merged[name] = field if known is None else _either_of(known, field)
        return merged

    def path(self, node: n.Path, place: Place) -> Kind:
        names = node.names
        if node.bare == "now":
            return Kind("datetime")
        if node.bare == "today":
            return Kind("date")
        start: Kind | None
        if node.root == "this":
            start = Kind("record", forms=(self.form,))
        elif node.root == "it":
            start = place.it
            if start is None:
                self.add("rule.no-every", node, word=node.text)
        elif node.root == "parent":
            start = place.parent
            if start is None:
                self.add("rule.no-parent", node, word=node.text)
        else:
            start = place.kind
            if start.type not in ("record", "row", "any"):
                if node.bare in ("value", "day"):
                    return start
                near = ("value", "day", f"this.{node.text}")
                self.unknown("rule.unknown-field", node, node.text, near, owner=self.form.name)
                return ANY
        if start is None or start.type == "any":
            return ANY
        kind, links = start, 0
        for position, name in enumerate(names):
            if position and kind.type not in ("record", "row", "step"):
                if kind.type not in ("ref", "staff"):
                    if kind.type != "any":
                        before = ".".join(names[:position])
                        self.add("rule.not-reference", node, word=before, name=name, type=kind.type)
                    return ANY
                links += 1
                if links > MAX_LINKS:
                    self.add("rule.too-far", node, word=node.text, limit=MAX_LINKS)
                    return ANY
                if not kind.forms:
                    targets = kind.field.target if kind.field is not None else ()
                    for target in targets:
                        self.form_named(target, node)
                    return ANY
                kind = Kind("record", kind.field, kind.forms)
            following = names[position + 1] if position + 1 < len(names) else None
            found = self.named(kind, name, following)
            if found is None:
                self.nameless(node, name, kind, place if not position and not node.root else None)
                return ANY
            kind = found
            if kind.type == "any":
                return ANY
            if kind.type in ("ref", "staff") and position + 1 == len(names):
                return kind
        return kind

    def named(self, kind: Kind, name: str, following: str | None) -> Kind | None:
        """What ``name`` is in a record, a row or a step; None when there is no such thing."""
        if kind.type == "step":
            if name not in FACTS:
                return None
            return self.person() if name in ("by", "approved_by") else Kind("datetime")
        if name == "span":
            return self.span_or_none(kind)
        field = self.columns(kind).get(name)
        if kind.type == "record":
            steps = [form for form in kind.forms if name in form.steps]
            if steps and following in FACTS:
                return Kind("step", forms=tuple(steps))
            if name == "state":
                return Kind("state", forms=kind.forms)
            if name == "id":
                return Kind("text")
            if field is None and name == "at":
                return Kind("datetime")
            if field is None and name == "by":
                return self.person()
            if not kind.forms:
                return ANY
        return None if field is None else self.kind_of(field)

    def span_or_none(self, kind: Kind) -> Kind | None:
        if kind.type == "row" and kind.field is not None:
            return Kind("interval") if kind.field.span else None
        return Kind("interval") if any(form.span for form in kind.forms) else None

    def person(self) -> Kind:
        staff = self.library.forms.get("staff")
        return Kind("staff", forms=() if staff is None else (staff,))

    def kind_of(self, field: Field) -> Kind:
        if field.type == "staff":
            return Kind("staff", field, self.person().forms)
        if field.type != "ref":
            return Kind(field.type, field)
        known = [self.library.forms[name] for name in field.target if name in self.library.forms]
        return Kind("ref", field, tuple(known))

    def nameless(self, node: n.Path, name: str, kind: Kind, place: Place | None) -> None:
        """Say that there is no such name, unless it may stand in a form this library does not have."""
        field = kind.field
        if name == "span":
            owner = field.id if field is not None else ", ".join(form.name for form in kind.forms)
            self.add("rule.no-span", node, owner=owner)
            return
        if kind.type == "record" and field is not None and field.type == "ref":
            missing = [target for target in field.target if target not in self.library.forms]
            if missing:
                for target in missing:
                    self.form_named(target, node)
                return
        if kind.type == "record" and not kind.forms:
            return
        options = [*self.columns(kind)]
        owner = ", ".join(form.name for form in kind.forms) or (field.id if field is not None else "")
        if place is not None and kind.type == "row" and name in self.form.fields:
            self.add(
                "rule.unknown-field", node, word=name, allowed=options, owner=owner,
                hint=Text(f"是不是“this.{name}”？", f' Did you mean "this.{name}"?'),
            )  # fmt: skip
            return
        if kind.type == "record":
            options += ["state", "at", "by", "id"]
            if not owner or kind.forms[0] is self.form:
                options += [f"{step}.{fact}" for step in self.form.steps for fact in ("at", "by")]
        shown = [option for option in options if "." not in option]
        if len(shown) > MAX_SHOWN:
            shown = [*shown[:MAX_SHOWN], "…"]
        self.add("rule.unknown-field", node, word=name, allowed=shown, owner=owner, hint=hint(name, options))


_CHECKLIST = {
    "item": Field("item", Text("项目", "Item"), "text"),
    "result": Field(
        "result", Text("结果", "Result"), "choice",
        choices={"pass": Text("合格", "pass"), "fail": Text("不合格", "fail"), "na": Text("不适用", "n/a")},
    ),
    "remark": Field("remark", Text("备注", "Remark"), "text"),
    "value": Field("value", Text("读数", "Reading"), "decimal"),
}  # fmt: skip


def _either_of(first: Field, second: Field) -> Field:
    """One field that may be that of either form: its columns and choices are those of both."""
    return replace(
        first,
        columns={**second.columns, **first.columns},
        choices={**second.choices, **first.choices},
        target=tuple(dict.fromkeys((*first.target, *second.target))),
    )


def candidate(node: n.Sum) -> bool:
    """A name of the record or row that a ``where`` looks at."""
    return isinstance(node, n.Path) and node.root in ("", "parent") and bool(node.names)


def said(node: n.Sum) -> str:
    """A few words of a sum for a message."""
    if isinstance(node, (n.Path, n.Setting)):
        return node.text or "this"
    if isinstance(node, n.Number):
        return f"{node.value} {node.unit}" if node.unit else str(node.value)
    if isinstance(node, (n.Day, n.Clocktime)):
        return str(node.value)[:10] if isinstance(node, n.Day) else node.value.strftime("%H:%M")
    if isinstance(node, n.Quoted):
        return f'"{node.value}"'
    if isinstance(node, n.Binary):
        return f"{said(node.left)} {node.op} {said(node.right)}"
    if isinstance(node, n.Call):
        return f"{node.function}({', '.join(said(arg) for arg in node.args)})"
    if isinstance(node, n.AsOf):
        return f"{said(node.base)} as of {said(node.moment)}"
    if isinstance(node, n.Choose):
        return f"({said(node.first)} if … else {said(node.second)})"
    if isinstance(node, n.Bracket):
        return f"bracket of {said(node.of)}"
    return f"{node.kind} …"
