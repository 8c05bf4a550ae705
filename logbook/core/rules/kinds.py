"""What is known of a value before any record is asked: its type, what it points at, and what a path leads to."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.rules import nodes as n
from logbook.core.rules.scope import FACTS
from logbook.core.suggest import hint
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.core.value import replace

MAX_LINKS = 2
MAX_SHOWN = 12
NUMBERS = ("int", "decimal", "money", "number")
MOMENTS = ("date", "datetime")
# What is compared letter by letter: `=` may stand between any two of these.
WORDS = ("text", "longtext", "phone", "choice", "staff", "ref", "duty", "record", "attachment", "signature")
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


class Paths:
    """Follows the paths of one form's sentences, collecting issues."""

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

    def span(self, node: n.Node, kind: Kind) -> Kind:
        named = [form.span for form in kind.forms] or ([kind.field.span] if kind.field is not None else [])
        if named and not all(named):
            owner = kind.field.id if kind.field is not None else kind.forms[0].name
            self.add("rule.no-span", node, owner=owner)
        return Kind("interval")

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
