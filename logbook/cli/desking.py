"""``logbook desk``: a calm prompt for the shift. Every action is the operation of the command it stands for."""

from __future__ import annotations

import contextlib
import time
import unicodedata
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from logbook.cli import output
from logbook.cli import terminal
from logbook.cli.context import Context
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.words import Command
from logbook.core.errors import LogbookError
from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.issues import Issue
from logbook.core.value import replace
from logbook.render.width import cut
from logbook.render.width import plain
from logbook.render.width import width
from logbook.render.width import wrap

if TYPE_CHECKING:
    from logbook.core.form import Form
    from logbook.operations.overdue import Late
    from logbook.operations.session import Session

# What a desk writes where it has not written anything yet.
USUAL = ("complaint", "repair", "inquiry", "visitor", "mail", "lost_found")
MOST_KEYS = 6
SOON = timedelta(hours=8)
IDLE_MINUTES = 10
USED_WITHIN = timedelta(days=30)
# How often it is looked whether another window or computer has written, in seconds.
LOOK = 2.0


@click.command("desk", cls=Command, epilog="logbook desk")
@passes_context
def desk_command(context: Context) -> int:
    from logbook.store import machine

    if not machine.is_interactive():
        raise UsageError("desk.no-terminal")
    return Desk(context).run()


class _MovedOn(Exception):
    """Another window or computer has written."""


