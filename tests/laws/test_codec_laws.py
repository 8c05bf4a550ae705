"""Laws of the YAML codec: what is written is read again, and both readers agree."""

from __future__ import annotations

import io
import re
from datetime import date
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from logbook.store import codec
from logbook.store import fastyaml

FEW = settings(max_examples=120, deadline=None)

# Text as it comes, and text made of the pieces that trip YAML readers.
PIECES = [
    *":#-?|>&*!%@`'\"[]{},~=<.\\/ +_0179eExyYnN", "\n", "\t", "\r", "  ", ": ", " #", "\n\n", "\n ", "- ", "---",
    "null", "no", "on", "true", "1:30", "007", "1.10", "2026-11-22", "2026-02-30", "T09:35:00", "+08:00", "Z",
    "漏水", "：", "\u3000", "\u00a0", "\u202e", "\ufeff", "\u0085", "\u2028", "\x00", "\x1b", "\x7f", "😀", "\ufffe",
]  # fmt: skip
awkward = st.lists(st.sampled_from(PIECES), max_size=7).map("".join)
text = (
    awkward
    | st.text(max_size=12)
    | st.sampled_from(["3-502", "2026-11-22T09:35:00+08:00", "13800138000", ""])
)
key = st.sampled_from(["id", "at", "by", "set", "名称", "no", "a-b", "1", "x.y"]) | text
stored = st.recursive(
    text | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(key, inner, max_size=3),
    max_leaves=8,
)
record = st.dictionaries(key, stored, max_size=5)


def full(data: bytes) -> codec.Document | None:
    return codec.read_definition(data)[0]


@FEW
@given(record)
def test_what_was_written_is_read_again_and_written_the_same(plain: dict[str, Any]) -> None:
    data = codec.write(plain)
    document, issues = codec.read(data)
    assert issues == []
    assert document is not None
    assert document.plain == plain
    assert list(document.plain) == list(plain)
    assert codec.write(document.plain) == data
    assert document.canonical


@FEW
@given(record)
def test_both_readers_take_canonical_text_the_same(plain: dict[str, Any]) -> None:
    data = codec.write(plain)
    assert fastyaml.read(data) == plain
    document = full(data)
    assert document is not None
    assert document.plain == plain


@settings(max_examples=250, deadline=None)
@given(record.filter(bool), st.data())
def test_the_fast_reader_reads_nothing_the_full_reader_would_not(
    plain: dict[str, Any], data: st.DataObject
) -> None:
    written = codec.write(plain).decode()
    at = data.draw(st.integers(0, len(written)))
    cut = data.draw(st.integers(0, 3))
    put = data.draw(awkward | st.sampled_from(["\n  ", "\n- ", "\n", " ", "a: b\n", "|\n", "'", '"']))
    changed = (written[:at] + put + written[at + cut :]).encode()
    fast = fastyaml.read(changed)
    if fast is not None:
        document = full(changed)
        assert document is not None
        assert document.plain == fast


@FEW
@given(record)
def test_a_file_of_ours_holds_no_character_that_hides(plain: dict[str, Any]) -> None:
    written = codec.write(plain).decode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]", written)
    assert written.endswith("\n")


@FEW
@given(record)
def test_lines_are_counted_as_the_full_reader_sees_them(plain: dict[str, Any]) -> None:
    data = codec.write(plain)
    ours, theirs = codec.read(data)[0], full(data)
    assert ours is not None
    assert theirs is not None
    for path in _paths(plain):
        assert ours.line(*path) == theirs.line(*path), path


@FEW
@given(st.lists(text, max_size=5), st.sampled_from([(1, 1), (1, 2)]))
def test_a_guessing_reader_of_either_yaml_guesses_text(values: list[str], version: tuple[int, int]) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = version
    found = yaml.load(io.BytesIO(codec.write({"values": list(values)})))["values"]
    for value, guess in zip(values, found, strict=True):
        if isinstance(guess, bool):
            assert value == str(guess).lower()
        elif isinstance(guess, (datetime, date)):
            assert re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(Z|[-+]\d\d:\d\d))?", value)
        elif isinstance(guess, int):
            assert value == str(guess)
        else:
            assert guess == value


@FEW
@given(record, record)
def test_an_edit_says_what_was_asked_for(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert codec.edit(codec.write(before), after) == codec.write(after)


HAND_WRITTEN = """\
# written by hand
id: "CP-1"   # the number
room: {floor: 3, flat: '502'}   # tail

tags: [ a,  b ]
summary: >-
  folded
  text
events:
  # the first
  - at: 2026-11-22T09:35:00+08:00
    by: lina     # desk A
    step: receive

  - {at: 2026-11-23T09:35:00+08:00, by: chen}
old:
last: |
  one
  two

# the end
"""
KEYS = ["id", "room", "tags", "summary", "events", "old", "last", "new"]


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), stored, max_size=3), st.sets(st.sampled_from(KEYS), max_size=2))
def test_an_edit_of_text_written_by_hand_says_what_was_asked_and_keeps_the_rest(
    changes: dict[str, Any], gone: set[str]
) -> None:
    document, _ = codec.read(HAND_WRITTEN.encode())
    assert document is not None
    after = {name: value for name, value in (document.plain | changes).items() if name not in gone}
    result = codec.edit(HAND_WRITTEN.encode(), after)
    again, issues = codec.read(result)
    assert issues == []
    assert again is not None
    assert again.plain == after
    untouched = set(document.plain) - set(changes) - gone
    if "id" in untouched:
        assert b'id: "CP-1"   # the number\n' in result
    if "events" in untouched:
        assert b"  # the first\n  - at: 2026-11-22T09:35:00+08:00\n    by: lina     # desk A\n" in result
    if "tags" in untouched:
        assert b"tags: [ a,  b ]\n" in result


def _paths(value: Any, before: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for step, inner in pairs for path in [(*before, step), *_paths(inner, (*before, step))]]
