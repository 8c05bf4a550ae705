"""Whose signature counts: keys as the register holds them, who may change them, what must be signed."""

from __future__ import annotations

import base64
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from logbook.core.form import Form
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.signers import Signer
from logbook.core.signers import allowed_signers
from logbook.core.signers import key_issues
from logbook.core.signers import needs_signature
from logbook.core.signers import public_key
from logbook.core.signers import signers_of
from logbook.core.signers import usable
from logbook.core.signers import with_revocations
from logbook.core.value import replace
from logbook.store.library import check_files

TEMPLATES = Path(__file__).parents[2] / "templates" / "core"
LIBRARY = check_files(
    {f"templates/core/{file.name}": file.read_bytes() for file in sorted(TEMPLATES.glob("*.yaml"))}
)[0]
FORM: Form = LIBRARY.forms["staff"]


def line(mark: int) -> str:
    """A key of type ed25519 that nobody holds."""
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-ed25519", bytes([mark]) * 32))
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}"


def at(hour: int, day: int = 22) -> str:
    return f"2026-11-{day}T{hour:02}:00:00+08:00"


def moment(hour: int, day: int = 22) -> datetime:
    return datetime.fromisoformat(at(hour, day))


def row(mark: int, start: int = 9, **more: str) -> dict[str, Any]:
    return {"key": line(mark), "from_at": at(start), **more}


def person(*events: Event, staff: str = "lina", **fields: Any) -> State:
    made = Event(at(8), "hu", "enter")
    whole = Record(staff, "staff", 1, "active", at(8), "hu", {"name": "李娜", **fields}, (made, *events))
    return state_of(FORM, whole)


def then(state: State, *events: Event) -> State:
    return state_of(FORM, replace(state.record, events=(*state.record.events, *events)))


def enrol(mark: int, by: str = "lina", **more: str) -> Event:
    return Event(at(9), by, "enrol", set={"keys+": [row(mark, **more)]})


def revoke(number: int, when: int, by: str = "lina", **more: Any) -> Event:
    return Event(at(10), by, "revoke", reason="丢了", set={f"keys.{number}.revoked_at": at(when), **more})


def codes(before: State | None, after: State, author: str, **more: Any) -> list[str]:
    return [issue.rule for issue in key_issues(before, after, author=author, when=moment(10), **more)]


# -- the keys ---------------------------------------------------------------------------------


def test_a_key_is_read_from_its_line_and_told_by_its_mark() -> None:
    key = public_key(f"{line(1)} lina@desk")
    assert key is not None
    assert (key.type, key.line) == ("ssh-ed25519", line(1))
    assert key.fingerprint == "SHA256:RXm/ruZ0eTzRXKwi1AQEDynB0VgHQ2ac9KPSFdf/YnA"


def _packed(*parts: bytes) -> str:
    return base64.b64encode(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 ????",
        "ssh-ed25519 AAAA",
        f"ssh-rsa {line(1).split()[1]}",
        f"ssh-ed25519 {_packed(b'ssh-ed25519', b'x' * 32, b'more')}",
        f"ssh-ed25519 {_packed(b'ssh-ed25519', b'x' * 32)[:-8]}",
        f"ssh-dss {_packed(b'ssh-dss', b'p', b'q', b'g', b'y')}",
        f"ssh-rsa {_packed(b'ssh-rsa', bytes([1, 0, 1]), bytes([0]) + b'x' * 128)}",
        f"{line(1)}\n{line(2)}",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ],
)
def test_what_is_no_key_is_none(text: str) -> None:
    assert public_key(text) is None


def test_the_register_says_who_signs_and_when() -> None:
    state = person(enrol(1), enrol(2, until_at=at(18)), revoke(1, 12))
    assert signers_of([state]) == (
        Signer("lina", "lina@staff.logbook", line(1), moment(9), moment(12), moment(12)),
        Signer("lina", "lina@staff.logbook", line(2), moment(9), moment(18), None),
    )


def test_a_key_counts_from_its_beginning_to_its_end_both_included() -> None:
    signers = signers_of([person(enrol(1, until_at=at(12)))])
    second = timedelta(seconds=1)
    counts = [bool(usable(signers, "lina", one)) for one in (moment(9) - second, moment(9), moment(12))]
    assert counts == [False, True, True]
    assert usable(signers, "lina", moment(12) + second) == []
    assert usable(signers, "zhao", moment(10)) == []


