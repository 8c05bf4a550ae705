"""One answer after the other: a field, its rows, the lines of a checklist; a draft is kept after each."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import click

from logbook.cli import terminal
from logbook.cli.questions import Questions
from logbook.core.form import Field
from logbook.core.lifecycle import put_path
from logbook.core.record import Stored
from logbook.core.secret import MASK
from logbook.core.text import Text
from logbook.core.values import shown
from logbook.operations import asking
from logbook.operations import drafting
from logbook.operations.words import Changes
from logbook.render.width import cut
from logbook.render.width import plain

if TYPE_CHECKING:
    from logbook.core.form import ChecklistItem

REASON = Field("--reason", Text("原因", "Reason"), "text", required=True)
APPROVER = Field("--approved-by", Text("批准人", "Approved by"), "staff", required=True)
CLEAR = ("-", "－")
VERDICT_KEYS = {"p": "pass", "f": "fail", "n": "na", "\r": "pass", "\n": "pass", " ": "pass"}
VERDICT_LABELS = {"pass": Text("合格", "pass"), "fail": Text("不合格", "fail"), "na": Text("不适用", "n/a")}
BETWEEN = re.compile(r"[\s,,、;;]+")


class Back(Exception):
    """The person goes back one."""


class Answers(Questions):
    """Takes the answers to the questions of one entry."""

    # --- one field ----------------------------------------------------------------------------

    def ask(self, field: Field) -> None:
        """Ask for one field until its answer can be taken, is left out, or the person goes back."""
        self.last = field
        if field.type == "list":
            self._ask_rows(field)
        elif field.type == "checklist":
            self._ask_checklist(field)
        else:
            self._ask_value(field, None)

    def _ask_value(self, field: Field, column: Field | None, first: str = "") -> Stored | None:
        """``column``: of a row that is being typed; its value is given back. ``first``: said when nothing is
        typed, where that ends the rows."""
        asked = column or field
        options = asking.choices_of(self.session, asked)
        now, usual = self.current(field, column)
        while True:
            self.show_options(options, short=self.question(asked, options, now, usual))
            answer = terminal.read_line(self.question(asked, options, now, usual) + ": ")
            word = answer.strip()
            if word in terminal.BACK:
                raise Back
            if word in terminal.EXPLAIN:
                self.explain(asked)
                continue
            if word == "" or word in terminal.KEEP:
                if now or usual or column is not None or not self.is_needed(asked):
                    return None
                self.tell(self.say("ask.needed", label=asked.label))
                continue
            if word in CLEAR and column is None and now and not self.is_needed(asked):
                self._clear(field)
                return None
            found = self._meaning(asked, word, options)
            if found is None:
                continue
            if isinstance(found, list):
                options = found
                continue
            taken, value = self.take(field, column, found)
            if taken:
                return value

    def _meaning(self, field: Field, word: str, options: list[asking.Option]) -> str | list[asking.Option] | None:
        """What was typed as a value; several things it may mean; None where nobody knows (it was said)."""
        if word.startswith(("\\", "、\\")) and len(word) > 1:
            return word[1:]
        guessed = field.type in ("choice", "multichoice", "bool", "staff", "ref", "duty")
        if not guessed:
            return word
        if field.type == "multichoice":
            values = []
            for part in filter(None, BETWEEN.split(word)):
                one = self._one_of(field, part, options)
                if not isinstance(one, str):
                    return one
                values.append(one)
            return ",".join(values)
        return self._one_of(field, word, options)

    def _one_of(self, field: Field, word: str, options: list[asking.Option]) -> str | list[asking.Option] | None:
        if word in {option.value for option in options}:
            return word
        if word.isdecimal() and 1 <= int(word) <= len(options):
            return self._picked(options[int(word) - 1])
        changes = self._try(field, word)
        if not changes.issues:
            self._tell_whose(field, changes, word)
            return word
        found = asking.meant(self.session, field, word)
        if len(found) == 1:
            return self._picked(found[0])
        if found:
            self.tell(self.say("ask.several", found=word))
            if len(found) > asking.MOST:
                self.tell(self.say("ask.too-many", count=len(found) - asking.MOST))
            return found[: asking.MOST]
        self.tell_issues(self._try(field, word).issues)
        return None

    def _picked(self, option: asking.Option) -> str:
        self.tell("= " + "  ".join(part for part in (option.label, option.more) if part))
        return option.value

    def _try(self, field: Field, word: str) -> Changes:
        """What one word comes to in a field or column, changing nothing."""
        from logbook.core.value import replace
        from logbook.operations.words import changes_from
        from logbook.operations.writing import resolve_references

        alone = replace(self.form, fields={**self.form.fields, field.id: field})
        changes = changes_from(
            alone, [f"{field.id}={word}"], self.session.library, now=self.session.now, zone=self.session.zone
        )
        resolve_references(self.session, alone, changes)
        return changes

    def take(self, field: Field, column: Field | None, word: str) -> tuple[bool, Stored]:
        """Set what was typed; whether it could be, and the value of a column."""
        from logbook.core.values import register_id_issue

        if field is REASON:
            self.kept.reason = word
            return self._changed()
        asked = column or field
        changes = self._try(asked, word)
        bad = register_id_issue(changes.held["id"]) if "id" in changes.held and asked.holds == "id" else None
        issues = [*changes.issues, *([bad] if bad else [])]
        if issues:
            self.tell_issues(issues)
            return False, None
        self.changes.files.update(changes.files)
        if column is not None:
            return True, changes.set.get(column.id)
        if field is APPROVER:
            self.kept.approved_by = str(changes.set[field.id])
            return self._changed()
        self._clear(field, save=False)
        self.changes.set.update(changes.set)
        self.changes.held.update(changes.held)
        self._tell_read(field, word)
        return self._changed()

    def _tell_read(self, field: Field, word: str) -> None:
        """How a moment was understood, where that is not what was typed."""
        value = self.changes.set.get(field.id, self.changes.held.get(field.holds or ""))
        if field.type in ("date", "time", "datetime") and isinstance(value, str):
            text = shown(field, value, self.lang)
            if text != word:
                self.tell(f"= {text}")

    def _tell_whose(self, field: Field, changes: Changes, word: str) -> None:
        """What the record is that was named by its id, and whose."""
        value = changes.set.get(field.id)
        if field.type == "ref" and isinstance(value, str):
            rows = [row for form in field.target for row in self.session.index.find(form, value)]
            told = asking.about(self.session, rows[0]) if rows else ""
            if told:
                self.tell(f"= {value}  {told}" if value != word else f"= {told}")

    def _changed(self) -> tuple[bool, Stored]:
        self.answered = True
        self._filled = None
        self.save()
        return True, None

    def _clear(self, field: Field, *, save: bool = True) -> None:
        for path in [path for path in self.changes.set if path.partition(".")[0].rstrip("+") == field.id]:
            del self.changes.set[path]
        if field.holds:
            self.changes.held.pop(field.holds, None)
        if save:
            self._changed()

    def save(self) -> None:
        if not self.drafts:
            return
        try:
            drafting.keep(self.session, self.form, self.kept)
        except OSError as error:  # a full disk must not end an entry that may still be recorded elsewhere
            self.drafts = False
            self.tell(self.say("ask.no-draft-kept", why=error.strerror or str(error)))

    # --- rows and checklists ------------------------------------------------------------------

    def _ask_rows(self, field: Field) -> None:
        columns = [column for column in field.columns.values() if column.derived_text is None]
        held = self.changes.set.get(f"{field.id}+") or self.changes.set.get(field.id)
        rows: list[Stored] = list(held) if isinstance(held, list) else []
        while True:
            self.tell(self.say("ask.row", label=field.label, row=len(rows) + 1))
            row: dict[str, Stored] = {}
            place = 0
            while place < len(columns):
                column = columns[place]
                try:
                    value = self._ask_value(field, column)
                except Back:
                    if place == 0:
                        if not rows:
                            raise
                        rows.pop()
                        break
                    place -= 1
                    row.pop(columns[place].id, None)
                    continue
                if value is None and not row and place == 0:
                    if rows or not self.is_needed(field):
                        return
                    self.tell(self.say("ask.needed", label=field.label))
                    continue
                if value is not None:
                    row[column.id] = value
                elif column.required and column.default is None:
                    self.tell(self.say("ask.needed", label=column.label))
                    continue
                place += 1
            else:
                rows.append(row)
            self._clear(field, save=False)
            if rows:
                self.changes.set[f"{field.id}+"] = list(rows)
            self._changed()

    def _ask_checklist(self, field: Field) -> None:
        from logbook.core.values import answers_of

        checklist = self.session.library.checklists.get(field.target[0]) if field.target else None
        if checklist is None:
            return
        usual = answers_of(checklist, "pass", self._fields())
        items = [item for item in checklist.items.values() if usual[item.id] == "pass"]
        self.tell(self.say("ask.checklist", label=field.label, count=len(items)))
        verdicts: dict[str, Stored] = {}
        with terminal.key_by_key() as read_key:
            while len(verdicts) < len(items):
                self._ask_line(items, verdicts, read_key)
        for item_id in checklist.items:
            self.changes.set[f"{field.id}.{item_id}"] = verdicts.get(item_id, usual[item_id])
        self._changed()

    def _ask_line(self, items: list[ChecklistItem], verdicts: dict[str, Stored], read_key: Callable[[], str]) -> None:
        """One line of a checklist, by one key."""
        item = items[len(verdicts)]
        question = f"  {len(verdicts) + 1}/{len(items)} {item.label.say(self.lang)}"
        click.echo(cut(plain(question), terminal.columns() - 10) + ": ", nl=False, err=True)
        key = read_key()
        if key in terminal.BACK:
            click.echo("<", err=True)
            if not verdicts:
                raise Back
            verdicts.popitem()
        elif key in terminal.EXPLAIN:
            click.echo("?", err=True)
            self.tell(item.criterion.say(self.lang) if item.criterion else self.say("ask.keys"))
        elif key in ("a", "A"):
            click.echo(self.say("ask.rest-pass"), err=True)
            verdicts.update({one.id: "pass" for one in items[len(verdicts) :]})
        elif key.lower() in VERDICT_KEYS:
            verdict = VERDICT_KEYS[key.lower()]
            click.echo(VERDICT_LABELS[verdict].say(self.lang), err=True)
            verdicts[item.id] = verdict
        else:
            click.echo(err=True)
            self.tell(self.say("ask.keys"))

    # --- what stands there --------------------------------------------------------------------

    def _fields(self) -> dict[str, Stored]:
        fields = dict(self.before)
        for path, value in self.changes.set.items():
            fields = put_path(fields, path, value)
        return fields

    def with_defaults(self) -> dict[str, Stored]:
        """What the record will hold: defaults are those of this moment, and shown before they are taken."""
        if self._filled is None:
            if self.step is not None:
                self._filled = self._fields()
            else:
                from logbook.operations import defaults
                from logbook.operations.reading import World

                self._world = self._world or World(self.session)
                at = self.changes.held.get("at")
                moment = defaults.Moment(
                    datetime.fromisoformat(at) if at else self.at, self.changes.held.get("by") or self.kept.by
                )
                self._filled = defaults.fill(self.session, self.form, self._fields(), moment, self._world)
        return self._filled

    def current(self, field: Field, column: Field | None) -> tuple[str, str]:
        """What stands there, and what will where nothing is typed."""
        if column is not None:
            usual = column.default.text if column.default is not None and column.default.kind == "value" else ""
            return "", shown(column, usual, self.lang) if usual else ""
        if field is REASON or field is APPROVER:
            return (self.kept.reason if field is REASON else self.kept.approved_by) or "", ""
        if field.holds:
            held = self.changes.held.get(field.holds)
            if held:
                return self._shown(field, held), ""
            fact = field.holds.rpartition(".")[2]
            usual = self.at.isoformat() if fact == "at" else self.kept.by if fact == "by" else ""
            return "", self._shown(field, usual)
        value = self._fields().get(field.id)
        if value not in (None, "", [], {}):
            return self._shown(field, value), ""
        if field.default is None or self.step is not None:
            return "", ""
        value = self.with_defaults().get(field.id)
        if field.private and value and not self._sees_private():
            return "", MASK
        return "", self._shown(field, value)

    def _sees_private(self) -> bool:
        from logbook.cli.people import sees_private

        return sees_private(self.context)

    def _shown(self, field: Field, value: Stored) -> str:
        if field.type == "datetime" and isinstance(value, str) and value:
            return datetime.fromisoformat(value).astimezone(self.session.zone).strftime("%Y-%m-%d %H:%M")
        if field.type == "staff" and isinstance(value, str) and value:
            rows = self.session.index.find("staff", value)
            return rows[0].title if rows and rows[0].title else value
        return plain(shown(field, value, self.lang))
