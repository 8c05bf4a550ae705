"""Words by their initials, and the two scripts as one: for comparing only, never for what is stored."""

from __future__ import annotations

import pytest

from logbook.core.traditional import SIMPLIFIED
from logbook.core.traditional import TRADITIONAL
from logbook.core.traditional import simplified
from logbook.index import initials
from logbook.operations import asking
from logbook.operations import drafting
from logbook.operations import listing
from tests.operations.desk import Desk


@pytest.fixture(scope="module", autouse=True)
def table() -> None:
    pytest.importorskip("pypinyin")
    assert initials.ensure()


@pytest.mark.parametrize(
    ("word", "typed", "fits"),
    [
        ("漏水", "ls", True),
        ("漏水", "l", True),
        ("漏水", "lx", False),
        ("漏水", "lsx", False),
        ("漏水", "", False),
        ("电梯异响", "yx", False),
        ("電梯異響", "dtyx", True),
        ("曾先生", "z", True),  # polyphonic surnames: every reading
        ("曾先生", "c", True),
        ("单主管", "s", True),
        ("单主管", "d", True),
        ("仇工", "q", True),
        ("3-502", "35", True),
        ("A座大堂", "azd", True),
    ],
)
def test_a_word_by_its_initials(word: str, typed: str, *, fits: bool) -> None:
    assert initials.known().fits(word, typed) is fits


def test_a_part_of_a_word_by_its_initials() -> None:
    assert initials.known().fits("电梯异响", "yx", anywhere=True)
    assert initials.known().whole("异响", "yx")
    assert not initials.known().whole("电梯异响", "dt")


def test_folding_is_done_in_one_step() -> None:
    assert len(TRADITIONAL) == len(SIMPLIFIED) == len(set(TRADITIONAL)) > 2600
    assert set(TRADITIONAL).isdisjoint(SIMPLIFIED)
    assert (simplified("電梯漏水"), simplified("leak 3-502")) == ("电梯漏水", "leak 3-502")


def test_either_script_finds_the_other_and_what_is_stored_stays(desk: Desk) -> None:
    old = desk.add("complaint", "name=陳靜", "summary=電梯異響").record
    new = desk.add("complaint", "name=陈静", "summary=二号电梯停").record
    session = desk.session()
    for word in ("电梯", "電梯"):
        assert {row.id for row in listing.select(session, None, [word])} == {old.id, new.id}
    assert [row.id for row in listing.select(session, None, ["异响"])] == [old.id]
    assert (old.fields["summary"], old.fields["name"]) == ("電梯異響", "陳靜")


def test_the_nearest_likeness_alone_counts() -> None:
    words = {"major": ("重大", "Major"), "important": ("重要", "Important"), "minor": ("轻微", "Minor")}
    assert asking.like(words, "重") == ["major", "important"]
    assert asking.like(words, "zd") == ["major"]
    assert asking.like(words, "z") == ["major", "important"]
    assert asking.like(words, "輕") == ["minor"]
    assert asking.like(words, "min") == ["minor"]
    assert asking.like(words, "xx") == []


def test_a_draft_of_a_book_that_encrypts_holds_nothing_private(desk: Desk) -> None:
    session = desk.session()
    form = session.form("complaint")
    kept = drafting.begin(session, form, "lina")
    kept.set |= {"name": "王芳", "summary": "漏水"}
    drafting.keep(session, form, kept)
    assert drafting.waiting(session, form, "lina")[0].set == kept.set
    session.book.settings.trail["encryption"] = "true"  # type: ignore[index]
    drafting.keep(session, form, kept)
    (read,) = drafting.waiting(session, form, "lina")
    assert (read.set, read.left_out) == ({"summary": "漏水"}, True)
    assert "王芳" not in kept.path.read_text(encoding="utf-8")
    assert drafting.waiting(session, form, "zhao") == []
    drafting.drop(kept)
    assert drafting.everything(session) == []
