"""``sync`` as a desk meets it: what it says, what it returns, what scripts read."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from logbook.store.git import clean_environment
from tests.cli.conftest import MINOR
from tests.cli.line import Answer
from tests.cli.line import Line
from tests.cli.line import process

PATH = f"records/complaint/2026/11/{MINOR}.yaml"


def git(*words: str | Path) -> str:
    done = subprocess.run(["git", *map(str, words)], env=clean_environment({}), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture
def shared(book: Path, tmp_path: Path) -> Path:
    """The shared copy that the book's ``origin`` is."""
    git("clone", "-q", "--bare", book, tmp_path / "shared.git")
    git("-C", book, "remote", "add", "origin", tmp_path / "shared.git")
    return tmp_path / "shared.git"


@pytest.fixture
def other(shared: Path, tmp_path: Path) -> Path:
    """Desk B on another computer, where Zhao Min sits."""
    git("clone", "-q", shared, tmp_path / "other")
    git("-C", tmp_path / "other", "config", "logbook.desk", "B")
    git("-C", tmp_path / "other", "config", "logbook.staff", "zhao")
    return tmp_path / "other"


def at_other(cli: Line, other: Path, *words: str) -> Answer:
    return cli("--book", str(other), *words)


def both_changed(cli: Line, other: Path) -> None:
    """The level of one complaint, changed on both desks, and sent by the other."""
    late = ("--now", "2026-11-22 10:00")
    cli.ok("amend", MINOR, "level=major", "--reason", "加重", *late)
    late = ("--now", "2026-11-22 10:05")
    assert at_other(cli, other, "amend", MINOR, "level=important", "--reason", "重估", *late).code == 0
    assert at_other(cli, other, "sync", *late).code == 0


def test_without_a_shared_copy_it_says_how_to_set_one(cli: Line) -> None:
    answer = cli("sync")
    assert answer.code == 3
    assert answer.err.splitlines() == [
        "还没有设置共享的记录簿，不知道与谁同步",
        f"    → git -C {cli.root} remote add origin 地址，或者：logbook sync 地址",
    ]


def test_a_day_of_two_desks(cli: Line, other: Path) -> None:
    now = ("--now", "2026-11-22 10:00")
    cli.ok("add", "complaint", "name=王五", "summary=噪声", *now)
    assert cli.ok("sync", *now).lines == ["已与 origin 同步：收到 0 条记录，送出 1 条记录"]
    assert at_other(cli, other, "sync", *now).lines == ["已与 origin 同步：收到 1 条记录，送出 0 条记录"]
    assert cli.ok("sync", *now).lines == ["与 origin 已经一致"]
    assert at_other(cli, other, "list", "complaint", "--format", "ids").lines == cli.ok("list", "complaint", "--format", "ids").lines


def test_what_both_changed_is_shown_with_the_command_that_settles_it(cli: Line, other: Path) -> None:
    both_changed(cli, other)
    now = ("--now", "2026-11-22 10:10")
    answer = cli.ok("sync", *now)
    assert answer.lines == [
        "已与 origin 同步：收到 1 条记录，送出 1 条记录",
        "两边都改过并已合并：1 条记录",
        f"{MINOR} 等级：两边改成了不同的值，两个都留着，请核对",
    ]
    assert answer.err.splitlines() == ["有 1 条记录等人核对", "    → logbook list is:conflict，再用 logbook show 查看每一条"]
    assert cli.ok("list", "is:conflict", "--format", "ids", *now).lines == [MINOR]
    page = cli.ok("show", MINOR, *now).lines
    assert page[1:5] == [
        "",
        "两边同时改过，请核对",
        "  等级  现为 重要 (2026-11-22 10:05 赵敏)  另一边 重大 (2026-11-22 10:00 李娜)",
        f"    → logbook amend {MINOR} level=… --reason …  (改用另一个值，或确认现在的值)",
    ]
    shown = cli.ok("show", MINOR, "--format", "json", *now).json["conflicts"]
    assert shown == [
        {
            "what": "value", "field": "level", "kept": "important", "other": "major",
            "kept_at": "2026-11-22T10:05:00+08:00", "kept_by": "zhao",
            "other_at": "2026-11-22T10:00:00+08:00", "other_by": "lina", "settled": False,
        }
    ]  # fmt: skip
    checked = cli.ok("validate", MINOR, "--format", "json", *now).json
    assert [(one["rule"], one["severity"], one["line"] is not None) for one in checked] == [("merge.value", "warning", True)]
    cli.ok("amend", MINOR, "level=important", "--reason", "已核对", "--now", "2026-11-22 10:15")
    assert cli.ok("list", "is:conflict", "--format", "ids").lines == []
    page = cli.ok("show", MINOR, "--format", "json").json
    assert [one["settled"] for one in page["conflicts"]] == [True]
    assert "两边同时改过" not in cli.ok("show", MINOR).out


