"""The log of what a shared copy received: chained, durable, mirrored in Git, and read back with suspicion."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from logbook.store import receipts
from logbook.store.git import Repository
from logbook.store.git import clean_environment
from logbook.store.receipts import MISSED
from logbook.store.receipts import START

ZERO = "0" * 40
MAIN = "refs/heads/main"
AT = datetime.fromisoformat("2026-11-22T09:35:00+08:00")


def git(root: Path, *words: str) -> str:
    people = ("-c", "user.name=x", "-c", "user.email=x@x")
    done = subprocess.run(
        ["git", *people, *words], cwd=root, env=clean_environment({}), capture_output=True, check=True
    )
    return done.stdout.decode().strip()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Repository]:
    git(tmp_path, "init", "-q", "--bare", "--initial-branch=main", "copy.git")
    with Repository(tmp_path / "copy.git") as repository:
        yield repository


def commit(repository: Repository, *parents: str, message: str = "x") -> str:
    tree = git(repository.root, "hash-object", "-t", "tree", "-w", "/dev/null")
    return git(repository.root, "commit-tree", tree, *(word for one in parents for word in ("-p", one)), "-m", message)


def oid(number: int) -> str:
    return f"{number:040x}"


def lines(repository: Repository) -> list[str]:
    return (repository.root / "logbook/receipts.log").read_text("utf-8").splitlines()


def test_a_line_carries_the_hash_of_the_line_before(bare: Repository) -> None:
    receipts.append(bare, [(ZERO, oid(1), MAIN)], pusher="lina", at=AT)
    receipts.append(bare, [(oid(1), oid(2), MAIN)], pusher="zhao", at=AT)
    first, second = lines(bare)
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert first == f"2026-11-22T09:35:00+08:00 {ZERO} {oid(1)} refs/heads/main lina {nothing}"
    assert second.split()[-1] == hashlib.sha256(first.encode()).hexdigest()
    log = receipts.read_file(bare.root / "logbook/receipts.log")
    assert [(one.at, one.old, one.new, one.pusher) for one in log.entries] == [
        (AT, ZERO, oid(1), "lina"),
        (AT, oid(1), oid(2), "zhao"),
    ]
    assert (log.broken, log.differs) == ((), False)


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda rows: [rows[0].replace("09:35", "08:35"), *rows[1:]], (2,)),
        (lambda rows: [rows[0], *rows[2:]], (2,)),
        (lambda rows: [*rows[:2], rows[1], *rows[2:]], (3,)),
        (lambda rows: [*rows[:1], "nonsense", *rows[1:]], (2, 3)),
        (lambda rows: rows[1:], (1,)),
    ],
    ids=["changed", "taken out", "put in twice", "nonsense", "begun later"],
)
def test_a_line_that_was_touched_is_told(bare: Repository, change: object, broken: tuple[int, ...]) -> None:
    for number in range(4):
        receipts.append(bare, [(oid(number), oid(number + 1), MAIN)], pusher="lina", at=AT)
    path = bare.root / "logbook/receipts.log"
    rows = path.read_text("utf-8").splitlines()
    path.write_text("".join(f"{row}\n" for row in change(rows)), "utf-8")  # type: ignore[operator]
    log = receipts.read(bare)
    assert log is not None
    assert (log.broken, log.differs) == (broken, True)


def test_a_log_cut_at_its_end_differs_from_what_git_holds(bare: Repository) -> None:
    for number in range(3):
        receipts.append(bare, [(oid(number), oid(number + 1), MAIN)], pusher="lina", at=AT)
    path = bare.root / "logbook/receipts.log"
    path.write_text("".join(f"{row}\n" for row in lines(bare)[:-1]), "utf-8")
    log = receipts.read(bare)
    assert log is not None
    assert (log.broken, log.differs) == ((), True)
    receipts.append(bare, [(oid(8), oid(9), MAIN)], pusher="lina", at=AT)
    after = receipts.read_ref(bare)
    assert after is not None and after.differs  # what was mirrored first stays behind for good


def test_a_move_nobody_wrote_down_is_noted_by_the_next(bare: Repository) -> None:
    receipts.append(bare, [(ZERO, oid(1), MAIN)], pusher="lina", at=AT)
    noted = receipts.append(bare, [(oid(2), oid(3), MAIN)], pusher="lina", at=AT)
    assert [(one.old, one.new, one.pusher) for one in noted] == [
        (oid(1), oid(2), MISSED),
        (oid(2), oid(3), "lina"),
    ]


def test_the_receipt_of_the_quicker_push_may_come_after(bare: Repository) -> None:
    """Two pushes, one after the other; the second one's receipt is written first."""
    receipts.append(bare, [(ZERO, oid(1), MAIN)], pusher="lina", at=AT)
    receipts.append(bare, [(oid(2), oid(3), MAIN)], pusher="zhao", at=AT)
    noted = receipts.append(bare, [(oid(1), oid(2), MAIN)], pusher="lina", at=AT)
    assert [(one.old, one.new, one.pusher) for one in noted] == [(oid(1), oid(2), "lina")]


