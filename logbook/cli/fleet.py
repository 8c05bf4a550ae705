"""Many sites at once: the commands below `fleet`."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import click

from logbook.cli import output
from logbook.cli.checking import ISSUE_FORMATS
from logbook.cli.context import TABLES
from logbook.cli.context import Choices
from logbook.cli.context import Context
from logbook.cli.context import format_option
from logbook.cli.context import passes_context
from logbook.cli.context import with_globals
from logbook.cli.people import may_see_private
from logbook.cli.people import private_option
from logbook.cli.words import Command
from logbook.cli.words import Group
from logbook.cli.words import Option
from logbook.cli.words import QueryCommand
from logbook.cli.words import guessed_language
from logbook.cli.words import query_words
from logbook.core.errors import UsageError
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.store import machine

if TYPE_CHECKING:
    from logbook.operations.fleet.fleetfile import Fleet
    from logbook.operations.fleet.fleetfile import Site
    from logbook.operations.fleet.working import Outcome
    from logbook.operations.fleet.working import Trouble
    from logbook.render.tables import Column

SUB: dict[str, Text] = {
    "sites": Text("各项目的状态", "the state of each site"),
    "refresh": Text("取来各项目的最新内容", "fetch what the sites have"),
    "list": Text("在所有项目里查询记录", "query the records of all sites"),
    "overdue": Text("所有项目现在逾期的一切", "everything late at all sites"),
    "audit": Text("审核各项目的全部历史", "verify the trail of every site"),
    "export": Text("把所有项目导出成 Parquet 数据集", "all sites as one Parquet data set"),
}
PEOPLE = ("table", "md", "html")
# Of one site's findings more are counted, not shown (json has all of them).
MOST_FINDINGS = 10
NONE_ANSWERED = 3


class SubCommand(Command):
    """A command below `fleet`; its help comes from the table here."""

    def about(self) -> Text | None:
        return SUB[self.name or ""]


class SubQuery(QueryCommand):
    """The same for one that takes query words."""

    def about(self) -> Text | None:
        return SUB[self.name or ""]


class FleetGroup(Group):
    """`fleet`, with its commands in the reader's language."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        lang = guessed_language()
        with formatter.section("命令" if lang == "zh" else "Commands"):
            formatter.write_dl([(name, SUB[name].say(lang)) for name in self.commands])


@click.group("fleet", cls=FleetGroup, epilog="logbook fleet refresh\nlogbook fleet overdue complaint --soon 4h")
def fleet_group() -> None:
    pass


# --- which sites, and what became of them ------------------------------------------------------


@frozen
class Chosen:
    """The options every command here has: the list of books, the cache of mirrors, only some of the sites."""

    fleet: Fleet
    cache: Path
    sites: tuple[Site, ...]


