"""Whatever three desks do and in whatever order they exchange: they end with one book, and nothing is lost."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from logbook.core.errors import Refused
from logbook.core.merging import merge_records
from tests.operations.desk import Desk
from tests.operations.desks import Post
from tests.operations.desks import post
from tests.operations.desks import run
from tests.operations.desks import share

# LAW_CHANGES=200 is the run by hand (some minutes); the suite's takes seconds.
CHANGES = int(os.environ.get("LAW_CHANGES", "16"))
SEED = int(os.environ.get("LAW_SEED", "20261122"))
LEVELS = ("major", "important", "minor")

# --- one record ------------------------------------------------------------------------------

moments = st.integers(0, 59).map(lambda minute: f"2026-11-22T10:{minute:02d}:00+08:00")
words = st.sampled_from(["a", "b", "c", "", "重大"])
values = st.one_of(words, st.none(), st.lists(words, max_size=3), st.dictionaries(words, words, max_size=2))
rows = st.lists(st.dictionaries(st.sampled_from(["dept", "cost"]), words, max_size=2), max_size=3)
events = st.lists(
    st.fixed_dictionaries(
        {"at": moments, "by": words, "step": st.sampled_from(["reply", "forward", "amend", "void"])},
        optional={"set": st.dictionaries(st.sampled_from(["reply", "plans+", "plans.1.cost", "level"]), words, max_size=2)},
    ),
    max_size=4,
)
fields = st.dictionaries(st.sampled_from(["level", "place", "rows", "odd"]), values, max_size=3)


@st.composite
def histories(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A record and two things it became: fields changed at will, lists only grown."""
    base: dict[str, Any] = {"id": "X", "form": "complaint@1", "status": "registered", "at": "x", "by": "y"}
    base |= draw(fields) | {"plans": draw(rows), "events": [{"at": "x", "by": "y", "step": "register"}, *draw(events)]}

    def later() -> dict[str, Any]:
        amendments = [
            {"at": draw(moments), "by": draw(words), "field": draw(st.sampled_from(["level", "place"])), "reason": "r"}
            for _ in range(draw(st.integers(0, 2)))
        ]
        side = {**base, **draw(fields), "plans": [*base["plans"], *draw(rows)]}
        return {**side, "events": [*base["events"], *draw(events)], "amendments": amendments}

    return base, later(), later()


def text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


@given(histories())
@settings(max_examples=150, deadline=None)
def test_a_merge_loses_nothing_and_does_not_care_who_makes_it(three: tuple[dict[str, Any], ...]) -> None:
    base, ours, theirs = three
    merged = merge_records(base, ours, theirs)
    assert merge_records(base, theirs, ours) == merged
    aside = [merged.plain, *(row["kept"] for row in merged.conflicts), *(row["other"] for row in merged.conflicts)]
    for side in (ours, theirs):
        for name in ("events", "amendments"):
            rest = iter(merged.plain.get(name) or [])
            assert all(one in rest for one in side[name])
        for name, value in side.items():
            if name not in ("events", "amendments", "plans", "status") and value != base.get(name):
                found = merged.plain.get(name)
                assert found == value or isinstance(value, (list, dict)) or value in aside, name
        for row in side["plans"]:
            assert row in merged.plain["plans"]  # type: ignore[operator]
    assert merge_records(base, merged.plain, ours).plain["events"] == merged.plain["events"]


# --- three desks -----------------------------------------------------------------------------


