"""Making records: what must be given, what fills itself in, what is refused, what Git shows."""

from __future__ import annotations

import pytest

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from tests.operations.desk import Desk
from tests.operations.desk import codes
from tests.operations.desk import refused


def test_a_complaint_takes_two_words(desk: Desk) -> None:
    written = desk.add("complaint", "name=张三", "summary=厨房漏水")
    assert desk.text(written) == (
        "id: CP-20261122-A001\n"
        "form: complaint@1\n"
        "status: registered\n"
        "at: 2026-11-22T09:35:00+08:00\n"
        "by: lina\n"
        "way: phone\n"
        "kind: complaint\n"
        "name: 张三\n"
        "happened_at: 2026-11-22T09:35:00+08:00\n"
        "summary: 厨房漏水\n"
        "course: 厨房漏水\n"
        "level: minor\n"
        "harm: false\n"
        "round: 1\n"
        "events:\n"
        "- at: 2026-11-22T09:35:00+08:00\n"
        "  by: lina\n"
        "  step: register\n"
    )
    assert written.path == "records/complaint/2026/11/CP-20261122-A001.yaml"
    assert desk.clean


@pytest.mark.parametrize(
    ("form", "by", "words", "number", "status"),
    [
        ("complaint", "lina", ["name=张三", "summary=漏水"], "CP-20261122-A001", "registered"),
        ("客户投诉", "lina", ["客户姓名=张三", "内容摘要=漏水", "等级=轻微"], "CP-20261122-A001", "registered"),
        ("Complaint register", "lina", ["name=Ann", "Summary=Leak", "Level=Minor"], "CP-20261122-A001", "registered"),
        ("repair", "lina", ["content=灯不亮"], "RP-20261122-A001", "open"),
        ("报修", "lina", ["报修内容=灯不亮", "类别=安全设施", "来源=来访"], "RP-20261122-A001", "open"),
        ("key_checkout", "lina", ["key=K-3-502", "borrower=王师傅", "purpose=检修"], "KC-20261122-A001", "out"),
        ("借钥匙", "lina", ["钥匙=k-3-502", "借用人=王师傅", "用途=检修"], "KC-20261122-A001", "out"),
        ("handover", "lina", ["in_person=zhao"], "HO-20261122-A001", "prepared"),
        ("交接班", "lina", ["接班人=赵敏"], "HO-20261122-A001", "prepared"),
        ("duty_log", "lina", [], "DL-20261122-A001", "open"),
        ("日志", "lina", ["班次=中午值班"], "DL-20261122-A001", "open"),
        ("night_log", "sun", [], "NL-20261122-A001", "open"),
        ("patrol", "lina", ["area=hall"], "PT-20261122-A001", "walking"),
        ("巡查", "liu", ["巡查区域/路线=route-1", "类别=大厦/巡楼"], "PT-20261122-A001", "walking"),
        ("staff", "hu", ["id=qian", "name=钱多", "roles=前台、客服管理员"], "qian", "active"),
        ("员工", "hu", ["工号=007", "姓名=邦德", "角色=front_desk"], "007", "active"),
        ("room", "lina", ["id=3-702"], "3-702", "active"),
        ("room", "lina", ["room_no=3-702"], "3-702", "active"),
        ("房号", "lina", ["房号=3-702", "状态=空置"], "3-702", "active"),
        ("key", "lina", ["id=K-9", "opens=杂物间"], "K-9", "active"),
        ("钥匙", "lina", ["key_no=K-9", "所开门锁=杂物间"], "K-9", "active"),
        ("area", "zhao", ["id=roof", "name=天台"], "roof", "active"),
        ("customer", "lina", ["id=C1", "name=张三", "phone=13800000000"], "C1", "active"),
        ("contractor", "zhao", ["id=X1", "name=大海保洁"], "X1", "active"),
        ("key_count", "lina", ["scope=desk", "lines+={key: K-3-502, in_cabinet: 1}"], "KN-20261122-A001", "counted"),
        ("key_loss", "lina", ["key=K-3-502", "lost_by=小王", "how=掉水里"], "KL-20261122-A001", "reported"),
    ],
)  # fmt: skip
def test_every_form_takes_its_few_words(
    desk: Desk, form: str, by: str, words: list[str], number: str, status: str
) -> None:
    written = desk.add(form, *words, by=by)
    assert (written.record.id, written.state.status) == (number, status)
    assert desk.clean


