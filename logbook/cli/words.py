"""Commands and options whose help is in the reader's language, and the lazy group of commands."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from logbook.core.text import Text
from logbook.store import machine

# name: (module, help in both languages). Help and completion read this table and import nothing else.
COMMANDS: Mapping[str, tuple[str, Text]] = {
    "desk": ("desking", Text("值班窗口：要办的事、登记、查找、交接", "the prompt for a shift: due, entry, handover")),
    "add": ("recording", Text("登记一条新记录", "make a record")),
    "step": ("recording", Text("办理一个步骤", "take a record one step on")),
    "next": ("following", Text("接着填下一张表", "start the record that follows one")),
    "amend": ("recording", Text("更正已记录的内容（留下原值和原因）", "correct a recorded value; the old one stays")),
    "void": ("recording", Text("作废一条记录", "cancel a record")),
    "sign": ("recording", Text("签名", "sign a record")),
    "drafts": ("drafts", Text("没登完的草稿：查看、丢掉", "unfinished entries: list, drop")),
    "open": ("recording", Text("在编辑器里修改，保存后校验并提交", "edit a record, checked and committed on save")),
    "show": ("looking", Text("查看一条记录", "show a record")),
    "history": ("looking", Text("谁在什么时候改了什么", "who changed which field when")),
    "list": ("listing", Text("查询记录", "query records")),
    "overdue": ("listing", Text("现在逾期的一切", "everything late")),
    "agenda": ("duties", Text("今天该做的事", "what this desk owes today")),
    "report": ("reports", Text("报表：统计和汇总", "statistics and summaries")),
    "duties": ("duties", Text("定期职责；一项职责的说明和完成情况", "recurring duties; how one was kept")),
    "handover": ("shifts", Text("交接班", "hand the shift over")),
    "shift": ("shifts", Text("本班：谁在岗，做了什么", "this shift: who is on duty, what was done")),
    "roster": ("shifts", Text("值班表和空岗检查", "the roster, and whether anybody is missing")),
    "key": ("custody", Text("钥匙借还", "keys out and back")),
    "loan": ("custody", Text("工具、对讲机借还", "tools and radios out and back")),
    "notify": ("notifying", Text("发送逾期提醒", "send digests of what is late")),
    "calendar": ("calendars", Text("月历、工作日和节假日", "a month with its working days and holidays")),
    "forms": ("looking", Text("有哪些表单；一份表单的说明", "list forms; describe one")),
    "packs": ("packs", Text("表单包：启用、升级", "packs of forms: enable, upgrade")),
    "sql": ("looking", Text("用 SQL 查询", "read the index with SQL")),
    "sync": ("syncing", Text("与其他电脑交换记录", "exchange with other desks")),
    "validate": ("checking", Text("检查记录和表单定义", "check records and definitions")),
    "audit": ("auditing", Text("审核全部历史", "verify the whole trail")),
    "hook": ("hooking", Text("共享库和本机的检查", "checks of the shared copy and of a desk")),
    "doctor": ("checking", Text("检查记录簿，修好中断留下的问题", "find and mend what a crash left")),
    "upkeep": ("upkeep", Text("让大记录簿保持快：整理、收起旧月份", "keep a large book quick; close old months")),
    "index": ("checking", Text("查看或重建查询索引", "inspect or rebuild the index")),
    "render": ("paper", Text("打印标准表单", "print the standard form")),
    "evidence": ("evidence", Text("一条记录的举证材料", "a folder that proves one record")),
    "retention": ("evidence", Text("哪些记录保存期满", "which records need not be kept any longer")),
    "import": ("exchange", Text("从 CSV、XLSX、JSON 导入", "import CSV, XLSX, JSON, JSON Lines")),
    "export": ("exchange", Text("导出 CSV、XLSX、JSON、Parquet", "export CSV, XLSX, JSON, YAML, Parquet")),
    "site": ("site", Text("只读网站：给主管和审计看的网页", "a read-only site for supervisors and auditors")),
    "fleet": ("fleet", Text("多个项目一起查：逾期、审核、导出", "many sites at once: query, overdue, audit, export")),
    "keys": ("privacy", Text("私密内容的钥匙：导出、导入", "keys of private values: export, import")),
    "erase": ("privacy", Text("抹除一个人的私密内容（销毁钥匙）", "erase a person's private values")),
    "init": ("books", Text("新建一本记录簿", "make a book")),
    "demo": ("books", Text("做一本样例记录簿", "make a sample book")),
    "on": ("books", Text("在这台电脑上签到", "sign on at this desk")),
    "off": ("books", Text("在这台电脑上签退", "sign off at this desk")),
    "login": ("signing", Text("在这台电脑上用自己的密钥签名", "sign with one's own key at this desk")),
    "logout": ("signing", Text("这台电脑不再用我的密钥", "forget one's key at this desk")),
    "signers": ("signing", Text("导出全体员工的公钥，供审计用", "the keys of all staff, for an auditor")),
    "man": ("manual", Text("写出手册页", "write the man pages")),
    "completion": ("books", Text("打印命令补全脚本", "print a completion script")),
}
WRITING = frozenset(
    ("add", "step", "amend", "void", "sign", "open", "import", "init", "demo", "on", "off", "desk")
    + ("handover", "shift", "roster", "key", "loan", "next", "packs", "login", "keys", "erase", "sync", "upkeep")
)
ALIASES = {"ls": "list", "new": "add", "登记": "add", "办理": "step", "查询": "list", "逾期": "overdue", "同步": "sync"}


_line: Sequence[str] = ()
_guess: str | None = None


def set_line(args: Sequence[str] | None) -> None:
    """The words of the command line, for what must be known before they are parsed."""
    global _line, _guess
    _line = sys.argv[1:] if args is None else args
    _guess = None


def guessed_language() -> str:
    """The language before a book is open: ``--lang``, the nearest book's, the environment's."""
    global _guess
    if _guess is None:
        _guess = _guess_language()
    return _guess


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Pages of help in ``lang``, whatever the line says."""
    global _guess
    before, _guess = _guess, lang
    try:
        yield
    finally:
        _guess = before


