"""Moving in and out, custody and renovation: each runs to its end, and each check has an attempt that it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.locale.catalogue import Catalogue
from logbook.operations.deriving import derived_values
from logbook.operations.validating import validate
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
NEXT = "2026-11-23 09:00"
AFTER = "2026-11-24 09:00"
PAPER = Path(__file__).parents[1] / "operations" / "housing.csv"  # some file to attach
OWNER = ["doc_owner_id=true", "doc_notice=true", "doc_contract=true"]
SIGNED = ["registration=true", "agreements.name=住户公约"]


Fault = tuple[list[str], str, str]


FEE_ITEM = ["id=wyf", "name=物业管理费", "basis=area", "rate=1.5"]
BILL = ["period_from=2026-10-01", "period_to=2026-12-31", "lines+={item: wyf, qty: 100}"]


class House:
    """The estate's book and the records of a story, by short names: ``<name>`` in a word is that record's id."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.ids: dict[str, str] = {}

    def words(self, words: Sequence[str], instead: Sequence[str] = ()) -> list[str]:
        """The words with ids filled in; ``instead`` replaces those of the same field, ``-room`` leaves it out."""
        gone = {word.lstrip("-").partition("=")[0] for word in instead}
        kept = [word for word in words if word.partition("=")[0] not in gone]
        filled = []
        for word in (*kept, *(word for word in instead if not word.startswith("-"))):
            for name, found in self.ids.items():
                word = word.replace(f"<{name}>", found)
            filled.append(word)
        return filled

    def add(
        self, name: str, form: str, *words: str, now: str = AT, by: str = "lina", faults: Sequence[Fault] = ()
    ) -> list[tuple[str, str]]:
        """Make a record, after every faulty attempt has been refused for its reason; what it warned of."""
        for instead, check, sentence in faults:
            with pytest.raises(Refused) as caught:
                self.desk.add(form, *self.words(words, instead), now=now, by=by)
            assert against(caught.value) == [(f"{form}.{check}", sentence)]
        made = self.desk.add(form, *self.words(words), now=now, by=by)
        self.ids[name] = made.record.id
        return said(made.warnings)

    def step(
        self,
        name: str,
        step: str,
        *words: str,
        now: str = LATER,
        by: str = "boss",
        faults: Sequence[Fault] = (),
        **more: str,
    ) -> list[tuple[str, str]]:
        """Take a step, after every faulty attempt has been refused for its reason; what it warned of."""
        for instead, check, sentence in faults:
            self.refused(name, step, *self.words(words, instead), check=check, sentence=sentence, now=now, by=by)
        return said(self.desk.step(self.ids[name], step, *self.words(words), now=now, by=by, **more).warnings)

    def refused(self, name: str, step: str, *words: str, check: str, sentence: str, now: str, by: str = "boss") -> None:
        with pytest.raises(Refused) as caught:
            self.desk.step(self.ids[name], step, *self.words(words), now=now, by=by)
        form = self.desk.load(self.ids[name], now).state.form.name
        assert against(caught.value) == [(f"{form}.{check}", sentence)]

    def status(self, name: str) -> str:
        return self.desk.load(self.ids[name], "2026-12-31 09:00").state.status

    def derived(self, name: str, now: str) -> dict[str, object]:
        state = self.desk.load(self.ids[name], now).state
        return dict(derived_values(self.desk.session(now), state.form, state))

    def meter(self, room: str, which: str, reading: str, reason: str, *, now: str = AT) -> list[tuple[str, str]]:
        """A reading both sides agreed on."""
        name = f"{which}-{room}-{reason}"
        words = (f"room={room}", f"meter={which}", f"reading={reading}", f"reason={reason}")
        warned = self.add(name, "meter_reading", *words, now=now)
        self.step(name, "agree", "agreed_by=王芳", now=now, by="lina")
        return warned

    def paid(self, name: str, room: str, amount: str, *, now: str = NEXT) -> None:
        """Money received at the desk."""
        words = (f"room={room}", "confirmed=true", f"lines.amount={amount}", f"receipt_no=R-{name}")
        self.add(name, "payment", *words, now=now)

    def repair(self, name: str, room: str, origin: str = "acceptance") -> None:
        who = ("name=王芳", "phone=13800001111", "good_time=上午")
        self.add(name, "repair", f"room={room}", "content=厨房水管漏水", f"origin={origin}", *who, now=NEXT)


def set_pack(desk: Desk, settings: str) -> None:
    """The pack's numbers, as a site sets them."""
    made = Commit(
        [Change("templates/estate/settings.yaml", settings.encode())],
        "book: settings",
        ("高总", "boss@staff.logbook"),
        ("前台 A", "desk-a@desk.logbook"),
        moment(START),
    )
    publish(desk.session(START).repository, [made])


def against(refusal: Refused) -> list[tuple[str, str]]:
    """What refuses it; what only warns is left out."""
    return said([issue for issue in refusal.issues if issue.is_error])


def said(issues: Sequence[Issue]) -> list[tuple[str, str]]:
    """Rule and sentence of each."""
    return [(issue.rule, ZH.issue(issue)[0]) for issue in issues]


