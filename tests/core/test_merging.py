"""Two versions of one record become one: what is kept in its place, what aside, in which order."""

from __future__ import annotations

from typing import Any

import pytest

from logbook.core.form import Form
from logbook.core.lifecycle import state_of
from logbook.core.merging import Merged
from logbook.core.merging import merge_records
from logbook.core.merging import unsettled
from logbook.core.record import Record
from logbook.store.library import check_folder
from logbook.store.records import plain_from
from logbook.store.records import record_from
from tests.operations.desk import TEMPLATES

DAY = "2026-11-22T"


@pytest.fixture(scope="module")
def form() -> Form:
    from logbook.store.library import check_files

    files = {f"templates/core/{file.name}": file.read_bytes() for file in TEMPLATES.glob("core/*.yaml")}
    library, _ = check_files(files)
    return library.forms["complaint"]


def at(clock: str) -> str:
    return f"{DAY}{clock}:00+08:00"


def event(clock: str, step: str, by: str = "lina", **more: Any) -> dict[str, Any]:
    return {"at": at(clock), "by": by, "step": step, **more}


def amendment(clock: str, field: str, old: Any, new: Any, by: str = "lina") -> dict[str, Any]:
    return {"at": at(clock), "by": by, "field": field, "from": old, "to": new, "reason": "写错了"}


def complaint(**more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": "CP-20261122-A001",
        "form": "complaint@1",
        "status": "registered",
        "at": at("09:00"),
        "by": "lina",
        "name": "王芳",
        "summary": "电梯异响",
        "level": "minor",
    }
    plain |= {name: value for name, value in more.items() if name not in ("events", "signatures", "amendments")}
    plain["events"] = [event("09:00", "register"), *more.get("events", [])]
    plain |= {name: more[name] for name in ("signatures", "amendments") if name in more}
    return plain


def merge(base: dict[str, Any] | None, ours: dict[str, Any], theirs: dict[str, Any], form: Form | None = None) -> Merged:
    """The merge, which is the same whoever makes it."""
    merged = merge_records(base, ours, theirs, form=form)
    assert merge_records(base, theirs, ours, form=form) == merged
    for name in ("events", "signatures", "amendments", "conflicts"):
        for side in (ours, theirs):
            rest = iter(merged.plain.get(name) or [])
            assert all(row in rest for row in side.get(name, [])), f"{name} of one side out of order"
    return merged


def record(plain: dict[str, Any]) -> Record:
    found, issues = record_from(plain)
    assert found is not None, issues
    return found


def test_different_fields_are_both_changed() -> None:
    merged = merge(complaint(), complaint(place="3-502"), complaint(demand="今天修好"))
    assert (merged.plain["place"], merged.plain["demand"], merged.conflicts) == ("3-502", "今天修好", ())


def test_the_same_value_on_both_sides_comes_once() -> None:
    merged = merge(complaint(), complaint(level="major"), complaint(level="major"))
    assert (merged.plain["level"], merged.conflicts) == ("major", ())


def test_the_later_of_two_values_stays_and_the_other_is_kept_aside() -> None:
    ours = complaint(level="major", amendments=[amendment("10:00", "level", "minor", "major")])
    theirs = complaint(level="important", amendments=[amendment("09:30", "level", "minor", "important", "zhao")])
    merged = merge(complaint(), ours, theirs)
    row = {
        "what": "value", "field": "level", "kept": "major", "other": "important",
        "kept_at": at("10:00"), "kept_by": "lina", "other_at": at("09:30"), "other_by": "zhao",
    }  # fmt: skip
    assert merged.plain["level"] == "major"
    assert merged.plain["conflicts"] == [row]
    assert merged.conflicts == (row,)
    assert [one["to"] for one in merged.plain["amendments"]] == ["important", "major"]  # type: ignore[index]


def test_two_values_at_the_same_moment_are_decided_by_their_text() -> None:
    ours = complaint(level="major", amendments=[amendment("10:00", "level", "minor", "major")])
    theirs = complaint(level="important", amendments=[amendment("10:00", "level", "minor", "important")])
    assert merge(complaint(), ours, theirs).plain["level"] == "major"


def test_a_value_taken_away_on_one_side_and_changed_on_the_other() -> None:
    base = complaint(place="大堂")
    gone = complaint(amendments=[amendment("10:00", "place", "大堂", None)])
    changed = complaint(place="车库", amendments=[amendment("10:05", "place", "大堂", "车库")])
    merged = merge(base, gone, changed)
    assert merged.plain["place"] == "车库"
    assert merged.conflicts[0]["other"] is None


def test_an_unknown_key_is_a_field_like_any_other() -> None:
    merged = merge(complaint(), complaint(colour="red"), complaint(colour="blue"))
    assert {merged.conflicts[0]["kept"], merged.conflicts[0]["other"]} == {"red", "blue"}