class Told:
    """What was ever reported as recorded."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.values: list[tuple[str, str]] = []


def change(desk: Post, chance: random.Random, told: Told, now: str, mine: list[str]) -> None:
    """One thing somebody does at a desk; a refusal is no change."""
    by = chance.choice(["lina", "zhao"])
    known = desk.list("complaint")
    number = chance.choice(known[:6]) if known and chance.random() < 0.7 else chance.choice(mine or known)
    kind = chance.randrange(8)
    word = f"{desk.letter}{desk.root.name}-{now[-8:]}-{chance.randrange(1000)}"
    before = desk.head
    try:
        if kind == 0:
            written = desk.add("complaint", "name=李四", f"summary={word}", now=now, by=by)
            mine.append(written.record.id)
            told.values.append(("summary", word))
        elif kind in (1, 2):
            field = chance.choice(["place", "demand", "station"])
            desk.amend(number, f"{field}={word}", now=now, by=by)
            told.values.append((field, word))
        elif kind == 3:
            desk.amend(number, f"level={chance.choice(LEVELS)}", now=now, by=by)
        elif kind == 4:
            desk.amend(number, f"plans+={{plan: {word}}}", now=now, by=by)
            told.values.append(("plan", word))
        elif kind == 5:
            desk.step(number, "reply", f"reply={word}", now=now, by=by)
            told.values.append(("reply", word))
        elif kind == 6:
            desk.step(number, "forward", "forwarded_to=director", now=now, by=by)
        else:
            desk.sign(number, "heard", now=now, by="lina")
    except Refused:
        assert desk.head == before
        return
    if desk.head != before:
        path = desk.git("show", "--format=", "--name-only", "HEAD").strip()
        told.rows += lines_of(desk, path)


def lines_of(desk: Post, path: str) -> list[str]:
    """Events, amendments and signatures in a record's file, as text."""
    from logbook.store import codec

    plain = codec.read((desk.root / path).read_bytes())[0].plain  # type: ignore[union-attr]
    return [text(row) for name in ("events", "amendments", "signatures") for row in plain.get(name) or []]  # type: ignore[union-attr]


@pytest.mark.timeout(1800)
def test_three_desks_end_with_one_book_and_all_that_was_ever_recorded(furnished_book: Desk, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    book = furnished_book.copy(tmp_path / "book")
    for n in range(5):
        book.add("complaint", "name=王芳", f"summary=第{n}条", now=f"2026-11-22 08:0{n}")
    shared = share(book, tmp_path)
    # Two of them were given the same letter.
    posts = [post(shared, tmp_path / name, letter) for name, letter in (("p", "A"), ("q", "A"), ("r", "B"))]
    told, mine = Told(), [[], [], []]  # type: ignore[var-annotated]
    heads: list[str] = []
    second = 0
    for _ in range(CHANGES * 3):
        second += chance.randrange(1, 40)
        now = f"2026-11-22 {9 + second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        place = chance.randrange(3)
        change(posts[place], chance, told, now, mine[place])
        heads.append(posts[place].head)
        if chance.random() < 0.12:
            place = chance.randrange(3)
            if chance.random() < 0.25:  # past the shared copy: straight from desk to desk
                run("-C", posts[place].root, "fetch", "-q", posts[place - 1].root, "main")
                pull(posts[place], now)
            else:
                posts[place].sync(now=now)
            heads.append(posts[place].head)
    later = "2026-11-22 23:00"
    while any(desk.sync(now=later).state != "same" for desk in posts):
        pass
    assert len({desk.head for desk in posts}) == 1
    assert all(desk.clean for desk in posts)
    desk = posts[0]
    for head in set(heads):
        run("-C", desk.root, "merge-base", "--is-ancestor", head, "HEAD")
    files = desk.git("ls-files", "-z", "records").split("\0")
    present = [lines_of(desk, path) for path in files if path]
    assert set(told.rows) - {line for lines in present for line in lines} == set()
    assert [line for lines in present for line, count in Counter(lines).items() if count > 1] == []
    everything = "\n".join((desk.root / path).read_text(encoding="utf-8") for path in files if path)
    assert [one for one in told.values if one[1] not in everything] == []
    assert [one for one in desk.findings(later) if one[1] == "error"] == []
    assert run("-C", shared, "fsck", "--strict").strip() == ""


def pull(desk: Post, now: str) -> None:
    """Take in what was fetched from a neighbour and send nothing."""
    from logbook.operations import syncing
    from logbook.operations.merging import merged_tree
    from logbook.store.graph import is_ancestor

    session = desk.session(now)
    theirs = run("-C", desk.root, "rev-parse", "FETCH_HEAD").strip()
    if is_ancestor(session.repository, theirs, desk.head):
        pass
    elif is_ancestor(session.repository, desk.head, theirs):
        syncing._forward(session, desk.head, theirs)
    else:
        syncing._publish(session, merged_tree(session.repository, desk.head, theirs), "lina")
    session.close()