def test_forms_that_point_at_a_complaint(desk: Desk) -> None:
    complaint = desk.add("complaint", "name=张三", "summary=漏水", "room=3-502", "phone=13800000000")
    visit = desk.add("return_visit", f"record={complaint.record.id}", "about=complaint")
    assert (visit.record.id, visit.state.status) == ("RV-20261122-A001", "due")
    assert visit.record.fields == {
        "about": "complaint", "record": "CP-20261122-A001", "name": "张三", "room": "3-502",
        "phone": "13800000000", "due_at": "2026-11-25T00:00:00+08:00", "way": "phone",
        "entered": "false",
    }  # fmt: skip
    sheet = desk.add("contact_sheet", "about=cp-20261122-a001", "to_dept=工程部", "demand=查漏点")
    assert (sheet.record.id, sheet.record.fields["about"]) == ("CS-20261122-A001", "CP-20261122-A001")


def test_every_problem_at_once_and_nothing_written(desk: Desk) -> None:
    before = desk.head
    with pytest.raises(Refused) as caught:
        desk.add("complaint", "sumary=漏水", "level=大", "room=9-999", "demanded_by=2月30日", "漏水", "side=公司", by="x")
    assert refused(caught) == [
        ("field.unknown-staff", "by"),
        ("field.unknown-did-you-mean", "sumary"),
        ("field.choice", "level"),
        ("field.datetime", "demanded_by"),
        ("field.syntax", "漏水"),
        ("field.choice", "side"),
        ("field.reference", "room"),
        ("field.required", "name"),
        ("field.required", "summary"),
    ]
    assert desk.head == before
    assert desk.clean


def test_unknown_field_suggests_the_nearest(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        desk.add("complaint", "name=张三", "summary=漏水", "内容概要=x")
    (issue,) = caught.value.issues
    assert (issue.rule, issue.args["near"]) == ("field.unknown-did-you-mean", "summary")


def test_a_choice_says_what_is_allowed(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        desk.add("complaint", "name=张三", "summary=漏水", "level=mayor")
    (issue,) = caught.value.issues
    assert issue.args["allowed"] == ["major (重大)", "important (重要)", "minor (轻微)"]
    assert issue.args["near"] == "major"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["demanded_by=2026-02-30 10:00"], ("field.datetime", "demanded_by")),
        (["demanded_by=25:00"], ("field.datetime", "demanded_by")),
        (["harm=也许"], ("field.bool", "harm")),
        (["round=一"], ("field.int", "round")),
        (["phone=电话"], ("field.phone", "phone")),
        (["plans+={plan: 换管, cost: 12.345}"], ("field.money", "plans.1.cost")),
        (["plans+={plan: 换管, price: 12}"], ("field.unknown", "plans.1.price")),
        (["plans+=换管"], ("field.not-a-row", "plans")),
        (["plans+={plan: 换管"], ("field.syntax", "plans")),
        (["summary+=又漏"], ("field.not-a-list", "summary")),
        (["forwarded_at=09:30"], ("field.not-stored", "forwarded_at")),
        (["status=closed"], ("field.unknown", "status")),
        (["name=a\x00b"], ("field.unseen", "name")),
        (["name=\u202eab"], ("field.unseen", "name")),
        (["name=***"], ("field.masked", "name")),
    ],
)  # fmt: skip
def test_values_that_are_not_of_their_type(desk: Desk, words: list[str], expected: tuple[str, str]) -> None:
    given = [] if words[0].startswith("name") else ["name=张三"]
    with pytest.raises(Refused) as caught:
        desk.add("complaint", *given, "summary=漏水", *words)
    assert expected in refused(caught)


def test_lists_by_row_by_column_and_by_plain_words(desk: Desk) -> None:
    written = desk.add(
        "complaint", "name=张三", "summary=漏水", "departments=工程部、安护部",
        "plans+={plan: 换管, cost: '120'}", "plans.plan=补漆", "plans.cost=30.5",
    )  # fmt: skip
    assert written.record.fields["departments"] == [{"dept": "工程部"}, {"dept": "安护部"}]
    assert written.record.fields["plans"] == [{"plan": "换管", "cost": "120"}, {"plan": "补漆", "cost": "30.5"}]


def test_text_stays_text(desk: Desk) -> None:
    written = desk.add("complaint", "name=007", "summary=no", "place=1.10", "station=12:30", "course=~")
    again = desk.load(written.record.id)
    assert {name: again.record.fields[name] for name in ("name", "summary", "place", "station", "course")} == {
        "name": "007", "summary": "no", "place": "1.10", "station": "12:30", "course": "~",
    }  # fmt: skip


