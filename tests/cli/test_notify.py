"""`logbook notify` as cron runs it: three mornings, an empty environment, a channel that fails, the monitor's line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from logbook.store.git import clean_environment
from tests.cli.line import PROJECT
from tests.cli.line import Answer
from tests.cli.line import Line
from tests.store.test_senders import Post
from tests.store.test_senders import Robot

MAJOR = "CP-20261121-A001"
FIRST = """\
翠湖花园 逾期提醒 2026-11-22 07:00 致 王强

新增 1 项
- 逾期 7 小时（应办 11-21 24:00）CP-20261121-A001 客户投诉登记表·转呈：楼道垃圾

下一个到期：11-22 24:00 CP-20261120-A001 客户投诉登记表·处理完毕：电梯异响
"""
SECOND = """\
翠湖花园 逾期提醒 2026-11-23 07:00 致 王强

新增 1 项
- 逾期 7 小时（应办 11-22 24:00）CP-20261120-A001 客户投诉登记表·处理完毕：电梯异响

仍未办 1 项
- 逾期 1 天 7 小时（应办 11-21 24:00）CP-20261121-A001 客户投诉登记表·转呈：楼道垃圾

下一个到期：11-23 24:00 CP-20261121-A001 客户投诉登记表·明确答复：楼道垃圾
"""
THIRD = """\
翠湖花园 逾期提醒 2026-11-24 07:00 致 王强

新增 1 项
- 逾期 7 小时（应办 11-23 24:00）CP-20261121-A001 客户投诉登记表·明确答复：楼道垃圾

仍未办 1 项
- 逾期 1 天 7 小时（应办 11-22 24:00）CP-20261120-A001 客户投诉登记表·处理完毕：电梯异响

已了结 1 项
- CP-20261121-A001 客户投诉登记表·转呈：楼道垃圾，11-23 10:00 办结，逾期 1 天 10 小时

