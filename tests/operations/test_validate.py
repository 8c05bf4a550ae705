"""Faulty files and what is said of them: the catalogue in ``tests/errors``, and what validate looks at."""

from __future__ import annotations

from pathlib import Path

import pytest

from logbook.core.errors import Refused
from logbook.operations import validating
from logbook.operations.validating import validate
from logbook.store import crew
from tests.operations.desk import Desk
from tests.operations.desk import refused

ERRORS = Path(__file__).parents[1] / "errors"
PLACE = "records/complaint/2026/11/CP-20261122-A001.yaml"

# file: (rule, line, field) of everything found in it; a leading ~ marks a warning
CATALOGUE: dict[str, list[tuple[str, int, str | None]]] = {
    "amendment_without_reason": [("record.entry-missing", 14, "amendments.1.reason")],
    "anchor": [("yaml.anchor", 6, None)],
    "bidi": [("yaml.bidi", 6, None)],
    "broken_yaml": [("yaml.unclosed-bracket", 7, None)],
    "check": [("complaint.order", 8, "happened_at")],
    "choice": [("field.choice", 8, "level")],
    "choice_by_label": [("field.choice", 8, "level")],
    "duplicate_key": [("yaml.duplicate-key", 9, None)],
    "empty": [("yaml.empty", 1, None)],
    "event_moment": [("record.moment", 10, "events.1.at")],
    "event_without_step": [("record.entry-missing", 10, "events.1.step")],
    "events_backwards": [("record.before-start", 13, "events.2.at")],
    "extend_after_breach": [("clock.extend-breached", 13, "events.2.at")],
    "extend_earlier": [("clock.extend-shorter", 13, "events.2.at")],
    "extend_own_approval": [("step.same-person", 17, "events.2.approved_by")],
    "extend_three_times": [("clock.extend-many", 29, "events.4.at")],
    "extend_unapproved": [("step.approver", 13, "events.2.approved_by")],
    "extend_unknown_clock": [("field.choice", 20, "events.2.set.clock")],
    "extend_without_due": [("clock.extend-endless", 18, "events.2.set.due")],
    "far_moment": [("record.moment", 4, "at"), ("record.moment", 9, "events.1.at")],
    "form_number": [("record.form-name", 2, "form")],
    "form_without_version": [("record.form-name", 2, "form")],
    "good": [],
    "header_differs": [("record.copy", 4, "at")],
    "header_missing": [("record.header-missing", 1, "by")],
    "header_moment": [("record.moment", 4, "at")],
    "impossible_date": [("field.datetime", 8, "demanded_by")],
    "latin1": [("yaml.encoding", 6, None)],
    "list_is_a_text": [("field.not-a-list", 8, "plans")],
    "many_at_once": [("field.required", 1, "name"), ("field.choice", 7, "level"), ("field.bool", 8, "harm"), ("field.reference", 9, "room"), ("~field.unknown-did-you-mean", 10, "levle")],
    "money": [("field.money", 10, "plans.1.cost")],
    "no_events": [("record.no-events", 1, "events")],
    "no_offset": [("field.datetime", 8, "demanded_by")],
    "only_a_list": [("yaml.not-a-mapping", 1, None)],
    "other_id": [("record.id-path", 1, "id")],
    "pause_after_breach": [("clock.pause-breached", 15, "events.2.step")],
    "pause_backwards": [("clock.pause-past", 18, "events.2.set.until")],
    "pause_too_long": [("clock.pause-long", 13, "events.2.at")],
    "pause_too_often": [("clock.pause-often", 34, "events.5.at")],
    "pause_unknown_reason": [("field.choice", 19, "events.2.set.why")],
    "pause_without_end": [("clock.pause-endless", 17, "events.2.set.until")],
    "pause_without_reason": [("step.requires", 16, "events.2.set.why")],
    "pause_written_late": [("clock.pause-breached", 15, "events.2.step")],
    "phone": [("field.phone", 8, "phone")],
    "reassign_to_nobody": [("step.requires", 13, "events.2.set.to")],
    "reference": [("field.reference", 8, "room")],
    "reference_in_a_row": [("field.reference", 9, "sheets.1.sheet")],
    "required": [("field.required", 1, "name")],
    "required_empty": [("field.required", 6, "name")],
    "resume_alone": [("clock.not-paused", 15, "events.2.step")],
    "row_is_a_text": [("field.not-a-row", 9, "plans.1")],
    "second_beginning": [("step.order", 15, "events.2.step")],
    "set_choice": [("field.choice", 17, "events.2.set.forwarded_to")],
    "set_unknown": [("~field.unknown-did-you-mean", 18, "events.2.set.forwardd")],
    "signature_without_hash": [("record.entry-missing", 14, "signatures.1.sha256")],
    "status_contradicts": [("record.status", 3, "status")],
    "step_out_of_order": [("step.order", 15, "events.2.step")],
    "step_requires": [("step.requires", 13, "events.2.set.forwarded_to")],
    "stop_backdated": [("~clock.backdated", 13, "events.2.at")],
    "stored_moment": [("field.not-stored", 13, "forwarded_at")],
    "tab": [("yaml.tab", 11, None)],
    "tag": [("yaml.tag", 6, None)],
    "text_is_a_list": [("field.not-text", 7, "summary")],
    "two_documents": [("yaml.documents", 13, None)],
    "unknown_column": [("~field.unknown", 10, "plans.1.price")],
    "unknown_field": [("~field.unknown-did-you-mean", 8, "levle")],
    "unknown_form": [("record.unknown-form", 2, "form")],
    "unknown_staff": [("field.unknown-staff", 11, "events.1.by")],
    "unknown_step": [("step.unknown", 15, "events.2.step")],
    "unknown_version": [("record.form-version", 2, "form")],
    "whole_number": [("field.int", 8, "round")],
    "yes_no": [("field.bool", 8, "harm")],
}  # fmt: skip


