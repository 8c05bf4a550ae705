"""A book that encrypts: what stands in its files, what a desk with and without the keys sees, and an erasure."""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from logbook.core.errors import Refused
from logbook.operations import importing
from logbook.operations import opening
from logbook.operations.erasing import erase
from logbook.operations.secrecy import disclosed
from logbook.operations.session import Session
from logbook.operations.sign import is_stale
from logbook.operations.validating import validate
from tests.operations.desk import Desk
from tests.operations.desk import codes
from tests.operations.desk import furnish
from tests.operations.desk import make_book
from tests.operations.desk import refused

NAME, PHONE = "欧阳锦绣", "13877665544"
LATER = "2026-11-22 10:30"
CUSTOMER = ("id=C-001", f"name={NAME}", f"phone={PHONE}")


@pytest.fixture(scope="module")
def encrypted_book(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = furnish(make_book(tmp_path_factory.mktemp("sealed") / "book", trail={"encryption": "true"}))
    desk.add("customer", *CUSTOMER, "kind=owner")
    return desk


@pytest.fixture
def desk(encrypted_book: Desk, tmp_path: Path) -> Desk:
    """A copy with its keys: they lie beside the book, in the home of the test."""
    keys = encrypted_book.root.parent / ".local"
    shutil.copytree(keys, tmp_path / ".local")
    return encrypted_book.copy(tmp_path / "book")


def keyless(desk: Desk, tmp_path: Path) -> Desk:
    """The same book on a computer that never had the keys."""
    return desk.copy(tmp_path / "elsewhere" / "book")


def secrets_in(text: str) -> list[str]:
    return re.findall(r"enc:1:[^\s,}\]]+", text)


def seen(desk: Desk, record: str) -> dict[str, object]:
    session = desk.session(LATER)
    return dict(disclosed(session, desk.load(record, LATER).state).fields)


def everything(root: Path) -> bytes:
    """Every byte below the book but Git's packed objects, which are compressed; these by what they say."""
    found = [path.read_bytes() for path in root.rglob("*") if path.is_file() and "objects" not in path.parts]
    return b"\n".join(found)


def all_objects(desk: Desk) -> str:
    names = [line.split()[0] for line in desk.git("rev-list", "--all", "--objects").splitlines()]
    return "\n".join(desk.git("cat-file", "-p", name) for name in names)


def test_a_private_value_stands_nowhere_in_clear(desk: Desk) -> None:
    made = desk.add("complaint", f"name={NAME}", f"phone={PHONE}", "room=3-502", "summary=漏水")
    desk.amend(made.record.id, "phone=13877665545", now=LATER)
    desk.session(LATER).index.select("漏水", now=desk.session(LATER).now)
    text = desk.text(made)
    assert len(secrets_in(text)) == 4
    assert "summary: 漏水" in text
    for place in (everything(desk.root), all_objects(desk).encode()):
        for plain in (NAME, PHONE, "13877665545"):
            assert plain.encode() not in place
    assert seen(desk, made.record.id)["phone"] == "13877665545"


def test_the_index_holds_no_plain_text_and_finds_none(desk: Desk) -> None:
    made = desk.add("complaint", f"name={NAME}", f"phone={PHONE}", "summary=漏水")
    session = desk.session(LATER)
    assert [row.id for row in session.index.select("漏水", now=session.now, private=True)] == [made.record.id]
    assert session.index.select(NAME, now=session.now, private=True) == []
    path = session.index.place
    session.close()
    dump = "\n".join(sqlite3.connect(path).iterdump())
    assert "漏水" in dump
    assert (NAME in dump, PHONE in dump) == (False, False)
    for query in ([f"phone:{PHONE}"], [f"name:{NAME}"]):
        with pytest.raises(Refused) as told:
            desk.session(LATER).index.select(query, now=session.now, form="complaint", private=True)
        assert refused(told) == [("query.encrypted", None)]
    assert desk.list("complaint", "phone:", "-name:") == []
    assert desk.list("complaint", "-phone:") == [made.record.id]


def test_what_did_not_change_keeps_its_bytes(desk: Desk) -> None:
    made = desk.add("complaint", f"name={NAME}", f"phone={PHONE}", "summary=漏水")
    before = desk.text(made)
    desk.amend(made.record.id, "phone=13877665545", now=LATER)
    desk.amend(made.record.id, f"phone={PHONE}", now=LATER)
    after = desk.text(made)
    kept = [line for line in before.splitlines() if line.startswith(("name:", "phone:"))]
    assert [line for line in after.splitlines() if line.startswith(("name:", "phone:"))] == kept
    with pytest.raises(Refused) as told:
        desk.amend(made.record.id, f"phone={PHONE}", now=LATER)
    assert refused(told) == [("record.amend-same", "phone")]


def test_a_default_copied_from_another_record_is_encrypted_for_its_own_place(desk: Desk) -> None:
    made = desk.add("complaint", "customer=C-001", f"name={NAME}", "summary=漏水", now=LATER)
    assert seen(desk, made.record.id)["phone"] == PHONE
    own = secrets_in((desk.root / "records/customer/C-001.yaml").read_text())
    assert set(own).isdisjoint(secrets_in(desk.text(made)))
    keys = {secret.split(":")[2] for secret in secrets_in(desk.text(made)) + own}
    assert len(keys) == 1  # the customer is the subject of both


def test_rows_of_a_list_and_imported_rows_are_encrypted(desk: Desk) -> None:
    log = desk.add("night_log", now="2026-11-21 22:00", by="sun")
    name = next(field.id for field in log.form.fields.values() if "phone" in field.columns)
    desk.amend(log.record.id, f"{name}+={{who: {NAME}, phone: '{PHONE}'}}", by="sun", now=LATER)
    assert (NAME in desk.text(log), len(secrets_in(desk.text(log))) >= 2) == (False, True)
    rows = seen(desk, log.record.id)[name]
    assert rows[-1]["phone"] == PHONE  # type: ignore[index]
    source = importing.read_source("a.csv", f"name,phone,summary\n{NAME},{PHONE},停电\n".encode())
    done = importing.run(desk.session(LATER), "complaint", source, importing.Plan(), by="lina")
    (path,) = desk.root.glob(f"records/complaint/*/*/{done.ids[0]}.yaml")
    assert len(secrets_in(path.read_text())) == 2
    assert seen(desk, done.ids[0])["name"] == NAME


def test_the_editor_shows_plain_text_and_only_what_changed_changes(desk: Desk) -> None:
    made = desk.add("complaint", f"name={NAME}", f"phone={PHONE}", "summary=漏水")
    session = desk.session(LATER, by="lina")
    loaded = opening.begin(session, made.record.id)
    shown = opening.text_for(session, loaded, private=True)
    assert f"name: {NAME}\n" in shown.decode()
    assert opening.save(session, loaded, shown) is None
    written = opening.save(session, loaded, shown.replace("漏水".encode(), "渗水".encode()))
    assert written is not None
    assert secrets_in(desk.text(made)) == secrets_in(loaded.data.decode())
    assert "summary: 渗水" in desk.text(made)
    loaded = opening.begin(desk.session(LATER, by="lina"), made.record.id)
    hidden = opening.text_for(session, loaded, private=False)
    assert NAME not in hidden.decode()
    assert "name: '***'\n" in hidden.decode()
    again = desk.session(LATER, by="lina")
    assert opening.save(again, loaded, hidden.replace("渗水".encode(), "漏雨".encode()), private=False) is not None
    assert secrets_in(desk.text(made)) == secrets_in(loaded.data.decode())


def test_a_desk_without_the_key_sees_words_and_can_go_on(desk: Desk, tmp_path: Path) -> None:
    made = desk.add("complaint", f"name={NAME}", f"phone={PHONE}", "summary=漏水")
    there = keyless(desk, tmp_path)
    assert seen(there, made.record.id)["name"] == "已加密"
    report = validate(there.session(LATER))
    assert [issue for issue in report.issues if issue.is_error] == []
    assert codes(report.issues) == codes(validate(desk.session(LATER)).issues)
    there.step(made.record.id, "forward", "forwarded_to=director", now=LATER)
    there.amend(made.record.id, "level=major", now=LATER)
    fresh = there.add("complaint", f"name={NAME}", "customer=C-001", "summary=停电", now=LATER)
    assert "phone:" not in there.text(fresh)  # a default nobody here can read is no default
    assert seen(there, fresh.record.id)["name"] == NAME
    assert set(secrets_in(desk.text(made))) <= set(secrets_in(there.text(made)))


def test_a_secret_moved_to_another_place_is_found(desk: Desk) -> None:
    made = desk.add("complaint", f"name={NAME}", f"phone={PHONE}", "summary=漏水")
    path = desk.root / made.path
    name, phone = secrets_in(path.read_text())
    path.write_text(path.read_text().replace(name, "@@@").replace(phone, name).replace("@@@", phone))
    found = [issue for issue in validate(desk.session(LATER)).issues if issue.rule == "privacy.broken"]
    assert [(issue.field, issue.severity) for issue in found] == [("name", "error"), ("phone", "error")]
    path.write_text(path.read_text().replace(name, f"'{PHONE}'"))
    found = [issue for issue in validate(desk.session(LATER)).issues if issue.rule == "privacy.not-encrypted"]
    assert [(issue.field, issue.severity) for issue in found] == [("phone", "warning")]


# --------------------------------------------------------------------------- erasure


def gone(desk: Desk, *subjects: str, by: str = "zhao", approved_by: str | None = "wang", **more: str) -> Session:
    session = desk.session(LATER, by=by)
    erase(session, subjects, reason=more.get("reason", "本人要求"), approved_by=approved_by)
    return session


def test_erasing_a_customer_closes_everything_about_them_and_nothing_else(desk: Desk) -> None:
    other = desk.add("complaint", "name=赵四", "phone=13600000000", "summary=停电")
    made = desk.add("complaint", "customer=C-001", f"name={NAME}", f"phone={PHONE}", "summary=漏水", now=LATER)
    desk.step(made.record.id, "forward", "forwarded_to=director", now=LATER)
    desk.sign(made.record.id, "heard", now=LATER)
    before = desk.text(made)
    (done,) = erase(desk.session(LATER, by="zhao"), ["customer/C-001"], reason="本人要求", approved_by="wang")
    assert (done.subject, done.records, done.values, done.keys) == ("customer/C-001", 2, 4, 1)
    assert desk.text(made) == before
    assert [seen(desk, one)["name"] for one in (made.record.id, "customer/C-001")] == ["已抹除", "已抹除"]
    assert seen(desk, other.record.id)["name"] == "赵四"
    loaded = desk.load(made.record.id, LATER)
    assert not any(is_stale(loaded.form, loaded.record, one) for one in loaded.record.signatures)
    assert [issue for issue in validate(desk.session(LATER)).issues if issue.is_error] == []
    assert desk.list("complaint", "status:forwarded", now=LATER) == [made.record.id]
    desk.git("fsck", "--strict")
    assert desk.clean
    record = desk.load(done.written.record.id, LATER)
    text = record.data.decode()
    assert (NAME in text, PHONE in text) == (False, False)
    assert "about: customer/C-001" in text
    assert [event.approved_by for event in record.record.events] == ["wang"]
    with pytest.raises(Refused) as told:
        gone(desk, "customer/C-001")
    assert refused(told) == [("privacy.nothing", None)]


def test_another_desk_drops_its_own_key_when_it_learns_of_the_erasure(desk: Desk, tmp_path: Path) -> None:
    made = desk.add("complaint", f"name={NAME}", "summary=漏水")
    other = desk.copy(tmp_path / "second" / "book")
    shutil.copytree(tmp_path / ".local", tmp_path / "second" / ".local")
    assert seen(other, made.record.id)["name"] == NAME
    gone(desk, made.record.id)
    bundle = other.session(LATER).vault
    assert bundle is not None
    kept = bundle.export("一句长长的口令")
    other.git("pull", "-q", str(desk.root))
    assert seen(other, made.record.id)["name"] == "已抹除"
    assert list((tmp_path / "second" / ".local").rglob(f"{secrets_in(other.text(made))[0].split(':')[2]}.key")) == []
    vault = other.session(LATER).vault
    assert vault is not None
    assert vault.bring(kept, "一句长长的口令").erased == 1


def test_what_an_erasure_asks_for(desk: Desk) -> None:
    mine = desk.add("complaint", "customer=C-001", f"name={NAME}", "summary=漏水")
    head = desk.head
    for subjects, more, expected in (
        (["customer/C-001"], {"reason": " "}, [("record.needs-reason", "reason")]),
        (["customer/C-001"], {"approved_by": None}, [("privacy.approver", "approved_by")]),
        ([mine.record.id], {}, [("privacy.other-subject", None)]),
        (["customer/C-001"], {"approved_by": "zhao"}, [("step.same-person", "approved_by")]),
        (["customer/C-001"], {"by": "lina"}, [("step.role", "by")]),
        (["room/3-502"], {}, [("privacy.nothing", None)]),
    ):
        with pytest.raises(Refused) as told:
            gone(desk, *subjects, **more)  # type: ignore[arg-type]
        assert refused(told) == expected
    assert desk.head == head
    assert seen(desk, mine.record.id)["name"] == NAME


def test_an_erasure_that_one_person_wrote_alone_takes_no_keys(desk: Desk) -> None:
    made = desk.add("complaint", f"name={NAME}", "summary=漏水")
    key = secrets_in(desk.text(made))[0].split(":")[2]
    text = f"""\
id: ER-20261122-A001
form: erasure@1
status: done
at: 2026-11-22T10:00:00+08:00
by: lina
about: complaint/{made.record.id}
basis: request
reason: 试试
record_count: 1
value_count: 1
keys:
- key: {key}
events:
- at: 2026-11-22T10:00:00+08:00
  by: lina
  step: erase
"""
    path = desk.root / "records/erasure/2026/11/ER-20261122-A001.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    desk.git("add", "records/erasure")
    desk.git("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "by hand")
    assert seen(desk, made.record.id)["name"] == NAME


def test_the_form_itself_asks_for_a_second_person_of_rank(desk: Desk) -> None:
    words = ("about=customer/C-009", "reason=纸质申请", "record_count=0", "value_count=0", "keys+={key: none}")
    with pytest.raises(Refused) as told:
        desk.add("erasure", *words, by="lina")
    assert refused(told) == [("step.role", "by"), ("step.approver", "approved_by")]
    made = desk.add("erasure", *words, by="zhao", approved_by="wang")
    assert (made.record.status, made.record.fields["basis"]) == ("done", "request")


def test_a_book_that_does_not_encrypt_says_that_it_cannot_erase(tmp_path: Path) -> None:
    plain = make_book(tmp_path / "book")
    head = plain.head
    with pytest.raises(Refused) as told:
        erase(plain.session(LATER, by="zhao"), ["staff/lina"], reason="离职", approved_by="wang")
    assert refused(told) == [("privacy.cannot-erase", None)]
    assert plain.head == head


# --------------------------------------------------------------------------- cards in clear


CARD = "11010519491231002X"


def test_an_identity_card_is_refused_in_clear_and_taken_where_it_is_encrypted(desk: Desk, tmp_path: Path) -> None:
    made = desk.add("customer", "id=C-002", "name=王芳", "phone=13800138000", "kind=owner", f"id_no={CARD}")
    assert CARD not in desk.text(made)
    with pytest.raises(Refused) as told:
        desk.add("complaint", "name=王芳", f"summary=证件 {CARD}", "course=漏水")
    assert refused(told) == [("privacy.identity", "summary")]
    plain = make_book(tmp_path / "plain" / "book")
    with pytest.raises(Refused) as told:
        plain.add("customer", "id=C-002", "name=王芳", "phone=13800138000", "kind=owner", f"id_no={CARD}")
    assert refused(told) == [("privacy.identity", "id_no")]
    assert CARD not in str(told.value.issues)
    plain.add("customer", "id=C-002", "name=王芳", "phone=13800138000", "kind=owner", "id_no=002X")


def test_a_number_in_open_text_is_told_once_and_the_entry_stands(desk: Desk) -> None:
    made = desk.add("complaint", "name=王芳", "summary=回电 13800138000", "course=漏水")
    assert [(one.rule, one.field) for one in made.warnings] == [("privacy.found", "summary")]
    assert codes(desk.step(made.record.id, "forward", "forwarded_to=director", now=LATER).warnings) == []
    amended = desk.amend(made.record.id, "course=再打 13800138000", now=LATER)
    assert [(one.rule, one.field) for one in amended.warnings if one.rule == "privacy.found"] == [
        ("privacy.found", "course")
    ]


def test_the_history_says_in_clear_what_this_desk_may_read(desk: Desk) -> None:
    from logbook.operations.history import history

    desk.add("complaint", "name=王芳", "phone=13800001111", "summary=漏水")
    record = desk.list("complaint")[0]

    def told(*, private: bool) -> object:
        entries = history(desk.session(LATER), record, private=private)[1]
        return next(one.new for one in entries[0].changes if one.field == "phone")

    assert told(private=True) == "13800001111"
    assert str(told(private=False)).startswith("enc:1:")
