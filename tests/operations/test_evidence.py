"""What proves a record: signatures that stand, times of receipt, linked records, a bundle that is always the same."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from logbook.core.errors import BookError
from logbook.operations.evidence import at_head
from logbook.operations.evidence import evidence
from logbook.operations.session import Clock
from logbook.operations.session import Session
from logbook.store import receipts
from logbook.store.book import Book
from logbook.store.book import read_settings
from logbook.store.bundle import bundle
from logbook.store.git import Repository
from tests.keys import needs_openssh
from tests.operations.desk import Desk
from tests.operations.desk import moment
from tests.operations.test_signing import SigningDesk
from tests.shared import SharedCopy

CP = "CP-20261122-A001"


def later(desk: Desk) -> Session:
    """The book read long after: the hour of reading must not matter."""
    at = moment("2031-01-01 00:00")
    book = Book(desk.root, read_settings(desk.root))
    return at_head(Session(book, Clock(at, at, given=False), lang="zh", environment={}))


def test_it_is_as_of_the_head_commit_whenever_it_is_made(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水", "level=important", now="2026-11-22 09:35")
    desk.step(CP, "reply", "reply=明天来修", at="09:50", now="2026-11-22 10:00")
    found = evidence(later(desk), CP)
    assert (found.head, found.as_of) == (desk.head, moment("2026-11-22 10:00"))
    assert {one.clock: one.state for one in found.clocks} == {"forward": "running", "resolve": "running"}
    assert [(one.happened, one.recorded) for one in found.entries] == [
        ("2026-11-22T09:35:00+08:00", "2026-11-22T09:35:00+08:00"),
        ("2026-11-22T09:50:00+08:00", "2026-11-22T10:00:00+08:00"),
    ]
    assert set(found.signed.values()) == {"unsigned"}
    assert (found.receipts, found.received) == (False, {})


def test_the_receipts_that_were_fetched_are_used(desk: Desk, tmp_path: Path) -> None:
    """As a hook of the shared copy writes them and an exchange brings them."""
    desk.add("complaint", "name=张三", "summary=漏水", now="2026-11-22 09:35")
    shared = SharedCopy.of(desk, tmp_path / "shared.git")
    desk.step(CP, "reply", "reply=好", now="2026-11-22 10:00")
    with Repository(shared.root) as copy:
        move = (shared.head, desk.head, "refs/heads/main")
        receipts.append(copy, [move], pusher="lina", at=moment("2026-11-22 10:05"))
    desk.git("fetch", "-q", str(shared.root), "refs/logbook/receipts:refs/logbook/receipts")
    found = evidence(later(desk), CP)
    assert found.receipts and found.received == {desk.head: "2026-11-22T10:05:00+08:00"}


@needs_openssh
def test_the_signature_of_a_commit_is_verified(desk: Desk, tmp_path: Path) -> None:
    at = SigningDesk(desk, tmp_path / "keys")
    desk.add("complaint", "name=张三", "summary=漏水", now="2026-11-22 09:35")
    at.enrolled("lina")
    desk.step(CP, "reply", "reply=好", now="2026-11-22 10:00")
    assert list(evidence(later(desk), CP).signed.values()) == ["unsigned", "good"]


def test_a_signature_is_valid_until_what_it_covers_is_changed(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水", now="2026-11-22 09:35")
    desk.sign(CP, "heard", now="2026-11-22 09:40")
    assert evidence(later(desk), CP).stale == ()
    desk.amend(CP, "summary=厨房漏水", now="2026-11-22 09:50")
    (stale,) = evidence(later(desk), CP).stale
    assert (stale.meaning, stale.by) == ("heard", "lina")


def test_linked_records_both_ways_and_each_once(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水", "room=3-502", now="2026-11-22 09:35")
    visit = desk.add("return_visit", f"record={CP}", now="2026-11-22 09:40", by="lina").record.id
    found = evidence(later(desk), CP)
    assert [(one.row.form, one.row.id, one.way, one.field.id) for one in found.linked] == [
        ("room", "3-502", "out", "room"),
        ("return_visit", visit, "in", "record"),
    ]


def test_when_the_shared_copy_received_each_commit(desk: Desk, tmp_path: Path) -> None:
    before = desk.head
    desk.add("complaint", "name=张三", "summary=漏水", now="2026-11-22 09:35")
    first = desk.head
    desk.step(CP, "reply", "reply=好", now="2026-11-22 10:00")
    second = desk.head
    desk.amend(CP, "summary=噪音", now="2026-11-22 11:00")
    lines = [
        f"2026-11-22T09:40:00+08:00 {before} {first} refs/heads/main lina",
        f"2026-11-22T10:30:00+08:00 {first} {second} refs/heads/main lina",
        f"2026-11-22T10:40:00+08:00 {first} {'f' * 40} refs/heads/other lina",
        "torn",
    ]
    text = b""
    for line in lines[:-1]:
        last = text.splitlines()[-1] if text else b""
        text += f"{line} {hashlib.sha256(last).hexdigest()}\n".encode()
    log = tmp_path / "receipts.log"
    log.write_bytes(text + lines[-1].encode())
    found = evidence(later(desk), CP, receipts=log)
    told = {first: "2026-11-22T09:40:00+08:00", second: "2026-11-22T10:30:00+08:00"}
    assert found.receipts and found.received == told
    with pytest.raises(BookError) as caught:
        evidence(later(desk), CP, receipts=tmp_path / "none.log")
    assert caught.value.code == "evidence.no-receipts"


def test_a_bundle_is_the_same_whatever_the_packs(desk: Desk, tmp_path: Path) -> None:
    with Repository(desk.root) as repository:
        loose = bundle(repository, "HEAD")
    desk.git("gc", "-q", "--aggressive")
    with Repository(desk.root) as repository:
        assert bundle(repository, "HEAD") == loose
    copy = tmp_path / "copy"
    subprocess.run(["git", "clone", "-q", "--no-local", str(desk.root), str(copy)], check=True)
    with Repository(copy) as repository:
        assert bundle(repository, "HEAD") == loose
        repository.run("config", "pack.window", "0")
        assert bundle(repository, "HEAD") == loose


def test_a_clone_without_the_beginning_makes_no_bundle(desk: Desk, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{desk.root}", str(copy)], check=True)
    with Repository(copy) as repository, pytest.raises(BookError) as caught:
        bundle(repository, "HEAD")
    assert caught.value.code == "evidence.shallow"