def fleet_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--fleet --cache --site``, handed on as one :class:`Chosen`."""
    options = [
        click.option(
            "--fleet", "fleet_file", metavar="FILE", cls=Option, text=Text("项目清单 fleet.yaml", "the list of books")
        ),
        click.option(
            "--cache", metavar="DIR", cls=Option, text=Text("镜像放在哪里", "where mirrors of remote books are kept")
        ),
        click.option(
            "--site", "only", multiple=True, metavar="ID", cls=Option, text=Text("只看这个项目", "this site only")
        ),
    ]

    def wrapped(
        context: Context, *, fleet_file: str | None, cache: str | None, only: tuple[str, ...], **more: Any
    ) -> int:
        return int(function(context, chosen(context, fleet_file, cache, only), **more))

    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped


def chosen(context: Context, fleet_file: str | None, cache: str | None, only: Sequence[str]) -> Chosen:
    """The sites asked for. UsageError ``fleet.unknown-site``."""
    from logbook.core.suggest import hint
    from logbook.operations.fleet.fleetfile import find_fleet

    fleet = find_fleet(fleet_file, machine.environment(), machine.current_folder())
    if not context.choices.quiet:
        output.issues(context, fleet.warnings)
    known = [site.id for site in fleet.sites]
    for name in only:
        if name not in known:
            raise UsageError("fleet.unknown-site", found=name, known=known, hint=hint(name, known))
    folder = Path(cache).expanduser().absolute() if cache else machine.cache_folder() / "fleet"
    return Chosen(fleet, folder, tuple(site for site in fleet.sites if not only or site.id in only))


@contextmanager
def _at(choices: Choices, root: Path) -> Iterator[Context]:
    """The context of one site: its own zone, language, forms and calendars."""
    context = Context(replace(choices, book=str(root)))
    context.command = "fleet"
    try:
        yield context
    finally:
        context.close()


def _asked(
    context: Context, chosen: Chosen, work: Callable[[Site, Path], Any], *, fresh: bool = False
) -> list[Outcome]:
    """What every site answers. Mirrors that are not there yet are made; with ``fresh`` all are brought up to date."""
    from logbook.operations.fleet import working
    from logbook.store import mirror

    far = [
        site
        for site in chosen.sites
        if site.remote and (fresh or not mirror.is_there(working.mirror_path(site, chosen.cache)))
    ]
    fetched = {one.site.id: one.trouble for one in working.refresh(far, chosen.cache) if one.trouble is not None}
    outcomes = []
    with output.progress(context, len(chosen.sites), context.catalogue.say("fleet.asking")) as step:
        for outcome in working.each(chosen.sites, work, chosen.cache):
            trouble = fetched.get(outcome.site.id)
            if trouble is not None:  # an old mirror answers all the same
                outcome = replace(outcome, trouble=trouble)
            outcomes.append(outcome)
            step(len(outcomes))
    return outcomes


def _end(context: Context, outcomes: Sequence[Outcome], code: int = 0) -> int:
    """Say which sites gave no answer and why, and what the command ends with."""
    output.flush()
    troubled = [one for one in outcomes if one.trouble is not None]
    told: list[tuple[Trouble, list[Site]]] = []
    for one in troubled:
        assert one.trouble is not None
        for trouble, sites in told:
            if trouble == one.trouble:
                sites.append(one.site)
                break
        else:
            told.append((one.trouble, [one.site]))
    for trouble, sites in told:
        names = [site.name for site in sites]
        why, fix = _why(context, trouble)
        output.note(context, context.catalogue.say("fleet.trouble", sites=names, why=why))
        if trouble.issues:
            output.issues(context, trouble.issues)
        elif fix:
            output.note(context, f"    → {fix}")
    if any(one.value is not None for one in outcomes):
        return 1 if troubled else code
    codes = {one.trouble.exit_code for one in troubled if one.trouble is not None}
    return codes.pop() if len(codes) == 1 else NONE_ANSWERED


def _why(context: Context, trouble: Trouble) -> tuple[str, str]:
    code = "fleet.unreachable" if trouble.code == "sync.unreachable" else trouble.code
    catalogue = context.catalogue
    return catalogue.say(code, **trouble.args), catalogue.fix(code, **trouble.args)


def _site_cell(site: Site, format_: str) -> str:
    return site.name if format_ in PEOPLE else site.id


SITE = Text("项目", "Site")


def _print_objects(format_: str, outcomes: Iterable[Outcome], key: str = "objects") -> None:
    output.objects(
        format_,
        ({"site": one.site.id, **shaped} for one in outcomes if one.value is not None for shaped in one.value[key]),
    )


def _print_rows(context: Context, format_: str, outcomes: Sequence[Outcome], *, title: Text, empty: str) -> None:
    """The tables of the sites as one: the columns of all of them, by their id, the site first."""
    from logbook.render.tables import Column

    answered = [one for one in outcomes if one.value is not None]
    heads: dict[str, Column] = {}
    for one in answered:
        for head in one.value["heads"]:
            heads.setdefault(head.id, head)
    places = {name: place for place, name in enumerate(heads)}

    def lines() -> Iterator[list[object]]:
        for one in answered:
            into = [places[head.id] for head in one.value["heads"]]
            for row in one.value["cells"]:
                line: list[object] = [""] * len(heads)
                for place, cell in zip(into, row, strict=True):
                    line[place] = cell
                yield [_site_cell(one.site, format_), *line]

    columns = [Column("site", SITE, whole=True), *heads.values()]
    output.rows(context, format_, columns, lines(), title=title.say(context.lang), empty=empty)


def _print_ids(outcomes: Iterable[Outcome]) -> None:
    for one in outcomes:
        for name in one.value["ids"] if one.value is not None else ():
            output.result(f"{one.site.id}\t{name}")


# --- list --------------------------------------------------------------------------------------


fresh_option = click.option(
    "--refresh", "fresh", is_flag=True, cls=Option, text=Text("先取来最新内容", "fetch what is new first")
)


@fleet_group.command("list", cls=SubQuery, epilog="logbook fleet list complaint level:major is:open")
@click.argument("query", nargs=-1, callback=query_words, metavar="[FORM] [QUERY]...")
@click.option(
    "--sort", metavar="FIELD", multiple=True, cls=Option, text=Text("各项目内的排序", "the order within a site")
)
@click.option(
    "--limit", type=click.IntRange(min=0), cls=Option, text=Text("每个项目最多几条", "at most so many a site")
)
@click.option("--columns", metavar="A,B", cls=Option, text=Text("要哪些列", "which columns"))
@click.option("--since", metavar="WHEN", cls=Option, text=Text("从何时起", "from when"))
@click.option("--until", metavar="WHEN", cls=Option, text=Text("到何时止（含）", "until when (included)"))
@fresh_option
@private_option
@format_option(TABLES, "table")
@passes_context
@fleet_options
def fleet_list(context: Context, chosen: Chosen, *, fresh: bool, format_: str, **asked: Any) -> int:
    outcomes = _asked(context, chosen, partial(_list_site, context.choices, format_, asked), fresh=fresh)
    answered = [one for one in outcomes if one.value is not None]
    if any(one.value["form"] for one in answered):
        # The first word is a form; where a site has no such form it would be searched for as a word.
        without = [one for one in answered if not one.value["form"]]
        if without:
            names = [one.site.name for one in without]
            output.note(context, context.catalogue.say("fleet.no-form", form=asked["query"][0], sites=names))
        empty: dict[str, object] = {"form": None, "objects": [], "heads": [], "cells": [], "ids": []}
        outcomes = [replace(one, value=empty) if one in without else one for one in outcomes]
    _print(context, format_, outcomes, title=Text("记录", "Records"), empty="cli.none")
    return _end(context, outcomes)


def _print(context: Context, format_: str, outcomes: Sequence[Outcome], *, title: Text, empty: str) -> None:
    if format_ in output.OBJECTS:
        _print_objects(format_, outcomes)
    elif format_ == "ids":
        _print_ids(outcomes)
    else:
        _print_rows(context, format_, outcomes, title=title, empty=context.catalogue.say(empty))


def _list_site(choices: Choices, format_: str, asked: dict[str, Any], site: Site, root: Path) -> dict[str, Any]:
    from logbook.cli import listing as commands
    from logbook.operations import listing

    with _at(choices, root) as context:
        private = may_see_private(context, asked["private"])
        form, words = commands.form_and_query(context, asked["query"])
        sort = [part.strip() for one in asked["sort"] for part in one.split(",") if part.strip()]
        rows = listing.select(
            context.session,
            form,
            words,
            sort=sort,
            limit=asked["limit"],
            since=asked["since"],
            until=asked["until"],
            private=private,
        )
        found: dict[str, Any] = {"form": form.name if form is not None else None}
        if format_ in output.OBJECTS:
            return {**found, "objects": list(commands.record_objects(context, rows, private=private))}
        if format_ == "ids":
            return {**found, "ids": [row.id for row in rows]}
        people = format_ in PEOPLE
        heads, cells = commands.record_cells(context, form, rows, asked["columns"], private=private, people=people)
        return {**found, "heads": heads, "cells": list(cells)}


# --- overdue -----------------------------------------------------------------------------------


@fleet_group.command("overdue", cls=SubQuery, epilog="logbook fleet overdue\nlogbook fleet overdue complaint --soon 4h")
@click.argument("query", nargs=-1, callback=query_words, metavar="[FORM] [QUERY]...")
@click.option("--soon", metavar="4h", cls=Option, text=Text("还包括这段时间内到期的", "also what falls due by then"))
@click.option(
    "--expand", is_flag=True, cls=Option, text=Text("漏做的职责每一次各占一行", "a row each time a duty was missed")
)
@fresh_option
@private_option
@format_option(TABLES, "table")
@passes_context
@fleet_options
def fleet_overdue(
    context: Context, chosen: Chosen, *, soon: str | None, fresh: bool, format_: str, **asked: Any
) -> int:
    from logbook.cli.listing import soon_span

    span = soon_span(soon)
    work = partial(_overdue_site, context.choices, format_, {**asked, "soon": span})
    outcomes = _asked(context, chosen, work, fresh=fresh)
    _print(context, format_, outcomes, title=Text("逾期", "Overdue"), empty="cli.nothing-overdue")
    return _end(context, outcomes)


def _overdue_site(choices: Choices, format_: str, asked: dict[str, Any], site: Site, root: Path) -> dict[str, Any]:
    from logbook.cli import listing as commands
    from logbook.operations.overdue import overdue
    from logbook.render.porcelain import overdue_json

    with _at(choices, root) as context:
        private = may_see_private(context, asked["private"])
        session = context.session
        late = overdue(session, asked["query"], soon=asked["soon"], expand=asked["expand"], private=private)
        if format_ in output.OBJECTS:
            return {"objects": [overdue_json(one, now=session.now) for one in late]}
        if format_ == "ids":
            return {"ids": [one.id for one in late if one.id is not None]}
        heads, cells = commands.late_cells(context, late, people=format_ in PEOPLE)
        return {"heads": heads, "cells": list(cells)}


# --- audit -------------------------------------------------------------------------------------


@fleet_group.command("audit", cls=SubCommand, epilog="logbook fleet audit\nlogbook fleet audit --site cuihu --full")
@click.option("--full", is_flag=True, cls=Option, text=Text("从头查起，不从检查点", "all, not from the checkpoint"))
@format_option(ISSUE_FORMATS, "table")
@passes_context
@fleet_options
def fleet_audit(context: Context, chosen: Chosen, *, full: bool, format_: str) -> int:
    from logbook.operations.fleet import working
    from logbook.render.findings import NAMES
    from logbook.render.tables import Column

    # An audit of an old mirror would vouch for what may no longer be there.
    far = [site for site in chosen.sites if site.remote]
    fetched = {one.site.id: one.trouble for one in working.refresh(far, chosen.cache, trail=True) if one.trouble}
    reached = [site for site in chosen.sites if site.id not in fetched]
    work = partial(_audit_site, context.choices, full)
    answers = {one.site.id: one for one in working.each(reached, work, chosen.cache)}
    outcomes = [answers.get(site.id) or working.Outcome(site, trouble=fetched[site.id]) for site in chosen.sites]
    answered = [one for one in outcomes if one.value is not None]
    if format_ in output.OBJECTS:
        _print_objects(format_, outcomes)
    elif format_ == "ids":
        _print_ids(outcomes)
    elif format_ == "table":
        heads = [
            Column("site", SITE, whole=True),
            Column("commits", Text("提交", "Commits"), "int"),
            Column("records", Text("记录", "Records"), "int"),
            Column("errors", Text("错误", "Errors"), "int"),
            Column("warnings", Text("提醒", "Warnings"), "int"),
        ]
        names = [head.id for head in heads[1:]]
        output.rows(context, format_, heads, ([one.site.name, *(one.value[n] for n in names)] for one in answered))
        for one in answered:
            wrong = one.value["wrong"]
            if wrong:
                output.result(f"\n{one.site.name}:")
            for line in wrong:
                output.result(line)
    else:
        for one in answered:
            one.value["heads"] = [Column(name) for name in NAMES]
            one.value["cells"] = [[shaped[name] for name in NAMES] for shaped in one.value["objects"]]
        _print_rows(context, format_, outcomes, title=Text("审核", "Audit"), empty="")
    return _end(context, outcomes, 1 if any(one.value["errors"] for one in answered) else 0)


def _audit_site(choices: Choices, full: bool, site: Site, root: Path) -> dict[str, Any]:
    from logbook.operations.audit import checkpoints
    from logbook.operations.audit.run import audit
    from logbook.render.findings import finding_json
    from logbook.render.findings import finding_lines
    from logbook.store import receipts

    with _at(choices, root) as context:
        session = context.session
        catalogue = context.catalogue  # in the language of the site, once its book is open
        head = session.repository.head()
        begun = checkpoints.last_good(session, head) if head and not full else None
        done = audit(session, since=begun.commit if begun else None, log=receipts.read(session.repository))
        shaped = [finding_json(one, catalogue, session.zone) for one in done.findings]
        wrong = [one for one in done.findings if one.is_error]
        lines = [line for one in wrong[:MOST_FINDINGS] for line in finding_lines(one, catalogue, session.zone)]
        if len(wrong) > MOST_FINDINGS:
            lines.append(catalogue.say("fleet.more", count=len(wrong) - MOST_FINDINGS))
        return {
            "commits": done.commits,
            "records": done.records,
            "errors": done.errors,
            "warnings": len(done.findings) - done.errors,
            "objects": shaped,
            "ids": list(dict.fromkeys(str(one["id"]) for one in shaped if one["id"])),
            "wrong": lines,
        }


# --- the sites themselves ----------------------------------------------------------------------


@fleet_group.command("sites", cls=SubCommand, epilog="logbook fleet sites\nlogbook fleet sites --format json")
@format_option(TABLES, "table")
@passes_context
@fleet_options
def fleet_sites(context: Context, chosen: Chosen, *, format_: str) -> int:
    from logbook.operations.fleet import working
    from logbook.render.tables import Column
    from logbook.store import mirror

    states = list(working.each(chosen.sites, partial(_state_of_site, context.choices), chosen.cache))
    tips = {one.site.id: one for one in working.tips(chosen.sites, chosen.cache)}
    rows: list[dict[str, object]] = []
    outcomes = []
    for one in states:
        known = one.value or {"head": None, "records": None, "unreadable": None, "committed_at": None}
        asked = tips[one.site.id]
        trouble = one.trouble or asked.trouble
        fetched = mirror.fetched_at(working.mirror_path(one.site, chosen.cache)) if one.site.remote else None
        behind = asked.value != known["head"] if asked.value is not None and known["head"] else None
        rows.append(
            {
                "site": one.site.id,
                "name": one.site.name,
                "place": _shown(one.site.place),
                **known,
                "fetched_at": fetched.isoformat() if fetched is not None else None,
                "behind": behind,
                "reachable": trouble is None,
                "why": _why(context, trouble)[0] if trouble is not None else None,
            }
        )
        outcomes.append(replace(one, trouble=trouble))
    if format_ in output.OBJECTS:
        output.objects(format_, rows)
        return _end(context, outcomes)
    if format_ == "ids":
        for row in rows:
            output.result(str(row["site"]))
        return _end(context, outcomes)
    people = format_ in PEOPLE
    heads = [
        Column("site", SITE, whole=True),
        Column("head", Text("提交", "Head"), whole=True),
        Column("records", Text("记录", "Records"), "int"),
        Column("committed_at", Text("最后提交", "Last commit"), whole=True),
        Column("state", Text("状态", "State"), whole=True),
    ]
    say = context.catalogue.say

    def cells(row: dict[str, object]) -> list[object]:
        head, at = str(row["head"] or ""), str(row["committed_at"] or "")
        state = "fleet.unreached" if not row["reachable"] else "fleet.behind" if row["behind"] else "fleet.fine"
        if not people:
            return [row["site"], head, row["records"], at, state.partition(".")[2]]
        return [row["name"], head[:10], row["records"], at[:16].replace("T", " "), say(state)]

    output.rows(context, format_, heads, map(cells, rows))
    return _end(context, outcomes)


def _shown(place: str) -> str:
    from logbook.store.remotes import without_secret

    return without_secret(place)


def _state_of_site(choices: Choices, site: Site, root: Path) -> dict[str, object]:
    with _at(choices, root) as context:
        session = context.session
        head = session.repository.head()
        committed = None
        if head is not None:
            committed = session.repository.objects.commit(head).committer.when.astimezone(session.zone).isoformat()
        return {
            "head": head,
            "records": sum(session.index.counts().values()),
            "unreadable": len(session.index.broken()),
            "committed_at": committed,
        }


@fleet_group.command("refresh", cls=SubCommand, epilog="logbook fleet refresh\nlogbook fleet refresh --site cuihu")
@format_option(("table", "json"), "table")
@passes_context
@fleet_options
def fleet_refresh(context: Context, chosen: Chosen, *, format_: str) -> int:
    from logbook.operations.fleet import working

    fetched = {one.site.id: one for one in working.refresh(chosen.sites, chosen.cache)}
    # The index follows now, so that the first question is answered as fast as the second.
    work = partial(_state_of_site, context.choices)
    states = {one.site.id: one for one in working.each(chosen.sites, work, chosen.cache)}
    outcomes = []
    rows = []
    for site in chosen.sites:
        moved, state = fetched[site.id], states[site.id]
        trouble = moved.trouble or state.trouble
        outcomes.append(replace(state, trouble=trouble))
        if state.value is not None:
            rows.append(
                {
                    "site": site.id,
                    "before": moved.value.before if moved.value is not None else None,
                    "head": state.value["head"],
                    "changed": moved.value.changed if moved.value is not None else None,
                    "records": state.value["records"],
                }
            )
    if format_ == "json":
        output.objects("json", rows)
    else:
        changed = sum(bool(row["changed"]) for row in rows)
        output.note(context, context.catalogue.say("fleet.refreshed", count=len(rows), changed=changed))
    return _end(context, outcomes)


# --- export ------------------------------------------------------------------------------------


@fleet_group.command("export", cls=SubCommand, epilog="logbook fleet export /srv/analytics/logbook")
@click.argument("folder", metavar="DIR")
@fresh_option
@private_option
@format_option(("table", "json"), "table")
@passes_context
@fleet_options
def fleet_export(
    context: Context, chosen: Chosen, *, folder: str, fresh: bool, private: bool, format_: str
) -> int:
    from logbook.operations.fleet.exporting import Target
    from logbook.operations.fleet.exporting import need_library

    need_library()
    with Target(Path(folder).expanduser().absolute()) as target:
        work = partial(_export_site, context.choices, target.folder, dict(target.sites), private)
        outcomes = _asked(context, chosen, work, fresh=fresh)
        for one in outcomes:
            if one.value is not None:
                target.note(one.site.id, one.value)
        left = sorted(set(target.sites) - {site.id for site in chosen.fleet.sites})
    done = [one for one in outcomes if one.value is not None]
    if format_ == "json":
        names = ("commit", "partitions", "records", "unfit")
        output.objects("json", ({"site": one.site.id, **{n: getattr(one.value, n) for n in names}} for one in done))
    say = context.catalogue.say
    partitions, records = (sum(getattr(one.value, name) for one in done) for name in ("partitions", "records"))
    output.note(context, say("fleet.exported", sites=len(done), partitions=partitions, records=records, path=folder))
    for one in done:
        if one.value.unfit:
            output.note(context, say("fleet.unfit", site=one.site.name, count=one.value.unfit, first=one.value.first))
    if left:
        output.warn(context, "fleet.left", sites=left, path=folder)
    return _end(context, outcomes)


def _export_site(
    choices: Choices, folder: Path, known: dict[str, dict[str, str]], private: bool, site: Site, root: Path
) -> Any:
    from logbook.operations.fleet.exporting import export

    with _at(replace(choices, now=None), root) as context:
        may_see_private(context, private)
        return export(context.session, site.id, folder, known.get(site.id), private=private)


for _command in fleet_group.commands.values():
    with_globals(_command)

COMMANDS = {"fleet": with_globals(fleet_group)}
