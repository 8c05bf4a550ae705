"""Each tampering with a book is found under the rule it breaks; what the program writes is not."""

from __future__ import annotations

import pytest

from logbook.operations.audit.run import audit
from tests.operations.audit.conftest import CP
from tests.operations.audit.kit import DESK
from tests.operations.audit.kit import Hand
from tests.operations.audit.kit import findings
from tests.operations.audit.kit import path_of
from tests.operations.audit.kit import said
from tests.operations.desk import Desk


def test_a_book_kept_with_the_program_has_no_findings(book: Desk) -> None:
    assert said(findings(book)) == []


# -- A1, A2: who ----------------------------------------------------------------------------------------


def test_an_author_nobody_knows(book: Desk, hand: Hand) -> None:
    path = path_of(book, CP)
    hand.edit(path, "signatures:", "- at: 2026-11-22T12:00:00+08:00\n  by: lina\n  step: forward\nsignatures:")
    hand.commit(record=CP, action="forward", author=("somebody", "me@example.com"))
    codes = said(findings(book))
    assert ("A1", "audit.author-unknown") in codes
    assert ("A1", "audit.author") in codes


def test_an_entry_in_the_name_of_another(book: Desk, hand: Hand) -> None:
    path = path_of(book, CP)
    hand.edit(path, "signatures:", "- at: 2026-11-22T12:00:00+08:00\n  by: zhao\n  step: forward\nsignatures:")
    commit = hand.commit(record=CP, action="forward")
    found = [one for one in findings(book) if one.code == "audit.author"]
    (one,) = found
    assert (one.rule, one.issue.commit, one.issue.id, one.issue.field) == ("A1", commit, CP, "events.3.by")
    assert (one.old, one.new, one.by) == ("lina", "zhao", "李娜")
    assert one.times.happened is not None and one.times.happened.isoformat() == "2026-11-22T12:00:00+08:00"
    assert one.times.received is None


def test_somebody_who_had_left(book: Desk, hand: Hand) -> None:
    path = path_of(book, CP)
    hand.edit(path, "signatures:", "- at: 2026-11-22T12:00:00+08:00\n  by: zhou\n  step: forward\nsignatures:")
    hand.commit(record=CP, action="forward", by="zhou", author=("周杰", "zhou@staff.logbook"))
    assert ("A1", "audit.had-left") in said(findings(book))


def test_a_message_that_says_other_than_it_does(book: Desk, hand: Hand) -> None:
    book.step(CP, "forward", "forwarded_to=director", now="2026-11-22 11:00")
    message = hand.git("log", "-1", "--format=%B").replace("Action: forward", "Action: note")
    hand.git(
        "commit", "-q", "--amend", "--no-verify", "-m", message,
        extra={"GIT_COMMITTER_NAME": DESK[0], "GIT_COMMITTER_EMAIL": DESK[1],
               "GIT_COMMITTER_DATE": "2026-11-22T11:00:00+08:00"},
    )  # fmt: skip
    assert said(findings(book)) == [("A1", "audit.trailer")]


def test_an_entry_brought_from_elsewhere_that_no_import_brought(book: Desk, hand: Hand) -> None:
    path = path_of(book, CP)
    event = "- at: 2026-11-20T12:00:00+08:00\n  by: lina\n  step: forward\n  source: old-17\n"
    hand.edit(path, "signatures:", event + "signatures:")
    hand.commit(record=CP, action="forward")
    assert ("A1", "audit.source") in said(findings(book))


@pytest.mark.parametrize("name", ["前台", "客服主管(副主任)", "admin"])
def test_a_shared_identity(book: Desk, name: str) -> None:
    book.add("staff", "id=x1", f"name={name}", "roles=front_desk", by="boss", now="2026-11-22 11:00")
    assert said(findings(book)) == [("A2", "audit.shared-identity")]


def test_a_person_called_like_no_desk(book: Desk) -> None:
    book.add("staff", "id=qian", "name=钱台", "roles=front_desk", by="boss", now="2026-11-22 11:00")
    assert said(findings(book)) == []


# -- A4, A5, A6: text and time --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("电梯", "电\u202e梯", "yaml.bidi"),
        ("电梯", "电\x07梯", "yaml.control"),
        ("form: complaint@1", "form: complaint@9", "record.form-version"),
        ("summary: ", "summary: &a ", "yaml.anchor"),
    ],
)
def test_text_that_is_not_clean(book: Desk, hand: Hand, old: str, new: str, code: str) -> None:
    hand.edit(path_of(book, CP), old, new)
    hand.commit(record=CP)
    assert ("A4", code) in said(findings(book))


