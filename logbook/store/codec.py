"""YAML in and out: the one door to the text of records, settings and form definitions.

Text we wrote ourselves is read by a strict fast reader (``fastyaml``); any other text goes to
ruamel.yaml, as events, so that every scalar stays text, every problem has its line, and nothing is
ever built from a tag or an alias. Both read canonical text the same: a law in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal

from logbook.core.errors import BookError
from logbook.core.errors import LogbookError
from logbook.core.issues import Issue
from logbook.core.patterns import lazily
from logbook.core.record import Stored
from logbook.store import fastyaml
from logbook.store.fastyaml import MAX_BYTES
from logbook.store.fastyaml import MAX_DEPTH
from logbook.store.fastyaml import write

if TYPE_CHECKING:
    from logbook.store.yamledit import Node

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_FOREIGN_BYTES",
    "Document",
    "edit",
    "read",
    "read_definition",
    "write",
]

MAX_FOREIGN_BYTES = 1_000_000
"""The same for text not in canonical form, which takes some 100 times longer to read."""


class Document:
    """One YAML file as read: ``plain`` is what it says, ``data`` the bytes it stood in."""

    __slots__ = ("_canonical", "_root", "data", "plain")

    def __init__(self, data: bytes, plain: dict[str, Stored], root: Node | None = None) -> None:
        self.data = data
        self.plain = plain
        self._root = root
        self._canonical: bool | None = None

    @property
    def canonical(self) -> bool:
        """Whether the bytes are exactly what ``write`` makes of ``plain``."""
        if self._canonical is None:
            try:
                self._canonical = write(self.plain) == self.data
            except LogbookError:
                self._canonical = False
        return self._canonical

    def line(self, *path: str | int) -> int | None:
        """The line (from 1) of the key or list item at ``path``, e.g. ``line("events", 0, "at")``.

        None where the file has no such place; without a path, the first line of the content.
        """
        if self._root is None and self.canonical:
            return fastyaml.line_of(self.plain, path)
        node, line = self.root, self.root.line
        for step in path:
            found = node.child(step)
            if found is None:
                return None
            line, node = found
        return line

    def place(self, *path: str | int) -> tuple[int, int] | None:
        """Line and column (from 1) where the text of the value at ``path`` begins; None as in ``line``.

        Inside a quoted scalar this is the first character after the quote; for a literal or folded
        block its header.
        """
        node = self.root
        for step in path:
            found = node.child(step)
            if found is None:
                return None
            node = found[1]
        return node.line, node.column + (1 if node.style in ("'", '"') else 0)

    @property
    def root(self) -> Node:
        """The tree of nodes with their positions; made by the full reader when first asked for."""
        if self._root is None:
            self._root = _Reading(self.data.decode(), None).compose()
            assert self._root is not None
        return self._root


def read(
    data: bytes, path: str | None = None, *, partial: bool = False
) -> tuple[Document | None, list[Issue]]:
    """What ``data`` says, and every problem of its form found at once, each with its line.

    Every scalar is text; ``null``, ``~`` and nothing at all are None, ``''`` is empty text. The
    document is None when there is any error. With ``partial`` it comes along with errors that
    leave the text readable (the first of two equal keys counts, a tag is passed over), so that
    problems of the content can be told in the same breath; nobody may store it.
    """
    if len(data) <= MAX_BYTES:
        plain = fastyaml.read(data)
        if plain is not None:
            return Document(data, plain), []
    return _read_foreign(data, path, partial=partial)


def read_definition(
    data: bytes, path: str | None = None, *, partial: bool = False
) -> tuple[Document | None, list[Issue]]:
    """The same for text people write by hand (forms, ``logbook.yaml``): as strict, and with positions.

    Comments, flow collections and folded text are welcome; anchors, tags and merge keys are not,
    so that every line says what it says. ``Document.line`` and ``Document.place`` cost nothing more.
    """
    return _read_foreign(data, path, partial=partial)


def edit(data: bytes, plain: Mapping[str, Stored], path: str | None = None) -> bytes:
    """``data`` changed so that it says ``plain``; bytes of what did not change stay as they are.

    Canonical text stays canonical. In other text, comments, quotes, layout and the order of keys
    are kept wherever the value did not change; a key missing in ``plain`` goes. The result has
    been read again and says ``plain``, else ``BookError("yaml.cannot-edit")`` is raised.
    """
    document, _ = read(data, path)
    if document is None:
        raise BookError("yaml.cannot-edit", path=path or "")
    if document.canonical:
        return write(plain)
    if document.plain == plain:
        return data
    from logbook.store import yamledit

    text = data.decode()
    for whole in (False, True):
        result = yamledit.edit(text, document.root, plain, whole=whole)
        again, _ = read(result.encode(), path) if result is not None else (None, [])
        if again is not None and again.plain == plain:
            return again.data
    raise BookError("yaml.cannot-edit", path=path or "")


# -- the full reader ---------------------------------------------------------------------------


def _read_foreign(data: bytes, path: str | None, *, partial: bool) -> tuple[Document | None, list[Issue]]:
    if len(data) > MAX_FOREIGN_BYTES:
        limit = MAX_BYTES if len(data) > MAX_BYTES else MAX_FOREIGN_BYTES
        return None, [Issue("yaml.too-big", {"size": len(data), "limit": limit}, path=path, line=1)]
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"0x{data[error.start]:02x}"
        return None, [Issue("yaml.encoding", {"found": found}, path=path, line=line)]
    issues, text = _characters(text, path)
    reading = _Reading(text, path)
    root = reading.compose()
    issues = _in_order(issues + reading.issues, path)
    if root is None or (issues and not partial):
        return None, issues
    plain = root.plain()
    assert isinstance(plain, dict)
    return Document(data, plain, root), issues


def _in_order(issues: list[Issue], path: str | None) -> list[Issue]:
    """By line, each finding once, and no more of them than a person can use."""
    seen: set[tuple[object, ...]] = set()
    kept = []
    for issue in sorted(issues, key=lambda issue: issue.line or 0):
        what = (issue.rule, issue.line, *issue.args.values())
        if what not in seen:
            seen.add(what)
            kept.append(issue)
    if len(kept) > _ISSUES_TOLD:
        more = Issue(
            "yaml.more", {"count": len(kept) - _ISSUES_TOLD}, path=path, line=kept[_ISSUES_TOLD].line
        )
        kept[_ISSUES_TOLD:] = [more]
    return kept


_ISSUES_TOLD = 200


def _characters(text: str, path: str | None) -> tuple[list[Issue], str]:
    """Findings about characters that may not stand in a file, and the text without them."""
    issues = []
    if text.startswith("\ufeff"):
        issues.append(Issue("yaml.bom", path=path, line=1))
        text = text[1:]
    if "\r" in text:
        line = text.count("\n", 0, text.index("\r")) + 1
        issues.append(Issue("yaml.crlf", path=path, line=line))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if fastyaml.UNWANTED.search(text):
        for number, line_text in enumerate(text.split("\n"), start=1):
            for character in sorted(set(fastyaml.UNWANTED.findall(line_text))):
                rule = "yaml.bidi" if character in _BIDI else "yaml.control"
                found = f"U+{ord(character):04X}"
                issues.append(Issue(rule, {"found": found}, path=path, line=number))
        text = fastyaml.UNWANTED.sub("", text)
    return issues, text


_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_TAB_LED = lazily(r" *\t")
_TOP_KEY = lazily(r"^(?=[^\s#\-\]}|>%.])(?=[^\n]*:(?:\s|$))", re.MULTILINE)


class _SyntaxProblem(Exception):
    """What the parser could not follow, and the place (index from 0) its sentence is about."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue)
        self.issue = issue


