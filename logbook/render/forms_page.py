"""The description of forms for people: fields, steps, clocks and checks in words, with their sources."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from itertools import zip_longest

from logbook.core.form import Check
from logbook.core.form import Clock
from logbook.core.form import Default
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.form import Step
from logbook.core.keeping import read_keep
from logbook.core.packfile import pack_from
from logbook.core.value import replace
from logbook.locale.catalogue import Catalogue
from logbook.locale.catalogue import spoken
from logbook.render.tables import Column
from logbook.render.tables import limits
from logbook.render.tables import table
from logbook.render.width import plain
from logbook.render.width import width as columns_of
from logbook.render.width import wrap

_PAGE_WIDTH = 100
_NARROW = 32  # a last column narrower than that is hard to read


def forms_list(library: Library, lang: str, *, width: int | None = None) -> str:
    """All forms of a book, the newest version of each, by name; a line above those of each pack says its name."""
    say = Catalogue(lang).say
    columns = [
        Column("form", say("render.form"), whole=True),
        Column("title", say("render.title")),
        Column("alias", say("render.alias")),
        Column("prefix", say("render.prefix"), whole=True),
        Column("version", say("render.version"), "int"),
    ]
    forms = sorted(library.forms.values(), key=lambda form: (form.pack != "core", form.pack, form.name))
    rows = [(form.name, form.title, form.alias, form.prefix, form.version) for form in forms]
    head, rule, *drawn = table(columns, rows, lang, width).splitlines()
    lines = [head, rule]
    titles = {source.pack: pack_from(source).title for source in library.shared.get("pack", ())}
    above = None
    for form, line in zip(forms, drawn, strict=True):
        if form.pack != above:
            above = form.pack
            title = titles.get(above)
            lines.append(say("render.pack-of-forms", pack=above, title=title) if title else above)
        lines.append(line)
    return "\n".join(lines) + "\n"


def form_page(form: Form, library: Library, lang: str, *, width: int | None = None) -> str:
    """One form for people, in lines of at most ``width`` columns (default 100)."""
    return _Page(form, library, lang, width or _PAGE_WIDTH).text()


class _Page:
    def __init__(self, form: Form, library: Library, lang: str, width: int) -> None:
        self.form = form
        self.library = library
        self.lang = lang
        self.width = width
        self.words = Catalogue(lang)
        self.say = self.words.say

    def text(self) -> str:
        parts = [self.head(), self.section("render.fields", self.fields(self.form.fields.values()))]
        for field in self.form.fields.values():
            if field.columns:
                title = self.say("render.columns_of", label=field.label, id=field.id)
                parts.append(self.inner(title, self.fields(field.columns.values(), field.id)))
        parts.append(self.section("render.steps", self.steps()))
        if self.form.signatures:
            parts.append(self.section("render.signatures", self.signatures()))
        if self.form.clocks:
            parts.append(
                self.section("render.clocks", self.items(map(self.clock, self.form.clocks.values())))
            )
        if self.form.checks:
            parts.append(self.section("render.checks", self.items(map(self.check, self.form.checks))))
        return "\n\n".join(parts)

    def section(self, code: str, body: str) -> str:
        return f"{self.say(code)}\n{body}"

    def inner(self, title: str, body: str) -> str:
        return f"{title}\n{body}"

    def head(self) -> str:
        form = self.form
        lines = [f"{form.title.say(self.lang)}  {form.full_name}"]
        if form.register:
            lines.append(self.say("render.register_number"))
        else:
            lines.append(self.say("render.number", number=f"{form.prefix}-yyyymmdd-A001"))
        if form.alias:
            lines.append(self.say("render.alias_line", alias=form.alias))
        if form.effective:
            lines.append(self.say("render.effective", date=form.effective))
        keep = read_keep(form.keep)
        if keep is not None:
            lines.append(self.say("render.keep", period=keep.say(self.lang)))
        if form.purpose:
            lines += self.wrapped(self.say("render.purpose", purpose=form.purpose))
        if form.source:
            lines += self.wrapped(self.say("render.source", source=form.source))
        return "\n".join(lines)

    def fields(self, fields: Iterable[Field], within: str | None = None) -> str:
        columns = [
            Column("id", self.say("render.id"), "id"),
            Column("label", self.say("render.label"), whole=True),
            Column("type", self.say("render.type"), whole=True),
            Column("required", self.say("render.required"), whole=True),
            Column("default", self.say("render.default"), whole=True),
            Column("notes", self.say("render.notes")),
        ]
        rows = [
            (
                field.id,
                field.label,
                self.say(f"render.type_{field.type}", target=field.target).strip(),
                self.say("render.yes") if field.required else "",
                self.default(field),
                self.joined(self.notes(field, within)),
            )
            for field in fields
        ]
        return self.table(columns, rows)

    def default(self, field: Field) -> str:
        default = field.default
        if default is None:
            return ""
        first = self.first_default(field, default)
        if default.other is None:
            return first
        return self.say("render.or").join([first, self.default(replace(field, default=default.other))])

    def first_default(self, field: Field, default: Default) -> str:
        if default.kind == "value":
            label = field.choices.get(default.text)
            if field.type == "bool":
                return self.words.words(default.text == "true")
            return label.say(self.lang) if label else default.text
        if default.kind == "within":
            return self.say("render.default_within", within=self.budget(default.text))
        if default.kind == "field":
            return self.say("render.default_field", name=self.name(default.text))
        return self.say(f"render.default_{default.kind}")

    def notes(self, field: Field, within: str | None = None) -> Iterable[str]:
        if field.target and field.type == "choice":
            listed = self.library.checklists.get(field.target[0])
            yield self.say("render.item_of", checklist=listed.title if listed else field.target)
        elif field.choices:
            choices = [f"{name} {label.say(self.lang)}" for name, label in field.choices.items()]
            yield self.say("render.choices", choices=choices)
        if field.holds:
            yield self.say("render.is", name=self.moment(field.holds))
        if field.derived_text:
            yield self.say("render.derived", rule=self.rule(field.derived, field.derived_text, within))
        if field.unit:
            yield self.say("render.unit", unit=field.unit)
        if field.private:
            yield self.say("render.private")
        if field.note:
            yield field.note.say(self.lang)
        if field.inferred:
            yield self.say("render.inferred")

    def steps(self) -> str:
        from logbook.core.builtin import all_steps

        columns = [
            Column("id", self.say("render.id"), "id"),
            Column("label", self.say("render.label"), whole=True),
            Column("way", self.say("render.way")),
            Column("who", self.say("render.who")),
            Column("needs", self.say("render.needs")),
            Column("notes", self.say("render.notes")),
        ]
        rows: list[tuple[object, ...]] = [
            (
                step.id,
                step.label,
                self.way(step),
                self.roles(step.by),
                self.needs(step),
                self.joined(self.step_notes(step)),
            )
            for step in all_steps(self.form, self.library.settings).values()
        ]
        if not any(row[-1] for row in rows):
            columns, rows = columns[:-1], [row[:-1] for row in rows]
        return self.table(columns, rows)

    def way(self, step: Step) -> str:
        before = self.words.join(self.state(name) for name in step.from_) or self.say("render.new")
        after = self.state(step.to) if step.to else self.say("render.stays")
        return self.say("render.arrow", before=before, after=after)

    def state(self, name: str) -> str:
        label = self.form.states.get(name)
        return label.say(self.lang) if label else name

    def roles(self, roles: Iterable[str]) -> str:
        told = [
            self.say("render.everyone")
            if role == "staff"
            else (self.library.roles[role].say(self.lang) if role in self.library.roles else role)
            for role in roles
        ]
        return self.words.join(told) or self.say("render.everyone")

    def needs(self, step: Step) -> str:
        told = [self.name(name) for name in step.requires]
        told += [field.label.say(self.lang) for field in step.fields.values() if field.required]
        if step.reason:
            told.append(self.say("render.needs_reason"))
        if step.approver:
            told.append(self.say("render.needs_approver"))
        return self.words.join(told)

    def step_notes(self, step: Step) -> Iterable[str]:
        for field in step.fields.values():
            if field.id == "why":
                yield f"{field.label.say(self.lang)}: {self.words.join(field.choices.values())}"
        if step.when is not None:
            yield self.say("render.clock_when", rule=self.rule(step.when, step.when_text or ""))
        for name, count in step.adds.items():
            yield self.say("render.adds", field=self.name(name), count=count)
        if step.opens:
            yield self.say("render.opens", form=[self.opened(*one) for one in step.opens])
        if step.inferred:
            yield self.say("render.inferred")

    def opened(self, name: str, when: str | None) -> str:
        """A form that follows, with its condition."""
        from logbook.core.definition import read_condition

        form = self.library.forms.get(name)
        title = form.title.say(self.lang) if form else name
        if when is None:
            return title
        return self.say("render.opens_when", form=title, rule=self.rule(read_condition(when), when))

    def signatures(self) -> str:
        columns = [
            Column("id", self.say("render.id"), "id"),
            Column("meaning", self.say("render.meaning"), whole=True),
            Column("who", self.say("render.who")),
            Column("step", self.say("render.step")),
            Column("notes", self.say("render.notes")),
        ]
        rows = [
            (
                place.id,
                place.label,
                self.roles(place.roles),
                self.step(place.at) if place.at else "",
                self.say("render.clock_when", rule=self.rule(place.when, place.when_text or ""))
                if place.when is not None
                else "",
            )
            for place in self.form.signatures.values()
        ]
        if not any(row[-1] for row in rows):
            columns, rows = columns[:-1], [row[:-1] for row in rows]  # type: ignore[misc]
        return self.table(columns, rows)

    def clock(self, clock: Clock) -> str:
        sentence = self.say(
            "render.clock",
            label=clock.label or clock.id,
            id=clock.id,
            starts=self.say("render.or").join(self.moment(name) for name in clock.starts),
            stops=self.say("render.or").join(self.moment(name) for name in clock.stops),
            within=self.say("render.clock_off")
            if clock.within is None
            else clock.within.say(self.lang, self.budget_label),
        )
        more = []
        if clock.when is not None:
            more.append(
                self.say("render.clock_when", rule=self.rule(clock.when, getattr(clock.when, "text", "")))
            )
        if clock.to:
            more.append(self.say("render.clock_to", role=self.roles([clock.to])))
        if clock.not_before:
            more.append(self.say("render.clock_not_before", field=self.name(clock.not_before)))
        more += self.pausing(clock)
        for step in clock.escalate:
            role = self.roles([step.to])
            if step.share is not None:
                more.append(self.say("render.clock_share", share=step.share, role=role))
            elif step.after is not None:
                amount = getattr(step.after, "amount", step.after.say)(self.lang)
                more.append(self.say("render.clock_after", after=amount, role=role))
        if clock.outlives:
            more.append(self.say("render.clock_outlives"))
        if clock.off and clock.within is not None:
            more.append(self.say("render.clock_off"))
        return self.paragraph(sentence, more, clock.source, inferred=clock.inferred)

    def pausing(self, clock: Clock) -> Iterable[str]:
        """Whether and how long a clock may be paused; nothing of one that a pause does not move."""
        from logbook.core.budgets import can_pause
        from logbook.core.budgets import parse_within
        from logbook.core.clocksteps import caps_of

        if clock.pauses is not None and not clock.pauses.allowed:
            yield self.say("render.clock_no_pause")
        elif can_pause(clock.within):
            _, most, longest = caps_of(clock, self.library.settings)
            amount = getattr(parse_within(longest), "amount", lambda lang: longest)(self.lang)
            yield self.say("render.clock_pause", longest=amount, most=most)

    def check(self, check: Check) -> str:
        rule = self.rule(check.rule, check.text)
        sentence = check.say.say(self.lang) if check.say else rule
        mark = f"{check.id}, {self.say('render.warning')}" if check.severity == "warning" else check.id
        sentence = f"{sentence}（{mark}）" if self.lang == "zh" else f"{sentence} ({mark})"
        more = [rule] if check.say and rule != sentence else []
        return self.paragraph(sentence, more, check.source, inferred=check.inferred)

    def paragraph(self, sentence: str, more: list[str], source: str | None, *, inferred: bool) -> str:
        if inferred:
            more.append(self.say("render.inferred"))
        if source:
            more.append(self.say("render.source", source=source))
        return self.joined([sentence, *more])

    def table(self, columns: list[Column], rows: Sequence[tuple[object, ...]]) -> str:
        return _unfolded(columns, rows, self.lang, self.width)

    def items(self, paragraphs: Iterable[str]) -> str:
        return "\n".join(
            "\n".join(
                ("- " if first == 0 else "  ") + line for first, line in enumerate(wrap(text, self.width - 2))
            )
            for text in paragraphs
        )

    def joined(self, parts: Iterable[str]) -> str:
        return ("；" if self.lang == "zh" else "; ").join(part for part in parts if part)

    def wrapped(self, text: str) -> list[str]:
        return wrap(text, self.width)

    def rule(self, rule: object, text: str, within: str | None = None) -> str:
        """The rule as prose in the reader's language, else as the form's file has it."""
        try:
            from logbook.core import rules
        except ImportError:
            return text
        tell = getattr(rules, "say", None)
        if tell is None or rule is None:
            return text
        return str(tell(rule, self.form, self.lang, library=self.library, within=within)) or text

    def name(self, path: str) -> str:
        """A field's label; each part of a path where it is known."""
        head, dot, rest = path.partition(".")
        field = self.form.fields.get(head)
        if field is None:
            return path
        label = field.label.say(self.lang) or head
        if not dot:
            return label
        column = field.columns.get(rest)
        if column is None:
            for target in field.target:
                linked = self.library.forms.get(target)
                if linked is not None and rest in linked.fields:
                    column = linked.fields[rest]
                    break
        return f"{label}.{column.label.say(self.lang) if column else rest}"

    def budget(self, text: str) -> str:
        from logbook.core.budgets import BudgetError
        from logbook.core.budgets import parse_within

        try:
            return parse_within(text).say(self.lang, self.budget_label)
        except BudgetError:
            return text

    def budget_label(self, name: str, choice: str | None = None) -> str:
        """A field a budget names, or one of its choices."""
        if choice is None:
            return self.name(name)
        field = self.form.fields.get(name)
        label = field.choices.get(choice) if field else None
        return label.say(self.lang) if label else choice

    def step(self, name: str) -> str:
        step = self.form.steps.get(name)
        return step.label.say(self.lang) if step and step.label else name

    def moment(self, name: str) -> str:
        """A moment or person of the header, of a step or of a field, in words."""
        if name in ("at", "by"):
            return self.say(f"render.moment_{name}")
        step, _, what = name.partition(".")
        if step in self.form.steps:
            code = {"by": "render.event_by", "approved_by": "render.event_approver"}.get(
                what, "render.event_at"
            )
            return self.say(code, step=self.step(step))
        return self.name(name)


