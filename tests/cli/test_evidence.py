"""The folder a lawyer can hold: what is in it, that it is masked, that Git alone can check it; the list of what may go."""

from __future__ import annotations

import csv
import ctypes
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import MINOR
from tests.cli.line import Line
from tests.cli.line import process

NAMES = [
    "README.en.txt", "README.zh.txt", "SHA256SUMS", "book.bundle", "evidence.json", "history.csv", "history.json",
    "history.txt", "record.html", "record.txt", "record.yaml", "summary.txt",
]  # fmt: skip
PRIVATE = ("王芳", "13800001111")
ORIGINALS = ("record.yaml", "book.bundle", "SHA256SUMS")


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_what_is_in_the_folder(cli: Line, book: Path, tmp_path: Path) -> None:
    cli.ok("amend", MINOR, "summary=电梯很响", "--reason", "听错了", "--now", "2026-11-22 10:00")
    cli.ok("sign", MINOR, "--as", "heard", "--now", "2026-11-22 10:05")
    answer = cli.ok("evidence", MINOR, "-o", str(tmp_path / "proof"))
    assert answer.out == "" and "12 个文件" in answer.err and "--print-only" in answer.err
    assert "按现在的文件" not in answer.err
    found = files(tmp_path / "proof")
    assert sorted(found) == NAMES
    path = f"records/complaint/2026/11/{MINOR}.yaml"
    assert found["record.yaml"] == (book / path).read_bytes()
    for name, data in found.items():
        if name not in ORIGINALS:
            assert not [one for one in PRIVATE if one.encode() in data], name
    changes = list(csv.DictReader(io.StringIO(found["history.csv"].decode())))
    summary = [(one["from"], one["to"], one["reason"], one["author"]) for one in changes if one["field"] == "summary"]
    assert summary == [("", "电梯异响", "", "李娜"), ("电梯异响", "电梯很响", "听错了", "李娜")]
    commits = json.loads(found["history.json"])
    assert [one["action"] for one in commits] == ["add", "amend", "sign"]
    assert {one["received_at"] for one in commits} == {None} and {one["signature"] for one in commits} == {"unsigned"}
    whole = json.loads(found["evidence.json"])
    assert [(one["as"], one["state"]) for one in whole["signatures"]] == [("heard", "valid")]
    assert [one["clock"] for one in whole["clocks"]] == ["resolve"]
    assert [(one["form"], one["id"]) for one in whole["linked"]] == [("room", "3-502")]
    text = found["summary.txt"].decode()
    assert "电梯异响" in text and "听错了" in text and "有效" in text and "3-502" in text
    assert "此处不知" in found["history.txt"].decode()
    assert "客户姓名" in found["README.zh.txt"].decode() and whole["head"] in found["README.en.txt"].decode()
    status = subprocess.run(["git", "status", "--porcelain"], cwd=book, capture_output=True, check=True)
    assert status.stdout == b""


def test_the_six_commands_of_the_readme_are_true(cli: Line, tmp_path: Path) -> None:
    place = tmp_path / "proof"
    cli.ok("evidence", MINOR, "-o", str(place))
    lines = [line.strip() for line in (place / "README.en.txt").read_text().splitlines() if line.startswith("    ")]
    assert len(lines) == 6
    assert lines == [line.strip() for line in (place / "README.zh.txt").read_text().splitlines() if line.startswith("    ")]

    def check() -> list[subprocess.CompletedProcess[str]]:
        return [
            subprocess.run(["sh", "-c", line], cwd=place, capture_output=True, text=True, check=False) for line in lines
        ]

    done = check()
    assert [one.returncode for one in done] == [0] * 6, done
    assert done[0].stdout.count(": OK") == len(NAMES) - 1
    assert "complete history" in done[2].stdout + done[2].stderr
    commits = json.loads((place / "history.json").read_text())
    assert [line.split()[0] for line in done[4].stdout.splitlines()] == [one["commit"] for one in reversed(commits)]
    assert done[5].stdout == ""
    # Whoever changes the record is found by the first and by the last.
    subprocess.run(["rm", "-rf", str(place / "check")], check=True)
    (place / "record.yaml").write_text((place / "record.yaml").read_text().replace("电梯异响", "电梯很静"))
    assert [one.returncode for one in check()] == [1, 0, 0, 0, 0, 1]