def test_latin_letters_in_place_of_utf_8(book: Desk, hand: Hand) -> None:
    hand.write(path_of(book, CP), hand.text(path_of(book, CP)).encode("gb18030"))
    hand.commit(record=CP)
    codes = said(findings(book))
    assert ("A4", "yaml.encoding") in codes
    assert ("A9", "audit.destroyed") in codes


def test_something_that_has_not_happened_yet(book: Desk, hand: Hand) -> None:
    path = path_of(book, CP)
    hand.edit(path, "signatures:", "- at: 2026-11-22T13:00:00+08:00\n  by: lina\n  step: forward\nsignatures:")
    hand.commit(record=CP, action="forward", at="2026-11-22 12:00")
    assert {("A5", "audit.future"), ("A6", "audit.recorded")} <= set(said(findings(book)))


def test_late_entries_are_listed_with_their_rate(book: Desk) -> None:
    book.add("complaint", "name=李四", "summary=垃圾", at="2026-11-22 06:00", reason="断网", now="2026-11-22 11:00")
    book.add("complaint", "name=赵六", "summary=噪音", at="2026-11-22 06:30", now="2026-11-22 11:10")
    done = audit(book.session("2026-11-22 12:00"))
    late = [one for one in done.findings if one.rule == "A5"]
    assert [(one.code, one.is_error, one.issue.id) for one in late] == [("audit.late", False, "CP-20261122-A003")]
    lina = done.people["lina"]
    assert (lina.late, lina.records) == (2, ["CP-20261122-A002", "CP-20261122-A003"])
    assert 0 < lina.rate < 1


def test_an_entry_dated_back_by_hand(book: Desk, hand: Hand) -> None:
    """Written at noon, said to have been written at nine: the commit knows better."""
    path = path_of(book, CP)
    hand.edit(path, "signatures:", "- at: 2026-11-22T11:00:00+08:00\n  by: lina\n  step: forward\nsignatures:")
    hand.commit(record=CP, action="forward", at="2026-11-22 12:00")
    assert ("A6", "audit.recorded") in said(findings(book))


def test_a_clock_that_went_back(book: Desk) -> None:
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    book.add("complaint", "name=赵六", "summary=噪音", now="2026-11-22 09:50")
    assert said(findings(book)) == [("A6", "audit.backwards")]


def test_a_clock_set_right_by_a_minute(book: Desk) -> None:
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    book.add("complaint", "name=赵六", "summary=噪音", now="2026-11-22 10:59")
    assert said(findings(book)) == []


def test_author_and_desk_that_differ(book: Desk, hand: Hand) -> None:
    path = path_of(book, CP)
    hand.edit(path, "signatures:", "- at: 2026-11-22T11:00:00+08:00\n  by: lina\n  step: forward\nsignatures:")
    hand.commit(record=CP, action="forward", at="2026-11-22 11:00", committed="2026-11-22 20:00")
    found = findings(book)
    assert ("A6", "audit.dates-differ") in said(found)
    assert not next(one for one in found if one.code == "audit.dates-differ").is_error


def test_what_the_shared_copy_received(book: Desk) -> None:
    from tests.operations.desk import moment

    head = book.head
    early = findings(book, received={head: moment("2026-11-22 09:00")})
    assert said(early) == [("A6", "audit.ahead")]
    late = findings(book, received={head: moment("2026-11-24 09:00")})
    assert said(late) == [("A6", "audit.unsent")]
    assert late[0].times.received == moment("2026-11-24 09:00")
    assert findings(book, received={head: moment("2026-11-22 10:41")}) == []


# -- A8, A9: only added to ------------------------------------------------------------------------------


def test_a_record_removed(book: Desk, hand: Hand) -> None:
    hand.git("rm", "-q", path_of(book, CP))
    hand.commit(record=CP, action="void")
    assert ("A8", "audit.removed") in said(findings(book))


