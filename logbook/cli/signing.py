"""Commands about signed commits: login, logout, signers."""

from __future__ import annotations

from pathlib import Path

import click

from logbook.cli import completing
from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import passes_context
from logbook.cli.context import rev_option
from logbook.cli.context import with_globals
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import UsageError
from logbook.core.text import Text


@click.command("login", cls=Command, epilog="logbook login lina --key ~/.ssh/id_ed25519 --enrol\nlogbook login lina")
@click.argument("staff", required=False, shell_complete=completing.staff)
@click.option(
    "--key",
    metavar="FILE",
    type=click.Path(path_type=Path),
    cls=Option,
    text=Text("密钥文件，如 ~/.ssh/id_ed25519", "a key file, e.g. ~/.ssh/id_ed25519"),
)
@click.option(
    "--agent",
    metavar="FINGERPRINT",
    cls=Option,
    text=Text("ssh-agent 里的密钥，按指纹（见 ssh-add -l）", "a key in the ssh-agent, by its fingerprint (ssh-add -l)"),
)
@click.option(
    "--enrol",
    is_flag=True,
    cls=Option,
    text=Text("把公钥登记到员工通讯录", "enter the public key in the staff directory first"),
)
@passes_context
def login_command(context: Context, staff: str | None, key: Path | None, agent: str | None, enrol: bool) -> int:
    from logbook.operations.signing import login

    if key is not None and agent is not None:
        raise UsageError("signing.one-key")
    done = login(context.session, staff, key=key, agent=agent, enrol=enrol)
    if done.enrolled is not None:
        output.issues(context, done.enrolled.warnings)
        output.note(context, context.catalogue.say("signing.enrolled", staff=done.staff, key=done.key.fingerprint))
    output.note(context, context.catalogue.say("signing.logged-in", staff=done.staff, key=done.key.fingerprint))
    return 0


@click.command("logout", cls=Command, epilog="logbook logout lina")
@click.argument("staff", required=False, shell_complete=completing.staff)
@passes_context
def logout_command(context: Context, staff: str | None) -> int:
    from logbook.operations.signing import logout

    person, was = logout(context.session, staff)
    output.note(context, context.catalogue.say("signing.logged-out" if was else "signing.not-logged-in", staff=person))
    return 0


@click.command(
    "signers",
    cls=Command,
    epilog="logbook signers -o signers.txt\ngit -c gpg.ssh.allowedSignersFile=signers.txt verify-commit HEAD",
)
@click.option("-o", "--output", "target", metavar="FILE", cls=Option, text=Text("写到文件", "write to a file"))
@rev_option
@passes_context
def signers_command(context: Context, target: str | None) -> int:
    from logbook.operations.signing import exported

    text = exported(context.session)
    output.write_to(target, text)
    if not text:
        output.note(context, context.catalogue.say("signing.no-signers"))
    return 0


COMMANDS = {
    command.name or "": with_globals(command) for command in (login_command, logout_command, signers_command)
}
