"""login, logout and signers as people type them."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from logbook.store.git import clean_environment
from tests.cli.conftest import MAJOR
from tests.cli.conftest import MINOR
from tests.cli.line import Answer
from tests.cli.line import Line
from tests.cli.line import at_terminal
from tests.cli.line import process
from tests.keys import needs_openssh
from tests.keys import new_key
from tests.keys import verified_by_git

pytestmark = needs_openssh

NOW = ("--now", "2026-11-22 10:00")


@pytest.fixture(autouse=True)
def no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


def asking(root: Path, word: str = "decisions") -> None:
    """The book asks for signatures, by a commit made by hand."""
    with (root / "logbook.yaml").open("a", encoding="utf-8") as file:
        file.write(f"trail:\n  signing: {word}\n")
    words = ["git", "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qam", "book: signing"]
    subprocess.run(words, cwd=root, check=True, env=clean_environment({}))


def head(root: Path) -> str:
    words = ["git", "rev-parse", "HEAD"]
    return subprocess.run(words, cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def test_from_a_new_key_to_a_commit_that_git_verifies(cli: Line, book: Path, tmp_path: Path) -> None:
    asking(book)
    key = new_key(tmp_path / "id")
    answer = cli(*NOW, "void", MINOR, "--reason", "重复")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err == (
        "这一步要签名，lina 还没有登记密钥，没有写入\n"
        "    → logbook login lina --key ~/.ssh/id_ed25519 --enrol（没有密钥先运行 ssh-keygen -t ed25519）\n"
    )
    answer = cli.ok(*NOW, "login", "lina", "--key", str(tmp_path / "id"), "--enrol")
    assert answer == Answer(
        0,
        "",
        f"lina 的公钥 {key.fingerprint} 已登记\nlina 在这台电脑上用 {key.fingerprint} 签名\n",
    )
    cli.ok(*NOW, "void", MINOR, "--reason", "重复")
    cli.ok(*NOW, "signers", "-o", str(tmp_path / "signers"))
    assert verified_by_git(book, "HEAD", tmp_path / "signers")
    assert not verified_by_git(book, "HEAD~1", tmp_path / "signers")


def test_logging_out(cli: Line, tmp_path: Path) -> None:
    new_key(tmp_path / "id")
    cli.ok(*NOW, "login", "--key", str(tmp_path / "id"), "--enrol")
    assert cli.ok("logout").err == "lina 在这台电脑上不再签名\n"
    assert cli.ok("logout", "lina").err == "lina 在这台电脑上本来就没有用密钥\n"


def test_words_that_do_not_fit(cli: Line, tmp_path: Path) -> None:
    new_key(tmp_path / "id")
    answer = cli("--lang", "en", "login", "--key", str(tmp_path / "id"), "--agent", "SHA256:x")
    assert (answer.code, answer.err) == (2, "--key or --agent, not both\n    → leave one of them out\n")
    answer = cli("--lang", "en", "login", "nobody", "--key", str(tmp_path / "id"))
    assert answer.code == 1
    assert "nobody" in answer.err
    answer = cli("--lang", "en", "login", "lina")
    assert answer.code == 3
    assert answer.err.startswith("which key does lina use?\n")


def test_no_keys_to_export(cli: Line) -> None:
    answer = cli.ok("--lang", "en", "signers")
    assert answer.out == ""
    assert answer.err == "the staff directory holds no keys yet\n"


def test_the_keys_of_a_former_day(cli: Line, book: Path, tmp_path: Path) -> None:
    before = head(book)
    key = new_key(tmp_path / "id")
    cli.ok(*NOW, "login", "--key", str(tmp_path / "id"), "--enrol")
    options = 'namespaces="git",valid-after="20261122020000Z"'
    assert cli.ok("signers").out == f"lina@staff.logbook {options} {key.line}\n"
    assert cli.ok("signers", "--rev", before).out == ""


def test_one_key_a_person_is_shown_as_it_stands(cli: Line, tmp_path: Path) -> None:
    key = new_key(tmp_path / "id")
    cli.ok(*NOW, "login", "--key", str(tmp_path / "id"), "--enrol")
    (row,) = cli.ok("show", "staff/lina", "--format", "json").json["fields"]["keys"]
    assert row["key"] == key.line
    assert row["from_at"] == "2026-11-22T10:00:00+08:00"


def test_a_passphrase_is_asked_for_on_a_terminal_only(cli: Line, book: Path, tmp_path: Path) -> None:
    new_key(tmp_path / "id", passphrase="geheim")
    words = (*NOW, "login", "lina", "--key", str(tmp_path / "id"), "--enrol")
    began = time.monotonic()
    answer = process(book, *words)
    assert time.monotonic() - began < 10
    assert answer.code == 3
    assert "有口令，没有人输入" in answer.err
    assert f"ssh-add {tmp_path / 'id'}" in answer.err
    asked = [("passphrase", "geheim\n")]
    assert at_terminal(book, words, asked).code == 0
    asking(book)
    assert at_terminal(book, (*NOW, "void", MAJOR, "--reason", "重复"), asked).code == 0
    cli.ok("signers", "-o", str(tmp_path / "signers"))
    assert verified_by_git(book, "HEAD", tmp_path / "signers")
    before = head(book)
    assert process(book, *NOW, "void", MINOR, "--reason", "重复").code == 3
    assert head(book) == before
    wrong = at_terminal(book, (*NOW, "void", MINOR, "--reason", "重复"), [("passphrase", "nein\n")])
    assert wrong.code == 3
    assert head(book) == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("signing: decision", "logbook.yaml:11: trail.signing: signing cannot be decision\n    → there are: none, "),
        ("singing: all", "logbook.yaml:11: trail.singing: trail has no setting singing\n    → settings: signing, "),
        ("edit_window: long", "trail.edit_window: cannot make a length of time of edit_window: long\n"),
        ("encryption: maybe", "trail.encryption: encryption is true or false, not maybe\n"),
        ("shared_identities: desk", "trail.shared_identities: shared_identities is a list of ids or names\n"),
    ],
)
def test_a_setting_of_the_trail_that_is_misspelt(cli: Line, book: Path, line: str, said: str) -> None:
    with (book / "logbook.yaml").open("a", encoding="utf-8") as file:
        file.write(f"trail:\n  {line}\n")
    answer = cli("--lang", "en", "list")
    assert answer.code == 1
    assert said in answer.err


def test_the_settings_of_the_trail(cli: Line, book: Path) -> None:
    from datetime import timedelta

    from logbook.store.book import read_settings
    from logbook.store.book import settings_from
    from logbook.store.book import settings_text

    assert read_settings(book).signing == "none"
    assert read_settings(book).edit_window == timedelta(hours=24)
    with (book / "logbook.yaml").open("a", encoding="utf-8") as file:
        file.write("trail: {signing: all, edit_window: 90 minutes, encryption: false, shared_identities: [前台]}\n")
    settings = read_settings(book)
    assert (settings.signing, settings.edit_window) == ("all", timedelta(minutes=90))
    assert settings_from(settings_text(settings)) == settings
    assert cli("list").code == 0
