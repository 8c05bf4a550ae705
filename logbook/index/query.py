"""The query language of the command line: a lexer and a recursive descent parser to frozen nodes.

A query is terms that must all hold; a leading ``-`` negates one. A term is ``name:value,value``
(any of the values), a comparison ``name>=value``, or bare words and "quoted phrases" for full text.
What a name or a value means is not known here; ``compile.py`` asks the forms.
"""

from __future__ import annotations

from collections.abc import Sequence

from logbook.core.issues import Issue
from logbook.core.patterns import lazily
from logbook.core.value import frozen

# Staff type with a Chinese input method on: its signs mean the same.
_OPERATORS = {
    ":": ":", "：": ":", "=": "=", "＝": "=", ">=": ">=", "≥": ">=", "<=": "<=", "≤": "<=",
    ">": ">", "＞": ">", "<": "<", "＜": "<", "!=": "!=", "<>": "!=", "≠": "!=",
}  # fmt: skip
_QUOTES = {'"': '"', "“": "”", "「": "」"}
_COMMAS = ",，、"

_SPACE = lazily(r"[\s\u3000]+")
_FIELD = lazily(r"([^\W\d][\w.]*)(>=|<=|!=|<>|[:=<>：＝＞＜≥≤≠])")
_VALUE = lazily(r"[^\s\u3000,，、\"“「]+")
_DAY = lazily(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}-\d{1,2}|today|yesterday|今天|昨天|前天")
_CLOCK_TIME = lazily(r"[ \u3000](\d{1,2}:\d{2}(?::\d{2})?)(?![^\s\u3000,，、])")


@frozen
class Value:
    """One value or word; a quoted one is literal: its ``*`` and ``?`` stand for themselves."""

    text: str
    quoted: bool = False


@frozen
class Match:
    """``name op values``; ``op`` is one of ``: = < <= > >=``. No values means: the field is empty."""

    name: str
    op: str
    values: tuple[Value, ...]
    column: int = 0


@frozen
class Words:
    """Full text: any of the values."""

    values: tuple[Value, ...]
    column: int = 0


@frozen
class Not:
    """What the term does not match."""

    term: Match | Words


Term = Match | Words | Not


@frozen
class Query:
    """Terms that must all hold; none matches everything."""

    terms: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def has_words(self) -> bool:
        """Whether it asks for full text."""
        return any(isinstance(term.term if isinstance(term, Not) else term, Words) for term in self.terms)

    def __and__(self, other: Query) -> Query:
        return Query(self.terms + other.terms)


def parse_query(text: str | Sequence[str]) -> tuple[Query, list[Issue]]:
    """The query that a text (or the words of a command line) says, and everything wrong with it.

    Issues name the place as ``column``, counted from 1 within the text.
    """
    words = [text] if isinstance(text, str) else list(text)
    terms: list[Term] = []
    issues: list[Issue] = []
    for word in words:
        parser = _Parser(word)
        terms.extend(parser.query())
        issues.extend(parser.issues)
    return Query(tuple(terms)), issues


def unparse(query: Query) -> str:
    """A text that says the same query."""
    said = ""
    for term in query.terms:
        text = _term_text(term)
        # A time behind a day belongs to it after one blank, not after two.
        said += ("  " if _CLOCK_TIME.match(f" {text}") else " ") + text if said else text
    return said


def _term_text(term: Term) -> str:
    if isinstance(term, Not):
        return "-" + _term_text(term.term)
    values = ",".join(_value_text(value) for value in term.values)
    if isinstance(term, Words):
        # Words that look like something else are words behind a comma.
        return f",{values}" if values[:1] in ("-", "－") or _FIELD.match(values) else values
    return f"{term.name}{term.op}{values}"


def _value_text(value: Value) -> str:
    if not value.quoted:
        return value.text
    return '"' + value.text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Parser:
    """One left-to-right pass; a faulty term is reported and left out, and reading goes on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.issues: list[Issue] = []

    def query(self) -> list[Term]:
        terms: list[Term] = []
        while True:
            self._space()
            if self.place >= len(self.text):
                return terms
            before = self.place
            term = self._term()
            if term is not None:
                terms.append(term)
            if self.place == before:  # a stray sign nothing takes: step over it
                self.place += 1

    def _term(self) -> Term | None:
        text, start = self.text, self.place
        if text[start] in "-－":
            self.place += 1
            following = text[self.place : self.place + 1]
            if not following or _SPACE.match(following):
                self._fault("query.dangling", start, found=text[start])
                return None
            term = self._plain_term()
            return Not(term.term) if isinstance(term, Not) else Not(term) if term is not None else None
        return self._plain_term()

    def _plain_term(self) -> Term | None:
        start = self.place
        field = _FIELD.match(self.text, start)
        if field is None:
            values = self._values()
            return Words(tuple(values), start + 1) if values else None
        self.place = field.end()
        name, sign = field.group(1), _OPERATORS[field.group(2)]
        values = self._values()
        if values is None:
            return None
        if sign in ("<", "<=", ">", ">=") and len(values) != 1:
            self._fault("query.one-value", start, found=self.text[start : self.place])
            return None
        if sign == "!=":
            return Not(Match(name, ":", tuple(values), start + 1))
        return Match(name, sign, tuple(values), start + 1)

    def _values(self) -> list[Value] | None:
        """``value,value``; None after a fault."""
        values = []
        while True:
            value = self._value()
            if value is None:
                return None
            if value.text or value.quoted:
                values.append(value)
            if self.text[self.place : self.place + 1] not in _COMMAS or self.place >= len(self.text):
                return values
            self.place += 1

    def _value(self) -> Value | None:
        text, start = self.text, self.place
        opening = text[start : start + 1]
        if opening in _QUOTES:
            return self._quoted(_QUOTES[opening])
        bare = _VALUE.match(text, start)
        if bare is None:
            return Value("")
        self.place = bare.end()
        if _DAY.fullmatch(bare.group()):
            # `at>="2026-11-22 09:30"` reaches us without its quotes once a shell has read it.
            clock = _CLOCK_TIME.match(text, self.place)
            if clock is not None:
                self.place = clock.end()
                return Value(f"{bare.group()} {clock.group(1)}")
        return Value(bare.group())

    def _quoted(self, closing: str) -> Value | None:
        text, start = self.text, self.place
        place = start + 1
        letters = []
        while place < len(text):
            letter = text[place]
            if letter == "\\" and text[place + 1 : place + 2] in ("\\", closing) and closing == '"':
                letters.append(text[place + 1])
                place += 2
                continue
            if letter == closing:
                self.place = place + 1
                return Value("".join(letters), quoted=True)
            letters.append(letter)
            place += 1
        self.place = len(text)
        self._fault("query.open-quote", start, found=text[start : start + 20])
        return None

    def _space(self) -> None:
        space = _SPACE.match(self.text, self.place)
        if space is not None:
            self.place = space.end()

    def _fault(self, code: str, start: int, *, found: str) -> None:
        self.issues.append(Issue(code, {"found": found, "column": start + 1}))
