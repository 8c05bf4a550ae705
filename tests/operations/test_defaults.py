"""What fills itself in: rows of a route, answers of a checklist, copies through links."""

from __future__ import annotations

from typing import Any

import pytest

from tests.operations.desk import Desk


def fields(desk: Desk, record: str) -> dict[str, Any]:
    return dict(desk.load(record).state.fields)


def test_a_patrol_of_one_point_needs_only_the_point(desk: Desk) -> None:
    """Rulings 11: one point per area, all fine unless said otherwise."""
    patrol = desk.add("patrol", "area=hall", now="2026-11-22 09:00").record.id
    assert fields(desk, patrol)["points"] == [
        {"area": "hall", "at": "2026-11-22T09:00:00+08:00", "ok": "true"},
    ]
    assert desk.step(patrol, "finish", now="2026-11-22 09:20").state.status == "done"


def test_a_patrol_of_a_route_has_its_points_in_order(desk: Desk) -> None:
    desk.step("hall", "retire", by="zhao")
    for name, order in (("roof", "3"), ("lift", "1"), ("yard", "2")):
        desk.add("area", f"id={name}", f"name={name}", "route=route-1", f"order_no={order}", by="zhao")
    desk.add("area", "id=away", "name=away", by="zhao")
    patrol = desk.add("patrol", "area=route-1", now="2026-11-22 10:00").record.id
    points = fields(desk, patrol)["points"]
    assert [point["area"] for point in points] == ["lift", "yard", "roof", "garage"]  # without a number: last
    assert {point["ok"] for point in points} == {"true"}
    assert desk.step(patrol, "finish", now="2026-11-22 10:30").state.status == "done"


def test_what_is_said_of_points_and_items_stands(desk: Desk) -> None:
    patrol = desk.add(
        "patrol", "area=route-1", "points+={area: hall, ok: false, note: 灯坏}", "checklist.building_patrol_02=fail",
        now="2026-11-22 09:00",
    ).record.id  # fmt: skip
    found = fields(desk, patrol)
    assert [(point["area"], point["ok"]) for point in found["points"]] == [("hall", "false")]
    assert found["checklist"]["building_patrol_02"] == "fail"
    assert found["checklist"]["building_patrol_01"] == "pass"
    assert found["checklist"]["building_patrol_08"] == "na"  # a line for certain places only
    assert len(found["checklist"]) == 8


def test_a_name_two_links_away_is_copied(desk: Desk) -> None:
    desk.add("customer", "id=zhang", "name=张三", "phone=13800000000")
    desk.add("room", "id=5-101", "occupant=zhang")
    repair = desk.add("repair", "content=漏水", "room=5-101").record.id
    found = fields(desk, repair)
    assert (found["name"], found["phone"]) == ("张三", "13800000000")
    assert "name" not in fields(desk, desk.add("repair", "content=漏水", "room=3-502").record.id)


@pytest.mark.parametrize("form", ["repair", "complaint"])
def test_a_return_visit_knows_what_it_is_about(desk: Desk, form: str) -> None:
    words = {"repair": ["content=漏水"], "complaint": ["name=张三", "summary=漏水"]}[form]
    record = desk.add(form, *words).record.id
    assert fields(desk, desk.add("return_visit", f"record={record}").record.id)["about"] == form
    said = desk.add("return_visit", f"record={record}", "about=other").record.id
    assert fields(desk, said)["about"] == "other"


def test_a_contact_sheet_takes_the_round_and_the_demand_of_its_complaint(desk: Desk) -> None:
    complaint = desk.add("complaint", "name=张三", "summary=漏水", "demand=马上修", "round=2").record.id
    sheet = desk.add("contact_sheet", f"about={complaint}", "to_dept=工程部").record.id
    assert (fields(desk, sheet)["round"], fields(desk, sheet)["demand"]) == ("2", "马上修")
    patrol = desk.add("patrol", "area=hall").record.id
    other = desk.add("contact_sheet", f"about={patrol}", "to_dept=工程部", "demand=换灯").record.id
    assert fields(desk, other)["round"] == "1"


def test_a_form_put_into_the_folder_works_before_it_is_committed(desk: Desk) -> None:
    site = desk.root / "templates" / "site"
    site.mkdir()
    (site / "parcel.yaml").write_text(
        "form: parcel\nversion: 1\nprefix: PA\ntitle: 包裹 / Parcel\n"
        "fields:\n  sender: {zh: 快递, en: Sender, type: text}\n"
        "states: {kept: 待领 / Kept}\nsteps:\n  take: {zh: 收, en: Take, to: kept, by: [staff]}\n",
        encoding="utf-8",
    )
    written = desk.add("包裹", "sender=顺丰")
    assert written.record.id == "PA-20261122-A001"
    assert desk.list("parcel") == ["PA-20261122-A001"]
