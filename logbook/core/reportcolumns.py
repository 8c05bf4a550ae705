"""The columns of a report: what each shows of an item or makes of a group, looked at when and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from logbook.core.definition import label_from
from logbook.core.reportforms import FALLS
from logbook.core.reportforms import OCCURRENCE
from logbook.core.reportplan import ALL
from logbook.core.reportplan import CALENDAR
from logbook.core.reportplan import HEAD
from logbook.core.reportplan import MOMENTS
from logbook.core.reportplan import PERIOD
from logbook.core.reportplan import RANGES
from logbook.core.reportplan import ColumnPlan
from logbook.core.reportplan import Fold
from logbook.core.reportplan import Items
from logbook.core.reportplan import Key
from logbook.core.reportplan import Looking
from logbook.core.reportsentences import FOLD_HEAD
from logbook.core.reportsentences import Broken
from logbook.core.reportsentences import Place
from logbook.core.reportsentences import Sentences
from logbook.core.reportsentences import columns_named
from logbook.core.rules import Expression
from logbook.core.rules import nodes as n
from logbook.core.shapes import EXPECTED
from logbook.core.shapes import texts
from logbook.core.text import Text

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


class _Around(NamedTuple):
    """What a column of groups stands in: the part's source, keys and words of when, and the columns before it."""

    source: Items | None
    by: tuple[Key, ...]
    looking: Mapping[str, Any]
    made: Mapping[str, ColumnPlan]
    part_by: Any


class Columns(Sentences):
    """Reads the columns of one report."""

    # --- groups -------------------------------------------------------------------------------

    def by(self, value: Any, items: Items | None, place: Place) -> tuple[Key, ...]:
        words = texts(value)
        if not words or len(words) > 2:
            self.found.add("form.shape", *place, key="by", expected=EXPECTED["texts"])
            raise Broken
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

    # --- columns ------------------------------------------------------------------------------

    def list_columns(self, value: Any, items: Items, place: Place) -> tuple[ColumnPlan, ...]:
        """The columns of rows that are items themselves: names of theirs, or sentences with a label."""
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            entries: list[tuple[str, Any, Place]] = [(one, None, (*place, at)) for at, one in enumerate(value)]
        elif isinstance(value, Mapping) and value:
            entries = [(str(key), inner, (*place, str(key))) for key, inner in value.items()]
        else:
            self.found.add("form.shape", *place, key=str(place[-1]), expected=EXPECTED["map"])
            raise Broken
        columns = []
        for name, plain, at in entries:
            given = plain if isinstance(plain, Mapping) else {}
            self.keys(given, ("zh", "en", "value", "unit", "places", "note"), at)
            text = str(given.get("value") or name)
            try:
                expression, kind = self.sum(text, items, (*at, "value") if given.get("value") else at, 0)
            except Broken:
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
            raise Broken
        made: dict[str, ColumnPlan] = {}
        around = _Around(source, by, looking, made, plain.get("by"))
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
                for column in self.column(str(name), inner, around, at):
                    made[column.id] = column
            except Broken:
                if len(self.asleep) > before:
                    made[str(name)] = ColumnPlan(str(name), label_from(inner), "asleep", hidden=True)
        return tuple(made.values())

    def column(self, name: str, plain: Mapping[str, Any], around: _Around, at: Place) -> Iterator[ColumnPlan]:
        source, by, made = around.source, around.by, around.made
        common: dict[str, Any] = {
            "places": self.number(plain, "places", at, least=0),
            "hidden": str(plain.get("hidden")) == "true",
            "note": label_from(plain["note"]) if plain.get("note") else None,
        }
        label = label_from(plain)
        if plain.get("share") is not None:
            yield from self.share(name, label, plain, around, at, common)
            return
        text = str(plain.get("value") or "")
        if not text:
            self.found.add("form.missing-key", *at, key="value")
            raise Broken
        if not FOLD_HEAD.match(text):
            expression = self.of_columns(text, made, (*at, "value"), 0)
            kinds = {made[word].type for word in columns_named(expression) if word in made}
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
        look = self.looking_words(plain, at, around.looking)
        keys = by
        if plain.get("by") is not None:
            keys = self.by(plain["by"], fold.items, (*at, "by"))
        elif around.part_by is not None and (
            source is None or fold.items.forms != source.forms or fold.items.list != source.list
        ):
            keys = self.by(around.part_by, fold.items, (*at, "by"))
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
        self, name: str, label: Text, plain: Mapping[str, Any], around: _Around, at: Place, common: dict[str, Any]
    ) -> Iterator[ColumnPlan]:
        text, target = str(plain["share"]), self.target(plain, around.made, at)
        if text.startswith("where "):
            rest = {key: value for key, value in plain.items() if key not in ("share", "target", "zh", "en")}
            for part, value in ((f"{name}__of", f"count {text}"), (f"{name}__all", "count")):
                inner = {**rest, "value": value, "hidden": "true"}
                yield from self.column(part, inner, around, at)
            pair = (self.plain_sum(f"{name}__of", at), self.plain_sum(f"{name}__all", at))
            yield ColumnPlan(name, label, "percent", share=pair, target=target, text=text, **common)
            return
        expression = self.of_columns(text, around.made, (*at, "share"), 0)
        node = expression.node
        if not isinstance(node, n.Binary) or node.op != "/":
            self.found.add("report.share", *at, "share", found=text)
            raise Broken
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
