"""Changing the text of a YAML file at node positions, so that comments and layout survive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Literal

from logbook.core.record import Stored
from logbook.store import fastyaml


@dataclass(slots=True)
class Node:
    """One value and where it stands: ``text[start:end]``, first character at ``line``, ``column`` (from 1).

    ``style`` of a scalar is its quote or block mark, empty when plain; ``extra`` marks a key that
    repeats an earlier one.
    """

    kind: Literal["scalar", "map", "list"]
    line: int
    column: int
    start: int
    end: int
    style: str = ""
    flow: bool = False
    text: str | None = None
    items: list[Node] = attribute(default_factory=list)
    pairs: list[tuple[Node, Node]] = attribute(default_factory=list)
    key: Node | None = None
    seen: dict[str, int] = attribute(default_factory=dict)
    extra: bool = False

    def child(self, step: str | int) -> tuple[int, Node] | None:
        """The line of the key or item called ``step`` and its value."""
        if isinstance(step, int):
            if self.kind == "list" and 0 <= step < len(self.items):
                return self.items[step].line, self.items[step]
            return None
        for key, value in self.pairs:
            if key.text == step and key.kind == "scalar":
                return key.line, value
        return None

    def plain(self) -> Stored:
        """What the node says."""
        if self.kind == "scalar":
            return self.text
        if self.kind == "list":
            return [item.plain() for item in self.items]
        return {
            key.text: value.plain()
            for key, value in self.pairs
            if not key.extra and key.kind == "scalar" and key.text is not None
        }


@dataclass(slots=True)
class _Edits:
    """Replacements of parts of one text, none inside another."""

    text: str
    parts: list[tuple[int, int, str]] = attribute(default_factory=list)

    def replace(self, start: int, end: int, by: str) -> None:
        self.parts.append((start, end, by))

    def line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def next_line(self, at: int) -> int:
        """The index after the line that holds ``at``."""
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found + 1

    def insert_line(self, at: int, line: str) -> None:
        """Put whole lines before the line that begins at ``at`` (the end of the text included)."""
        missing = at == len(self.text) and at > 0 and self.text[at - 1] != "\n"
        self.replace(at, at, ("\n" if missing else "") + line + "\n")

    def done(self) -> str:
        out = []
        at = 0
        # Stable: several insertions at one place stay in the order they were made.
        for start, end, by in sorted(self.parts, key=lambda part: part[:2]):
            out.append(self.text[at:start])
            out.append(by)
            at = max(at, end)
        out.append(self.text[at:])
        return "".join(out)


def edit(text: str, root: Node, plain: Mapping[str, Stored], *, whole: bool = False) -> str | None:
    """``text``, whose tree is ``root``, changed to say ``plain`` as far as positions allow.

    With ``whole``, each changed value of the record is written anew, instead of what differs inside
    it. None where the layout gives no hold; and the caller reads the result again, since this is
    a best effort, not a proof.
    """
    edits = _Edits(text)
    if root.flow or not root.pairs or not plain:
        # A record between braces has no lines of its own to keep.
        return fastyaml.write(plain).decode()
    try:
        _mapping(edits, root, plain, whole=whole)
    except _NeedsNewLines:
        return None
    return edits.done()


def _value(edits: _Edits, node: Node, value: Stored) -> None:
    """Make ``node`` say ``value`` within the layout it has."""
    if node.plain() == value:
        return
    if node.flow:
        if not _inside_flow(edits, node, value):
            raise _NeedsNewLines
        return
    if node.kind == "map" and isinstance(value, Mapping) and value and _can_follow(node, value):
        _mapping(edits, node, value)
    elif node.kind == "list" and isinstance(value, list) and value:
        _list(edits, node, value)
    else:
        raise _NeedsNewLines


class _NeedsNewLines(Exception):
    """The change does not fit into the layout at hand: the whole value is written anew."""


def _can_follow(node: Node, value: Mapping[str, Stored]) -> bool:
    """Whether the first key stays, so that a dash or the layout of the first line is not torn off."""
    return bool(node.pairs) and node.pairs[0][0].text in value


def _rewrite(edits: _Edits, node: Node, value: Stored, column: int) -> None:
    """Put the canonical text of ``value``, whose key stands at ``column`` (from 0), in place of the node's."""
    start = _back_to(edits, node, ":")
    _replace(edits, start, node.end, fastyaml.block(value, column))


def _rewrite_item(edits: _Edits, node: Node, value: Stored, column: int) -> None:
    """The same for a list item whose dash stands at ``column``."""
    dash = _back_to(edits, node, "-") - 1
    _replace(edits, dash, node.end, fastyaml.items([value], column)[column:])