下一个到期：12-01 24:00 CP-20261121-A001 客户投诉登记表·处理完毕：楼道垃圾
"""


@pytest.fixture(autouse=True)
def no_duties(book: Path) -> None:
    (book / "templates" / "core" / "duties.yaml").unlink(missing_ok=True)
    environment = {**clean_environment({}), "GIT_AUTHOR_DATE": "2026-11-21 10:00 +0800"}
    words = ["git", "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qam", "book: no duties"]
    subprocess.run(words, cwd=book, env=environment, check=False, capture_output=True)


def settings(book: Path, lines: str) -> None:
    with (book / "logbook.yaml").open("a", encoding="utf-8") as file:
        file.write(f"settings:\n  notify:\n{lines}")


def from_cron(book: Path, *words: str, **more: str) -> Answer:
    """A process with an empty PATH, no LANG, no HOME, in another folder."""
    done = subprocess.run(
        [sys.executable, "-m", "logbook", "--book", str(book), *words],
        cwd="/",
        env={"PATH": "", "PYTHONPATH": str(PROJECT), "GIT_CONFIG_NOSYSTEM": "1", **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


def test_three_mornings(cli: Line) -> None:
    assert cli.ok("notify", "--now", "2026-11-22 07:00") == Answer(0, FIRST, "")
    assert cli.ok("notify", "--now", "2026-11-23 07:00") == Answer(0, SECOND, "")
    cli.ok("step", MAJOR, "forward", "forwarded_to=director", "--now", "2026-11-23 10:00")
    assert cli.ok("notify", "--now", "2026-11-24 07:00") == Answer(0, THIRD, "")
    assert subprocess.run(["git", "status", "--porcelain"], capture_output=True, check=True).stdout == b""


def test_the_three_mornings_of_cron(cli: Line, book: Path) -> None:
    assert from_cron(book, "notify", "--now", "2026-11-22 07:00") == Answer(0, FIRST, "")
    assert from_cron(book, "notify", "--now", "2026-11-23 07:00") == Answer(0, SECOND, "")
    cli.ok("step", MAJOR, "forward", "forwarded_to=director", "--now", "2026-11-23 10:00")
    assert from_cron(book, "notify", "--now", "2026-11-24 07:00") == Answer(0, THIRD, "")


def test_cron_without_an_index_or_a_path_finds_git(book: Path) -> None:
    subprocess.run(["git", "gc", "-q"], cwd=book, check=True)
    for file in (book / ".git" / "logbook").glob("index*"):
        file.unlink()
    assert from_cron(book, "notify", "--now", "2026-11-22 07:00") == Answer(0, FIRST, "")


def test_nothing_late_says_nothing(cli: Line) -> None:
    assert cli("notify", "--exit-code", "--now", "2026-11-21 12:00") == Answer(0, "", "")
    assert cli("notify", "--always", "--now", "2026-11-21 12:00").out == (
        "翠湖花园 逾期提醒 2026-11-21 12:00 致 高总\n没有逾期\n"
    )
    assert cli("notify", "--exit-code", "--now", "2026-11-22 07:00").code == 1


def test_since_is_the_same_however_often(cli: Line, book: Path) -> None:
    words = ["notify", "--since", "2026-11-22 07:00", "--now", "2026-11-23 07:00"]
    once = cli.ok(*words).out
    assert once == SECOND.replace(
        "\n仍未办 1 项\n- 逾期 1 天 7 小时（应办 11-21 24:00）CP-20261121-A001 客户投诉登记表·转呈：楼道垃圾\n", ""
    )
    assert cli.ok(*words).out == once
    assert not (book / ".git" / "logbook" / "notify.json").exists()
    assert cli.ok("notify", "--since", "2026-11-22 07:00", "--now", "2026-11-22 12:00") == Answer(0, "", "")


def test_since_does_not_go_with_a_memory(cli: Line) -> None:
    for more in (["--state", "x"], ["--always"], ["--changes"]):
        answer = cli("notify", "--since", "2026-11-22", "--now", "2026-11-23", *more)
        assert answer.code == 2
        assert more[0] in answer.err
    answer = cli("notify", "--since", "2026-11-24", "--now", "2026-11-23")
    assert (answer.code, answer.err.splitlines()[0]) == (2, "11-24 00:00 在 11-23 00:00 之后，之间没有可提醒的")


def test_a_dry_run_changes_nothing(cli: Line, book: Path, tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    answer = cli.ok("notify", "--dry-run", "--heartbeat", str(beat), "--now", "2026-11-22 07:00")
    assert answer == Answer(0, FIRST, "试运行：1 份提醒，通道 stdout，没有发送，也没有记下\n")
    assert not beat.exists()
    assert not (book / ".git" / "logbook" / "notify.json").exists()


def test_only_changes(cli: Line) -> None:
    words = ["notify", "--changes", "--heartbeat", "-", "--now"]
    assert cli.ok(*words, "2026-11-22 07:00").out == FIRST
    quiet = cli.ok(*words, "2026-11-22 08:00")
    assert quiet.out == ""
    assert " new=0 still=1 cleared=0 sent=0 " in quiet.err
    assert cli.ok(*words, "2026-11-23 07:00").out == SECOND


def test_the_heartbeat_is_replaced_on_every_run(cli: Line, book: Path, tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    words = ["notify", "--quiet", "--heartbeat", str(beat), "--now"]
    cli.ok(*words, "2026-11-21 07:00")
    head = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, check=True).stdout.decode()
    assert beat.read_text() == (
        f"2026-11-21T07:00:00+08:00 ok late=0 new=0 still=0 cleared=0 sent=0 head={head.strip()}"
        " next=2026-11-23T00:00:00+08:00\n"
    )
    inode = beat.stat().st_ino
    cli.ok(*words, "2026-11-22 07:00")
    assert beat.read_text().startswith("2026-11-22T07:00:00+08:00 ok late=1 new=1 still=0 cleared=0 sent=1 ")
    assert beat.stat().st_ino != inode, "replaced in one move"


def test_a_failure_stands_in_the_heartbeat_too(cli: Line, book: Path, tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    settings(book, "    channel: pigeon\n")
    answer = cli("notify", "--heartbeat", str(beat), "--now", "2026-11-22 07:00")
    assert answer.code == 1
    assert "logbook.yaml: settings.notify.channel: 不认识“pigeon”" in answer.err
    assert beat.read_text().startswith("2026-11-22T07:00:00+08:00 failed why=")
    (book / "logbook.yaml").write_text("name: [", encoding="utf-8")
    assert cli("notify", "--heartbeat", str(beat), "--now", "2026-11-22 08:00").code == 1
    assert " failed why=" in beat.read_text()


def test_a_sender_that_fails_ends_with_3_and_says_which(cli: Line, book: Path, tmp_path: Path) -> None:
    post = Post()
    post.replies["RCPT"] = ["550 no such user"]
    settings(
        book,
        "    channel: smtp\n    from: logbook@example.org\n    security: none\n"
        f"    server: 127.0.0.1:{post.port}\n    to: {{wang: wang@example.org}}\n",
    )
    beat = tmp_path / "beat"
    answer = cli("notify", "--heartbeat", str(beat), "--now", "2026-11-22 07:00")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.splitlines() == [
        "给 王强 的提醒没有发出",
        f"    邮件服务器 127.0.0.1:{post.port} 拒收给 wang@example.org 的信：no such user",
        "    → 检查地址和 from；服务器的话写在上面",
    ]
    assert " failed late=1 new=1 still=0 cleared=0 sent=0 unsent=1 " in beat.read_text()
    post.replies.clear()
    assert cli("notify", "--heartbeat", str(beat), "--now", "2026-11-22 08:00").code == 0
    assert " ok late=1 new=1 still=0 cleared=0 sent=1 " in beat.read_text()
    assert len(post.mails) == 1
    post.server.shutdown()
    post.server.server_close()


def test_a_robot_gets_one_digest_a_person(cli: Line, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    robot = Robot()
    settings(book, "    channel: wecom\n    to: {wang: WangQiang}\n  escalation:\n  - to: cs_supervisor\n")
    assert cli("notify", "--now", "2026-11-22 07:00").code == 3
    monkeypatch.setenv("LOGBOOK_WECOM_URL", robot.url)
    assert cli.ok("notify", "--now", "2026-11-22 07:00") == Answer(0, "", "")
    assert [(body["text"]["content"].split("\n")[0], body["text"].get("mentioned_list")) for _, body in robot.got] == [
        ("翠湖花园 逾期提醒 2026-11-22 07:00 致 王强", ["WangQiang"]),
        ("翠湖花园 逾期提醒 2026-11-22 07:00 致 赵敏", None),
    ]
    robot.server.shutdown()
    robot.server.server_close()


def test_a_file_of_secrets_others_can_read_is_refused(cli: Line, book: Path) -> None:
    settings(book, "    channel: feishu\n    secrets: robots.env\n")
    file = book / "robots.env"
    file.write_text("LOGBOOK_FEISHU_URL=https://open.feishu.cn/x\n", encoding="utf-8")
    file.chmod(0o644)
    answer = cli("notify", "--now", "2026-11-22 07:00")
    assert answer.code == 3
    assert answer.err.splitlines() == [f"{file} 别人也能读，里面的密钥没有使用", f"    → 运行：chmod 600 {file}"]


def test_a_broken_memory_is_told_and_nothing_is_sent(cli: Line, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    cli.ok("notify", "--state", str(state), "--now", "2026-11-22 07:00")
    assert json.loads(state.read_text())["told"]["wang"]["items"].keys() == {f"{MAJOR} forward 1"}
    state.write_text("{", encoding="utf-8")
    answer = cli("notify", "--state", str(state), "--now", "2026-11-22 08:00")
    assert (answer.code, answer.out) == (3, "")
    assert str(state) in answer.err


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs another user's folder")
def test_another_users_book_is_answered_with_the_line_to_run(book: Path) -> None:
    for file in (book / ".git" / "logbook").glob("index*"):
        file.unlink()
    subprocess.run(["git", "gc", "-q"], cwd=book, check=True)
    subprocess.run(["chown", "-R", "65534", str(book)], check=True)
    answer = from_cron(book, "notify", "--now", "2026-11-22 07:00")
    assert (answer.code, answer.out) == (3, "")
    assert f"git config --global --add safe.directory {book}" in answer.err


def test_it_reads_in_english_too(cli: Line) -> None:
    assert cli.ok("notify", "--lang", "en", "--now", "2026-11-22 07:00").out == (
        "翠湖花园, what is late, 2026-11-22 07:00, for 王强\n"
        "\n"
        "New: 1\n"
        "- 7 h late (due 11-21 24:00) CP-20261121-A001 Complaint register/Forward: 楼道垃圾\n"
        "\n"
        "Next due: 11-22 24:00 CP-20261120-A001 Complaint register/Resolve: 电梯异响\n"
    )


def test_faulty_rules_end_with_3_and_stand_over_what_is_sent(cli: Line, book: Path, tmp_path: Path) -> None:
    settings(book, "    channel: stdout\n  duties: {nobody_knows: off}\n")
    beat = tmp_path / "beat"
    answer = cli("notify", "--heartbeat", str(beat), "--now", "2026-11-22 07:00")
    sentence = "以下可能不全：规则有 1 处错误，在 logbook.yaml"
    assert (answer.code, answer.out) == (3, f"{sentence}\n\n{FIRST}")
    assert answer.err.splitlines() == [sentence, "    → 用 logbook validate 逐条查看"]
    assert " failed late=1 new=1 still=0 cleared=0 sent=1 " in beat.read_text()
    assert beat.read_text().endswith(' why="faulty rules: logbook.yaml"\n')
    answer = cli("notify", "--changes", "--quiet", "--now", "2026-11-22 07:15")
    assert (answer.code, answer.out) == (3, ""), "nothing new to send, and still no good news"
    assert sentence in answer.err


def test_an_earlier_hour_does_not_rewind_the_memory(cli: Line, book: Path) -> None:
    cli.ok("notify", "--now", "2026-11-22 07:00")
    state = book / ".git" / "logbook" / "notify.json"
    kept = state.read_bytes()
    answer = cli.ok("notify", "--changes", "--now", "2026-11-21 12:00")
    assert answer.out == ""
    assert answer.err.splitlines()[0].endswith("是 11-22 07:00 的，晚于 11-21 12:00，保持不动")
    assert state.read_bytes() == kept
    assert cli.ok("notify", "--changes", "--now", "2026-11-22 07:15").out == ""