def test_a_record_renamed(book: Desk, hand: Hand) -> None:
    path = path_of(book, CP)
    hand.git("mv", path, path.replace("A001", "A002"))
    hand.edit(path.replace("A001", "A002"), "A001", "A002")
    hand.commit(record="CP-20261122-A002", action="add")
    codes = said(findings(book))
    assert ("A8", "audit.removed") in codes
    assert ("A15", "audit.gap") in codes


def test_an_event_changed(book: Desk, hand: Hand) -> None:
    hand.edit(path_of(book, CP), "    reply: 明天来修", "    reply: 下周来修")
    hand.commit(record=CP)
    found = [one for one in findings(book) if one.rule == "A9"]
    assert [(one.code, one.issue.field) for one in found] == [("audit.entry-changed", "events.2")]


def test_an_amendment_taken_out(book: Desk, hand: Hand) -> None:
    path = path_of(book, CP)
    text = hand.text(path)
    hand.write(path, text[: text.index("amendments:")])
    hand.commit(record=CP)
    (found,) = [one for one in findings(book) if one.rule == "A9"]
    assert (found.code, found.issue.field) == ("audit.entry-removed", "amendments.1")
    assert "reason=听错了" in str(found.old)


def test_an_attachment_changed(book: Desk, hand: Hand) -> None:
    name = "0" * 64
    hand.write(f"attachments/{name}", "not what it says")
    hand.commit(record=CP)
    assert ("A11", "audit.attachment") in said(findings(book))


# -- A12: valid by its form -----------------------------------------------------------------------------


def test_a_value_the_form_does_not_know(book: Desk, hand: Hand) -> None:
    hand.edit(path_of(book, CP), "level: minor", "level: huge")
    hand.commit(record=CP)
    assert ("A12", "field.choice") in said(findings(book))


def test_a_check_of_the_form_that_other_records_break(book: Desk, hand: Hand) -> None:
    """One key, lent twice: each checkout alone is fine."""
    book.add("key_checkout", "key=K-3-502", "borrower=陈工", "purpose=维修", now="2026-11-22 11:00")
    path = next(str(one.relative_to(book.root)) for one in (book.root / "records/key_checkout").rglob("*.yaml"))
    number = path.rpartition("/")[2][:-5]
    other = number.replace("A001", "A002")
    text = hand.text(path).replace(number, other).replace("11:00:00", "12:00:00")
    hand.write(path.replace(number, other), text)
    hand.commit(record=other, form=text.split("form: ")[1].split("\n")[0], action="add")
    found = [one for one in findings(book) if one.rule == "A12"]
    assert [one.issue.id for one in found] == [other]


def test_two_records_in_one_commit(book: Desk, hand: Hand) -> None:
    for record, word in ((CP, "电梯"), ("3-502", "3-502")):
        target = path_of(book, record)
        hand.write(target, hand.text(target) + f"note_{record[:1]}: {word}\n")
    hand.commit(record=CP)
    assert ("A12", "audit.many-records") in said(findings(book))


# -- A13: amendments ------------------------------------------------------------------------------------


def test_a_value_changed_under_a_signature(book: Desk, hand: Hand) -> None:
    hand.edit(path_of(book, CP), "name: 王芳", "name: 王方")
    hand.commit(record=CP)
    (found,) = [one for one in findings(book) if one.rule == "A13"]
    assert (found.code, found.issue.field, found.old, found.new) == ("audit.changed-signed", "name", "***", "***")
    (stale,) = [one for one in findings(book) if one.rule == "A21"]
    assert (stale.code, stale.is_error) == ("audit.stale", False)


@pytest.mark.parametrize(
    ("author", "by", "action", "at", "code"),
    [
        (("赵敏", "zhao@staff.logbook"), "zhao", "open", "2026-11-22 12:00", "audit.changed-by-other"),
        (("李娜", "lina@staff.logbook"), "lina", "open", "2026-11-23 12:00", "audit.changed-late"),
        (("李娜", "lina@staff.logbook"), "lina", "add", "2026-11-22 12:00", "audit.changed-unsaid"),
        (("李娜", "lina@staff.logbook"), "lina", "open", "2026-11-22 12:00", None),
    ],
)
def test_a_value_changed_in_place(
    book: Desk, hand: Hand, author: tuple[str, str], by: str, action: str, at: str, code: str | None
) -> None:
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    hand.edit(path_of(book, "CP-20261122-A002"), "summary: 垃圾", "summary: 楼道垃圾")
    hand.commit(record="CP-20261122-A002", action=action, author=author, by=by, at=at)
    found = [one for one in findings(book, now="2026-11-23 13:00") if one.rule == "A13"]
    assert [one.code for one in found] == ([code] if code else [])


