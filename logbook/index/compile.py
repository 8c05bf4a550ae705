"""Query nodes to SQL: what names and values mean for the forms of a book, and every mistake in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.lifecycle import VOIDED
from logbook.core.moments import parse_range
from logbook.core.moments import parse_time
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.core.values import NO
from logbook.core.values import VERDICTS
from logbook.core.values import YES
from logbook.core.values import find_label
from logbook.index.conditions import Compiled
from logbook.index.conditions import running
from logbook.index.query import Match
from logbook.index.query import Not
from logbook.index.query import Query
from logbook.index.query import Term
from logbook.index.query import Value
from logbook.index.query import Words
from logbook.index.schema import FormTable
from logbook.index.schema import quote
from logbook.index.search import match_expression

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Condition = tuple[str, list[object]]

NOTHING: Condition = ("0", [])

# Names every record answers to, besides its form's fields.
HEADER_NAMES = {
    "id": Text("编号", "Number"),
    "form": Text("表单", "Form"),
    "status": Text("状态", "Status"),
    "at": Text("时间", "At"),
    "by": Text("经手人", "By"),
    "recorded": Text("记录时间", "Recorded"),
    "is": Text("是", "Is"),
    "due": Text("期限", "Due"),
    "clock": Text("时限", "Clock"),
    "to": Text("上报", "To"),
}
_ALIASES = {"state": "status", "recorded_at": "recorded", "表格": "form", "办理人": "by"}
IS_WORDS = {
    "open": Text("未结", "open"),
    "closed": Text("已结", "closed"),
    "overdue": Text("超期", "overdue"),
    "void": Text("作废", "void"),
    "conflict": Text("待核对", "conflict"),
}
_IS_ALIASES = {"未完": "open", "未办结": "open", "办结": "closed", "已办结": "closed", "逾期": "overdue",
               "voided": "void", "已作废": "void", "冲突": "conflict", "两边都改": "conflict",
               "finished": "closed", "late": "overdue"}  # fmt: skip
_VERDICT_LABELS = {"pass": Text("合格", "pass"), "fail": Text("不合格", "fail"), "na": Text("不适用", "n/a")}
_BOOL_LABELS = {"true": Text("是", "yes"), "false": Text("否", "no")}


def compile_query(
    query: Query,
    *,
    library: Library,
    tables: Mapping[str, FormTable],
    present: Collection[str],
    form: str | None,
    now: datetime,
    zone: ZoneInfo,
    staff_named: Callable[[str], Collection[str]] = lambda _: (),
    walk: bool = False,
    private: bool = False,
    encrypted: bool = False,
) -> tuple[Compiled, list[Issue]]:
    """The SQL of a query. ``form``: only that form. ``present``: forms whose tables exist.
    ``staff_named``: ids of the staff of that name. ``walk``: the records are gone through in some order
    and few are looked at; fields are then asked record by record. ``private``: private values may be looked
    for: without it a search would tell what the list masks. ``encrypted``: they cannot be, by anybody.

    Unknown names and values are issues, all of them; the condition is then of no use.
    """
    compiler = _Compiler(
        library, tables, present, form, now, zone, staff_named, walk=walk, private=private, encrypted=encrypted
    )
    parts = [compiler.term(term) for term in query.terms]
    params: list[object] = []
    pieces: list[str] = []
    joined = compiler.only if compiler.joined else None
    if compiler.only is not None and (joined is None or walk):  # the joined table says the form as well
        pieces.append("r.form = ?")
        params.append(compiler.only)
    for sql, values in parts:
        pieces.append(sql)
        params.extend(values)
    if compiler.only is not None and compiler.only not in present:
        pieces, params, joined = ["0"], [], None
    where = " and ".join(f"({piece})" for piece in pieces) or "1"
    return Compiled(where, params, joined, walk), compiler.issues


def one_form(query: Query, library: Library) -> str | None:
    """The form a query keeps to by saying ``form:complaint``; None for any."""
    for term in query.terms:
        if isinstance(term, Match) and _header_name(term.name) == "form" and len(term.values) == 1:
            return find_form(library, term.values[0].text)
    return None


def find_form(library: Library, word: str) -> str | None:
    """The form whose name, title or alias is ``word``, whatever the case."""
    if word in library.forms:
        return word
    lowered = word.casefold()
    for name, form in library.forms.items():
        if lowered in (name.casefold(), form.title.zh.casefold(), form.title.en.casefold()):
            return name
        if any(lowered == alias.casefold() for alias in form.alias):
            return name
    return None


@frozen
class _Place:
    """Where a name stands in one form: a column of its table, or a column (None: any) of a list."""

    table: FormTable
    form: Form
    field: Field
    list: Field | None = None

    def column(self, *, joined: bool) -> str:
        return f"{'f.' if joined else ''}{quote(self.field.id)}"


class _Compiler:
    def __init__(
        self,
        library: Library,
        tables: Mapping[str, FormTable],
        present: Collection[str],
        form: str | None,
        now: datetime,
        zone: ZoneInfo,
        staff_named: Callable[[str], Collection[str]],
        *,
        walk: bool,
        private: bool,
        encrypted: bool,
    ) -> None:
        self.walk = walk
        self.private = private and not encrypted
        self.encrypted = encrypted and private
        self.staff_named = staff_named
        self.library = library
        self.tables = tables
        self.present = present
        self.only = form
        self.now = now
        self.zone = zone
        self.joined = False
        self.issues: list[Issue] = []

    def term(self, term: Term) -> Condition:
        if isinstance(term, Not):
            if isinstance(term.term, Match) and not term.term.values:
                filled = self._filled(term.term)
                if filled is not None:
                    return filled
            sql, params = self.term(term.term)
            return f"({sql}) is not true", params
        if isinstance(term, Words):
            return self._words(term)
        return self._match(term)

    def _words(self, term: Words) -> Condition:
        expressions = []
        for value in term.values:
            expression = match_expression(value.text, whole_words=value.quoted)
            if expression is None:
                self._issue("query.no-word", term.column, found=value.text)
            else:
                expressions.append(expression)
        wanted = " OR ".join(expressions)
        if expressions and not self.private:
            wanted = f"body : ({wanted})"
        return "r._record in (select rowid from search where search match ?)", [wanted]

    def _match(self, term: Match) -> Condition:
        header = _header_name(term.name)
        own_first = self.only is not None or header not in ("due", "clock", "to")
        may_be_field = header is None or (own_first and term.name not in ("id", "form", "status", "at", "by"))
        # Every form has to be made to say whether it has such a field: many milliseconds.
        places = self._places(term.name) if may_be_field else []
        if header is not None and not places:
            header_condition: Condition = getattr(self, f"_header_{header}")(term)
            return header_condition
        if not places:
            self._unknown_field(term)
            return NOTHING
        return self._fields(term, places)

    # --- the header ---------------------------------------------------------------------------

    def _header_id(self, term: Match) -> Condition:
        return self._id_like("r.id", term)

    def _header_form(self, term: Match) -> Condition:
        names = []
        for value in term.values:
            if not value.quoted and _has_glob(value.text):
                names += [name for name in self.library.forms if _glob_matches(value.text, name)]
                continue
            name = find_form(self.library, value.text)
            if name is None:
                allowed = {n: form.title for n, form in self.library.forms.items()}
                self._unknown_value(term, value, allowed)
            else:
                names.append(name)
        if names == [self.only]:
            return "1", []
        return _one_of("r.form", names)

    def _header_status(self, term: Match) -> Condition:
        forms = list(self._forms())
        allowed: dict[str, Text] = {VOIDED: IS_WORDS["void"]}
        for form in forms:
            allowed = {**form.states, **allowed}
        if not term.values:
            return "r.status = ''", []
        found: list[str] = []
        parts: list[Condition] = []
        for value in term.values:
            if not value.quoted and _has_glob(value.text):
                parts.append(_like("r.status", value))
                continue
            # One word may be a label of different states in different forms: each form its own.
            by_form: dict[str, list[str]] = {}
            for form in forms:
                state = find_label(form.states, value.text)
                if state is not None and state != value.text:
                    by_form.setdefault(state, []).append(form.name)
            if value.text in allowed:
                found.append(value.text)
            elif by_form:
                for state, names in by_form.items():
                    sql, params = _one_of("r.form", names)
                    parts.append((f"r.status = ? and {sql}", [state, *params]))
            elif find_label({VOIDED: IS_WORDS["void"]}, value.text):
                found.append(VOIDED)
            else:
                self._unknown_value(term, value, allowed)
        if found:
            parts.append(_one_of("r.status", found))
        return _any(parts)

    def _header_at(self, term: Match) -> Condition:
        return self._epochs("r.at_epoch", term)

    def _header_recorded(self, term: Match) -> Condition:
        sql, params = self._epochs("e.recorded", term)
        return f"exists (select 1 from events e where e._record = r._record and e.n = 0 and {sql})", params

    def _header_by(self, term: Match) -> Condition:
        return self._people("r.by", term)

    def _header_is(self, term: Match) -> Condition:
        parts: list[Condition] = []
        for value in term.values:
            word = find_label(IS_WORDS, value.text) or _IS_ALIASES.get(value.text.lower())
            if word == "open":
                parts.append(("r.final = 0 and r.voided = 0", []))
            elif word == "closed":
                parts.append(("r.final = 1 and r.voided = 0", []))
            elif word == "void":
                parts.append(("r.voided = 1", []))
            elif word == "conflict":
                parts.append(("r.conflicts > 0", []))
            elif word == "overdue":
                now = int(self.now.timestamp())
                parts.append((f"r._record in (select _record from ({running(now, before=True)}))", []))
            else:
                self._unknown_value(term, value, IS_WORDS)
        if not term.values:
            self._unknown_value(term, Value(""), IS_WORDS)
        return _any(parts)

    def _header_due(self, term: Match) -> Condition:
        sql, params = self._epochs("due", term)
        return self._running_clocks(sql, params)

    def _header_clock(self, term: Match) -> Condition:
        names: list[str] = []
        allowed = {name: clock.label for form in self._forms() for name, clock in form.clocks.items()}
        for value in term.values:
            found = [
                name
                for form in self._forms()
                for name, clock in form.clocks.items()
                if value.text.casefold()
                in (name.casefold(), clock.label.zh.casefold(), clock.label.en.casefold())
            ]
            if not found:
                self._unknown_value(term, value, allowed)
            names += found
        return self._running_clocks(*_one_of("clock", names)) if term.values else self._no_clocks()

    def _header_to(self, term: Match) -> Condition:
        roles = []
        for value in term.values:
            role = find_label(self.library.roles, value.text)
            if role is None and any(
                value.text == c.to for form in self._forms() for c in form.clocks.values()
            ):
                role = value.text
            if role is None:
                self._unknown_value(term, value, self.library.roles)
            else:
                roles.append(role)
        return self._running_clocks(*_one_of("to_role", roles)) if term.values else self._no_clocks()

    def _running_clocks(self, sql: str, params: list[object]) -> Condition:
        now = int(self.now.timestamp())
        return f"r._record in (select _record from ({running(now)}) where {sql})", params

    def _no_clocks(self) -> Condition:
        sql, params = self._running_clocks("1", [])
        return f"not {sql}", params

    # --- fields -------------------------------------------------------------------------------

    def _forms(self) -> Iterable[Form]:
        if self.only is not None:
            form = self.library.forms.get(self.only)
            return [form] if form is not None else []
        return self.library.forms.values()

    def _places(self, name: str) -> list[_Place]:
        """Every field the name means, form by form; ``list.column`` is looked for column by column."""
        places = []
        head, dot, rest = name.partition(".")
        for form in self._forms():
            table = self.tables[form.name]
            field = _find_field({**table.columns, **table.lists}, form, name if not dot else head)
            if field is None:
                continue
            if field.id in table.columns:
                if not dot:
                    places.append(_Place(table, form, field))
            elif not dot:
                places.append(_Place(table, form, field, field))
            else:
                column = _find_column(field, rest)
                if column is not None:
                    places.append(_Place(table, form, column, field))
        return places

    def _fields(self, term: Match, places: list[_Place]) -> Condition:
        parts: list[Condition] = []
        failed: list[Issue] = []
        before = len(self.issues)
        for place in places:
            start = len(self.issues)
            condition = self._place(term, place)
            failed.extend(self.issues[start:])
            if len(self.issues) > start:
                del self.issues[start:]
            elif place.table.form in self.present:
                parts.append(condition)
            else:
                parts.append(NOTHING)
        # A choice that one form knows and another does not is no mistake while all forms are asked.
        if failed and not parts:
            del self.issues[before:]
            self.issues.extend(_merged(failed))
        return _any(parts)

    def _filled(self, term: Match) -> Condition | None:
        """``-field:`` asks for records that have the field and something in it; None: no such field."""
        parts: list[Condition] = []
        for place in self._places(term.name) if _header_name(term.name) is None else ():
            if place.table.form not in self.present:
                parts.append(NOTHING)
                continue
            table = place.table.table if place.list is None else place.table.list_table(place.list.id)
            where = "" if place.field is place.list else f" where {quote(place.field.id)} is not null"
            parts.append((f"r._record in (select _record from {quote(table)}{where})", []))
        return _any(parts) if parts else None

    def _is_hidden(self, term: Match, place: _Place) -> bool:
        """Whether the term asks what somebody who may not see the field must not learn. Whether anything stands
        there at all is no secret: the mask says so."""
        if self.private or not term.values:
            return False
        if place.list is not None and place.list.private:
            return place.list.type != "checklist" or place.field.id not in (place.list.id, "item", "result")
        return place.field.private

    def _place(self, term: Match, place: _Place) -> Condition:
        if self._is_hidden(term, place):
            code = "query.encrypted" if self.encrypted else "query.private"
            self._issue(code, term.column, name=term.name, label=place.field.label)
            return NOTHING
        if place.list is not None:
            return self._list_place(term, place)
        if self.only is not None:
            self.joined = True
            sql, params = self._typed(place.column(joined=True), place.field, term)
            return sql, params
        sql, params = self._typed(place.column(joined=False), place.field, term)
        if self.walk:
            table = quote(place.table.table)
            return f"exists (select 1 from {table} where {table}._record = r._record and ({sql}))", params
        return f"r._record in (select _record from {quote(place.table.table)} where {sql})", params

    def _list_place(self, term: Match, place: _Place) -> Condition:
        assert place.list is not None
        table = quote(place.table.list_table(place.list.id))
        some = f"r._record in (select _record from {table}"
        mine, my_params = ("r.form = ?", [place.table.form])
        if not term.values:
            if place.field is place.list:
                return f"{mine} and not {some})", [*my_params]
            sql = f"{quote(place.field.id)} is not null"
            return f"{mine} and not {some} where {sql})", [*my_params]
        if place.list.type == "checklist":
            sql, params = self._verdicts(term)
        elif place.field is place.list:
            sql, params = self._any_column(term, place.list)
        else:
            sql, params = self._typed(quote(place.field.id), place.field, term)
        return f"{some} where {sql})", params

    def _verdicts(self, term: Match) -> Condition:
        results = []
        for value in term.values:
            verdict = VERDICTS.get(value.text.lower())
            if verdict is None:
                self._unknown_value(term, value, _VERDICT_LABELS)
            else:
                results.append(verdict)
        return _one_of("result", results)

    def _any_column(self, term: Match, field: Field) -> Condition:
        """Text looked for in whichever column of a list."""
        parts = []
        for value in term.values:
            pattern = _pattern(value, contains=True)
            for name, column in field.columns.items():
                if column.private and not self.private:
                    continue
                if column.type == "choice":
                    choice = find_label(column.choices, value.text)
                    if choice is not None:
                        parts.append(_one_of(quote(name), [choice]))
                else:
                    parts.append((f"{quote(name)} like ? escape '\\'", [pattern]))
        return _any(parts)

    def _typed(self, column: str, field: Field, term: Match) -> Condition:
        if not term.values:
            return f"{column} is null", []
        kind = field.type
        if kind in ("choice", "multichoice"):
            return self._choices(column, field, term)
        if kind == "bool":
            return self._bools(column, term)
        if kind in ("int", "decimal", "money"):
            return self._numbers(column, term)
        if kind == "date":
            return self._days(column, term)
        if kind == "datetime":
            return self._moments(column, term)
        if kind == "time":
            return self._times(column, term)
        if kind == "staff":
            return self._people(column, term)
        if kind in ("ref", "phone", "attachment", "signature"):
            return self._id_like(column, term)
        return self._text(column, term)

    def _text(self, column: str, term: Match) -> Condition:
        if term.op not in (":", "="):
            return f"{column} {term.op} ?", [term.values[0].text]
        parts: list[Condition] = []
        for value in term.values:
            if term.op == "=" and (value.quoted or not _has_glob(value.text)):
                parts.append((f"{column} = ? collate nocase", [value.text]))
            else:
                contains = term.op == ":" and (value.quoted or not _has_glob(value.text))
                parts.append((f"{column} like ? escape '\\'", [_pattern(value, contains=contains)]))
        return _any(parts)

    def _id_like(self, column: str, term: Match) -> Condition:
        if not term.values:
            return f"coalesce({column}, '') = ''", []
        if term.op not in (":", "="):
            return f"{column} {term.op} ?", [term.values[0].text]
        exact = [value.text for value in term.values if value.quoted or not _has_glob(value.text)]
        parts = [_like(column, value) for value in term.values if not value.quoted and _has_glob(value.text)]
        if exact:
            marks = ", ".join("?" * len(exact))
            parts.append((f"{column} collate nocase in ({marks})", [*exact]))
        return _any(parts)

    def _people(self, column: str, term: Match) -> Condition:
        """Staff by id, or by name where the book keeps a staff register."""
        if not term.values or term.op not in (":", "="):
            return self._id_like(column, term)
        named = [staff for value in term.values for staff in self.staff_named(value.text)]
        parts = [self._id_like(column, term)]
        if named:
            parts.append(_one_of(column, named))
        return _any(parts)

    def _choices(self, column: str, field: Field, term: Match) -> Condition:
        ids: list[str] = []
        for value in term.values:
            if not value.quoted and _has_glob(value.text):
                ids += [
                    name
                    for name, label in field.choices.items()
                    if any(_glob_matches(value.text, word) for word in (name, label.zh, label.en))
                ]
                continue
            name = find_label(field.choices, value.text)
            if name is None:
                self._unknown_value(term, value, field.choices)
            else:
                ids.append(name)
        if term.op not in (":", "=") and ids:
            # Choices stand in their order: level>=important takes important and what follows it.
            order = list(field.choices)
            place = order.index(ids[0])
            ids = [n for i, n in enumerate(order) if _COMPARE[term.op](i, place)]
        if field.type == "choice":
            return _one_of(column, ids)
        return _any([(f"instr(',' || {column} || ',', ?)", [f",{name},"]) for name in ids])

    def _bools(self, column: str, term: Match) -> Condition:
        values: list[object] = []
        for value in term.values:
            word = value.text.lower()
            if word not in YES and word not in NO:
                self._unknown_value(term, value, _BOOL_LABELS)
            else:
                values.append(1 if word in YES else 0)
        return _one_of(column, values)

    def _numbers(self, column: str, term: Match) -> Condition:
        from decimal import Decimal  # late: most queries name no number
        from decimal import InvalidOperation

        numbers: list[object] = []
        for value in term.values:
            try:
                number = Decimal(value.text.replace("_", "x"))
            except InvalidOperation:
                number = Decimal("NaN")
            if not number.is_finite():
                self._issue("query.bad-number", term.column, found=value.text, name=term.name)
            else:
                numbers.append(
                    int(number) if number == int(number) and abs(number) < 2**53 else float(number)
                )
        if term.op not in (":", "=") and numbers:
            return f"{column} {term.op} ?", numbers
        return _one_of(column, numbers)

    def _ranges(self, term: Match) -> list[tuple[datetime, datetime]]:
        ranges = []
        for value in term.values:
            found = parse_range(value.text, now=self.now, zone=self.zone)
            if found is None:
                self._issue("query.bad-time", term.column, found=value.text, name=term.name)
            else:
                ranges.append(found)
        return ranges

    def _bounds(self, term: Match) -> list[tuple[datetime | None, datetime | None]]:
        """From (included) and to (excluded) of every value, as the operator says."""
        bounds: list[tuple[datetime | None, datetime | None]] = []
        for start, end in self._ranges(term):
            if term.op in (":", "="):
                bounds.append((start, end))
            elif term.op == ">=":
                bounds.append((start, None))
            elif term.op == ">":
                bounds.append((end, None))
            elif term.op == "<":
                bounds.append((None, start))
            else:
                bounds.append((None, end))
        return bounds

    def _epochs(self, column: str, term: Match) -> Condition:
        if not term.values:
            return f"{column} is null", []
        return _any([_between(column, *map(_stamp, bound)) for bound in self._bounds(term)])

    def _moments(self, column: str, term: Match) -> Condition:
        """Moments are text with any offset: days cut down what the exact comparison has to look at."""
        parts: list[Condition] = []
        for start, end in self._bounds(term):
            exact, params = _between(f"cast(strftime('%s', {column}) as integer)", _stamp(start), _stamp(end))
            rough, days = _between(
                column,
                _day_text(start, -1),
                _day_text(end, 2),
            )
            parts.append((f"{rough} and {exact}", [*days, *params]))
        return _any(parts)

    def _days(self, column: str, term: Match) -> Condition:
        """A day is in a range when it begins in it; a range within one day means that day."""
        parts: list[Condition] = []
        for start, end in self._ranges(term):
            first = start.astimezone(self.zone).date().isoformat()
            last_moment = datetime.fromtimestamp(end.timestamp() - 1, self.zone)
            last = last_moment.date().isoformat()
            if term.op in (":", "="):
                parts.append((f"{column} >= ? and {column} <= ?", [first, last]))
            elif term.op in (">=", "<"):
                parts.append((f"{column} {term.op} ?", [first]))
            else:
                parts.append((f"{column} {term.op} ?", [last]))
        return _any(parts)

    def _times(self, column: str, term: Match) -> Condition:
        times: list[object] = []
        for value in term.values:
            found = parse_time(value.text)
            if found is None:
                self._issue("query.bad-time", term.column, found=value.text, name=term.name)
            else:
                times.append(found.strftime("%H:%M"))
        if term.op not in (":", "=") and times:
            return f"{column} {term.op} ?", times
        return _one_of(column, times)

    # --- mistakes -----------------------------------------------------------------------------

    def _issue(self, code: str, column: int, **args: object) -> None:
        self.issues.append(Issue(code, {**args, "column": column}))

    def _unknown_field(self, term: Match) -> None:
        from logbook.core.suggest import closest

        head, dot, _ = term.name.partition(".")
        known: dict[str, Text] = {}
        for form in self._forms():
            for field in form.fields.values():
                if field.derived_text is None and field.derived is None:
                    known.setdefault(field.id, field.label)
                if dot and head in (field.id, field.label.zh):
                    known = {f"{head}.{name}": column.label for name, column in field.columns.items()}
        derived = any(
            term.name in (f.id, f.label.zh, f.label.en)
            and (f.derived_text is not None or f.derived is not None)
            for form in self._forms()
            for f in form.fields.values()
        )
        if derived:
            self._issue("query.derived-field", term.column, name=term.name)
            return
        words = [*known, *HEADER_NAMES, *(label.zh for label in known.values() if label.zh)]
        near = closest(term.name, words)
        allowed = [*HEADER_NAMES, *known] if self.only is not None else [*HEADER_NAMES]
        self._issue(
            "query.unknown-field",
            term.column,
            name=term.name,
            allowed=allowed,
            near=_did_you_mean(near),
        )

    def _unknown_value(self, term: Match, value: Value, allowed: Mapping[str, Text]) -> None:
        from logbook.core.suggest import closest

        words = [
            *allowed,
            *(label.zh for label in allowed.values()),
            *(label.en for label in allowed.values()),
        ]
        near = closest(value.text, [word for word in words if word])
        shown = [
            Text(f"{name}（{t.zh}）" if t.zh and t.zh != name else name, name) for name, t in allowed.items()
        ]
        self._issue(
            "query.unknown-value",
            term.column,
            name=term.name,
            found=value.text,
            allowed=shown[:40],
            near=_did_you_mean(near),
        )


_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _header_name(name: str) -> str | None:
    if name in HEADER_NAMES:
        return name
    if name in _ALIASES:
        return _ALIASES[name]
    return find_label(HEADER_NAMES, name)


def _find_field(fields: Mapping[str, Field], form: Form, word: str) -> Field | None:
    if word in fields:
        return fields[word]
    name = find_label({field.id: field.label for field in fields.values()}, word)
    if name is not None:
        return fields[name]
    # A register's number has its own label on the form (rulings 9): that is `id`, not a field.
    return None


def _find_column(field: Field, word: str) -> Field | None:
    if field.type == "checklist":
        return Field(word, field.label, "text") if word in ("item", "result", "remark", "value") else None
    name = find_label({column.id: column.label for column in field.columns.values()}, word)
    return field.columns[name] if name is not None else None


def _any(parts: list[Condition]) -> Condition:
    if not parts:
        return NOTHING
    if len(parts) == 1:
        return parts[0]
    return " or ".join(f"({sql})" for sql, _ in parts), [value for _, values in parts for value in values]


def _one_of(column: str, values: Iterable[Any]) -> Condition:
    found = list(dict.fromkeys(values))
    if not found:
        return NOTHING
    if len(found) == 1:
        return f"{column} = ?", [found[0]]
    return f"{column} in ({', '.join('?' * len(found))})", [*found]


def _between(column: str, start: object | None, end: object | None) -> Condition:
    if start is None:
        return f"{column} < ?", [end]
    if end is None:
        return f"{column} >= ?", [start]
    return f"{column} >= ? and {column} < ?", [start, end]


def _like(column: str, value: Value) -> Condition:
    return f"{column} like ? escape '\\'", [_pattern(value, contains=False)]


def _pattern(value: Value, *, contains: bool) -> str:
    text = value.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    if not value.quoted:
        text = text.replace("*", "%").replace("?", "_")
    return f"%{text}%" if contains else text


def _has_glob(text: str) -> bool:
    return "*" in text or "?" in text


def _glob_matches(pattern: str, word: str) -> bool:
    parts = re.split(r"([*?])", pattern)
    expression = "".join(".*" if p == "*" else "." if p == "?" else re.escape(p) for p in parts)
    return re.fullmatch(expression, word, re.IGNORECASE) is not None


def _stamp(moment: datetime | None) -> int | None:
    """Whole seconds, rounded up: stored instants are whole seconds, so both ends stay exact."""
    return None if moment is None else -int(-moment.timestamp() // 1)


def _day_text(moment: datetime | None, days: int) -> str | None:
    if moment is None:
        return None
    return datetime.fromtimestamp(moment.timestamp() + days * 86400, moment.tzinfo).date().isoformat()


def _did_you_mean(near: list[str]) -> Text:
    return Text(f"是不是“{near[0]}”？", f'Did you mean "{near[0]}"?') if near else Text("", "")


def _merged(issues: list[Issue]) -> list[Issue]:
    """The same mistake found form by form, once: with what is allowed in any of them."""
    first: dict[tuple[str, object], Issue] = {}
    for issue in issues:
        key = (issue.rule, str(issue.args.get("found")))
        known = first.get(key)
        if known is None:
            first[key] = issue
        elif "allowed" in issue.args:
            allowed = [*known.args["allowed"], *issue.args["allowed"]]  # type: ignore[misc]
            near = known.args["near"] or issue.args["near"]
            first[key] = Issue(
                issue.rule, {**known.args, "allowed": list(dict.fromkeys(allowed)), "near": near}
            )
    return list(first.values())