def _back_to(edits: _Edits, node: Node, mark: str) -> int:
    """The index after the colon or dash that introduces ``node``; comments between the two are passed over."""
    at = node.start
    while True:
        at = len(edits.text[:at].rstrip(" \n"))
        if edits.text[at - 1 : at] == mark:
            return at
        comment = edits.text.find("#", edits.line_start(at), at)
        if comment < 0:
            raise _NeedsNewLines
        at = comment


def _replace(edits: _Edits, start: int, end: int, new: str) -> None:
    tail = edits.text[end : edits.next_line(end)].strip()
    if "\n" in new and tail.startswith("#"):
        # A comment behind the old value would become part of the new one: it moves to the first line.
        head, rest = new.split("\n", 1)
        edits.replace(start, edits.next_line(end), f"{head}  {tail}\n{rest}\n")
    else:
        edits.replace(start, end, new)


def _mapping(edits: _Edits, node: Node, plain: Mapping[str, Stored], *, whole: bool = False) -> None:
    column = node.pairs[0][0].column - 1
    present = {key.text: (key, value) for key, value in node.pairs}
    for position, (key, value) in enumerate(node.pairs):
        if key.text is not None and key.text in plain:
            new = plain[key.text]
            kept = len(edits.parts)
            try:
                if whole and value.plain() != new:
                    raise _NeedsNewLines
                _value(edits, value, new)
            except _NeedsNewLines:
                del edits.parts[kept:]
                _rewrite(edits, value, new, column)
        elif position:
            edits.replace(edits.line_start(key.start), edits.next_line(max(value.end, key.end)), "")
        else:
            # The first key of an item shares its line with the dash, or of the record with nothing.
            following = node.pairs[1][0].start if len(node.pairs) > 1 else edits.next_line(value.end)
            edits.replace(key.start, following, "")
    at: int | None = None
    for name, wanted in plain.items():
        if name in present:
            at = edits.next_line(max(present[name][1].end, present[name][0].end))
            continue
        if at is None:
            at = _before_first(edits, node)
        edits.insert_line(at, fastyaml.entries({name: wanted}, column))


def _before_first(edits: _Edits, node: Node) -> int:
    """Where a key that leads in the new order goes: before the first line, or after it behind a dash."""
    key, value = node.pairs[0]
    start = edits.line_start(key.start)
    if edits.text[start : key.start].strip():
        return edits.next_line(max(value.end, key.end))
    return start


def _list(edits: _Edits, node: Node, values: list[Stored]) -> None:
    old = [item.plain() for item in node.items]
    first = 0
    while first < min(len(old), len(values)) and old[first] == values[first]:
        first += 1
    last = 0
    while last < min(len(old), len(values)) - first and old[-1 - last] == values[-1 - last]:
        last += 1
    middle_old = node.items[first : len(old) - last]
    middle_new = values[first : len(values) - last]
    dash = node.column - 1
    for item, value in zip(middle_old, middle_new, strict=False):
        kept = len(edits.parts)
        try:
            _value(edits, item, value)
        except _NeedsNewLines:
            del edits.parts[kept:]
            _rewrite_item(edits, item, value, dash)
    for item in middle_old[len(middle_new) :]:
        edits.replace(edits.line_start(item.start), edits.next_line(item.end), "")
    added = middle_new[len(middle_old) :]
    if added:
        before = first + len(middle_old)
        if before:
            at = edits.next_line(node.items[before - 1].end)
        else:
            at = edits.line_start(node.items[0].start)
        edits.insert_line(at, fastyaml.items(added, dash))


def _inside_flow(edits: _Edits, node: Node, value: Stored) -> bool:
    """Change scalars between brackets, and add to the end of a list; False where that is not enough."""
    if node.plain() == value:
        return True
    if node.kind == "scalar":
        if value is not None and not isinstance(value, str):
            return False
        edits.replace(node.start, node.end, _flow_text(edits, node, value))
        return True
    if node.kind == "map" and isinstance(value, Mapping):
        if [key.text for key, _ in node.pairs] != list(value):
            return False
        return all(_inside_flow(edits, inner, value[key.text or ""]) for key, inner in node.pairs)
    if node.kind == "list" and isinstance(value, list):
        if len(value) < len(node.items) or not node.items:
            return False
        more = value[len(node.items) :]
        if not all(one is None or isinstance(one, str) for one in more):
            return False
        if not all(_inside_flow(edits, inner, one) for inner, one in zip(node.items, value, strict=False)):
            return False
        if more:
            texts = ["null" if one is None else fastyaml.scalar(one, flow=True) for one in more]  # type: ignore[arg-type]
            end = node.items[-1].end
            edits.replace(end, end, "".join(f", {text}" for text in texts))
        return True
    return False


def _flow_text(edits: _Edits, node: Node, value: str | None) -> str:
    new = "null" if value is None else fastyaml.scalar(value, flow=True)
    return f" {new}" if node.start == node.end and edits.text[node.start - 1] == ":" else new