def _unfolded(columns: list[Column], rows: Sequence[tuple[object, ...]], lang: str, width: int) -> str:
    """A table in which what does not fit goes on below: a description leaves nothing out.

    Where the last column would be squeezed its words stand in lines of their own under the row.
    """
    used = [place for place, column in enumerate(columns) if any(row[place] for row in rows)]
    heads = [columns[place] for place in used]
    cells = [[plain(spoken(row[place], lang)) for place in used] for row in rows]
    room = limits(heads, [column.head(lang) for column in heads], cells, width)
    below = (
        columns[-1] in heads
        and len(heads) > 2
        and room[-1] < _NARROW
        and any(columns_of(row[-1]) > room[-1] for row in cells)
    )
    beside = heads[:-1] if below else heads
    if below:
        room = limits(beside, [column.head(lang) for column in beside], [row[:-1] for row in cells], width)
    lines: list[list[str]] = []
    notes: dict[int, list[str]] = {}
    for row in cells:
        folded = [wrap(cell, limit) for cell, limit in zip(row, room, strict=False)]
        lines += [list(line) for line in zip_longest(*folded, fillvalue="")]
        if below and row[-1]:
            notes[len(lines)] = [f"    {line}" for line in wrap(row[-1], width - 4)]
    drawn = table(beside, lines, lang).splitlines()
    text = drawn[:2]
    for number, line in enumerate(drawn[2:], 1):
        text += [line, *notes.get(number, [])]
    return "\n".join(text)