def test_an_amendment_that_lies_about_what_stood_there(book: Desk, hand: Hand) -> None:
    path = path_of(book, CP)
    hand.edit(path, "place: 3-502", "place: 大堂")
    hand.write(
        path,
        hand.text(path) + "- at: 2026-11-22T12:00:00+08:00\n  by: lina\n  field: place\n"
        "  from: 车库\n  to: 大堂\n  reason: 记错\n",
    )
    hand.commit(record=CP, action="amend")
    (found,) = [one for one in findings(book) if one.rule == "A13"]
    assert (found.code, found.old, found.new) == ("audit.amended-from", "3-502", "车库")


def test_an_editor_within_the_window_is_no_finding(book: Desk) -> None:
    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    book.amend("CP-20261122-A002", "summary=楼道垃圾", now="2026-11-23 14:00")
    assert [one for one in findings(book, now="2026-11-23 15:00") if one.rule == "A13"] == []


# -- A14: authority -------------------------------------------------------------------------------------


def test_a_step_of_somebody_who_may_not(book: Desk, hand: Hand) -> None:
    path = path_of(book, CP)
    hand.edit(path, "signatures:", "- at: 2026-11-22T12:00:00+08:00\n  by: sun\n  step: forward\nsignatures:")
    hand.commit(record=CP, action="forward", by="sun", author=("孙师傅", "sun@staff.logbook"))
    assert ("A14", "step.role") in said(findings(book))


def test_what_the_administrator_does_is_listed(book: Desk) -> None:
    book.step(CP, "forward", "forwarded_to=director", by="boss", now="2026-11-22 11:00")
    found = [one for one in findings(book) if one.rule == "A14"]
    assert [(one.code, one.is_error) for one in found] == [("audit.administrator", False)]


def test_settings_changed_by_somebody_else(book: Desk, hand: Hand) -> None:
    hand.edit("logbook.yaml", "practice: true", "practice: true\nsettings:\n  attachments:\n    max_mb: 99")
    hand.commit(record="book", form="book", action="settings", subject="book: settings")
    assert said(findings(book)) == [("A14", "audit.book-role")]
    hand.edit("logbook.yaml", "99", "20")
    hand.commit(record=CP, author=("高总", "boss@staff.logbook"), by="boss")
    assert ("A14", "audit.not-book") in said(findings(book))


def test_settings_changed_by_the_administrator(book: Desk, hand: Hand) -> None:
    hand.edit("logbook.yaml", "practice: true", "practice: true\nsettings:\n  attachments:\n    max_mb: 20")
    hand.commit(
        record="book", form="book", action="settings", subject="book: settings", by="boss",
        author=("高总", "boss@staff.logbook"),
    )  # fmt: skip
    assert said(findings(book)) == []


# -- A15, A20, A21, A22 ---------------------------------------------------------------------------------


def test_a_number_that_is_missing(book: Desk, hand: Hand) -> None:
    for n in (2, 3):
        book.add("complaint", "name=李四", f"summary=垃圾{n}", now=f"2026-11-22 11:0{n}")
    hand.git("reset", "-q", "--hard", "HEAD~2")
    book.add("complaint", "name=李四", "summary=垃圾2", now="2026-11-22 11:02")
    hand.git("mv", path_of(book, "CP-20261122-A002"), path_of(book, CP).replace("A001", "A003"))
    hand.edit(path_of(book, CP).replace("A001", "A003"), "id: CP-20261122-A002", "id: CP-20261122-A003")
    hand.commit(record="CP-20261122-A003", action="add")
    found = [one for one in findings(book) if one.rule == "A15"]
    assert [(one.issue.id, one.issue.args["count"]) for one in found] == [("CP-20261122-A002", 1)]


def test_a_gap_that_was_voided_with_a_reason(book: Desk) -> None:
    from tests.operations.audit.kit import AFTER

    book.add("complaint", "name=李四", "summary=垃圾", now="2026-11-22 11:00")
    book.void("CP-20261122-A002", now="2026-11-22 11:30")
    assert [one for one in findings(book, now=AFTER) if one.rule == "A15"] == []


