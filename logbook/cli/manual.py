"""Man pages of every command, in both languages, made from the commands themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from logbook import __version__
from logbook.cli import output
from logbook.cli.context import Context
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.helping import places
from logbook.cli.helping import told
from logbook.cli.words import ALIASES
from logbook.cli.words import Command
from logbook.cli.words import Option
from logbook.cli.words import speaking
from logbook.core.errors import UsageError
from logbook.core.text import Text
from logbook.store import machine

# Where `man` looks for each language below a folder of manuals.
FOLDERS = {"en": "man1", "zh": "zh_CN/man1"}
_HEADS = {
    "manual": Text("logbook 手册", "logbook Manual"),
    "name": Text("名称", "NAME"),
    "synopsis": Text("概要", "SYNOPSIS"),
    "description": Text("说明", "DESCRIPTION"),
    "options": Text("选项", "OPTIONS"),
    "commands": Text("命令", "COMMANDS"),
    "examples": Text("示例", "EXAMPLES"),
    "exit": Text("退出码", "EXIT STATUS"),
    "see": Text("参见", "SEE ALSO"),
}
_EXITS = {
    "0": Text("办好了", "done"),
    "1": Text("查出问题，或输入没有接受", "findings, or the input was refused"),
    "2": Text("命令写得不对", "wrong usage"),
    "3": Text("要由人处理", "a person is needed"),
    "130": Text("被打断", "interrupted"),
}
_OTHER = Text("也可写作：{names}", "Also: {names}")
_WIDE = "\u2e80-\u9fff\uff00-\uffef"
# Between two Chinese characters, but not before a closing mark or after an opening one.
_NAMES = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "~": "\\(ti", "^": "\\(ha"}
_BREAK = re.compile(rf"(?<=[{_WIDE}])(?=[\u2e80-\u9fff])(?<![（《「『“‘])(?![，。、；：？！）》」』”’])")


@click.command("man", cls=Command, epilog="logbook man -o ~/.local/share/man\nman logbook-add")
@click.option("-o", "--output", "folder", required=True, metavar="DIR", cls=Option,
              text=Text("手册文件夹", "the folder of manuals"))  # fmt: skip
@passes_context
def man_command(context: Context, folder: str) -> int:
    count = 0
    try:
        for lang, below in FOLDERS.items():
            place = Path(folder).expanduser() / below
            place.mkdir(parents=True, exist_ok=True)
            for name, text in pages(lang, machine.now().date().isoformat()):
                (place / f"{name}.1").write_text(text, encoding="utf-8")
                count += 1
    except OSError as error:
        raise UsageError("book.file-missing", path=folder, why=error.strerror or str(error)) from error
    output.note(context, context.catalogue.say("cli.manuals", count=count, path=folder))
    return 0


def pages(lang: str, day: str) -> Iterator[tuple[str, str]]:
    """Name and text of each page: `logbook`, `logbook-add`, `logbook-key-out`; ``day``: when they are written."""
    from logbook.cli.main import group

    with speaking(lang):
        top = group()
        for ctx in _contexts(click.Context(top, info_name="logbook", **top.context_settings)):
            yield ctx.command_path.replace(" ", "-"), _page(ctx, lang, day)


def _contexts(ctx: click.Context) -> Iterator[click.Context]:
    yield ctx
    for name, command in _below(ctx):
        yield from _contexts(click.Context(command, parent=ctx, info_name=name))


def _below(ctx: click.Context) -> list[tuple[str, click.Command]]:
    group = ctx.command
    if not isinstance(group, click.Group):
        return []
    return [(name, found) for name in group.list_commands(ctx) if (found := group.get_command(ctx, name)) is not None]


def _page(ctx: click.Context, lang: str, day: str) -> str:
    command, path = ctx.command, ctx.command_path
    name, about = path.replace(" ", "-"), _about(ctx, lang)
    usage = places(" ".join(command.collect_usage_pieces(ctx)), lang)
    lines = [
        f'.TH "{_roff(name.upper())}" 1 "{day}" "logbook {__version__}" "{_HEADS["manual"].say(lang)}"',
        ".nh", ".ad l",  # neither hyphens nor wide gaps: commands are copied from here
        *_head("name", lang), f"{_roff(name)} \\- {_prose(about)}",
        *_head("synopsis", lang), f"\\fB{_roff(path)}\\fR {_roff(usage)}",
        *_head("description", lang), _prose(about),
    ]  # fmt: skip
    others = [word for word, one in ALIASES.items() if one == command.name and ctx.parent and not ctx.parent.parent]
    others = [word for word in others if lang == "zh" or word.isascii()]
    if others:
        lines += [".PP", _prose(_OTHER.say(lang).format(names=", ".join(others)))]
    below = [(sub, _about(click.Context(one, parent=ctx, info_name=sub), lang)) for sub, one in _below(ctx)]
    if below:
        lines += _listed("commands", below, lang)
    examples = getattr(command, "epilog", None)
    if examples:
        lines += [*_head("examples", lang), ".nf", *(_line(row) for row in examples.splitlines()), ".fi"]
    records = [param.get_help_record(ctx) for param in command.get_params(ctx) if isinstance(param, click.Option)]
    lines += _listed("options", [told(record, lang) for record in records if record is not None], lang)
    lines += _listed("exit", [(code, what.say(lang)) for code, what in _EXITS.items()], lang)
    seen = [ctx.parent.command_path] if ctx.parent else []
    seen += [f"{path} {sub}" for sub, _ in below]
    if seen:
        lines += [*_head("see", lang), ", ".join(f"\\fB{_roff(one.replace(' ', '-'))}\\fR(1)" for one in seen)]
    return "\n".join(lines) + "\n"


def _about(ctx: click.Context, lang: str) -> str:
    """What a command does, as its page of help says it."""
    formatter = click.HelpFormatter(width=1000)
    ctx.command.format_help_text(ctx, formatter)
    return formatter.getvalue().strip().splitlines()[0].strip()


def _head(section: str, lang: str) -> list[str]:
    return [f'.SH "{_HEADS[section].say(lang)}"']


def _listed(section: str, rows: list[tuple[str, str]], lang: str) -> list[str]:
    lines = _head(section, lang)
    for name, text in rows:
        lines += [".TP", f"\\fB{_roff(name)}\\fR", _prose(text)]
    return lines


def _line(text: str) -> str:
    """A line of text: nothing at its beginning is taken for a request."""
    said = _roff(text)
    return f"\\&{said}" if said[:1] in (".", "'", " ") else said


def _prose(text: str) -> str:
    """Words of ours: Chinese may be broken where a line ends."""
    return _BREAK.sub(r"\\:", _roff(text))


def _roff(text: str) -> str:
    """Text as it stands, with hyphens that can be copied."""
    for char, name in _NAMES.items():
        text = text.replace(char, name)
    return text


COMMANDS = {"man": with_globals(man_command)}