class _Reading:
    """One pass of the full reader over a text: a tree of nodes, or None, and all that is wrong."""

    def __init__(self, text: str, path: str | None) -> None:
        self.text = text
        self.path = path
        self.issues: list[Issue] = []
        self._first = 0  # lines before the part being parsed
        self._top_lines: dict[str, int] = {}
        self._blocks: list[tuple[int, int]] = []  # lines taken by literal and folded text
        self._open: list[Node] = []

    def compose(self) -> Node | None:
        """The tree of the whole text; None when there is none to speak of."""
        root: Node | None = None
        start = 0
        broken = False
        # After a syntax error go on at the next line that looks like a key of the record itself,
        # so that one slip does not hide the others.
        for _ in range(50):
            self._first = self.text.count("\n", 0, start)
            try:
                root = self._parse(self.text[start:])
                break
            except _SyntaxProblem as problem:
                broken = True
                self.issues.append(problem.issue)
                line = problem.issue.line or 1
                at = _index_of_line(self.text, max(line, self._first + 1) + 1)
                following = _TOP_KEY.search(self.text, at) if at is not None else None
                if following is None:
                    break
                start = following.start()
        self._tabs()
        if broken:
            return None
        if root is None:
            self._issue("yaml.empty", 1)
        elif root.kind != "map":
            self._issue("yaml.not-a-mapping", root.line)
            return None
        return root

    def _issue(self, rule: str, line: int, **args: object) -> None:
        self.issues.append(Issue(rule, args, path=self.path, line=line))

    def _tabs(self) -> None:
        if "\t" not in self.text:
            return
        known = {issue.line for issue in self.issues if issue.rule == "yaml.tab"}
        known.update(line for first, last in self._blocks for line in range(first, last + 1))
        for number, line_text in enumerate(self.text.split("\n"), start=1):
            if number not in known and _TAB_LED.match(line_text):
                self._issue("yaml.tab", number)

    def _events(self, text: str) -> Iterator[Any]:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError

        try:
            yield from YAML(typ="base", pure=True).parse(text)
        except MarkedYAMLError as error:
            raise _SyntaxProblem(self._syntax_issue(error)) from None
        except Exception as error:
            line = self._first + 1
            args = {"column": 1, "problem": type(error).__name__}
            raise _SyntaxProblem(Issue("yaml.syntax", args, path=self.path, line=line)) from None

    def _parse(self, text: str) -> Node | None:
        offset = len(self.text) - len(text)
        root: Node | None = None
        open_ = self._open
        open_.clear()
        documents = 0
        for event in self._events(text):
            kind = type(event).__name__
            line = self._first + event.start_mark.line + 1
            if kind == "DocumentStartEvent":
                documents += 1
                if event.version or event.tags:
                    self._issue("yaml.directive", line)
                if documents == 2:
                    self._issue("yaml.documents", line)
                continue
            if kind in ("MappingEndEvent", "SequenceEndEvent"):
                node = open_.pop()
                if node.flow:
                    node.end = offset + event.end_mark.index
                else:
                    self._close_block(node)
                continue
            if kind in ("ScalarEvent", "MappingStartEvent", "SequenceStartEvent", "AliasEvent"):
                node = self._node(event, offset, line)
                if documents > 1:
                    pass
                elif open_:
                    self._put(open_[-1], node)
                else:
                    root = node
                if node.kind != "scalar":
                    open_.append(node)
                    if len(open_) > MAX_DEPTH:
                        args = {"limit": MAX_DEPTH}
                        raise _SyntaxProblem(Issue("yaml.too-deep", args, path=self.path, line=line))
        return root

    def _node(self, event: Any, offset: int, line: int) -> Node:
        from logbook.store.yamledit import Node

        kind = type(event).__name__
        start = offset + event.start_mark.index
        end = offset + event.end_mark.index
        column = event.start_mark.column + 1
        if kind == "AliasEvent":
            self._issue("yaml.anchor", line, found=f"*{event.anchor}")
            return Node("scalar", line=line, column=column, start=start, end=end, style="*")
        if event.anchor:
            self._issue("yaml.anchor", line, found=f"&{event.anchor}")
        if event.tag is not None:
            self._issue("yaml.tag", line, found=str(event.tag))
        if kind != "ScalarEvent":
            name: Literal["map", "list"] = "map" if kind == "MappingStartEvent" else "list"
            return Node(name, line=line, column=column, start=start, end=end, flow=bool(event.flow_style))
        style = event.style or ""
        if style in ("|", ">"):
            last = self._first + event.end_mark.line + (event.end_mark.column > 0)
            self._blocks.append((line, last))
            end = _end_of_block(self.text, start, end)
        value: str | None = event.value
        if not style and value in ("", "~", "null", "Null", "NULL"):
            value = None
        elif half := _HALF_PAIR.search(event.value):
            self._issue("yaml.control", line, found=f"U+{ord(half[0]):04X}")
        return Node("scalar", line=line, column=column, start=start, end=end, style=style, text=value)

    def _put(self, parent: Node, node: Node) -> None:
        """Give ``node`` its place: a list item, a key, or the value of the key before it."""
        if parent.kind == "list":
            parent.items.append(node)
            return
        if parent.key is None:
            parent.key = node
            if node.kind != "scalar" or node.text is None:
                self._issue("yaml.key", node.line)
            elif node.text == "<<" and not node.style:
                self._issue("yaml.merge", node.line)
            else:
                first = self._line_of_key(parent, node.text, node.line)
                if first is not None:
                    self._issue("yaml.duplicate-key", node.line, key=node.text, first=first)
                    node.extra = True
            return
        key, parent.key = parent.key, None
        if node.kind == "scalar" and node.text is None and node.start == node.end:
            self._place_nothing(key, node)
        parent.pairs.append((key, node))

    def _line_of_key(self, parent: Node, text: str, line: int) -> int | None:
        seen = self._top_lines if len(self._open) == 1 else parent.seen
        if text in seen:
            return seen[text]
        seen[text] = line
        return None

    def _place_nothing(self, key: Node, node: Node) -> None:
        """The parser reports a missing value at the next word; it stands right after the colon."""
        colon = self.text.find(":", key.end)
        if colon >= 0 and not self.text[key.end : colon].strip(" "):
            node.start = node.end = colon + 1
            node.line = key.line
            node.column = key.column + colon + 1 - key.start
        else:
            node.start = node.end = key.end
            node.line, node.column = key.line, key.column

    def _close_block(self, node: Node) -> None:
        children = node.items or [value for _, value in node.pairs]
        if children:
            node.end = children[-1].end

    def _syntax_issue(self, error: Any) -> Issue:
        """The parser's complaint in our words, at the place where the slip was made."""
        problem = error.problem or ""
        context = error.context or ""
        mark = error.problem_mark or error.context_mark
        start = error.context_mark or mark
        args: dict[str, object] = {}
        if "found character '\\t'" in problem or "found character '\t'" in problem:
            rule = "yaml.tab"
        elif problem.startswith("found character "):
            rule, args = "yaml.start", {"found": problem.split("'")[1] if "'" in problem else problem}
        elif problem.startswith("mapping values are not allowed"):
            rule = "yaml.colon"
        elif "could not find expected ':'" in problem:
            rule, mark = "yaml.no-colon", start
        elif "quoted scalar" in context and ("end of stream" in problem or "document separator" in problem):
            rule, mark = "yaml.unclosed-quote", start
        elif "double-quoted scalar" in context:
            rule = "yaml.escape"
        elif problem.startswith("expected <block end>") or "block entries are not allowed" in problem:
            rule = "yaml.indent"
        else:
            flow = next((node for node in reversed(self._open) if node.flow), None)
            if flow is not None and ("flow" in context):
                return Issue("yaml.unclosed-bracket", {}, path=self.path, line=flow.line)
            rule, args = "yaml.syntax", {"problem": problem}
            args["column"] = mark.column + 1 if mark else 1
        line = self._first + (mark.line if mark else 0) + 1
        return Issue(rule, args, path=self.path, line=min(line, self.text.count("\n") + 1))


_HALF_PAIR = lazily("[\ud800-\udfff]")


def _end_of_block(text: str, start: int, end: int) -> int:
    """Where the last line of literal or folded text ends, before its newline."""
    header = text[start : text.find("\n", start)] if "\n" in text[start:end] else text[start:end]
    raw = text[start:end]
    if "+" in header.split("#")[0]:
        return end - raw.endswith("\n")
    return start + len(re.sub(r"(?:\n *)+\Z", "", raw))


def _index_of_line(text: str, line: int) -> int | None:
    """The index where line ``line`` (from 1) begins."""
    at = 0
    for _ in range(line - 1):
        at = text.find("\n", at) + 1
        if not at:
            return None
    return at
