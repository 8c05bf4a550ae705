"""Pausing, resuming, extending and reassigning: what is recorded, what is refused, what is overdue after."""

from __future__ import annotations

from typing import Any

import pytest

from logbook.core.clockwords import moment_text
from logbook.core.errors import Refused
from logbook.core.formwords import find_step
from logbook.core.issues import Issue
from logbook.locale.catalogue import Catalogue
from logbook.operations import importing
from logbook.operations.reading import clocks
from logbook.operations.reading import load
from logbook.operations.validating import validate
from tests.operations.desk import Desk
from tests.operations.desk import refused
from tests.operations.test_validate import ERRORS
from tests.operations.test_validate import PLACE
from tests.operations.test_validate import commit
from tests.operations.test_validate import put

CP = "CP-20261122-A001"


@pytest.fixture
def complaint(desk: Desk) -> Desk:
    """A major complaint of Sunday 09:35: forward the same day, answer in 2 days, resolve in 10."""
    desk.add("complaint", "name=张强", "summary=电梯困人", "level=major")
    return desk


def refuse(desk: Desk, step: str, *words: str, **more: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(Refused) as caught:
        desk.step(CP, step, *words, **more)
    return refused(caught)


def late(desk: Desk, *words: str, now: str) -> list[tuple[str, str, int]]:
    """The late clocks of the complaint."""
    return [one for one in desk.overdue(*words, now=now) if one[0] == CP]


def states(desk: Desk, now: str) -> dict[str, str]:
    session = desk.session(now)
    row = session.index.find("complaint", CP)[0]
    return {one.clock: one.state for one in session.index.clocks(session.index.as_of(row, session.now), session.now)}


def test_a_pause_moves_what_counts_in_days_and_stands_in_the_record(complaint: Desk) -> None:
    written = complaint.step(
        CP, "pause", "until=2026-11-24 12:00", reason="等配件", now="2026-11-22 10:00"
    )
    assert complaint.text(written).endswith(
        "  step: pause\n  reason: 等配件\n  set:\n    until: 2026-11-24T12:00:00+08:00\n    why: waiting_parts\n"
    )
    assert states(complaint, "2026-11-22 11:00") == {"forward": "running", "answer": "paused", "resolve": "paused"}
    # Forwarding is owed the same day; the 23rd and the 24th begin inside the pause: two days more.
    assert late(complaint, now="2026-11-24 11:00") == [(CP, "forward", 35 * 3600)]
    # Until its `until` it is paused, that instant included, as what is due then is not late yet.
    assert states(complaint, "2026-11-24 12:00")["answer"] == "paused"
    assert [one[1] for one in late(complaint, now="2026-11-24 12:00")] == ["forward"]
    assert states(complaint, "2026-11-24 12:01")["answer"] == "pause_expired"
    assert [one[1] for one in late(complaint, now="2026-11-24 12:01")] == ["forward", "answer", "resolve"]
    assert complaint.load(CP).state.fields.get("until") is None


def test_a_pause_that_ran_out_is_listed_until_it_is_resumed_or_late(complaint: Desk) -> None:
    complaint.step(CP, "forward", "forwarded_to=director", now="2026-11-22 10:00")
    complaint.step(CP, "pause", "until=2026-11-24 12:00", reason="waiting_customer", now="2026-11-22 10:05")
    assert late(complaint, now="2026-11-24 12:00") == []
    assert late(complaint, now="2026-11-24 12:01") == [(CP, "answer", 0), (CP, "resolve", 0)]
    # 22nd + 2 days + the 23rd and 24th: due 26th 24:00; then it is late, and still one row.
    assert late(complaint, now="2026-11-27 00:01") == [(CP, "answer", 60), (CP, "resolve", 0)]
    complaint.step(CP, "resume", now="2026-11-24 13:00")
    assert late(complaint, now="2026-11-24 14:00") == []
    assert states(complaint, "2026-11-24 14:00") == {"forward": "met", "answer": "running", "resolve": "running"}
    assert states(complaint, "2026-11-24 12:30")["answer"] == "pause_expired"


def test_resuming_early_gives_back_what_was_not_needed(complaint: Desk) -> None:
    complaint.step(CP, "forward", "forwarded_to=director", now="2026-11-22 10:00")
    complaint.step(CP, "pause", "until=2026-12-10", reason="天气", now="2026-11-22 10:05")
    complaint.step(CP, "resume", now="2026-11-22 20:00")
    assert late(complaint, now="2026-11-25 00:01") == [(CP, "answer", 60)]


def test_what_is_wrong_with_a_pause_is_said_at_once(complaint: Desk) -> None:
    assert refuse(complaint, "pause") == [("clock.pause-endless", "until"), ("clock.pause-reason", "why")]
    assert refuse(complaint, "pause", "until=2026-11-22 09:00", reason="累了") == [
        ("clock.pause-reason", "why"),
        ("clock.pause-past", "until"),
    ]
    assert refuse(complaint, "pause", "until=2026-12-25", reason="other") == [
        ("clock.pause-other", "why"),
        ("clock.pause-long", "until"),
    ]
    assert refuse(complaint, "resume") == [("clock.not-paused", "step")]
    assert complaint.step(CP, "pause", "until=2026-11-25", reason="其他：客户出差").record.events[-1].set["why"] == "other"


def test_a_clock_is_paused_three_times_at_most(complaint: Desk) -> None:
    for day in (23, 24, 25):
        complaint.step(CP, "pause", f"until=2026-11-{day} 18:00", reason="天气", now=f"2026-11-{day} 10:00")
    found = refuse(complaint, "pause", "until=2026-11-26 18:00", reason="天气", now="2026-11-26 10:00")
    assert found == [("clock.pause-often", "step")]


def test_a_late_clock_is_not_paused_even_by_a_pause_written_down_late(complaint: Desk) -> None:
    late = "2026-12-03 09:00"
    assert refuse(complaint, "pause", "until=2026-12-20", reason="天气", now=late) == [("clock.pause-breached", "step")]
    backdated = refuse(complaint, "pause", "until=2026-12-20", reason="天气", at="2026-11-24 09:00", now=late)
    assert backdated == [("clock.pause-breached", "step")]


def test_an_extension_wants_a_reason_an_approver_and_a_later_due(complaint: Desk) -> None:
    assert refuse(complaint, "extend") == [
        ("clock.extend-endless", "due"),
        ("clock.extend-which", "clock"),
        ("step.reason", "reason"),
        ("step.approver", "approved_by"),
    ]
    more = {"reason": "等厂家", "approved_by": "wang"}
    assert refuse(complaint, "extend", "due=2026-11-24 10:00", "clock=answer", **more) == [
        ("clock.extend-shorter", "due")
    ]
    for day in (26, 28):
        complaint.step(CP, "extend", f"due=2026-11-{day} 10:00", "clock=明确答复", **more)
    assert refuse(complaint, "extend", "due=2026-11-30", "clock=answer", **more) == [("clock.extend-many", "step")]
    assert refuse(complaint, "extend", "due=2026-11-30", "clock=answer", now="2026-11-28 10:01", **more) == [
        ("clock.extend-breached", "step"),
        ("clock.extend-many", "step"),
    ]
    assert [one[1] for one in late(complaint, "clock:answer", now="2026-11-28 10:00")] == ["forward"]
    session = complaint.session("2026-11-27 09:00")
    row = session.index.find("complaint", CP)[0]
    answer = next(one for one in session.index.clocks(row, session.now) if one.clock == "answer")
    assert (answer.strict, answer.adjusted, answer.state) == ("breached", "running", "running")


def test_whoever_has_it_in_hand_does_not_approve_an_extension(complaint: Desk) -> None:
    complaint.step(CP, "reassign", "to=陈工")
    found = refuse(
        complaint, "extend", "due=2026-11-26", "clock=answer", reason="等厂家", approved_by="chen"
    )
    assert found == [("clock.extend-assignee", "approved_by")]
    assert states(complaint, "2026-11-22 11:00") == {"forward": "running", "answer": "running", "resolve": "running"}


def test_a_repair_is_reassigned_to_its_worker(desk: Desk) -> None:
    desk.add("repair", "content=漏水", "room=3-502", "origin=patrol")
    written = desk.step("RP-20261122-A001", "reassign", "to=孙师傅")
    assert written.record.events[-1].set == {"worker": "sun"}
    assert desk.load("RP-20261122-A001").state.fields["worker"] == "sun"
    found = refuse_repair(desk, "pause", "until=2026-11-25", reason="等配件")
    assert found == [("clock.pause-nothing", "step")]


def refuse_repair(desk: Desk, step: str, *words: str, **more: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(Refused) as caught:
        desk.step("RP-20261122-A001", step, *words, **more)
    return refused(caught)


@pytest.mark.parametrize(
    ("file", "zh", "en"),
    [
        ("pause_without_end", "“暂停计时”要写明到什么时候为止（时限规则 7）", "Pause must say until when (clocks 7)"),
        (
            "pause_after_breach",
            "“处理完毕”在 2026-11-24 24:00 到期，已经逾期，逾期后不能暂停（时限规则 7）",
            '"Resolve" was due 2026-11-24 24:00 and is late; after that it cannot be paused (clocks 7)',
        ),
        (
            "extend_three_times",
            "“处理完毕”已经延期 2 次，不能再延（时限规则 10）",
            '"Resolve" has been extended 2 times and cannot be again (clocks 10)',
        ),
        (
            "stop_backdated",
            "“转呈”停在 2026-11-22 10:00，但很晚才录入，按录入时间 2026-11-23 10:00 计（时限规则 2）",
            '"Forward" stopped at 2026-11-22 10:00 but was written down late'
            " and counts from 2026-11-23 10:00 (clocks 2)",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_the_number_of_the_rule(desk: Desk, file: str, zh: str, en: str) -> None:
    put(desk, (ERRORS / f"{file}.yaml").read_bytes())
    (found,) = [one for one in validate(desk.session(), [PLACE]).issues if one.path == PLACE]
    assert [Catalogue(lang).issue(found)[0] for lang in ("zh", "en")] == [zh, en]


def test_a_clock_that_starts_under_a_newer_version_counts_by_it(desk: Desk) -> None:
    """A complaint of version 1; version 2, in force from the 24th, gives two days to tell the result."""
    template = desk.root / "templates/core/complaint.yaml"
    first = template.read_text(encoding="utf-8")
    second = first.replace("version: 1", "version: 2").replace("effective: 2026-01-01", "effective: 2026-11-24")
    second = second.replace("stops: tell, within: same day", "stops: tell, within: 2 days")
    assert second.count("within: 2 days,") == first.count("within: 2 days,") + 1
    (desk.root / "templates/core/complaint@1.yaml").write_text(first, encoding="utf-8")
    template.write_text(second, encoding="utf-8")
    text = (ERRORS / "good.yaml").read_text(encoding="utf-8").replace("status: registered", "status: handled")
    put(desk, f"{text}- at: 2026-11-24T10:00:00+08:00\n  by: lina\n  step: handle\n")
    commit(desk)
    session = desk.session("2026-11-25 09:00")
    (row,) = session.index.find("complaint", CP)
    told = {one.clock: (one.state, one.version) for one in session.index.clocks(row, session.now)}
    assert told == {"resolve": ("met", 1), "tell": ("running", 2)}
    loaded = load(session, row)
    assert {one.clock: one.version for one in clocks(session, loaded)} == {"resolve": 1, "tell": 2}
    assert late(desk, now="2026-11-25 09:00") == []
    assert late(desk, now="2026-11-27 00:01") == [(CP, "tell", 60)]


def test_a_site_has_reasons_and_a_cap_of_its_own(desk: Desk) -> None:
    place = desk.root / "logbook.yaml"
    own = "settings:\n  clocks:\n    pause: {longest: 2 days, most: 1}\n    pause_reasons: {court: 等法院 / Waiting for the court}\n"
    place.write_text(place.read_text(encoding="utf-8") + own, encoding="utf-8")
    commit(desk)
    desk.add("complaint", "name=张强", "summary=电梯困人", "level=major")
    assert refuse(desk, "pause", "until=2026-11-25", reason="等法院") == [("clock.pause-long", "until")]
    desk.step(CP, "pause", "until=2026-11-23", reason="等法院")
    assert refuse(desk, "pause", "until=2026-11-23 10:00", reason="court") == [("clock.pause-often", "step")]


# -- versions ----------------------------------------------------------------------------------------


def newer_complaint(desk: Desk, since: str) -> None:
    """Version 1 does not say from when; version 2 takes effect on ``since``, with two days to tell the result
    and a check of its own."""
    template = desk.root / "templates/core/complaint.yaml"
    text = template.read_text(encoding="utf-8")
    first = text.replace("effective: 2026-01-01\n", "")
    second = text.replace("version: 1", "version: 2").replace("effective: 2026-01-01", f"effective: {since}")
    second = second.replace("stops: tell, within: same day", "stops: tell, within: 2 days")
    second = second.replace(
        "\nchecks:\n", "\nchecks:\n  - id: new_rule\n    rule: 'phone is filled'\n    say: {zh: 要有电话, en: A phone is needed}\n"
    )
    (desk.root / "templates/core/complaint@1.yaml").write_text(first, encoding="utf-8")
    template.write_text(second, encoding="utf-8")
    commit(desk)


def test_a_version_that_is_not_in_force_yet_is_not_used(desk: Desk) -> None:
    newer_complaint(desk, "2026-12-01")
    made = desk.add("complaint", "name=张强", "summary=噪音", "level=minor", now="2026-11-22 09:35")
    assert made.record.form_version == "complaint@1"
    assert "form: complaint@1" in desk.text(made)
    told = {one.clock: (one.version, one.due) for one in clocks(desk.session(), desk.load(CP))}
    assert {version for version, _ in told.values()} == {1}
    with pytest.raises(Refused) as caught:
        desk.add("complaint", "name=李军", "summary=噪音", now="2026-12-01 09:35")
    assert "complaint.new_rule" in [rule for rule, _ in refused(caught)]
    # What is written down afterwards belongs to the version of its day.
    backdated = desk.add("complaint", "name=王丽", "summary=漏水", at="2026-11-30 10:00", now="2026-12-01 09:35")
    assert backdated.record.version == 1
    later = desk.add("complaint", "name=赵云", "summary=异味", "phone=13800138000", now="2026-12-01 09:35")
    assert later.record.version == 2


def test_an_import_takes_the_version_of_each_rows_day(desk: Desk) -> None:
    newer_complaint(desk, "2026-11-20")
    rows = "at,name,summary,phone\n2026-11-19 10:00,张强,噪音,\n2026-11-21 10:00,李军,漏水,\n"
    rows += "2026-11-21 11:00,王丽,异味,13800138000\n"
    session = desk.session(by="lina")
    found = importing.run(session, "complaint", importing.read_source("a.csv", rows.encode()), importing.Plan())
    assert [(line, [one.rule for one in issues]) for line, issues in found.rejected] == [(3, ["complaint.new_rule"])]
    assert [desk.load(one).record.version for one in found.ids] == [1, 2]


def test_a_record_made_under_a_version_before_its_day_counts_by_the_one_in_force(desk: Desk) -> None:
    put(desk, (ERRORS / "good.yaml").read_bytes().replace(b"complaint@1", b"complaint@2"))
    newer_complaint(desk, "2026-12-01")
    assert {one.version for one in clocks(desk.session(), desk.load(CP))} == {1}


# -- levels and agreed moments -----------------------------------------------------------------------


def test_a_longer_level_without_a_fitting_approver_says_so_and_can_be_approved_later(desk: Desk) -> None:
    desk.add("complaint", "name=张强", "summary=噪音", "level=minor")
    desk.step(CP, "reassign", "to=chen", now="2026-11-22 09:40")

    def resolve(now: str = "2026-11-22 12:00") -> str:
        due = next(one.due for one in clocks(desk.session(now), desk.load(CP, now)) if one.clock == "resolve")
        return moment_text(due or 0, desk.session().zone).en

    made = desk.amend(CP, "level=major", approved_by="chen", now="2026-11-22 10:00")
    (issue,) = [one for one in made.warnings if one.rule == "clock.level-unapproved"]
    assert Catalogue("zh").issue(issue)[0] == (
        "“处理完毕”仍按 2026-11-24 24:00 到期：等级放宽要有理由和批准人，且批准人不能是：chen、lina（时限规则 9）"
    )
    assert Catalogue("en").issue(issue)[0].endswith("somebody who is none of chen, lina (clocks 9)")
    assert resolve() == "2026-11-24 24:00"
    made = desk.amend(CP, "level=major", approved_by="wang", now="2026-11-22 11:00")
    assert [one.rule for one in made.warnings] == []
    assert made.record.amendments[-1].old == made.record.amendments[-1].new == "major"
    assert resolve() == "2026-12-02 24:00"
    with pytest.raises(Refused) as caught:  # approved it is; once is enough
        desk.amend(CP, "level=major", approved_by="wang", now="2026-11-22 11:30")
    assert refused(caught) == [("record.amend-same", "level")]
    assert [one for one in validate(desk.session("2026-11-22 12:00")).issues if one.is_error] == []


def test_a_longer_level_that_comes_too_late_says_so(desk: Desk) -> None:
    desk.add("complaint", "name=张强", "summary=噪音", "level=minor")
    made = desk.amend(CP, "level=major", approved_by="wang", now="2026-11-25 10:00")
    assert [one.rule for one in made.warnings] == ["clock.level-late"]


def test_an_agreed_moment_put_later_by_amend_is_an_extension(desk: Desk) -> None:
    desk.add("complaint", "name=张强", "summary=噪音", "level=minor", "demanded_by=2026-11-23 12:00")

    def amend(due: str, *, now: str = "2026-11-22 10:00", **more: Any) -> list[tuple[str, str | None]]:
        with pytest.raises(Refused) as caught:
            desk.amend(CP, f"demanded_by={due}", now=now, **more)
        return refused(caught)

    assert amend("2026-11-25 12:00") == [("clock.extension", "demanded_by")]
    assert amend("2026-11-25 12:00", approved_by="lina") == [("clock.extension", "demanded_by")]
    assert amend("2026-11-25 12:00", approved_by="wang", now="2026-11-23 12:01") == [
        ("clock.extend-breached", "demanded_by")
    ]
    desk.amend(CP, "demanded_by=2026-11-23 11:00", now="2026-11-22 10:00")  # earlier: nobody minds
    desk.amend(CP, "demanded_by=2026-11-24 12:00", approved_by="wang", now="2026-11-22 10:10")
    more = {"reason": "等厂家", "approved_by": "wang"}
    desk.step(CP, "extend", "due=2026-11-25 12:00", "clock=resolve", now="2026-11-22 10:20", **more)
    assert amend("2026-11-27 12:00", approved_by="wang", now="2026-11-22 10:30") == [
        ("clock.extend-many", "demanded_by")
    ]
    assert refuse(desk, "extend", "due=2026-11-27", "clock=resolve", now="2026-11-22 10:30", **more) == [
        ("clock.extend-many", "step")
    ]


# -- words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "step"),
    [
        ("暂停", "pause"), ("暂停计时", "pause"), ("恢复", "resume"), ("恢复计时", "resume"), ("延期", "extend"),
        ("展期", "extend"), ("转派", "reassign"), ("改派", "reassign"), ("重开", "reopen"), ("重新打开", "reopen"),
    ],
)  # fmt: skip
def test_built_in_steps_answer_to_several_words(desk: Desk, word: str, step: str) -> None:
    found = find_step(desk.session().form("complaint"), word)
    assert not isinstance(found, Issue)
    assert found.id == step


def test_an_unknown_step_lists_the_steps_in_the_readers_language(complaint: Desk) -> None:
    with pytest.raises(Refused) as caught:
        complaint.step(CP, "reasign")
    (issue,) = caught.value.issues
    assert "pause 暂停计时" in Catalogue("zh").issue(issue)[1]
    english = Catalogue("en").issue(issue)[1]
    assert "pause (Pause)" in english
    assert english.endswith('Did you mean "reassign"?')