def _guess_language() -> str:
    asked = _on_line("--lang")
    if asked:
        return "zh" if asked.startswith("zh") else "en"
    environment = machine.environment()
    book = _on_line("--book") or environment.get("LOGBOOK_BOOK")
    try:
        folder = Path(book).expanduser() if book else machine.current_folder()
    except (OSError, RuntimeError):
        return "en"
    for one in (folder,) if book else (folder, *folder.parents):
        try:
            with (one / "logbook.yaml").open(encoding="utf-8") as lines:
                for line in lines:
                    if line.startswith("language:"):
                        return "zh" if "zh" in line else "en"
            break
        except (OSError, ValueError):
            continue
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "zh" if environment[name].lower().startswith("zh") else "en"
    return "en"


def _on_line(option: str) -> str | None:
    for place, word in enumerate(_line):
        if word == option and place + 1 < len(_line):
            return _line[place + 1]
        if word.startswith(f"{option}="):
            return word[len(option) + 1 :]
    return None


class Option(click.Option):
    """An option whose help is a :class:`Text`."""

    def __init__(self, *args: Any, text: Text | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        self.text = text

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        if self.text is not None:
            self.help = self.text.say(guessed_language())
        return super().get_help_record(ctx)


HELP = Text("看说明", "show this page")


def _show_help(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


class _InTheirLanguage(click.Command):
    """The frame of a help page: usage, options, how to get help."""

    def get_help(self, ctx: click.Context) -> str:
        from logbook.cli.helping import HelpFormatter

        formatter = HelpFormatter(width=ctx.terminal_width, max_width=ctx.max_content_width)
        self.format_help(ctx, formatter)
        return formatter.getvalue().rstrip("\n")

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        names = self.get_help_option_names(ctx)
        if not names or not self.add_help_option:
            return None
        if self._help_option is None:
            # Made here: click's own would look for a translation of its text, which loads `locale` and takes 2 ms.
            self._help_option = click.Option(
                names,
                is_flag=True,
                expose_value=False,
                is_eager=True,
                callback=_show_help,
            )
        self._help_option.help = HELP.say(guessed_language())
        return self._help_option

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from logbook.cli.helping import places

        lang = guessed_language()
        pieces = places(" ".join(self.collect_usage_pieces(ctx)), lang)
        formatter.write_usage(ctx.command_path, pieces, prefix="用法：" if lang == "zh" else "Usage: ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from logbook.cli.helping import told

        lang = guessed_language()
        params = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = [told(record, lang) for param in params if (record := param.get_help_record(ctx)) is not None]
        if records:
            with formatter.section("选项" if lang == "zh" else "Options"):
                formatter.write_dl(records)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)


class Command(_InTheirLanguage):
    """A command that takes its help from the table of commands, or from that of its group."""

    said: Text | None = None

    def about(self) -> Text | None:
        """What it does, in both languages."""
        return self.said or (COMMANDS[self.name or ""][1] if self.name in COMMANDS else None)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        lang = guessed_language()
        about = self.about()
        self.help = about.say(lang) if about is not None else self.help
        super().format_help_text(ctx, formatter)
        if self.epilog:
            with formatter.section("示例" if lang == "zh" else "Examples"):
                formatter.write(
                    "".join(f"{' ' * formatter.current_indent}{line}\n" for line in self.epilog.splitlines())
                )

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples stand before the options."""


class Group(Command, click.Group):
    """A command that has commands below it; ``below`` says what each of them does."""

    def __init__(self, *args: Any, below: Mapping[str, Text], **more: Any) -> None:
        super().__init__(*args, **more)
        self.below = below

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        super().add_command(cmd, name)
        if isinstance(cmd, Command):
            cmd.said = self.below[cmd.name or ""]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        lang = guessed_language()
        with formatter.section("命令" if lang == "zh" else "Commands"):
            formatter.write_dl([(self.shown(name, lang), self.below[name].say(lang)) for name in self.commands])

    def shown(self, name: str, lang: str) -> str:
        """The word for a command in the list of them."""
        return name

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise _no_such_command(args[0], self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)


class QueryCommand(Command):
    """A command that takes query words: ``-status:closed`` and ``-漏水`` are words, not options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        valued = {
            name
            for param in self.params
            if isinstance(param, click.Option) and not param.is_flag
            for name in (*param.opts, *param.secondary_opts)
        }
        names = [name for param in self.params for name in param.opts]
        short = {"h", *(name[1] for name in names if name[0] == "-" and name[1] != "-")}
        kept = []
        for place, word in enumerate(args):
            value = place > 0 and args[place - 1] in valued
            kept.append(f"{_MINUS}{word[1:]}" if not value and _is_negated(word, short) else word)
        return super().parse_args(ctx, kept)


_MINUS = "\0-"


def _is_negated(word: str, short: set[str]) -> bool:
    if len(word) < 2 or word[0] != "-" or word[1] == "-":
        return False
    return word[1] not in short or any(sign in word for sign in ":<>=：")


def query_words(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a query as they were typed."""
    return tuple(word.replace(_MINUS, "-", 1) for word in value)


class LazyGroup(_InTheirLanguage, click.Group):
    """The commands by name; a command's module is imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        name = ALIASES.get(name, name)
        if name not in COMMANDS:
            return None
        module = import_module(f"logbook.cli.{COMMANDS[name][0]}")
        command: click.Command = module.COMMANDS[name]
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and ALIASES.get(args[0], args[0]) not in COMMANDS and not args[0].startswith("-"):
            raise _no_such_command(args[0], COMMANDS, ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        lang = guessed_language()
        with formatter.section("命令" if lang == "zh" else "Commands"):
            formatter.write_dl([(name, text.say(lang)) for name, (_, text) in COMMANDS.items()])


class NoSuchCommand(click.UsageError):
    """An unknown command, with the nearest known one."""

    def __init__(self, found: str, near: str, ctx: click.Context) -> None:
        super().__init__(found, ctx)
        self.found = found
        self.near = near


def _no_such_command(found: str, known: Iterable[str], ctx: click.Context) -> NoSuchCommand:
    from logbook.core.suggest import closest

    near = closest(found, known)
    return NoSuchCommand(found, near[0] if near else "", ctx)