def put(desk: Desk, text: str | bytes, path: str = PLACE) -> Path:
    place = desk.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return place


def commit(desk: Desk, message: str = "by hand") -> None:
    desk.git("add", "-A")
    desk.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", message)


def found_in(desk: Desk, *targets: str) -> list[tuple[str, int | None, str | None]]:
    return [
        (("" if issue.is_error else "~") + issue.rule, issue.line, issue.field)
        for issue in validate(desk.session(), targets).issues
    ]


@pytest.mark.parametrize("name", sorted(file.stem for file in ERRORS.glob("*.yaml")))
def test_catalogue(desk: Desk, name: str) -> None:
    put(desk, (ERRORS / f"{name}.yaml").read_bytes())
    assert found_in(desk) == CATALOGUE[name]


GOOD = (ERRORS / "good.yaml").read_text()


def test_a_book_made_by_the_program_is_in_order(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水", "level=important")
    desk.step("CP-20261122-A001", "forward", "forwarded_to=director", now="2026-11-22 10:00")
    desk.amend("CP-20261122-A001", "level=major", now="2026-11-22 10:10")
    desk.sign("CP-20261122-A001", "heard", now="2026-11-22 10:20")
    desk.add("duty_log", "entries+={content: 问路}")
    report = validate(desk.session("2026-11-22 12:00"))
    assert report.issues == ()
    assert (report.records, report.forms) == (18, len(desk.session().library.forms))


def test_several_processes_find_the_same_as_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add("complaint", "name=张三", "summary=漏水", "level=important")
    for n, level in enumerate(("huge", "minor", "tiny", "important", "none"), 2):
        text = GOOD.replace("A001", f"A00{n}").replace("minor", level).replace("summary: 漏水", "summary: 13812345678")
        put(desk, text, PLACE.replace("A001", f"A00{n}"))
    alone = validate(desk.session())
    assert len(alone.issues) >= 3
    monkeypatch.setattr(validating, "_WORTH_PROCESSES", 1)
    monkeypatch.setattr(validating, "_PART", 2)
    monkeypatch.setattr(crew, "helpers", lambda: 2)
    assert validate(desk.session()) == alone


def test_only_what_was_named(desk: Desk) -> None:
    put(desk, GOOD.replace("minor", "huge"))
    put(desk, GOOD.replace("A001", "A002").replace("minor", "tiny"), PLACE.replace("A001", "A002"))
    commit(desk)
    wrong = ("field.choice", 8, "level")
    assert found_in(desk) == [wrong, wrong]
    assert found_in(desk, PLACE) == [wrong]
    assert found_in(desk, str(desk.root / PLACE)) == [wrong]
    assert found_in(desk, "CP-20261122-A002") == [wrong]
    assert found_in(desk, "complaint/CP-20261122-A002", PLACE) == [wrong, wrong]
    assert found_in(desk, "records/room") == []
    with pytest.raises(Refused) as caught:
        found_in(desk, "CP-20261122-A003")
    assert refused(caught) == [("record.not-found", "id")]


def test_the_work_tree_is_read_and_not_the_last_commit(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=漏水")
    assert found_in(desk) == []
    place = desk.root / PLACE
    place.write_text(place.read_text().replace("level: minor", "level: huge"))
    (issue,) = validate(desk.session()).issues
    assert (issue.path, issue.id, issue.line, issue.severity) == (PLACE, "CP-20261122-A001", 12, "error")


def test_what_is_about_to_be_committed(desk: Desk) -> None:
    place = put(desk, GOOD.replace("minor", "huge"))
    desk.git("add", PLACE)
    place.write_text(GOOD)
    assert [issue.rule for issue in validate(desk.session(), staged=True).issues] == ["field.choice"]
    desk.git("add", PLACE)
    assert validate(desk.session(), staged=True).issues == ()


def test_new_files_may_point_at_each_other(desk: Desk) -> None:
    put(desk, GOOD.replace("level: minor", "repeat_of: CP-20261122-A002"))
    assert found_in(desk) == [("field.reference", 8, "repeat_of")]
    put(desk, GOOD.replace("A001", "A002"), PLACE.replace("A001", "A002"))
    assert [rule for rule, _, _ in found_in(desk)] == []


def test_a_file_in_the_wrong_place(desk: Desk) -> None:
    put(desk, GOOD, "records/repair/2026/11/CP-20261122-A001.yaml")
    assert found_in(desk) == [("record.path", 2, "form")]
    put(desk, GOOD, "records/complaint/anywhere/deep/down/CP-20261122-A001.yaml")
    put(desk, GOOD.replace("A001", "A005"), "records/complaint/CP-20261122-A005.yaml")
    assert found_in(desk)[1:] == []  # any depth is read (rulings 26)


def test_a_broken_definition(desk: Desk) -> None:
    form = desk.root / "templates/core/repair.yaml"
    form.write_text(form.read_text().replace("from: [done, accepted]", "from: [dnoe, accepted]"))
    issue = validate(desk.session()).issues[0]  # others follow: forms that point at this one
    assert issue.path == "templates/core/repair.yaml"
    assert issue.line is not None and "leak_test" in form.read_text().splitlines()[issue.line - 1]


def test_an_unreadable_file_is_said_when_asked_for(desk: Desk) -> None:
    put(desk, GOOD.replace("summary: 漏水", "summary: [漏水"))
    commit(desk)
    with pytest.raises(Refused) as caught:
        desk.step("CP-20261122-A001", "reply", "reply=x")
    assert [(issue.rule, issue.path, issue.line) for issue in caught.value.issues] == [
        ("record.unreadable", PLACE, None), ("yaml.unclosed-bracket", PLACE, 7),
    ]  # fmt: skip
    assert desk.list("complaint") == []
    assert desk.add("complaint", "name=李四", "summary=噪音").record.id == "CP-20261122-A002"
