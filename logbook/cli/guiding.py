"""Guided entry at a terminal: field by field, a review, then one record; a draft is kept after every answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from logbook.cli import terminal
from logbook.cli.context import Context
from logbook.core.errors import Refused
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Step
from logbook.core.issues import Issue
from logbook.core.lifecycle import put_path
from logbook.core.record import Stored
from logbook.core.secret import MASK
from logbook.core.text import Text
from logbook.core.values import shown
from logbook.operations import asking
from logbook.operations import drafting
from logbook.operations.words import Changes
from logbook.render.width import cut
from logbook.render.width import pad
from logbook.render.width import plain
from logbook.render.width import width

if TYPE_CHECKING:
    from logbook.core.form import ChecklistItem
    from logbook.operations.add import Request
    from logbook.operations.reading import Loaded
    from logbook.operations.reading import World
    from logbook.operations.session import Session
    from logbook.operations.writing import Written

REASON = Field("--reason", Text("原因", "Reason"), "text", required=True)
APPROVER = Field("--approved-by", Text("批准人", "Approved by"), "staff", required=True)
MORE = ("+", "＋", "更多")
LEAVE = ("q", "Q", "离开")
CLEAR = ("-", "－")
VERDICT_KEYS = {"p": "pass", "f": "fail", "n": "na", "\r": "pass", "\n": "pass", " ": "pass"}
VERDICT_LABELS = {"pass": Text("合格", "pass"), "fail": Text("不合格", "fail"), "na": Text("不适用", "n/a")}
_BETWEEN = re.compile(r"[\s,,、;;]+")


class _Back(Exception):
    """The person goes back one."""


class Guide:
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

    # --- the whole ----------------------------------------------------------------------------

    def ask_all(self, fields: Iterable[Field]) -> None:
        """Ask for these, one after the other; ``<`` goes back one."""
        asked = list({field.id: field for field in fields}.values())
        self.needed |= {field.id for field in asked}
        place = 0
        while place < len(asked):
            try:
                self.ask(asked[place])
                place += 1
            except _Back:
                if place == 0:
                    self._tell(self.say("ask.first"))
                place = max(0, place - 1)

    def finish(self, record: Callable[[], Written]) -> Written:
        """Show what will be recorded until the person agrees and the book takes it."""
        while True:
            self._review()
            try:
                written = record()
            except Refused as refused:
                self._refused(refused)
                continue
            if self.drafts:
                drafting.drop(self.kept)
            return written

    def guarded(self, work: Callable[[], Written]) -> Written:
        """Do it; whatever ends it before its end leaves the draft, and says so."""
        try:
            return work()
        except (KeyboardInterrupt, EOFError, click.Abort) as error:
            click.echo(err=True)
            self.tell_kept()
            raise click.Abort from error
        except Exception:
            self.tell_kept()
            raise

    def tell_kept(self) -> None:
        """Say where one can go on, if there is anything to go on with."""
        if self.drafts and self.answered and not self.kept.is_empty():
            alias = self.form.alias[0] if self.form.alias and self.lang == "zh" else self.form.name
            how = f"logbook add {alias}" if self.step is None else f"logbook step {self.kept.record} {self.kept.step}"
            self._tell(self.say("ask.kept", how=how))

    def offer(self, drafts: Sequence[drafting.Kept]) -> None:
        """Offer to go on with what was left; what was typed on the line stands above it."""
        if not drafts:
            return
        old = drafts[0]
        when = datetime.fromisoformat(old.at).astimezone(self.session.zone).strftime("%m-%d %H:%M")
        fields = drafting.labels(self.form, old, self.lang)
        self._tell(self.say("ask.draft", when=when, fields=fields))
        if len(drafts) > 1:
            self._tell(self.say("ask.drafts", count=len(drafts) - 1))
        while True:
            self._tell(self.say("ask.go-on"))
            answer = terminal.read_line(self.say("ask.answer") + ": ").strip().lower()
            if answer in ("n", "新", "新的"):
                return
            if answer in ("d", "删", "丢掉"):
                drafting.drop(old)
                return
            if answer == "":
                break
        if old.left_out:
            self._tell(self.say("ask.left-out"))
        if old.version != self.form.version:
            self._tell(self.say("ask.other-version"))
        for name, value in old.set.items():
            self.changes.set.setdefault(name, value)
        for holds, word in old.held.items():
            self.changes.held.setdefault(holds, word)
        old.set, old.held = self.changes.set, self.changes.held
        old.reason, old.approved_by = self.kept.reason or old.reason, self.kept.approved_by or old.approved_by
        self.kept = old
        self.answered = True
        self._save()

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
        now, usual = self._current(field, column)
        while True:
            self._show_options(options, short=self._question(asked, options, now, usual))
            answer = terminal.read_line(self._question(asked, options, now, usual) + ": ")
            word = answer.strip()
            if word in terminal.BACK:
                raise _Back
            if word in terminal.EXPLAIN:
                self._explain(asked)
                continue
            if word == "" or word in terminal.KEEP:
                if now or usual or column is not None or not self._is_needed(asked):
                    return None
                self._tell(self.say("ask.needed", label=asked.label))
                continue
            if word in CLEAR and column is None and now and not self._is_needed(asked):
                self._clear(field)
                return None
            found = self._meaning(asked, word, options)
            if found is None:
                continue
            if isinstance(found, list):
                options = found
                continue
            taken, value = self._take(field, column, found)
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
            for part in filter(None, _BETWEEN.split(word)):
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
            self._tell(self.say("ask.several", found=word))
            if len(found) > asking.MOST:
                self._tell(self.say("ask.too-many", count=len(found) - asking.MOST))
            return found[: asking.MOST]
        self._tell_issues(self._try(field, word).issues)
        return None

    def _picked(self, option: asking.Option) -> str:
        self._tell("= " + "  ".join(part for part in (option.label, option.more) if part))
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

    def _take(self, field: Field, column: Field | None, word: str) -> tuple[bool, Stored]:
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
            self._tell_issues(issues)
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
                self._tell(f"= {text}")

    def _tell_whose(self, field: Field, changes: Changes, word: str) -> None:
        """What the record is that was named by its id, and whose."""
        value = changes.set.get(field.id)
        if field.type == "ref" and isinstance(value, str):
            rows = [row for form in field.target for row in self.session.index.find(form, value)]
            told = asking.about(self.session, rows[0]) if rows else ""
            if told:
                self._tell(f"= {value}  {told}" if value != word else f"= {told}")

    def _changed(self) -> tuple[bool, Stored]:
        self.answered = True
        self._filled = None
        self._save()
        return True, None

    def _clear(self, field: Field, *, save: bool = True) -> None:
        for path in [path for path in self.changes.set if path.partition(".")[0].rstrip("+") == field.id]:
            del self.changes.set[path]
        if field.holds:
            self.changes.held.pop(field.holds, None)
        if save:
            self._changed()

    def _save(self) -> None:
        if not self.drafts:
            return
        try:
            drafting.keep(self.session, self.form, self.kept)
        except OSError as error:  # a full disk must not end an entry that may still be recorded elsewhere
            self.drafts = False
            self._tell(self.say("ask.no-draft-kept", why=error.strerror or str(error)))

    def _is_needed(self, field: Field) -> bool:
        return field.required or field.id in self.needed

    # --- rows and checklists ------------------------------------------------------------------

    def _ask_rows(self, field: Field) -> None:
        columns = [column for column in field.columns.values() if column.derived_text is None]
        held = self.changes.set.get(f"{field.id}+") or self.changes.set.get(field.id)
        rows: list[Stored] = list(held) if isinstance(held, list) else []
        while True:
            self._tell(self.say("ask.row", label=field.label, row=len(rows) + 1))
            row: dict[str, Stored] = {}
            place = 0
            while place < len(columns):
                column = columns[place]
                try:
                    value = self._ask_value(field, column)
                except _Back:
                    if place == 0:
                        if not rows:
                            raise
                        rows.pop()
                        break
                    place -= 1
                    row.pop(columns[place].id, None)
                    continue
                if value is None and not row and place == 0:
                    if rows or not self._is_needed(field):
                        return
                    self._tell(self.say("ask.needed", label=field.label))
                    continue
                if value is not None:
                    row[column.id] = value
                elif column.required and column.default is None:
                    self._tell(self.say("ask.needed", label=column.label))
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
        self._tell(self.say("ask.checklist", label=field.label, count=len(items)))
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
                raise _Back
            verdicts.popitem()
        elif key in terminal.EXPLAIN:
            click.echo("?", err=True)
            self._tell(item.criterion.say(self.lang) if item.criterion else self.say("ask.keys"))
        elif key in ("a", "A"):
            click.echo(self.say("ask.rest-pass"), err=True)
            verdicts.update({one.id: "pass" for one in items[len(verdicts) :]})
        elif key.lower() in VERDICT_KEYS:
            verdict = VERDICT_KEYS[key.lower()]
            click.echo(VERDICT_LABELS[verdict].say(self.lang), err=True)
            verdicts[item.id] = verdict
        else:
            click.echo(err=True)
            self._tell(self.say("ask.keys"))

    # --- what stands there --------------------------------------------------------------------

    def _fields(self) -> dict[str, Stored]:
        fields = dict(self.before)
        for path, value in self.changes.set.items():
            fields = put_path(fields, path, value)
        return fields

    def _with_defaults(self) -> dict[str, Stored]:
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

    def _current(self, field: Field, column: Field | None) -> tuple[str, str]:
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
        value = self._with_defaults().get(field.id)
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

    # --- the review ---------------------------------------------------------------------------

    def _review(self) -> None:
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
                    self._tell(self.say("ask.review-help"))
                elif word in LEAVE:
                    self.answered = True
                    self._save()
                    raise click.Abort
                elif word in MORE:
                    self._more({field.id for field in rows})
                else:
                    self._change(word, rows)
            except _Back:
                continue

    def _sheet(self) -> list[Field]:
        fields = asking.open_fields(self.form, self.step)
        values = self._with_defaults()
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
                f"{number} {field.label.say(self.lang)} {cut(self._current(field, None)[1], 16)}"
                for number, field in enumerate(others, len(rows) + 1)
            ]
            self._tell(self.say("ask.defaults"))
            self.lay_out(told)
        return rows + others

    def _standing(self, field: Field) -> str:
        now, usual = self._current(field, None)
        return now or (self.say("ask.usual", value=usual) if usual else "—")

    def _change(self, word: str, rows: list[Field]) -> None:
        if "=" in word or "＝" in word:
            name, _, value = word.replace("＝", "=", 1).partition("=")
            fields = self._named(name.strip(), asking.open_fields(self.form, self.step))
            if fields and fields[0].type not in ("list", "checklist"):
                meaning = self._meaning(fields[0], value.strip(), asking.choices_of(self.session, fields[0]))
                if isinstance(meaning, str):
                    self._take(fields[0], None, meaning)
                elif meaning:
                    self.ask(fields[0])
            return
        parts = [part for part in _BETWEEN.split(word) if part]
        if parts and all(part.isdecimal() for part in parts):
            numbers = [int(part) for part in parts]
            if any(not 1 <= number <= len(rows) for number in numbers):
                self._tell(self.say("ask.no-number", most=len(rows)))
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
        self._tell(self.say(code, found=word, known=[known[name].label for name in found[: asking.MOST]]))
        return []

    def _more(self, shown_already: set[str]) -> None:
        """The other fields, by number; several at once, or all."""
        fields = [field for field in asking.open_fields(self.form, self.step) if field.id not in shown_already]
        if not fields:
            self._tell(self.say("ask.no-more"))
            return
        self.lay_out([f"{number} {field.label.say(self.lang)}" for number, field in enumerate(fields, 1)])
        self._tell(self.say("ask.which"))
        word = terminal.read_line(self.say("ask.answer") + ": ").strip()
        if word in ("", *terminal.BACK):
            return
        if word == "*":
            for field in fields:
                self.ask(field)
            return
        for part in filter(None, _BETWEEN.split(word)):
            if part.isdecimal() and 1 <= int(part) <= len(fields):
                self.ask(fields[int(part) - 1])
            elif part.isdecimal():
                self._tell(self.say("ask.no-number", most=len(fields)))
            else:
                for field in self._named(part, fields):
                    self.ask(field)

    def _refused(self, refused: Refused) -> None:
        """Say what speaks against it; nothing is lost, and the fields it is about are marked in the sheet."""
        click.echo(err=True)
        self._tell(self.say("ask.refused"))
        for issue in refused.issues:
            self._tell_finding(issue)
        names = {(issue.field or "").partition(".")[0] for issue in refused.issues}
        self.marked = {name for name in names if name in self.form.fields}
        if self.step is not None:
            self.marked |= {name for name in names if name in self.step.fields}
        if "reason" in names:
            self.needed.add(REASON.id)
        if "approved_by" in names:
            self.needed.add(APPROVER.id)

    # --- words --------------------------------------------------------------------------------

    def _question(self, field: Field, options: list[asking.Option], now: str, usual: str) -> str:
        label = field.label.say(self.lang)
        if not self._is_needed(field) and not now and not usual:
            label = self.say("ask.optional", label=label)
        listed = "  ".join(f"{number} {option.label}" for number, option in enumerate(options, 1))
        stands = f" [{cut(now or usual, 24)}]" if now or usual else ""
        fits = width(label + listed + stands) < terminal.columns() * 3 // 5
        if listed and fits and not any(one.more for one in options):
            return f"{label} ({listed}){stands}"
        return label + stands

    def _show_options(self, options: list[asking.Option], short: str) -> None:
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

    def _explain(self, field: Field) -> None:
        kind = self.say(f"ask.type-{field.type}") if self.context.catalogue.has(f"ask.type-{field.type}") else ""
        facts = [kind, self.say("ask.required") if self._is_needed(field) else self.say("ask.may-stay-empty")]
        facts += [self.say("ask.private")] if field.private else []
        self._tell(f"{field.label.say(self.lang)} ({field.id}) " + " · ".join(filter(None, facts)))
        for told in asking.explanation(self.session, self.form, field):
            self._tell(told.say(self.lang) if isinstance(told, Text) else told)
        self._tell(self.say("ask.help"))

    def _tell(self, text: str) -> None:
        from logbook.render.width import wrap

        for line in wrap(plain(text, newline="\n"), terminal.columns() - 3):
            click.echo(f"  {line}", err=True)

    def _tell_finding(self, issue: Issue) -> None:
        """What speaks against the whole, by the name of the field; a rule's own sentence says enough."""
        sentence, fix = self.context.catalogue.issue(issue)
        name = (issue.field or "").partition(".")[0]
        field = self.form.fields.get(name)
        label = field.label.say(self.lang) if field is not None else ""
        colon = "：" if self.lang == "zh" else ": "
        self._tell(f"{label}{colon}{sentence}" if label and label not in sentence else sentence)
        if fix and not issue.args.get("say") and not issue.args.get("rule_text"):
            self._tell(f"  → {fix}")

    def _tell_issues(self, issues: Iterable[Issue]) -> None:
        """What is wrong with an answer: one sentence, and what would be right where the question does not say."""
        for issue in issues:
            sentence, fix = self.context.catalogue.issue(issue)
            self._tell(sentence if issue.rule == "field.choice" or not fix else f"{sentence}。{fix}")
            break


