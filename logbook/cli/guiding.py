"""Guided entry at a terminal: field by field, a review, then one record; a draft is kept after every answer."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from logbook.cli import terminal
from logbook.cli.answers import APPROVER
from logbook.cli.answers import REASON
from logbook.cli.answers import Back
from logbook.cli.context import Context
from logbook.cli.entryreview import Review
from logbook.core.errors import Refused
from logbook.core.form import Field
from logbook.core.form import Step
from logbook.core.record import Stored
from logbook.operations import asking
from logbook.operations import drafting
from logbook.operations.words import Changes

if TYPE_CHECKING:
    from logbook.operations.add import Request
    from logbook.operations.reading import Loaded
    from logbook.operations.session import Session
    from logbook.operations.writing import Written


class Guide(Review):
    """One entry being typed, from the first question to the record."""

    def ask_all(self, fields: Iterable[Field]) -> None:
        """Ask for these, one after the other; ``<`` goes back one."""
        asked = list({field.id: field for field in fields}.values())
        self.needed |= {field.id for field in asked}
        place = 0
        while place < len(asked):
            try:
                self.ask(asked[place])
                place += 1
            except Back:
                if place == 0:
                    self.tell(self.say("ask.first"))
                place = max(0, place - 1)

    def finish(self, record: Callable[[], Written]) -> Written:
        """Show what will be recorded until the person agrees and the book takes it."""
        while True:
            self.review()
            try:
                written = record()
            except Refused as refused:
                self.refused(refused)
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
            self.tell(self.say("ask.kept", how=how))

    def offer(self, drafts: Sequence[drafting.Kept]) -> None:
        """Offer to go on with what was left; what was typed on the line stands above it."""
        if not drafts:
            return
        old = drafts[0]
        when = datetime.fromisoformat(old.at).astimezone(self.session.zone).strftime("%m-%d %H:%M")
        fields = drafting.labels(self.form, old, self.lang)
        self.tell(self.say("ask.draft", when=when, fields=fields))
        if len(drafts) > 1:
            self.tell(self.say("ask.drafts", count=len(drafts) - 1))
        while True:
            self.tell(self.say("ask.go-on"))
            answer = terminal.read_line(self.say("ask.answer") + ": ").strip().lower()
            if answer in ("n", "新", "新的"):
                return
            if answer in ("d", "删", "丢掉"):
                drafting.drop(old)
                return
            if answer == "":
                break
        if old.left_out:
            self.tell(self.say("ask.left-out"))
        if old.version != self.form.version:
            self.tell(self.say("ask.other-version"))
        for name, value in old.set.items():
            self.changes.set.setdefault(name, value)
        for holds, word in old.held.items():
            self.changes.held.setdefault(holds, word)
        old.set, old.held = self.changes.set, self.changes.held
        old.reason, old.approved_by = self.kept.reason or old.reason, self.kept.approved_by or old.approved_by
        self.kept = old
        self.answered = True
        self.save()


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
