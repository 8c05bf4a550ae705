"""The reports of a book: what ``reports.yaml`` says, read and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from logbook.core.definition import label_from
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.reportcolumns import Columns
from logbook.core.reportforms import report_library
from logbook.core.reportplan import ALL
from logbook.core.reportplan import END
from logbook.core.reportplan import MOMENTS
from logbook.core.reportplan import NOW
from logbook.core.reportplan import ChartPlan
from logbook.core.reportplan import ColumnPlan
from logbook.core.reportplan import Items
from logbook.core.reportplan import Key
from logbook.core.reportplan import Looking
from logbook.core.reportplan import PartPlan
from logbook.core.reportplan import ReportPlan
from logbook.core.reportplan import Suppress
from logbook.core.reportsentences import Broken
from logbook.core.reportsentences import Place
from logbook.core.reportsentences import columns_named
from logbook.core.shapes import EXPECTED
from logbook.core.shapes import Findings
from logbook.core.shapes import texts
from logbook.core.sources import Source
from logbook.core.text import Text

# The period a report of a cadence is about.
CADENCES = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "half_yearly": "half",
    "yearly": "year",
    "each_shift": "day",
    "event": "month",
    "on_demand": "month",
    "site_setting": "month",
}
PERIODS = ("moment", "day", "week", "month", "quarter", "half", "year")
REPORT_KEYS = (
    "zh",
    "en",
    "cadence",
    "period",
    "due",
    "audience",
    "source",
    "inferred",
    "note",
    "as_of",
    "parts",
)
PART_KEYS = (
    "zh",
    "en",
    "note",
    "from",
    "where",
    "dated",
    "range",
    "as_of",
    "by",
    "each",
    "show",
    "list",
    "columns",
    "sort",
    "limit",
    "total",
    "chart",
    "suppress",
    "compare",
)
_CHART = re.compile(r"(pareto|trend|ageing|heat|funnel) of (.+)")
_TREND = re.compile(r"(?P<of>\S+)(?: against (?P<against>.+?))?(?: over (?P<n>[1-9][0-9]?) periods)?")


def reports_of(library: Library) -> Mapping[str, Source]:
    """The file in which each report of a book stands, by the report's id. Nothing is read further."""
    found: dict[str, Source] = {}
    for source in library.shared.get("reports", ()):
        for name, plain in _entries(source):
            if isinstance(plain, Mapping):
                found.setdefault(name, source)
    return found


def report_from(source: Source, name: str, library: Library) -> tuple[ReportPlan | None, list[Issue]]:
    """One report, and what is wrong with it. ``library`` is the book's own."""
    return _read(source, name, report_library(library), [])


def heads_of(library: Library) -> list[tuple[str, Text, tuple[str, ...], Text, Text | None, str]]:
    """Id, title, cadence, audience, due and pack of every report, without reading its sentences."""
    return [
        (
            name,
            label_from(plain),
            texts(plain.get("cadence")),
            label_from(plain.get("audience")),
            label_from(plain["due"]) if plain.get("due") else None,
            source.pack,
        )
        for name, source in reports_of(library).items()
        if isinstance(plain := (source.plain or {})["reports"][name], Mapping)
    ]


def check_reports(sources: Sequence[Source], library: Library) -> list[Issue]:
    """Every issue in the ``reports.yaml`` files of a book."""
    seen: set[str] = set()
    issues: list[Issue] = []
    known = report_library(library)
    for source in sources:
        found = Findings(source.path, source.line, source.spot)
        plain = source.plain
        if not isinstance(plain, Mapping) or not isinstance(plain.get("reports"), Mapping):
            found.add("form.shape", "reports", key="reports", expected=EXPECTED["map"])
            issues += found.issues
            continue
        for key in plain:
            if key != "reports":
                found.unknown("form.unknown-key", str(key), ("reports",), str(key))
        issues += found.issues
        for name, _ in _entries(source):
            _, own = _read(source, name, known, issues)
            issues += own
            if name in seen:
                issues.append(
                    Issue(
                        "form.duplicate-id",
                        {"id": name},
                        path=source.path,
                        line=source.line("reports", name),
                        field=f"reports.{name}",
                    )
                )
            seen.add(name)
    return issues


def _read(source: Source, name: str, library: Library, issues: list[Issue]) -> tuple[ReportPlan | None, list[Issue]]:
    found = Findings(source.path, source.line, source.spot)
    plan = _Reader(library, found, source, name).report()
    return (None if found.broken else plan), found.issues


