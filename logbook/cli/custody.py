"""Keys, tools and radios at the desk: what is out, out, in, extend, lost, find, ledger, count."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

import click

from logbook.cli import asking
from logbook.cli import completing
from logbook.cli import output
from logbook.cli.context import TABLES
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import with_globals
from logbook.cli.people import announced
from logbook.cli.people import may_see_private
from logbook.cli.people import private_option
from logbook.cli.people import short_due
from logbook.cli.recording import APPROVED
from logbook.cli.recording import AT
from logbook.cli.recording import REASON
from logbook.cli.words import Command
from logbook.cli.words import Group
from logbook.cli.words import Option
from logbook.core.text import Text

if TYPE_CHECKING:
    from logbook.operations.custody import Balance
    from logbook.operations.custody import Kind
    from logbook.operations.custody import Out
    from logbook.operations.writing import Written

MASKED = "***"

SUB: Mapping[str, Text] = {
    "out": Text("借出", "lend"),
    "in": Text("归还", "take back"),
    "extend": Text("续借", "extend"),
    "lost": Text("报遗失", "report a loss"),
    "find": Text("找钥匙：在哪里，在谁手里", "find a key: where it hangs, who has it"),
    "ledger": Text("台账：每把钥匙共几把，在柜几把", "how many there are of each key, and where"),
    "count": Text("盘点", "count the keys"),
}
# Other words for each; the first is shown.
ALSO: Mapping[str, tuple[str, ...]] = {
    "out": ("借出", "借"),
    "in": ("归还", "还"),
    "extend": ("续借",),
    "lost": ("遗失",),
    "find": ("找", "查"),
    "ledger": ("台账",),
    "count": ("盘点",),
}


def _option(metavar: str, zh: str, en: str, **more: Any) -> dict[str, Any]:
    return {"cls": Option, "metavar": metavar, "text": Text(zh, en), **more}


DUE = _option("WHEN", "应还时间（默认当天）", "due back (default: today)")
WHO = _option("NAME", "借用人（借给几个人时）", "the borrower, where several have one")
SOME = click.IntRange(min=1)


def _recording(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--at``, ``--reason`` and ``--format`` of a command that records; it takes the call's context of click."""
    function = format_option(("text", "json", "ids"), "text")(click.pass_context(function))
    return click.option("--at", **AT)(click.option("--reason", **REASON)(function))


