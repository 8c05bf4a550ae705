"""A sample book: four weeks of an estate's customer-service desk, replayed so that they end now.

The story is data, in ``scenario/``: ``site.yaml`` (the book), ``registers.yaml`` (what is read in on the
first morning) and chapters of lines ``DAY TIME WHO COMMAND -> NAME``, the command as a person types it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from datetime import time
from datetime import timedelta
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from logbook.core.errors import Refused
from logbook.core.record import Stored
from logbook.core.value import frozen
from logbook.operations.session import Clock
from logbook.operations.session import Session

SCENARIO = Path(__file__).parent / "scenario"
_SITE = "site.yaml"
_REGISTERS = "registers.yaml"
# The book is made on the first day, before the desk opens; the registers are read in once people are known.
_OPENING = time(8, 0)
_READ_IN = time(8, 20)
_LINE = re.compile(r"(?P<day>\d+)(?P<later>\+\d+)? (?P<time>\d\d:\d\d) (?P<by>\w+) (?P<command>\S.*)")
_LABEL = re.compile(r"\$(\w+)")
_HOLE = re.compile(r"<(\w+)>")
# The person who tries the demo may have these set for a book of their own.
_NOT_OURS = ("LOGBOOK_DESK", "LOGBOOK_STAFF", "LOGBOOK_BOOK")

_Plain = Mapping[str, Stored]


@frozen
class Line:
    """One command of the story: on which day (from 1) and at what hour, who typed what.

    ``label`` is what the story calls the record the command makes; ``place`` says where the line stands.
    """

    day: int
    time: time
    by: str
    command: str
    label: str | None
    place: str


@frozen
class Try:
    """A command worth trying in the new book; ``code`` names the sentence that says what it shows."""

    command: str
    code: str


@frozen
class Summary:
    """What was made: records in all and of each form, commits, the first and the last moment."""

    root: Path
    name: str
    records: int
    forms: Mapping[str, int]
    commits: int
    first: datetime
    last: datetime
    tries: tuple[Try, ...]

    @property
    def to_try(self) -> tuple[str, ...]:
        """The commands to try, as they are typed after ``logbook``."""
        return tuple(one.command for one in self.tries)


def demo(
    root: Path,
    *,
    now: datetime,
    language: str = "zh",
    environment: Mapping[str, str] | None = None,
    progress: Callable[[int], None] | None = None,
    scenario: Path = SCENARIO,
) -> Summary:
    """Make a practice book in an empty or missing folder and replay the story so that its last day is
    the day of ``now``; what happens later than ``now`` is still to come and left out.

    Every commit has the author, the desk and the time of the story. ``progress`` hears how many of the
    :func:`length` commands are done. BookError ``book.exists``; Refused ``demo.story`` where the forms
    refuse a command of the story.

    The product's own sample site is ``logbook demo DIR --lang zh --now 2026-11-22T18:00``: the
    ``logbook.yaml`` and the ``records/`` of DIR, copied.
    """
    from logbook.operations.initing import init_book
    from logbook.store.transaction import write_lock

    site = _read(scenario, _SITE)
    zone = ZoneInfo(cast(str, site["timezone"]))
    today = now.astimezone(zone).date()
    days = int(cast(str, site["days"]))

    def moment(day: int, hour: time) -> datetime:
        return datetime.combine(today - timedelta(days=days - day), hour, zone)

    lines = [line for line in story(scenario) if moment(line.day, line.time) <= now]
    before = sum((line.day, line.time) < (1, _READ_IN) for line in lines)
    registers = _registers(scenario)
    first = cast("Mapping[str, str]", site["first"])
    session = init_book(
        root,
        name=cast(str, site["name"]),
        language=language,
        desk=cast(str, site["desk"]),
        staff={first["id"]: first["name"]},
        practice=True,
        timezone=zone.key,
        clock=Clock(moment(1, _OPENING), now, True),
        environment={key: value for key, value in (environment or {}).items() if key not in _NOT_OURS},
    )
    labels: dict[str, str] = {}
    # One lock around the whole: nobody else can be at a book that is only being made.
    with write_lock(session.repository):
        things: list[Line | _Plain] = [*lines[:before], *registers, *lines[before:]]
        for done, thing in enumerate(things, 1):
            session.index.refresh()
            if isinstance(thing, Line):
                session.clock = Clock(moment(thing.day, thing.time), now, True)
                record = _type(session, thing, labels)
                if thing.label:
                    labels[thing.label] = record
            else:
                session.clock = Clock(moment(1, _READ_IN), now, True)
                _read_in(session, thing)
            if progress is not None:
                progress(done)
    session.clock = Clock(now, now, True)
    session.index.refresh()
    return _summary(session, labels)


def length(scenario: Path = SCENARIO) -> int:
    """How many commands the whole story has."""
    return len(story(scenario)) + len(_registers(scenario))


def story(scenario: Path = SCENARIO) -> list[Line]:
    """Every command of the story in the order it happens."""
    names = sorted(path.name for path in scenario.glob("*.yaml"))
    lines = [line for name in names if name not in (_SITE, _REGISTERS) for line in _lines(scenario, name)]
    return sorted(lines, key=lambda line: (line.day, line.time))


def _lines(scenario: Path, name: str) -> Iterator[Line]:
    """The lines of one file: its chapters, each told once, or once for ``each`` row of a table."""
    for chapter in cast("list[_Plain]", _read(scenario, name)["chapters"]):
        steps = cast(str, chapter["steps"]).splitlines()
        for row in cast("list[Mapping[str, str]]", chapter.get("each") or [{}]):
            for text in filter(None, map(str.strip, steps)):
                yield _line(_filled(text, row), f"{name}: {chapter['title']}")


def _filled(text: str, row: Mapping[str, str]) -> str:
    """``text`` with each ``<name>`` the row knows put in its place."""
    return _HOLE.sub(lambda hole: row.get(hole[1], hole[0]), text)


def _line(text: str, place: str) -> Line:
    """``3+1 09:20 lina add repair room=3-502 -> tap``: on the day after day 3."""
    match = _LINE.fullmatch(text)
    if match is None:
        raise ValueError(f"{place}: not a line of a story: {text}")
    command, arrow, label = match["command"].partition(" -> ")
    return Line(
        int(match["day"]) + int(match["later"] or 0),
        time.fromisoformat(match["time"]),
        match["by"],
        command,
        label if arrow else None,
        f"{place}: {text}",
    )


def _type(session: Session, line: Line, labels: Mapping[str, str]) -> str:
    """Do one command of the story as the command line would; the id of its record."""
    from logbook.operations.add import add
    from logbook.operations.add import prepare
    from logbook.operations.amend import amend
    from logbook.operations.sign import sign
    from logbook.operations.step import step
    from logbook.operations.void import void

    typed = shlex.split(_LABEL.sub(lambda found: labels[found[1]], line.command))
    (verb, target, *words), options = _options(typed)
    at, reason, approver = options.get("at"), options.get("reason"), options.get("approved-by")
    by = line.by
    try:
        if verb == "add":
            request = prepare(session, target, words, at=at, by=by, reason=reason, approved_by=approver)
            written = add(session, request)
        elif verb == "step":
            name, *words = words
            written = step(session, target, name, words, at=at, by=by, reason=reason, approved_by=approver)
        elif verb == "amend":
            written = amend(session, target, words, reason=reason, by=by, approved_by=approver)
        elif verb == "void":
            written = void(session, target, reason=reason, by=by)
        elif verb == "sign":
            written = sign(session, target, options["as"], by=by, name=options.get("name"))
        else:
            raise ValueError(f"{line.place}: a story has no command {verb}")
    except Refused as refused:
        raise Refused(refused.issues, "demo.story", place=line.place) from refused
    return written.record.id


def _options(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The words that are no options, and the options with their values."""
    plain: list[str] = []
    options: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word.startswith("--"):
            options[word[2:]] = next(rest)
        else:
            plain.append(word)
    return plain, options


