"""The canonical text of a record: its writer, and a strict fast reader for exactly that text.

The layout: block mappings, two spaces a level; lists in block with ``- `` at the column of their
key; ``null``, ``[]`` and ``{}`` for nothing; one scalar a line except literal blocks; UTF-8, LF, no
tabs, no comments, no blank lines, lines as long as they need to be.

**Which text is quoted.** Text a YAML 1.1 or 1.2 reader would take for something other than text is
put in single quotes (``'no'``, ``'1:30'``, ``'007'``, ``'1.10'``, ``'null'``, ``''``), with two
exceptions which every reader understands alike: whole numbers of up to 15 digits without leading
zero, ``true`` and ``false``; and real dates and moments in full RFC 3339
(``2026-11-22``, ``2026-11-22T09:35:00+08:00``). Text that would break the syntax is quoted as well.
Text of several lines is a literal block. Text a literal block cannot carry safely (tabs, carriage
returns, control and bidirectional characters, lines of nothing but spaces) is in double quotes,
such characters as escapes, so that nobody is misled by what cannot be seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from collections.abc import Mapping
from datetime import date

from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.patterns import lazily
from logbook.core.record import Stored

MAX_BYTES = 10_000_000
"""The most one file may hold, in bytes."""

MAX_DEPTH = 20
"""Collections inside each other, the record itself counted."""


def _late(pattern: str, method: str = "fullmatch") -> Callable[[str], re.Match[str] | None]:
    """A pattern for writing, made when the first text is written: commands that only read never do."""
    found: Callable[[str], re.Match[str] | None] | None = None

    def ask(text: str) -> re.Match[str] | None:
        nonlocal found
        if found is None:
            flags = re.VERBOSE if method == "fullmatch" else re.NOFLAG
            found = getattr(re.compile(pattern, flags), method)
        return found(text)

    return ask


# Characters that never stand raw in a file: controls, bidirectional marks and overrides, line
# separators of other systems, the byte order mark, half pairs and what Unicode calls no character.
UNWANTED = lazily(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
_INVISIBLE = _late(UNWANTED.pattern[:-1] + "\t\n]", "search")
_ESCAPED = lazily(UNWANTED.pattern[:-1] + '\t\n"\\\\]')
_HALF_PAIR = _late("[\ud800-\udfff]", "search")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}

# What YAML 1.1 and 1.2 readers (the letter of both, and what is in use) take for no text.
_NOT_TEXT = _late(
    r"""
      (?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF
        |true|True|TRUE|false|False|FALSE|null|Null|NULL|~|=|<<)
    | [-+]?[0-9_]+                                          # whole numbers, octal 1.1
    | [-+]?0(?:[bB][01_]+|[oO][0-7_]+|[xX][0-9a-fA-F_]+)
    | [-+]?[0-9_]*\.?[0-9_.]*(?:[eE][-+]?[0-9_]+)?          # 1.10  .5  5.  1e3  1.2.3
    | [-+]?[0-9][0-9_]*(?::[0-9]{1,2})+(?:\.[0-9_]*)?       # base 60: 12:30
    | [-+]?\.(?:inf|Inf|INF) | \.(?:nan|NaN|NAN)
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}                        # dates and moments of any make
      (?:(?:[Tt]|[ ]+)[0-9]{1,2}:[0-9]{1,2}.*)?
    """
)
_SAME_EVERYWHERE = _late(
    r"""
      true | false | 0 | -?[1-9][0-9]{0,14}
    | (?!0000)(?P<day>[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))
      (?:T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:Z|[-+](?:[01][0-9]|2[0-3]):[0-5][0-9]))?
    """
)
_MAYBE_NOT_TEXT = frozenset("0123456789+-._~=<yYnNoOtTfF")
_NEVER_FIRST = frozenset("?:,[]{}#&*!|>'\"%@` ")

# YAML wants a key and its colon within 1,024 characters of one line; a quoted one may grow sixfold.
_LONGEST_KEY = 160
_PLAIN_KEY = lazily(r"(?![nN](?:ull|ULL)$)\w[\w.@/-]*")


def write(plain: Mapping[str, Stored]) -> bytes:
    """The canonical text of ``plain``, keys in the order given (the module says the layout).

    Raises ``Refused`` for what no file of ours can hold: half of a character pair, a key too long
    for one line of YAML, more than ``MAX_DEPTH`` levels, more than ``MAX_BYTES``.
    """
    if not plain:
        return b"{}\n"
    lines: list[str] = []
    _write_mapping(plain, "", "", lines, 1)
    lines.append("")
    data = "\n".join(lines).encode()
    if len(data) > MAX_BYTES:
        raise Refused([Issue("yaml.too-big", {"size": len(data), "limit": MAX_BYTES})])
    return data


def _refused(rule: str, **args: object) -> Refused:
    return Refused([Issue(rule, args)])


def block(value: Stored, column: int) -> str:
    """``value`` as it stands after ``key:`` in a mapping at ``column``, without the last newline."""
    lines: list[str] = []
    _write_value(value, ":", " " * column, lines, 1)
    return "\n".join(lines)[1:]


def entries(plain: Mapping[str, Stored], column: int) -> str:
    """Whole lines of a block mapping at ``column``, without the last newline."""
    lines: list[str] = []
    _write_mapping(plain, " " * column, " " * column, lines, 1)
    return "\n".join(lines)


def items(values: list[Stored], column: int) -> str:
    """Whole lines of a block list with its dashes at ``column``, without the last newline."""
    lines: list[str] = []
    pad = " " * column
    _write_list(values, pad, pad, lines, 1)
    return "\n".join(lines)


def scalar(text: str, *, flow: bool = False) -> str:
    """``text`` on one line, as it stands in a block or, with ``flow``, between brackets."""
    if flow and any(mark in text for mark in ",[]{}:#\"'?&*"):
        return _quoted(text)
    return _one_line(text)


def _write_mapping(plain: Mapping[str, Stored], first: str, pad: str, lines: list[str], depth: int) -> None:
    """``first`` stands before the first key (dashes of a list), ``pad`` before the others."""
    if depth > MAX_DEPTH:
        raise _refused("yaml.too-deep", limit=MAX_DEPTH)
    lead = first
    for key, value in plain.items():
        if len(key) > _LONGEST_KEY:
            raise _refused("yaml.long-key", limit=_LONGEST_KEY)
        if not _PLAIN_KEY.fullmatch(key) or (key[0] in _MAYBE_NOT_TEXT and _misread(key)):
            key = _quoted(key)
        if isinstance(value, str) and "\n" not in value:
            lines.append(f"{lead}{key}: {_one_line(value)}")
        else:
            _write_value(value, f"{lead}{key}:", pad, lines, depth)
        lead = pad


def _write_list(values: list[Stored], first: str, pad: str, lines: list[str], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _refused("yaml.too-deep", limit=MAX_DEPTH)
    lead = first
    inner = pad + "  "
    for value in values:
        if isinstance(value, dict) and value:
            _write_mapping(value, lead + "- ", inner, lines, depth + 1)
        elif isinstance(value, list) and value:
            _write_list(value, lead + "- ", inner, lines, depth + 1)
        else:
            _write_value(value, lead + "-", pad, lines, depth)
        lead = pad


def _write_value(value: Stored, lead: str, pad: str, lines: list[str], depth: int) -> None:
    """One value after ``lead`` (``key:`` or ``-``); what follows on lines of its own is under ``pad``."""
    if isinstance(value, str):
        if "\n" in value and _fits_literal(value):
            _write_literal(value, lead, pad + "  ", lines)
        else:
            lines.append(f"{lead} {_one_line(value)}")
    elif value is None:
        lines.append(lead + " null")
    elif isinstance(value, Mapping):
        if value:
            lines.append(lead)
            _write_mapping(value, pad + "  ", pad + "  ", lines, depth + 1)
        else:
            lines.append(lead + " {}")
    elif isinstance(value, (list, tuple)):
        if value:
            lines.append(lead)
            _write_list(list(value), pad, pad, lines, depth + 1)
        else:
            lines.append(lead + " []")
    else:
        raise TypeError(f"stored values are text, lists and mappings, not {type(value).__name__}")


def _write_literal(text: str, lead: str, pad: str, lines: list[str]) -> None:
    body = text.rstrip("\n")
    extra = len(text) - len(body)
    indicator = "2" if body.lstrip("\n").startswith(" ") else ""
    lines.append(f"{lead} |{indicator}{('-', '')[extra] if extra < 2 else '+'}")
    lines.extend(pad + line if line else "" for line in body.split("\n"))
    lines.extend([""] * (extra - 1))


_SPACES_ONLY = lazily(r"^ +$", re.MULTILINE)


def _fits_literal(text: str) -> bool:
    # A block that keeps its closing blank lines would take in those that follow it in the file.
    return bool(
        "\t" not in text
        and not text.endswith("\n\n")
        and not UNWANTED.search(text)
        and not _SPACES_ONLY.search(text)
        and text.strip("\n")
    )


def _one_line(text: str) -> str:
    if not text:
        return "''"
    first = text[0]
    if (
        first in _NEVER_FIRST
        or text[-1] == ":"
        or ": " in text
        or " #" in text
        or (not text.isprintable() and _INVISIBLE(text))
        or text[-1].isspace()
        or first.isspace()
        or (first in _MAYBE_NOT_TEXT and _misread(text))
    ):
        return _quoted(text)
    return text


def _misread(text: str) -> bool:
    """Whether a reader would take this plain text for something else than this very text."""
    if text[0] == "-" and (len(text) == 1 or text[1] in " -"):
        return True
    if not _NOT_TEXT(text):
        return False
    same = _SAME_EVERYWHERE(text)
    if same is None:
        return True
    day = same["day"]
    if day and day[8:] > "28":
        try:
            date.fromisoformat(day)
        except ValueError:
            return True
    return False


def _quoted(text: str) -> str:
    if _INVISIBLE(text):
        if _HALF_PAIR(text):
            raise _refused("yaml.half-character")
        return '"' + _ESCAPED.sub(_escape, text) + '"'
    return "'" + text.replace("'", "''") + "'"


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04x}"


# -- reading ---------------------------------------------------------------------------------

_UNWANTED_OR_TAB = lazily(UNWANTED.pattern[:-1] + "\t]")
# First characters of a value that ask for a closer look. `-` opens lists and negative numbers.
_SPECIAL = frozenset("-?:,[]{}#&*!|>'\"%@` nN~")
_PLAIN_VALUE = lazily(
    r"(?![nN](?:ull|ULL)$|~$)(?:[^-?:,\[\]{}#&*!|>'\"%@` \n]|-(?=[^ \n-]))(?:[^\n: ]++| ++(?!#|$)|:++(?! |$))*+"
)
_DOUBLE_QUOTED = r'"(?:[^"\\\n]|\\["\\ntr]|\\u(?!d[89a-f])[0-9a-f]{4})*"'
_SINGLE = lazily(r"'(?:[^'\n]|'')*'")
_DOUBLE = lazily(_DOUBLE_QUOTED)
_LINE = lazily(
    r"""
    (?P<indent>[ ]*) (?P<dashes>(?:-[ ])*)
    (?: (?P<key> (?![nN](?:ull|ULL):)\w[\w.@/-]* | '(?:[^'\n]|'')*' | """
    + _DOUBLE_QUOTED
    + r""" ) : (?:[ ](?P<rest>.+))?
      | (?P<item>.+) )
    """,
    re.VERBOSE,
)
_HEADERS = {"|": "", "|-": "-", "|+": "+", "|2": "", "|2-": "-", "|2+": "+"}

