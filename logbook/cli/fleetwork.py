"""What every command of `fleet` does: choose the sites, ask them side by side, show what they said as one answer."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import click

from logbook.cli import output
from logbook.cli.context import Choices
from logbook.cli.context import Context
from logbook.cli.words import Option
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

PEOPLE = ("table", "md", "html")
# Of one site's findings more are counted, not shown (json has all of them).
MOST_FINDINGS = 10
NONE_ANSWERED = 3


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
def at_site(choices: Choices, root: Path) -> Iterator[Context]:
    """The context of one site: its own zone, language, forms and calendars."""
    context = Context(replace(choices, book=str(root)))
    context.command = "fleet"
    try:
        yield context
    finally:
        context.close()


def ask(
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


def finish(context: Context, outcomes: Sequence[Outcome], code: int = 0) -> int:
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
        why, fix = reason(context, trouble)
        output.note(context, context.catalogue.say("fleet.trouble", sites=names, why=why))
        if trouble.issues:
            output.issues(context, trouble.issues)
        elif fix:
            output.note(context, f"    → {fix}")
    if any(one.value is not None for one in outcomes):
        return 1 if troubled else code
    codes = {one.trouble.exit_code for one in troubled if one.trouble is not None}
    return codes.pop() if len(codes) == 1 else NONE_ANSWERED


def reason(context: Context, trouble: Trouble) -> tuple[str, str]:
    code = "fleet.unreachable" if trouble.code == "sync.unreachable" else trouble.code
    catalogue = context.catalogue
    return catalogue.say(code, **trouble.args), catalogue.fix(code, **trouble.args)


def site_cell(site: Site, format_: str) -> str:
    return site.name if format_ in PEOPLE else site.id


SITE = Text("项目", "Site")


def print_objects(format_: str, outcomes: Iterable[Outcome], key: str = "objects") -> None:
    output.objects(
        format_,
        ({"site": one.site.id, **shaped} for one in outcomes if one.value is not None for shaped in one.value[key]),
    )


def print_rows(context: Context, format_: str, outcomes: Sequence[Outcome], *, title: Text, empty: str) -> None:
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
                yield [site_cell(one.site, format_), *line]

    columns = [Column("site", SITE, whole=True), *heads.values()]
    output.rows(context, format_, columns, lines(), title=title.say(context.lang), empty=empty)


def print_ids(outcomes: Iterable[Outcome]) -> None:
    for one in outcomes:
        for name in one.value["ids"] if one.value is not None else ():
            output.result(f"{one.site.id}\t{name}")



fresh_option = click.option(
    "--refresh", "fresh", is_flag=True, cls=Option, text=Text("先取来最新内容", "fetch what is new first")
)


def print_answers(context: Context, format_: str, outcomes: Sequence[Outcome], *, title: Text, empty: str) -> None:
    if format_ in output.OBJECTS:
        print_objects(format_, outcomes)
    elif format_ == "ids":
        print_ids(outcomes)
    else:
        print_rows(context, format_, outcomes, title=title, empty=context.catalogue.say(empty))