class Custody(Group):
    """`key` and `loan`: the commands below by their English or Chinese word; alone, what is out."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        names = {word: name for name, words in ALSO.items() for word in words}
        return super().get_command(ctx, names.get(cmd_name, cmd_name))

    def shown(self, name: str, lang: str) -> str:
        return f"{name}, {ALSO[name][0]}" if lang == "zh" else name


# -- what is out ------------------------------------------------------------------------------


@click.group(
    "key",
    cls=Custody,
    below=SUB,
    invoke_without_command=True,
    epilog="logbook key\nlogbook key out K-3-502 李师傅 检修 --due 18:00\nlogbook key in K-3-502\n"
    "logbook key lost K-3-502",
)
@private_option
@format_option(TABLES, "table")
@click.pass_context
def key_group(ctx: click.Context, private: bool, format_: str) -> int | None:
    return _group(ctx, "KEYS", private, format_)


@click.group(
    "loan",
    cls=Custody,
    below=SUB,
    invoke_without_command=True,
    epilog="logbook loan\nlogbook loan out 对讲机 刘洋 夜巡 number=R-03 kind=radio --approved-by zhao\n"
    "logbook loan in R-03",
)
@private_option
@format_option(TABLES, "table")
@click.pass_context
def loan_group(ctx: click.Context, private: bool, format_: str) -> int | None:
    return _group(ctx, "LOANS", private, format_)


def _group(ctx: click.Context, kind: str, private: bool, format_: str) -> int | None:
    from logbook.operations import custody

    context: Context = ctx.obj["context"]
    ctx.obj["custody"] = kind
    if ctx.invoked_subcommand is None:
        context.command = ctx.command.name or ""
        private = may_see_private(context, private)
        _print_outs(context, custody.outs(context.session, _kind(ctx)), private, format_)
    return 0


def _kind(ctx: click.Context) -> Kind:
    from logbook.operations import custody

    kind: Kind = getattr(custody, ctx.obj["custody"])
    return kind


def _print_outs(context: Context, outs: Sequence[Out], private: bool, format_: str) -> None:
    if output.for_programs(format_, (_out_json(one, private) for one in outs), (one.id for one in outs)):
        return
    from logbook.render.tables import Column

    heads = [
        Column("overdue", Text("逾期", "Late"), whole=True),
        Column("due", Text("应还", "Due back"), whole=True),
        Column("thing", Text("借出的", "What"), whole=True),
        Column("copies", Text("数", "No."), "int"),
        Column("borrower", Text("借用人", "Borrower")),
        Column("purpose", Text("用途", "Purpose")),
        Column("since", Text("借出", "Out since"), whole=True),
        Column("id", Text("编号", "Id"), "id", whole=True),
    ]
    people = format_ in ("table", "md", "html")
    cells = (
        [
            (_span(context, one.overdue_seconds) if one.overdue_seconds else "") if people else one.overdue_seconds,
            (_due(context, one) if people else one.due.isoformat() if one.due else ""),
            one.thing,
            one.copies,
            one.borrower if private else MASKED,
            one.purpose,
            one.since.strftime("%m-%d %H:%M") if people else one.since.isoformat(),
            one.id,
        ]
        for one in outs
    )
    title = "借出的" if context.lang == "zh" else "Out"
    output.rows(context, format_, heads, cells, title=title, empty=context.catalogue.say("custody.nothing-out"))


def _out_json(one: Out, private: bool) -> dict[str, object]:
    return {
        "id": one.id,
        "thing": one.thing,
        "copies": one.copies,
        "borrower": one.borrower if private else MASKED,
        "purpose": one.purpose,
        "since": one.since.isoformat(),
        "due": one.due.isoformat() if one.due else None,
        "overdue_seconds": one.overdue_seconds,
        "signed": one.signed,
    }


# -- out, in, extend --------------------------------------------------------------------------


@click.command(
    "out",
    cls=Command,
    epilog="logbook key out K-3-502 李师傅 检修\n"
    "logbook key out K-pump 孙师傅 月检 --due 11:30 --approved-by zhao --signed\n"
    "logbook loan out 对讲机 刘洋 夜巡 number=R-03 kind=radio --approved-by zhao",
)
@click.argument("thing", metavar="KEY|ITEM", shell_complete=completing.ids)
@click.argument("words", nargs=-1, metavar="[BORROWER] [PURPOSE] [FIELD=VALUE]...")
@click.option("--purpose", cls=Option, metavar="TEXT", text=Text("用途", "what for"))
@click.option("--due", **DUE)
@click.option("--copies", **_option("N", "数量（默认一）", "how many (default: one)", type=SOME))
@click.option("--approved-by", **APPROVED)
@click.option("--signed", "-s", is_flag=True, cls=Option, text=Text("借用人已签字", "the borrower has signed for it"))
@_recording
def out_command(
    ctx: click.Context,
    thing: str,
    words: tuple[str, ...],
    purpose: str | None,
    due: str | None,
    copies: int | None,
    approved_by: str | None,
    signed: bool,
    at: str | None,
    reason: str | None,
    format_: str,
) -> int:
    from logbook.operations import custody
    from logbook.store import machine

    context = _context(ctx, "add")
    kind = _kind(ctx)
    given = [word for word in words if "=" in word]
    said = [word for word in words if "=" not in word]
    if len(said) > 2:
        raise click.UsageError(f"Got unexpected extra argument ({said[2]})", ctx)
    named = dict(zip(("borrower", "purpose"), said, strict=False))
    named |= {name: word for name, word in (("purpose", purpose), ("due_at", due)) if word}
    if copies is not None:
        named["copies" if kind is custody.KEYS else "qty"] = str(copies)
    given += [f"{name}={word}" for name, word in named.items()]
    request = custody.lending(
        context.session, kind, thing, given, at=at, approved_by=approved_by, reason=reason
    )
    if machine.is_interactive() and not any(issue.is_error for issue in request.changes.issues):
        from logbook.cli.guiding import ask_missing

        ask_missing(context, request)
    written = custody.lend(context.session, request, signed=signed)
    _told(context, written, format_, "custody.lent")
    return 0


@click.command(
    "in", cls=Command, epilog="logbook key in K-3-502\nlogbook key in K-pump 孙师傅\nlogbook loan in R-03"
)
@click.argument("thing", metavar="KEY|ITEM|ID", shell_complete=completing.open_ids)
@click.argument("words", nargs=-1, metavar="[BORROWER] [FIELD=VALUE]...")
@click.option("--copies", cls=Option, type=click.IntRange(min=0), text=Text("还回几把", "how many came back"))
@_recording
def in_command(
    ctx: click.Context,
    thing: str,
    words: tuple[str, ...],
    copies: int | None,
    at: str | None,
    reason: str | None,
    format_: str,
) -> int:
    from logbook.operations import custody

    context = _context(ctx)
    given = [word for word in words if "=" in word]
    who = [word for word in words if "=" not in word]
    if copies is not None:
        given.append(f"returned_copies={copies}")
    written = custody.take_back(
        context.session, _kind(ctx), thing, given, who=" ".join(who) or None, at=at, reason=reason
    )
    _told(context, written, format_, "custody.back")
    return 0


@click.command("extend", cls=Command, epilog="logbook key extend K-3-502 明天12:00 --reason 施工未完")
@click.argument("thing", metavar="KEY|ID", shell_complete=completing.open_ids)
@click.argument("due", metavar="WHEN")
@click.option("--who", **WHO)
@click.option("--reason", **REASON)
@click.option("--approved-by", **APPROVED)
@click.option("--at", **AT)
@format_option(("text", "json", "ids"), "text")
@click.pass_context
def extend_command(
    ctx: click.Context,
    thing: str,
    due: str,
    who: str | None,
    reason: str | None,
    approved_by: str | None,
    at: str | None,
    format_: str,
) -> int:
    from logbook.operations import custody

    context = _context(ctx)
    written = custody.extend(
        context.session, _kind(ctx), thing, due, who=who, at=at, reason=reason, approved_by=approved_by
    )
    _told(context, written, format_, "custody.extended")
    return 0


# -- lost -------------------------------------------------------------------------------------


@click.command(
    "lost",
    cls=Command,
    epilog="logbook key lost K-3-502\n"
    "logbook key lost K-3-502 --how 检修后遗失 --action 已沿路寻找 --area garage",
)
@click.argument("thing", metavar="KEY|ID", shell_complete=completing.open_ids)
@click.option("--how", cls=Option, metavar="TEXT", text=Text("经过：怎么丢的", "the account: how it was lost"))
@click.option("--action", cls=Option, metavar="TEXT", text=Text("先行处置：已经做了什么", "what has been done so far"))
@click.option("--lost-by", **_option("NAME", "遗失人（默认借用人）", "who lost it (default: the borrower)"))
@click.option("--who", **WHO)
@click.option("--area", **_option("AREA", "地点（默认钥匙的区域或房号）", "where (default: the key's area or room)"))
@click.option("--found-at", **_option("WHEN", "发现时间（默认现在）", "when it was noticed (default: now)"))
@click.option("--copies", **_option("N", "几把", "how many", type=SOME))
@_recording
def lost_command(
    ctx: click.Context,
    thing: str,
    how: str | None,
    action: str | None,
    lost_by: str | None,
    who: str | None,
    area: str | None,
    found_at: str | None,
    copies: int | None,
    at: str | None,
    reason: str | None,
    format_: str,
) -> int:
    from logbook.operations import custody
    from logbook.store import machine

    context = _context(ctx, "add")
    session = context.session
    if machine.is_interactive():
        key, borrower, _ = custody.losing(session, thing, who=who)
        how = how or _ask(context, "custody.ask-how")
        action = action or _ask(context, "custody.ask-action")
        lost_by = lost_by or borrower or _ask(context, "custody.ask-who")
        if not area and not custody.has_place(session, key):
            area = _ask(context, "custody.ask-area")
    loss = custody.lose(
        session,
        thing,
        how=how,
        action=action,
        lost_by=lost_by,
        who=who,
        area=area,
        found_at=found_at,
        copies=copies,
        at=at,
        reason=reason,
    )
    if format_ == "json":
        from logbook.cli.looking import record_data

        written = [one for one in (loss.incident, loss.loss, loss.checkout) if one is not None]
        output.data([record_data(context, one.record.id, one.form.name) for one in written])
        return 0
    # The three records were written at one moment: what is said of it is said once.
    output.issues(context, {(issue.rule, issue.field): issue for issue in loss.loss.warnings}.values())
    output.result(loss.loss.record.id)
    if format_ == "text":
        args = {"incident": loss.incident.record.id, "loss": loss.loss.record.id}
        thing = str(loss.loss.record.fields["key"])
        output.note(context, context.catalogue.say("custody.lost", thing=thing, **args))
        output.note(context, "  " + context.catalogue.say("custody.lost-next", **args))
    return 0


def _ask(context: Context, code: str, **args: object) -> str:
    return asking.line(context.catalogue.say(code, **args))


# -- find, ledger, count ----------------------------------------------------------------------


@click.command("find", cls=Command, epilog="logbook key find 502\nlogbook key find 泵房")
@click.argument("word", metavar="WORD")
@private_option
@format_option(TABLES, "table")
@click.pass_context
def find_command(ctx: click.Context, word: str, private: bool, format_: str) -> int:
    from logbook.operations import custody

    context = _context(ctx)
    private = may_see_private(context, private)
    _print_balances(context, custody.find_keys(context.session, word), private, format_)
    return 0


@click.command("ledger", cls=Command, epilog="logbook key ledger\nlogbook key ledger --format csv")
@private_option
@format_option(TABLES, "table")
@click.pass_context
def ledger_command(ctx: click.Context, private: bool, format_: str) -> int:
    from logbook.operations import custody

    context = _context(ctx)
    private = may_see_private(context, private)
    balances = custody.ledger(context.session)
    # Whatever is overdue first, then what is out, then what hangs in its place.
    balances.sort(key=lambda one: (-max((out.overdue_seconds for out in one.outs), default=0), not one.outs, one.key))
    _print_balances(context, balances, private, format_)
    return 0


def _print_balances(context: Context, balances: Sequence[Balance], private: bool, format_: str) -> None:
    if output.for_programs(format_, (_balance_json(one, private) for one in balances), (one.key for one in balances)):
        return
    from logbook.render.tables import Column

    heads = [
        Column("key", Text("钥匙", "Key"), "id", whole=True),
        Column("opens", Text("所开门锁", "Opens")),
        Column("hook", Text("存放位", "Hook")),
        Column("total", Text("现有", "There are"), "int"),
        Column("in_cabinet", Text("在柜", "In cabinet"), "int"),
        Column("lent", Text("借出", "Out"), "int"),
        Column("lost", Text("遗失", "Lost"), "int"),
        Column("with", Text("在谁手里", "With")),
    ]
    cells = (
        [one.key, one.opens, one.hook, one.total, one.in_cabinet, one.lent, one.lost, _with(context, one, private)]
        for one in balances
    )
    title = "钥匙台账" if context.lang == "zh" else "Key ledger"
    output.rows(context, format_, heads, cells, title=title, empty=context.catalogue.say("custody.no-keys"))


def _with(context: Context, balance: Balance, private: bool) -> str:
    told = []
    for one in balance.outs:
        late = "逾期" if context.lang == "zh" else "late"
        due = _due(context, one)
        told.append(f"{one.borrower if private else MASKED} {due}{f' {late}' if one.overdue_seconds else ''}")
    return "; ".join(told)


def _balance_json(one: Balance, private: bool) -> dict[str, object]:
    return {
        "key": one.key,
        "opens": one.opens,
        "hook": one.hook or None,
        "total": one.total,
        "in_cabinet": one.in_cabinet,
        "out": one.lent,
        "lost": one.lost,
        "issued": one.issued,
        "checkouts": [_out_json(out, private) for out in one.outs],
    }


@click.command(
    "count",
    cls=Command,
    epilog="logbook key count\nlogbook key count --agree K-pump=1:借给电工未登记 --watched-by zhao",
)
@click.argument("words", nargs=-1, metavar="[KEY=COPIES[:WHY]]...")
@click.option("--agree", is_flag=True, cls=Option, text=Text("没写的都和应有的相符", "all others are as expected"))
@click.option("--watched-by", cls=Option, metavar="STAFF", text=Text("监盘人", "who watched"))
@click.option("--sheet", is_flag=True, cls=Option, text=Text("只看应有多少，不记录", "only show what is expected"))
@_recording
def count_command(
    ctx: click.Context,
    words: tuple[str, ...],
    agree: bool,
    watched_by: str | None,
    sheet: bool,
    at: str | None,
    reason: str | None,
    format_: str,
) -> int:
    from logbook.operations import custody
    from logbook.store import machine

    context = _context(ctx, "add")
    session = context.session
    balances = custody.ledger(session)
    if sheet:
        _print_balances(context, balances, private=False, format_="json" if format_ == "json" else "table")
        return 0
    counted = custody.counted_from(session, words, agree=agree)
    if machine.is_interactive() and not agree:
        for one in balances:
            if one.key not in counted:
                counted[one.key] = _ask_count(context, one)
    written = custody.count(session, counted, watched_by=watched_by, at=at, reason=reason)
    if format_ == "json":
        from logbook.cli.looking import record_data

        output.data(record_data(context, written.record.id, "key_count"))
        return 0
    output.issues(context, written.warnings)
    output.result(written.record.id)
    if format_ == "text":
        expected = {one.key: one.in_cabinet for one in balances}
        off = [(key, number) for key, (number, _) in counted.items() if number != expected.get(key)]
        say = context.catalogue.say
        output.note(
            context, say("custody.counted", id=written.record.id, count=len(balances), diff=len(off))
        )
        for key, number in sorted(off):
            output.note(context, say("custody.differs", key=key, expected=expected.get(key, 0), found=number))
    return 0


def _ask_count(context: Context, one: Balance) -> tuple[int, str]:
    question = context.catalogue.say("custody.ask-count", key=one.key, opens=one.opens, expected=one.in_cabinet)
    number = asking.number(context, question, usual=one.in_cabinet)
    why = "" if number == one.in_cabinet else _ask(context, "custody.ask-why")
    return number, why


# -- inside -----------------------------------------------------------------------------------


def _context(ctx: click.Context, command: str = "key") -> Context:
    """The call's context; ``command``: which of the writing commands it stands for when something is refused."""
    context: Context = ctx.obj["context"]
    context.command = command
    return context


def _told(context: Context, written: Written, format_: str, code: str) -> None:
    """The id on standard output; on standard error what must be known at the desk."""
    if announced(context, written, format_):
        return
    from logbook.operations import custody

    out = custody.standing(context.session, written)
    say = context.catalogue.say
    if code == "custody.back" and out.overdue_seconds:
        late = _span(context, out.overdue_seconds)
        output.note(context, say("custody.back-late", thing=out.thing, late=late))
        return
    output.note(context, say(code, thing=out.thing, due=_due(context, out)))


def _due(context: Context, one: Out) -> str:
    return short_due(context, int(one.due.timestamp())) if one.due is not None else "-"


def _span(context: Context, seconds: int) -> str:
    from logbook.locale.catalogue import duration

    return duration(timedelta(seconds=seconds), context.lang)


for _command in (out_command, in_command, extend_command, lost_command, find_command, ledger_command, count_command):
    key_group.add_command(with_globals(_command))
for _command in (out_command, in_command):
    loan_group.add_command(_command)

COMMANDS = {"key": with_globals(key_group), "loan": with_globals(loan_group)}