def test_the_earlier_of_two_ends_is_the_end() -> None:
    (signer,) = signers_of([person(enrol(1, until_at=at(11)), revoke(1, 12))])
    assert (signer.end, signer.revoked) == (moment(11), moment(12))


def test_who_has_left_signs_nothing_more() -> None:
    (signer,) = signers_of([person(enrol(1), Event(at(15), "hu", "leave", set={"left_on": "2026-11-22"}))])
    assert (signer.end, signer.revoked) == (moment(15), None)


@pytest.mark.parametrize(
    "bad",
    [
        {"key": "ssh-ed25519 AAAA", "from_at": at(9)},
        {"key": line(1)},
        {"key": line(1), "from_at": "yesterday"},
        {"key": line(1), "from_at": "2026-11-22T09:00:00"},
        {"key": line(1), "from_at": at(9), "revoked_at": "soon"},
        {"key": line(1), "from_at": at(9), "until_at": "2026-11-22"},
        "no row",
    ],
)
def test_a_row_that_cannot_be_read_counts_for_nothing(bad: Any) -> None:
    assert signers_of([person(keys=[bad])]) == ()


def test_what_is_known_later_of_a_revocation_holds_for_former_times() -> None:
    was = signers_of([person(enrol(1), enrol(2))])
    later = signers_of([person(enrol(1), enrol(2), revoke(1, 12))])
    first, second = with_revocations(was, later)
    assert (first.end, first.revoked) == (moment(12), moment(12))
    assert second == was[1]


def test_the_file_of_allowed_signers() -> None:
    signers = signers_of([person(enrol(1), revoke(1, 12))])
    star = Signer("a*", "a*@staff.logbook", line(3), moment(9))
    never = Signer("zhao", "zhao@staff.logbook", line(4), moment(9), moment(9), moment(9))
    assert allowed_signers([*signers, star, never]) == (
        'lina@staff.logbook namespaces="git",valid-after="20261122010000Z",valid-before="20261122040000Z" '
        f"{line(1)}\n# left out: 'a*'\n# left out: 'zhao'\n"
    )


# -- who may ----------------------------------------------------------------------------------


def test_everybody_enrols_his_own_first_key() -> None:
    assert codes(person(), person(enrol(1)), "lina") == []


def test_the_second_key_is_not_for_oneself_to_enrol() -> None:
    before = person(enrol(1))
    assert codes(before, then(before, enrol(2)), "lina") == ["signing.who-enrols"]
    assert codes(before, then(before, enrol(2)), "lina", administrator=True) == []


def test_a_lost_key_makes_nobody_a_beginner_again() -> None:
    before = person(enrol(1), revoke(1, 10))
    assert codes(before, then(before, enrol(2)), "lina") == ["signing.who-enrols"]


def test_somebody_else_enrols_only_where_he_keeps_the_keys() -> None:
    before = person()
    assert codes(before, person(enrol(1, "zhao")), "zhao", roles=["cs_supervisor"]) == ["signing.who-enrols"]
    assert codes(before, person(enrol(1, "hu")), "hu", roles=["admin_supervisor"]) == []
    assert codes(before, person(enrol(1, "boss")), "boss", administrator=True) == []


def test_a_key_is_revoked_by_its_person_or_by_the_keepers() -> None:
    before = person(enrol(1))
    assert codes(before, then(before, revoke(1, 10)), "lina") == []
    assert codes(before, then(before, revoke(1, 10, "hu")), "hu", roles=["admin_supervisor"]) == []
    assert codes(before, then(before, revoke(1, 10, "zhao")), "zhao", roles=["director"]) == ["signing.who-revokes"]


def test_nobody_takes_back_what_he_signed() -> None:
    before = person(enrol(1))
    assert codes(before, then(before, revoke(1, 9)), "lina") == ["signing.revoke-past"]
    assert codes(before, then(before, revoke(1, 9)), "lina", administrator=True) == ["signing.revoke-past"]
    assert codes(before, then(before, revoke(1, 9, "hu")), "hu", roles=["admin_supervisor"]) == []
    assert codes(before, then(before, revoke(1, 11, "hu")), "hu", administrator=True) == ["signing.revoke-future"]


def test_a_row_never_changes_otherwise() -> None:
    before = person(enrol(1), revoke(1, 10))
    later = Event(at(10), "hu", "revoke", set={"keys.1.revoked_at": at(9)})
    other = Event(at(10), "hu", "revoke", set={"keys.1.key": line(2)})
    gone = Event(at(10), "hu", "revoke", set={"keys": []})
    assert codes(before, then(before, later), "hu", administrator=True) == ["signing.rows-kept"]
    assert "signing.rows-kept" in codes(before, then(before, other), "hu", administrator=True)
    assert "signing.rows-kept" in codes(before, then(before, gone), "hu", administrator=True)


