"""The strict reader of our own text: what it leaves to the full reader."""

from __future__ import annotations

import pytest

from logbook.store import codec
from logbook.store import fastyaml

KNOWN = b"a: 1\nevents:\n- at: x\n  by: y\n"


@pytest.mark.parametrize(
    "text",
    [
        "a: 1", "a: 1\n\nb: 2\n", "# c\na: 1\n", "a: 1 # c\n", "a:  1\n", "a: 1 \n", "a:\n", "a: \n", "a:\nb: 1\n",
        "a: [1]\n", "a: {b: 1}\n", "a: >-\n  x\n", "a: |\n x\n", "a: |-\n   x\n", "a: |-\nb: 1\n", "a: |3\n   x\n",
        "a:\n    b: 1\n", "a:\n  - 1\n", "a: 1\n  b: 2\n", "events\n- at: x\n", "events:\n- at: x\n by: y\n",
        "events:\n- at: x\nby\n", "a: 1\na: 2\n", "'a': 1\na: 2\n", "a: b: c\n", "a: b:\n", "events:\n- http://x: y\n",
        "a: *x\n", "a: &x 1\n", "a: !x 1\n", "<<: 1\n", "null: 1\n", "? a\n", "a: \"\\x41\"\n", 'a: "\\ud83d\\ude00"\n',
        "---\na: 1\n", "a: 1\n...\n", "a\n", "- a\n", "a: 'x\n", "a: 'x'y'\n", "a: x\ty\n", "a: \u202e\n", "\n", "",
        "a: |-\n  x\n\n\nb: 1\n", "a:\n- - - - - - - - - - - - - - - - - - - - - - 1\n",
    ],
)  # fmt: skip
def test_text_not_in_canonical_layout_is_left_to_the_full_reader(text: str) -> None:
    assert fastyaml.read(KNOWN) is not None  # its keys are known from now on
    assert fastyaml.read(text.encode()) is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a: x:y #z\n", None),
        ("a: x:y z#\n", {"a": "x:y z#"}),
        (
            "a: |-\n  b: c\n  d:\n  e #f\nevents:\n- at: '1: 2'\n",
            {"a": "b: c\nd:\ne #f", "events": [{"at": "1: 2"}]},
        ),
        ("'b: c': d\n'e':\n  f: ~\n", {"b: c": "d", "e": {"f": None}}),
        ("a: nullify\nb: null\n", {"a": "nullify", "b": None}),
    ],
)
def test_colons_and_hashes_inside_text(text: str, plain: object) -> None:
    assert fastyaml.read(text.encode()) == plain


def test_reading_costs_no_more_when_names_never_repeat() -> None:
    for number in range(6000):
        assert fastyaml.read(f"k{number}: v\n".encode()) == {f"k{number}": "v"}
    assert len(fastyaml._places) <= 4096
    assert codec.read(KNOWN)[0] is not None