@pytest.fixture(scope="module")
def house(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The practice book with the estate's forms; people, rooms and keys; a record at every stage."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("house") / "book")
    files = [
        Change(f"templates/{file.parent.name}/{file.name}", file.read_bytes())
        for file in [
            *sorted((TEMPLATES / "estate").glob("*.yaml")),
            TEMPLATES / "tower" / "vacant_room.yaml",
            TEMPLATES / "tower" / "checklists.yaml",
        ]
    ]
    made = Commit(
        files, "book: estate", ("高总", "boss@staff.logbook"), ("前台 A", "desk-a@desk.logbook"), moment(START)
    )
    publish(desk.session(START).repository, [made])
    desk.add("customer", "id=wangfang", "name=王芳", "phone=13800001111", now=START)
    desk.add("contractor", "id=jx", "name=匠心装饰", "service=fitout", "contact=周工头", by="zhao", now=START)
    for room in ("5-101", "5-102", "5-103", "5-104", "5-105", "5-106"):
        desk.add("room", f"id={room}", "owner=wangfang", now=START)
    desk.add("room", "id=5-201", "owner=wangfang", "gas_meter=G1", now=START)
    desk.add("room", "id=A-801", "owner=wangfang", "kind=office", now=START)
    for key in ("K-5-101", "K-5-102"):
        desk.add("key", f"id={key}", f"opens={key} 入户门", "copies=3", now=START)
    return House(desk)


# -- moving in --------------------------------------------------------------------------------


def test_moving_in_from_papers_to_archive(house: House) -> None:
    house.add(
        "in",
        "move_in",
        "room=5-101",
        *OWNER,
    )
    with pytest.raises(Refused) as caught:
        house.desk.add("move_in", "room=5-101", now=LATER)
    assert against(caught.value) == [("move_in.one_open", "这套房已有未归档的入住办理")]

    house.add(
        "keys",
        "key_issue",
        "room=5-101",
        "keys+={key: K-5-101, qty: 2}",
        faults=[
            (["keys+={key: K-5-101}", "keys+={key: K-5-101}"], "key_once", "同一把钥匙写了两行"),
        ],
    )
    house.refused("keys", "issue", "signed=true", check="registered_first", sentence="先登记签约，再发钥匙", now=LATER)
    papers = "资料不全：业主身份证、入住通知单、房屋买卖契约都要验过"
    agent = "委托他人办理的，还要有双方身份证和委托书"
    company = "单位购买的，还要有单位证明和个人身份证明"
    house.step(
        "in",
        "register",
        *SIGNED,
        faults=[
            (["doc_owner_id=false"], "papers", papers),
            (["doc_notice="], "papers", papers),
            (["doc_contract=false"], "papers", papers),
            (["applicant=agent", "agent_name=李强", "doc_agent_id=true"], "papers_agent", agent),
            (["applicant=agent", "agent_name=李强", "doc_proxy=true"], "papers_agent", agent),
            (["applicant=agent", "doc_agent_id=true", "doc_proxy=true"], "agent_named", "写明受托人姓名"),
            (["applicant=company", "doc_company=true"], "papers_company", company),
            (["applicant=company", "doc_person_id=true"], "papers_company", company),
            (["customer="], "owner_named", "写明业主档案"),
            (["registration=false"], "registered_first", "先填住户登记表"),
            (["agreements.name="], "agreements_named", "写明签了什么、哪天签的"),
        ],
    )

    house.step(
        "keys",
        "issue",
        "signed=true",
        "rechecked_at=2026-11-22 10:30",
        faults=[
            (["signed=false"], "signed", "客户签字后再发钥匙"),
            (["rechecked_at=2026-11-22 11:30"], "recheck_order", "复检要早于领用"),
            (["room=A-801", "-rechecked_at"], "recheck_before", "写字间交钥匙前要先复检房间"),
            (["keys.1.qty=0"], "keys_named", "每行写明钥匙和把数"),
            (["keys.1.qty=4"], "register", "柜里没有这么多把"),
        ],
    )
    house.step(
        "in",
        "issue",
        "key_issue=<keys>",
        "handbook=true",
        "drawings=true",
        faults=[
            (["drawings=false"], "three_things", "手册和水电图要和钥匙一起发"),
            (["room=5-102"], "keys_issued", "钥匙单要是这套房的，并已领用签字"),
        ],
    )
    house.paid("fee", "5-101", "1200")
    house.paid("other_fee", "5-102", "1200")
    house.step(
        "in",
        "pay",
        "payment=<fee>",
        now=NEXT,
        faults=[(["payment=<other_fee>"], "paid_here", "收款要是这套房的，并已收到")],
    )

    inspect(house)
    house.add("outside", "custody", "room=5-102", now=AFTER)
    here = "验收要是这套房的业主验房，并已合格"
    house.refused("in", "accept", "acceptance=<open>", check="accepted_here", sentence=here, now=AFTER)
    house.step(
        "in",
        "accept",
        "acceptance=<house>",
        now=AFTER,
        faults=[
            (["acceptance=<gas>"], "accepted_here", here),
            (["custody=<outside>"], "custody_here", "托管协议写的是另一套房"),
        ],
    )
    house.desk.void(house.ids["outside"], now=AFTER)
    filed = "归档要有入住通知单、业主身份证复印件、住户登记表和协议"
    house.step(
        "in",
        "file",
        "archived=notice,owner_id,registration,agreement",
        now=AFTER,
        faults=[
            (["archived=notice,owner_id,registration"], "archive_set", filed),
            (["applicant=agent"], "archive_set_agent", "委托办理的，归档要有受委托人身份证复印件"),
            (["applicant=company"], "archive_set_company", "单位购买的，归档要有单位证明"),
        ],
    )
    house.step(
        "keys",
        "return",
        "keys.1.back=2",
        now=AFTER,
        faults=[(["keys.1.back=1"], "back_or_loss", "交回把数不符；少了的请先登记钥匙遗失")],
    )
    assert [house.status(name) for name in ("in", "keys", "house")] == ["filed", "returned", "accepted"]


def test_a_company_moves_into_an_office(house: House) -> None:
    house.add("firm", "move_in", "room=A-801", *OWNER, "applicant=company", "doc_company=true", "doc_person_id=true")
    house.step("firm", "register", *SIGNED)
    house.add("office", "key_issue", "room=A-801", "keys.key=K-5-102", "outfit.item=门禁卡")
    house.step("office", "issue", "signed=true", "rechecked_at=2026-11-22 10:30")
    last = ("key_issue=<office>", "handbook=true", "drawings=true")
    unseen = [("move_in.room_checked", "写字间交钥匙前要复检房间")]
    assert house.step("firm", "issue", *last, now=NEXT) == unseen
    house.step("office", "return", "keys.1.back=1", now=NEXT)


def inspect(house: House) -> None:
    """5-101 has a defect that is repaired and signed for; 5-201 has a gas meter and no defect."""
    where = "写明房号或公共部位"
    house.add(
        "house",
        "acceptance",
        "room=5-101",
        "worker=sun",
        "water=128",
        "power=1050",
        "meters_agreed=true",
        now=NEXT,
        faults=[
            (["-room"], "where", "写明房号"),
            (["-room", "kind=takeover"], "where_takeover", where),
            (["area=hall"], "area_takeover", "公共部位只用于接管验收"),
        ],
    )
    for name, room, origin in (
        ("leak", "5-101", "acceptance"),
        ("called", "5-101", "call"),
        ("next", "5-102", "acceptance"),
    ):
        house.repair(name, room, origin)
    row = "defects+={part: 厨房, problem: 水管漏水, repair: <leak>}"
    house.step(
        "house",
        "rework",
        row,
        now=NEXT,
        faults=[
            (["owner_name="], "owner_there", "写明到场的业主/住户"),
            (["water="], "three_meters", "验房要抄水表、电表底数"),
            (["meters_agreed=false"], "three_meters_agreed", "三表底数要双方共同确认"),
            (["defects+={part: 厨房, repair: <leak>}"], "defect_written", "质量问题要写明部位和问题"),
            (
                [row.replace("leak", "called")],
                "defect_has_order",
                "每个质量问题都要有来源为房屋验收的维修工作单",
            ),
            ([row.replace("leak", "next")], "defect_same_room", "维修工作单写的是另一套房"),
            (["kind=takeover"], "takeover_list", "接管验收遗留的问题由开发商处理"),
        ],
    )
    agreed = "写明复检日期和约定的再验时间，约定不能早于复检"
    house.step(
        "house",
        "appoint",
        "defects.1.recheck=ok",
        "defects.1.rechecked_on=2026-11-23",
        "defects.1.agreed_at=2026-11-24 09:00",
        now=NEXT,
        faults=[
            (["defects.1.recheck=not_ok"], "recheck_first", "维修部复检合格后，再约业主"),
            (["defects.1.agreed_at=2026-11-22 09:00"], "recheck_then_agree", agreed),
            (["defects.1.agreed_at="], "recheck_then_agree", agreed),
        ],
    )
    assert (house.ids["house"], "appointment", 3600) in house.desk.overdue(now="2026-11-24 10:00")
    house.meter("5-101", "water", "128", "acceptance", now=NEXT)
    house.meter("5-101", "power", "1050", "acceptance", now=NEXT)
    last = ["defects.1.signed=true", "defects.1.reaccepted_at=2026-11-24 09:00"]
    unrepaired = "维修工作单还没有客户验收合格"
    house.refused("house", "accept", *last, check="all_signed_order", sentence=unrepaired, now=AFTER)
    house.step("leak", "dispatch", "agreed_at=2026-11-23 10:00", now="2026-11-23 09:30")
    house.step("leak", "finish", "arrived_at=2026-11-23 10:00", "work=换水管", now="2026-11-23 10:30")
    house.step("leak", "accept", "accepted=ok", now="2026-11-23 10:40")
    house.step(
        "house",
        "accept",
        *last,
        now=AFTER,
        faults=[
            (["defects.1.recheck=not_ok"], "failed_again", "复检不合格的要再返修"),
            (["defects.1.signed=false"], "all_signed", "每个问题都要再验，业主签字"),
            (["water=129"], "three_meters_water", "水表底数要有双方确认的抄表记录"),
            (["power=1051"], "three_meters_power", "电表底数要有双方确认的抄表记录"),
        ],
    )
    house.add("open", "acceptance", "room=5-101", "worker=sun", now=NEXT)
    meters = ("water=1", "power=2", "gas=3", "meters_agreed=true")
    house.add("gas", "acceptance", "room=5-201", "worker=sun", *meters, now=NEXT)
    for which, reading in (("water", "1"), ("power", "2"), ("gas", "3")):
        house.meter("5-201", which, reading, "acceptance", now=NEXT)
    house.step(
        "gas",
        "accept",
        now=AFTER,
        faults=[
            (["gas="], "three_meters_gas", "有煤气表的房屋要抄煤气表底数"),
            (["gas=4"], "three_meters_gas_read", "煤气表底数要有双方确认的抄表记录"),
            (["items.acceptance_01=fail"], "items_defects", "有不合格的项目，要列出质量问题"),
        ],
    )


# -- custody ----------------------------------------------------------------------------------

OVER_WATER = ("meter_reading.custody_flag_water", "托管房用水超过限量，请列出并告知业主")
OVER_POWER = ("meter_reading.custody_flag_power", "托管房用电超过限量，请列出并告知业主")


def test_a_house_in_custody(house: House) -> None:
    """70 % of 333.33, rounded half up; 5 m3 is the limit and 6 is over it, 20 kWh and 21."""
    start = ("room=5-103", "water_start=128", "power_start=1050", "fee_full=333.33")
    house.add(
        "custody",
        "custody",
        *start,
        faults=[(["to_date=2026-11-01"], "dates", "终止不能早于起始")],
    )
    water = "水表起数要有双方确认的抄表记录（托管起）"
    power = "电表起数要有双方确认的抄表记录（托管起）"
    house.meter("5-103", "power", "1050", "custody_start")
    house.refused("custody", "sign", check="two_meters", sentence=water, now=LATER)
    house.meter("5-103", "water", "128", "custody_start")
    house.add("works", "renovation", "room=5-103", "works=刷墙", "owner_id_seen=true")
    closed = "这套房有未办结的装修，不能托管"
    house.refused("custody", "sign", check="one_active_works", sentence=closed, now=LATER)
    house.step("works", "refuse")
    differ = ("custody.limits_agreed", "水电限量和本项目规定的不同")
    warned = house.step(
        "custody",
        "sign",
        "power_limit=25",
        faults=[
            (["power_start=1051"], "two_meters_power", power),
            (["fee_rate=0.80"], "fee_70", "托管期物业费按规定比例收取"),
        ],
    )
    assert warned == [differ]
    house.desk.amend(house.ids["custody"], "power_limit=20", now=LATER)
    assert house.derived("custody", LATER)["fee_due"] == "233.33"
    house.add("twice", "custody", *start, now=LATER)
    house.refused("twice", "sign", check="one_active", sentence="这套房已有有效的托管协议", now=LATER)
    house.desk.void(house.ids["twice"], now=LATER)

    assert house.meter("5-103", "water", "133", "custody_check", now=NEXT) == []
    assert house.meter("5-103", "power", "1070", "custody_check", now=NEXT) == []
    assert (house.derived("custody", AFTER)["water_used"], house.derived("custody", AFTER)["power_used"]) == ("5", "20")
    assert house.meter("5-103", "water", "134", "billing", now=AFTER) == [OVER_WATER]
    assert house.meter("5-103", "power", "1071", "billing", now=AFTER) == [OVER_POWER]
    told = [
        said
        for said in warnings_of(house, "custody", "owner_contact=13900001111", now=AFTER)
        if said[0].startswith("custody.limits")
    ]
    assert told == [
        ("custody.limits_water", "托管以来用水超过限量，请写明超量处理"),
        ("custody.limits_power", "托管以来用电超过限量，请写明超量处理"),
    ]
    assert warnings_of(house, "custody", "over_note=已告知业主", now=AFTER) == []
    patrols(house)
    house.step(
        "custody",
        "end",
        "to_date=2026-11-24",
        "water_end=134",
        "power_end=1071",
        "over_note=已告知业主",
        now="2026-11-24 10:00",
        faults=[
            (["over_note="], "limits_end", "托管期用量超过限量，终止前写明超量处理"),
            (["power_end=1049"], "end_readings", "止数不能小于起数"),
        ],
    )
    late = said_of_new(house, "custody_patrol", "custody=<custody>", now="2026-11-26 09:00")
    assert late == [("custody_patrol.active_end", "托管已终止")]
    assert house.status("custody") == "ended"


def warnings_of(house: House, name: str, *words: str, now: str) -> list[tuple[str, str]]:
    """What a correction warns of."""
    return said(house.desk.amend(house.ids[name], *words, now=now, by="lina").warnings)


def said_of_new(house: House, form: str, *words: str, now: str) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        house.desk.add(form, *house.words(words), now=now)
    return against(caught.value)


def patrols(house: House) -> None:
    house.repair("elsewhere", "5-101")
    house.add("draft", "custody", "room=5-104")
    path = "有问题的，要写明问题、处理和通知业主的时间"
    house.add(
        "patrol",
        "custody_patrol",
        "custody=<custody>",
        "ok=false",
        "problem=外墙渗水",
        now=NEXT,
        faults=[
            (["-problem"], "problem_said", "不正常的要写明问题"),
            (["ok=true", "items.custody_06=fail"], "items_ok", "有不合格的检查项，不能写正常"),
            (["repair=<elsewhere>"], "repair_room", "维修单写的是另一套房"),
            (["custody=<draft>"], "active", "巡查要在托管期内"),
        ],
    )
    house.step(
        "patrol",
        "close",
        "action=已报修",
        "owner_told_at=2026-11-23 09:30",
        now=AFTER,
        faults=[
            (["owner_told_at="], "problem_path", path),
            (["action="], "problem_path", path),
            (["owner_told_at=2026-11-22 09:30"], "told_after", "通知业主不能早于巡查"),
        ],
    )
    assert house.add("fine", "custody_patrol", "custody=<custody>", "reason=rain_before", now=NEXT) == []
    assert (house.status("patrol"), house.status("fine")) == ("closed", "done")


def test_a_site_counts_by_month_and_charges_the_full_fee(house: House) -> None:
    """The limits in each month, as such a site sets them; before the custody's month nothing counts."""
    desk = house.desk
    own = (TEMPLATES / "estate" / "settings.yaml").read_text(encoding="utf-8")
    changed = own.replace("limit_monthly: false", "limit_monthly: true").replace(
        "full_fee_over: false", "full_fee_over: true"
    )
    set_pack(desk, changed)
    try:
        house.meter("5-106", "water", "10", "custody_start")
        house.meter("5-106", "power", "10", "custody_start")
        house.add("monthly", "custody", "room=5-106", "water_start=10", "power_start=10", "fee_full=200")
        house.step("monthly", "sign")
        house.meter("5-106", "water", "16", "custody_check", now=NEXT)
        house.meter("5-106", "power", "31", "custody_check", now=NEXT)
        assert warnings_of(house, "monthly", "owner_contact=13900001111", now=NEXT) == [
            ("custody.limits_water_month", "本月用水超过限量，请写明超量处理"),
            ("custody.limits_power_month", "本月用电超过限量，请写明超量处理"),
        ]
        assert warnings_of(house, "monthly", "owner_contact=13900002222", now="2026-12-02 09:00") == []
        full = [("custody.over_full", "超过限量的，本项目规定按全额收费")]
        assert warnings_of(house, "monthly", "over_note=水管破裂", now=NEXT) == full
        assert warnings_of(house, "monthly", "fee_rate=1", now=NEXT) == []
        assert house.derived("monthly", NEXT)["fee_due"] == "200.00"
        works = said_of_new(house, "renovation", "room=5-106", "works=刷墙", "owner_id_seen=true", now=NEXT)
        assert works == [("renovation.not_custody", "这套房在托管中，不能装修")]
        desk.void(house.ids["monthly"], now=NEXT, by="boss")
    finally:
        set_pack(desk, own)


def test_a_reading_rises_and_is_agreed(house: House) -> None:
    house.meter("5-105", "gas", "40", "billing")
    changed = "读数比上次小；换过表的请注明"
    house.add(
        "new",
        "meter_reading",
        "room=5-105",
        "meter=gas",
        "reading=2",
        "reason=move_out",
        "meter_changed=11月换表，旧表止于 47",
        now=LATER,
        faults=[
            (["-meter_changed"], "rising", changed),
            (["reading=-1"], "not_below_zero", "读数不能小于零"),
        ],
    )
    both = "验收、托管起始和退房的读数要双方确认，不能直接入账"
    house.refused("new", "enter", check="must_agree", sentence=both, now=NEXT)
    house.add("bill", "meter_reading", "room=5-105", "meter=gas", "reading=9", now=NEXT)
    house.step("bill", "enter", now=NEXT, by="lina")
    assert house.derived("bill", NEXT) == {"previous": "2", "used": "7"}


# -- moving out -------------------------------------------------------------------------------


def test_moving_out(house: House) -> None:
    house.desk.step("5-105", "update", "occupant=wangfang", now=START)
    house.add(
        "out",
        "move_out",
        "room=5-105",
        "leave_on=2026-11-30",
        faults=[(["room=A-801"], "from_marketing", "写字间退租要先收到营销部的退租单据")],
    )
    house.meter("5-105", "water", "300", "move_out")
    house.meter("5-104", "water", "300", "move_out")
    for name, room in (("look", "5-105"), ("other", "5-104")):
        house.add(name, "acceptance", f"room={room}", "worker=sun", "kind=move_out", now=NEXT)
    for name, room, key in (("back", "5-105", "K-5-102"), ("others", "5-104", "K-5-101")):
        house.add(name, "key_issue", f"room={room}", f"keys.key={key}")
        house.step(name, "issue", "signed=true")
    agreed = "表底要是这套房退房时双方确认的读数"
    house.step(
        "out",
        "inspect",
        "inspection=<look>",
        "meters.reading=<water-5-105-move_out>",
        "key_issue=<back>",
        now=NEXT,
        faults=[
            (["inspection=<other>"], "inspection_here", "查验要是这套房的退房查验"),
            (["meters.reading=<water-5-104-move_out>"], "meters_here", agreed),
            (["key_issue=<others>"], "keys_here", "钥匙单写的是另一套房"),
        ],
    )
    house.add("office", "move_out", "room=A-801", "leave_on=2026-11-30", "notice_at=2026-11-21 09:00")
    with pytest.raises(Refused) as caught:
        house.step(
            "office",
            "inspect",
            "key_issue=<back>",
            "inspection=<look>",
            "meters.reading=<water-5-105-move_out>",
            now=NEXT,
        )
    assert ("move_out.from_marketing_paper", "附上营销部的退租单据") in against(caught.value)

    house.add("item", "fee_item", *FEE_ITEM, by="boss")
    house.add("owed", "fee_bill", "room=5-105", *BILL, now=NEXT)
    assert house.derived("out", NEXT)["arrears"] == "150.00"
    house.refused("out", "settle", check="clear", sentence="还有欠费", now=NEXT)
    house.desk.void(house.ids["owed"], now=NEXT)
    house.step("out", "settle", now=NEXT)

    house.add("goods", "goods_release", "room=5-105", "goods.item=沙发", "kind=move", now=AFTER)
    house.add("wrong", "goods_release", "room=5-104", "name=王芳", "goods.item=沙发", "kind=move", now=AFTER)
    vacant = "房屋台账要改为空置"
    last = ["goods=<goods>", "passes_back=true"]
    house.desk.step("5-105", "update", "occupancy=vacant", now=AFTER)
    there = "房屋台账里的使用人要清空"
    with pytest.raises(Refused) as caught:
        house.step("out", "leave", *house.words(last), now=AFTER)
    assert against(caught.value) == [
        ("move_out.clear_keys", "钥匙还没有交回"),
        ("move_out.room_free_occupant", there),
    ]
    house.desk.step("5-105", "update", "occupant=", now=AFTER)
    house.step("back", "return", "keys.1.back=1", now=AFTER)
    house.add("pass", "access_pass", "room=5-105", "pass_no=P-1", "holder=王芳", "valid_to=2026-12-31", now=AFTER)
    house.step("pass", "issue", now=AFTER)
    house.refused("out", "leave", *last, check="clear_passes_book", sentence="这套房还有有效的出入证", now=AFTER)
    house.step("pass", "end", "end_why=moved", now=AFTER)
    house.desk.step("5-105", "update", "occupancy=lived_in", now=AFTER)
    house.refused("out", "leave", *last, check="room_free", sentence=vacant, now=AFTER)
    house.desk.step("5-105", "update", "occupancy=vacant", now=AFTER)
    house.step(
        "out",
        "leave",
        *last,
        now=AFTER,
        faults=[
            (["passes_back=false"], "clear_passes", "证件还没有收回"),
            (["goods=<wrong>"], "goods_here", "放行条写的是另一套房"),
        ],
    )
    assert house.status("out") == "left"


# -- renovation -------------------------------------------------------------------------------

END = "2026-12-11 09:00"
REFUND = "2026-12-12 10:00"


def test_a_renovation_from_application_to_refund(house: House) -> None:
    house.add(
        "works",
        "renovation",
        "room=5-102",
        "works=全屋装修",
        "owner_id_seen=true",
        "contractor=jx",
        "from_date=2026-11-24",
        "to_date=2026-12-10",
        faults=[
            (["owner_id_seen=false"], "identity", "先验明业主身份证"),
            (["to_date=2026-11-20"], "dates", "完工不能早于开工"),
        ],
    )
    plan = (f"plan={PAPER}", "structural=false")
    signs = [("renovation.countersigned", "方案由维修部会签（--approved-by）")]
    house.add("alone", "renovation", "room=5-104", "works=铺地板", "owner_id_seen=true", "contractor=jx")
    dates = ("from_date=2026-11-24", "to_date=2026-12-10")
    assert house.step("alone", "review", *plan, *dates, by="zhao") == signs
    agent = "委托他人的，要有委托书和受托人身份证复印件"
    warned = house.step(
        "works",
        "review",
        *plan,
        by="zhao",
        approved_by="sun",
        faults=[(["applicant=agent", f"proxy={PAPER}"], "agent_papers", agent)],
    )
    assert warned == []
    house.step(
        "works",
        "agree",
        now=NEXT,
        faults=[
            (["structural=true"], "structure", "拆改主体结构或加大荷载，要有房产主管部门批准书"),
            (["from_date=2026-11-22"], "order_start", "开工不能早于签协议"),
        ],
    )
    home = ("channel=home", f"visit_at={NEXT}", "receipt_no=R-waste")
    money = ("room=5-102", "confirmed=true", "lines+={bill: <works>, amount: 300}")
    house.add("waste", "payment", *home, *money, now=NEXT)
    house.paid("deposit", "5-102", "2000")
    first = "先签装修协议、办理发证，再填许可证"
    permit = ("renovation=<works>", "permit_no=2026-011")
    refused = said_of_new(house, "renovation_permit", *permit, now=NEXT)
    assert refused[0] == ("renovation_permit.after_agree", first)
    assert ("renovation_permit.after_agree_paid", "先交装修垃圾清运费") in refused
    own = (TEMPLATES / "estate" / "settings.yaml").read_text(encoding="utf-8")
    set_pack(house.desk, own.replace("    deposit: false", "    deposit: true"))
    house.refused(
        "works", "permit", "waste_fee=<deposit>", check="deposit_paid", sentence="本项目发证前收装修押金", now=NEXT
    )
    set_pack(house.desk, own)
    warned = house.step("works", "permit", "waste_fee=<waste>", "deposit=<deposit>", now=NEXT)
    assert warned == [("renovation.waste_paid", "垃圾清运费还没有收到")]
    house.step("waste", "receive_home", f"arrived_at={NEXT}", now=NEXT, by="lina")
    house.refused(
        "works", "start", "told=repair,guard", check="order_permit", sentence="开工前要有施工许可证", now=NEXT
    )
    inside = "许可证期限要在装修起止日期之内"
    house.add(
        "permit",
        "renovation_permit",
        *permit,
        now=NEXT,
        faults=[
            (["valid_to=2026-12-20"], "inside", inside),
            (["valid_from=2026-11-20"], "inside", inside),
        ],
    )
    again = said_of_new(house, "renovation_permit", "renovation=<works>", "permit_no=2026-012", now=NEXT)
    assert again == [("renovation_permit.one", "这项装修已有许可证")]
    number = said_of_new(house, "renovation_permit", "renovation=<alone>", "permit_no=2026-011", now=NEXT)
    assert ("renovation_permit.number_once", "证号重复") in number
    assert ("renovation_permit.reno_order", "先重申规定、签协议、审核方案") in number
    house.desk.amend(house.ids["alone"], "structural=true", now=NEXT, by="boss")
    number = said_of_new(house, "renovation_permit", "renovation=<alone>", "permit_no=2026-012", now=NEXT)
    assert ("renovation_permit.reno_structure", "拆改主体结构或加大荷载，要有房产主管部门批准书") in number

    no_pass = [("renovation.passes", "还没有给施工人员发出入证")]
    told = "维修部和安护部都要通知"
    late = "开工日期早于发证日期，请更正开工日期"
    warned = house.step(
        "works",
        "start",
        "told=repair,guard",
        now=NEXT,
        faults=[
            (["told=repair"], "both_told", told),
            (["from_date=2026-11-22"], "order_permit_date", late),
        ],
    )
    assert warned == no_pass
    house.add(
        "pass",
        "worker_pass",
        "renovation=<works>",
        "pass_no=W-1",
        "name=刘木工",
        now=NEXT,
        faults=[
            (["valid_to=2026-12-11"], "inside", "出入证有效期不能超过完工日期"),
            (["renovation=<alone>"], "works_open", "发许可证后再给施工人员发证"),
        ],
    )
    number = said_of_new(house, "worker_pass", "renovation=<works>", "pass_no=W-1", "name=张木工", now=NEXT)
    assert number == [("worker_pass.number_once", "这个证号正在使用")]
    in_works = "这套房有未办结的装修，不能托管"
    house.meter("5-102", "water", "1", "custody_start")
    house.meter("5-102", "power", "1", "custody_start")
    house.add("empty", "custody", "room=5-102", "water_start=1", "power_start=1", "fee_full=100")
    house.refused("empty", "sign", check="one_active_works", sentence=in_works, now=NEXT)

    watch(house)
    close_works(house)
    assert (
        house.step(
            "works",
            "close",
            "archived=agreement",
            now="2026-12-12 11:00",
            faults=[
                (["archived=approval"], "archive_set", "归档要有装修协议"),
                (["applicant=agent"], "archive_set_agent", "委托办理的，归档要有委托书和受托人身份证复印件"),
                (["structural=true"], "archive_set_structure", "涉及主体结构的，归档要有批准书"),
            ],
        )
        == []
    )
    assert [house.status(name) for name in ("works", "permit", "pass", "notice")] == [
        "closed",
        "ended",
        "returned",
        "closed",
    ]


def watch(house: House) -> None:
    """Patrols while works go on, a notice of what they found."""
    breach = "有不合格项、许可证不在场或有无证人员的，是违规"
    spot = ("renovation=<works>", "kind=spot")
    by_officer = [("renovation_patrol.spot_by", "抽查由客服主管进行")]
    assert house.add("spot1", "renovation_patrol", *spot, now=AFTER, by="zhao") == []
    assert house.add("spot2", "renovation_patrol", *spot, now=AFTER) == by_officer
    more = [("renovation_patrol.spot_count", "今天的主管抽查已超过规定户数")]
    assert house.add("spot3", "renovation_patrol", *spot, now=AFTER, by="zhao") == more
    house.add(
        "patrol",
        "renovation_patrol",
        "renovation=<works>",
        "violation=true",
        "problem=拆了承重墙",
        "items.renovation_05=fail",
        now=AFTER,
        faults=[
            (["violation=false"], "faults_are_breaches", breach),
            (["violation=false", "-items.renovation_05", "unpassed=2"], "faults_are_breaches", breach),
            (["violation=false", "-items.renovation_05", "permit_shown=false"], "faults_are_breaches", breach),
            (["-problem"], "violation_said", "有违规的要写明情况"),
            (["renovation=<alone>"], "in_works", "巡查时这项装修不在施工中"),
        ],
    )
    stop = "未经批准动主体结构或荷载，许可证要先停工"
    house.add(
        "notice",
        "violation_notice",
        "source=<patrol>",
        "breach=拆了承重墙",
        "structural=true",
        "important=true",
        "due_at=2026-11-25 18:00",
        now=AFTER,
        faults=[
            (["important=false"], "structure_up", "未经批准动主体结构或荷载，是重要事件"),
            (["due_at=2026-11-24 08:00"], "order", "时间先后有误：制止、送达、整改期限"),
        ],
    )
    nowhere = said_of_new(house, "violation_notice", "person=王芳", "breach=乱堆", "due_at=2026-11-25", now=AFTER)
    assert nowhere == [("violation_notice.where", "写明装修备案或房号")]
    house.add("other_notice", "violation_notice", "renovation=<alone>", "breach=乱堆", "due_at=2026-12-30", now=AFTER)
    neither = "违规要发整改通知，或写明现场处理"
    house.refused("patrol", "review", check="violation_notice", sentence=neither, now=AFTER)
    house.step(
        "patrol",
        "review",
        "notice=<notice>",
        now=AFTER,
        by="zhao",
        faults=[(["notice=<other_notice>"], "notice_here", "整改通知写的是另一项装修")],
    )
    told = "told_director_at=2026-11-24 09:30"
    noon = "2026-11-24 12:00"
    house.refused("notice", "fix", told, check="structure_stop", sentence=stop, now=noon)
    house.step("permit", "suspend", now=noon, by="zhao")
    house.step(
        "notice",
        "fix",
        told,
        now=noon,
        faults=[
            (["-told_director_at"], "important_up", "重要事件要报主任，写明时间"),
            (["served_at=2026-11-24 13:00"], "order_fix", "整改完成不能早于送达"),
        ],
    )
    house.step(
        "notice",
        "fail",
        "due_at=2026-11-26 18:00",
        now="2026-11-24 13:00",
        faults=[(["due_at=2026-11-24 12:30"], "new_term", "复查不合格的，给出新的整改期限")],
    )
    assert (house.ids["notice"], "due", 3600) in house.desk.overdue(now="2026-11-26 19:00")
    house.step("notice", "fix", now="2026-11-26 15:00")


def close_works(house: House) -> None:
    """Asked for, failed once, passed; every paper back, the waste gone, the deposit less a deduction."""
    there = said_of_new(house, "renovation_closing", "renovation=<alone>", now=END)
    assert there == [("renovation_closing.works_there", "这项装修不在施工中，不能报验")]
    house.add("end", "renovation_closing", "renovation=<works>", now="2026-12-05 09:00")
    second = said_of_new(house, "renovation_closing", "renovation=<works>", now="2026-12-05 10:00")
    assert second == [("renovation_closing.one", "这项装修已报验")]
    early = [("renovation_closing.after_works_early", "早于协议的完工日期，请确认已完工")]
    warned = house.step(
        "end",
        "inspect",
        "passed=false",
        now="2026-12-06 09:00",
        faults=[(["passed=true", "items.renovation_07=fail"], "items_pass", "有不合格的项目，不能写合格")],
    )
    assert warned == early
    house.step(
        "end",
        "fail",
        "open_points=补踢脚线",
        now="2026-12-06 10:00",
        faults=[(["passed=true"], "fail_failed", "已写合格，不用整改")],
    )
    assert house.step("end", "inspect", "passed=true", "inspectors.person=sun", now=END) == []
    last = ["passes_back=true", "waste_cleared=true", "refund=1900", "deduction=100"]
    house.refused(
        "works", "close", "archived=agreement", check="closing_done", sentence="先办结装修验收及退款", now=END
    )
    with pytest.raises(Refused) as caught:
        house.step("end", "refund", *last, now=REFUND)
    assert against(caught.value) == [
        ("renovation_closing.all_back", "还有未交回的出入证"),
        ("renovation_closing.permit_back", "施工许可证还没有收回"),
        ("renovation_closing.notices_closed", "还有未办结的整改通知"),
    ]
    house.step("permit", "withdraw", now="2026-12-11 09:30")
    house.step("notice", "recheck", now="2026-12-11 10:00")
    house.step("pass", "return", now=REFUND, faults=[(["lost=true"], "lost_void", "遗失的证件应作废，不办交回")])
    house.desk.amend(house.ids["works"], "deposit=", now=REFUND, by="boss")
    house.refused("end", "refund", *last, check="refund_none", sentence="没有收押金，不用退款", now=REFUND)
    house.desk.amend(house.ids["works"], f"deposit={house.ids['deposit']}", now=REFUND, by="boss")
    house.step(
        "end",
        "refund",
        *last,
        now=REFUND,
        faults=[
            (["passed=false"], "passed_first", "验收合格后再退款"),
            (["passes_back=false"], "passed_papers", "证件全部收回后再退款"),
            (["waste_cleared=false"], "waste_gone", "垃圾清运完再退款"),
            (["refund=2000"], "refund_sum", "退款应等于押金减扣款"),
            (["open_points="], "deduction_why", "扣款要写明整改事项"),
        ],
    )


def test_every_record_stays_good_in_later_years(house: House) -> None:
    """What a step asked for at its time is not held against the record when papers are closed and rooms let again."""
    house.desk.add("customer", "id=lijun", "name=李军", "phone=13800002222", now="2027-03-01 09:00")
    house.desk.step("5-105", "update", "occupancy=lived_in", "occupant=lijun", now="2027-03-01 09:00")
    house.add("again", "move_in", "room=5-101", now="2027-03-01 09:00")
    report = validate(house.desk.session("2027-03-01 10:00"))
    assert report.records > 60
    assert [(issue.rule, str(issue.id)) for issue in report.issues if issue.is_error] == []