def test_events_come_in_time_order_each_once(form: Form) -> None:
    both = event("09:10", "reply", set={"reply": "稍后"})
    ours = complaint(events=[both, event("09:40", "reply", set={"reply": "下午"})])
    theirs = complaint(events=[both, event("09:20", "reply", "zhao", set={"reply": "明天"})])
    merged = merge(complaint(events=[both]), ours, theirs, form)
    assert [one["at"][11:16] for one in merged.plain["events"]] == ["09:00", "09:10", "09:20", "09:40"]  # type: ignore[index]
    assert [(row["field"], row["kept"], row["other"]) for row in merged.conflicts] == [("reply", "下午", "明天")]


def test_the_recording_time_decides_the_order_of_events() -> None:
    late = event("09:05", "reply", recorded=at("11:00"), set={"reply": "补记"})
    merged = merge(complaint(), complaint(events=[late]), complaint(events=[event("10:00", "decide")]))
    assert [one["step"] for one in merged.plain["events"]] == ["register", "decide", "reply"]  # type: ignore[index]


def test_a_list_that_runs_backwards_keeps_its_own_order() -> None:
    ours = complaint(events=[event("10:00", "reply"), event("09:30", "decide")])
    theirs = complaint(events=[event("09:45", "pause")])
    merged = merge(complaint(), ours, theirs)
    assert [one["step"] for one in merged.plain["events"]][1:] in (["pause", "reply", "decide"], ["reply", "decide", "pause"])  # type: ignore[index]


def test_the_same_event_twice_on_one_side_stays_twice() -> None:
    twice = [event("09:30", "reply"), event("09:30", "reply")]
    merged = merge(complaint(), complaint(events=twice), complaint(events=twice[:1], place="大堂"))
    assert len(merged.plain["events"]) == 3  # type: ignore[arg-type]


def test_appended_rows_of_both_sides_are_kept_the_same_one_once() -> None:
    base = complaint(departments=[{"dept": "工程"}])
    ours = complaint(departments=[{"dept": "工程"}, {"dept": "保洁"}, {"dept": "秩序"}])
    theirs = complaint(departments=[{"dept": "工程"}, {"dept": "绿化"}, {"dept": "秩序"}])
    rows = merge(base, ours, theirs).plain["departments"]
    assert rows[0] == {"dept": "工程"}  # type: ignore[index]
    assert sorted(row["dept"] for row in rows) == sorted(["工程", "保洁", "秩序", "绿化"])  # type: ignore[index, union-attr]


def test_cells_of_one_row_are_merged_one_by_one() -> None:
    base = complaint(plans=[{"plan": "换轴承", "cost": "100"}])
    ours = complaint(plans=[{"plan": "换轴承", "cost": "120"}])
    theirs = complaint(plans=[{"plan": "换轴承和皮带", "cost": "100"}])
    merged = merge(base, ours, theirs)
    assert merged.plain["plans"] == [{"plan": "换轴承和皮带", "cost": "120"}]
    clash = merge(base, ours, complaint(plans=[{"plan": "换轴承", "cost": "150"}]))
    assert [row["field"] for row in clash.conflicts] == ["plans.1.cost"]


def test_rows_taken_away_on_one_side_are_kept_aside_when_the_other_changed_them() -> None:
    base = complaint(plans=[{"plan": "甲"}, {"plan": "乙"}])
    merged = merge(base, complaint(plans=[{"plan": "甲"}]), complaint(plans=[{"plan": "甲"}, {"plan": "丙"}]))
    kept, other = merged.conflicts[0]["kept"], merged.conflicts[0]["other"]
    assert sorted(map(str, (kept, other))) == sorted(map(str, ([{"plan": "甲"}], [{"plan": "甲"}, {"plan": "丙"}])))


def test_a_row_changed_by_its_number_is_told_when_the_other_side_added_rows(form: Form) -> None:
    ours = complaint(events=[event("10:00", "reply", set={"plans+": [{"plan": "甲"}], "plans.1.cost": "80"})])
    theirs = complaint(events=[event("09:30", "reply", "zhao", set={"plans+": [{"plan": "乙"}]})])
    merged = merge(complaint(), ours, theirs, form)
    assert [(row["what"], row["field"]) for row in merged.conflicts] == [("rows", "plans")]


def test_a_row_that_was_there_may_be_changed_while_others_are_added(form: Form) -> None:
    base = complaint(plans=[{"plan": "甲"}])
    ours = complaint(plans=[{"plan": "甲"}], events=[event("10:00", "reply", set={"plans.1.cost": "80"})])
    theirs = complaint(plans=[{"plan": "甲"}], events=[event("09:30", "reply", "zhao", set={"plans+": [{"plan": "乙"}]})])
    assert merge(base, ours, theirs, form).conflicts == ()


def test_a_set_of_words_is_merged_word_by_word() -> None:
    merged = merge(complaint(tags=["a", "b"]), complaint(tags=["a", "b", "c"]), complaint(tags=["b", "d"]))
    assert merged.plain["tags"] == ["b", *sorted(["c", "d"])] or merged.plain["tags"] == ["b", "d", "c"]
    assert merged.conflicts == ()


def test_a_correction_under_a_value_an_event_sets_is_told(form: Form) -> None:
    ours = complaint(demand="修好", amendments=[amendment("09:50", "demand", None, "修好")])
    theirs = complaint(events=[event("09:30", "reply", "zhao", set={"demand": "赔偿"})])
    merged = merge(complaint(), ours, theirs, form)
    assert [(row["field"], row["kept"], row["other"]) for row in merged.conflicts] == [("demand", "赔偿", "修好")]