# Where a key stands and what it says, by the text before its ": ": column, dashes, key. A book has
# a few hundred of these texts, and each stands in thousands of lines.
_places: dict[str, tuple[int, int, str]] = {}
_PLACES_KEPT = 4096


class _NotOurs(Exception):
    """The text is not in canonical layout; another reader must look at it."""


def read(data: bytes) -> dict[str, Stored] | None:
    """What canonical text says; None for any other text, right or wrong: ask the full reader.

    Whatever is read here the full reader reads the same (a law in the tests).
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if _UNWANTED_OR_TAB.search(text):
        return None
    lines = text.split("\n")
    if lines.pop():
        return None
    if len(lines) < 2 and lines in ([], ["{}"]):
        return {} if lines else None
    try:
        plain, ends = _read(lines, careful=" #" in text or " \n" in text)
        # Each ": " and each ":" at the end of a line must be one we took for the end of a key.
        if ends != (text.count(": "), text.count(":\n")):
            plain, _ = _read(lines, careful=True)
    except _NotOurs:
        return None
    return plain


def _read(lines: list[str], *, careful: bool) -> tuple[dict[str, Stored], tuple[int, int]]:
    """The mapping, and how many ``": "`` and ``":\\n"`` were accounted for.

    Most lines are a key of the mapping at hand with a plain value; they take the short way at the
    top of the loop, which does not look for ``": "`` inside the value (the count tells).
    ``careful`` closes the short way.
    """
    places: dict[str, tuple[int, int, str]] = {} if careful else _places
    place = places.get
    special = _SPECIAL
    here: dict[str, Stored] = {}
    column = 0  # of `here`; -1 while the next line cannot be one of its keys
    # Open collections, outermost first: a mapping at column c has level 2c, a list 2c + 1.
    open_: list[tuple[int, dict[str, Stored] | list[Stored]]] = [(0, here)]
    top = here
    pending: str | None = None  # a key whose value begins on the next line
    pending_column = 0
    colons = line_ends = long_way = body_lines = 0
    row, count = 0, len(lines)
    while row < count:
        line = lines[row]
        row += 1
        before, _, value = line.partition(": ")
        at = place(before)
        if at is not None and at[0] == column and value and value[0] not in special:
            key = at[2]
            if key in here:
                raise _NotOurs
            here[key] = value
            continue

        long_way += 1
        if not value:
            at = place(line[:-1]) if line[-1:] == ":" else None
        if at is None:
            indent, dashes, name, rest = _split(line)
        else:
            indent, dashes, name = at
            rest = value or None
            if dashes:
                indent = -2 - indent
        if dashes:
            level = 2 * indent + 1
            if pending is not None:
                if indent != pending_column:
                    raise _NotOurs
                items_: list[Stored] = []
                here[pending] = items_
                open_.append((level, items_))
                pending = None
            else:
                while open_[-1][0] > level:
                    open_.pop()
                if open_[-1][0] != level:
                    raise _NotOurs
                items_ = open_[-1][1]  # type: ignore[assignment]
            for _ in range(dashes - 1):
                inner: list[Stored] = []
                items_.append(inner)
                indent += 2
                open_.append((2 * indent + 1, inner))
                items_ = inner
            if name is None:
                column = -1
            else:
                here = {}
                items_.append(here)
                indent += 2
                open_.append((2 * indent, here))
        elif name is None:
            raise _NotOurs
        elif pending is not None:
            if indent != pending_column + 2:
                raise _NotOurs
            parent, here = here, {}
            parent[pending] = here
            open_.append((2 * indent, here))
            pending = None
        else:
            while open_[-1][0] > 2 * indent:
                open_.pop()
            if open_[-1][0] != 2 * indent:
                raise _NotOurs
            here = open_[-1][1]  # type: ignore[assignment]
        if len(open_) > MAX_DEPTH:
            raise _NotOurs

        if name is not None:
            if name in here:
                raise _NotOurs
            column = indent
            if rest is None:
                line_ends += 1
                colons += line.count(": ")
                pending, pending_column, column = name, indent, -1
                here[name] = None  # keeps the order of keys
                continue
            if at is not None and rest[0] not in special:
                colons += 1
                here[name] = rest
                continue
        assert rest is not None
        colons += line.count(": ")
        if rest[0] == "|":
            decoded: Stored
            decoded, end = _literal(lines, row, rest, " " * (indent + 2))
            body = "\n".join(lines[row:end]) + "\n"
            colons += body.count(": ")
            line_ends += body.count(":\n")
            body_lines += end - row
            row = end
        else:
            decoded = _value(rest, len(open_))
        if name is None:
            items_.append(decoded)
        else:
            here[name] = decoded
    if pending is not None:
        raise _NotOurs
    return top, (colons + count - long_way - body_lines, line_ends)


def _split(line: str) -> tuple[int, int, str | None, str | None]:
    """Column of the first dash or key, dashes, the key (None: a list item that is no mapping), the rest."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise _NotOurs
    indent, dashes = len(match["indent"]), len(match["dashes"]) // 2
    name, rest = match["key"], match["rest"]
    if name is None:
        return indent, dashes, None, match["item"]
    if name[0] in "'\"":
        return indent, dashes, _unquoted(name), rest
    before = line[: match.end("key")]
    if len(_places) < _PLACES_KEPT and len(before) < 80:
        # A negative column keeps lines with dashes off the short way.
        _places[before] = (-2 - indent if dashes else indent, dashes, name)
    return indent, dashes, name, rest