def test_what_was_there_before_is_noted_once(bare: Repository) -> None:
    first = commit(bare)
    git(bare.root, "update-ref", MAIN, first)
    assert [one.pusher for one in receipts.begin(bare, MAIN, at=AT)] == [START]
    assert receipts.begin(bare, MAIN, at=AT) == ()
    assert len(lines(bare)) == 1


def test_a_line_that_was_not_finished_makes_way(bare: Repository) -> None:
    receipts.append(bare, [(ZERO, oid(1), MAIN)], pusher="lina", at=AT)
    path = bare.root / "logbook/receipts.log"
    with path.open("a", encoding="utf-8") as file:
        file.write("2026-11-22T09:36:00+08:00 0000")
    receipts.append(bare, [(oid(1), oid(2), MAIN)], pusher="lina", at=AT)
    log = receipts.read(bare)
    assert log is not None
    assert (len(log.entries), log.broken, log.differs) == (2, (), False)


def test_a_pusher_is_one_word(bare: Repository) -> None:
    receipts.append(bare, [(ZERO, oid(1), MAIN)], pusher="李 娜\n(missed) x", at=AT)
    (line,) = lines(bare)
    assert line.split()[4] == "李_娜__missed__x"


def test_the_log_is_mirrored_in_files_of_two_hundred(bare: Repository) -> None:
    moves = [(oid(number), oid(number + 1), MAIN) for number in range(450)]
    receipts.append(bare, moves[:150], pusher="lina", at=AT)
    receipts.append(bare, moves[150:450], pusher="lina", at=AT)
    names = git(bare.root, "ls-tree", "--name-only", receipts.REF).splitlines()
    assert names == ["000000.log", "000001.log", "000002.log"]
    held = "".join(git(bare.root, "show", f"{receipts.REF}:{name}") + "\n" for name in names)
    assert held.splitlines() == lines(bare)
    log = receipts.read_ref(bare)
    assert log is not None
    assert (len(log.entries), log.differs) == (450, False)
    git(bare.root, "fsck", "--strict")


def test_when_each_commit_came(bare: Repository) -> None:
    """One line of two commits, another of one, a merge: each came with the first push that had it."""
    base = commit(bare, message="base")
    a1 = commit(bare, base, message="a1")
    b1 = commit(bare, base, message="b1")
    b2 = commit(bare, b1, message="b2")
    both = commit(bare, b2, a1, message="merge")
    git(bare.root, "update-ref", MAIN, both)
    at = [datetime.fromisoformat(f"2026-11-22T{hour}:00:00+08:00") for hour in ("09", "10", "11")]
    receipts.append(bare, [(base, base, MAIN)], pusher="", at=at[0])
    receipts.append(bare, [(base, a1, MAIN)], pusher="lina", at=at[1])
    receipts.append(bare, [(a1, both, MAIN)], pusher="zhao", at=at[2])
    log = receipts.read(bare)
    assert log is not None
    assert receipts.received(bare, log.of(MAIN), both, None) == {a1: at[1], both: at[2], b1: at[2], b2: at[2]}
    assert receipts.received(bare, log.of(MAIN), both, a1) == {both: at[2], b1: at[2], b2: at[2]}
    assert receipts.lost(bare, log.of(MAIN), [both]) == []
    assert [one.new for one in receipts.lost(bare, log.of(MAIN), [b2])] == [a1, both]


def test_a_commit_that_is_not_there_at_all_is_lost(bare: Repository) -> None:
    head = commit(bare)
    receipts.append(bare, [(ZERO, oid(7), MAIN)], pusher="lina", at=AT)
    log = receipts.read(bare)
    assert log is not None
    assert [one.new for one in receipts.lost(bare, log.entries, [head])] == [oid(7)]