def _renew_clock(context: Context) -> None:
    """It is recorded when Enter is pressed, not when the command was begun."""
    session = context.session
    if not session.clock.given:
        session.clock = context.clock(session.zone)


def ask_missing(context: Context, request: Request, also: Iterable[Field] = ()) -> None:
    """Ask for each required field, and those in ``also``, until it can be taken; no draft and no review."""
    kept = drafting.begin(context.session, request.form, request.by)
    guide = Guide(context, request.form, request.changes, kept, drafts=False)
    guide.ask_all([*asking.missing(request), *also])
    _only_real(request)


def _only_real(request: Request) -> None:
    """What was said to be missing has been asked for; what still is, is found again."""
    request.changes.issues[:] = [issue for issue in request.changes.issues if issue.rule != "field.required"]


def add(
    context: Context,
    request: Request,
    *,
    review: bool = False,
    make: Callable[[Session, Request], Written] | None = None,
) -> Written:
    """Record one request. Where something is missing it is asked for, shown and agreed to; ``review``: in any
    case. Refused only where nothing was asked. ``make``: what records it, where that is more than adding."""
    from logbook.index import initials
    from logbook.operations import add as adding

    session, form = context.session, request.form
    make = make or adding.add
    needs = asking.missing(request)
    if not needs and not review:
        return make(session, request)
    initials.ensure()
    operator = request.entered_by or request.by
    kept = drafting.begin(session, form, operator)
    kept.reason, kept.approved_by = request.reason, request.approved_by
    guide = Guide(context, form, request.changes, kept)

    def record() -> Written:
        _only_real(request)
        held = request.changes.held
        request.at = datetime.fromisoformat(held["at"]) if "at" in held else request.at
        request.by = held.get("by") or operator
        request.entered_by = operator if operator != request.by else None
        request.reason, request.approved_by = guide.kept.reason, guide.kept.approved_by or request.approved_by
        _renew_clock(context)
        return make(session, request)

    def work() -> Written:
        guide.at = request.at
        guide.offer(drafting.waiting(session, form, operator))
        if "at" not in request.changes.held:  # the call came when it was begun, however late it is finished
            guide.at = request.at = min(request.at, datetime.fromisoformat(guide.kept.at))
        guide.ask_all([field for field in needs if not _is_given(request.changes, field)])
        guide.needed |= {field.id for field in needs}
        return guide.finish(record)

    return guide.guarded(work)