def _entries(source: Source) -> Iterator[tuple[str, Any]]:
    inner = source.plain.get("reports") if isinstance(source.plain, Mapping) else None
    yield from inner.items() if isinstance(inner, Mapping) else ()


class _Reader(Columns):
    """Reads one report; everything it cannot read becomes a finding."""

    # --- reports ------------------------------------------------------------------------------

    def report(self) -> ReportPlan | None:
        plain: Any = (self.source.plain or {}).get("reports", {}).get(self.name)
        if not self.labelled(plain, self.base, self.name):
            return None
        self.keys(plain, REPORT_KEYS, self.base)
        cadence = texts(plain.get("cadence"))
        if not cadence:
            self.found.add("form.missing-key", *self.base, key="cadence")
        for word in cadence:
            if word not in CADENCES:
                self.unknown(word, CADENCES, *self.base, "cadence", key="cadence")
        kind = self.word(plain, "period", PERIODS, self.base) or next(
            (CADENCES[word] for word in cadence if word in CADENCES), "month"
        )
        self.moment = kind == "moment"
        self.as_of = self.word(plain, "as_of", MOMENTS, self.base) or (END if self.moment else NOW)
        parts = plain.get("parts")
        if not isinstance(parts, Mapping) or not parts:
            self.found.add("form.shape", *self.base, "parts", key="parts", expected=EXPECTED["map"])
            return None
        made = []
        for part, inner in parts.items():
            place = (*self.base, "parts", str(part))
            if self.labelled(inner, place, str(part)):
                try:
                    made.append(self.part(str(part), inner, place))
                except Broken:
                    continue
        return ReportPlan(
            id=self.name,
            title=label_from(plain),
            pack=self.source.pack,
            kind=kind,
            cadence=cadence,
            parts=tuple(made),
            audience=label_from(plain.get("audience")),
            due=label_from(plain["due"]) if plain.get("due") else None,
            source="; ".join(texts(plain.get("source"))) or None,
            note=label_from(plain["note"]) if plain.get("note") else None,
            path=self.source.path,
            line=self.found.line_near(*self.base),
            asleep=tuple(dict.fromkeys(self.asleep)),
            forms=self.library.forms,
        )

    # --- parts --------------------------------------------------------------------------------

    def part(self, name: str, plain: Mapping[str, Any], place: Place) -> PartPlan:
        self.keys(plain, PART_KEYS, place)
        before = len(self.asleep)
        title = label_from(plain)
        note = label_from(plain["note"]) if plain.get("note") else None
        looking = self.looking_words(plain, place, None)
        if plain.get("list") is not None:
            if plain.get("by") is not None or plain.get("each") is not None:
                self.found.add("report.list-and-groups", *place, "list")
            items = self.items(str(plain["list"]), (*place, "list"))
            items = self.with_where(items, plain, place)
            if len(self.asleep) > before:
                return PartPlan(name, title, (), note=note, asleep=tuple(self.asleep[before:]))
            look = self.looking(looking, items, place, listed=True)
            columns = self.list_columns(plain.get("columns"), items, (*place, "columns"))
            return PartPlan(
                id=name,
                title=title,
                columns=columns,
                lists=items,
                looking=look,
                note=note,
                sort=self.sort(plain, columns, place),
                limit=self.number(plain, "limit", place),
                charts=self.charts(plain, columns, items, place),
                total=False,
            )
        source = each = None
        if plain.get("from") is not None:
            source = self.with_where(self.items(str(plain["from"]), (*place, "from")), plain, place)
        if plain.get("each") is not None:
            each = self.items(str(plain["each"]), (*place, "each"))
            if each.list is not None or len(each.forms) != 1:
                self.found.add("report.each", *place, "each")
                raise Broken
        if len(self.asleep) > before:
            return PartPlan(name, title, (), note=note, asleep=tuple(self.asleep[before:]))
        by = self.by(plain.get("by"), source, (*place, "by")) if plain.get("by") is not None else ()
        if each is not None and not by and source is not None:
            self.found.add("form.missing-key", *place, key="by")
        columns = self.columns(plain, source, each, by, looking, place)
        shown = self.show(plain.get("show"), by, each, (*place, "show"))
        suppress = None
        if plain.get("suppress") is not None:
            suppress = self.suppress(plain["suppress"], columns, (*place, "suppress"))
        return PartPlan(
            id=name,
            title=title,
            columns=columns,
            by=by,
            key_columns=shown,
            source=source,
            each=each,
            looking=self.looking(looking, source, place) if source is not None else None,
            each_looking=Looking(None, ALL, looking.get("as_of") or self.as_of) if each is not None else None,
            sort=self.sort(plain, columns, place),
            limit=self.number(plain, "limit", place),
            total=str(plain.get("total", "true")) != "false",
            suppress=suppress,
            note=note,
            charts=self.charts(plain, columns, source, place),
            compare=str(plain.get("compare")) == "true",
        )

    def show(self, value: Any, by: tuple[Key, ...], each: Items | None, place: Place) -> tuple[ColumnPlan, ...]:
        if value is None:
            return ()
        forms = each.forms if each is not None else ()
        if not forms and len(by) == 1 and by[0].kind is not None and by[0].function is None:
            forms = tuple(form.name for form in by[0].kind.forms)
        if len(forms) != 1:
            self.found.add("report.show", *place)
            raise Broken
        return self.list_columns(value, Items(forms), place)

    # --- what is made of the columns ----------------------------------------------------------

    def suppress(self, value: Any, columns: Sequence[ColumnPlan], place: Place) -> Suppress:
        if not isinstance(value, Mapping):
            self.found.add("form.shape", *place, key="suppress", expected=EXPECTED["map"])
            raise Broken
        self.keys(value, ("below", "people"), place)
        people = str(value.get("people") or "")
        if people not in {column.id for column in columns}:
            self.found.unknown("report.unknown-column", people, [c.id for c in columns], *place, "people")
            raise Broken
        return Suppress(self.of_columns(str(value.get("below") or "5"), {}, (*place, "below"), 0), people)

    def sort(
        self, plain: Mapping[str, Any], columns: Sequence[ColumnPlan], place: Place
    ) -> tuple[tuple[str, bool], ...]:
        found = []
        known = {column.id for column in columns if column.type != "asleep"}
        for word in texts(plain.get("sort")):
            name = word.lstrip("-")
            if name not in known and name != "key":
                if not any(column.id == name for column in columns):
                    self.found.unknown("report.unknown-column", name, [*sorted(known), "key"], *place, "sort")
                continue
            found.append((name, word.startswith("-")))
        return tuple(found)

    def charts(
        self, plain: Mapping[str, Any], columns: Sequence[ColumnPlan], items: Items | None, place: Place
    ) -> tuple[ChartPlan, ...]:
        made: list[ChartPlan] = []
        by_id = {column.id: column for column in columns}
        for text in texts(plain.get("chart")):
            at = (*place, "chart")
            match = _CHART.fullmatch(text)
            if match is None:
                self.found.add("report.chart", *at, found=text)
                continue
            kind, rest = match.groups()
            try:
                if kind in ("heat", "ageing") and not (kind == "ageing" and rest in by_id):
                    if items is None:
                        self.found.add("report.no-source", *at, found=text)
                        continue
                    made.append(ChartPlan(kind, of=self.sum(rest, items, at, len(kind) + 4)[0]))
                    continue
                against, target, periods, names = None, False, 12, [one.strip() for one in rest.split(",")]
                if kind == "trend":
                    trend = _TREND.fullmatch(rest)
                    if trend is None:
                        self.found.add("report.chart", *at, found=text)
                        continue
                    names, periods = [trend["of"]], int(trend["n"] or 12)
                    target = trend["against"] == "target"
                    if trend["against"] and not target:
                        against = self.of_columns(trend["against"], {}, at, 0)
                    if _stands(names[0], by_id):
                        self.found.add("report.trend", *at, name=names[0])
                        continue
                unknown = [name for name in names if name not in by_id]
                for name in unknown:
                    self.found.unknown("report.unknown-column", name, [*by_id], *at)
                if not unknown and all(by_id[name].type != "asleep" for name in names):
                    made.append(ChartPlan(kind, tuple(names), None, against, target, periods))
            except Broken:
                continue
        return tuple(made)


def _stands(name: str, columns: Mapping[str, ColumnPlan]) -> bool:
    """Whether a figure tells how things stood at some moment, itself or what it is made of."""
    column = columns.get(name)
    if column is None:
        return False
    if column.looking is not None:
        return column.looking.as_of != NOW or column.looking.dated is None
    sentences = [column.sum] if column.sum is not None else list(column.share or ())
    return any(_stands(word, columns) for one in sentences for word in columns_named(one) if word != name)
