"""What is typed: it is data wherever it arrives, and what cannot be data is refused in plain words."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.line import Line
from tests.cli.line import environment
from tests.cli.line import process

NOW = ("--now", "2026-11-24 09:00")
MARK = "hostile-was-here"

# As a value: recorded to the letter, shown as text.
TEXTS = [
    "--upload-pack=touch hostile-was-here",
    "../../x",
    "-rf",
    "$(touch hostile-was-here)",
    "`touch hostile-was-here`",
    "{{ 7*7 }}",
    "{% include '/etc/passwd' %}",
    '=HYPERLINK("http://x")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a|b",
    "!!python/object/apply:os.system [ls]",
    "&anchor",
    "*alias",
    "%s%s%n",
    "{0.__class__.__mro__}",
    "{}",
    "CON",
    "NUL.yaml",
    "'; drop table records; --",
    "no",
    "007",
    "~",
    "null",
    "- a",
    "a: b",
    "# comment",
    "---",
]
# What nobody can see, or what would steer a terminal: refused.
UNSEEN = ["a\0b", "\x1b[31mred", "\x1b]0;title\x07", "\u202eabc", "x\u2066y", "\x7f", "\x9b31m", "x\u2028y", "\ufeffx", "x\x85y"]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_a_value_is_text(cli: Line, text: str) -> None:
    made = cli.ok("add", "complaint", "name=王芳", f"summary={text}", *NOW).out.strip()
    shown = cli.ok("show", made, "--format", "json", *NOW).json
    assert shown["fields"]["summary"] == text
    assert cli.ok("validate", made, *NOW).out == ""
    assert text in cli.ok("list", "complaint", "--columns", "id,summary", *NOW).out
    page = cli.ok("render", made, "--format", "html", *NOW).out
    for tag in ("<script>alert", "<img src=x"):
        assert tag not in page
    subject = subprocess.run(["git", "log", "-1", "--format=%s"], cwd=cli.root, capture_output=True, check=True)
    assert subject.stdout.decode().startswith(f"{made} add: ")
    assert not (cli.root / MARK).exists()


@pytest.mark.parametrize("text", UNSEEN, ids=ascii)
def test_what_cannot_be_seen_is_refused(cli: Line, text: str) -> None:
    answer = cli("add", "complaint", "name=王芳", f"summary={text}", *NOW)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.splitlines()[1] == "summary: “内容摘要”里有看不见的控制字符"


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ".", "..", "../x", "a/b", "a\\b", "-x", ".git", "a b", "A:b", "a*", "a?", "<b>", "a|b", '"', "a.", "a~",
        "a..b", "a" * 81, "CON", "con.txt", "NUL.yaml", "aux", "Com1", "lpt9.x", "x\x1b[0m",
    ],
    ids=ascii,
)  # fmt: skip
def test_an_id_that_is_no_file_name(cli: Line, text: str) -> None:
    answer = cli("add", "room", f"id={text}", *NOW)
    assert (answer.code, answer.out) == (1, "")
    assert "\x1b" not in answer.err


@pytest.mark.parametrize(("one", "other"), [("Ab", "aB"), ("é", "e\u0301"), ("K", "\u212a")])
def test_ids_that_look_the_same(cli: Line, one: str, other: str) -> None:
    cli.ok("add", "room", f"id={one}", *NOW)
    assert cli("add", "room", f"id={other}", *NOW).code == 1


@pytest.mark.parametrize("command", ["show", "history", "render", "validate", "forms", "duties", "on", "agenda"])
@pytest.mark.parametrize(
    "word", ["../../x", "$(touch hostile-was-here)", "{0.__class__}", "%s", "x" * 100_000, "(a+)+$" * 99], ids=range(6)
)
def test_a_name_nobody_has(cli: Line, command: str, word: str) -> None:
    began = time.monotonic()
    answer = cli(command, word, *NOW)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.strip()
    assert len(answer.err) < 20_000
    assert time.monotonic() - began < 5
    assert not (cli.root / MARK).exists()


@pytest.mark.parametrize("command", ["show", "list", "step", "sign"])
def test_an_option_in_disguise(cli: Line, command: str) -> None:
    answer = cli(command, "--upload-pack=touch hostile-was-here", *NOW)
    assert answer.code == 2
    assert "--upload-pack" in answer.err


def test_bytes_of_another_encoding(book: Path) -> None:
    word = "王芳".encode("gbk")
    for command in ("show", "history", "void"):
        done = subprocess.run(
            [sys.executable.encode(), b"-m", b"logbook", command.encode(), word], cwd=book, env=environment(),
            capture_output=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (1, b""), done
        assert b"error-20" not in done.stderr


def test_a_message_does_not_steer_the_terminal(cli: Line) -> None:
    answer = cli("add", "complaint", "\x1b]0;title\x07=x", "\u202eabc", *NOW)
    assert answer.code == 1
    assert not {"\x1b", "\x07", "\u202e"} & set(answer.err)
    assert "\\x1b]0;title\\x07" in answer.err


def test_what_could_not_be_read_again_is_not_recorded(cli: Line) -> None:
    """Ten million bytes is the most a file may hold; the summary stands in the record twice."""
    answer = cli("add", "complaint", "name=王芳", "summary=" + "漏" * 3_400_000, *NOW)
    assert (answer.code, answer.out) == (1, "")
    assert "文件太大" in answer.err
    made = cli.ok("add", "complaint", "name=王芳", "summary=" + "漏" * 1_500_000, *NOW).out.strip()
    assert len(cli.ok("show", made, "--format", "json", *NOW).json["fields"]["summary"]) == 1_500_000
    assert cli.ok("validate", made, *NOW).out == ""


# -- queries ----------------------------------------------------------------------------------

QUERIES = [
    ('"', 1), ('""', 1), ("*", 1), ("NEAR(a b)", 0), ("a OR b", 0), ("NOT a", 0), ("-", 1), (":", 1), ("level:'", 1),
    ('summary:"', 1), ("(a+)+$" * 50, 0), ("at:9999", 1), ("at>=99999999-01-01", 1), ("x" * 5000, 0), ("漏" * 5000, 0),
    ("%", 1), ("_", 1), ("id:../../x", 0), ("at>=-99999999999d", 1), ("limit:1", 1), ("{0}", 0), ("x" * 100_000 + ":1", 1),
]  # fmt: skip


@pytest.mark.parametrize(("query", "code"), QUERIES, ids=range(len(QUERIES)))
def test_a_query_is_no_language_of_the_database(cli: Line, query: str, code: int) -> None:
    began = time.monotonic()
    answer = cli("list", query, *NOW)
    assert (answer.code, answer.out) == (code, ""), answer.err[:300]
    assert time.monotonic() - began < 5


SQL = [
    "attach 'x.db' as y", "pragma writable_schema=1", "delete from records", "drop table records", "create table x(y)",
    "select load_extension('x')", "select 1; delete from records", "vacuum into 'x.db'", "reindex",
    "insert into records select * from records", "select readfile('/etc/passwd')", "select zeroblob(2000000000)",
    "pragma journal_mode=delete", "update records set id = 'x'",
]  # fmt: skip


@pytest.mark.parametrize("text", SQL)
def test_sql_only_reads(cli: Line, text: str) -> None:
    before = cli.ok("list", "--format", "ids", *NOW).out
    answer = cli("sql", text, *NOW)
    assert (answer.code, answer.out) == (1, "")
    assert not (cli.root / "x.db").exists()
    assert cli.ok("list", "--format", "ids", *NOW).out == before


def test_sql_that_never_ends_can_be_interrupted(book: Path) -> None:
    endless = "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c"
    with subprocess.Popen(
        [sys.executable, "-m", "logbook", "sql", endless], cwd=book, env=environment(), stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as child:  # fmt: skip
        time.sleep(2)
        assert child.poll() is None
        child.send_signal(signal.SIGINT)
        try:
            assert child.wait(timeout=10) in (1, 130)
        finally:
            child.kill()


REVISIONS = [
    "--output=x", "-p", "HEAD --output=x", "@{upstream}", "HEAD^{/x}", ":/x", "HEAD:logbook.yaml", "HEAD..HEAD", "^HEAD",
    "HEAD\nx", "$(touch hostile-was-here)", "..", "a" * 10_000, "HEAD~99999999999", "refs/heads/../../config", "",
]  # fmt: skip


@pytest.mark.parametrize("revision", REVISIONS, ids=range(len(REVISIONS)))
def test_a_revision_is_only_asked_for(cli: Line, revision: str) -> None:
    answer = cli("list", f"--rev={revision}", "--format", "ids", *NOW)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("这本记录簿没有“")
    assert sorted(path.name for path in cli.root.iterdir() if path.name in ("x", MARK)) == []


# -- what goes out ----------------------------------------------------------------------------


def test_sheets_get_no_formulas_and_pages_no_tags(cli: Line) -> None:
    made = cli.ok(
        "add", "complaint", 'name==HYPERLINK("http://x")', "summary=<script>alert(1)</script> | x", "place=@SUM(1)",
        "course=-2+3\n=1", *NOW,
    ).out.strip()  # fmt: skip
    words = ("list", "complaint", f"id:{made}", "--columns", "summary,place,course", *NOW)
    assert cli.ok(*words, "--format", "csv").out == (
        "summary,place,course\n<script>alert(1)</script> | x,'@SUM(1),\"'-2+3\n=1\"\n"
    )
    assert cli.ok(*words, "--format", "tsv").out == (
        "summary\tplace\tcourse\n<script>alert(1)</script> | x\t'@SUM(1)\t'-2+3\\n=1\n"
    )
    assert "&lt;script&gt;alert(1)&lt;/script&gt; \\| x" in cli.ok(*words, "--format", "md").out
    assert "&lt;script&gt;alert(1)&lt;/script&gt; | x" in cli.ok(*words, "--format", "html").out
    assert cli.ok("list", f"id:{made}", "--format", "json", *NOW).json[0]["fields"]["place"] == "@SUM(1)"


def test_a_guarded_sheet_comes_back_as_it_was(cli: Line) -> None:
    cli.ok("add", "complaint", "name=王芳", "summary=@SUM(1)", "course=\\t=1", *NOW)
    for kind in ("csv", "tsv"):
        sheet = cli.root.parent / f"out.{kind}"
        sheet.write_text(cli.ok("list", "complaint", "@SUM", "--columns", "summary,course", "--format", kind, *NOW).out)
        words = ["import", "complaint", str(sheet), "--set", "name=李四", "--now", f"2026-11-24 10:0{len(kind)}"]
        cli.ok(*words)
        last = cli.ok("list", "complaint", "--sort", "-at", "--format", "json", "--now", "2026-11-24 11:00").json[0]
        assert (last["fields"]["summary"], last["fields"]["course"]) == ("@SUM(1)", "\\t=1")
        break


# -- what comes in ----------------------------------------------------------------------------

FILES = {
    "deep.jsonl": b'{"n":' + b"[" * 100_000 + b"]" * 100_000 + b',"s":"x"}',
    "deep.json": b"[" * 100_000 + b"]" * 100_000,
    "columns.csv": ("n,s," + ",".join(f"c{i}" for i in range(1_000_000)) + "\n\0,x\n").encode(),
    "twice.csv": b"n,n,s\na,b,c\n",
    "line.csv": ("n,s\n王," + "漏" * 3_400_000 + "\n").encode(),
    "quote.csv": b'n,s\n"' + b"a,b\n" * 300_000,
    "nul.csv": b"n,s\na\0b,c\n",
    "binary.csv": bytes(range(256)) * 50,
    "utf16.csv": "n,s\n王,漏\n".encode("utf-16"),
    "escape.csv": "n,s\n\x1b[31m王,漏\n".encode(),
    "number.jsonl": b'{"n":' + b"9" * 6000 + b',"s":"x"}\n',
    "tags.yaml": b"- n: !!python/object/apply:os.system [id]\n  s: x\n",
    "empty.csv": b"",
    "format.csv": b"{},{0.x},%s\n1,2,3\n",
    "list.json": b"[1, 2]",
    "zip.xlsx": b"PK\x03\x04" + b"\xff" * 1000,
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_table(cli: Line, name: str) -> None:
    place = cli.root.parent / name
    place.write_bytes(FILES[name])
    head = (cli.root / ".git/refs/heads/main").read_text()
    began = time.monotonic()
    answer = cli("import", "complaint", str(place), "--map", "name=n", "--map", "summary=s", *NOW)
    assert answer.code == 1, answer
    assert answer.err.strip()
    assert len(answer.err) < 20_000
    assert time.monotonic() - began < 20
    assert (cli.root / ".git/refs/heads/main").read_text() == head


def test_an_attachment_keeps_nothing_of_its_name(cli: Line) -> None:
    folder = cli.root.parent / "in"
    folder.mkdir()
    for name in ("-rf.png", "$(touch hostile-was-here).png", "a\nb.png"):
        (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n" + name.encode())
        answer = cli("add", "repair", "content=x", f"photos+={folder / name}", *NOW)
        assert answer.code in (0, 1)
        assert "error-20" not in answer.err
    kept = [path.name for path in (cli.root / "attachments").glob("*")] if (cli.root / "attachments").exists() else []
    assert all(len(name.partition(".")[0]) == 64 for name in kept)
    assert not (cli.root / MARK).exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_an_attachment_is_not_waited_for(cli: Line) -> None:
    pipe = cli.root.parent / "pipe.png"
    os.mkfifo(pipe)
    for word in (str(pipe), "~nobody-here/x.png", "x" * 5000 + ".png", str(cli.root.parent)):
        answer = cli("add", "incident", f"photos={word}", *NOW)
        assert (answer.code, answer.out) == (1, ""), answer
        assert "error-20" not in answer.err and "photos: " in answer.err


def test_a_number_out_of_bounds_is_told_its_bounds(cli: Line) -> None:
    assert "写一个整数：1 到 1200" in cli("upkeep", "sparse", "--keep", "0").err
    for limit in ("-1", "9" * 30):
        assert "写一个整数：0 到 1000000000" in cli("list", "--limit", limit).err


def test_the_process_says_the_same(book: Path) -> None:
    answer = process(book, "list", "--format", "json", '{"a": "$(id)"}')
    assert answer.code in (0, 1)
    assert json.loads(answer.out or "[]") == []