def _is_given(changes: Changes, field: Field) -> bool:
    if field.holds:
        return field.holds in changes.held
    return any(path.partition(".")[0].rstrip("+") == field.id for path in changes.set)


def step(
    context: Context,
    loaded: Loaded,
    taken: Step,
    words: Iterable[str] = (),
    *,
    given: Mapping[str, Stored] | None = None,
    at: str | None = None,
    reason: str | None = None,
    approved_by: str | None = None,
    review: bool = False,
) -> Written:
    """Take a record one step on. Where something is missing it is asked for, shown and agreed to; ``review``: in
    any case."""
    from logbook.core.builtin import with_fields
    from logbook.index import initials
    from logbook.operations import step as stepping
    from logbook.operations.words import changes_asked
    from logbook.operations.writing import resolve_references

    session = context.session
    form = loaded.form if taken.id in loaded.form.steps else with_fields(loaded.form, taken)
    words = tuple(words)
    changes = changes_asked(
        form, words, given, session.library, now=session.now, zone=session.zone, current=loaded.state.fields
    )
    resolve_references(session, form, changes)
    word = f"{loaded.form.name}/{loaded.record.id}"
    needs = asking.step_needs(loaded.form, taken, loaded.state.fields, changes.set)
    needs += [REASON] if taken.reason and not reason else []
    needs += [APPROVER] if taken.approver and not approved_by else []
    if (not needs and not review) or changes.issues or loaded.state.status not in taken.from_:
        return stepping.step(
            session, word, taken.id, words, given=given, at=at, reason=reason, approved_by=approved_by
        )
    initials.ensure()
    operator = session.operator()
    kept = drafting.begin(session, form, operator, record=loaded.record.id, step=taken.id)
    kept.reason, kept.approved_by = reason, approved_by
    guide = Guide(context, form, changes, kept, step=taken, before=loaded.state.fields)

    def record() -> Written:
        _renew_clock(context)
        entered = Changes(set=dict(changes.set), held=dict(changes.held), files=dict(changes.files))
        return stepping.step(
            session, word, taken.id, at=at, reason=guide.kept.reason, approved_by=guide.kept.approved_by,
            entered=entered,
        )  # fmt: skip

    def work() -> Written:
        guide.offer(drafting.waiting(session, form, operator, record=loaded.record.id, step=taken.id))
        left = [field for field in needs if not _is_given(changes, field)]
        left = [one for one in left if not (one is REASON and guide.kept.reason)]
        guide.ask_all([one for one in left if not (one is APPROVER and guide.kept.approved_by)])
        guide.needed |= {field.id for field in needs}
        return guide.finish(record)

    return guide.guarded(work)


def choose_step(context: Context, loaded: Loaded) -> Step | None:
    """Let the person pick the next step by number or name; None when there is none or they leave it."""
    from logbook.core.builtin import all_steps

    steps = [one for one in all_steps(loaded.form, context.session.library.settings).values()
             if loaded.state.status in one.from_]  # fmt: skip
    say, lang = context.catalogue.say, context.lang
    if not steps:
        click.echo(f"  {say('ask.no-step')}", err=True)
        return None
    words = [f"{number} {one.label.say(lang)}" for number, one in enumerate(steps, 1)]
    Guide(context, loaded.form, Changes(), drafting.begin(context.session, loaded.form, "")).lay_out(words)
    while True:
        click.echo(f"  {say('ask.which-step')}", err=True)
        word = terminal.read_line(say("ask.answer") + ": ").strip()
        if word == "" or word in terminal.BACK:
            return None
        if word.isdecimal() and 1 <= int(word) <= len(steps):
            return steps[int(word) - 1]
        found = asking.like({one.id: (one.id, one.label.zh, one.label.en) for one in steps}, word)
        if len(found) == 1:
            return next(one for one in steps if one.id == found[0])
        click.echo(f"  {say('ask.no-number', most=len(steps))}", err=True)
