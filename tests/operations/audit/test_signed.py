"""A3 and the keys of staff: signed decisions pass, unsigned ones, borrowed and revoked keys do not; checkpoints."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from logbook.core.errors import Refused
from logbook.operations.audit import checkpoints
from logbook.operations.audit.run import audit
from tests.keys import needs_openssh
from tests.operations.audit.conftest import CP
from tests.operations.audit.kit import Hand
from tests.operations.audit.kit import findings
from tests.operations.audit.kit import path_of
from tests.operations.audit.kit import said
from tests.operations.desk import Desk
from tests.operations.desk import codes
from tests.operations.desk import moment
from tests.operations.test_signing import SigningDesk

pytestmark = needs_openssh

AT = "2026-11-22 11:00"
LATER = "2026-11-22 11:30"


@pytest.fixture(scope="session")
def signed_book(honest_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Path]:
    """Li Na and the administrator have keys; decisions are to be signed."""
    folder = tmp_path_factory.mktemp("signed")
    at = SigningDesk(honest_book.copy(folder / "book"), folder / "keys")
    for person in ("boss", "lina"):
        at.key(person)
        at.login(person, enrol=True, now="2026-11-22 10:45")
    hand = Hand(at.desk)
    hand.edit("logbook.yaml", "practice: true", "practice: true\ntrail:\n  signing: decisions")
    hand.commit(
        record="book", form="book", action="settings", subject="book: signing", by="boss",
        author=("高总", "boss@staff.logbook"), at="2026-11-22 10:50",
    )  # fmt: skip
    return at.desk, at.keys


@pytest.fixture
def at(signed_book: tuple[Desk, Path], tmp_path: Path) -> SigningDesk:
    desk, keys = signed_book
    subprocess.run(["cp", "-a", str(keys), str(tmp_path / "keys")], check=True)
    return SigningDesk(desk.copy(tmp_path / "book"), tmp_path / "keys")


def test_decisions_signed_by_their_people_are_no_finding(at: SigningDesk) -> None:
    at.login("lina", now=AT)
    at.desk.add("complaint", "name=李四", "summary=垃圾", now=AT)
    at.desk.void("CP-20261122-A002", now=LATER)
    assert said(findings(at.desk)) == []


def test_an_unsigned_decision(at: SigningDesk) -> None:
    at.desk.add("complaint", "name=李四", "summary=垃圾", now=AT)
    hand = Hand(at.desk)
    path = path_of(at.desk, "CP-20261122-A002")
    hand.edit(path, "status: registered", "status: voided")
    hand.write(
        path, hand.text(path) + f"- at: {moment(LATER).isoformat()}\n  by: lina\n  step: void\n  reason: 重复\n"
    )
    hand.commit(record="CP-20261122-A002", action="open", at=LATER)
    found = findings(at.desk)
    assert ("A3", "audit.unsigned") in said(found)  # whatever the message calls it
    assert next(one for one in found if one.rule == "A3").issue.args["action"] == "void"


def test_a_message_changed_under_its_signature(at: SigningDesk) -> None:
    at.login("lina", now=AT)
    at.desk.add("complaint", "name=李四", "summary=垃圾", now=AT)
    at.desk.void("CP-20261122-A002", now=LATER)
    raw = Hand(at.desk).git("cat-file", "commit", "HEAD").replace("By: lina", "By: lina\nSeen-by: zhao")
    done = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin"],
        cwd=at.desk.root, input=raw.encode(), capture_output=True, check=True,
    )  # fmt: skip
    at.desk.git("update-ref", "refs/heads/main", done.stdout.decode().strip())
    assert ("A3", "audit.signature-bad") in said(findings(at.desk))


def test_the_key_of_somebody_else(at: SigningDesk) -> None:
    at.desk.add("complaint", "name=李四", "summary=垃圾", now=AT)
    hand = Hand(at.desk)
    path = path_of(at.desk, "CP-20261122-A002")
    hand.edit(path, "status: registered", "status: voided")
    hand.write(
        path, hand.text(path) + f"- at: {moment(LATER).isoformat()}\n  by: lina\n  step: void\n  reason: 重复\n"
    )
    at.desk.git("config", "gpg.format", "ssh")
    at.desk.git("config", "user.signingkey", str(at.keys / "boss"))
    at.desk.git("config", "commit.gpgsign", "true")
    hand.commit(record="CP-20261122-A002", action="void", at=LATER)
    assert said(findings(at.desk)) == [("A3", "audit.signature-other")]


def test_settings_of_the_trail_loosened_without_a_signature(at: SigningDesk) -> None:
    hand = Hand(at.desk)
    hand.edit("logbook.yaml", "signing: decisions", "signing: none")
    hand.commit(
        record="book", form="book", action="settings", subject="book: signing", by="boss",
        author=("高总", "boss@staff.logbook"), at=AT,
    )  # fmt: skip
    assert said(findings(at.desk)) == [("A3", "audit.unsigned")]


def test_a_revoked_key_used_with_an_old_date(at: SigningDesk) -> None:
    """Revoked at eleven, used at noon with a date of ten to eleven: the receipt knows when it came."""
    at.login("lina", now=AT)
    at.desk.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 10:55")
    at.desk.void("CP-20261122-A002", now="2026-11-22 10:58")
    stolen = at.desk.head
    at.desk.step("staff/lina", "revoke", f"keys.1.revoked_at={moment(AT).isoformat()}", now=AT, by="lina", reason="丢失")
    assert said(findings(at.desk)) == []
    late = {stolen: moment("2026-11-22 12:30"), at.desk.head: moment("2026-11-22 12:30")}
    found = [one for one in findings(at.desk, received=late) if one.rule == "A3" and one.is_error]
    assert [(one.code, one.issue.commit) for one in found] == [("audit.signature-bad", stolen)]
    assert found[0].issue.args["state"] == "revoked"


def test_a_key_put_into_anothers_entry_by_hand(at: SigningDesk) -> None:
    hand = Hand(at.desk)
    key = at.key("thief")
    path = path_of(at.desk, "lina")
    text = hand.text(path)
    old = text.split("key: ")[1].split("\n")[0]
    hand.write(path, text.replace(old, key.line))
    hand.commit(record="lina", form="staff@1", action="enrol", at=AT, by="zhao", author=("赵敏", "zhao@staff.logbook"))
    codes_found = {one.rule for one in findings(at.desk)}
    assert {"A3", "A9"} <= codes_found


# -- checkpoints ----------------------------------------------------------------------------------------


def checkpoint(at: SigningDesk, now: str = LATER, by: str = "lina") -> checkpoints.Checkpoint:
    session = at.desk.session(now, by=by)
    return checkpoints.write(session, audit(session))


def test_the_next_audit_begins_at_a_signed_checkpoint(at: SigningDesk) -> None:
    at.login("lina", now=AT)
    made = checkpoint(at)
    assert made.commit == at.desk.head
    assert "Form-complaint: 1" in at.desk.git("cat-file", "tag", made.tag)
    at.desk.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:40")
    session = at.desk.session("2026-11-22 12:00")
    begun = checkpoints.last_good(session, at.desk.head)
    assert begun is not None and begun.tag == made.tag
    done = audit(session, since=begun.commit)
    assert (done.commits, done.records, done.errors) == (1, made.records + 1, 0)


def test_a_checkpoint_finds_history_that_was_rewritten(at: SigningDesk) -> None:
    at.login("lina", now=AT)
    at.desk.add("complaint", "name=李四", "summary=垃圾", now=AT)
    checkpoint(at)
    at.desk.git("reset", "-q", "--hard", "HEAD~1")
    at.desk.add("complaint", "name=李四", "summary=扰民", now="2026-11-22 11:40")
    assert checkpoints.last_good(at.desk.session(), at.desk.head) is None
    assert ("A8", "audit.rewritten") in said(findings(at.desk))


def test_a_checkpoint_nobody_signed_is_no_place_to_begin(at: SigningDesk) -> None:
    at.desk.git(
        "-c", "user.name=x", "-c", "user.email=x@y", "tag", "-a", "checkpoint/20261122T113000",
        "-m", f"checkpoint\n\nHead: {at.desk.head}\nRecords: 0",
    )  # fmt: skip
    (one,) = checkpoints.checkpoints(at.desk.session())
    assert one.state == "unsigned"
    assert checkpoints.last_good(at.desk.session(), at.desk.head) is None


def test_no_checkpoint_over_an_error(at: SigningDesk) -> None:
    at.login("lina", now=AT)
    Hand(at.desk).write("attachments/" + "0" * 64, "x")
    Hand(at.desk).commit(record=CP, at=AT)
    with pytest.raises(Refused) as caught:
        checkpoint(at)
    assert codes(list(caught.value.issues)) == ["audit.checkpoint-errors"]


def test_no_checkpoint_without_a_key(at: SigningDesk) -> None:
    with pytest.raises(Refused) as caught:
        checkpoint(at, by="zhao")
    assert codes(list(caught.value.issues)) == ["audit.checkpoint-unsigned"]