def _registers(scenario: Path) -> list[_Plain]:
    return cast("list[_Plain]", _read(scenario, _REGISTERS)["registers"])


def _read_in(session: Session, register: _Plain) -> None:
    """Import the rows of one register; Refused ``demo.story`` when one of them is refused."""
    from logbook.operations.importing import Plan
    from logbook.operations.importing import Source
    from logbook.operations.importing import run

    form = cast(str, register["form"])
    rows = cast("list[dict[str, Stored]]", register["rows"])
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    source = Source(form, columns, list(enumerate(rows, 1)))
    outcome = run(session, form, source, Plan(fields={"id": "id"}, key="id"), by=cast(str, register["by"]))
    if outcome.rejected:
        issues = [issue for _, found in outcome.rejected for issue in found]
        raise Refused(issues, "demo.story", place=f"{_REGISTERS}: {form}")


def _summary(session: Session, labels: Mapping[str, str]) -> Summary:
    forms: dict[str, int] = {}
    for row in session.index.select("", now=session.now):
        forms[row.form] = forms.get(row.form, 0) + 1
    dates = session.repository.run("log", "--format=%aI", "--reverse", "HEAD").stdout.decode().split()
    return Summary(
        session.book.root,
        session.book.settings.name,
        sum(forms.values()),
        dict(sorted(forms.items())),
        len(dates),
        datetime.fromisoformat(dates[0]),
        datetime.fromisoformat(dates[-1]),
        _tries(labels),
    )


def _tries(labels: Mapping[str, str]) -> tuple[Try, ...]:
    """What is late, a search in Chinese, the keys that are out, one complaint and its history."""
    tries = [
        Try("overdue", "demo.try-overdue"),
        Try("list repair 漏水", "demo.try-search"),
        Try("list key_checkout is:open", "demo.try-keys"),
    ]
    if "lift_cp" in labels:
        tries.append(Try(f"show {labels['lift_cp']}", "demo.try-show"))
        tries.append(Try(f"history {labels['lift_cp']}", "demo.try-history"))
    return tuple(tries)


def _read(scenario: Path, name: str) -> _Plain:
    from logbook.store import codec

    document, issues = codec.read_definition((scenario / name).read_bytes(), path=name)
    if document is None:
        raise Refused(issues, "demo.story", place=name)
    return document.plain
