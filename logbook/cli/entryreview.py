"""The review before an entry is recorded: all of it on one sheet, any line of which can be changed."""

from __future__ import annotations

from collections.abc import Iterable

import click

from logbook.cli import terminal
from logbook.cli.answers import APPROVER
from logbook.cli.answers import BETWEEN
from logbook.cli.answers import REASON
from logbook.cli.answers import Answers
from logbook.cli.answers import Back
from logbook.core.errors import Refused
from logbook.core.form import Field
from logbook.operations import asking
from logbook.render.width import cut
from logbook.render.width import pad
from logbook.render.width import plain
from logbook.render.width import width

MORE = ("+", "＋", "更多")
LEAVE = ("q", "Q", "离开")


class Review(Answers):
    """Shows what will be recorded, and lets the person change it."""

    def review(self) -> None:
        """Show the sheet and do what is asked until Enter."""
        while True:
            rows = self._sheet()
            click.echo(f"  {cut(self.say('ask.review'), terminal.columns() - 3)}", err=True)
            word = terminal.read_line(self.say("ask.record") + ": ").strip()
            try:
                if word == "":
                    return
                if word in terminal.BACK:
                    if self.last is not None:
                        self.ask(self.last)
                elif word in terminal.EXPLAIN:
                    self.tell(self.say("ask.review-help"))
                elif word in LEAVE:
                    self.answered = True
                    self.save()
                    raise click.Abort
                elif word in MORE:
                    self._more({field.id for field in rows})
                else:
                    self._change(word, rows)
            except Back:
                continue

    def _sheet(self) -> list[Field]:
        fields = asking.open_fields(self.form, self.step)
        values = self.with_defaults()
        brought = {path.partition(".")[0].rstrip("+") for path in self.changes.set}
        wanted = {*self.needed, *self.marked, *brought}
        usual = set()
        if self.step is None:
            wanted |= {*self.form.columns, *(field.id for field in fields if field.holds in ("at", "id"))}
            usual = {field.id for field in fields if values.get(field.id) not in (None, "", [], {})} - wanted
        wanted |= {field.id for field in fields if field.holds and field.holds in self.changes.held}
        rows = [field for field in fields if field.id in wanted]
        # What the form keeps for a later step, and somebody gave now.
        rows += [field for name, field in self.form.fields.items() if name in wanted and field not in rows
                 and field.derived_text is None and not field.holds and field.id in brought | self.marked]  # fmt: skip
        if REASON.id in self.needed or self.kept.reason:
            rows.append(REASON)
        if APPROVER.id in self.needed or self.kept.approved_by:
            rows.append(APPROVER)
        title = self.form.title if self.step is None else self.step.label
        head = self.say("ask.sheet", title=title, id=self.kept.record or "").rstrip()
        click.echo(f"\n{cut(plain(head), terminal.columns() - 1)}", err=True)
        names = [field.label.say(self.lang) for field in rows]
        wide = min(20, max(map(width, names), default=0))
        for number, (field, name) in enumerate(zip(rows, names, strict=True), 1):
            line = f"{number:>2}  {pad(cut(name, wide), wide)}  {self._standing(field)}"
            mark = "!" if field.id in self.marked else " "
            click.echo(cut(mark + line, terminal.columns() - 1), err=True)
        others = [field for field in fields if field.id in usual]
        if others:
            told = [
                f"{number} {field.label.say(self.lang)} {cut(self.current(field, None)[1], 16)}"
                for number, field in enumerate(others, len(rows) + 1)
            ]
            self.tell(self.say("ask.defaults"))
            self.lay_out(told)
        return rows + others

    def _standing(self, field: Field) -> str:
        now, usual = self.current(field, None)
        return now or (self.say("ask.usual", value=usual) if usual else "—")

    def _change(self, word: str, rows: list[Field]) -> None:
        if "=" in word or "＝" in word:
            name, _, value = word.replace("＝", "=", 1).partition("=")
            fields = self._named(name.strip(), asking.open_fields(self.form, self.step))
            if fields and fields[0].type not in ("list", "checklist"):
                meaning = self._meaning(fields[0], value.strip(), asking.choices_of(self.session, fields[0]))
                if isinstance(meaning, str):
                    self.take(fields[0], None, meaning)
                elif meaning:
                    self.ask(fields[0])
            return
        parts = [part for part in BETWEEN.split(word) if part]
        if parts and all(part.isdecimal() for part in parts):
            numbers = [int(part) for part in parts]
            if any(not 1 <= number <= len(rows) for number in numbers):
                self.tell(self.say("ask.no-number", most=len(rows)))
                return
            for number in numbers:
                self.ask(rows[number - 1])
            return
        for field in self._named(word, [*rows, *asking.open_fields(self.form, self.step)]):
            self.ask(field)

    def _named(self, word: str, fields: Iterable[Field]) -> list[Field]:
        """The field a name, its beginning or its initials stand for; none where that is not clear (it was said)."""
        known = {field.id: field for field in fields}
        found = asking.like({name: (name, field.label.zh, field.label.en) for name, field in known.items()}, word)
        if len(found) == 1:
            return [known[found[0]]]
        code = "ask.several-fields" if found else "ask.no-field"
        self.tell(self.say(code, found=word, known=[known[name].label for name in found[: asking.MOST]]))
        return []

    def _more(self, shown_already: set[str]) -> None:
        """The other fields, by number; several at once, or all."""
        fields = [field for field in asking.open_fields(self.form, self.step) if field.id not in shown_already]
        if not fields:
            self.tell(self.say("ask.no-more"))
            return
        self.lay_out([f"{number} {field.label.say(self.lang)}" for number, field in enumerate(fields, 1)])
        self.tell(self.say("ask.which"))
        word = terminal.read_line(self.say("ask.answer") + ": ").strip()
        if word in ("", *terminal.BACK):
            return
        if word == "*":
            for field in fields:
                self.ask(field)
            return
        for part in filter(None, BETWEEN.split(word)):
            if part.isdecimal() and 1 <= int(part) <= len(fields):
                self.ask(fields[int(part) - 1])
            elif part.isdecimal():
                self.tell(self.say("ask.no-number", most=len(fields)))
            else:
                for field in self._named(part, fields):
                    self.ask(field)

    def refused(self, refused: Refused) -> None:
        """Say what speaks against it; nothing is lost, and the fields it is about are marked in the sheet."""
        click.echo(err=True)
        self.tell(self.say("ask.refused"))
        for issue in refused.issues:
            self.tell_finding(issue)
        names = {(issue.field or "").partition(".")[0] for issue in refused.issues}
        self.marked = {name for name in names if name in self.form.fields}
        if self.step is not None:
            self.marked |= {name for name in names if name in self.step.fields}
        if "reason" in names:
            self.needed.add(REASON.id)
        if "approved_by" in names:
            self.needed.add(APPROVER.id)
