"""What lies in the book and means it harm: a file like that is told of, and stands in nobody else's way."""

from __future__ import annotations

import errno
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.line import Line

NOW = ("--now", "2026-11-24 09:00")
FOLDER = "records/complaint/2026/11"
ID = "CP-20261121-A009"
PATH = f"{FOLDER}/{ID}.yaml"
GOOD = f"""\
id: {ID}
form: complaint@1
status: registered
at: 2026-11-21T09:00:00+08:00
by: lina
name: 王芳
summary: 电梯异响
level: minor
events:
- at: 2026-11-21T09:00:00+08:00
  by: lina
  step: register
"""
LAUGHS = "".join(
    f"x{i}: &{name} [{','.join([f'*{before}'] * 9) if before else 'lol'}]\n"
    for i, (name, before) in enumerate(zip("abcdefghi", [None, *"abcdefgh"], strict=True))
)


def text(old: str, new: str) -> bytes:
    assert old in GOOD
    return GOOD.replace(old, new).encode("utf-8", "surrogatepass")


# Name -> bytes, and the rules `validate` finds (sorted, each once).
RECORDS: dict[str, tuple[bytes, set[str]]] = {
    "laughs": ((GOOD + LAUGHS).encode(), {"yaml.anchor"}),
    "tag": (text("name: 王芳", "name: !!python/object/apply:os.system [id]"), {"yaml.tag"}),
    "deep": ((GOOD + "deep: " + "[" * 100_000 + "]" * 100_000 + "\n").encode(), {"yaml.too-deep"}),
    "deep map": ((GOOD + "deep:\n" + "".join(" " * i + "a:\n" for i in range(1, 3000))).encode(), {"yaml.too-big"}),
    "long line": (text("电梯异响", "漏" * 3_500_000), {"yaml.too-big"}),
    "many keys": ((GOOD + "".join(f"k{i}: v\n" for i in range(100_000))).encode(), {"field.unknown", "record.and-more"}),
    "many rows": ((GOOD + "sheets:\n" + "- sheet: x\n" * 100_000).encode(), {"field.reference", "record.and-more"}),
    "many events": (
        (GOOD + "- at: 2026-11-21T09:00:00+08:00\n  by: lina\n  step: note\n" * 20_000).encode(), {"record.and-more", "step.unknown"},
    ),
    "escape": (text("电梯异响", '"\\e[31m\\e]0;title\\a"'), {"field.unseen"}),
    "nul escaped": (text("电梯异响", '"a\\0b"'), {"field.unseen"}),
    "nul": (text("电梯异响", "a\0b"), {"yaml.control"}),
    "bidi escaped": (text("电梯异响", '"a\\u202eb"'), {"field.unseen"}),
    "half a character": (text("电梯异响", '"\\ud800"'), {"yaml.control"}),
    "form path": (text("complaint@1", "../../etc/passwd@1"), {"record.unknown-form"}),
    "form option": (text("complaint@1", "--upload-pack=x@1"), {"record.unknown-form"}),
    "form format": (text("complaint@1", "'{0.__class__}@1'"), {"record.unknown-form"}),
    "form number": (text("complaint@1", "complaint@" + "9" * 5000), {"record.form-name"}),
    "id path": (text(f"id: {ID}", "id: ../../x"), {"record.id-path"}),
    "far at": (text("at: 2026-11-21T09:00:00+08:00", "at: 9999-12-31T23:59:59-23:59"), {"record.moment"}),
    "early at": (text("at: 2026-11-21T09:00:00+08:00", "at: 0001-01-01T00:00:00+23:59"), {"record.moment"}),
    "merge key": ((GOOD + "<<: {a: b}\n").encode(), {"yaml.merge"}),
    "binary": (bytes(range(256)) * 100, {"yaml.encoding"}),
    "utf-16": (GOOD.encode("utf-16"), {"yaml.encoding"}),
    "status tag": (text("status: registered", "status: &a !!python/name:os.system x"), {"yaml.anchor", "yaml.tag"}),
    "nothing": (b"", {"yaml.empty"}),
}  # fmt: skip


def commit(root: Path) -> None:
    for words in (["add", "-A"], ["-c", "user.name=x", "-c", "user.email=x", "commit", "-qm", "x"]):
        subprocess.run(["git", *words], cwd=root, check=True)


@pytest.mark.parametrize("name", RECORDS)
def test_a_hostile_record(cli: Line, name: str) -> None:
    data, rules = RECORDS[name]
    (cli.root / PATH).write_bytes(data)
    commit(cli.root)
    began = time.monotonic()
    found = cli("validate", PATH, "--format", "json", *NOW)
    told = {row["rule"] for row in found.json}
    assert told - {"complaint.repeated_subject"} == rules
    assert found.code == (0 if name == "many keys" else 1)
    assert len(found.json) <= 102
    # Nobody else is in the way of it.
    listed = cli.ok("list", "complaint", "--format", "ids", *NOW).lines
    assert {"CP-20261120-A001", "CP-20261121-A001"} <= set(listed)
    assert not {"\x1b", "\x07", "\u202e"} & set(cli("show", ID, *NOW).out)
    assert cli("overdue", *NOW).code == 0
    assert cli.ok("add", "complaint", "name=李四", "summary=x", *NOW).out == "CP-20261124-A001\n"
    assert cli("doctor", *NOW).code in (0, 1)
    assert time.monotonic() - began < 30


