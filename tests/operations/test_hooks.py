"""A shared copy takes only what keeps the rules: real pushes between real repositories."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest

from logbook.operations.audit.run import audit
from logbook.operations.receiving import Push
from logbook.operations.receiving import judge
from logbook.operations.receiving import session_at
from logbook.store import receipts
from logbook.store.git import Repository
from tests.operations.audit.kit import Hand
from tests.operations.audit.kit import path_of
from tests.operations.desk import Desk
from tests.operations.desk import moment
from tests.shared import ZERO
from tests.shared import SharedCopy
from tests.shared import git
from tests.shared import without_commits

CP = "CP-20261122-A001"
FIRST = "没有接收：有 {} 处不合记录簿的规则，推送的内容一概没有进入共享库"
LAST = "本机的记录都还在。请把以上文字转给管理员 boss，处理好以后再同步"
NOON = "- at: 2026-11-22T12:00:00+08:00\n  by: {}\n  step: forward\nsignatures:"


@pytest.fixture(scope="module")
def installed(honest_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> SharedCopy:
    return SharedCopy.of(honest_book, tmp_path_factory.mktemp("shared") / "cuihu.git")


@pytest.fixture
def book(honest_book: Desk, tmp_path: Path) -> Desk:
    return honest_book.copy(tmp_path / "book")


@pytest.fixture
def hand(book: Desk) -> Hand:
    return Hand(book)


@pytest.fixture
def shared(installed: SharedCopy, tmp_path: Path) -> SharedCopy:
    return installed.copy(tmp_path / "cuihu.git")


def refused(shared: SharedCopy, desk: Desk) -> list[str]:
    """What a refused push is told, between the first and the last line; nothing of it stays."""
    before, there = shared.head, shared.git("count-objects", "-v")
    pushed = shared.push(desk)
    assert not pushed.accepted
    assert pushed.said[0] == FIRST.format(len(pushed.said) - 2)
    assert pushed.said[-1] == LAST
    assert (shared.head, shared.git("count-objects", "-v")) == (before, there)
    assert shared.git("cat-file", "-e", desk.head, check=False) == ""
    return without_commits(pushed.said[1:-1])


# -- what the program writes ----------------------------------------------------------------------------


def test_what_the_program_writes_is_let_in(book: Desk, shared: SharedCopy) -> None:
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    assert shared.push(book).said == []
    book.step("CP-20261122-A002", "reply", "reply=今天清", now="2026-11-22 11:10")
    book.amend(CP, "place=二号梯", reason="补上", now="2026-11-22 11:20")
    book.void("CP-20261122-A002", now="2026-11-22 11:30")
    pushed = shared.push(book)
    assert (pushed.accepted, pushed.said) == (True, [])
    assert shared.head == book.head
    first, second, third = shared.receipts
    assert first.split()[4] == "(start)"
    assert second.split()[2] == third.split()[1]
    assert third.split()[2:4] == [book.head, "refs/heads/main"]


def test_a_value_set_right_in_place_the_day_it_was_pushed(book: Desk, shared: SharedCopy, hand: Hand) -> None:
    """The record came with an earlier push: who wrote it, and when, is read from its history."""
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    assert shared.push(book).accepted
    path = path_of(book, "CP-20261122-A002")
    hand.edit(path, "summary: 垃圾", "summary: 楼道垃圾")
    hand.commit(record="CP-20261122-A002")
    assert shared.push(book).said == []
    hand.edit(path, "summary: 楼道垃圾", "summary: 楼道里的垃圾")
    hand.commit(record="CP-20261122-A002", by="zhao", author=("赵敏", "zhao@staff.logbook"))
    assert refused(shared, book) == [
        "A13 CP-20261122-A002 summary: summary 被 赵敏 改动，不是本人所写，也没有更正记录 (…)"
    ]


def test_what_was_wrong_before_is_not_held_against_the_next_step(honest_book: Desk, tmp_path: Path) -> None:
    desk = honest_book.copy(tmp_path / "book")
    hand = Hand(desk)
    desk.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    path = path_of(desk, "CP-20261122-A002")
    hand.edit(path, "level: minor", "level: huge")
    hand.commit(record="CP-20261122-A002")
    shared = SharedCopy.of(desk, tmp_path / "old.git")
    hand.edit(path, "amendments:", "amendments:") if "amendments:" in hand.text(path) else None
    hand.write(path, hand.text(path).rstrip("\n") + "\nnote: 见附图\n")
    hand.commit(record="CP-20261122-A002")
    assert [line for line in shared.push(desk).said if "level" in line] == []


def test_a_late_entry_without_a_reason_is_told_and_let_in(book: Desk, shared: SharedCopy) -> None:
    book.add("complaint", "name=赵六", "summary=噪音", at="2026-11-22 06:30", now="2026-11-22 11:10")
    pushed = shared.push(book)
    assert pushed.accepted
    (line,) = without_commits(pushed.said)
    assert line == "A5 CP-20261122-A002 events.1.at: 注意 lina 迟了 4 小时 40 分 才补记，没有写原因 (…)"


# -- each rule ------------------------------------------------------------------------------------------


def forward(by: str) -> tuple[str, str]:
    return "signatures:", NOON.format(by)


@pytest.mark.parametrize(
    ("old", "new", "commit", "lines"),
    [
        (
            *forward("lina"),
            {"action": "forward", "author": ("somebody", "me@example.com")},
            [
                "A1 提交的作者不在员工通讯录里：somebody <me@example.com> (…) → 查明是谁提交的；记录应由员工本人用 logbook 登记",
                "A1 CP-20261122-A001 By: 提交写的 By 是「lina」，实际是「」 (…) → 对照提交的内容核实：git show",
                "A1 CP-20261122-A001 events.3.by: 这条是 lina 的，提交却是 somebody <me@example.com> 的 (…)"
                " → 向两人核实；代别人登记的要写明是谁、为什么",
            ],
        ),
        (
            "电梯",
            "电\u202e梯",
            {},
            ["A4 CP-20261122-A001: 有改变文字方向的隐藏字符 U+202E，会让人看错内容 (…) → 请删除这个字符"],
        ),
        (
            "signatures:",
            "- at: 2026-11-22T13:00:00+08:00\n  by: lina\n  step: forward\nsignatures:",
            {"action": "forward"},
            ["A5 CP-20261122-A001 events.3.at: 写明发生在 11-22 13:00，比提交还晚 (…)"],
        ),
        (
            "    reply: 明天来修",
            "    reply: 下周来修",
            {},
            ["A9 CP-20261122-A001 events.2: events.2 被改动了 (…) → 原文在前一个提交里：logbook history，或 git show"],
        ),
        (
            "name: 王芳",
            "name: 王方",
            {},
            ["A13 CP-20261122-A001 name: name 在签名之后被改动，没有更正记录 (…)"],
        ),
        (
            *forward("sun"),
            {"action": "forward", "by": "sun", "author": ("孙师傅", "sun@staff.logbook")},
            [
                "A14 CP-20261122-A001 events.3.by: sun 不能办理“转呈” (…)"
                " → 应由 客服管理员、客服主管(管理处副主任) 办理；换人用 --by"
            ],
        ),
        (
            "amendments:",
            "- at: 2026-11-22T12:00:00+08:00\n  by: zhao\n  as: reviewed\n  events: 2\n  sha256: "
            + "0" * 64
            + "\namendments:",
            {"action": "sign", "by": "zhao", "author": ("赵敏", "zhao@staff.logbook")},
            ["A21 CP-20261122-A001 signatures.2: zhao 的签名「reviewed」与当时的内容不符 (…)"],
        ),
        (
            *forward("lina"),
            {"action": "forward", "subject": f"{CP} forward: 13800001111 已告知"},
            ["A22 CP-20261122-A001 phone: 提交说明或文件名里写出了「联系电话」 (…)"],
        ),
    ],
    ids=["A1", "A4", "A5", "A9", "A13", "A14", "A21", "A22"],
)
def test_a_tampering_is_refused_in_plain_words(
    book: Desk, shared: SharedCopy, hand: Hand, old: str, new: str, commit: dict[str, object], lines: list[str]
) -> None:
    hand.edit(path_of(book, CP), old, new)
    hand.commit(record=CP, **commit)  # type: ignore[arg-type]
    rule = lines[0].split(" ")[0]
    assert [line for line in refused(shared, book) if line.startswith(f"{rule} ")] == lines


def test_a_shared_identity_is_refused(book: Desk, shared: SharedCopy) -> None:
    book.add("staff", "id=x1", "name=前台", "roles=front_desk", by="boss", now="2026-11-22 11:00")
    told = refused_among(shared, book)
    assert "A2 x1 name: 「前台」是岗位、角色或部门，不是某个人 (…) → 每人各登记一条，把这一条作废" in told


def refused_among(shared: SharedCopy, desk: Desk) -> list[str]:
    pushed = shared.push(desk)
    assert not pushed.accepted
    return without_commits(pushed.said)


def test_a_record_removed_is_refused(book: Desk, shared: SharedCopy, hand: Hand) -> None:
    path = path_of(book, CP)
    hand.git("rm", "-q", path)
    hand.commit(record=CP, action="void")
    assert refused(shared, book) == [
        f"A8 {CP}: {path} 被删除了 (…) → 用 git show 看前一个提交，照原文重新登记并写明原因"
    ]


def test_an_attachment_changed_is_refused(book: Desk, shared: SharedCopy, hand: Hand) -> None:
    name = "0" * 64
    hand.write(f"attachments/{name}", "not what it says")
    hand.commit(record=CP)
    assert f"A11 attachments/{name}: attachments/{name} 与它的名字（校验码）不符 (…)" in refused_among(shared, book)


def test_two_records_in_one_commit_are_refused(book: Desk, shared: SharedCopy, hand: Hand) -> None:
    for record in (CP, "3-502"):
        path = path_of(book, record)
        hand.write(path, hand.text(path).rstrip("\n") + "\nnote: x\n")
    hand.commit(record=CP)
    assert [line for line in refused_among(shared, book) if "一次提交改动了 2 条记录" in line] != []


def test_a_key_lent_twice_is_refused_by_what_the_copy_holds(book: Desk, shared: SharedCopy, hand: Hand) -> None:
    """The first checkout came with an earlier push: the index kept in the copy answers for it."""
    book.add("key_checkout", "key=K-3-502", "borrower=陈工", "purpose=维修", now="2026-11-22 11:00")
    assert shared.push(book).accepted
    path = next(str(one.relative_to(book.root)) for one in (book.root / "records/key_checkout").rglob("*.yaml"))
    number = path.rpartition("/")[2][:-5]
    other = number.replace("A001", "A002")
    text = hand.text(path).replace(number, other).replace("11:00:00", "12:00:00")
    hand.write(path.replace(number, other), text)
    hand.commit(record=other, form=text.split("form: ")[1].split("\n")[0], action="add")
    (line,) = refused(shared, book)
    assert line.startswith(f"A12 {other}")


def test_settings_changed_by_somebody_else_are_refused(book: Desk, shared: SharedCopy, hand: Hand) -> None:
    hand.edit("logbook.yaml", "practice: true", "practice: true\nsettings:\n  attachments:\n    max_mb: 99")
    hand.commit(record="book", form="book", action="settings", subject="book: settings")
    assert refused(shared, book) == ["A14 logbook.yaml: lina 无权修改设置和表单（logbook.yaml） (…)"]


def test_nothing_private_is_told(book: Desk, shared: SharedCopy, hand: Hand) -> None:
    hand.edit(path_of(book, CP), "phone: 13800001111", "phone: 138-secret")
    hand.commit(record=CP)
    told = "\n".join(refused_among(shared, book))
    assert "A12 CP-20261122-A001 phone" in told
    assert "secret" not in told and "13800001111" not in told


def test_more_than_twenty_findings_are_counted(book: Desk, shared: SharedCopy, hand: Hand) -> None:
    for number in range(30):
        hand.write(f"attachments/{number:064d}", "x")
        hand.commit(record=CP)
    pushed = shared.push(book)
    assert not pushed.accepted
    assert len(pushed.said) == 23
    assert pushed.said[0] == FIRST.format(30)
    assert pushed.said[-2:] == ["另有 10 处没有列出", LAST]


def test_a_commit_dated_in_the_future_is_refused_in_a_real_book(honest_book: Desk, tmp_path: Path) -> None:
    desk = honest_book.copy(tmp_path / "book")
    hand = Hand(desk)
    hand.edit("logbook.yaml", "practice: true\n", "")
    hand.commit(
        record="book", form="book", action="settings", by="boss", subject="book: settings",
        author=("高总", "boss@staff.logbook"),
    )  # fmt: skip
    shared = SharedCopy.of(desk, tmp_path / "real.git")
    hand.edit(path_of(desk, CP), "signatures:", NOON.format("lina").replace("2026", "2091"))
    hand.commit(record=CP, action="forward", at="2091-11-22 12:00")
    told = refused(shared, desk)
    assert [line[:26] for line in told if line.startswith("A6")] == ["A6 提交时间 11-22 12:00 比共享库收到"]


# -- refs -----------------------------------------------------------------------------------------------


def test_history_is_not_rewritten(book: Desk, shared: SharedCopy) -> None:
    old = shared.head
    book.git("reset", "-q", "--hard", "HEAD~1")
    pushed = shared.push(book, "--force", "main")
    assert not pushed.accepted
    assert pushed.said == [
        FIRST.format(1),
        f"A8 main 的历史被改写：共享库的 {old[:12]} 已不在其中 → 先同步再推送：logbook sync；不要用 --force",
        LAST,
    ]
    assert shared.head == old


@pytest.mark.parametrize(
    ("what", "line"),
    [
        (":main", "A8 main 是共享库的分支，不能删除"),
        (
            "main:other",
            "共享库只接收分支 main 和检查点，不接收 other → 记录都在一个分支上；要用别的分支，写进 logbook.yaml 的 trail: branches",
        ),
        (
            "main:refs/notes/commits",
            "共享库只接收分支 main 和检查点，不接收 notes/commits"
            " → 记录都在一个分支上；要用别的分支，写进 logbook.yaml 的 trail: branches",
        ),
        ("main:refs/tags/checkpoint/x", "A8 检查点 checkpoint/x 指的不是这本记录簿里的提交"),
    ],
)
def test_a_ref_that_may_not_be_pushed(book: Desk, shared: SharedCopy, what: str, line: str) -> None:
    pushed = shared.push(book, what)
    assert not pushed.accepted
    assert pushed.said == [FIRST.format(1), line, LAST]


def test_a_checkpoint_is_set_once(book: Desk, shared: SharedCopy) -> None:
    tag = "refs/tags/checkpoint/20261122"
    people = ("-c", "user.name=赵敏", "-c", "user.email=zhao@staff.logbook")
    book.git(*people, "tag", "-a", "-m", "checkpoint", "checkpoint/20261122")
    assert shared.push(book, tag).accepted
    book.git(*people, "tag", "-a", "-f", "-m", "other", "checkpoint/20261122", "HEAD~1")
    moved = shared.push(book, f"+{tag}")
    assert moved.said[1] == "A8 检查点 checkpoint/20261122 已经有了，不能改动"
    book.git(*people, "tag", "-a", "-m", "x\n-----BEGIN SSH SIGNATURE-----\nx\n-----END SSH SIGNATURE-----",
             "checkpoint/forged")  # fmt: skip
    forged = shared.push(book, "refs/tags/checkpoint/forged")
    assert forged.said[1] == "A3 checkpoint/forged：签名不成立（bad）"
    gone = shared.push(book, f":{tag}")
    assert gone.said[1] == "A8 检查点 checkpoint/20261122 不能删除"


def test_other_branches_where_the_settings_name_them(honest_book: Desk, tmp_path: Path) -> None:
    desk = honest_book.copy(tmp_path / "book")
    hand = Hand(desk)
    hand.edit("logbook.yaml", "practice: true", "practice: true\ntrail:\n  branches:\n  - draft-*")
    hand.commit(
        record="book", form="book", action="settings", by="boss", subject="book: settings",
        author=("高总", "boss@staff.logbook"),
    )  # fmt: skip
    shared = SharedCopy.of(desk, tmp_path / "drafts.git")
    assert shared.push(desk, "main:draft-1").accepted
    assert not shared.push(desk, "main:other").accepted
    hand.edit(path_of(desk, CP), "reply: 明天来修", "reply: 下周来修")
    hand.commit(record=CP)
    pushed = shared.push(desk, "main:draft-2")
    assert [line[:3] for line in pushed.said if line.startswith("A")] == ["A9 "]


def test_the_first_push_into_an_empty_copy_is_audited_whole(book: Desk, hand: Hand, tmp_path: Path) -> None:
    empty = SharedCopy(tmp_path / "empty.git")
    git(tmp_path, "init", "-q", "--bare", "--initial-branch=master", str(empty.root))
    empty.install()
    hand.edit(path_of(book, CP), "reply: 明天来修", "reply: 下周来修")
    hand.commit(record=CP)
    bad = empty.push(book)
    assert not bad.accepted
    assert [line[:27] for line in bad.said if line.startswith("A9")] == ["A9 CP-20261122-A001 events."]
    book.git("reset", "-q", "--hard", "HEAD~1")
    assert empty.push(book).accepted
    assert empty.git("symbolic-ref", "HEAD") == "refs/heads/main\n"
    (line,) = empty.receipts
    assert line.split()[1:3] == [ZERO, book.head]


def test_what_is_no_book_is_refused(tmp_path: Path) -> None:
    empty = SharedCopy(tmp_path / "empty.git")
    git(tmp_path, "init", "-q", "--bare", "--initial-branch=main", str(empty.root))
    empty.install()
    other = Desk(tmp_path / "other")
    git(tmp_path, "init", "-q", "--initial-branch=main", str(other.root))
    other.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m", "x")
    pushed = empty.push(other)
    assert not pushed.accepted
    assert pushed.said == [
        f"推送的不是记录簿：提交 {other.head[:12]} 里没有 logbook.yaml",
        "    → 把记录簿推送到这里，或另建一个共享库",
    ]


# -- two desks ------------------------------------------------------------------------------------------


def diverged(book: Desk, shared: SharedCopy, tmp_path: Path) -> Desk:
    """A second desk that wrote something else meanwhile."""
    other = book.copy(tmp_path / "other")
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    assert shared.push(book).accepted
    other.add("complaint", "name=孙七", "summary=漏水", now="2026-11-22 11:05", desk="B")
    return other


def merged(other: Desk, shared: SharedCopy) -> None:
    other.git("fetch", "-q", str(shared.root), "main")
    people = {
        "GIT_AUTHOR_NAME": "李娜", "GIT_AUTHOR_EMAIL": "lina@staff.logbook",
        "GIT_COMMITTER_NAME": "前台 B", "GIT_COMMITTER_EMAIL": "desk-b@desk.logbook",
    }  # fmt: skip
    git(other.root, "merge", "-q", "--no-edit", "FETCH_HEAD", env=people)


def test_two_desks_meet_in_a_merge(book: Desk, shared: SharedCopy, tmp_path: Path) -> None:
    other = diverged(book, shared, tmp_path)
    late = shared.push(other)
    assert not late.accepted  # Git itself wants the other's commits first
    merged(other, shared)
    pushed = shared.push(other)
    assert (pushed.accepted, pushed.said) == (True, [])


def test_both_desks_lent_the_same_key_and_nobody_could_know(book: Desk, shared: SharedCopy, tmp_path: Path) -> None:
    other = book.copy(tmp_path / "other")
    book.add("key_checkout", "key=K-3-502", "borrower=陈工", "purpose=维修", now="2026-11-22 11:00")
    assert shared.push(book).accepted
    other.add("key_checkout", "key=K-3-502", "borrower=刘洋", "purpose=查漏", now="2026-11-22 11:05", desk="B")
    merged(other, shared)
    pushed = shared.push(other)
    assert pushed.accepted, pushed.said


def test_a_merge_that_holds_something_else_is_refused(book: Desk, shared: SharedCopy, tmp_path: Path) -> None:
    other = diverged(book, shared, tmp_path)
    merged(other, shared)
    path = path_of(other, CP)
    (other.root / path).write_text((other.root / path).read_text("utf-8").replace("明天", "下周"), "utf-8")
    people = ("-c", "user.name=李娜", "-c", "user.email=lina@staff.logbook")
    other.git(*people, "commit", "-q", "-a", "--amend", "--no-edit", "--no-verify")
    assert refused(shared, other) == [f"A9 {path}: 合并的结果与双方的内容不符：{path} (…)"]


def test_a_merge_that_drops_what_the_other_desk_wrote_is_refused(
    book: Desk, shared: SharedCopy, tmp_path: Path
) -> None:
    other = diverged(book, shared, tmp_path)
    merged(other, shared)
    path = path_of(other, "CP-20261122-A002")
    other.git("rm", "-q", path)
    people = ("-c", "user.name=李娜", "-c", "user.email=lina@staff.logbook")
    other.git(*people, "commit", "-q", "--amend", "--no-edit", "--no-verify")
    assert refused(shared, other) == [f"A9 {path}: 合并的结果与双方的内容不符：{path} (…)"]


def test_two_pushes_at_once(book: Desk, shared: SharedCopy, tmp_path: Path) -> None:
    other = book.copy(tmp_path / "other")
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    other.add("complaint", "name=孙七", "summary=漏水", now="2026-11-22 11:05", desk="B")
    came = {}
    threads = [
        threading.Thread(target=lambda desk=desk: came.update({desk.root: shared.push(desk)})) for desk in (book, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [root for root, pushed in came.items() if pushed.accepted]
    assert len(winners) == 1
    assert shared.head == Desk(winners[0]).head
    log = receipts.read_file(shared.root / "logbook" / "receipts.log")
    assert (log.broken, [one.pusher == "(missed)" for one in log.entries]) == ((), [False, False])


def test_a_ref_that_moved_meanwhile_is_left_to_the_next_try(book: Desk, shared: SharedCopy) -> None:
    old = shared.git("rev-parse", "refs/heads/main~1").strip()
    with Repository(shared.root) as repository:
        done = judge(
            repository, [Push(old, book.head, "refs/heads/main")], now=moment("2026-11-22 12:00"), environment={}
        )
    assert [one.issue.rule for one in done.refused] == ["hook.moved"]


# -- wherever it runs -----------------------------------------------------------------------------------


def test_over_ssh_with_nothing_in_the_environment(book: Desk, shared: SharedCopy, tmp_path: Path) -> None:
    """The other side knows no HOME, no LANG, no PATH: what an ssh server may give a command."""
    import shutil

    ssh = tmp_path / "ssh"
    git_path = shutil.which("git")
    ssh.write_text(
        f"#!/usr/bin/python3\nimport os, shlex, sys\nwords = shlex.split(sys.argv[-1])\n"
        f"os.execve({git_path!r}, ['git', 'receive-pack', words[-1]], {{'GIT_CONFIG_NOSYSTEM': '1',"
        f" 'LOGBOOK_PUSHER': '李 娜'}})\n",
        "utf-8",
    )
    ssh.chmod(0o755)
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    done = subprocess.run(
        ["git", "push", "-q", f"ssh://nobody@copy.invalid{shared.root}", "main"], cwd=book.root,
        env={"PATH": os.environ["PATH"], "GIT_SSH": str(ssh), "GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert shared.head == book.head
    assert shared.receipts[-1].split()[4] == "李_娜"
    Hand(book).edit(path_of(book, CP), "明天", "下周")
    Hand(book).commit(record=CP)
    done = subprocess.run(
        ["git", "push", "-q", f"ssh://nobody@copy.invalid{shared.root}", "main"], cwd=book.root,
        env={"PATH": os.environ["PATH"], "GIT_SSH": str(ssh), "GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "A9 CP-20261122-A001 events.2: events.2 被改动了" in done.stderr.decode()


def test_a_home_that_cannot_be_written(book: Desk, shared: SharedCopy) -> None:
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    pushed = shared.push(book, env={"HOME": "/proc/1/nowhere", "XDG_CACHE_HOME": "/proc/1/nowhere"})
    assert (pushed.accepted, pushed.said) == (True, [])


def test_a_fault_of_the_program_refuses_and_shows_no_trace(book: Desk, shared: SharedCopy) -> None:
    hook = shared.root / "hooks" / "pre-receive"
    text = hook.read_text("utf-8")
    broken = "import logbook.operations.receiving as room\nroom.judge = lambda *a, **k: 1 // 0\nsys.exit(run"
    hook.write_text(text.replace("sys.exit(run", broken), "utf-8")
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    pushed = shared.push(book)
    assert not pushed.accepted
    (line,) = pushed.said
    head, _, place = line.rpartition(" ")
    assert head == "没有接收：检查程序自身出错，推送的内容一概没有进入共享库；日志在共享库的"
    assert "ZeroDivisionError" in (shared.root / place).read_text("utf-8")


def test_a_copy_whose_program_is_gone_takes_nothing(book: Desk, shared: SharedCopy) -> None:
    hook = shared.root / "hooks" / "pre-receive"
    _, _, rest = hook.read_text("utf-8").partition("\n")
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    hook.write_text("#!/nowhere/python -I\n" + rest, "utf-8")
    assert not shared.push(book).accepted
    shared.install()
    assert "/nowhere" not in hook.read_text("utf-8")
    hook.write_text(hook.read_text("utf-8").replace("from logbook.cli.main", "from logbook_gone"), "utf-8")
    pushed = shared.push(book)
    assert pushed.said == ["logbook: the program that checks this book is missing or broken; nothing was accepted"]
    assert not pushed.accepted


# -- receipts and the audit -----------------------------------------------------------------------------


def told(shared: SharedCopy) -> list[tuple[str, str, bool]]:
    """What an audit of the copy says of its receipts."""
    with Repository(shared.root) as repository:
        session = session_at(
            repository, shared.head, now=moment("2026-11-22 12:00"), environment={}, current=True
        )
        done = audit(session, log=receipts.read(repository))
    return [
        (one.rule, one.code, one.is_error)
        for one in done.findings
        if one.code.startswith("audit.receipt") or one.code == "audit.rewritten"
    ]


def test_a_push_whose_receipt_was_cut_off_is_noted_by_the_next(book: Desk, shared: SharedCopy) -> None:
    hook = shared.root / "hooks" / "post-receive"
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    kept = hook.read_bytes()
    hook.write_bytes(kept.replace(b"sys.exit(run", b"sys.exit(1); (run"))
    assert shared.push(book).accepted
    first = book.head
    assert told(shared) == [("A6", "audit.receipt-missed", False)]
    hook.write_bytes(kept)
    book.add("complaint", "name=赵六", "summary=噪音", now="2026-11-22 11:10")
    assert shared.push(book).accepted
    start, missed, last = (line.split() for line in shared.receipts)
    assert missed[1:5] == [start[2], first, "refs/heads/main", "(missed)"]
    assert last[1:3] == [first, book.head]
    assert told(shared) == [("A6", "audit.receipt-missed", False)]


def test_a_copy_that_was_put_back_is_found_out(book: Desk, shared: SharedCopy, tmp_path: Path) -> None:
    other = book.copy(tmp_path / "other")
    old = shared.head
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    assert shared.push(book).accepted
    assert told(shared) == []
    shared.git("update-ref", "refs/heads/main", old)
    assert told(shared) == [("A8", "audit.rewritten", True)]
    other.add("complaint", "name=孙七", "summary=漏水", now="2026-11-22 11:05")
    pushed = shared.push(other)
    assert pushed.accepted
    assert pushed.said == [
        f"A8 注意 共享库曾收到 {book.head[:12]}，现在的历史里没有它：有人把共享库退回去了 → 请管理员用 logbook audit 查明"
    ]
    assert told(shared) == [("A8", "audit.rewritten", True)]


def test_receipts_that_were_changed_are_found_out(book: Desk, shared: SharedCopy) -> None:
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    assert shared.push(book).accepted
    log = shared.root / "logbook" / "receipts.log"
    log.write_text(log.read_text("utf-8").replace("2026-11-22T04:00:00", "2026-11-21T04:00:00"), "utf-8")
    assert told(shared) == [("A8", "audit.receipts-broken", True), ("A8", "audit.receipts-differ", True)]


def test_a_clone_reads_the_receipts_with_git_and_audits_by_them(book: Desk, shared: SharedCopy) -> None:
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    assert shared.push(book).accepted
    book.git("fetch", "-q", str(shared.root), "refs/logbook/receipts:refs/logbook/receipts")
    session = book.session("2026-11-22 12:00")
    log = receipts.read(session.repository)
    assert log is not None
    done = audit(session, log=log)
    assert sum(len(found) for found in done.delays.values()) == 1  # what was there before receipts has no time
    assert book.git("show", "refs/logbook/receipts:000000.log").splitlines() == shared.receipts
    session.close()