class Desk:
    """One shift at the prompt. Nothing of the book is held between two turns, so that it runs for hours and always
    shows what there is."""

    def __init__(self, context: Context) -> None:
        self.outer = context
        self.keys: list[str] = []
        self.picks: list[tuple[str | None, str]] = []
        self.head: str | None = None
        self.idle: float = IDLE_MINUTES

    def run(self) -> int:
        self.turn("", first=True)
        while True:
            try:
                since = time.monotonic()
                word = self._wait()
                if word is None:  # somebody else has written
                    self.turn("")
                    continue
                if time.monotonic() - since > self.idle * 60 and not self._is_still_there():
                    continue
                if unicodedata.normalize("NFKC", word.strip()) in ("q", "Q", "离开"):
                    if self._may_go():
                        return 0
                    continue
                self.turn(word.strip())
            except EOFError:
                click.echo(err=True)
                return 0
            except KeyboardInterrupt:
                click.echo(err=True)
                self._say("desk.how-to-leave")

    def turn(self, word: str, *, first: bool = False) -> None:
        """Do what one line asks; whatever goes wrong is a sentence, and the prompt comes back."""
        with self._fresh() as context:
            try:
                if first:
                    self._who(context)
                self._do(context, word)
            except click.Abort:
                self._say("desk.left")
            except Refused as refused:
                click.echo(context.catalogue.error(refused)[0], err=True)
                output.issues(context, [_as_known(context, issue) for issue in refused.issues])
            except LogbookError as error:
                output.failure(context, error)
            except EOFError:  # Ctrl-D at a question ends the question
                if first:
                    raise
                click.echo(err=True)
                self._say("desk.left")
            except KeyboardInterrupt:
                raise
            except OSError as error:
                why = error.strerror or str(error)
                click.echo(context.catalogue.say("book.file-missing", path=error.filename or "", why=why), err=True)
            except Exception as error:
                from logbook.cli.main import _write_log

                click.echo(context.catalogue.say("book.bug", log=_write_log(context, error)), err=True)
            with contextlib.suppress(LogbookError, OSError):
                self.head = context.session.repository.head()

    @contextmanager
    def _fresh(self) -> Iterator[Context]:
        """The book as it is now, at this hour."""
        context = Context(self.outer.choices)
        context.command = "desk"
        try:
            yield context
        finally:
            context.close()

    # --- the prompt ---------------------------------------------------------------------------

    def _wait(self) -> str | None:
        """The next line; None when another process wrote meanwhile and nothing has been typed."""
        with self._fresh() as context:
            now = context.session.now.astimezone(context.session.zone)
            prompt = f"{now:%H:%M} {self._name(context)}> "
            head = context.session.repository.head
            try:
                with self._looking(head):
                    return terminal.read_line(prompt)
            except _MovedOn:
                click.echo(err=True)
                return None

    @contextmanager
    def _looking(self, head: Callable[[], str | None]) -> Iterator[None]:
        """Look from time to time whether the book has moved on, while nothing is typed; where keys come one by one."""
        import signal
        import sys

        if not hasattr(signal, "SIGALRM") or not sys.stdout.isatty() or not terminal.has_editing():
            yield
            return
        import readline

        def look(number: int, frame: object) -> None:
            with contextlib.suppress(LogbookError, OSError):
                if not readline.get_line_buffer() and head() != self.head:
                    raise _MovedOn

        before = signal.signal(signal.SIGALRM, look)
        signal.setitimer(signal.ITIMER_REAL, LOOK, LOOK)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def _is_still_there(self) -> bool:
        """After a while at a shared desk it is asked who types; another name signs that person on."""
        with self._fresh() as context:
            name = self._name(context)
            while True:
                click.echo("  " + context.catalogue.say("desk.still", name=name), err=True)
                answer = terminal.read_line(context.catalogue.say("desk.whose") + ": ").strip()
                if answer == "":
                    return True
                try:
                    self._sign_on(context, answer)
                    return False
                except Refused as refused:
                    output.issues(context, refused.issues)

    def _who(self, context: Context) -> None:
        """Somebody must be signed on before anything is entered."""
        while True:
            try:
                context.session.operator()
                return
            except Refused:
                word = terminal.read_line(context.catalogue.say("desk.who") + ": ").strip()
                if not word:
                    continue
                try:
                    self._sign_on(context, word)
                except Refused as refused:
                    output.issues(context, refused.issues)

    def _sign_on(self, context: Context, word: str) -> None:
        from logbook.operations.initing import sign_on

        staff = self._staff(context, word)
        if staff is None:
            raise Refused([Issue("field.unknown-staff", {"label": "", "found": word, "target": []}, field="by")])
        sign_on(context.session, staff)
        click.echo("  " + context.catalogue.say("cli.on", staff=self._name(context, staff)), err=True)

    def _staff(self, context: Context, word: str) -> str | None:
        """The member of staff a word stands for, by id, name or initials; of several the person says which."""
        from logbook.core.form import Field
        from logbook.core.text import Text
        from logbook.operations import asking

        found, issue = context.session.find_staff(word)
        if issue is None:
            return found
        options = asking.meant(context.session, Field("by", Text("", ""), "staff"), word)
        if len(options) > 1:
            for number, one in enumerate(options[: asking.MOST], 1):
                click.echo(f"  {number} {one.label}  {one.more}", err=True)
            picked = terminal.read_line(context.catalogue.say("ask.answer") + ": ").strip()
            options = options[int(picked) - 1 : int(picked)] if picked.isdecimal() and int(picked) > 0 else []
        return options[0].value if options else None

    def _may_go(self) -> bool:
        """Leaving with an open log is asked about once."""
        from logbook.operations.shifts import open_log_of

        with self._fresh() as context:
            try:
                log = open_log_of(context.session, context.session.operator())
            except LogbookError:
                return True
            if log is None:
                return True
            click.echo("  " + context.catalogue.say("desk.not-handed", id=log.id), err=True)
            answer = terminal.read_line(context.catalogue.say("ask.answer") + ": ").strip()
            return unicodedata.normalize("NFKC", answer) in ("q", "Q")

    # --- what a line does ---------------------------------------------------------------------

    def _do(self, context: Context, word: str) -> None:
        key, rest = (*word.split(maxsplit=1), "", "")[:2]
        # Keys of an input method at full width, or with the capitals locked, are the same keys.
        wide = unicodedata.normalize("NFKC", key)
        if len(wide) == 1 or (wide[:1] in "gG" and wide[1:].isdecimal()):
            key = wide.lower()
        if word == "":
            self._screen(context)
        elif word in terminal.EXPLAIN:
            self._help(context)
        elif word[0] in "/／":
            self._search(context, word[1:].strip() or self._ask(context, "desk.search"))
        elif key == "a":
            self._all(context)
        elif key == "k":
            self._key(context, rest)
        elif key[0] == "g" and (key == "g" or key[1:].isdecimal()):
            self._go(context, key[1:] or rest or self._ask(context, "desk.go"))
        elif key == "s":
            self._sign_on(context, rest or self._ask(context, "desk.who"))
        elif key == "o":
            self._log(context)
        elif key == "h":
            self._hand_over(context)
        elif key == "d":
            self._drafts(context)
        else:
            form = self._form(context, key)
            if form is not None:
                self._add(context, form, rest)

    def _form(self, context: Context, word: str) -> Form | None:
        from logbook.operations.add import form_meant

        session = context.session
        if word.isdecimal():
            keys = self._most_used(session)
            if 1 <= int(word) <= len(keys):
                return session.form(keys[int(word) - 1])
            click.echo("  " + context.catalogue.say("ask.no-number", most=len(keys)), err=True)
            return None
        try:
            return form_meant(session, word)
        except Refused as refused:
            if refused.issues[0].rule == "ask.form-which":
                raise
        click.echo("  " + context.catalogue.say("desk.unknown", found=word), err=True)
        return None

    def _add(self, context: Context, form: Form, rest: str) -> None:
        from logbook.cli import guiding
        from logbook.cli.recording import told
        from logbook.operations import add

        request = add.prepare(context.session, form.name, rest.split())
        bad = [issue for issue in request.changes.issues if issue.is_error]
        if bad:
            raise Refused(bad)
        told(context, guiding.add(context, request, review=True), "text", "cli.recorded")

    def _go(self, context: Context, word: str) -> None:
        """One record: what it is, how it stands, and the next step by number."""
        from logbook.cli import guiding
        from logbook.cli.looking import _show
        from logbook.cli.recording import told
        from logbook.operations.reading import find
        from logbook.operations.reading import load

        session = context.session
        if not word:
            return
        if word.isdecimal():
            if not 1 <= int(word) <= len(self.picks):
                click.echo("  " + context.catalogue.say("ask.no-number", most=max(1, len(self.picks))), err=True)
                return
            number, form = self.picks[int(word) - 1]
            if number is None:  # a duty nobody has fulfilled: its form is what is to be filled
                self._add(context, session.form(form), "")
                return
            word = number
        try:
            row = find(session, word)
        except Refused:
            found = self._found(context, word)
            if len(found) != 1:
                self._list(context, found)
                return
            row = session.index.find(found[0][1], str(found[0][0]))[0]
        loaded = load(session, row)
        _show(context, f"{loaded.form.name}/{loaded.record.id}", False, "text")
        step = guiding.choose_step(context, loaded)
        if step is not None:
            told(context, guiding.step(context, loaded, step, review=True), "text", "cli.state")

    def _key(self, context: Context, word: str) -> None:
        """A key goes out or comes back: which of the two, the cabinet knows."""
        from logbook.cli import guiding
        from logbook.cli.custody import _told
        from logbook.core.form import Field
        from logbook.core.text import Text
        from logbook.operations import asking
        from logbook.operations import custody

        session = context.session
        word = word or self._ask(context, "desk.key")
        if not word:
            return
        options = asking.meant(session, Field("key", Text("钥匙", "key"), "ref", target=("key",)), word)
        if len(options) == 1:
            word = options[0].value
        key = custody.key_of(session, word)
        out = [one for one in custody.outs(session) if one.thing == key]
        if out:
            answer = self._ask(context, "desk.key-back", key=key)
            if answer in ("", "y", "是"):
                _told(context, custody.take_back(session, custody.KEYS, key), "text", "custody.back")
                return
            if answer != "+":
                return
        request = custody.lending(session, custody.KEYS, key, ())
        _told(context, guiding.add(context, request, review=True, make=custody.lend), "text", "custody.lent")

    def _log(self, context: Context) -> None:
        """Go on duty, or off it."""
        from logbook.cli.recording import told
        from logbook.operations import shifts

        session = context.session
        log = shifts.open_log_of(session, session.operator())
        if log is None:
            told(context, shifts.sign_on(session).written, "text", "cli.recorded")
        elif self._ask(context, "desk.log-off", id=log.id) == "":
            told(context, shifts.sign_off(session), "text", "cli.state")

    def _hand_over(self, context: Context) -> None:
        from logbook.cli.recording import told
        from logbook.cli.shifts import _show_gathered
        from logbook.operations import handing

        session = context.session
        operator = session.operator()
        mine = handing.waiting(session, relief=operator)
        if mine and self._ask(context, "desk.accept", id=mine[0].id) == "":
            told(context, handing.accept(session, mine[0].id).written, "text", "cli.state")
            return
        _show_gathered(context, handing.gather(session))
        word = self._ask(context, "desk.hand-to")
        if not word:
            return
        relief = self._staff(context, word)
        if relief is None:
            click.echo("  " + context.catalogue.say("desk.unknown", found=word), err=True)
            return
        attention = self._ask(context, "desk.attention")
        words = [f"attention={attention}"] if attention else []
        told(context, handing.hand_over(session, relief, words), "text", "cli.recorded")

    def _drafts(self, context: Context) -> None:
        from logbook.cli.drafts import show

        show(context)

    def _search(self, context: Context, word: str) -> None:
        if word:
            self._list(context, self._found(context, word))

    def _found(self, context: Context, word: str) -> list[tuple[str | None, str]]:
        """Records that hold these words; letters also stand for the initials of a title."""
        from logbook.index.initials import known
        from logbook.operations import listing

        session = context.session
        rows = listing.select(session, None, word.split(), sort=["-at"], limit=9)
        if word.isascii() and word.isalpha() and len(word) > 1 and len(rows) < 9:
            table = known()
            newest = listing.select(session, None, [], sort=["-at"], limit=400)
            rows += [row for row in newest if table.fits(row.title, word, anywhere=True) and row not in rows]
        return [(row.id, row.form) for row in rows[:9]]

    def _list(self, context: Context, found: list[tuple[str | None, str]]) -> None:
        from logbook.cli.people import status_label

        if not found:
            click.echo("  " + context.catalogue.say("cli.none"), err=True)
            return
        self.picks = found
        wide = terminal.columns() - 1
        for number, (record, form) in enumerate(found, 1):
            row = context.session.index.find(form, str(record))[0]
            status = status_label(context.session.library.forms.get(form), row.status, context.lang)
            click.echo(cut(plain(f"  {number} {row.id}  {status}  {row.title}"), wide), err=True)
        click.echo("  " + context.catalogue.say("desk.pick"), err=True)

    def _ask(self, context: Context, code: str, **args: object) -> str:
        return terminal.read_line(context.catalogue.say(code, **args) + ": ").strip()

    # --- what there is to see -----------------------------------------------------------------

    def _screen(self, context: Context) -> None:
        session, say, wide = context.session, context.catalogue.say, terminal.columns() - 1
        self.idle = self._idle_minutes(session)
        late = self._late(session)
        overdue = [one for one in late if one.state != "soon"]
        now = session.now.astimezone(session.zone)
        with contextlib.suppress(LogbookError):
            head = [session.book.settings.name, say("desk.desk", letter=session.desk()), self._name(context)]
            head += [self._shift(context), f"{now:%m-%d %H:%M}"]
            click.echo("\n" + cut(plain("  ".join(filter(None, head))), wide), err=True)
        click.echo("  " + say("desk.counts", overdue=len(overdue), soon=len(late) - len(overdue)), err=True)
        # What has a record can be dealt with here; then what is owed by the clock.
        ordered = sorted(late, key=lambda one: (one.id is None, one.due))
        room = max(3, min(9, terminal.lines() - 12))
        self.picks = [(one.id, one.form) for one in ordered[:room]]
        for number, one in enumerate(ordered[:room], 1):
            click.echo(cut(plain(f"  {number} {self._line(context, one)}"), wide), err=True)
        if len(ordered) > room:
            click.echo("  " + say("desk.more", count=len(ordered) - room), err=True)
        self._keys_line(context)

    def _all(self, context: Context) -> None:
        late = self._late(context.session)
        self.picks = [(one.id, one.form) for one in late]
        for number, one in enumerate(late, 1):
            click.echo(cut(plain(f"  {number} {self._line(context, one)}"), terminal.columns() - 1), err=True)
        if not late:
            click.echo("  " + context.catalogue.say("cli.nothing-overdue"), err=True)

    def _late(self, session: Session) -> list[Late]:
        from logbook.operations.overdue import overdue

        return overdue(session, (), soon=SOON)

    def _line(self, context: Context, one: Late) -> str:
        from logbook.cli.listing import _lateness
        from logbook.cli.listing import _what
        from logbook.cli.people import short_due

        due = short_due(context, int(one.due.timestamp()))
        late = "" if one.state == "soon" else _lateness(context, one.overdue_seconds, one.state)
        late = f"{context.catalogue.say('desk.late')} {late}" if late else context.catalogue.say("desk.by")
        label = one.label.say(context.lang)
        what = _what(context, one)
        return "  ".join(part for part in (due, late, label, one.id or one.subject or "", what) if part)

    def _keys_line(self, context: Context) -> None:
        forms = []
        for number, name in enumerate(self._most_used(context.session), 1):
            form = context.session.library.forms[name]
            label = form.alias[0] if form.alias and context.lang == "zh" else form.title.say(context.lang)
            forms.append(f"{number} {label}")
        for words in (forms, context.catalogue.say("desk.keys").split("  ")):
            line = ""
            for word in words:  # a key is never cut off from what it does
                if width(line) + width(word) + 2 > terminal.columns() - 1:
                    click.echo(line, err=True)
                    line = ""
                line += f"  {word}"
            click.echo(line, err=True)

    def _help(self, context: Context) -> None:
        self._keys_line(context)
        for line in wrap(context.catalogue.say("desk.help"), terminal.columns() - 3):
            click.echo(f"  {line}", err=True)

    def _most_used(self, session: Session) -> list[str]:
        """The forms this desk has filled most often of late, then what desks usually fill."""
        if not self.keys:
            known = session.library.forms
            used = session.index.used_at(session.desk(), session.now - USED_WITHIN)
            left_out = {*session.library.register_names, "handover", "duty_log", "night_log"}
            names = [name for name in (*used, *USUAL) if name in known and name not in left_out]
            self.keys = list(dict.fromkeys(names))[:MOST_KEYS]
        return self.keys

    def _idle_minutes(self, session: Session) -> float:
        own = session.library.settings.get("desk")
        try:
            return float(own["idle_minutes"]) if isinstance(own, dict) else IDLE_MINUTES
        except (KeyError, TypeError, ValueError):
            return IDLE_MINUTES

    def _shift(self, context: Context) -> str:
        from logbook.core.shifts import shift_at
        from logbook.operations.shifts import posts_in

        session = context.session
        try:
            posts = posts_in(session)
            shift = shift_at(posts, session.now, zone=session.zone)
        except (LogbookError, KeyError):
            return ""
        return posts[shift.post].label.say(context.lang) if shift is not None else ""

    def _name(self, context: Context, staff: str | None = None) -> str:
        try:
            staff = staff or context.session.operator()
        except Refused:
            return "?"
        rows = context.session.index.find("staff", staff)
        return rows[0].title if rows and rows[0].title else staff

    def _say(self, code: str) -> None:
        click.echo("  " + self.outer.catalogue.say(code), err=True)


def _as_known(context: Context, issue: Issue) -> Issue:
    """A finding without the number of a record that was not made: somebody might write it down."""
    if issue.id is None or context.session.index.find(None, issue.id):
        return issue
    bare: Issue = replace(issue, id=None)
    return bare


COMMANDS = {"desk": with_globals(desk_command)}