def test_private_values_of_both_sides_are_masked(cli: Line, other: Path) -> None:
    cli.ok("amend", MINOR, "phone=13911112222", "--reason", "换号", "--now", "2026-11-22 10:00")
    at_other(cli, other, "amend", MINOR, "phone=13933334444", "--reason", "换号", "--now", "2026-11-22 10:05")
    at_other(cli, other, "sync")
    told = cli.ok("sync", "--now", "2026-11-22 10:10")
    for page in (told, cli.ok("show", MINOR), cli.ok("show", MINOR, "--format", "json"), cli.ok("validate", MINOR)):
        assert "139" not in page.out + page.err
    assert "139" not in git("-C", cli.root, "log", "-1", "--format=%B")


def test_check_says_what_would_happen(cli: Line, other: Path) -> None:
    both_changed(cli, other)
    before = git("-C", cli.root, "rev-parse", "HEAD")
    assert cli.ok("sync", "--check").lines[0] == "与 origin 同步：会收到 1 条记录，送出 1 条记录（没有改动）"
    assert git("-C", cli.root, "rev-parse", "HEAD") == before


def test_json_for_scripts(cli: Line, other: Path) -> None:
    both_changed(cli, other)
    told = cli.ok("sync", "--format", "json", "--now", "2026-11-22 10:10").json
    head = git("-C", cli.root, "rev-parse", "HEAD").strip()
    assert told == {
        "remote": "origin", "branch": "main", "state": "done", "head": head, "merge": head,
        "came": [PATH], "went": [PATH], "other_came": [], "other_went": [], "both": [PATH],
        "needs_person": [{"what": "value", "path": PATH, "form": "complaint", "id": MINOR, "field": "level"}],
        "renamed": [], "kept": [], "waiting": 1, "unsent": 0, "tries": 1, "warnings": [], "detail": None,
    }  # fmt: skip


def test_two_desks_of_one_letter_are_advised(cli: Line, other: Path) -> None:
    git("-C", other, "config", "logbook.desk", "A")
    now = ("--now", "2026-11-22 10:00")
    cli.ok("add", "complaint", "name=王五", "summary=噪声", *now)
    assert at_other(cli, other, "add", "complaint", "name=赵六", "summary=漏水", "--by", "lina", *now).code == 0
    at_other(cli, other, "sync", *now)
    answer = cli.ok("sync", *now)
    number = "CP-20261122-A001"
    assert f"两台电脑抽了同一个号 {number}：两条都保留，其中一条现在是 {number}-2（complaint）" in answer.lines
    assert answer.err.splitlines()[-2:] == [
        "注意 另一台电脑也在用字母 A 编号，两边会抽到同一个号",
        "    → 在其中一台电脑上换一个：git config logbook.desk B",
    ]
    page = cli.ok("show", f"{number}-2", *now).lines
    assert page[1] == f"  原编号 {number}：两台电脑用了同一个号"
    assert cli.ok("show", f"{number}-2", "--format", "json").json["was"] == number


def test_no_connection(cli: Line, shared: Path) -> None:
    cli.ok("amend", MINOR, "level=major", "--reason", "加重", "--now", "2026-11-22 10:00")
    os.rename(shared, f"{shared}.away")
    answer = cli("sync")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.startswith("连不上 origin，记录簿没有变动：")
    answer = cli.ok("sync", "--offline-ok")
    assert answer.err.splitlines() == [f"连不上 origin；这里有 {unsent(cli.root)} 次改动待发送，下次再送"]
    os.rename(f"{shared}.away", shared)
    assert cli.ok("sync").lines == ["已与 origin 同步：收到 0 条记录，送出 1 条记录"]


def unsent(root: Path) -> str:
    """Nothing was ever seen of the other copy: everything counts as unsent."""
    return git("-C", root, "rev-list", "--count", "HEAD").strip()


def test_a_hostile_address_is_no_usage(cli: Line) -> None:
    answer = cli("sync", "ext::sh -c 'touch pwned'")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("ext::sh -c 'touch pwned' 不能作为共享记录簿的地址")
    assert cli("sync", "--", "--upload-pack=x").code == 2
    assert not (cli.root / "pwned").exists()


def test_in_english(cli: Line, other: Path) -> None:
    both_changed(cli, other)
    answer = cli.ok("sync", "--lang", "en", "--now", "2026-11-22 10:10")
    assert answer.lines[0] == "Exchanged with origin: 1 records came, 1 went"
    assert cli.ok("show", MINOR, "--lang", "en").lines[2] == "Changed on two computers at once, please check"


def test_in_a_process_of_its_own_without_a_terminal(cli: Line, other: Path) -> None:
    both_changed(cli, other)
    answer = process(cli.root, "sync", "--quiet", "--now", "2026-11-22 10:10")
    assert (answer.code, len(answer.lines), answer.err) == (0, 3, "")
    assert git("-C", cli.root, "status", "--porcelain") == ""
