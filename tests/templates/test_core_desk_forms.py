"""The desk's own registers, visits, reports and plans: each runs through its steps, each check has a record that breaks it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from logbook.core.errors import Refused
from logbook.locale.catalogue import Catalogue
from logbook.operations.deriving import derived_values
from logbook.operations.reading import find
from logbook.operations.reading import load
from logbook.operations.writing import Written
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from tests.operations.desk import START
from tests.operations.desk import TEMPLATES
from tests.operations.desk import Desk
from tests.operations.desk import moment

ZH = Catalogue("zh")
AT = "2026-11-22 10:00"
LATER = "2026-11-22 11:00"
NEXT = "2026-11-23 09:00"  # a Monday

Step = tuple[str, ...]


@pytest.fixture(scope="module")
def book(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The practice book with the reports and plans of the office, a customer and her flat."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("desk_forms") / "book")
    files = [
        Change(f"templates/office/{name}.yaml", (TEMPLATES / "office" / f"{name}.yaml").read_bytes())
        for name in ("work_report", "work_plan", "settings")
    ]
    session = desk.session(START)
    made = Commit(
        files, "book: office", ("高总", "boss@staff.logbook"), ("前台 A", "desk-a@desk.logbook"), moment(START)
    )
    publish(session.repository, [made])
    desk.add("customer", "id=wangfang", "name=王芳", "phone=13800001111", now=START)
    desk.step("3-502", "update", "occupant=wangfang", now=START)
    return desk


# What the handbooks ask of each form, by id. `from` of the mail is a word of the rule sentences, here `sender`;
# `at` of a thing found is the record's own moment, here also `happened_at`.
HANDBOOKS = {
    "phone_log": """
        fields: called_at answered_by rings caller company phone room matter details kind for_person relayed_at record result
        kind: inquiry complaint repair message transfer appointment other
        states: open relayed closed
        final: closed
        steps: log relay close
    """,
    "visitor": """
        fields: arrived_at name company phone people host appointed purpose outcome refused_why helped_by left_at
        outcome: received referred waiting refused
        refused_why: unrelated peddler trouble
        states: in closed
        final: closed
        steps: log leave
    """,
    "inquiry": """
        fields: asked_at asked_by phone room question kind technical expert reply_due replied_at reply
        kind: question suggestion need help
        states: open asked answered
        final: answered
        steps: log ask answer
    """,
    "mail": """
        fields: received_at dir kind item_no sender addressee room handled_by passed_to taken_at taken_by
        dir: in out
        kind: letter parcel paper document
        states: waiting taken returned
        final: taken returned
        steps: log hand return
    """,
    "lost_found": """
        fields: kind happened_at place item person phone kept_at match claimed_at claimed_by proof
        kind: found lost
        states: open claimed disposed
        final: claimed disposed
        steps: log claim dispose
    """,
    "client_visit": """
        fields: kind planned_on customer room way visitors called_at agreed_at arrived_at outcome entered consent
        fields: note_left topic opinions handling result manners
        kind: plan interview key_client after_move_in renewal fee other
        way: home phone
        visitors: person
        outcome: done nobody refused
        states: planned agreed visited reported void
        final: reported void
        steps: plan agree visit report fail
    """,
    "work_report": """
        fields: kind author branch period_from period_to items figures submitted_at quality untrue untrue_facts severe
        kind: weekly monthly branch_daily branch_month deeds return_visit_month return_visit_quarter repair_month
        kind: visit_month facility_damage building_month mgmt_month mgmt_year cs_month customer_stats
        kind: complaint_analysis collection_rate service_quality gm_progress finance
        items: what owner due_on done note
        figures: name value unit
        quality: good fair poor
        states: draft handed_in accepted untrue
        final: accepted untrue
        steps: draft hand_in verify find_untrue
    """,
    "work_plan": """
        fields: period dept period_from period_to items summary
        period: week month quarter year special
        items: what owner due_on status result
        states: draft running closed
        final: closed
        steps: draft approve return close
    """,
}


@pytest.mark.parametrize("name", HANDBOOKS)
def test_a_form_has_all_the_handbooks_ask(book: Desk, name: str) -> None:
    form = book.session().library.forms[name]
    missing = []
    for line in HANDBOOKS[name].strip().splitlines():
        what, words = line.strip().split(": ")
        if what in ("fields", "states", "final", "steps"):
            known = getattr(form, what)
        else:
            known = {**form.fields[what].choices, **form.fields[what].columns}
        missing += [f"{what}: {word}" for word in words.split() if word not in known]
    assert missing == []


@pytest.mark.parametrize("name", HANDBOOKS)
def test_every_field_is_on_the_sheet_and_speaks_both_languages(book: Desk, name: str) -> None:
    form = book.session().library.forms[name]
    assert sorted(cell.field for row in form.sheet for cell in row if cell.field != "signatures") == sorted(form.fields)
    fields = [*form.fields.values(), *(column for field in form.fields.values() for column in field.columns.values())]
    texts = [form.title, form.purpose, *form.states.values(), *(check.say for check in form.checks)]
    for named in (fields, form.steps.values(), form.clocks.values(), form.signatures.values()):
        texts += [one.label for one in named]
    texts += [label for field in fields for label in (*field.choices.values(), field.note) if label]
    assert [text for text in texts if not (text.zh and text.en)] == []


# What a person types at least, at the first entry of each form.
LEAST = {
    "phone_log": ["caller=王芳", "matter=请工程部回电"],
    "visitor": ["name=张三", "purpose=洽谈保洁合同"],
    "inquiry": ["asked_by=王芳", "question=装修押金何时退还"],
    "mail": ["addressee=王芳"],
    "lost_found": ["place=大堂", "item=黑色皮夹，内有公交卡"],
    "client_visit": ["customer=wangfang", "topic=节前走访"],
    "work_report": ["branch=客服部", "period_from=2026-11-16", "period_to=2026-11-22"],
    "work_plan": ["dept=客服部", "period_from=2026-11-23", "period_to=2026-11-29"],
}


def made(desk: Desk, form: str, *words: str, now: str = AT, **more: str) -> Written:
    names = {word.partition("=")[0] for word in words}
    usual = [word for word in LEAST[form] if word.partition("=")[0] not in names]
    by = "zhao" if form == "work_plan" else "lina"
    return desk.add(form, *usual, *words, now=now, by=by, **more)


def taken(desk: Desk, form: str, words: Sequence[str], *steps: Step) -> str:
    """A record made with these words and led through these steps, an hour apart; its id."""
    id = made(desk, form, *words).record.id
    for hour, (step, *more) in enumerate(steps, 11):
        desk.step(id, step, *more, now=f"2026-11-22 {hour}:00", by="boss")
    return id


def shown(desk: Desk, id: str, name: str) -> object:
    """A derived field, as it is shown."""
    session = desk.session("2026-11-30 00:00")
    record = load(session, find(session, id))
    return derived_values(session, record.form, record.state).get(name)


def status(desk: Desk, id: str) -> str:
    return desk.load(id, "2026-11-30 00:00").state.status


def against(desk: Desk, form: str, words: Sequence[str], *steps: Step) -> list[tuple[str, str]]:
    """Check and sentence of all that speaks against the last of these: its errors, or else its warnings."""
    issues: Sequence[object]
    try:
        if steps:
            id = taken(desk, form, words, *steps[:-1])
            step, *more = steps[-1]
            issues = desk.step(id, step, *more, now=f"2026-11-22 {10 + len(steps)}:00", by="boss").warnings
        else:
            issues = made(desk, form, *words).warnings
    except Refused as refused:
        issues = [issue for issue in refused.issues if issue.is_error]
    prefix = f"{form}."
    return [(issue.rule.removeprefix(prefix), ZH.issue(issue)[0]) for issue in issues if issue.rule.startswith(prefix)]  # type: ignore[attr-defined]


# -- each form through its steps --------------------------------------------------------------

TOLD = ("for_person=wang", "details=水压不足，请回电", "room=3-502")
VISITED = ("agree", "agreed_at=2026-11-22 12:00")
WEEK = "items=[{what: 夜班培训, due_on: 2026-11-25}]"


@pytest.mark.parametrize(
    ("form", "words", "steps", "ends"),
    [
        ("phone_log", TOLD, [("relay",), ("close", "result=已回电")], "closed"),
        ("phone_log", ["kind=other"], [("close", "result=已解释")], "closed"),
        ("visitor", ["host=wang", "appointed=true"], [("leave",)], "closed"),
        ("inquiry", [], [("answer", "reply=验收合格后退还")], "answered"),
        (
            "inquiry",
            ["technical=true"],
            [("ask", "expert=陈工", "reply_due=2026-11-23 10:00"), ("answer", "reply=三十日内退还")],
            "answered",
        ),
        ("mail", ["kind=letter", "sender=税务局", "room=3-502"], [("hand", "taken_by=王芳")], "taken"),
        ("mail", ["item_no=SF100"], [("return",)], "returned"),
        (
            "lost_found",
            ["person=保洁员", "kept_at=前台抽屉"],
            [("claim", "claimed_by=李四", "proof=说出卡号")],
            "claimed",
        ),
        ("lost_found", [], [("dispose",)], "disposed"),
        (
            "client_visit",
            ["kind=interview", "visitors=[{person: lina}, {person: zhao}]"],
            [
                VISITED,
                ("visit", "outcome=done", "entered=true", "consent=true", "opinions=希望增加快递柜", "manners.home_visit_01=pass"),
                ("report", "handling=转工程部", "result=下月加装"),
            ],
            "reported",
        ),
        ("client_visit", ["way=phone"], [("visit", "outcome=refused"), ("fail",)], "void"),
        ("work_report", ["kind=monthly", "items=[{what: 投诉三件}]"], [("hand_in",), ("verify", "quality=good")], "accepted"),
        (
            "work_report",
            ["kind=branch_daily", "items=[{what: 日报}]"],
            [("hand_in",), ("find_untrue", "untrue_facts=多报来电二十个")],
            "untrue",
        ),
        (
            "work_plan",
            ["period=week", WEEK],
            [("return",), ("approve",), ("progress", "items.1.status=done"), ("close", "summary=全部完成")],
            "closed",
        ),
    ],
)  # fmt: skip
def test_a_record_goes_all_the_way(
    book: Desk, form: str, words: Sequence[str], steps: Sequence[Step], ends: str
) -> None:
    assert status(book, taken(book, form, words, *steps)) == ends


def test_the_first_entry_asks_for_little(book: Desk) -> None:
    library = book.session().library
    asked = {
        form: [field.id for field in library.forms[form].fields.values() if field.required and not field.default]
        for form in LEAST
    }
    assert asked == {
        "phone_log": ["caller", "matter"],
        "visitor": ["name", "purpose"],
        "inquiry": ["asked_by", "question"],
        "mail": ["addressee"],
        "lost_found": ["place", "item"],
        "client_visit": ["customer", "topic"],
        "work_report": ["kind", "period_from", "period_to"],
        "work_plan": ["period_from", "period_to"],
    }


def test_the_desk_knows_what_nobody_typed(book: Desk) -> None:
    call = made(book, "phone_log", "room=3-502").record
    assert (call.fields["kind"], call.fields["phone"]) == ("message", "13800001111")
    visit = made(book, "client_visit").record
    assert (visit.fields["planned_on"], visit.fields["visitors"]) == ("2026-11-22", [{"person": "lina"}])
    report = made(book, "work_report", "kind=weekly", "items=[{what: 巡查}]").record
    assert report.fields["items"] == [{"what": "巡查", "owner": "lina"}]


def test_only_the_first_hotline_call_of_a_customer_is_the_first(book: Desk) -> None:
    words = ("phone=13911112222", "channel=hotline")
    other = made(book, "inquiry", "phone=13911112222", now=AT)
    first = made(book, "inquiry", *words, now=LATER)
    second = made(book, "inquiry", *words, now=NEXT)
    assert [shown(book, one.record.id, "first_call") for one in (other, first, second)] == ["false", "true", "false"]


def test_a_report_found_untrue_says_so(book: Desk) -> None:
    id = taken(book, "work_report", ["kind=deeds", "items=[{what: 拾金不昧}]"], ("hand_in",), ("verify",))
    assert shown(book, id, "untrue") == "false"
    book.step(id, "find_untrue", "untrue_facts=并无此事", now=NEXT, by="boss")
    assert shown(book, id, "untrue") == "true"


# -- each check, broken -----------------------------------------------------------------------

PASSED = ("relay", *TOLD)
GONE = ("leave",)
ASKED = ("technical=true",)
CAME = ("visit", "outcome=done")
IN = ("hand_in",)
ROWS = "items=[{what: 汇总}]"


@pytest.mark.parametrize(
    ("form", "words", "steps", "check", "sentence"),
    [
        ("phone_log", ["rings=4"], [], "rings_3", "铃响过多才接听，要致歉"),
        ("phone_log", ["kind=repair"], [("close", "result=已报修")], "has_record", "咨询、投诉、报修要有关联单据才能办结"),
        ("phone_log", ["room=3-502"], [("relay", "for_person=wang")], "message_full", "留言要写明转达对象和相关事项"),
        (
            "phone_log",
            [],
            [("relay", "for_person=wang", "details=请回电")],
            "message_full_room",
            "留言要写明房号，不是住户的写明单位",
        ),
        ("phone_log", TOLD, [("close", "result=知道了")], "message_passed_on", "留言先转达，再办结"),
        ("phone_log", ["private=true", "talk_minutes=3.5"], [], "private_short", "私人电话时间过长"),
        ("visitor", ["outcome=refused"], [], "why_refused", "谢绝的要写明原因"),
        ("visitor", ["refused_why=peddler"], [], "peddlers", "无关人员应谢绝，或请人协助处理"),
        ("visitor", ["appointed=true"], [GONE], "appointment_lead", "有预约的应引见受访人"),
        (
            "visitor",
            ["outcome=referred", "features=蓝色外套", "passed_on_at=10:01"],
            [GONE],
            "appointment_lead_other",
            "没有预约的应写明对口人员",
        ),
        (
            "visitor",
            ["outcome=referred", "host=chen"],
            [GONE],
            "relay_complete",
            "转对口人员时，应马上转告去处、来客特征和姓名",
        ),
        ("visitor", ["place=lab"], [], "lab_entry", "进入实验室要经批准"),
        ("inquiry", ASKED, [("answer", "reply=可以")], "tech_path", "专业性较强的问题要写明专业人员和约定回复时间"),
        ("inquiry", ["reply_due=09:00"], [], "due_ahead", "约定回复时间要晚于咨询时间"),
        ("client_visit", [], [CAME], "call_first", "上门先打电话约定时间"),
        ("client_visit", [], [VISITED, (*CAME, "arrived_at=2026-11-22 10:30")], "call_first_order", "先致电，后上门"),
        ("client_visit", [], [("agree", "agreed_at=2026-11-22 10:30")], "agreed_ahead", "约定时间不能早于致电时间"),
        (
            "client_visit",
            [],
            [VISITED, (*CAME, "entered=true", "consent=true")],
            "two_inside",
            "入户人数不够，请写明原因",
        ),
        (
            "client_visit",
            ["visitors=[{person: lina}, {person: zhao}]"],
            [VISITED, (*CAME, "entered=true")],
            "consent",
            "经同意才能入户",
        ),
        ("client_visit", [], [VISITED, ("visit", "outcome=nobody")], "nobody", "家中无人，请写明是否留便条"),
        ("client_visit", [], [VISITED, CAME, ("report", "result=无")], "full", "已访的要写明处理意见和处理结果"),
        ("work_report", ["kind=finance", "period_to=2026-11-15"], [], "period", "期间的起止先后有误"),
        ("work_report", ["kind=weekly", "branch=工程部", "items=[{what: 巡查}]"], [IN], "weekly_on_monday",
         "周报要带下周计划：有期限的下周事项，或下周的工作计划"),
        ("work_report", ["kind=weekly", WEEK], [IN], "weekly_on_monday_day", "周报应在星期一交"),
        ("work_report", ["kind=monthly", "period_from=2026-11-01", ROWS], [IN], "report_months", "月报应是上月的"),
        (
            "work_report",
            ["kind=complaint_analysis", ROWS, "problems=[{problem: 电梯噪音, departments: 工程部}]"],
            [IN],
            "repeated_problem",
            "反复出现的问题要写明涉及部门、解决办法和预防措施",
        ),
        (
            "work_report",
            ["kind=visit_month", ROWS, "problems=[{problem: 停车难}]"],
            [IN],
            "frequent_report",
            "同类问题较多的要有书面报告",
        ),
        ("work_report", ["kind=repair_month", ROWS], [IN], "repair_counts_there", "维修月汇总应有分类统计"),
        (
            "work_report",
            ["kind=repair_month", "counts=[{category: 水电, total: 50, finished: 48, pending: 1}]"],
            [],
            "repair_counts",
            "合计应等于完成、未完成、有争议之和",
        ),
        (
            "work_report",
            ["kind=repair_month", ROWS, "counts=[{category: 水电, total: 50, finished: 50, visited: 48}]"],
            [IN],
            "fu_rate",
            "完工维修的回访率不够",
        ),
        (
            "work_report",
            ["kind=return_visit_month", ROWS, "counts=[{category: 热线, total: 10, visited: 9}]"],
            [IN],
            "rv_rate",
            "回访率不够",
        ),
        ("work_report", ["kind=collection_rate", ROWS], [IN], "fee_basis", "收缴率应写明按金额还是按户数"),
        (
            "work_report",
            ["kind=collection_rate", ROWS, "rate_amount=92.5", "unpaid_households=9",
             "unpaid=[{status: 空置, households: 5}, {status: 拒缴, households: 3}]"],
            [IN],
            "unpaid_sum",
            "各种未缴情况的户数加起来不等于未缴户数",
        ),
        ("work_plan", ["period_to=2026-11-22"], [], "order", "计划期的起止先后有误"),
        ("work_plan", ["period=week", "items=[{what: 演练, due_on: 2026-12-02}]"], [], "inside", "有事项的期限不在计划期内"),
        ("work_plan", ["period=week", "period_from=2026-11-24"], [], "week_monday", "周计划应从星期一起"),
    ],
)  # fmt: skip
def test_what_speaks_against_it(
    book: Desk, form: str, words: Sequence[str], steps: Sequence[Step], check: str, sentence: str
) -> None:
    if form == "work_report" and not any(word.startswith("kind=") for word in words):
        words = ["kind=weekly", *words]
    assert against(book, form, words, *steps) == [(check, sentence)]


@pytest.mark.parametrize(
    ("form", "step"),
    [
        ("visitor", ("leave", "left_at=2026-11-22 09:30")),
        ("mail", ("hand", "taken_by=王芳", "taken_at=2026-11-22 09:30")),
        ("lost_found", ("claim", "claimed_by=李四", "proof=身份证", "claimed_at=2026-11-22 09:30")),
    ],
)
def test_nothing_is_taken_or_left_before_it_came(book: Desk, form: str, step: Step) -> None:
    """Of every record, so the checks on the order of these forms never have to speak."""
    id = made(book, form).record.id
    with pytest.raises(Refused) as caught:
        book.step(id, *step, now=LATER, by="boss")
    said = [ZH.issue(issue)[0] for issue in caught.value.issues]
    assert said == ["时间 11-22 09:30 早于记录开始的时间 11-22 10:00"]


def test_the_microbiology_laboratory_is_closed(book: Desk) -> None:
    assert against(book, "visitor", ["place=micro_lab", "name=李四"]) == [
        ("lab_entry", "进入实验室要经批准"),
        ("lab_entry_micro", "微生物实验室外人不得进入"),
    ]
    approved = made(book, "visitor", "place=lab", approved_by="wang")
    assert approved.warnings == ()


def test_a_task_without_owner_or_day_is_not_approved(book: Desk) -> None:
    id = taken(book, "work_plan", ["items=[{what: 演练}]"])
    book.amend(id, "items.1.owner=", now=AT, by="zhao")
    with pytest.raises(Refused) as caught:
        book.step(id, "approve", now=LATER, by="boss")
    assert [ZH.issue(issue)[0] for issue in caught.value.issues] == ["每件事都要有责任人和期限"]


def test_an_item_without_owner_is_not_handed_in(book: Desk) -> None:
    id = taken(book, "work_report", ["kind=finance", ROWS])
    book.amend(id, "items.1.owner=", now=AT)
    with pytest.raises(Refused) as caught:
        book.step(id, "hand_in", now=LATER)
    assert [ZH.issue(issue)[0] for issue in caught.value.issues] == ["每项工作都要有责任人"]


def test_a_complaint_by_telephone_is_followed_to_its_result(book: Desk) -> None:
    complaint = book.add("complaint", "name=王芳", "summary=装修噪音", now=AT).record.id
    call = ["kind=complaint", f"record={complaint}"]
    assert against(book, "phone_log", call, ("close", "result=已转")) == [
        ("tracked", "投诉要跟到有书面处理结果才能办结")
    ]
    book.amend(complaint, "result=已劝停", now=AT)
    assert status(book, taken(book, "phone_log", call, ("close", "result=已转"))) == "closed"


def test_what_turns_out_a_complaint_has_no_answer_of_its_own(book: Desk) -> None:
    complaint = book.add("complaint", "name=王芳", "summary=押金不退", now=AT).record.id
    turned = ["turned_into=" + complaint]
    assert against(book, "inquiry", turned, ("answer", "reply=会退的")) == [
        ("turned", "已转投诉或报修的，请办“转单”，不用回复")
    ]
    assert status(book, taken(book, "inquiry", [], ("turn", *turned))) == "answered"


@pytest.mark.parametrize(
    ("kind", "check", "sentence"),
    [
        ("found", "match_other", "拾获的应对应报失的记录"),
        ("lost", "match_other_lost", "报失的应对应拾获的记录"),
    ],
)
def test_a_thing_found_matches_a_thing_lost(book: Desk, kind: str, check: str, sentence: str) -> None:
    same, other = (
        made(book, "lost_found", f"kind={one}").record.id for one in (kind, "lost" if kind == "found" else "found")
    )
    assert against(book, "lost_found", [f"kind={kind}", f"match={same}"]) == [(check, sentence)]
    assert against(book, "lost_found", [f"kind={kind}", f"match={other}"]) == []


def test_an_untrue_report_has_its_facts(book: Desk) -> None:
    words = ["kind=branch_month", ROWS]
    assert against(book, "work_report", words, IN, ("find_untrue",)) == [("untrue_reason", "请写明不真实的情形")]


def test_the_roll_up_of_visits_passes_the_supervisor_first(book: Desk) -> None:
    id = made(book, "work_report", "kind=visit_month", ROWS).record.id
    book.step(id, "hand_in", now=LATER, by="lina")
    with pytest.raises(Refused) as caught:
        book.step(id, "verify", now=NEXT, by="wang")
    assert [ZH.issue(issue)[0] for issue in caught.value.issues] == ["走回访汇总先经主管审阅，再报主任"]
    book.step(id, "review", now=NEXT, by="zhao")
    book.step(id, "verify", now=NEXT, by="wang")
    assert status(book, id) == "accepted"


def test_a_weekly_report_may_lean_on_the_plan_of_the_next_week(book: Desk) -> None:
    dates = ("period_from=2026-12-07", "period_to=2026-12-13")
    made(book, "work_plan", "period=week", "period_from=2026-12-14", "period_to=2026-12-20", now="2026-12-14 08:30")
    id = made(book, "work_report", "kind=weekly", *dates, "items=[{what: 巡查}]", now="2026-12-14 09:00").record.id
    assert book.step(id, "hand_in", now="2026-12-14 09:30").warnings == ()


# -- what is late -----------------------------------------------------------------------------


def late(desk: Desk, id: str, now: str) -> list[tuple[str, int]]:
    return [(clock, seconds) for one, clock, seconds in desk.overdue(now=now) if one == id]


@pytest.mark.parametrize(
    ("form", "words", "steps", "in_time", "then"),
    [
        (
            "inquiry",
            [],
            [("ask", "expert=陈工", "reply_due=2026-11-23 10:00")],
            "2026-11-23 10:00",
            ("reply_agreed", "2026-11-23 10:01"),
        ),
        ("client_visit", [], [VISITED], "2026-11-22 12:00", ("appointment", "2026-11-22 12:01")),
        ("work_report", ["kind=weekly"], [], "2026-11-24 00:00", ("weekly", "2026-11-24 00:01")),
        (
            "work_report",
            ["kind=monthly", "period_from=2026-10-01", "period_to=2026-10-31"],
            [],
            "2026-12-01 00:00",
            ("monthly", "2026-12-01 00:01"),
        ),
        ("work_plan", ["period=week"], [], "2026-11-24 00:00", ("weekly", "2026-11-24 00:01")),
        ("work_plan", [WEEK], [("approve",)], "2026-11-26 00:00", ("item_due", "2026-11-26 00:01")),
    ],
)
def test_what_is_due_when(
    book: Desk, form: str, words: Sequence[str], steps: Sequence[Step], in_time: str, then: tuple[str, str]
) -> None:
    id = taken(book, form, words, *steps)
    clock, moment = then
    assert late(book, id, in_time) == []
    assert late(book, id, moment) == [(clock, 60)]


def test_a_task_done_is_not_late(book: Desk) -> None:
    id = taken(book, "work_plan", [WEEK], ("approve",), ("progress", "items.1.status=done"))
    assert late(book, id, "2026-11-28 00:00") == []
