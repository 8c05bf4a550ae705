"""What is private comes out of no command in no format, unless somebody who may asks for it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import MINOR
from tests.cli.line import Line
from tests.cli.line import process

NOW = ("--now", "2026-11-24 09:00")
# The forms in which a marker is entered; each must be found nowhere.
MARKS = ("泄密者甲", "13898765432", "泄密者乙", "13912340987", "泄密者丙", "泄密者丁", "泄密者戊", "13555566677")
TABLES = ("table", "json", "jsonl", "csv", "tsv", "md", "html", "yaml", "ids")


@pytest.fixture
def told(cli: Line) -> Line:
    """Private values entered on add, by a step, in a row, in a correction, on a register, by a signature."""
    cli.ok("add", "complaint", f"name={MARKS[0]}", f"phone={MARKS[1]}", "room=3-502", "summary=漏水", *NOW)
    cli.ok("amend", "CP-20261124-A001", f"phone={MARKS[3]}", "--reason", "换了号", *NOW)
    cli.ok("amend", "CP-20261124-A001", f"against={MARKS[2]}", "--reason", "补记", *NOW)
    cli.ok("add", "key_checkout", "key=K-3-502", f"borrower={MARKS[4]}", "purpose=看水表", *NOW)
    cli.ok("add", "visitor", f"name={MARKS[5]}", "purpose=看房", *NOW)
    cli.ok("add", "night_log", "--at", "2026-11-23 22:00", "--by", "sun", "--reason", "补", *NOW)
    call = f"entries+={{at: '2026-11-23 23:00', who: {MARKS[6]}, phone: '{MARKS[7]}', content: 停电}}"
    cli.ok("amend", "NL-20261123-A001", call, "--reason", "补", "--by", "sun", *NOW)
    return cli


def leaks(text: str) -> list[str]:
    return [mark for mark in MARKS if mark in text]


def every_command(root: Path) -> list[tuple[str, ...]]:
    commands: list[tuple[str, ...]] = []
    for format_ in TABLES:
        more = ("--format", format_)
        for form in ("complaint", "key_checkout", "visitor", "night_log"):
            commands.append(("list", form, *more))
        commands += [
            ("list", "complaint", "--columns", "id,name,phone,against", *more),
            ("list", "form:complaint,key_checkout", *more),
            ("overdue", *more),
            ("overdue", "--soon", "90d", *more),
            ("history", "CP-20261124-A001", *more),
            ("history", "NL-20261123-A001", *more),
            ("validate", *more),
            ("agenda", *more),
            ("key", *more),
            ("key", "ledger", *more),
        ]
    for record in ("CP-20261124-A001", "KO-20261124-A001", "VS-20261124-A001", "NL-20261123-A001"):
        commands += [("show", record, "--format", one) for one in ("text", "json", "yaml")]
        commands += [("render", record, "--format", one) for one in ("text", "html", "md")]
        commands += [("show", record, "--clocks"), ("next", record), ("show", record, "--rev", "HEAD~1")]
    exports = [("export", form) for form in ("complaint", "night_log")]
    commands += [(*words, "--format", one) for words in exports for one in ("jsonl", "csv", "yaml")]
    commands += [
        ("list", "漏水"),
        ("list", "complaint", "--rev", "HEAD"),
        ("sql", "select * from complaint"),
        ("sql", "select name || phone, upper(name) from complaint where name > ''"),
        ("sql", "select * from night_log__entries"),
        ("sql", "select * from records"),
        ("sql", "select * from search('泄密者甲')"),
        ("notify", "--dry-run"),
        ("handover",), ("shift",), ("duties",), ("doctor",), ("index",), ("forms", "complaint"),
        ("key", "find", "3-502"),
    ]  # fmt: skip
    return commands


def test_no_command_in_no_format_shows_a_private_value(told: Line) -> None:
    found = {}
    shown = 0
    for words in every_command(told.root):
        answer = told(*words, *NOW)
        assert answer.code != 3, (words, answer)
        shown += answer.code == 0
        if leaks(answer.out + answer.err):
            found[words] = leaks(answer.out + answer.err)
    assert found == {}
    assert shown > 100


def test_git_and_the_names_of_files_say_nothing(told: Line) -> None:
    words = ["git", "log", "--format=%B%an%ae", "--name-only"]
    log = subprocess.run(words, cwd=told.root, capture_output=True, check=True)
    assert leaks(log.stdout.decode()) == []
    assert leaks("\n".join(str(path) for path in told.root.rglob("*"))) == []


def test_completion_offers_no_private_value(told: Line) -> None:
    record = "CP-20261124-A001"
    for line in ("show ", "list complaint ", "list complaint name:", f"step {record} ", f"amend {record} name="):
        line = f"logbook {line}"
        words = line.split(" ")
        env = {
            "_LOGBOOK_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        }
        answer = process(told.root, env=env)
        assert leaks(answer.out + answer.err) == []


def test_who_may_sees_them_with_private_and_nobody_else(told: Line) -> None:
    assert leaks(told.ok("show", "CP-20261124-A001", "--private", *NOW).out) == [MARKS[0], MARKS[1], MARKS[2], MARKS[3]]
    refused = told("show", "CP-20261124-A001", "--private", "--by", "liu", *NOW)
    assert (refused.code, refused.out) == (1, "")
    assert "liu 不能查看隐私内容" in refused.err


def test_a_search_does_not_tell_what_the_list_masks(told: Line) -> None:
    for query in (f"phone:{MARKS[3]}", "phone:139*", f"name={MARKS[0]}", f"-name:{MARKS[0]}", f"against:{MARKS[2]}"):
        for command in ("list", "export", "overdue"):
            answer = told(command, "complaint", query, *NOW)
            assert (answer.code, answer.out) == (1, ""), (command, query)
            assert "是私密内容，不能拿来查找或排序" in answer.err
    answer = told("list", "complaint", "phone:139*", *NOW)
    assert answer.err.splitlines() == [
        "查询条件有 1 处看不明白。",
        "“联系电话”是私密内容，不能拿来查找或排序。",
        "    → 有权的岗位加上 --private；或换一个条件。",
    ]
    assert told("list", "complaint", "--sort", "phone", *NOW).code == 1
    assert told("list", "night_log", f"entries.phone:{MARKS[7]}", *NOW).code == 1
    for word in MARKS:
        assert told.ok("list", word, *NOW).out == ""
    assert told.ok("list", "night_log", f"entries:{MARKS[6]}", "--format", "ids", *NOW).out == ""
    found = ("--private", "--format", "ids", *NOW)
    assert told.ok("list", MARKS[0], *found).lines == ["CP-20261124-A001"]
    assert told.ok("list", MARKS[6], *found).lines == ["NL-20261123-A001"]
    assert told.ok("list", "complaint", f"phone:{MARKS[3]}", *found).lines == ["CP-20261124-A001"]
    sorted_ = told.ok("list", "complaint", f"-name:{MARKS[0]}", "--sort", "phone", *found).lines
    assert sorted_ == ["CP-20261121-A001", MINOR]
    assert told("list", "complaint", f"phone:{MARKS[3]}", "--private", "--by", "liu", *NOW).code == 1


def test_what_is_private_today_is_masked_in_the_past(told: Line) -> None:
    path = told.root / "templates/core/complaint.yaml"
    text = path.read_text(encoding="utf-8")
    newer = text.replace("version: 1\n", "version: 2\n", 1).replace(
        "  summary:    {zh: 内容摘要, en: Summary,", "  summary:    {zh: 内容摘要, en: Summary, private: true,"
    )
    newer = newer.replace("subject: [summary]\n", "subject: [level]\n")
    newer = newer.replace("type: longtext, default: summary", "type: longtext, private: true, default: summary")
    assert newer.count("private: true") == text.count("private: true") + 2
    path.with_name("complaint@1.yaml").write_text(text, encoding="utf-8")
    path.write_text(newer, encoding="utf-8")
    subprocess.run(["git", "add", "-A"], cwd=told.root, check=True)
    commit = ["git", "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "book: forms"]
    subprocess.run(commit, cwd=told.root, check=True)
    assert "电梯异响" not in told.ok("show", MINOR, *NOW).out
    assert "电梯异响" not in told.ok("list", "complaint", "--columns", "id,summary", *NOW).out
    assert "电梯异响" not in told.ok("show", MINOR, "--rev", "HEAD~1", *NOW).out
    assert "电梯异响" not in told.ok("list", "complaint", "--rev", "HEAD~1", "--format", "json", *NOW).out
    assert told.ok("list", "电梯异响", *NOW).out == ""


def test_a_private_value_that_is_wrong_is_not_repeated_by_validate(told: Line) -> None:
    (path,) = told.root.glob("records/complaint/*/*/CP-20261124-A001.yaml")
    path.write_text(path.read_text().replace(MARKS[3], "泄密者甲的电话"), encoding="utf-8")
    answer = told("validate", "--format", "json", *NOW)
    assert answer.code == 1
    assert {one["rule"] for one in answer.json if one["severity"] == "error"} == {"field.phone"}
    assert leaks(answer.out + answer.err) == []


def test_the_log_of_our_own_fault_quotes_nothing(told: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    from logbook.operations import listing

    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"bad phone '{MARKS[1]}' of {MARKS[0]}")

    monkeypatch.setattr(listing, "select", broken)
    answer = told("list", *NOW)
    assert answer.code == 3
    log = Path(answer.err.partition("已记入 ")[2].splitlines()[0])
    text = log.read_text(encoding="utf-8")
    assert "ValueError: bad phone …" in text
    assert leaks(text) == []


# --------------------------------------------------------------------------- exact words


def test_an_identity_card_in_clear_is_refused_with_what_to_write(cli: Line) -> None:
    answer = cli("add", "complaint", "name=王芳", "summary=证件 11010519491231002X", "course=漏水", *NOW)
    assert answer.code == 1
    assert answer.err.splitlines()[1:] == [
        "summary: “内容摘要”里有完整的身份证号（**************002X），身份证号不能原样写进记录",
        "    → 只写后四位：002X",
    ]
    answer = cli.ok("add", "complaint", "name=王芳", "summary=回电 13800138000", "course=漏水", *NOW)
    assert answer.out == "CP-20261124-A001\n"
    assert answer.err.splitlines()[:2] == [
        "CP-20261124-A001: summary: 注意 “内容摘要”里好像有手机号（*******8000），这一栏大家都看得到",
        "    → 写到标了“私密”的栏里，这里只留必要的话",
    ]


def test_a_book_that_does_not_encrypt_cannot_erase_and_says_what_can_be_done(cli: Line) -> None:
    answer = cli("erase", MINOR, "--reason", "本人要求", "--approved-by", "wang", *NOW)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.splitlines()[1:] == [
        "本簿没有加密：提交历史里的内容抹不掉，什么也没有改",
        "    → 能做的：用 logbook amend 把这些栏改空，从此查询和打印不再出现；旧内容仍在提交历史里。"
        "要能抹除，须在新建时用 init --encrypt",
    ]
    answer = cli("keys")
    assert answer.code == 1
    assert answer.err.splitlines()[1:] == [
        "本簿没有加密，没有钥匙",
        "    → 只有新建时用 logbook init --encrypt 的记录簿才加密",
    ]


def test_from_init_to_erasure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOGBOOK_KEYS", str(tmp_path / "keys"))
    monkeypatch.chdir(tmp_path)
    line = Line(tmp_path, capsys)
    people = ("--staff", "lina=李娜", "--staff", "wang=王强")
    line.ok("init", "book", "--name", "翠湖", "--encrypt", "--practice", "--lang", "zh", *people, *NOW)
    monkeypatch.chdir(tmp_path / "book")
    record = line.ok("add", "complaint", f"name={MARKS[0]}", f"phone={MARKS[1]}", "summary=漏水", *NOW).out.strip()
    assert leaks(line.ok("show", record, *NOW).out) == []
    assert leaks(line.ok("show", record, "--private", *NOW).out) == [MARKS[0], MARKS[1]]
    table = line.ok("list", "complaint", "--columns", "id,name", "--private", *NOW).out
    assert leaks(table) == [MARKS[0]]
    assert leaks(line.ok("export", "complaint", "--private", *NOW).out) == [MARKS[0], MARKS[1]]
    assert leaks(line.ok("history", record, "--private", *NOW).out) == [MARKS[0], MARKS[1]]
    assert line.ok("keys").out == f"1 把钥匙，在 {next((tmp_path / 'keys').iterdir())}\n"
    (tmp_path / "words").write_text("一句很长很长的口令\n", encoding="utf-8")
    bundle = str(tmp_path / "翠湖.keys")
    told = line.ok("keys", "export", bundle, "--passphrase-file", str(tmp_path / "words"))
    assert told.err == f"已导出 1 把钥匙到 {bundle}\n"
    assert os.stat(bundle).st_mode & 0o777 == 0o600
    answer = line.ok("erase", record, "--reason", "本人要求", "--approved-by", "wang", *NOW)
    assert answer.out == "ER-20261124-A001\n"
    assert answer.err.splitlines()[0] == f"已抹除 complaint/{record}：1 条记录里的 2 处内容再也读不出来"
    shown = line.ok("show", record, "--private", *NOW).out
    assert "客户姓名      已抹除" in shown
    told = line.ok("keys", "import", bundle, "--passphrase-file", str(tmp_path / "words"))
    assert told.err == f"{bundle}：新增 0 把钥匙，已有 0 把，已抹除不再收的 1 把\n"
    assert line.ok("show", record, "--private", *NOW).out == shown
    assert line.ok("show", record, "--private", "--lang", "en", *NOW).out.count("erased") == 2
    assert line.ok("show", record, "--private", "--format", "json", *NOW).json["fields"]["name"] == "***"
    assert line.ok("validate", *NOW).code == 0
