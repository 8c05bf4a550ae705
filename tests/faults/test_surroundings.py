"""Full disks, read-only books, left-over locks, broken indexes, odd Git states: plain refusals, and nothing lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import book
from tests.cli.conftest import cli
from tests.cli.conftest import told_book
from tests.cli.line import Line
from tests.cli.line import environment

__all__ = ["book", "cli", "told_book"]

NOW = ("--now", "2026-11-24 09:00")
ADD = ("add", "complaint", "name=李四", "summary=楼道垃圾", *NOW)
KNOWN = {"CP-20261120-A001", "CP-20261121-A001"}


def git(root: Path, *words: str, check: bool = True) -> str:
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, check=False)
    assert not check or done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def sound(root: Path) -> None:
    git(root, "fsck", "--strict", "--no-dangling")
    assert git(root, "status", "--porcelain", "--untracked-files=all") == ""


def ids(line: Line) -> list[str]:
    return line.ok("list", "complaint", "--format", "ids", *NOW).lines


# -- disks ------------------------------------------------------------------------------------


def on_a_mount(script: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script of the test's own where it may mount; skipped where this is not allowed."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
        pytest.skip("mounting is not allowed here")
    env = {**environment(), "LOGBOOK": f"{sys.executable} -m logbook"}
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "-", *words], env=env, capture_output=True, text=True, timeout=110, check=False
    )


def test_a_disk_that_fills_up(book: Path, tmp_path: Path) -> None:
    script = """
        set -e
        mkdir "$2"; mount -t tmpfs -o size=$3k none "$2"; cp -a "$1" "$2/book"; cd "$2/book"
        dd if=/dev/zero of="$2/filler" bs=1k 2>/dev/null || true
        truncate -s -$4k "$2/filler"
        for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
            code=0; $LOGBOOK add complaint name=x summary=$n --now "2026-11-24 09:00" 2>"$2/../err.$n" || code=$?
            echo "exit $code"
        done
        rm -f "$2/filler"
        $LOGBOOK add complaint name=x summary=last --now "2026-11-24 10:00" 2>/dev/null
        git fsck --strict --no-dangling >/dev/null 2>&1 && echo sound
        git status --porcelain --untracked-files=all
        $LOGBOOK list complaint --format ids --since 2026-11-24 --now "2026-11-24 11:00" | sed 's/^/listed /'
    """
    used = int(subprocess.run(["du", "-sk", book], capture_output=True, check=True).stdout.split()[0])
    done = on_a_mount(script, str(book), str(tmp_path / "disk"), str(used + 2000), "250")
    lines = done.stdout.splitlines()
    codes = [line for line in lines if line.startswith("exit ")]
    assert set(codes) <= {"exit 0", "exit 3"}, done
    assert "exit 3" in codes, done
    told = [line for line in lines if line.startswith("CP-")]
    assert told == [f"CP-20261124-A{n:03}" for n in range(1, len(told) + 1)]
    assert len(told) == codes.count("exit 0") + 1
    assert [line for line in lines if line.startswith("listed ")] == [f"listed {one}" for one in told]
    assert [line for line in lines if not line.startswith(("CP-", "exit ", "listed "))] == ["sound"]
    for n, code in enumerate(codes, 1):
        said = (tmp_path / f"err.{n}").read_text()
        assert "Traceback" not in said
        assert code == "exit 0" or said.strip()
        assert "error-20" not in said, said


@pytest.mark.parametrize("home", ["writable", "not"])
def test_a_read_only_book(book: Path, tmp_path: Path, home: str) -> None:
    script = """
        set -e
        mkdir "$2"; mount --bind "$1" "$2"; mount -o remount,ro,bind "$2"; cd "$2"
        for words in "list complaint --format ids" "overdue --format ids" "show CP-20261120-A001" "validate" \
                "history CP-20261120-A001" "list 电梯 --format ids" "doctor"; do
            code=0; $LOGBOOK --now "2026-11-24 09:00" $words >"$3/out" 2>"$3/err" || code=$?
            echo "$words: $code"; grep -q Traceback "$3/err" && echo traceback || true
        done
        code=0; $LOGBOOK add complaint name=x summary=y --now "2026-11-24 09:00" 2>"$3/add" || code=$?
        echo "add: $code"
    """
    git(book, "add", "-A")  # nothing; but the index of Git is fresh
    os.environ["HOME"] = os.environ["HOME"]
    (book / ".git/logbook/index.db").unlink(missing_ok=True)
    script = script if home == "writable" else "HOME=/proc/nowhere; export HOME\n" + script
    done = on_a_mount(script, str(book), str(tmp_path / "fixed"), str(tmp_path))
    assert [line for line in done.stdout.splitlines() if not line.endswith(": 0")] == ["add: 3"], done
    assert "不能写入" in (tmp_path / "add").read_text() or "cannot be written" in (tmp_path / "add").read_text()


# -- locks ------------------------------------------------------------------------------------


def test_our_lock_file_of_a_dead_process(cli: Line) -> None:
    place = cli.root / ".git/logbook/lock"
    place.parent.mkdir(exist_ok=True)
    place.write_text("999999\n")
    cli.ok(*ADD)
    sound(cli.root)


@pytest.mark.parametrize("name", ["index.lock", "HEAD.lock", "refs/heads/main.lock"])
def test_a_lock_file_of_a_dead_git(cli: Line, name: str) -> None:
    lock = cli.root / ".git" / name
    lock.touch()
    then = time.time() - 120
    os.utime(lock, (then, then))
    answer = cli(*ADD)
    assert answer.code in (0, 3)
    assert "Traceback" not in answer.err
    assert (answer.out == "") is (answer.code == 3)
    if answer.code == 3:
        assert str(lock) in answer.err
    cli("doctor", *NOW)
    assert not lock.exists()
    cli.ok(*ADD)
    assert len(ids(cli)) == 2 + 1 + (answer.code == 0)
    sound(cli.root)


# -- the index --------------------------------------------------------------------------------


def spoilt(place: Path, how: str) -> None:
    data = place.read_bytes()
    for ending in ("-wal", "-shm"):
        Path(f"{place}{ending}").unlink(missing_ok=True)
    if how == "text":
        place.write_text("not a database\n" * 1000)
    elif how == "empty":
        place.write_bytes(b"")
    elif how == "half":
        place.write_bytes(data[: len(data) // 2])
    elif how == "head only":
        place.write_bytes(data[:100])
    elif how == "zeroed":
        place.write_bytes(data[:4096] + bytes(len(data) - 4096))
    elif how == "other program":
        place.unlink()
        with sqlite3.connect(place) as other:
            other.execute("create table records (x)")
        other.close()
    elif how == "other version":
        with sqlite3.connect(place) as other:
            other.execute("update meta set value = 'from the future'")
        other.close()
    elif how == "folder":
        place.unlink()
        place.mkdir()


@pytest.mark.parametrize(
    "how", ["text", "empty", "half", "head only", "zeroed", "other program", "other version", "folder"]
)
def test_an_index_that_is_none(cli: Line, how: str) -> None:
    assert set(ids(cli)) == KNOWN
    spoilt(cli.root / ".git/logbook/index.db", how)
    assert set(ids(cli)) == KNOWN
    assert cli.ok("list", "电梯", "--format", "ids", *NOW).lines == ["CP-20261120-A001"]
    made = cli.ok(*ADD).out.strip()
    assert set(ids(cli)) == {*KNOWN, made}
    sound(cli.root)


# -- Git ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        "[core]\n\tautocrlf = true\n", "[core]\n\teol = crlf\n", "[commit]\n\tgpgsign = true\n[gpg]\n\tprogram = false\n",
        "[core]\n\thooksPath = /nowhere\n", "[user]\n\tuseConfigOnly = true\n", "[core]\n\tfileMode = false\n",
        "[status]\n\tshowUntrackedFiles = no\n[diff]\n\tnoprefix = true\n[log]\n\tshowSignature = true\n",
        "[color]\n\tui = always\n[core]\n\tquotePath = true\n\tabbrev = 4\n", "[push\n\tbroken",
    ],
    ids=range(9),
)  # fmt: skip
def test_what_a_person_set_for_all_of_his_git(cli: Line, settings: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = cli.root.parent / "gitconfig"
    place.write_text(settings)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(place))
    answer = cli(*ADD)
    if "broken" in settings:
        assert (answer.code, answer.out) == (3, "")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        assert set(ids(cli)) == set(KNOWN)
        sound(cli.root)
        return
    assert answer.code == 0, answer
    assert set(ids(cli)) == {*KNOWN, answer.out.strip()}
    path = next((cli.root / "records/complaint/2026/11").glob("CP-20261124-A001.yaml"))
    assert b"\r" not in path.read_bytes()
    cli.ok("history", answer.out.strip(), *NOW)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    sound(cli.root)


def test_files_with_the_line_ends_of_windows(cli: Line) -> None:
    place = cli.root / "records/complaint/2026/11/CP-20261120-A001.yaml"
    place.write_bytes(place.read_bytes().replace(b"\n", b"\r\n"))
    answer = cli("step", "CP-20261120-A001", "forward", "forwarded_to=director", *NOW)
    assert (answer.code, answer.out) == (3, "")
    cli.ok(*ADD)


def test_no_branch_another_branch_and_a_merge(cli: Line) -> None:
    root = cli.root
    git(root, "checkout", "-q", "--detach")
    answer = cli(*ADD)
    assert (answer.code, answer.out) == (3, "")
    assert set(ids(cli)) == KNOWN
    git(root, "checkout", "-q", "-b", "other")
    cli.ok(*ADD)
    assert len(ids(cli)) == 3
    git(root, "checkout", "-q", "main")
    assert set(ids(cli)) == KNOWN
    cli.ok("add", "complaint", "name=王五", "summary=另一件", "level=major", *NOW)
    git(root, "-c", "user.name=x", "-c", "user.email=x", "merge", "-q", "other", check=False)
    assert (root / ".git/MERGE_HEAD").exists()
    answer = cli(*ADD)
    assert answer.code in (0, 3)
    assert "Traceback" not in answer.err and "error-20" not in answer.err
    cli("list", *NOW)
    cli("doctor", *NOW)
    cli("validate", *NOW)
    git(root, "merge", "--abort", check=False)
    assert "CP-20261124-A001" in ids(cli)


def test_a_submodule_among_the_records(cli: Line) -> None:
    head = git(cli.root, "rev-parse", "HEAD").strip()
    git(cli.root, "update-index", "--add", "--cacheinfo", f"160000,{head},records/complaint/2026/11/sub.yaml")
    git(cli.root, "update-index", "--add", "--cacheinfo", f"160000,{head},records/complaint/sub")
    git(cli.root, "-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x")
    assert KNOWN <= set(ids(cli))
    cli.ok(*ADD)
    assert cli("validate", *NOW).code in (0, 1)


# -- clocks -------------------------------------------------------------------------------------


def test_a_clock_that_jumps(cli: Line) -> None:
    """Numbers are of the day the thing happened; nothing is lost or given twice however the clock goes."""
    hours = ("2026-11-24 09:00", "2026-11-24 08:00", "2026-11-23 09:00", "2026-11-24 10:00", "2027-01-01 00:00", "2026-11-24 09:30")
    made = [
        cli.ok("add", "complaint", f"name=第{n}位", f"summary=第{n}件", "--now", hour).out.strip()
        for n, hour in enumerate(hours)
    ]
    assert made == [
        "CP-20261124-A001", "CP-20261124-A002", "CP-20261123-A001", "CP-20261124-A003", "CP-20270101-A001",
        "CP-20261124-A004",
    ]  # fmt: skip
    cli.ok("validate", "--now", "2027-01-02")
    assert cli.ok("list", "complaint", "--format", "ids", "--now", "2026-11-24 08:30").lines == [
        *sorted(KNOWN), "CP-20261123-A001", "CP-20261124-A002",
    ]  # fmt: skip
    sound(cli.root)


def test_the_hour_that_comes_twice(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        one = cli.ok("add", "complaint", "name=x", "summary=甲", "--now", "2026-11-01T01:30:00-04:00").out.strip()
        two = cli.ok("add", "complaint", "name=y", "summary=乙", "--now", "2026-11-01T01:30:00-05:00").out.strip()
        assert (one, two) == ("CP-20261101-A001", "CP-20261101-A002")
        assert cli.ok("validate", *NOW).out == ""
    finally:
        monkeypatch.undo()
        time.tzset()
    sound(cli.root)
