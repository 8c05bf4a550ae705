"""Commands of private values: keys, erase."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from logbook.cli import asking
from logbook.cli import completing
from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.people import sees_private
from logbook.cli.recording import APPROVED
from logbook.cli.recording import REASON
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.issues import Issue
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.store.vault import Vault

DEEDS = ("list", "export", "import")
PASSPHRASE = "LOGBOOK_PASSPHRASE"
SHORTEST = 8


@click.command(
    "keys",
    cls=Command,
    epilog="logbook keys\nlogbook keys export /media/usb/翠湖.keys\nlogbook keys import /media/usb/翠湖.keys",
)
@click.argument("deed", required=False, metavar="[export|import]", type=click.Choice(DEEDS), default="list")
@click.argument("file", required=False, metavar="[FILE]", type=click.Path())
@click.option(
    "--passphrase-file",
    metavar="FILE",
    cls=Option,
    text=Text(
        f"口令写在这个文件的第一行（或用 ${PASSPHRASE}）", f"the passphrase is its first line (or ${PASSPHRASE})"
    ),
)
@format_option(("table", "json", "ids"), "table")
@passes_context
def keys_command(context: Context, deed: str, file: str | None, passphrase_file: str | None, format_: str) -> int:
    if (deed == "list") != (file is None):
        raise UsageError("cli.usage", why=" ".join(filter(None, (deed, file))), command="logbook keys")
    vault = _vault(context)
    if deed == "list" or file is None:
        return _list(context, vault, format_)
    if deed == "export":
        return _export(context, vault, Path(file).expanduser().absolute(), passphrase_file)
    name, data = output.read_from(file)
    brought = vault.bring(data, _passphrase(context, passphrase_file, new=False))
    context.session.index.rebuild()
    args = {"added": brought.added, "known": brought.known, "erased": brought.erased}
    if format_ == "json":
        output.data(args)
    else:
        output.note(context, context.catalogue.say("privacy.imported", path=name, **args))
    return 0


def _vault(context: Context) -> Vault:
    vault = context.session.vault
    if vault is None:
        raise Refused([Issue("privacy.no-encryption", {})])
    return vault


def _list(context: Context, vault: Vault, format_: str) -> int:
    keys = vault.all()
    if format_ == "ids":
        for key in keys:
            output.result(key.id)
    elif format_ == "json":
        output.data({"folder": str(vault.folder), "keys": [{"key": key.id, "subject": key.subject} for key in keys]})
    else:
        output.result(context.catalogue.say("privacy.keys", count=len(keys), path=str(vault.folder)))
    return 0


def _export(context: Context, vault: Vault, path: Path, passphrase_file: str | None) -> int:
    if not sees_private(context):
        raise Refused([Issue("privacy.export-role", {"by": context.present.operator()})])
    root = context.session.book.root.resolve()
    if path.resolve().is_relative_to(root):
        raise Refused([Issue("privacy.bundle-in-book", {"path": str(path)})])
    data = vault.export(_passphrase(context, passphrase_file, new=True))
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused([Issue("privacy.bundle-there", {"path": str(path)})]) from None
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    output.note(context, context.catalogue.say("privacy.exported", count=len(vault.all()), path=str(path)))
    return 0


def _passphrase(context: Context, source: str | None, *, new: bool) -> str:
    from logbook.store import machine

    say = context.catalogue.say
    if source is not None:
        text = output.read_from(source)[1].decode("utf-8", "replace").partition("\n")[0].rstrip("\r")
    elif machine.environment().get(PASSPHRASE):
        text = machine.environment()[PASSPHRASE]
    elif machine.is_interactive():
        text = asking.secret(context, say("privacy.ask"), say("privacy.ask-again") if new else "")
    else:
        raise UsageError("privacy.no-passphrase", variable=PASSPHRASE)
    if new and len(text) < SHORTEST:
        raise Refused([Issue("privacy.short", {"least": SHORTEST})])
    return text


@click.command(
    "erase", cls=Command, epilog="logbook erase customer/C-001 --reason 本人要求 --approved-by wang"
)
@click.argument("subjects", nargs=-1, required=True, metavar="SUBJECT...", shell_complete=completing.ids)
@click.option("--reason", **REASON)
@click.option("--approved-by", **APPROVED)
@click.option(
    "--basis",
    metavar="BASIS",
    cls=Option,
    text=Text("依据（默认本人要求）", "legal basis (default: asked for by the person)"),
)
@format_option(("text", "json", "ids"), "text")
@passes_context
def erase_command(
    context: Context,
    subjects: tuple[str, ...],
    reason: str | None,
    approved_by: str | None,
    basis: str | None,
    format_: str,
) -> int:
    from logbook.operations.erasing import erase

    done = erase(context.session, subjects, reason=reason, approved_by=approved_by, basis=basis)
    for one in done:
        output.issues(context, one.written.warnings)
        if format_ == "json":
            output.data(
                {"id": one.written.record.id, "subject": one.subject, "records": one.records, "values": one.values}
            )
            continue
        output.result(one.written.record.id)
        if format_ == "text":
            args = {"subject": one.subject, "records": one.records, "values": one.values}
            output.note(context, context.catalogue.say("privacy.erased", **args))
    if format_ == "text":
        output.note(context, context.catalogue.say("privacy.outside"))
    return 0


COMMANDS = {command.name or "": with_globals(command) for command in (keys_command, erase_command)}
