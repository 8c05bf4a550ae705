"""What the pages of the read-only site show, before they are words: values, and where each page stands."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from typing import NamedTuple
from typing import Protocol
from urllib.parse import quote
from zoneinfo import ZoneInfo

from logbook.core.form import Form
from logbook.core.lifecycle import State
from logbook.core.record import Stored
from logbook.core.text import Text

# So many lines stand on one page of a list.
LINES = 500
REGISTER = "all"  # where a month stands for other forms


class FormLine(NamedTuple):
    """A form of the book and how its records stand."""

    name: str
    title: Text
    register: bool
    total: int
    open: int
    late: int
    last: str | None


class Frame(NamedTuple):
    """What every page of one build has in common. ``names``: what staff are called."""

    book: str
    lang: str
    zone: ZoneInfo
    now: datetime
    commit: str
    practice: bool
    names: Mapping[str, str]
    reports: bool


class Stamp(NamedTuple):
    """The last commit a page speaks of, and when it was made."""

    commit: str
    at: datetime


class Line(NamedTuple):
    """One record in a list. ``due``: the earliest due of a clock that runs."""

    id: str
    form: str
    path: str
    at: str
    by: str
    status: str
    voided: bool
    final: bool
    title: str
    due: int | None


class Listing(NamedTuple):
    """One page of the records of a form and month; ``part`` counts from 1."""

    form: Form
    month: str
    part: int
    parts: int
    total: int
    lines: Sequence[Line]
    stamp: Stamp | None


class Months(NamedTuple):
    """The months of a form: month, records, open ones."""

    form: Form
    months: Sequence[tuple[str, int, int]]
    stamp: Stamp | None


class Facts(NamedTuple):
    """All a record's page tells. ``places``: reference to the path of the record it means; ``derived``: what is
    computed from the record alone; ``stale``: for each signature, whether what it covers was changed since."""

    row: Any
    state: State
    form: Form
    newest: Form
    clocks: Sequence[Any]
    history: Sequence[Any]
    derived: Mapping[str, Stored]
    places: Mapping[str, str]
    stale: Sequence[bool]
    month: str


class LateRow(Protocol):
    """One line of the overdue list, as :mod:`logbook.operations.overdue` answers it."""

    @property
    def id(self) -> str | None: ...
    @property
    def form(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def label(self) -> Text: ...
    @property
    def subject(self) -> str | None: ...
    @property
    def due(self) -> datetime: ...
    @property
    def overdue_seconds(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def to(self) -> str | None: ...
    @property
    def title(self) -> str: ...
    @property
    def missed(self) -> int | None: ...
    @property
    def last_done(self) -> datetime | None: ...


class Owing(NamedTuple):
    """A role and what is late with it, the most overdue first; then what falls due soon."""

    role: str
    label: Text
    late: Sequence[LateRow]
    soon: Sequence[LateRow]


class Late(NamedTuple):
    """The overdue page: roles in the order in which they must act; ``paths``: id to the record's path."""

    owing: Sequence[Owing]
    paths: Mapping[str, str]
    titles: Mapping[str, Text]
    soon_hours: int


class Day(NamedTuple):
    """How the occurrences of one duty on one day stand, by state; ``path`` of the record that did the only one."""

    counts: Mapping[str, int]
    path: str | None = None


class DutyLine(NamedTuple):
    """A duty over the days of a month, with the sum of each state."""

    duty: str
    label: Text
    role: Text | None
    days: Mapping[int, Day]
    sums: Mapping[str, int]


class Miss(NamedTuple):
    """One occurrence nobody did, or somebody did late or was excused from."""

    duty: Text
    subject: str
    slot: str
    due: datetime
    state: str
    role: Text | None
    path: str | None
    record: str | None


class Grid(NamedTuple):
    """Duty by day of one month; ``months`` are those that have a page, the newest first."""

    month: str
    days: int
    today: int | None
    lines: Sequence[DutyLine]
    misses: Sequence[Miss]
    misses_in_all: int
    months: Sequence[str]


class Summary(NamedTuple):
    """What the first page says in a minute."""

    late: Late
    late_clocks: int
    late_duties: int
    soon: int
    open: int
    records: int
    made: int
    ages: Sequence[int]
    forms: Sequence[FormLine]
    conflicts: Sequence[Line]
    broken: Sequence[str]
    duties: Mapping[str, int]


class Page(NamedTuple):
    """A page somebody else made whole (a report): its file name without ending, title, and body as markup."""

    name: str
    title: Text
    body: str


def record_href(path: str) -> str:
    """The page of a record, from the folder of the site, not yet quoted: ``records/a/2026/11/b.yaml`` ->
    ``r/a/2026/11/b.html``, whether the book keeps a folder a month or a day."""
    parts = path.removesuffix(".yaml").split("/")
    if len(parts) == 6:
        del parts[4]
    return "/".join(("r", *parts[1:])) + ".html"


def list_href(form: str, month: str, part: int = 1) -> str:
    """The page of a form's records of a month."""
    return f"l/{form}/{month}{f'-{part}' if part > 1 else ''}.html"


def form_href(form: str) -> str:
    """The page of a form's months."""
    return f"l/{form}/index.html"


def grid_href(month: str, months: Sequence[str]) -> str:
    """The page of the duties of a month, of those that have one: the newest is where the navigation leads."""
    return f"duties/{month}.html" if months and month != months[0] else "duties.html"


def up(href: str) -> str:
    """The way from a page back to the folder of the site."""
    return "../" * href.count("/")


def link(href: str) -> str:
    """A path as it may stand in a link, whatever signs a number has."""
    return quote(href, safe="/")
