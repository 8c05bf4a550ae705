"""What a person who enters a record at a terminal is asked and told."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from logbook.cli import terminal
from logbook.cli.context import Context
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Step
from logbook.core.issues import Issue
from logbook.core.record import Stored
from logbook.core.text import Text
from logbook.operations import asking
from logbook.operations import drafting
from logbook.operations.words import Changes
from logbook.render.width import cut
from logbook.render.width import pad
from logbook.render.width import plain
from logbook.render.width import width

if TYPE_CHECKING:
    from logbook.operations.reading import World


class Questions:
    """One entry being typed. ``before``: what the record holds already (of a step)."""

    def __init__(
        self,
        context: Context,
        form: Form,
        changes: Changes,
        kept: drafting.Kept,
        *,
        step: Step | None = None,
        before: Mapping[str, Stored] | None = None,
        drafts: bool = True,
    ) -> None:
        self.context = context
        self.session = context.session
        self.say = context.catalogue.say
        self.lang = context.lang
        self.form = form
        self.changes = changes
        self.kept = kept
        kept.set, kept.held = changes.set, changes.held
        self.step = step
        self.before = before or {}
        self.drafts = drafts
        self.answered = False
        self.needed: set[str] = set()
        self.marked: set[str] = set()
        self.last: Field | None = None
        self.at = self.session.now
        self._world: World | None = None
        self._filled: dict[str, Stored] | None = None

    def is_needed(self, field: Field) -> bool:
        return field.required or field.id in self.needed

    def question(self, field: Field, options: list[asking.Option], now: str, usual: str) -> str:
        label = field.label.say(self.lang)
        if not self.is_needed(field) and not now and not usual:
            label = self.say("ask.optional", label=label)
        listed = "  ".join(f"{number} {option.label}" for number, option in enumerate(options, 1))
        stands = f" [{cut(now or usual, 24)}]" if now or usual else ""
        fits = width(label + listed + stands) < terminal.columns() * 3 // 5
        if listed and fits and not any(one.more for one in options):
            return f"{label} ({listed}){stands}"
        return label + stands

    def show_options(self, options: list[asking.Option], short: str) -> None:
        """The things to pick from on lines of their own, where the question does not hold them."""
        if not options or f"1 {options[0].label}" in short:
            return
        if any(option.more for option in options):
            for number, option in enumerate(options, 1):
                click.echo(cut(f"  {number} {option.label}  {option.more}".rstrip(), terminal.columns() - 1), err=True)
        else:
            self.lay_out([f"{number} {option.label}" for number, option in enumerate(options, 1)])

    def lay_out(self, words: list[str]) -> None:
        """Short words in as many columns as there is room for."""
        room = terminal.columns() - 2
        wide = min(max(map(width, words)) + 2, room)
        across = max(1, min(4, room // wide))
        wide = room // across if across > 1 else wide
        for start in range(0, len(words), across):
            line = "".join(pad(cut(word, wide - 1), wide) for word in words[start : start + across])
            click.echo(f"  {line}".rstrip(), err=True)

    def explain(self, field: Field) -> None:
        kind = self.say(f"ask.type-{field.type}") if self.context.catalogue.has(f"ask.type-{field.type}") else ""
        facts = [kind, self.say("ask.required") if self.is_needed(field) else self.say("ask.may-stay-empty")]
        facts += [self.say("ask.private")] if field.private else []
        self.tell(f"{field.label.say(self.lang)} ({field.id}) " + " · ".join(filter(None, facts)))
        for told in asking.explanation(self.session, self.form, field):
            self.tell(told.say(self.lang) if isinstance(told, Text) else told)
        self.tell(self.say("ask.help"))

    def tell(self, text: str) -> None:
        from logbook.render.width import wrap

        for line in wrap(plain(text, newline="\n"), terminal.columns() - 3):
            click.echo(f"  {line}", err=True)

    def tell_finding(self, issue: Issue) -> None:
        """What speaks against the whole, by the name of the field; a rule's own sentence says enough."""
        sentence, fix = self.context.catalogue.issue(issue)
        name = (issue.field or "").partition(".")[0]
        field = self.form.fields.get(name)
        label = field.label.say(self.lang) if field is not None else ""
        colon = "：" if self.lang == "zh" else ": "
        self.tell(f"{label}{colon}{sentence}" if label and label not in sentence else sentence)
        if fix and not issue.args.get("say") and not issue.args.get("rule_text"):
            self.tell(f"  → {fix}")

    def tell_issues(self, issues: Iterable[Issue]) -> None:
        """What is wrong with an answer: one sentence, and what would be right where the question does not say."""
        for issue in issues:
            sentence, fix = self.context.catalogue.issue(issue)
            self.tell(sentence if issue.rule == "field.choice" or not fix else f"{sentence}。{fix}")
            break
