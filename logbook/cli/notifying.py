"""The command that sends digests of what is late: notify."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.noticing import faulty
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import LogbookError
from logbook.core.errors import UsageError
from logbook.core.moments import from_epoch
from logbook.core.text import Text
from logbook.store.senders import CHANNELS

if TYPE_CHECKING:
    from logbook.core.errors import BookError
    from logbook.core.escalation import Digest
    from logbook.core.issues import Issue
    from logbook.operations.notifying import Found


CHAT_LINES = 50  # a part: what nobody scrolls through is not sent to a chat, and robots take 20 messages a minute


@click.command(
    "notify",
    cls=Command,
    epilog="logbook notify --dry-run\n"
    "logbook notify --heartbeat /var/lib/logbook/heartbeat\n"
    "logbook notify --since 07:00\n"
    "logbook notify --channel wecom --changes",
)
@click.option(
    "--since",
    metavar="WHEN",
    cls=Option,
    text=Text("只发此后升级的，不用记忆", "only what was escalated after that; no memory"),
)
@click.option("--state", metavar="FILE", cls=Option, text=Text("记忆文件", "the file of the memory"))
@click.option(
    "--channel",
    type=click.Choice(CHANNELS),
    cls=Option,
    text=Text("怎样发送（默认按设置，再默认 stdout）", "how to send (default: the settings', else stdout)"),
)
@click.option("--dry-run", is_flag=True, cls=Option, text=Text("只显示，不发送", "show it; send and remember nothing"))
@click.option("--always", is_flag=True, cls=Option, text=Text("没有逾期也发", "send one even when nothing is late"))
@click.option(
    "--changes", is_flag=True, cls=Option, text=Text("有新增或了结才发", "send only when something is new or cleared")
)
@click.option(
    "--heartbeat",
    metavar="FILE",
    cls=Option,
    text=Text("每次写一行，供监控查看（- 为标准错误）", "a line for the monitor on every run (- is stderr)"),
)
@click.option(
    "--exit-code", is_flag=True, cls=Option, text=Text("有逾期时以 1 退出", "exit with 1 when something is late")
)
@passes_context
def notify_command(
    context: Context,
    since: str | None,
    state: str | None,
    channel: str | None,
    dry_run: bool,
    always: bool,
    changes: bool,
    heartbeat: str | None,
    exit_code: bool,
) -> int:
    from logbook.operations.rulefaults import files_of

    run = _Run(context, channel, dry_run=dry_run, changes=changes)
    try:
        run(since, state, always=always)
    except LogbookError as error:
        _beat(context, run, None if dry_run else heartbeat, context.catalogue.error(error)[0])
        raise
    except OSError as error:
        _beat(context, run, None if dry_run else heartbeat, error.strerror or str(error))
        raise
    reasons = []
    if run.failed:
        _, problem = run.failed[0]
        reasons.append(context.catalogue.error(problem)[0])
    if run.faults:
        reasons.append(f"faulty rules: {', '.join(files_of(run.faults))}")
    _beat(context, run, None if dry_run else heartbeat, "; ".join(reasons) or None)
    if reasons:
        return 3
    return 1 if exit_code and run.found is not None and run.found.late else 0


class _Run:
    """One run of the command and what came of it."""

    def __init__(self, context: Context, channel: str | None, *, dry_run: bool, changes: bool) -> None:
        self.context = context
        self.channel = channel
        self.dry_run = dry_run
        self.changes = changes
        self.found: Found | None = None
        self.sent = 0
        self.failed: list[tuple[Digest, BookError]] = []
        self.faults: list[Issue] = []
        self.warning = ""

    def __call__(self, since: str | None, state: str | None, *, always: bool) -> None:
        from logbook.operations import notifying

        session = self.context.session
        self._look_at_rules()
        send = self._sender()
        if since is not None:
            if state is not None or always or self.changes:
                option = "--state" if state is not None else "--always" if always else "--changes"
                raise UsageError("notify.not-both", option=option)
            self.found = notifying.since_then(session, self._moment(since))
            self._send(self.found, notifying.Memory(), send, lambda memory: None)
            return
        path = notifying.state_path(session, state)
        with nullcontext() if self.dry_run else notifying.alone(path):
            memory = notifying.read_memory(path)
            if memory.at is not None and memory.is_ahead_of(int(session.now.timestamp())):
                at = from_epoch(memory.at, session.zone)
                output.warn(self.context, "notify.memory-ahead", path=str(path), at=at, now=session.now)
            self.found = notifying.since_told(session, memory, always=always)
            self._send(
                self.found,
                memory,
                send,
                (lambda memory: None) if self.dry_run else (lambda memory: notifying.write_memory(path, memory)),
            )

    def _look_at_rules(self) -> None:
        """Say that the rules have faults: what they are about is in no digest, and nobody must take that
        for good news."""
        from logbook.operations.rulefaults import rule_faults

        self.faults = rule_faults(self.context.session)
        if not self.faults:
            return
        catalogue, args = self.context.catalogue, faulty(self.faults)
        self.warning = catalogue.say("book.faulty-rules", **args)
        click.echo(self.warning, err=True)
        click.echo(f"    → {catalogue.fix('book.faulty-rules', **args)}", err=True)

    def _moment(self, text: str) -> datetime:
        from logbook.core.moments import parse_moment

        session = self.context.session
        moment = parse_moment(text, now=session.now, zone=session.zone)
        if moment is None:
            raise UsageError("book.bad-now", found=text)
        if moment > session.now:
            raise UsageError("notify.bad-since", since=moment, now=session.now)
        return moment

    def _send(
        self,
        found: Found,
        memory: object,
        send: Callable[[Digest], None],
        keep: Callable[..., None],
    ) -> None:
        from logbook.operations import notifying

        assert isinstance(memory, notifying.Memory)
        _, self.failed = notifying.send_all(found, memory, send, keep, self.context.session.now)
        catalogue = self.context.catalogue
        if self.dry_run:
            count = len(found.digests)
            output.note(self.context, catalogue.say("notify.would-send", count=count, channel=self.channel))
        for digest, error in self.failed:
            sentence, fix = catalogue.error(error)
            click.echo(catalogue.say("notify.unsent", name=digest.name), err=True)
            click.echo(f"    {sentence}", err=True)
            if fix:
                click.echo(f"    → {fix}", err=True)

    def _sender(self) -> Callable[[Digest], None]:
        """How a digest goes out. What is wrong with the settings or the secrets is told before anything is."""
        from logbook.render import digests
        from logbook.store import senders

        context = self.context
        session = context.session
        book, words, zone = session.book.settings.name, context.catalogue, session.zone
        outlet = senders.read_outlet(session.book.settings.settings.get("notify"), self.channel)
        first = True
        above = f"{self.warning}\n\n" if self.warning else ""

        def show(digest: Digest) -> None:
            nonlocal first
            output.result(("" if first else "\n") + above + digests.text(digest, book, words, zone))
            output.flush()
            first = False

        if self.dry_run:
            self.channel = outlet.channel
        if outlet.channel == "stdout" or self.dry_run:
            return self._unless_quiet(show)
        secrets = senders.secrets_of(outlet, session.book.root, session.repository.room, session.environment)
        sender = senders.sender_of(outlet, secrets)

        def send(digest: Digest) -> None:
            address = outlet.to.get(digest.person) or digest.address if outlet.channel == "smtp" else None
            if outlet.channel == "smtp":
                address = address or outlet.default
            else:
                address = outlet.to.get(digest.person)
            most = None if outlet.channel == "smtp" else CHAT_LINES
            sender.send(
                senders.Message(
                    digest.person,
                    digest.name,
                    address,
                    digests.subject(digest, book, words),
                    above + digests.text(digest, book, words, zone, most=most),
                )
            )

        return self._unless_quiet(send)

    def _unless_quiet(self, send: Callable[[Digest], None]) -> Callable[[Digest], None]:
        """With ``--changes`` a digest without news counts as told, not as sent."""

        def choose(digest: Digest) -> None:
            if not self.changes or digest.new or digest.cleared:
                send(digest)
                self.sent += 1

        return choose


def _beat(context: Context, run: _Run, target: str | None, why: str | None) -> None:
    """The line of the monitor, on every run, whatever came of it."""
    if target is None:
        return
    from logbook.operations import notifying
    from logbook.store.whole import write_whole

    try:
        session = context.session
    except LogbookError:
        session = None
    line = notifying.heartbeat(session, run.found, sent=run.sent, failed=len(run.failed), why=why)
    if target == "-":
        click.echo(line, err=True)
    else:
        write_whole(Path(target).expanduser().absolute(), line + "\n")


COMMANDS = {"notify": with_globals(notify_command)}