def test_a_signature_that_covers_something_else(book: Desk, hand: Hand) -> None:
    path = path_of(book, CP)
    signature = (
        "- at: 2026-11-22T12:00:00+08:00\n  by: zhao\n  as: reviewed\n  events: 2\n  sha256: " + "0" * 64 + "\n"
    )
    hand.edit(path, "amendments:", signature + "amendments:")
    hand.commit(record=CP, action="sign", by="zhao", author=("赵敏", "zhao@staff.logbook"))
    assert ("A21", "audit.signature-hash") in said(findings(book))


def test_a_private_value_in_a_commit_message(book: Desk, hand: Hand) -> None:
    path = path_of(book, CP)
    hand.edit(path, "signatures:", "- at: 2026-11-22T12:00:00+08:00\n  by: lina\n  step: forward\nsignatures:")
    hand.commit(record=CP, action="forward", subject=f"{CP} forward: 13800001111 已告知")
    found = [one for one in findings(book) if one.rule == "A22"]
    assert [(one.code, one.issue.field) for one in found] == [("audit.private-said", "phone")]


def test_an_identity_card_in_clear_until_it_is_taken_out(book: Desk, hand: Hand) -> None:
    path = path_of(book, CP)
    hand.edit(path, "reply: 明天来修", "reply: 明天来修，证号 11010519491231002X")
    commit = hand.commit(record=CP)
    found = [one for one in findings(book) if one.rule == "A22"]
    assert [(one.is_error, one.issue.commit, one.issue.field) for one in found] == [(True, commit, "events.2.set.reply")]
    assert "19491231" not in repr(found)
    book.amend(CP, "reply=明天来修", reason="去掉证号", now="2026-11-22 12:30")
    found = [one for one in findings(book, now="2026-11-22 13:00") if one.rule == "A22"]
    # The amendment says what stood there, so both commits hold it: history, which nobody can mend.
    assert [(one.is_error, one.issue.field) for one in found] == [
        (False, "events.2.set.reply"),
        (False, "amendments.2.from"),
    ]


def test_a_month_without_its_review(book: Desk) -> None:
    from logbook.operations.audit.review import review

    late = "2026-12-11 09:00"
    found = [one for one in findings(book, now=late, head=True) if one.rule == "A20"]
    assert [(one.code, one.issue.args["count"]) for one in found] == [("audit.no-review", 1)]
    written = review(book.session("2026-12-01 10:00"), "2026-11", errors=0, warnings=0, by="zhao")
    assert written.record.fields["items"] == [
        {"kind": "amended", "record": f"complaint/{CP}", "who": "lina", "done_at": "2026-11-22T10:30:00+08:00"}
    ]
    assert [one for one in findings(book, now=late, head=True) if one.rule == "A20"] == []


def test_a_month_begins_at_midnight_of_the_book(book: Desk) -> None:
    """Three in the morning of the first is still the evening before in London, where a server may stand."""
    from logbook.operations.audit.review import month_items

    book.amend(CP, "place=大堂", reason="记错", now="2026-12-01 03:00")
    book.amend(CP, "place=车库", reason="又记错", now="2026-12-02 09:00")
    found = month_items(book.session("2027-01-02 10:00"), "2026-12")
    assert [one.at for one in found.values()] == ["2026-12-02T09:00:00+08:00"]
    book.void(CP, now="2026-12-31 23:30")
    assert ("voided", f"complaint/{CP}") in month_items(book.session("2027-01-02 10:00"), "2026-12")
    book.add("complaint", "name=李四", "summary=垃圾", now="2027-01-01 00:10")
    book.void("CP-20270101-A001", now="2027-01-01 00:20")
    assert list(month_items(book.session("2027-01-02 10:00"), "2027-01")) == [("voided", "complaint/CP-20270101-A001")]


def test_a_review_that_leaves_something_out(book: Desk) -> None:
    book.add("audit_review", "month=2026-11", by="zhao", now="2026-12-01 10:00")
    found = [one for one in findings(book, now="2026-12-11 09:00", head=True) if one.rule == "A20"]
    assert [(one.code, one.issue.args["first"]) for one in found] == [("audit.review-lacks", [CP])]


def test_duties_nobody_did_are_warnings(book: Desk) -> None:
    found = [one for one in findings(book, now="2026-11-25 09:00", head=True) if one.rule == "A16"]
    assert found and not any(one.is_error for one in found)
