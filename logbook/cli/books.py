"""Commands about whole books and this desk: init, demo, on, off, completion."""

from __future__ import annotations

from pathlib import Path

import click

from logbook.cli import completing
from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.core.errors import UsageError
from logbook.core.text import Text


@click.command("init", cls=Command, epilog="logbook init 翠湖 --name 翠湖花园 --staff lina=李娜 --desk A")
@click.argument("dir", type=click.Path(path_type=Path))
@click.option("--name", required=True, cls=Option, text=Text("记录簿（小区）名称", "the book's (site's) name"))
@click.option(
    "--pack",
    "packs",
    multiple=True,
    cls=Option,
    text=Text("启用的表单包（默认 core）", "packs of forms (default: core)"),
)
@click.option(
    "--desk", default="A", show_default=True, cls=Option, text=Text("这台电脑的前台代号", "this computer's desk letter")
)
@click.option(
    "--staff",
    multiple=True,
    metavar="ID=NAME",
    cls=Option,
    text=Text("员工；第一位是管理员", "staff; the first is the administrator"),
)
@click.option("--timezone", cls=Option, text=Text("时区（默认 Asia/Shanghai）", "time zone (default: Asia/Shanghai)"))
@click.option(
    "--practice", is_flag=True, cls=Option, text=Text("练习用：可用 --now 写入", "for practice: --now may write")
)
@click.option(
    "--encrypt",
    is_flag=True,
    cls=Option,
    text=Text("私密内容加密存放（以后不能再改）", "store private values encrypted (cannot be chosen later)"),
)
@passes_context
def init_command(
    context: Context,
    dir: Path,
    name: str,
    packs: tuple[str, ...],
    desk: str,
    staff: tuple[str, ...],
    timezone: str | None,
    practice: bool,
    encrypt: bool,
) -> int:
    from zoneinfo import ZoneInfo

    from logbook.operations.initing import init_book
    from logbook.store import machine
    from logbook.store.book import DEFAULT_ZONE

    people = {}
    for word in staff:
        left, sign, right = word.partition("=")
        if not left.strip() or (sign and not right.strip()):
            raise UsageError("cli.usage", why=word, command="logbook init")
        people[left.strip()] = right.strip() or left.strip()
    lang = context.lang
    if context.choices.now is not None and not practice:
        raise UsageError("book.now-not-practice")
    try:
        clock = context.clock(ZoneInfo(timezone or DEFAULT_ZONE))
    except (ValueError, KeyError, OSError) as error:
        raise UsageError("book.timezone", found=timezone) from error
    session = init_book(
        dir.expanduser().absolute(),
        name=name,
        packs=list(packs) or ["core"],
        language=lang,
        desk=desk,
        staff=people,
        practice=practice,
        encrypt=encrypt,
        timezone=timezone,
        clock=clock,
        environment=machine.environment(),
    )
    context.adopt(session)
    output.note(context, context.catalogue.say("cli.made", path=str(session.book.root)))
    return 0


@click.command("demo", cls=Command, epilog="logbook demo /tmp/demo")
@click.argument("dir", type=click.Path(path_type=Path), default=Path("logbook-demo"), required=False)
@passes_context
def demo_command(context: Context, dir: Path) -> int:
    from zoneinfo import ZoneInfo

    from logbook.operations.demo import demo
    from logbook.store.book import DEFAULT_ZONE

    clock = context.clock(ZoneInfo(DEFAULT_ZONE))
    root = dir.expanduser().absolute()
    with output.progress(context, 0, context.catalogue.say("demo.progress")) as step:
        summary = demo(root, now=clock.now, language=context.lang, progress=step)
    output.note(
        context, context.catalogue.say("demo.done", path=str(dir), records=summary.records, commits=summary.commits)
    )
    output.note(context, context.catalogue.say("cli.try"))
    for line in summary.to_try:
        output.result(f"  logbook --book {dir} {line}")
    return 0


@click.command("on", cls=Command, epilog="logbook on lina")
@click.argument("staff", required=False, shell_complete=completing.staff)
@passes_context
def on_command(context: Context, staff: str | None) -> int:
    from logbook.operations.initing import sign_on

    if staff is None:
        output.result(context.session.operator())
        return 0
    found = sign_on(context.session, staff)
    output.note(context, context.catalogue.say("cli.on", staff=found))
    return 0


@click.command("off", cls=Command, epilog="logbook off")
@passes_context
def off_command(context: Context) -> int:
    from logbook.operations.initing import sign_on

    sign_on(context.session, None)
    output.note(context, context.catalogue.say("cli.off"))
    return 0


@click.command(
    "completion",
    cls=Command,
    epilog='eval "$(logbook completion bash)"\nlogbook completion fish > ~/.config/fish/completions/logbook.fish',
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@passes_context
def completion_command(context: Context, shell: str) -> int:
    from click.shell_completion import get_completion_class

    from logbook.cli import offering
    from logbook.cli.main import group

    offering.register()
    made = get_completion_class(shell)
    assert made is not None
    output.result(made(group(), {}, "logbook", "_LOGBOOK_COMPLETE").source().strip())
    return 0


COMMANDS = {
    command.name or "": with_globals(command)
    for command in (init_command, demo_command, on_command, off_command, completion_command)
}
