"""Many sites at once: the commands below `fleet`."""

from __future__ import annotations

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
from logbook.cli.context import span_options
from logbook.cli.context import with_globals
from logbook.cli.fleetreport import fleet_report
from logbook.cli.fleetwork import MOST_FINDINGS
from logbook.cli.fleetwork import PEOPLE
from logbook.cli.fleetwork import SITE
from logbook.cli.fleetwork import Chosen
from logbook.cli.fleetwork import ask
from logbook.cli.fleetwork import at_site
from logbook.cli.fleetwork import finish
from logbook.cli.fleetwork import fleet_options
from logbook.cli.fleetwork import fresh_option
from logbook.cli.fleetwork import print_answers
from logbook.cli.fleetwork import print_ids
from logbook.cli.fleetwork import print_objects
from logbook.cli.fleetwork import print_rows
from logbook.cli.fleetwork import reason
from logbook.cli.people import may_see_private
from logbook.cli.people import private_option
from logbook.cli.words import Command
from logbook.cli.words import Group
from logbook.cli.words import Option
from logbook.cli.words import QueryCommand
from logbook.cli.words import query_words
from logbook.core.text import Text
from logbook.core.value import replace

if TYPE_CHECKING:
    from logbook.operations.fleet.fleetfile import Site

SUB: dict[str, Text] = {
    "sites": Text("各项目的状态", "the state of each site"),
    "refresh": Text("取来各项目的最新内容", "fetch what the sites have"),
    "list": Text("在所有项目里查询记录", "query the records of all sites"),
    "overdue": Text("所有项目现在逾期的一切", "everything late at all sites"),
    "report": Text("各项目的一张报表并在一起", "one report of all sites together"),
    "audit": Text("审核各项目的全部历史", "verify the trail of every site"),
    "export": Text("把所有项目导出成 Parquet 数据集", "all sites as one Parquet data set"),
}


@click.group(
    "fleet", cls=Group, below=SUB, epilog="logbook fleet refresh\nlogbook fleet overdue complaint --soon 4h"
)
def fleet_group() -> None:
    pass


# --- list --------------------------------------------------------------------------------------




@fleet_group.command("list", cls=QueryCommand, epilog="logbook fleet list complaint level:major is:open")
@click.argument("query", nargs=-1, callback=query_words, metavar="[FORM] [QUERY]...")
@click.option(
    "--sort", metavar="FIELD", multiple=True, cls=Option, text=Text("各项目内的排序", "the order within a site")
)
@click.option(
    "--limit", type=click.IntRange(0, 10**9), cls=Option, text=Text("每个项目最多几条", "at most so many a site")
)
@click.option("--columns", metavar="A,B", cls=Option, text=Text("要哪些列", "which columns"))
@span_options
@fresh_option
@private_option
@format_option(TABLES, "table")
@passes_context
@fleet_options
def fleet_list(context: Context, chosen: Chosen, *, fresh: bool, format_: str, **asked: Any) -> int:
    outcomes = ask(context, chosen, partial(_list_site, context.choices, format_, asked), fresh=fresh)
    answered = [one for one in outcomes if one.value is not None]
    if any(one.value["form"] for one in answered):
        # The first word is a form; where a site has no such form it would be searched for as a word.
        without = [one for one in answered if not one.value["form"]]
        if without:
            names = [one.site.name for one in without]
            output.note(context, context.catalogue.say("fleet.no-form", form=asked["query"][0], sites=names))
        empty: dict[str, object] = {"form": None, "objects": [], "heads": [], "cells": [], "ids": []}
        outcomes = [replace(one, value=empty) if one in without else one for one in outcomes]
    print_answers(context, format_, outcomes, title=Text("记录", "Records"), empty="cli.none")
    return finish(context, outcomes)


def _list_site(choices: Choices, format_: str, asked: dict[str, Any], site: Site, root: Path) -> dict[str, Any]:
    from logbook.cli import listing as commands
    from logbook.operations import listing

    with at_site(choices, root) as context:
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


@fleet_group.command(
    "overdue", cls=QueryCommand, epilog="logbook fleet overdue\nlogbook fleet overdue complaint --soon 4h"
)
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
    outcomes = ask(context, chosen, work, fresh=fresh)
    print_answers(context, format_, outcomes, title=Text("逾期", "Overdue"), empty="cli.nothing-overdue")
    return finish(context, outcomes)


def _overdue_site(choices: Choices, format_: str, asked: dict[str, Any], site: Site, root: Path) -> dict[str, Any]:
    from logbook.cli import listing as commands
    from logbook.operations.overdue import overdue
    from logbook.render.porcelain import overdue_json

    with at_site(choices, root) as context:
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


@fleet_group.command("audit", cls=Command, epilog="logbook fleet audit\nlogbook fleet audit --site cuihu --full")
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
        print_objects(format_, outcomes)
    elif format_ == "ids":
        print_ids(outcomes)
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
        print_rows(context, format_, outcomes, title=Text("审核", "Audit"), empty="")
    return finish(context, outcomes, 1 if any(one.value["errors"] for one in answered) else 0)


def _audit_site(choices: Choices, full: bool, site: Site, root: Path) -> dict[str, Any]:
    from logbook.operations.audit import checkpoints
    from logbook.operations.audit.run import audit
    from logbook.render.findings import finding_json
    from logbook.render.findings import finding_lines
    from logbook.store import receipts

    with at_site(choices, root) as context:
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


@fleet_group.command("sites", cls=Command, epilog="logbook fleet sites\nlogbook fleet sites --format json")
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
                "why": reason(context, trouble)[0] if trouble is not None else None,
            }
        )
        outcomes.append(replace(one, trouble=trouble))
    if output.for_programs(format_, rows, (str(row["site"]) for row in rows)):
        return finish(context, outcomes)
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
    return finish(context, outcomes)


def _shown(place: str) -> str:
    from logbook.store.remotes import without_secret

    return without_secret(place)


def _state_of_site(choices: Choices, site: Site, root: Path) -> dict[str, object]:
    with at_site(choices, root) as context:
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


@fleet_group.command("refresh", cls=Command, epilog="logbook fleet refresh\nlogbook fleet refresh --site cuihu")
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
    return finish(context, outcomes)


# --- export ------------------------------------------------------------------------------------


@fleet_group.command("export", cls=Command, epilog="logbook fleet export /srv/analytics/logbook")
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
        outcomes = ask(context, chosen, work, fresh=fresh)
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
    return finish(context, outcomes)


def _export_site(
    choices: Choices, folder: Path, known: dict[str, dict[str, str]], private: bool, site: Site, root: Path
) -> Any:
    from logbook.operations.fleet.exporting import export

    with at_site(replace(choices, now=None), root) as context:
        may_see_private(context, private)
        return export(context.session, site.id, folder, known.get(site.id), private=private)


fleet_group.add_command(fleet_report)
for _command in fleet_group.commands.values():
    with_globals(_command)

COMMANDS = {"fleet": with_globals(fleet_group)}