def _value(text: str, depth: int) -> Stored:
    first = text[0]
    if first in "'\"":
        if not (_SINGLE.fullmatch(text) or _DOUBLE.fullmatch(text)):
            raise _NotOurs
        return _unquoted(text)
    if text in ("null", "~", "Null", "NULL"):
        return None
    if text in ("[]", "{}"):
        if depth >= MAX_DEPTH:
            raise _NotOurs
        return [] if first == "[" else {}
    if not _PLAIN_VALUE.fullmatch(text):
        raise _NotOurs
    return text


def _unquoted(text: str) -> str:
    if text[0] == "'":
        return text[1:-1].replace("''", "'")
    # What canonical text escapes, and how, is a part of what JSON does.
    decoded: str = json.loads(text)
    return decoded


def _literal(lines: list[str], row: int, header: str, pad: str) -> tuple[str, int]:
    """The text of the literal block under ``header`` and the row after it."""
    chomp = _HEADERS.get(header)
    if chomp is None:
        raise _NotOurs
    width = len(pad)
    first = row
    count = len(lines)
    while row < count and (not lines[row] or lines[row].startswith(pad)):
        row += 1
    body = [line[width:] for line in lines[first:row]]
    text = "\n".join(body)
    start = text.lstrip("\n")
    if (
        not start
        or ("2" not in header and start[0] == " ")
        or _SPACES_ONLY.search(text)
        or (chomp != "+" and not body[-1])
    ):
        raise _NotOurs
    return (text if chomp == "-" else text + "\n"), row


# -- where things stand -----------------------------------------------------------------------


def line_of(plain: Mapping[str, Stored], path: tuple[str | int, ...]) -> int | None:
    """The line (from 1) of the key or list item at ``path`` in ``write(plain)``; None where there is none."""
    line = 1
    value: Stored = dict(plain)
    for step in path:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key == step:
                    break
                line += 1 + _lines_below(inner)
            else:
                return None
            value = inner
            # What is inside begins on the next line; only a scalar shares the line of its key.
            below = bool(value) and not isinstance(value, str)
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            line += sum(_lines_of_item(item) for item in value[:step])
            value = value[step]
            below = False  # the first line of an item shares the line of its dash
        else:
            return None
        line += below
        found = line - below
    return found if path else 1


def _lines_below(value: Stored) -> int:
    if isinstance(value, str):
        if "\n" in value and _fits_literal(value):
            return value.count("\n") + (not value.endswith("\n"))
        return 0
    if isinstance(value, dict):
        return sum(1 + _lines_below(inner) for inner in value.values())
    if isinstance(value, list):
        return sum(_lines_of_item(item) for item in value)
    return 0


def _lines_of_item(value: Stored) -> int:
    lines = _lines_below(value)
    return lines if value and not isinstance(value, str) else 1 + lines