def test_the_status_follows_from_the_merged_events(form: Form) -> None:
    ours = complaint(status="forwarded", events=[event("09:30", "forward", set={"forwarded_to": "director"})])
    theirs = complaint(events=[event("10:00", "reply", "zhao", set={"reply": "明天来"})])
    merged = merge(complaint(), ours, theirs, form)
    assert (merged.plain["status"], merged.conflicts) == ("forwarded", ())


def test_steps_both_took_from_one_state_are_told_as_such(form: Form) -> None:
    done = {"events": [event("09:20", "assign")], "status": "assigned"}
    ours = complaint(status="handled", events=[*done["events"], event("10:00", "handle", set={"result": "已修"})])
    theirs = complaint(status="handled", events=[*done["events"], event("10:10", "handle", "zhao", set={"result": "换新"})])
    merged = merge(complaint(**done), ours, theirs, form)
    assert merged.plain["status"] == "handled"
    assert [(row["what"], row["field"], row["kept"], row["other"]) for row in merged.conflicts] == [
        ("value", "result", "换新", "已修"),
        ("steps", "status", "handle", "handle"),
    ]


def test_cancelled_here_and_taken_on_there_is_told(form: Form) -> None:
    ours = complaint(status="voided", events=[event("10:00", "void", reason="重复")])
    theirs = complaint(status="forwarded", events=[event("09:50", "forward", "zhao")])
    merged = merge(complaint(), ours, theirs, form)
    assert (merged.plain["status"], [row["what"] for row in merged.conflicts]) == ("voided", ["steps"])


def test_steps_that_follow_each_other_are_no_conflict(form: Form) -> None:
    ours = complaint(status="forwarded", events=[event("09:30", "forward")])
    theirs = complaint(events=[event("09:40", "reply", "zhao")])
    assert merge(complaint(), ours, theirs, form).conflicts == ()


def test_a_header_moment_moved_on_one_side_is_moved(form: Form) -> None:
    moved = event("10:00", "amend", set={"at": at("08:30")})
    ours = complaint(at=at("08:30"), events=[moved])
    merged = merge(complaint(), ours, complaint(place="大堂"), form)
    assert (merged.plain["at"], merged.plain["place"]) == (at("08:30"), "大堂")


def test_conflicts_of_both_sides_add_up() -> None:
    old = {"what": "value", "field": "place", "kept": "a", "other": "b", "kept_at": at("09:10")}
    ours = complaint(level="major") | {"conflicts": [old]}
    theirs = complaint(level="important")
    merged = merge(complaint(), ours, theirs)
    assert [row["field"] for row in merged.plain["conflicts"]] == ["place", "level"]  # type: ignore[index]
    assert [row["field"] for row in merged.conflicts] == ["level"]


def test_a_correction_made_afterwards_settles_a_conflict(form: Form) -> None:
    ours = complaint(level="major", amendments=[amendment("10:00", "level", "minor", "major")])
    theirs = complaint(level="important", amendments=[amendment("09:30", "level", "minor", "important", "zhao")])
    plain = merge(complaint(), ours, theirs, form).plain
    assert [one.field for one in unsettled(record(plain))] == ["level"]
    other = plain | {"amendments": [*plain["amendments"], amendment("10:30", "place", None, "x")]}  # type: ignore[misc]
    assert [one.field for one in unsettled(record(other))] == ["level"]
    settled = plain | {"amendments": [*plain["amendments"], amendment("10:30", "level", "major", "major")]}  # type: ignore[misc]
    assert unsettled(record(settled)) == ()
    assert record(settled).conflicts != ()


def test_a_record_with_conflicts_is_written_as_it_was_read(form: Form) -> None:
    ours, theirs = complaint(level="major"), complaint(level="important")
    plain = merge(complaint(), ours, theirs, form).plain | {"was": "CP-20261122-A009"}
    found = record(plain)
    assert plain_from(found, form) == plain
    assert list(plain_from(found, form))[-3:] == ["events", "conflicts", "was"]


def test_before_both_had_happened_there_was_no_conflict(form: Form) -> None:
    from datetime import datetime

    ours = complaint(level="major", amendments=[amendment("10:00", "level", "minor", "major")])
    theirs = complaint(level="important", amendments=[amendment("09:30", "level", "minor", "important", "zhao")])
    found = record(merge(complaint(), ours, theirs, form).plain)
    assert state_of(form, found, until=datetime.fromisoformat(at("09:45"))).record.conflicts == ()
    assert len(state_of(form, found, until=datetime.fromisoformat(at("10:00"))).record.conflicts) == 1


def test_without_a_base_everything_is_new() -> None:
    merged = merge(None, complaint(place="大堂"), complaint(demand="修"))
    assert (merged.plain["place"], merged.plain["demand"], merged.conflicts) == ("大堂", "修", ())


def test_the_standard_forms_leave_our_keys_alone() -> None:
    assert [issue for issue in check_folder(TEMPLATES) if issue.is_error] == []
