"""What every command is given: global choices, and the session they lead to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

import click

from logbook.cli.words import Option
from logbook.cli.words import guessed_language
from logbook.core.errors import UsageError
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.store import machine

if TYPE_CHECKING:
    from logbook.locale.catalogue import Catalogue
    from logbook.operations.session import Clock
    from logbook.operations.session import Session

Function = TypeVar("Function", bound=Callable[..., Any])
TABLES = ("table", "json", "jsonl", "csv", "tsv", "md", "html", "yaml", "ids")


@frozen
class Choices:
    """The global options, wherever they stood on the line."""

    book: str | None = None
    lang: str | None = None
    now: str | None = None
    by: str | None = None
    rev: str | None = None
    quiet: bool = False


class Context:
    """One call of the program. The session is opened on first use."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.command = ""
        self._session: Session | None = None
        self._present: Session | None = None

    @property
    def lang(self) -> str:
        if self._session is not None:
            return self._session.lang
        return self.choices.lang[:2] if self.choices.lang else guessed_language()

    @property
    def catalogue(self) -> Catalogue:
        from logbook.locale.catalogue import Catalogue

        return Catalogue(self.lang)

    @property
    def session(self) -> Session:
        if self._session is None:
            self._session = self._open(self.choices.rev)
        return self._session

    @property
    def fonts(self) -> str | None:
        """The folder that fonts for print are taken from, where one is named."""
        return self.session.environment.get("LOGBOOK_FONTS") or None

    def _open(self, rev: str | None) -> Session:
        from logbook.locale.catalogue import choose_language
        from logbook.operations.session import Session
        from logbook.store import book as books

        environment, here = machine.environment(), machine.current_folder()
        commit: str | None = None
        shared = books.find_shared(given=self.choices.book, environment=environment)
        if rev is None and shared is None:
            book = books.find_book(here, given=self.choices.book, environment=environment)
        else:
            from logbook.operations.asof import book_as_of

            root = shared or books.find_root(here, given=self.choices.book, environment=environment)
            book, commit = book_as_of(root, "HEAD" if rev is None else rev)
            commit = commit if rev is not None else None
        lang = choose_language(self.choices.lang, book.settings.language, environment)
        clock, by = self.clock(book.settings.zone), self.choices.by
        return Session(book, clock, lang=lang, environment=environment, by=by, rev=commit)

    @property
    def present(self) -> Session:
        """The session of the book as it is now, whatever commit ``--rev`` names."""
        if self.choices.rev is None:
            return self.session
        if self._present is None:
            self._present = self._open(None)
        return self._present

    def adopt(self, session: Session) -> None:
        """Go on with a session made elsewhere (a new book)."""
        self._session = session

    def clock(self, zone: Any) -> Clock:
        """The hour: ``--now`` as people write it in the book's zone, else the machine's."""
        from logbook.operations.session import Clock

        real = machine.now()
        if self.choices.now is None:
            return Clock(real.astimezone(zone), real, given=False)
        from logbook.core.moments import FIRST_YEAR
        from logbook.core.moments import LAST_YEAR
        from logbook.core.moments import parse_moment

        moment = parse_moment(self.choices.now, now=real.astimezone(zone), zone=zone)
        if moment is None:
            raise UsageError("book.bad-now", found=self.choices.now)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise UsageError("book.far-now", found=self.choices.now, first=FIRST_YEAR, last=LAST_YEAR)
        return Clock(moment, real.astimezone(UTC), given=True)

    def close(self) -> None:
        for session in (self._session, self._present):
            if session is not None:
                session.close()


def _staff(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
    from logbook.cli import completing

    return completing.staff(ctx, param, incomplete)


GLOBAL = (
    (("--book",), {"metavar": "DIR"}, Text("记录簿所在文件夹", "the book's folder")),
    (("--lang",), {"type": click.Choice(["zh", "en"])}, Text("语言", "language")),
    (("--now",), {"metavar": "WHEN"}, Text("以这个时刻为准", "take this moment for now")),
    (
        ("--by",),
        {"metavar": "STAFF", "shell_complete": _staff},
        Text("办理人（员工编号或姓名）", "who does it (staff id or name)"),
    ),
    (("--quiet", "-q"), {"is_flag": True, "default": None}, Text("只输出结果", "print results only")),
)


def with_globals(command: click.Command) -> click.Command:
    """Give a command the global options too, so that they may stand anywhere on the line."""
    own = {name for param in command.params for name in param.opts}
    for names, settings, text in GLOBAL:
        if not own.intersection(names):
            command.params.append(Option(list(names), text=text, expose_value=False, callback=_remember, **settings))
    return command


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    if value is not None and param.name:
        context = ctx.ensure_object(dict).setdefault("context", Context(Choices()))
        context.choices = replace(context.choices, **{param.name: value})
    return value


def passes_context(function: Function) -> Function:
    """Hand the command its :class:`Context` first."""

    @functools.wraps(function)
    def wrapped(*args: Any, **more: Any) -> Any:
        ctx = click.get_current_context()
        context = ctx.ensure_object(dict).setdefault("context", Context(Choices()))
        context.command = ctx.command.name or ""
        return function(context, *args, **more)

    return wrapped  # type: ignore[return-value]


def rev_option(function: Function) -> Function:
    """``--rev``, for commands that only read (rulings 1)."""
    told = Text(
        "按这个提交时的记录簿来看，如 HEAD~5（记录全部重新读取，会慢一些）",
        "the book as of this commit, e.g. HEAD~5 (reads all records anew: slower)",
    )
    return click.option("--rev", metavar="REV", cls=Option, text=told, expose_value=False, callback=_remember)(function)


def span_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--since`` and ``--until``."""
    since = click.option("--since", metavar="WHEN", cls=Option, text=Text("从何时起", "from when"))
    until = click.option("--until", metavar="WHEN", cls=Option, text=Text("到何时止（含）", "until when (included)"))
    return since(until(function))


def output_option(function: Function) -> Function:
    """``-o FILE``, where a command can write to a file."""
    option = click.option(
        "-o", "--output", "target", metavar="FILE", cls=Option, text=Text("写入文件", "write to a file")
    )
    return option(function)


def format_option(formats: Sequence[str], default: str) -> Callable[[Function], Function]:
    """``--format``."""
    return click.option(
        "--format",
        "format_",
        cls=Option,
        type=click.Choice(list(formats)),
        default=default,
        show_default=True,
        text=Text("输出格式", "output format"),
    )
