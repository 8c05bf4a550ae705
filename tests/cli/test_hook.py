"""The command of hooks, and a desk whose plain commits are held to the same rules."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import MINOR
from tests.cli.line import Answer
from tests.cli.line import Line
from tests.cli.line import environment
from tests.cli.line import process
from tests.shared import git

LINA = {
    "GIT_AUTHOR_NAME": "李娜", "GIT_AUTHOR_EMAIL": "lina@staff.logbook",
    "GIT_COMMITTER_NAME": "前台 A", "GIT_COMMITTER_EMAIL": "desk-a@desk.logbook",
    "GIT_AUTHOR_DATE": "2026-11-20T10:00:00+08:00", "GIT_COMMITTER_DATE": "2026-11-20T10:00:00+08:00",
}  # fmt: skip
RECORD = f"records/complaint/2026/11/{MINOR}.yaml"


@pytest.fixture
def copy(book: Path, tmp_path: Path) -> Path:
    """A bare clone of the book."""
    root = tmp_path / "cuihu.git"
    git(tmp_path, "clone", "-q", "--bare", str(book), str(root))
    return root


def plain_commit(book: Path, *words: str) -> Answer:
    """``git commit`` as somebody types it."""
    env = environment(**LINA)
    done = subprocess.run(["git", "commit", "-q", "-m", "x", *words], cwd=book, env=env, capture_output=True, check=False)
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


def edit(book: Path, old: str, new: str, path: str = RECORD) -> None:
    text = (book / path).read_text("utf-8")
    assert old in text
    (book / path).write_text(text.replace(old, new, 1), "utf-8")


# -- a shared copy --------------------------------------------------------------------------------------


def test_installing_in_a_shared_copy(cli: Line, copy: Path) -> None:
    before = cli("hook", "status", str(copy))
    assert before.code == 1
    assert before.lines[0].split() == ["pre-receive", "没有", f"{copy}/hooks/pre-receive"]
    done = cli.ok("hook", "install", str(copy))
    assert done.err == "共享库从现在起检查每一次推送，并留下回执\n"
    assert [line.split()[:2] for line in done.lines[:6]] == [
        ["pre-receive", "正常"],
        ["post-receive", "正常"],
        ["receive.denyNonFastForwards", "true"],
        ["receive.denyDeletes", "true"],
        ["core.logAllRefUpdates", "always"],
        ["transfer.fsckObjects", "true"],
    ]
    told = cli.ok("hook", "status", str(copy), "--format", "json").json
    assert (told["shared"], told["good"], told["receipts"], told["receipts_whole"]) == (True, True, 1, True)
    for name in ("pre-receive", "post-receive"):
        text = (copy / "hooks" / name).read_text("utf-8")
        assert text.startswith("#!/") and "/sh" not in text
        assert os.access(copy / "hooks" / name, os.X_OK)


def test_installing_twice_changes_nothing(cli: Line, copy: Path) -> None:
    cli.ok("hook", "install", str(copy))
    kept = {path: path.stat().st_mtime_ns for path in (*copy.glob("hooks/*receive"), copy / "config")}
    cli.ok("hook", "install", str(copy))
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert len((copy / "logbook/receipts.log").read_text("utf-8").splitlines()) == 1


def test_somebody_elses_hook_is_left_alone(cli: Line, copy: Path) -> None:
    hook = copy / "hooks" / "pre-receive"
    hook.write_text("#!/bin/true\n", "utf-8")
    answer = cli("hook", "install", str(copy))
    assert answer.code == 3
    assert answer.err == (
        f"{hook} 已有别人的 pre-receive，没有改动\n    → 两个检查都要的，由原来的钩子调用 logbook hook run pre-receive；"
        "改用 logbook 的，加 --force（原来的改名保留）\n"
    )
    assert hook.read_text("utf-8") == "#!/bin/true\n"
    assert not (copy / "hooks" / "post-receive").exists()
    cli.ok("hook", "install", str(copy), "--force")
    assert hook.with_name("pre-receive.before-logbook").read_text("utf-8") == "#!/bin/true\n"
    assert cli("hook", "status", str(copy)).code == 0
    cli.ok("hook", "remove", str(copy))
    assert hook.read_text("utf-8") == "#!/bin/true\n"
    assert sorted(path.name for path in copy.glob("hooks/*receive*") if path.suffix != ".sample") == ["pre-receive"]


@pytest.mark.parametrize(("place", "folder"), [("gitea", "hooks/{}.d"), ("gitlab", "custom_hooks/{}.d")])
def test_where_a_git_host_looks_for_hooks(cli: Line, copy: Path, place: str, folder: str) -> None:
    cli.ok("hook", "install", str(copy), "--place", place)
    for name in ("pre-receive", "post-receive"):
        assert os.access(copy / folder.format(name) / "logbook", os.X_OK)
        assert not (copy / "hooks" / name).exists()


def test_the_folders_of_gitea_are_found_unasked(cli: Line, copy: Path) -> None:
    for name in ("pre-receive", "post-receive"):
        (copy / f"hooks/{name}.d").mkdir()
        (copy / "hooks" / name).write_text("#!/bin/true\n", "utf-8")
    cli.ok("hook", "install", str(copy))
    assert (copy / "hooks/pre-receive.d/logbook").exists()
    assert (copy / "hooks/pre-receive").read_text("utf-8") == "#!/bin/true\n"


def test_a_folder_of_hooks_that_others_use_is_left_alone(cli: Line, copy: Path, tmp_path: Path) -> None:
    git(copy, "config", "core.hooksPath", str(tmp_path / "everybody"))
    answer = cli("hook", "install", str(copy))
    assert answer.code == 3
    assert answer.err.startswith(f"钩子放在 {tmp_path}/everybody，别的仓库也在用，没有改动\n")
    assert not (tmp_path / "everybody").exists()


def test_several_accounts_push_into_a_copy_of_a_group(cli: Line, copy: Path) -> None:
    git(copy, "config", "core.sharedRepository", "group")
    cli.ok("hook", "install", str(copy))
    assert (copy / "logbook").stat().st_mode & 0o7777 == 0o2775


def test_a_hook_that_lost_its_right_to_run_is_told(cli: Line, copy: Path) -> None:
    cli.ok("hook", "install", str(copy))
    (copy / "hooks/pre-receive").chmod(0o644)
    answer = cli("hook", "status", str(copy))
    assert (answer.code, answer.lines[0].split()[1]) == (1, "不能执行")
    cli.ok("hook", "install", str(copy))
    assert cli("hook", "status", str(copy)).code == 0


def test_nowhere_and_no_such_hook(cli: Line, tmp_path: Path) -> None:
    assert cli("hook", "install", str(tmp_path / "no")).err == f"没有 {tmp_path}/no 这个文件夹\n"
    assert cli("hook", "install", str(tmp_path)).code == 3
    answer = cli("hook", "run", "update")
    assert (answer.code, answer.err) == (
        2, "没有这个钩子：update\n    → 可以是 pre-receive、post-receive、pre-commit\n",
    )  # fmt: skip


def test_a_shared_copy_is_read_like_a_book_and_never_written(cli: Line, copy: Path) -> None:
    here = cli.ok("list", "complaint", "--format", "ids")
    assert cli.ok("--book", str(copy), "list", "complaint", "--format", "ids").out == here.out
    assert cli.ok("--book", str(copy), "show", MINOR, "--format", "json").json["id"] == MINOR
    answer = cli("--book", str(copy), "add", "complaint", "name=x", "summary=y", "--by", "lina")
    assert (answer.code, answer.err.splitlines()[0]) == (3, f"{copy} 是共享库，只能查看，不能在里面登记")


# -- a desk ---------------------------------------------------------------------------------------------


def test_a_desk_notices_at_once(cli: Line, book: Path) -> None:
    done = cli.ok("hook", "install")
    assert done.err == "这台电脑从现在起在每次提交前检查\n"
    assert done.lines == [f"{'pre-commit':<28}正常  {book}/.git/hooks/pre-commit"]
    cli.ok("--now", "2026-11-20 10:00", "step", MINOR, "reply", "reply=明天来修", "--by", "lina")
    edit(book, "reply: 明天来修", "reply: 下周来修")
    answer = plain_commit(book, "-a")
    assert answer.code == 1
    assert answer.err.splitlines() == [
        f"A9 {MINOR} events.2: events.2 被改动了 → 原文在前一个提交里：logbook history，或 git show",
        "没有提交：有 1 处不合记录簿的规则",
    ]
    assert plain_commit(book, "-a", "--no-verify").code == 0


def test_the_staging_area_of_the_commit_counts(cli: Line, book: Path) -> None:
    """``git commit FILE`` has a staging area of its own; what else is staged is not looked at."""
    cli.ok("hook", "install")
    other = next(str(path.relative_to(book)) for path in book.rglob("CP-20261121-A001.yaml"))
    edit(book, "level: major", "level: huge", other)
    git(book, "add", other)
    edit(book, "summary: 电梯异响", "summary: 二号电梯异响")
    assert plain_commit(book, RECORD).code == 0
    answer = plain_commit(book)
    assert answer.code == 1
    assert "level" in answer.err


def test_a_record_taken_away_or_changed_by_another(cli: Line, book: Path) -> None:
    cli.ok("hook", "install")
    git(book, "rm", "-q", RECORD)
    assert plain_commit(book).err.splitlines()[0] == (
        f"A8 {MINOR}: {RECORD} 被删除了 → 用 git show 看前一个提交，照原文重新登记并写明原因"
    )
    git(book, "reset", "-q", "--hard")
    edit(book, "summary: 电梯异响", "summary: 没事")
    answer = plain_commit(book, "-a", "--author", "赵敏 <zhao@staff.logbook>")
    assert answer.err.splitlines()[0] == f"A13 {MINOR} summary: summary 被 赵敏 改动，不是本人所写，也没有更正记录"
    answer = plain_commit(book, "-a", "--date", "2026-11-22T10:00:00+08:00")
    assert answer.err.splitlines()[0] == f"A13 {MINOR} summary: summary 写下 24 小时以后被改动，没有更正记录"


def test_other_files_are_nobodys_business(cli: Line, book: Path) -> None:
    cli.ok("hook", "install")
    (book / "notes.txt").write_text("x", "utf-8")
    git(book, "add", "notes.txt")
    assert plain_commit(book).code == 0


def test_what_the_program_writes_passes_a_desk_with_hooks(cli: Line, book: Path) -> None:
    cli.ok("hook", "install")
    cli.ok("--now", "2026-11-21 11:00", "add", "complaint", "name=赵六", "summary=噪音", "--by", "lina")
    assert git(book, "status", "--porcelain") == ""


# -- the audit ------------------------------------------------------------------------------------------


def test_the_audit_goes_by_receipts(cli: Line, book: Path, copy: Path, tmp_path: Path) -> None:
    cli.ok("hook", "install", str(copy))
    cli.ok("--now", "2026-11-21 11:00", "add", "complaint", "name=赵六", "summary=噪音", "--by", "lina")
    git(book, "push", "-q", str(copy), "main")
    git(book, "fetch", "-q", str(copy), "refs/logbook/receipts:refs/logbook/receipts")
    answer = cli("audit", "--format", "json")
    received = [one["received_at"] for one in answer.json if one["received_at"]]
    table = cli("audit")
    assert "各台电脑的提交多久送到共享库（提交数、中位数、最长）:" in table.lines
    log = tmp_path / "receipts.log"
    log.write_text((copy / "logbook/receipts.log").read_text("utf-8").replace("main", "mine"), "utf-8")
    rules = [one["finding"] for one in cli("audit", "--receipts", str(log), "--format", "json").json]
    assert "audit.receipts-broken" in rules
    assert received == [] or all(one.startswith("20") for one in received)


def test_a_hook_runs_in_a_process_of_its_own(book: Path, copy: Path) -> None:
    answer = process(copy, "hook", "install", ".")
    assert answer.code == 0, answer.err
    done = subprocess.run(
        [str(copy / "hooks/pre-receive")], cwd=copy, env={}, input=b"", capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
