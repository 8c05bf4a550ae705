"""Sentences into nodes: one function a line of the grammar, and exact columns when it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from typing import NoReturn
from typing import TypeVar
from typing import cast

from logbook.core.rules import nodes as n
from logbook.core.rules.errors import SentenceError
from logbook.core.rules.tokens import Token
from logbook.core.rules.tokens import tokens_of
from logbook.core.suggest import closest
from logbook.core.text import Text

MAX_DEPTH = 30

ITEM_WORDS = {
    "row": "row", "rows": "row", "record": "record", "records": "record",
    "value": "value", "values": "value", "day": "day", "days": "day",
}  # fmt: skip
UNITS = {
    "minute": "minutes", "hour": "hours", "day": "days", "week": "weeks", "month": "months",
    "working_day": "working_days", "working_hour": "working_hours",
}  # fmt: skip
UNITS |= {plural: plural for plural in UNITS.values()}
FUNCTIONS = ("min", "max", "abs", "whole", "round")
FOLDS = ("sum", "mean", "median", "rank", "least", "greatest", "first", "last")
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ROOTS = ("this", "it", "parent")
# Words that join parts of a sentence: none of them can begin a path.
JOINING = frozenset(
    "and or if else where before after while is not in to from as over per of required forbidden every"
    " no some exactly includes has falls inside outside meets".split()
)  # fmt: skip
KEYWORDS = JOINING
# Of these, the ones that cannot be a choice either: a value is missing in front of them.
CLOSING = frozenset("and or if else where before after while required forbidden exactly".split())

A_NAME = Text("一个名称", "a name")
A_SUM = Text("一个字段、数字或时间", "a field, a number or a time")
A_VALUE = Text("一个选项、文字或数字", "a choice, a text or a number")
A_COMPARISON = Text("is、= 之类的比较", "a comparison such as is or =")
AN_ITEM = Text("rows of、records of、values of 或 days of", "rows of, records of, values of or days of")

T = TypeVar("T")


def parse_rule(text: str) -> n.Rule:
    """Read the sentence of a check; raises :class:`SentenceError`."""
    parser = _Parser(text)
    return parser.whole(parser.rule)


def parse_condition(text: str) -> n.Condition:
    """Read a condition on its own (``when: level is major``); raises :class:`SentenceError`."""
    parser = _Parser(text)
    return n.Condition(text, parser.whole(parser.condition))


def parse_sum(text: str) -> n.Expression:
    """Read the sentence of a derived field, a sum or a condition; raises :class:`SentenceError`."""
    parser = _Parser(text)
    return n.Expression(text, parser.whole(parser.sum_or_condition))


def _near(word: str, known: tuple[str, ...]) -> str | None:
    found = closest(word, known)
    return found[0] if found else None


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.position = 0
        self.depth = 0
        self.in_where = False

    # ------------------------------------------------------------- looking and taking

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def ahead(self, count: int) -> Token:
        return self.tokens[min(self.position + count, len(self.tokens) - 1)]

    def at(self, *texts: str) -> bool:
        """The next tokens are these words or signs, in this order."""
        return all(
            self.ahead(offset).text == text and self.ahead(offset).kind in ("word", "sign")
            for offset, text in enumerate(texts)
        )

    def at_any(self, texts: tuple[str, ...] | frozenset[str]) -> bool:
        return self.token.kind in ("word", "sign") and self.token.text in texts

    def take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.position += 1
        return token

    def accept(self, *texts: str) -> bool:
        if self.at(*texts):
            self.position += len(texts)
            return True
        return False

    def expect(self, *texts: str) -> None:
        for text in texts:
            if not self.accept(text):
                self.fail(f'"{text}"', near=(text,))

    def fail(self, *expected: str | Text, near: tuple[str, ...] = ()) -> NoReturn:
        token = self.token
        if token.kind == "end":
            raise SentenceError("rule.unfinished", token.column, expected=list(expected))
        raise SentenceError(
            "rule.expected",
            token.column,
            suggestion=_near(token.text, near),
            found=token.text,
            expected=list(expected),
        )

    def whole(self, part: Callable[[], T]) -> T:
        found = part()
        if self.token.kind != "end":
            words = ("and", "or", "if", "before", "after", "while", "where", "required")
            raise SentenceError(
                "rule.extra",
                self.token.column,
                suggestion=_near(self.token.text, words),
                found=self.token.text,
            )
        return found

    # ------------------------------------------------------------- rule, gate, claim

    def rule(self) -> n.Rule:
        every = None
        if self.at("every") and self.ahead(1).text in ITEM_WORDS:
            self.take()
            every = self.items()
            self.expect(":")
        claim = self.claim()
        condition = self.condition() if self.accept("if") else None
        gate = None
        if self.at_any(("before", "after", "while")):
            token = self.take()
            kind = cast(Literal["before", "after", "while"], token.text)
            gate = n.Gate(kind, self.names(), column=token.column)
        return n.Rule(self.text, claim, every, condition, gate)

    def claim(self) -> n.Claim:
        start = self.token
        if self.accept("one", "of"):
            paths = self.paths()
            self.expect("required")
            return n.OneOf(paths, column=start.column)
        if self.at("unique") and self.ahead(1).kind == "word" and not self.at("unique", "is"):
            self.take()
            return n.Unique(self.paths(), self.where(), column=start.column)
        if self.accept("no", "overlap"):
            self.expect("of")
            items = self.items()
            per = self.paths() if self.accept("per") else ()
            return n.NoOverlap(items, per, column=start.column)
        if self.accept("no", "gap"):
            self.expect("in")
            items = self.items()
            self.expect("from")
            low = self.sum()
            self.expect("to")
            return n.NoGap(items, low, self.sum(), column=start.column)
        return self.path_claim() or self.condition_claim()

    def path_claim(self) -> n.Claim | None:
        """A claim that begins with paths, or None (nothing taken) when it turns out to be another."""
        start = self.position
        column = self.token.column
        if self.token.kind != "word" or self.token.text in JOINING:
            return None
        first = self.path()
        if self.accept("frozen"):
            self.expect("after")
            return n.Frozen(first, self.name(), column=column)
        if self.accept("changes"):
            self.expect("only", "by")
            return n.ChangesOnlyBy(first, self.names(), column=column)
        paths = [first]
        while self.accept(","):
            paths.append(self.path())
        if self.at_any(("required", "forbidden")):
            return n.Required(tuple(paths), self.take().text == "forbidden", column=column)
        if len(paths) > 1:
            self.fail('"required"', '"forbidden"', near=("required", "forbidden"))
        self.position = start
        return None

    def condition_claim(self) -> n.Claim:
        column = self.token.column
        left = self.condition()
        if self.accept("exactly", "if"):
            return n.ExactlyIf(left, self.condition(), column=column)
        return n.Holds(left, column=column)

    # ------------------------------------------------------------- conditions

    def condition(self) -> n.Condition_:
        column = self.token.column
        parts = [self.conjunction()]
        while self.accept("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else n.Either(tuple(parts), column=column)

    def conjunction(self) -> n.Condition_:
        column = self.token.column
        parts = [self.fact()]
        while self.accept("and"):
            parts.append(self.fact())
        return parts[0] if len(parts) == 1 else n.Both(tuple(parts), column=column)

    def fact(self) -> n.Condition_:
        self.deeper()
        try:
            if self.at("("):
                return self.bracket()
            return self.count() or self.signed() or self.statement()
        finally:
            self.depth -= 1

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise SentenceError("rule.too-deep", self.token.column, limit=MAX_DEPTH)

    def bracket(self) -> n.Condition_:
        """``(`` opens a condition or a sum: the longer reading tells, and has the better error."""
        start, was_where = self.position, self.in_where
        first: SentenceError
        try:
            self.take()
            inner = self.condition()
            self.expect(")")
            if not self.at_any(("+", "-", "*", "/", *COMPARISONS)):
                return inner
            self.fail(A_COMPARISON)
        except SentenceError as error:
            first = error
        self.position, self.in_where = start, was_where
        try:
            return self.statement()
        except SentenceError as second:
            raise (second if second.column >= first.column else first) from None

    def count(self) -> n.Count | None:
        column = self.token.column
        if self.at_any(("some", "no")) and self.ahead(1).kind == "word":
            kind = cast(Literal["some", "no"], self.take().text)
            return n.Count(kind, self.items(), column=column)
        limits = {"least": ("at", "least"), "most": ("at", "most"), "exactly": ("exactly",)}
        for limit, words in limits.items():
            if self.accept(*words):
                number = self.sum()
                wanted = cast(Literal["least", "most", "exactly"], limit)
                return n.Count(wanted, self.items(), number, column=column)
        return None

    def signed(self) -> n.Signed | None:
        """``signed customer, owner``, ``not signed customer``; None (nothing taken) where ``signed`` is a field."""
        start = self.position
        column = self.token.column
        negated = self.accept("not")
        here = self.token
        following = self.ahead(1)
        named = following.kind == "word" and following.text not in JOINING | {"frozen", "changes"}
        if here.kind == "word" and here.text == "signed" and named:
            self.take()
            return n.Signed(self.names(), negated, column=column)
        self.position = start
        return None

    def statement(self) -> n.Condition_:
        column = self.token.column
        left = self.sum()
        if self.at_any(COMPARISONS):
            terms, ops = [left], []
            while self.at_any(COMPARISONS):
                ops.append(self.take().text)
                terms.append(self.sum())
            return n.Compare(tuple(terms), tuple(ops), column=column)
        if self.accept("is"):
            return self.is_(left, column)
        if self.accept("includes"):
            if self.at("setting") and self.ahead(1).kind == "word":
                return n.Includes(left, (), self.setting(), column=column)
            return n.Includes(left, self.values(), column=column)
        if self.accept("has"):
            self.expect("role")
            if self.at("setting") and self.ahead(1).kind == "word":
                return n.HasRole(left, (), self.setting(), column=column)
            return n.HasRole(left, self.values(), column=column)
        if self.accept("falls"):
            self.expect("on")
            days = ("holiday", "workday", *WEEKDAYS)
            if not self.at_any(days):
                self.fail(*(f'"{day}"' for day in days), near=days)
            return n.FallsOn(left, self.take().text, column=column)
        if self.at_any(("inside", "outside", "meets")):
            kind = self.take().text
            low = self.sum()
            high = self.sum() if self.accept("to") else None
            return n.Within(kind, left, low, high, column=column)
        if self.at("in") and isinstance(left, n.Path):
            self.take()
            self.expect("same")
            unit = self.name().text
            self.expect("as")
            return n.Same(left, unit, self.path(), column=column)
        if isinstance(left, n.Path) and (self.token.kind == "end" or self.at_any(CLOSING | {")"})):
            raise SentenceError(
                "rule.bare-name", left.column, suggestion=f"{left.text} is true", name=left.text
            )
        if isinstance(left, n.Fold) and left.items.where is not None:
            # `where` reached as far as it could and took the comparison with it.
            raise SentenceError("rule.fold-brackets", left.column, suggestion="( … )")
        words = "is includes has falls inside outside meets in required and or".split()
        self.fail(A_COMPARISON, near=tuple(words))

    def is_(self, left: n.Sum, column: int) -> n.Is:
        negated = self.accept("not")
        if self.accept("one", "of"):
            if self.at("setting") and self.ahead(1).kind == "word":
                return n.Is(left, (), self.setting(), negated, column=column)
            return n.Is(left, self.values(), None, negated, column=column)
        values = (self.value(),)
        if self.at(",") and self.ahead(1).kind in ("word", "text", "number"):
            raise SentenceError("rule.one-of", values[0].column, suggestion="one of", first=values[0].text)
        return n.Is(left, values, None, negated, column=column)

    def where(self) -> n.Condition_ | None:
        if not self.at("where"):
            return None
        if self.in_where:
            raise SentenceError("rule.nested-where", self.token.column)
        self.take()
        self.in_where = True
        try:
            return self.condition()
        finally:
            self.in_where = False

    # ------------------------------------------------------------- items

    def items(self) -> n.Items:
        token = self.token
        if token.kind != "word" or token.text not in ITEM_WORDS:
            self.fail(AN_ITEM, near=tuple(ITEM_WORDS))
        self.take()
        self.expect("of")
        kind = cast(Literal["row", "record", "value", "day"], ITEM_WORDS[token.text])
        paths = self.paths()
        form = None
        if self.accept("of"):
            self.expect("all")
            form = self.name().text
        return n.Items(kind, paths, form, self.where(), column=token.column)

    # ------------------------------------------------------------- sums

    def sum_or_condition(self) -> n.Sum | n.Condition_:
        try:
            found = self.sum()
            if self.token.kind == "end":
                return found
            first = SentenceError("rule.extra", self.token.column, found=self.token.text)
        except SentenceError as error:
            first = error
        self.position, self.depth, self.in_where = 0, 0, False
        try:
            return self.condition()
        except SentenceError as second:
            raise (second if second.column > first.column else first) from None

    def sum(self) -> n.Sum:
        column = self.token.column
        left = self.term()
        while self.at_any(("+", "-")):
            op = self.take().text
            left = n.Binary(op, left, self.term(), column=column)
        return left

    def term(self) -> n.Sum:
        column = self.token.column
        left = self.factor()
        while self.at_any(("*", "/")):
            op = self.take().text
            left = n.Binary(op, left, self.factor(), column=column)
        return left

    def factor(self) -> n.Sum:
        self.deeper()
        try:
            found = self.simple()
            if self.at("as", "of"):
                column = self.token.column
                self.position += 2
                found = n.AsOf(found, self.factor(), column=column)
            return found
        finally:
            self.depth -= 1

    def simple(self) -> n.Sum:
        token = self.token
        column = token.column
        if self.accept("("):
            inner = self.sum()
            if self.accept("if"):
                condition = self.condition()
                self.expect("else")
                inner = n.Choose(condition, inner, self.sum(), column=column)
            self.expect(")")
            return inner
        if self.accept("-"):
            if self.token.kind != "number":
                self.fail(Text("一个数字", "a number"))
            number = self.number()
            return n.Number(-number.value, number.unit, column=column)
        if token.kind == "number":
            return self.number()
        if token.kind == "date":
            return n.Day(self.take().value, column=column)  # type: ignore[arg-type]
        if token.kind == "time":
            return n.Clocktime(self.take().value, column=column)  # type: ignore[arg-type]
        if token.kind == "text":
            return n.Quoted(str(self.take().value), column=column)
        if token.kind != "word":
            self.fail(A_SUM)
        if token.text == "setting" and self.ahead(1).kind == "word" and self.ahead(1).text not in JOINING:
            return self.setting()
        return self.bracket_of() or self.fold() or self.call() or self.path()

    def number(self) -> n.Number:
        token = self.take()
        unit = None
        if self.token.kind == "word" and self.token.text in UNITS and self.ahead(1).text != "of":
            unit = UNITS[self.take().text]
        elif self.token.kind == "word" and self.token.text not in JOINING | ITEM_WORDS.keys():
            if _near(self.token.text, tuple(UNITS)):
                self.fail(*(f'"{name}"' for name in sorted(set(UNITS.values()))), near=tuple(UNITS))
        return n.Number(token.value, unit, column=token.column)  # type: ignore[arg-type]

    def fold(self) -> n.Fold | None:
        column = self.token.column
        if self.accept("count", "over"):
            return n.Fold("count", self.items(), column=column)
        if self.accept("count", "of"):
            self.expect("different")
            of = self.path()
            self.expect("over")
            return n.Fold("count", self.items(), of, column=column)
        for kind in ("least", "greatest"):
            if self.accept(kind, "gap"):
                self.expect("of")
                of_gap = self.sum()
                self.expect("over")
                items = self.items()
                if not self.accept("from"):
                    return n.Fold(kind, items, of_gap, True, column=column)
                start = self.sum()
                self.expect("to")
                return n.Fold(kind, items, of_gap, True, start, self.sum(), column=column)
        if self.accept("rank", "by", "setting"):
            self.position -= 1
            way = self.setting()
            self.expect("of")
            ranked = self.sum()
            self.expect("over")
            return n.Fold("rank", self.items(), ranked, way=way, column=column)
        for kind in FOLDS:
            if self.accept(kind, "of"):
                what = self.sum()
                self.expect("over")
                return n.Fold(kind, self.items(), what, column=column)
        return None

    def bracket_of(self) -> n.Bracket | None:
        column = self.token.column
        if not self.accept("bracket", "of"):
            return None
        of = self.sum()
        self.expect("in")
        if not self.at("setting"):
            self.fail('"setting"', near=("setting",))
        return n.Bracket(of, self.setting(), column=column)

    def call(self) -> n.Call | None:
        token = self.token
        if token.text not in FUNCTIONS or self.ahead(1).text != "(":
            return None
        self.position += 2
        args = [self.sum()]
        while self.accept(","):
            args.append(self.sum())
        self.expect(")")
        limit = {"abs": 1, "whole": 1, "round": 2}.get(token.text)
        if limit is not None and len(args) > limit:
            raise SentenceError("rule.arguments", token.column, function=token.text, limit=limit)
        return n.Call(token.text, tuple(args), column=token.column)

    def setting(self) -> n.Setting:
        column = self.take().column
        keys: list[str | n.Path] = [self.name().text]
        while True:
            if self.accept("."):
                keys.append(self.name().text)
            elif self.accept("["):
                keys.append(self.path())
                self.expect("]")
            else:
                return n.Setting(tuple(keys), column=column)

    # ------------------------------------------------------------- names and values

    def name(self) -> n.Name:
        if self.token.kind != "word":
            self.fail(A_NAME)
        token = self.take()
        return n.Name(token.text, column=token.column)

    def names(self) -> tuple[n.Name, ...]:
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        return tuple(found)

    def path(self) -> n.Path:
        token = self.token
        if token.kind != "word":
            self.fail(A_NAME)
        if token.text in JOINING:
            raise SentenceError("rule.keyword", token.column, word=token.text)
        names = [self.take().text]
        while self.accept("."):
            names.append(self.name().text)
        if names[0] in ROOTS:
            return n.Path(tuple(names[1:]), names[0], column=token.column)
        return n.Path(tuple(names), column=token.column)

    def paths(self) -> tuple[n.Path, ...]:
        found = [self.path()]
        while self.accept(","):
            found.append(self.path())
        return tuple(found)

    def value(self) -> n.Value:
        token = self.token
        if token.kind == "word" and token.text not in CLOSING:
            return n.Value(self.take().text, column=token.column)
        if token.kind == "text":
            return n.Value(str(self.take().value), True, column=token.column)
        if token.kind == "number":
            return n.Value(self.take().value, column=token.column)  # type: ignore[arg-type]
        self.fail(A_VALUE)

    def values(self) -> tuple[n.Value, ...]:
        found = [self.value()]
        while self.accept(","):
            found.append(self.value())
        return tuple(found)