def test_numbers_are_gapless_for_each_form_desk_and_day(desk: Desk) -> None:
    ids = [desk.add("complaint", "name=张三", f"summary=第{n}件").record.id for n in (1, 2)]
    ids.append(desk.add("repair", "content=灯").record.id)
    ids.append(desk.add("complaint", "name=张三", "summary=第3件", desk="B").record.id)
    with pytest.raises(Refused):
        desk.add("complaint", "name=张三")
    ids.append(desk.add("complaint", "name=张三", "summary=第4件").record.id)
    ids.append(desk.add("complaint", "name=张三", "summary=第5件", now="2026-11-23 00:01").record.id)
    assert ids == [
        "CP-20261122-A001", "CP-20261122-A002", "RP-20261122-A001", "CP-20261122-B001",
        "CP-20261122-A003", "CP-20261123-A001",
    ]  # fmt: skip


def test_a_backdated_record_counts_in_its_own_day(desk: Desk) -> None:
    desk.add("complaint", "name=张三", "summary=先", now="2026-10-31 10:00")
    written = desk.add("complaint", "name=李四", "summary=后", at="2026-10-31 23:50", now="2026-11-01 00:20")
    assert written.path == "records/complaint/2026/10/CP-20261031-A002.yaml"
    assert written.record.at == "2026-10-31T23:50:00+08:00"
    assert written.record.events[0].recorded == "2026-11-01T00:20:00+08:00"
    assert codes(written.warnings) == []


def test_a_late_entry_is_warned_about_unless_it_says_why(desk: Desk) -> None:
    late = desk.add("complaint", "name=张三", "summary=漏水", at="06:00")
    assert codes(late.warnings) == ["record.late"]
    assert late.warnings[0].args["hours"] == 3
    told = desk.add("complaint", "name=张三", "summary=停电", at="06:00", reason="停电记在纸上")
    assert codes(told.warnings) == []
    assert told.record.events[0].reason == "停电记在纸上"


@pytest.mark.parametrize(
    ("at", "recorded"),
    [
        ("2026-11-22 09:34:00", None),
        ("2026-11-22 09:33:59", "2026-11-22T09:35:00+08:00"),
        ("2026-11-22 09:36:00", None),
        ("2026-11-22 09:40:00", "2026-11-22T09:35:00+08:00"),
    ],
)
def test_recorded_is_written_when_more_than_a_minute_off(desk: Desk, at: str, recorded: str | None) -> None:
    written = desk.add("repair", "content=灯", at=at)
    assert written.record.events[0].recorded == recorded


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("09:41", ("record.future", "at")),
        ("明天", ("record.future", "at")),
        ("2026-13-01", ("field.datetime", "at")),
        ("老早", ("field.datetime", "at")),
    ],
)
def test_moments_nobody_can_have_seen(desk: Desk, at: str, expected: tuple[str, str]) -> None:
    with pytest.raises(Refused) as caught:
        desk.add("repair", "content=灯", at=at)
    assert refused(caught) == [expected]


def test_the_moment_under_its_own_name(desk: Desk) -> None:
    written = desk.add("投诉", "客户姓名=张三", "内容摘要=漏水", "投诉时间=今天 8:30")
    assert written.record.at == "2026-11-22T08:30:00+08:00"
    assert "received_at" not in written.record.fields


@pytest.mark.parametrize("by", ["nobody", "zhou", "周杰"])
def test_only_people_who_work_here(desk: Desk, by: str) -> None:
    with pytest.raises(Refused) as caught:
        desk.add("repair", "content=灯", by=by)
    assert refused(caught) == [("field.unknown-staff" if by == "nobody" else "field.staff-left", "by")]