@pytest.mark.parametrize(
    "event",
    [
        Event(at(10), "boss", "update", set={"keys+": [row(2)]}),
        Event(at(10), "boss", "amend", set={"keys.1.until_at": at(20)}),
        Event(at(10), "boss", "revoke", set={"keys+": [row(2)]}),
        Event(at(10), "boss", "enrol", set={"keys+": [row(2)], "keys.1.revoked_at": at(10)}),
    ],
)
def test_keys_come_and_go_by_their_own_steps(event: Event) -> None:
    before = person(enrol(1))
    assert "signing.key-step" in codes(before, then(before, event), "boss", administrator=True)


def test_a_correction_of_what_was_entered_changes_no_key() -> None:
    before = person(keys=[row(1)])
    assert "signing.key-step" in codes(before, person(keys=[row(2)]), "boss", administrator=True)


def test_nobody_else_types_it() -> None:
    typed = Event(at(9), "lina", "enrol", set={"keys+": [row(1)]}, extra={"entered_by": "zhou"})
    assert codes(person(), person(typed), "lina") == ["signing.key-for-another"]
    assert codes(person(), person(enrol(1, "hu")), "lina") == ["signing.key-for-another"]


def test_a_key_belongs_to_one_person() -> None:
    others = signers_of([person(enrol(1), staff="zhao")])
    assert codes(person(), person(enrol(1)), "lina", others=others) == ["signing.key-taken"]
    before = person(enrol(1))
    assert codes(before, then(before, enrol(1)), "lina", administrator=True) == ["signing.key-taken"]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"key": "-----BEGIN OPENSSH PRIVATE KEY-----"}, "signing.private-key"),
        ({"key": "hello"}, "signing.bad-key"),
        ({"until_at": at(9)}, "signing.until-before"),
        ({"revoked_at": at(9)}, "signing.key-step"),
    ],
)
def test_what_is_wrong_with_a_new_row(cells: dict[str, str], code: str) -> None:
    new = Event(at(9), "lina", "enrol", set={"keys+": [{**row(1), **cells}]})
    assert codes(person(), person(new), "lina") == [code]


def test_a_write_that_leaves_the_keys_alone_asks_nothing() -> None:
    before = person(enrol(1))
    assert codes(before, then(before, Event(at(10), "zhou", "update", set={"post": "主管"})), "zhou") == []


# -- what must be signed ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "form", "decision"),
    [
        ("approve", "leave", True),
        ("approve", "waiver", True),
        ("extend", "complaint", True),
        ("void", "complaint", True),
        ("sign", "complaint", True),
        ("add", "complaint", False),
        ("amend", "complaint", False),
        ("reply", "complaint", False),
        ("import", None, False),
        ("packs", None, False),
        ("enrol", "staff", True),
        ("revoke", "staff", True),
        ("update", "staff", False),
    ],
)
def test_what_decides_must_be_signed(action: str, form: str | None, decision: bool) -> None:
    own = LIBRARY.forms[form] if form else None
    assert needs_signature("none", action, form=own) is False
    assert needs_signature("decisions", action, form=own) is decision
    assert needs_signature("all", action, form=own) is True


def test_a_step_with_an_approver_and_a_seal_decide() -> None:
    handover = LIBRARY.forms["handover"]
    assert handover.seals is not None
    assert needs_signature("decisions", handover.seals.at, form=handover) is True
    reply = LIBRARY.forms["complaint"].steps["reply"]
    asked = replace(LIBRARY.forms["complaint"], steps={"reply": replace(reply, approver=True)})
    assert needs_signature("decisions", "reply", form=asked) is True


def test_the_first_key_and_a_lost_one_need_no_signature() -> None:
    for asked in ("decisions", "all"):
        assert needs_signature(asked, "enrol", form=FORM, own=True, has_key=False) is False
        assert needs_signature(asked, "enrol", form=FORM, own=True, has_key=True) is True
        assert needs_signature(asked, "enrol", form=FORM, own=False, has_key=False) is True
        assert needs_signature(asked, "revoke", form=FORM, own=True) is False
        assert needs_signature(asked, "revoke", form=FORM, own=False) is True


def test_a_word_nobody_knows_asks_for_a_signature() -> None:
    assert needs_signature("decision", "reply", form=LIBRARY.forms["complaint"]) is True