def test_what_is_no_file_is_told_and_not_waited_for(cli: Line) -> None:
    folder = cli.root / FOLDER
    os.mkfifo(folder / "CP-20261121-A008.yaml")
    os.symlink("/etc/passwd", folder / "CP-20261121-A007.yaml")
    os.symlink("nowhere", folder / "CP-20261121-A006.yaml")
    (folder / "x.yaml").mkdir()
    for words in ((), ("records",)):
        found = cli("validate", *words, "--format", "json", *NOW)
        assert found.code == 1
        assert sorted((row["rule"], row["path"][-21:]) for row in found.json) == [
            ("git.not-a-file", f"CP-20261121-A00{n}.yaml"[-21:]) for n in (6, 7, 8)
        ]
        assert "root:" not in found.out
    assert cli("list", *NOW).code == 0
    assert cli.ok("add", "complaint", "name=李四", "summary=x", *NOW).out == "CP-20261124-A001\n"


def test_a_link_in_the_place_of_a_record_is_not_written_through(cli: Line) -> None:
    victim = cli.root.parent / "victim"
    victim.write_text("mine\n")
    (cli.root / FOLDER / "CP-20261124-A001.yaml").symlink_to(victim)
    answer = cli("add", "complaint", "name=李四", "summary=x", *NOW)
    assert (answer.code, answer.out) == (3, "")
    assert victim.read_text() == "mine\n"


def test_a_folder_that_is_a_link_is_not_written_through(cli: Line) -> None:
    away = cli.root.parent / "away"
    away.mkdir()
    (cli.root / "records/complaint/2026/12").symlink_to(away)
    answer = cli("add", "complaint", "name=李四", "summary=x", "--now", "2026-12-01 09:00")
    assert (answer.code, answer.out) == (3, "")
    assert list(away.iterdir()) == []


# -- a book that somebody sent ----------------------------------------------------------------

CONFIG = """
[core]
	fsmonitor = {trap}
	hooksPath = {hooks}
	sshCommand = {trap}
	pager = {trap}
	editor = {trap}
	gitProxy = {trap}
[filter "trap"]
	clean = {trap}
	smudge = {trap}
	process = {trap}
	required = true
[diff]
	external = {trap}
[diff "trap"]
	textconv = {trap}
	command = {trap}
[merge "trap"]
	driver = {trap}
[gpg]
	program = {trap}
[gpg "ssh"]
	program = {trap}
[alias]
	log = !{trap}
	diff-tree = !{trap}
	update-ref = !{trap}
	cat-file = !{trap}
[credential]
	helper = {trap}
[pager]
	log = {trap}
"""
HOOKS = (
    "pre-commit", "post-commit", "post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman",
    "pre-auto-gc", "post-rewrite", "commit-msg", "prepare-commit-msg", "post-merge",
)  # fmt: skip


@pytest.fixture
def sent(cli: Line) -> Line:
    """A book whose own settings, hooks and attributes run a program wherever Git lets them."""
    trap, mark = cli.root.parent / "trap", cli.root.parent / "sprung"
    trap.write_text(f"#!/bin/sh\necho $0 $* >> {mark}\ncat\n")
    trap.chmod(0o755)
    (cli.root / ".gitattributes").write_text("* filter=trap diff=trap merge=trap\n")
    subprocess.run(["git", "add", ".gitattributes"], cwd=cli.root, check=True)
    commit(cli.root)
    hooks = cli.root / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in HOOKS:
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> {mark}\n")
        (hooks / name).chmod(0o755)
    with (cli.root / ".git/config").open("a") as file:
        file.write(CONFIG.format(trap=trap, hooks=hooks))
    assert not mark.exists()
    # What the trap is worth: plain Git does spring it.
    (cli.root / "logbook.yaml").touch()
    subprocess.run(["git", "status"], cwd=cli.root, check=False, capture_output=True)
    assert mark.exists()
    mark.unlink()
    return cli


READING = [
    ("list",), ("list", "电梯"), ("list", "--rev", "HEAD~1"), ("show", "CP-20261120-A001"),
    ("history", "CP-20261120-A001"), ("validate",), ("overdue",), ("doctor",), ("forms",), ("export", "complaint"),
    ("render", "CP-20261120-A001"), ("index", "--rebuild"), ("agenda",), ("packs",),
]  # fmt: skip
WRITING = [
    ("add", "complaint", "name=李四", "summary=x"), ("step", "CP-20261120-A001", "forward", "forwarded_to=director"),
    ("amend", "CP-20261120-A001", "summary=y", "--reason", "z"), ("packs", "enable", "tower", "--yes"), ("on", "zhao"),
]  # fmt: skip


@pytest.mark.parametrize("words", [*READING, *WRITING], ids=" ".join)
def test_a_book_somebody_sent_runs_nothing(sent: Line, words: tuple[str, ...]) -> None:
    for path in sent.root.rglob("*.yaml"):
        os.utime(path)  # Git must look at them again
    sprung = sent.root.parent / "sprung"
    answer = sent(*words, *NOW)
    assert not sprung.exists(), sprung.read_text()
    assert answer.code == 0, answer


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a disk that is full")
def test_a_full_disk_spoils_no_file_that_was_there(cli: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    page = cli.root.parent / "page.html"
    page.write_text("as it was")

    def full(*words: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", full)
        answer = cli("render", "complaint", "--blank", "-o", str(page))
    assert (answer.code, answer.out) == (2, "")
    assert page.read_text() == "as it was" and sorted(cli.root.parent.glob("page*")) == [page]
    assert cli("render", "complaint", "--blank", "--format", "html", "-o", "/dev/full").code == 2
    assert cli("render", "complaint", "--blank", "-o", str(page)).code == 0
    assert "as it was" not in page.read_text()