def test_nobody_named(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        desk.add("repair", "content=灯", by=None)  # type: ignore[arg-type]
    assert refused(caught) == [("book.no-operator", "by")]


def test_somebody_by_name(desk: Desk) -> None:
    assert desk.add("repair", "content=灯", by="李娜").record.by == "lina"


def test_only_roles_the_form_names(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        desk.add("complaint", "name=张三", "summary=漏水", by="liu")
    assert refused(caught) == [("step.role", "by")]
    assert desk.add("complaint", "name=张三", "summary=漏水", by="boss").record.by == "boss"  # the administrator


def test_a_room_brings_the_place_and_the_customer_the_phone(desk: Desk) -> None:
    desk.add("customer", "id=C1", "name=张三", "phone=13800000000")
    desk.add("room", "id=5-101", "owner=C1", "occupant=C1")
    complaint = desk.add("complaint", "name=张三", "summary=漏水", "room=5-101", "customer=c1")
    assert (complaint.record.fields["place"], complaint.record.fields["phone"]) == ("5-101", "13800000000")
    repair = desk.add("repair", "content=漏水", "room=5-101")
    assert (repair.record.fields["name"], repair.record.fields["phone"]) == ("张三", "13800000000")


@pytest.mark.parametrize("record_id", ["../x", "a b", "-rf", ".x", "a/b", "a:b", "x..y", "a\tb", "x~"])
def test_ids_that_would_be_trouble(desk: Desk, record_id: str) -> None:
    with pytest.raises(Refused) as caught:
        desk.add("room", f"id={record_id}")
    assert ("field.register-id", "id") in refused(caught) or ("field.unseen", "id") in refused(caught)


def test_an_id_is_taken_whatever_its_case(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        desk.add("key", "id=k-PUMP", "opens=泵房")
    assert refused(caught) == [("field.taken", "id")]
    with pytest.raises(Refused) as caught:
        desk.add("room")
    assert refused(caught) == [("field.required", "id")]


def test_words_that_look_like_options_and_code_are_text(desk: Desk) -> None:
    words = ["--upload-pack=x", "$(rm -rf /)", "{{ 7*7 }}", "=HYPERLINK(1)", "!!python/object", "&a *a", "- x: y # z"]
    for word in words:
        written = desk.add("repair", f"content={word}")
        assert desk.load(written.record.id).record.fields["content"] == word
    assert desk.clean


def test_the_commit_says_who_and_what_and_nothing_private(desk: Desk) -> None:
    before = desk.git("rev-list", "--count", "HEAD")
    desk.add("complaint", "name=张三丰", "phone=13812345678", "against=王老五", "summary=" + "楼上装修噪音太大影响休息" * 8)
    assert int(desk.git("rev-list", "--count", "HEAD")) == int(before) + 1
    message = desk.git("log", "-1", "--format=%an <%ae>|%cn <%ce>|%ad|%cd|%B", "--date=iso-strict")
    who, desk_name, author_date, commit_date, body = message.split("|")
    assert (who, desk_name) == ("李娜 <lina@staff.logbook>", "前台 A <desk-a@desk.logbook>")
    assert author_date == commit_date == "2026-11-22T09:35:00+08:00"
    subject = body.splitlines()[0]
    assert subject == "CP-20261122-A001 add: 楼上装修噪音太大影响休息楼上装修噪音太大影响休息…"
    assert len(subject.encode("gb18030")) <= 72  # two columns a Chinese character, as two bytes there
    for secret in ("张三丰", "13812345678", "王老五"):
        assert secret not in message
    trailers = desk.git("log", "-1", "--format=%(trailers:only,unfold)").split("\n")
    assert trailers[:4] == ["Record: CP-20261122-A001", "Form: complaint@1", "Action: add", "By: lina"]
    assert desk.git("show", "--stat=200", "--format=", "HEAD").count("|") == 1


def test_a_private_name_in_a_title_stays_out(desk: Desk) -> None:
    desk.add("key_checkout", "key=K-3-502", "borrower=王小明", "purpose=检修")
    assert desk.git("log", "-1", "--format=%s").strip() == "KC-20261122-A001 add: K-3-502 检修"


def test_somebody_elses_entry_names_both(desk: Desk) -> None:
    written = desk.add("complaint", "name=张三", "summary=漏水", "received_by=boss", by="lina")
    assert (written.record.by, written.record.events[0].extra) == ("boss", {"entered_by": "lina"})
    assert desk.git("log", "-1", "--format=%an").strip() == "高总"


def test_a_book_without_practice_keeps_the_machines_time(desk: Desk) -> None:
    settings = desk.root / "logbook.yaml"
    settings.write_text(settings.read_text().replace("practice: true\n", ""))
    with pytest.raises(BookError) as caught:
        desk.add("repair", "content=灯")
    assert (caught.value.code, caught.value.exit_code) == ("book.now-not-practice", 3)


def test_a_clone_without_a_letter_cannot_write(desk: Desk) -> None:
    with pytest.raises(BookError) as caught:
        desk.add("repair", "content=灯", desk="")
    assert (caught.value.code, caught.value.exit_code) == ("book.no-desk", 3)


def test_an_unknown_form(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        desk.add("complayn", "summary=x")
    assert refused(caught) == [("form.unknown-form", None)]


def test_a_value_given_twice_is_told(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        desk.add("complaint", "name=王芳", "summary=漏水", "level=minor", "level=major")
    assert [(issue.rule, issue.field) for issue in caught.value.issues] == [("field.twice", "level")]