def test_private_values_are_shown_to_who_may_and_named(cli: Line, tmp_path: Path) -> None:
    cli.ok("evidence", MINOR, "-o", str(tmp_path / "open"), "--private")
    found = files(tmp_path / "open")
    for name in ("record.html", "record.txt", "history.csv", "history.json", "evidence.json"):
        assert "王芳".encode() in found[name], name
    zh, en = found["README.zh.txt"].decode(), found["README.en.txt"].decode()
    assert "李娜 有权并要求显示。打印件中为明文的：客户姓名、联系电话" in zh and "李娜 asked for them" in en
    answer = cli("evidence", MINOR, "-o", str(tmp_path / "no"), "--private", "--by", "sun")
    assert answer.code == 0  # the night duty may
    answer = cli("evidence", MINOR, "-o", str(tmp_path / "refused"), "--private", "--by", "liu")
    assert answer.code == 1 and not (tmp_path / "refused").exists()


def test_the_print_alone_holds_nothing_in_clear(cli: Line, tmp_path: Path) -> None:
    answer = cli.ok("evidence", MINOR, "-o", str(tmp_path / "p"), "--print-only", "--linked", "--lang", "en")
    found = files(tmp_path / "p")
    assert "record.yaml" not in found and "book.bundle" not in found
    assert {"linked/room/3-502.html", "linked/room/3-502.txt"} <= set(found)
    assert not [name for name, data in found.items() for one in PRIVATE if one.encode() in data]
    assert "--print-only" in found["README.en.txt"].decode() and "in clear" not in answer.err
    lines = [line.strip() for line in found["README.en.txt"].decode().splitlines() if line.startswith("    ")]
    assert lines == ["sha256sum -c SHA256SUMS"]


def test_the_same_book_and_record_give_the_same_bytes(cli: Line, book: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        cli.ok("evidence", MINOR, "-o", str(tmp_path / name), "--linked")
        cli.ok("evidence", MINOR, "-o", str(tmp_path / f"{name}.zip"), "--linked")
        subprocess.run(["git", "gc", "-q"], cwd=book, check=True)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    assert inside == {f"{MINOR}/{name}": data for name, data in files(tmp_path / "a").items()}


def test_the_past_of_a_record(cli: Line, tmp_path: Path) -> None:
    cli.ok("evidence", MINOR, "-o", str(tmp_path / "then"))
    old = cli.ok("history", MINOR, "--format", "ids").lines[-1]
    cli.ok("void", MINOR, "--reason", "登记两次", "--now", "2026-11-22 10:00")
    cli.ok("evidence", MINOR, "-o", str(tmp_path / "now"))
    assert "作废" in (tmp_path / "now" / "record.txt").read_text()
    cli.ok("evidence", MINOR, "-o", str(tmp_path / "past"), "--rev", "HEAD~1")
    assert files(tmp_path / "past") == files(tmp_path / "then")
    cli.ok("evidence", MINOR, "-o", str(tmp_path / "first"), "--rev", old)
    assert json.loads((tmp_path / "first" / "evidence.json").read_text())["head"] == old


def test_what_is_there_is_left_alone(cli: Line, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("mine")
    (tmp_path / "old.zip").write_text("mine")
    for name, said in (("full", "不是空的"), ("full/x", "不是空的"), ("old.zip", "已经有了")):
        answer = cli("evidence", MINOR, "-o", str(tmp_path / name))
        assert answer.code == 2 and said in answer.err
    assert files(tmp_path / "full") == {"x": b"mine"}
    (tmp_path / "empty").mkdir()
    cli.ok("evidence", MINOR, "-o", str(tmp_path / "empty"))
    assert cli("evidence", "CP-20261120-A999", "-o", str(tmp_path / "none")).code == 1
    assert not (tmp_path / "none").exists()
    assert cli("evidence", MINOR).code == 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="powers are dropped with prctl")
def test_a_book_nobody_may_write(cli: Line, book: Path, tmp_path: Path) -> None:
    library = ctypes.CDLL(None)
    drop_bounding, overriding = 24, (1, 2, 3)  # prctl; CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
    shutil.rmtree(book / ".git/logbook")
    subprocess.run(["chmod", "-R", "a-w", str(book)], check=True)
    try:
        answer = process(
            book, "evidence", MINOR, "-o", str(tmp_path / "proof"), env={"HOME": "/nonexistent"},
            preexec_fn=lambda: [library.prctl(drop_bounding, power, 0, 0, 0) for power in overriding],
        )  # fmt: skip
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(book)], check=True)
    assert answer.code == 0, answer
    assert sorted(files(tmp_path / "proof")) == NAMES
    assert not (book / ".git/logbook").exists()


