"""The sentences of a report: what is gone through, asked and folded, parsed and its names checked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.reportplan import NOW
from logbook.core.reportplan import ColumnPlan
from logbook.core.reportplan import Fold
from logbook.core.reportplan import Items
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
from logbook.core.sources import Source
from logbook.core.text import Text

UNITS = ("days", "hours", "minutes")
FOLD_HEAD = re.compile(
    r"(count of different|count|sum of|mean of|median of|least gap of|greatest gap of|least of|greatest of|first of"
    r"|last of)(?= |$)"
)
_OVER = "count over "


class Broken(Exception):
    """What was read cannot be used; why stands among the issues."""


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


class Sentences:
    """Reads the sentences of one report; everything it cannot read becomes a finding."""

    def __init__(self, library: Library, found: Findings, source: Source, name: str) -> None:
        self.library = library
        self.found = found
        self.source = source
        self.name = name
        self.base: Place = ("reports", name)
        self.asleep: list[str] = []
        self.moment = False
        self.as_of = NOW

    # --- sentences ----------------------------------------------------------------------------

    def fold(self, text: str, source: Items | None, place: Place) -> tuple[Fold, str, Any]:
        match = FOLD_HEAD.match(text)
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
            raise Broken
        else:
            items = source
            if tail:
                where = self.condition(tail[6:], items, place, offset + 6)
                items = Items(items.forms, items.list, _both(items.where, where))
        kind = {"count of different": "different"}.get(head, head.removesuffix(" of").replace(" ", "_"))
        if kind == "count":
            if of_text.strip():
                self.found.add("rule.extra", *place, found=of_text.strip().split()[0], column=start + 1)
                raise Broken
            return Fold(kind, items), "int", None
        if not of_text.strip():
            self.found.add("form.missing-key", *place, key=f"{head} …")
            raise Broken
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
            raise Broken from None
        if not isinstance(node, n.Fold) or node.items.kind not in ("record", "row"):
            self.found.add("report.items", *place, found=text)
            raise Broken
        of = node.items
        if of.kind == "row":
            if of.form is None or len(of.paths) != 1 or len(of.paths[0].names) != 1:
                self.found.add("report.items", *place, found=text)
                raise Broken
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
                raise Broken
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
        raise Broken

    def condition(self, text: str, items: Items, place: Place, offset: int) -> Condition:
        try:
            sentence = parse_condition(text)
        except SentenceError as error:
            self.issues([error.issue(self.where(place, offset))])
            raise Broken from None
        self.named(sentence, items, place, offset)
        return sentence

    def sum(self, text: str, items: Items, place: Place, offset: int) -> tuple[Expression, Any]:
        """A sentence about an item, and what is known of its value."""
        from logbook.core.rules.conditions import CONDITIONS
        from logbook.core.rules.kinds import Kind
        from logbook.core.rules.kinds import Place as Standing
        from logbook.core.rules.names import Names

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
            raise Broken from None

    def named(self, sentence: Condition | Expression, items: Items, place: Place, offset: int) -> None:
        from logbook.core.rules import check_names

        for part in n.walk(sentence.node):
            if isinstance(part, n.Items):
                for name in [path.text for path in part.paths] if part.kind == "record" else [part.form]:
                    if name is not None and name in self.library.absent:
                        self.asleep.append(name)
                        raise Broken
        where = self.where(place, offset)
        for name in items.forms:
            found = check_names(sentence, self.library.forms[name], self.library, where=where, within=items.list)
            if found:
                self.issues(found)
                raise Broken

    def of_columns(self, text: str, made: Mapping[str, ColumnPlan], place: Place, offset: int) -> Expression:
        """A sentence about the columns that stand before it."""
        expression = self.plain_sum(text, place, offset)
        for word in columns_named(expression):
            column = made.get(word)
            if column is None:
                self.found.unknown("report.unknown-column", word, [*made], *place)
                raise Broken
            if column.type == "asleep":
                self.asleep.append(word)
                raise Broken
        for node in n.walk(expression.node):
            if isinstance(node, n.Setting):
                known: Any = self.library.settings
                for key in node.keys:
                    known = known.get(key) if isinstance(known, Mapping) and isinstance(key, str) else None
                if known is None and self.library.settings:
                    self.found.add(
                        "rule.unknown-setting", *place, word=node.text, allowed=[], hint=Text("", ""), column=1
                    )
                    raise Broken
        return expression

    def is_private(self, expression: Expression, items: Items) -> bool:
        """Whether a sentence says something of a private field."""
        from logbook.core.rules.kinds import Kind
        from logbook.core.rules.kinds import Place as Standing
        from logbook.core.rules.names import Names

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

    # --- units and kinds ----------------------------------------------------------------------

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
        self.found.unknown_keys(plain, known, *place)

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


def columns_named(expression: Expression) -> list[str]:
    """The columns a sentence about columns speaks of."""
    return [node.text for node in n.walk(expression.node) if isinstance(node, n.Path)]


def _both(first: Condition | None, second: Condition) -> Condition:
    if first is None:
        return second
    return Condition(f"{first.text} and {second.text}", n.Both((first.node, second.node)))
