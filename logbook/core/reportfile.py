"""The reports of a book: what ``reports.yaml`` says, read and checked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from logbook.core.definition import Source
from logbook.core.definition import label_from
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.reportforms import FALLS
from logbook.core.reportforms import OCCURRENCE
from logbook.core.reportforms import report_library
from logbook.core.reportplan import ALL
from logbook.core.reportplan import CALENDAR
from logbook.core.reportplan import END
from logbook.core.reportplan import HEAD
from logbook.core.reportplan import MOMENTS
from logbook.core.reportplan import NOW
from logbook.core.reportplan import PERIOD
from logbook.core.reportplan import RANGES
from logbook.core.reportplan import ChartPlan
from logbook.core.reportplan import ColumnPlan
from logbook.core.reportplan import Fold
from logbook.core.reportplan import Items
from logbook.core.reportplan import Key
from logbook.core.reportplan import Looking
from logbook.core.reportplan import PartPlan
from logbook.core.reportplan import ReportPlan
from logbook.core.reportplan import Suppress
from logbook.core.rules import Condition
from logbook.core.rules import Expression
from logbook.core.rules import SentenceError
from logbook.core.rules import Where
from logbook.core.rules import nodes as n
from logbook.core.rules import parse_condition
from logbook.core.rules import parse_sum
from logbook.core.shapes import EXPECTED
from logbook.core.shapes import ID
from logbook.core.shapes import Findings
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
COLUMN_KEYS = (
    "zh",
    "en",
    "note",
    "value",
    "share",
    "target",
    "where",
    "dated",
    "range",
    "as_of",
    "at",
    "by",
    "unit",
    "places",
    "hidden",
    "pack",
)
UNITS = ("days", "hours", "minutes")
_HEAD = re.compile(
    r"(count of different|count|sum of|mean of|median of|least gap of|greatest gap of|least of|greatest of|first of"
    r"|last of)(?= |$)"
)
_OVER = "count over "
_CHART = re.compile(r"(pareto|trend|ageing|heat|funnel) of (.+)")
_TREND = re.compile(r"(?P<of>\S+)(?: against (?P<against>.+?))?(?: over (?P<n>[1-9][0-9]?) periods)?")


class _Broken(Exception):
    """What was read cannot be used; why stands among the issues."""


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


def texts(value: Any) -> tuple[str, ...]:
    """One text or a list of them."""
    if isinstance(value, str):
        return (value,)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def split_at(text: str, *words: str) -> tuple[int, str] | None:
    """Where the first of these words stands outside brackets and quotation marks."""
    depth, quoted = 0, False
    for place, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if depth == 0 and (place == 0 or text[place - 1] == " "):
                for word in words:
                    if text.startswith(word, place) and text[place + len(word) : place + len(word) + 1] in ("", " "):
                        return place, word
    return None


Place = tuple["str | int", ...]


class _Reader:
    """Reads one report; everything it cannot read becomes a finding."""

    def __init__(self, library: Library, found: Findings, source: Source, name: str) -> None:
        self.library = library
        self.found = found
        self.source = source
        self.name = name
        self.base: Place = ("reports", name)
        self.asleep: list[str] = []
        self.moment = False
        self.as_of = NOW

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
                except _Broken:
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
                raise _Broken
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

    def by(self, value: Any, items: Items | None, place: Place) -> tuple[Key, ...]:
        words = texts(value)
        if not words or len(words) > 2:
            self.found.add("form.shape", *place, key="by", expected=EXPECTED["texts"])
            raise _Broken
        if items is None:
            # Every column says for itself; the words of the part name the columns of the keys.
            return tuple(Key(self.plain_sum(word, place), None) for word in words)
        return tuple(
            self.key(word, items, (*place, at) if isinstance(value, list) else place) for at, word in enumerate(words)
        )

    def key(self, text: str, items: Items, place: Place) -> Key:
        function, path, start = None, text, 0
        match = re.match(rf"({'|'.join((*CALENDAR, HEAD))}) of ", text)
        if match:
            function, start = match.group(1), match.end()
            path = text[start:]
        expression, kind = self.sum(path, items, place, start)
        if function in CALENDAR and kind is not None and kind.type not in ("date", "datetime", "any"):
            self.found.add("rule.not-moment", *place, word=path, type=kind.type, column=1)
        field = kind.field if kind is not None else None
        if field is not None and field.private:
            self.found.add("report.private-group", *place, label=field.label)
        return Key(expression, function, kind)

    def show(self, value: Any, by: tuple[Key, ...], each: Items | None, place: Place) -> tuple[ColumnPlan, ...]:
        if value is None:
            return ()
        forms = each.forms if each is not None else ()
        if not forms and len(by) == 1 and by[0].kind is not None and by[0].function is None:
            forms = tuple(form.name for form in by[0].kind.forms)
        if len(forms) != 1:
            self.found.add("report.show", *place)
            raise _Broken
        return self.list_columns(value, Items(forms), place)

    # --- columns ------------------------------------------------------------------------------

    def list_columns(self, value: Any, items: Items, place: Place) -> tuple[ColumnPlan, ...]:
        """The columns of rows that are items themselves: names of theirs, or sentences with a label."""
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            entries: list[tuple[str, Any, Place]] = [(one, None, (*place, at)) for at, one in enumerate(value)]
        elif isinstance(value, Mapping) and value:
            entries = [(str(key), inner, (*place, str(key))) for key, inner in value.items()]
        else:
            self.found.add("form.shape", *place, key=str(place[-1]), expected=EXPECTED["map"])
            raise _Broken
        columns = []
        for name, plain, at in entries:
            given = plain if isinstance(plain, Mapping) else {}
            self.keys(given, ("zh", "en", "value", "unit", "places", "note"), at)
            text = str(given.get("value") or name)
            try:
                expression, kind = self.sum(text, items, (*at, "value") if given.get("value") else at, 0)
            except _Broken:
                continue
            label = label_from(given) if given.get("zh") or given.get("en") else self.label_of(text, kind)
            columns.append(
                ColumnPlan(
                    id=name.replace(".", "_"),
                    label=label,
                    type=self.type_of(kind, given, at),
                    own=expression,
                    own_kind=kind,
                    places=self.number(given, "places", at, least=0),
                    private=self.is_private(expression, items),
                    text=text,
                )
            )
        return tuple(columns)

    def columns(
        self,
        plain: Mapping[str, Any],
        source: Items | None,
        each: Items | None,
        by: tuple[Key, ...],
        looking: Mapping[str, Any],
        place: Place,
    ) -> tuple[ColumnPlan, ...]:
        entries = plain.get("columns")
        if not isinstance(entries, Mapping) or not entries:
            self.found.add("form.shape", *place, "columns", key="columns", expected=EXPECTED["map"])
            raise _Broken
        made: dict[str, ColumnPlan] = {}
        for name, inner in entries.items():
            at = (*place, "columns", str(name))
            if not self.labelled(inner, at, str(name)):
                continue
            self.keys(inner, COLUMN_KEYS, at)
            before = len(self.asleep)
            pack = inner.get("pack")
            if isinstance(pack, str) and not self.enabled(pack):
                made[str(name)] = ColumnPlan(str(name), label_from(inner), "asleep", hidden=True)
                continue
            try:
                for column in self.column(str(name), inner, source, by, looking, made, at, plain.get("by")):
                    made[column.id] = column
            except _Broken:
                if len(self.asleep) > before:
                    made[str(name)] = ColumnPlan(str(name), label_from(inner), "asleep", hidden=True)
        return tuple(made.values())

    def column(
        self,
        name: str,
        plain: Mapping[str, Any],
        source: Items | None,
        by: tuple[Key, ...],
        looking: Mapping[str, Any],
        made: Mapping[str, ColumnPlan],
        at: Place,
        part_by: Any,
    ) -> Iterator[ColumnPlan]:
        common: dict[str, Any] = {
            "places": self.number(plain, "places", at, least=0),
            "hidden": str(plain.get("hidden")) == "true",
            "note": label_from(plain["note"]) if plain.get("note") else None,
        }
        label = label_from(plain)
        if plain.get("share") is not None:
            yield from self.share(name, label, plain, source, by, looking, made, at, part_by, common)
            return
        text = str(plain.get("value") or "")
        if not text:
            self.found.add("form.missing-key", *at, key="value")
            raise _Broken
        if not _HEAD.match(text):
            expression = self.of_columns(text, made, (*at, "value"), 0)
            kinds = {made[word].type for word in _names(expression) if word in made}
            kind = "money" if "money" in kinds else "decimal" if kinds - {"int"} or "/" in text else "int"
            target = self.target(plain, made, at)
            yield ColumnPlan(
                name, label, self.unit(plain, at) or kind, sum=expression, target=target, text=text, **common
            )
            return
        fold, kind_, known = self.fold(text, source, (*at, "value"))
        if plain.get("where") is not None:
            fold = Fold(fold.kind, self.with_where(fold.items, plain, at), fold.of)
        if fold.kind in ("count", "different"):
            self.unit(plain, at)
        look = self.looking_words(plain, at, looking)
        keys = by
        if plain.get("by") is not None:
            keys = self.by(plain["by"], fold.items, (*at, "by"))
        elif part_by is not None and (
            source is None or fold.items.forms != source.forms or fold.items.list != source.list
        ):
            keys = self.by(part_by, fold.items, (*at, "by"))
        if len(keys) != len(by):
            self.found.add("report.keys-differ", *at, "by", found=len(keys), wanted=len(by))
        yield ColumnPlan(
            name,
            label,
            kind_ if fold.kind not in ("count", "different") else "int",
            fold=fold,
            looking=self.looking(look, fold.items, at),
            by=keys,
            text=text,
            target=self.target(plain, made, at),
            own_kind=known,
            **common,
        )

    def share(
        self,
        name: str,
        label: Text,
        plain: Mapping[str, Any],
        source: Items | None,
        by: tuple[Key, ...],
        looking: Mapping[str, Any],
        made: Mapping[str, ColumnPlan],
        at: Place,
        part_by: Any,
        common: dict[str, Any],
    ) -> Iterator[ColumnPlan]:
        text, target = str(plain["share"]), self.target(plain, made, at)
        if text.startswith("where "):
            rest = {key: value for key, value in plain.items() if key not in ("share", "target", "zh", "en")}
            for part, value in ((f"{name}__of", f"count {text}"), (f"{name}__all", "count")):
                inner = {**rest, "value": value, "hidden": "true"}
                yield from self.column(part, inner, source, by, looking, made, at, part_by)
            pair = (self.plain_sum(f"{name}__of", at), self.plain_sum(f"{name}__all", at))
            yield ColumnPlan(name, label, "percent", share=pair, target=target, text=text, **common)
            return
        expression = self.of_columns(text, made, (*at, "share"), 0)
        node = expression.node
        if not isinstance(node, n.Binary) or node.op != "/":
            self.found.add("report.share", *at, "share", found=text)
            raise _Broken
        yield ColumnPlan(
            name,
            label,
            "percent",
            share=(Expression(text, node.left), Expression(text, node.right)),
            target=target,
            text=text,
            **common,
        )

    def target(self, plain: Mapping[str, Any], made: Mapping[str, ColumnPlan], at: Place) -> Expression | None:
        if plain.get("target") is None:
            return None
        return self.of_columns(str(plain["target"]), made, (*at, "target"), 0)

    # --- sentences ----------------------------------------------------------------------------

    def fold(self, text: str, source: Items | None, place: Place) -> tuple[Fold, str, Any]:
        match = _HEAD.match(text)
        assert match is not None
        head, rest, start = match.group(1), text[match.end() :], match.end()
        start += len(rest) - len(rest.lstrip())
        rest = rest.strip()
        cut = split_at(rest, "over", "where")
        of_text, tail, offset = (rest, "", 0) if cut is None else (rest[: cut[0]], rest[cut[0] :], start + cut[0])
        if tail.startswith("over "):
            items = self.items(tail[5:], place, offset + 5)
        elif source is None:
            self.found.add("report.no-source", *place, found=text)
            raise _Broken
        else:
            items = source
            if tail:
                where = self.condition(tail[6:], items, place, offset + 6)
                items = Items(items.forms, items.list, _both(items.where, where))
        kind = {"count of different": "different"}.get(head, head.removesuffix(" of").replace(" ", "_"))
        if kind == "count":
            if of_text.strip():
                self.found.add("rule.extra", *place, found=of_text.strip().split()[0], column=start + 1)
                raise _Broken
            return Fold(kind, items), "int", None
        if not of_text.strip():
            self.found.add("form.missing-key", *place, key=f"{head} …")
            raise _Broken
        of, known = self.sum(of_text.strip(), items, place, start)
        if kind in ("sum", "mean", "median") and known is not None:
            if known.family not in ("number", "duration", "any"):
                self.found.add("rule.not-number", *place, word=of_text.strip(), type=known.type, column=start + 1)
        if kind.endswith("_gap"):
            return Fold(kind, items, of), self.unit_of(place) or "minutes", None
        given = self.plain_at(place[:-1])
        return (
            Fold(kind, items, of),
            self.type_of(known, given if isinstance(given, Mapping) else {}, place[:-1]),
            known,
        )

    def plain_at(self, place: Place) -> Any:
        value: Any = self.source.plain
        for part in place:
            value = value[part] if isinstance(value, (Mapping, list)) else None  # type: ignore[index]
        return value

    def unit_of(self, place: Place) -> str | None:
        given = self.plain_at(place[:-1])
        return self.unit(given, place[:-1]) if isinstance(given, Mapping) else None

    def items(self, text: str, place: Place, offset: int = 0) -> Items:
        """``records of repair where …``, ``rows of lines of all payment where …``."""
        cut = split_at(text, "where")
        head = text if cut is None else text[: cut[0]].rstrip()
        try:
            node = parse_sum(_OVER + head).node
        except SentenceError as error:
            self.issues([error.issue(self.where(place, offset - len(_OVER)))])
            raise _Broken from None
        if not isinstance(node, n.Fold) or node.items.kind not in ("record", "row"):
            self.found.add("report.items", *place, found=text)
            raise _Broken
        of = node.items
        if of.kind == "row":
            if of.form is None or len(of.paths) != 1 or len(of.paths[0].names) != 1:
                self.found.add("report.items", *place, found=text)
                raise _Broken
            made = Items((of.form,), of.paths[0].names[0])
        else:
            made = Items(tuple(path.text for path in of.paths))
        for name in made.forms:
            self.form(name, place)
        if made.list is not None:
            form = self.library.forms[made.forms[0]]
            listed = [name for name, field in form.fields.items() if field.type in ("list", "checklist")]
            if made.list not in listed:
                self.found.unknown("rule.unknown-field", made.list, listed, *place, owner=form.name, column=1)
                raise _Broken
        if cut is not None:
            where = self.condition(text[cut[0] + 6 :], made, place, offset + cut[0] + 6)
            made = Items(made.forms, made.list, where)
        return made

    def with_where(self, items: Items, plain: Mapping[str, Any], place: Place) -> Items:
        if plain.get("where") is None:
            return items
        where = self.condition(str(plain["where"]), items, (*place, "where"), 0)
        return Items(items.forms, items.list, _both(items.where, where))

    def enabled(self, pack: str) -> bool:
        """Whether the book has a pack: what speaks of a duty of another pack waits until it has."""
        return any(source.pack == pack for sources in self.library.shared.values() for source in sources)

    def form(self, name: str, place: Place) -> Form:
        form = self.library.forms.get(name)
        if form is not None:
            return form
        if name in self.library.absent:
            self.asleep.append(name)
        else:
            self.found.unknown("form.unknown-form", name, list(self.library.forms), *place)
        raise _Broken

    def condition(self, text: str, items: Items, place: Place, offset: int) -> Condition:
        try:
            sentence = parse_condition(text)
        except SentenceError as error:
            self.issues([error.issue(self.where(place, offset))])
            raise _Broken from None
        self.named(sentence, items, place, offset)
        return sentence

    def sum(self, text: str, items: Items, place: Place, offset: int) -> tuple[Expression, Any]:
        """A sentence about an item, and what is known of its value."""
        from logbook.core.rules.conditions import CONDITIONS
        from logbook.core.rules.names import Kind
        from logbook.core.rules.names import Names
        from logbook.core.rules.names import Place as Standing

        expression = self.plain_sum(text, place, offset)
        self.named(expression, items, place, offset)
        if isinstance(expression.node, CONDITIONS):
            return expression, Kind("bool")
        form = self.library.forms[items.forms[0]]
        here = Kind("record", forms=(form,))
        standing = Standing(here)
        if items.list is not None:
            row = Kind("row", form.fields[items.list])
            standing = Standing(row, it=row, parent=here, outer=here)
        return expression, Names(form, self.library, Where()).sum(expression.node, standing)  # type: ignore[arg-type]

    def plain_sum(self, text: str, place: Place, offset: int = 0) -> Expression:
        try:
            return parse_sum(text)
        except SentenceError as error:
            self.issues([error.issue(self.where(place, offset))])
            raise _Broken from None

    def named(self, sentence: Condition | Expression, items: Items, place: Place, offset: int) -> None:
        from logbook.core.rules import check_names

        for part in n.walk(sentence.node):
            if isinstance(part, n.Items):
                for name in [path.text for path in part.paths] if part.kind == "record" else [part.form]:
                    if name is not None and name in self.library.absent:
                        self.asleep.append(name)
                        raise _Broken
        where = self.where(place, offset)
        for name in items.forms:
            found = check_names(sentence, self.library.forms[name], self.library, where=where, within=items.list)
            if found:
                self.issues(found)
                raise _Broken

    def of_columns(self, text: str, made: Mapping[str, ColumnPlan], place: Place, offset: int) -> Expression:
        """A sentence about the columns that stand before it."""
        expression = self.plain_sum(text, place, offset)
        for word in _names(expression):
            column = made.get(word)
            if column is None:
                self.found.unknown("report.unknown-column", word, [*made], *place)
                raise _Broken
            if column.type == "asleep":
                self.asleep.append(word)
                raise _Broken
        for node in n.walk(expression.node):
            if isinstance(node, n.Setting):
                known: Any = self.library.settings
                for key in node.keys:
                    known = known.get(key) if isinstance(known, Mapping) and isinstance(key, str) else None
                if known is None and self.library.settings:
                    self.found.add(
                        "rule.unknown-setting", *place, word=node.text, allowed=[], hint=Text("", ""), column=1
                    )
                    raise _Broken
        return expression

    def is_private(self, expression: Expression, items: Items) -> bool:
        """Whether a sentence says something of a private field."""
        from logbook.core.rules.names import Kind
        from logbook.core.rules.names import Names
        from logbook.core.rules.names import Place as Standing

        form = self.library.forms[items.forms[0]]
        here = Kind("record", forms=(form,))
        standing = Standing(here)
        if items.list is not None:
            listed = form.fields[items.list]
            if listed.private:
                return True
            row = Kind("row", listed)
            standing = Standing(row, it=row, parent=here, outer=here)
        for node in n.walk(expression.node):
            if isinstance(node, n.Path):
                kind = Names(form, self.library, Where()).path(node, standing)
                if kind.field is not None and kind.field.private:
                    return True
        return False

    # --- when and how -------------------------------------------------------------------------

    def looking_words(self, plain: Mapping[str, Any], place: Place, outer: Mapping[str, Any] | None) -> dict[str, Any]:
        found = dict(outer or {})
        if plain.get("dated") is not None:
            found["dated"] = (str(plain["dated"]), (*place, "dated"))
            found.pop("range", None) if plain["dated"] == "none" else None
        for key, words in (("range", RANGES), ("as_of", MOMENTS)):
            word = self.word(plain, key, words, place)
            if word:
                found[key] = word
        at = self.word(plain, "at", MOMENTS, place)
        if at:
            found["as_of"], found["dated"] = at, ("none", place)
        return found

    def looking(self, words: Mapping[str, Any], items: Items | None, place: Place, *, listed: bool = False) -> Looking:
        as_of = words.get("as_of") or self.as_of
        range_ = words.get("range") or PERIOD
        text, at = words.get("dated") or (None, place)
        if text == "none" or range_ == ALL or items is None or (text is None and self.moment):
            return Looking(None, ALL, as_of)
        if text is None:
            text = FALLS if items.forms[0] == OCCURRENCE else "parent.at" if items.list is not None else "at"
        expression, kind = self.sum(text, items, at, 0)
        if kind is not None and kind.type not in ("date", "datetime", "any"):
            months = kind.type == "text" and kind.field is not None
            if not months:
                self.found.add("rule.not-moment", *at, word=text, type=kind.type, column=1)
        return Looking(expression, range_, as_of)

    def unit(self, plain: Mapping[str, Any], place: Place) -> str | None:
        return self.word(plain, "unit", UNITS, place)

    def type_of(self, kind: Any, plain: Mapping[str, Any], place: Place) -> str:
        unit = self.unit(plain, place)
        if kind is None:
            return unit or "text"
        if kind.family == "duration":
            return unit or "hours"
        if kind.type in ("number", "any"):
            return unit or "decimal"
        return unit or str(kind.type)

    def label_of(self, text: str, kind: Any) -> Text:
        from logbook.core.rules.scope import HEADER

        own = {
            "id": Text("编号", "Id"),
            "state": Text("状态", "Status"),
            "at": Text("时间", "At"),
            "by": Text("登记人", "By"),
        }
        last = text.rpartition(".")[2]
        if kind is not None and kind.field is not None and kind.field.label:
            return kind.field.label if last not in HEADER or kind.field.id == last else own.get(last, Text(last, last))
        return own.get(last, Text(text, text))

    def suppress(self, value: Any, columns: Sequence[ColumnPlan], place: Place) -> Suppress:
        if not isinstance(value, Mapping):
            self.found.add("form.shape", *place, key="suppress", expected=EXPECTED["map"])
            raise _Broken
        self.keys(value, ("below", "people"), place)
        people = str(value.get("people") or "")
        if people not in {column.id for column in columns}:
            self.found.unknown("report.unknown-column", people, [c.id for c in columns], *place, "people")
            raise _Broken
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
            except _Broken:
                continue
        return tuple(made)

    # --- small things -------------------------------------------------------------------------

    def labelled(self, plain: Any, place: Place, name: str) -> bool:
        if not ID.match(name):
            self.found.add("form.bad-id", *place, id=name)
        if not isinstance(plain, Mapping):
            self.found.add("form.shape", *place, key=name, expected=EXPECTED["map"])
            return False
        if not plain.get("zh") and not plain.get("en"):
            self.found.add("form.no-label", *place, name=name)
        return True

    def keys(self, plain: Mapping[str, Any], known: Sequence[str], place: Place) -> None:
        for key in plain:
            if key not in known:
                self.found.unknown("form.unknown-key", str(key), known, *place, str(key))

    def word(self, plain: Mapping[str, Any], key: str, known: Iterable[str], place: Place) -> str | None:
        value = plain.get(key)
        if value is None:
            return None
        if value not in known:
            self.unknown(str(value), known, *place, key, key=key)
            return None
        return str(value)

    def unknown(self, word: str, known: Iterable[str], *place: str | int, key: str) -> None:
        self.found.unknown("report.unknown-word", word, known, *place, key=key)

    def number(self, plain: Mapping[str, Any], key: str, place: Place, *, least: int = 1) -> int | None:
        value = plain.get(key)
        if value is None:
            return None
        if not (isinstance(value, str) and value.isdigit() and least <= int(value) <= 100000):
            self.found.add("form.shape", *place, key, key=key, expected=EXPECTED["number"])
            return None
        return int(value)

    def where(self, place: Place, offset: int) -> Where:
        line, column = self.found.spot(*place)
        return Where(self.found.path, line, max(1, column + offset), ".".join(str(part) for part in place))

    def issues(self, found: Iterable[Issue]) -> None:
        self.found.issues += found


def _names(expression: Expression) -> list[str]:
    """The columns a sentence about columns speaks of."""
    return [node.text for node in n.walk(expression.node) if isinstance(node, n.Path)]


def _stands(name: str, columns: Mapping[str, ColumnPlan]) -> bool:
    """Whether a figure tells how things stood at some moment, itself or what it is made of."""
    column = columns.get(name)
    if column is None:
        return False
    if column.looking is not None:
        return column.looking.as_of != NOW or column.looking.dated is None
    sentences = [column.sum] if column.sum is not None else list(column.share or ())
    return any(_stands(word, columns) for one in sentences for word in _names(one) if word != name)


def _both(first: Condition | None, second: Condition) -> Condition:
    if first is None:
        return second
    return Condition(f"{first.text} and {second.text}", n.Both((first.node, second.node)))