def test_attachments_come_along_and_a_lost_one_is_told(cli: Line, book: Path, tmp_path: Path) -> None:
    from tests.cli.test_attachments import pack

    pack(book)
    (tmp_path / "bill.pdf").write_bytes(b"%PDF-1.7 bill")
    leak = str(cli.ok("add", "leak", "place=大堂", f"photo={tmp_path / 'bill.pdf'}", "--format", "json").json["id"])
    answer = cli.ok("evidence", leak, "-o", str(tmp_path / "proof"))
    assert "按现在的文件" in answer.err  # the form was never committed
    found = files(tmp_path / "proof")
    (name,) = [one for one in found if one.startswith("attachments/")]
    assert name.endswith(".pdf") and found[name] == b"%PDF-1.7 bill"
    subprocess.run(["git", "rm", "-q", "-r", "attachments"], cwd=book, check=True)
    subprocess.run(["git", "commit", "-q", "-m", "tidy", "--no-gpg-sign"], cwd=book, check=True, env={
        **os.environ, "GIT_AUTHOR_NAME": "x", "GIT_AUTHOR_EMAIL": "x@x", "GIT_COMMITTER_NAME": "x", "GIT_COMMITTER_EMAIL": "x@x",
    })  # fmt: skip
    answer = cli.ok("evidence", leak, "-o", str(tmp_path / "less"))
    assert "缺失" in answer.err
    (file,) = json.loads((tmp_path / "less" / "evidence.json").read_text())["attachments"]
    assert file["state"] == "missing"


def test_retention_lists_and_counts(cli: Line, book: Path) -> None:
    settings = book / "logbook.yaml"
    settings.write_text(settings.read_text() + "settings:\n  retention: {staff: 2 years}\n", encoding="utf-8")
    answer = cli.ok("retention", "--until", "2028-11", "--now", "2026-11-22")
    assert "zhou" in answer.out and "2028-11-20" in answer.out and "什么都没有删" in answer.err
    assert "投诉" in answer.err  # no period set
    (one,) = cli.ok("retention", "--until", "2028-11", "--format", "json", "--now", "2026-11-22").json
    assert one == {
        "id": "zhou", "form": "staff", "status": "left", "ended": "2026-11-20", "keep": "2 years", "source": "site",
        "over": "2028-11-20",
    }  # fmt: skip
    rows = cli.ok("retention", "staff", "--by-form", "--format", "csv", "--now", "2026-11-22").lines
    assert rows == ["form,keep,source,open,closed,over,next", "staff,2 years,site,8,1,0,2028-11-20"]
    assert cli.ok("retention", "--format", "ids", "--until", "2029").lines == ["zhou"]
    assert cli("retention", "--until", "someday").code == 2
