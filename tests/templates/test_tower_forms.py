"""The forms of the office tower: each runs through its steps, each check has an attempt that it refuses."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from logbook.core.errors import Refused
from logbook.core.value import replace
from logbook.locale.catalogue import Catalogue
from logbook.operations import overdue as lateness
from logbook.operations.deriving import derived_values
from logbook.store.book import read_settings
from logbook.store.book import settings_text
from logbook.store.git import Repository
from logbook.store.library import check_folder
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from tests.operations.desk import START
from tests.operations.desk import TEMPLATES
from tests.operations.desk import Desk
from tests.operations.desk import moment

ZH = Catalogue("zh")
AT = "2026-11-22 10:00"

# Stand-ins for the forms of other packs, with the fields and states that the tower's sentences speak of.
ELSEWHERE = {
    "payment": """
        prefix: PY
        fields: {total: {zh: 合计, en: Total, type: money}}
        states: {received: 已收款 / Received}
        final: [received]
        steps: {receive_desk: {zh: 收款, en: Receive, to: received, by: [staff]}}
    """,
    "goods_release": """
        prefix: GR
        fields: {name: {zh: 申请人, en: Applicant, type: text, private: true}}
        states: {issued: 已签发 / Issued, out: 已放行 / Out}
        final: [out]
        steps: {issue: {zh: 签发, en: Issue, to: issued, by: [staff]}, gate: {zh: 放行, en: Let out, from: issued, to: out, by: [staff]}}
    """,
    "tool_issue": """
        prefix: WTI
        fields: {contractor: {zh: 领用单位, en: Contractor, type: ref contractor}}
        states: {issued: 已领用 / Issued, partly_back: 部分归还 / Partly back, returned: 已归还 / Returned}
        final: [returned]
        steps: {issue: {zh: 领用, en: Issue, to: issued, by: [staff]}, return_part: {zh: 部分归还, en: Part, from: issued, to: partly_back, by: [staff]}, return_all: {zh: 全部归还, en: All, from: [issued, partly_back], to: returned, by: [staff]}}
    """,
    "move_out": """
        prefix: MO
        fields: {customer: {zh: 客户, en: Client, type: ref customer}, leave_on: {zh: 迁出日期, en: Leaves on, type: date}}
        states: {open: 进行中 / Open, left: 已离开 / Left}
        final: [left]
        steps: {open: {zh: 接单, en: Open, to: open, by: [staff]}, leave: {zh: 迁出, en: Leave, from: open, to: left, by: [staff]}}
    """,
    "key_issue": """
        prefix: KI
        fields: {room: {zh: 房号, en: Room, type: ref room}, issued_at: {zh: 领用时间, en: Issued at, type: datetime, is: at}}
        states: {issued: 已领用 / Issued, returned: 已交回 / Returned}
        final: [returned]
        steps: {issue: {zh: 领用, en: Issue, to: issued, by: [staff]}, return: {zh: 交回, en: Return, from: issued, to: returned, by: [staff]}}
    """,
}

PEOPLE = (
    ("ma", "马经理", "department_manager"),
    ("tang", "唐静", "floor_supervisor"),
    ("bao", "包师傅", "technician"),
    ("qian", "钱会计", "finance"),
)


def stand_in(name: str, rest: str) -> Change:
    head = f"form: {name}\nversion: 1\ntitle: {name} / {name}\n"
    lines = [line.strip() for line in rest.strip().splitlines()]
    return Change(f"templates/site/{name}.yaml", (head + "\n".join(lines) + "\n").encode())


@pytest.fixture(scope="module")
def tower_book(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The practice book with the tower's forms, its people, areas, firms and tenants; nobody writes into this one."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("tower") / "book")
    files = [Change(f"templates/tower/{f.name}", f.read_bytes()) for f in sorted(TEMPLATES.glob("tower/*.yaml"))]
    files += [stand_in(name, rest) for name, rest in ELSEWHERE.items()]
    switched_on = replace(read_settings(desk.root), packs=("core", "tower"))
    files.append(Change("logbook.yaml", settings_text(switched_on)))
    made = Commit(files, "book: tower\n\nRecord: book\nForm: book\nAction: open\nBy: boss\n", ("高总", "boss@staff.logbook"), ("前台 A", "desk-a@desk.logbook"), moment(START))
    with Repository(desk.root) as repository:
        publish(repository, [made])
    for person, name, roles in PEOPLE:
        desk.add("staff", f"id={person}", f"name={name}", f"roles={roles}", by="boss", now=START)
    for firm, name, service in (("jieya", "洁雅保洁", "cleaning"), ("lvyuan", "绿源园艺", "greening"), ("xinjie", "新洁公司", "cleaning")):
        desk.add("contractor", f"id={firm}", f"name={name}", f"service={service}", by="zhao", now=START)
    for tenant, name in (("huaxin", "华信公司"), ("datong", "大通公司")):
        desk.add("customer", f"id={tenant}", f"name={name}", "kind=tenant", "phone=13800001111", now=START)
    desk.add("room", "id=31F", "kind=office", "occupancy=vacant", now=START)
    return desk


@pytest.fixture
def desk(tower_book: Desk, tmp_path: Path) -> Desk:
    return tower_book.copy(tmp_path / "book")


class Walk:
    """A day with one form: lines `who verb words`, ten minutes apart, and what each is told.

    `add` makes a record of the form, `add:FORM NAME` one of another (then `<NAME>` is its number); any other
    verb is a step of the latest record, `verb:NAME` of that one. `=> check sentence` is the refusal that the
    line meets, `~> check sentence` the warning it is written with; `@ 2026-11-23 09:00` sets the clock.
    """

    def __init__(self, desk: Desk, form: str) -> None:
        self.desk = desk
        self.form = form
        self.now = moment(AT)
        self.names: dict[str, str] = {}

    @property
    def clock(self) -> str:
        return f"{self.now:%Y-%m-%d %H:%M}"

    def take(self, line: str) -> None:
        if line.startswith("@"):
            self.now = moment(line[1:].strip())
            return
        act, _, refusal = line.partition("=> ")
        act, _, warning = act.partition("~> ")
        for name, record in self.names.items():
            act = act.replace(f"<{name}>", record)
        who, verb, *words = shlex.split(act)
        warned: Sequence[object] = ()
        errors: list[str] = []
        try:
            warned = self.write(who, verb, words)
        except Refused as refused:
            errors = [self.told(issue) for issue in refused.issues if issue.is_error]
        assert (line, errors) == (line, [refusal.strip()] if refusal else [])
        if not refusal:
            late = "record.late-entry"
            found = [self.told(issue) for issue in warned if issue.rule != late]  # type: ignore[attr-defined]
            assert (line, found) == (line, [warning.strip()] if warning else [])
        self.now += timedelta(minutes=10)

    def told(self, issue: object) -> str:
        rule = issue.rule.removeprefix(f"{self.form}.")  # type: ignore[attr-defined]
        return f"{rule} {ZH.issue(issue)[0]}"  # type: ignore[arg-type]

    def write(self, who: str, verb: str, words: list[str]) -> Sequence[object]:
        verb, _, name = verb.partition(":")
        more: dict[str, str] = {"now": self.clock, "by": who}
        for word in [word for word in words if word.startswith("--at=")]:
            words.remove(word)
            more["at"] = word.removeprefix("--at=")
        if verb == "add":
            form, keep = (name, words.pop(0)) if name else (self.form, "it")
            written = self.desk.add(form, *words, **more)
            self.names[keep] = written.record.id
        else:
            written = self.desk.step(self.names[name or "it"], verb, *words, **more)
        return written.warnings


# One day of each form. What is refused stands before the line that puts it right.
WALKS = {
    "daily_check": """
        tang add area=hall slot=am
        tang add area=hall slot=am => one_per_area 这个区域这个时段已有日检表
        tang add area=garage
        tang add area=garage => one_per_area_day 这个区域当天已有日检表；一天几张的请写时段
        tang check items=pass items.daily_check_05=fail
        tang raise 'fails+={item: daily_check_03, problem: 地面有水}' => fail_listed 每个不合格的项目都要写入不合格项
        tang raise 'fails+={item: daily_check_05, problem: 灯不亮, handler: sun}'
        ma verify => fixed_before_verify 不合格项要写明整改完成时间，或关联维修单
        tang verify fails.1.fixed_at=now ~> verifier_other 复核人最好不是检查人自己
        tang add area=hall slot=pm
        lina check items=pass
        ma verify sampled_by=ma
    """,
    "vacant_room": """
        tang add room=3-502 locked=true ~> room_is_vacant 台账上这间房不是空置
        tang add room=31F locked=false => locked 请锁好门再登记
        tang add room=31F locked=true water=120 power=300
        tang add room=31F locked=true water=121 power=300 ~> meters_still 水表比上次检查走了，请查漏水或有人用水
        tang add room=31F locked=true water=121 power=305 ~> meters_still_power 电表比上次检查走了，请查是否有人用电
        lina add:key_checkout key key=K-pump borrower=唐静 purpose=查空房 copies=1 => key_checkout.master_approved 总匙和设备房钥匙要有批准人
        lina add:key_checkout key key=K-3-502 borrower=唐静 purpose=查空房
        tang add room=31F reason=storm locked=true key_checkout=<key> items.vacant_04=fail 'defects+={item: 渗漏, problem: 窗台渗水}'
        tang raise
        ma close => key_back 借用的钥匙还没有归还，或归还早于离开房间
        lina return:key returned_copies=1
        ma close
        lina add:key_issue issue room=31F
        tang add room=31F reason=pre_handover locked=true => pre_handover_done 这间房的钥匙已经发出，复检要在交钥匙之前
        lina return:issue
        tang add room=31F reason=pre_handover locked=true
        ma close
    """,
    "cleaning_check": """
        lina add area=other items=na => checker_named 请逐项填写检查项目，例如 items.cleaning_05=pass
        lina add area=floor_interior => checker_named_floor 请填写“楼层室内”是否合格：items.cleaning_01
        lina add area=public => checker_named_public 请填写“公共区域”是否合格：items.cleaning_02
        lina add area=perimeter => checker_named_outside 请填写“外围”是否合格：items.cleaning_03
        lina add area=car_park => checker_named_park 请填写“车场”是否合格：items.cleaning_04
        lina add area=lobby => checker_named_lobby 请填写“大堂”是否合格：items.cleaning_05
        lina add area=lobby place=hall items.cleaning_05=pass contractor=jieya
        lina file
        lina add area=lobby place=hall kind=spot items.cleaning_05=fail
        lina file => file_without_fails 有不合格的项目，请写明问题并通知整改
        lina notify 'problems+={place: 东大堂, problem: 玻璃有手印}' => problem_due 每个问题都要有整改期限
        lina notify 'problems+={place: 东大堂, problem: 玻璃有手印, due: 2026-11-22 17:00}'
        lina recheck => closed_clean 还有问题没写完成时间
        lina recheck problems.1.fixed_at=now problems.1.recheck=合格
        lina add area=lobby items.cleaning_05=pass 'problems+={place: 东大堂, problem: 垫子歪}'
        lina file => file_without_problems 有问题的请先通知整改
        zhao add:area zone id=zone-1 name=东大堂 kind=cleaning
        lina add area=lobby items.cleaning_05=pass ~> place_named 请写具体位置；没有位置的不算该保洁区当天的巡查
        lina add area=lobby items.cleaning_05=pass place=zone-1
    """,
    "greening_check": """
        lina add area=hall contractor=lvyuan 'replaced+={place: 大堂, plant: 绿萝, qty: 0}' => replaced_qty 更换数量要大于 0
        lina add area=hall contractor=lvyuan 'replaced+={place: 大堂, plant: 绿萝, qty: 3, reason: 枯黄}' items.greening_02=fail
        lina notify 'problems+={problem: 两盆缺水, due: 2026-11-24}'
        lina close => fixed_before_close 还有问题没写完成日期
        lina close problems.1.fixed_at=today
    """,
    "plant_plan": """
        zhao add reason=add places=31F-35F 'lines+={plant: 发财树, qty: 10, price: 120}' 'lines+={plant: 绿萝, qty: 20, price: 15.50}'
        lina place_routine placed_at=today => routine_scope 只有更换和调配可以直接摆放，其他请先报批
        zhao submit
        boss approve
        lina place placed_at=2026-11-21 => approved_first 增加绿化要先批准再摆放
        lina place placed_at=today
        lina remove
        zhao add reason=replace places=大堂 'lines+={plant: 绿萝, qty: 2}'
        lina place_routine placed_at=today
    """,
    "pest_control": """
        lina add:notice notice title=消杀通知 text=周日夜间消杀
        lina add area=garage targets=rat,cockroach agent=灭鼠药 notice=<notice>
        lina treat dead_found=2 items=pass ~> notice_before 消杀通知要先发布再消杀
        lina close effect=good => clear_if_found 发现死鼠、死蟑螂的，清理后再归档
        lina clear --at=10:12 => cleared_after 清理时间不能早于消杀完成
        lina clear
        lina close effect=good
        lina add area=hall targets=fly
        lina treat dead_found=0
        lina close effect=fair
        zhao approve:notice proofread_by=wang
        lina issue:notice
        lina add area=hall targets=mosquito,fly notice=<notice>
        lina treat dead_found=0
    """,
    "equipment_check": """
        sun add kind=joint equipment=电梯转换开关 checked_qty=12 faulty_qty=13 => faulty_le_checked 故障数量不能多于检查数量
        sun add kind=joint equipment=电梯转换开关 parties=电梯公司 checked_qty=12 faulty_qty=7
        sun close => faulty_reported 联合检查有故障的要先上报公司
        sun report reported_to=boss
        sun rectify 'problems+={problem: 七个开关失灵}'
        sun close => all_fixed 每个问题要有完成日期或维修单
        sun close problems.1.fixed_at=today
    """,
    "deep_clean": """
        zhao add kind=facade from_date=2026-11-29 to_date=2026-11-28 areas=南立面 follower=lina => order 止日不能早于起日
        zhao add kind=facade from_date=2026-11-23 to_date=2026-11-30 areas=南立面 follower=lina
        lina start ~> safety_first 外墙清洗开工前请检查安全措施：safety=pass
        lina log 'progress+={date: 2026-11-29, part: 南面, done: 一半}' => materials_first 外墙清洗先进物料再开始，请写进场日期
        lina log materials_in_at=2026-11-22 'progress+={date: 2026-11-22, part: 南面, done: 一半}' ~> progress_in_range 每日记录早于计划的开始日期
        lina finish ~> progress_in_range 每日记录早于计划的开始日期
        zhao accept result=redo => accept_pass 合格才能验收，不合格请办返工
        zhao add kind=facade from_date=2026-11-22 to_date=2026-11-30 areas=南立面 follower=lina materials_in_at=2026-11-21
        lina start safety=pass
        lina log 'progress+={part: 南面, done: 全部, weather: 晴}'
        lina finish
        zhao redo
        lina finish
        zhao accept result=pass
    """,
    "signage": """
        lina add text_zh=华信公司 place=hall => plate_has_client 水牌要写明客户
        lina add text_zh=华信公司 place=hall customer=huaxin
        lina make => confirmed_first 水牌先请客户定稿再制作
        @ 2026-11-24 09:00
        lina confirm
        lina make --at='2026-11-23 09:00' => confirmed_first_order 制作不能早于客户确认
        lina make
        lina add:move_out out customer=huaxin leave_on=2026-11-30
        lina leave:out
        lina install => removed_on_leave 客户已迁出，请拆除水牌
        lina add text_zh=小心地滑 place=hall kind=management_sign action=repair
        lina make
        lina install
    """,
    "telecom": """
        lina add customer=huaxin room=31F service=network provider=电信
        lina submit
        lina open ~> told 请把结果告知客户，并写明时间
        lina add customer=huaxin room=31F service=phone_install qty=6
        lina submit
        lina open told_at=now
        lina add customer=huaxin room=31F service=cable
        lina submit
        lina fail told_at=now
    """,
    "venue_booking": """
        lina add applicant=huaxin venue=hall purpose=产品推广 from_at='2026-11-25 14:00' to_at='2026-11-25 13:00' => order 结束时间要晚于开始时间
        lina add applicant=huaxin venue=hall purpose=产品推广 from_at='2026-11-25 09:00' to_at='2026-11-25 17:00' fee=500 deposit=1000
        ma approve
        lina use => paid_first 场地费先缴再使用
        lina add:payment pay total=1500
        lina use paid=<pay>
        lina restore restored=true
        lina close => deposit_back 押金还没有退
        lina close deposit_back_at=today
        lina add applicant=huaxin venue=hall purpose=年会 from_at='2026-11-26 09:00' to_at='2026-11-26 17:00'
        ma approve
        lina add applicant=datong venue=hall purpose=讲座 from_at='2026-11-26 16:00' to_at='2026-11-26 18:00'
        ma approve => no_overlap 这个时段场地已订出
        ma refuse
        lina add applicant=datong venue=hall purpose=讲座 from_at='2026-11-26 17:00' to_at='2026-11-26 18:00'
        ma approve
    """,
    "parking": """
        lina add customer=huaxin plate=豫A12345
        lina allot space=B1-07 from_date=2026-12-01 to_date=2026-11-30 => order 止日不能早于起日
        lina allot space=B1-07 from_date=2026-12-01 to_date=2026-12-31
        lina add customer=datong plate=豫A54321
        lina wait
        lina allot space=B1-07 from_date=2026-12-31 => space_once 这个车位这段时间已有人使用
        lina allot space=B1-07 from_date=2027-01-01
        lina add customer=datong plate=豫A12345
        lina allot space=B1-08 from_date=2026-12-01 ~> plate_once 这个车牌已经有车位
        lina end to_date=2026-12-31
        lina add customer=huaxin plate=豫A77777
        lina add:move_out out customer=huaxin leave_on=2026-12-15
        lina leave:out
        lina allot:it space=B1-09 from_date=2026-12-10 => end_on_leave 客户已迁出，请终止车位
    """,
    "moving": """
        lina add customer=huaxin kind=out date=2026-11-25 from_time=14:00 to_time=09:00 lift=货梯 => times 结束时间要晚于开始时间
        lina add customer=huaxin kind=within from_room=31F date=2026-11-25 from_time=09:00 to_time=12:00 lift=货梯
        lina arrange rules_told=false
        liu move => rules_told 先告知搬家注意事项
        lina add customer=datong kind=in to_rooms=31F-35F date=2026-11-25 from_time=11:00 to_time=15:00 lift=货梯
        lina arrange rules_told=true => lift_free 这个时段电梯已安排给别的搬迁
        lina arrange rules_told=true from_time=12:00
        liu move
        lina close items=pass ~> data 搬入的请收集业主资料
        lina add customer=huaxin kind=out from_room=31F date=2026-11-26
        lina arrange rules_told=true
        lina add:goods_release slip name=王芳
        liu move:it release=<slip> => release_for_out 搬出的物品要有放行条，并经门岗核对放行
        liu gate:slip
        liu move:it release=<slip>
        lina close:it items=pass
    """,
    "door_opening": """
        lina add applicant=王芳 unit=华信公司 doors='38F 东门' floor=38 reason=取货 --at=09:30
        wang approve --at=09:35
        bao open --at=09:50 => register_before_open 这些楼层要先登记再开门；开门时间早于登记
        bao open
        bao shut --at=10:30 => shut_after_open 关门时间要晚于开门时间
        bao shut
        lina add applicant=王芳 unit=华信公司 doors='12F 东门' floor=12 reason=取货 --at=10:10
        wang approve --at=10:15
        bao open --at=10:20
        bao shut
    """,
    "lift_entrapment": """
        liu add lift=2号梯 floor=12 trapped=3
        liu call --at=10:13
        liu release --at=10:25 maker_at='2026-11-22 10:27' => time_order 报警、通知、到场、解困的时间先后不对
        liu release --at=10:35 maker_at='2026-11-22 10:27'
        sun recheck cause=门锁触点故障 rechecked=false => no_run_before_check 检查合格才能恢复运行
        sun recheck cause=门锁触点故障 rechecked=true
        ma close
    """,
    "contractor_change": """
        zhao add old=jieya new=jieya change_date=2026-12-01 plan=更换清洁公司 => not_same 新单位和原单位是同一家
        zhao add old=jieya new=xinjie change_date=2026-12-01 plan=更换清洁公司
        zhao meet 'meetings+={with: other_property, matters: 了解新公司情况}'
        lina add:tool_issue slip contractor=jieya
        lina list:it followers=李娜 items_due=2026-12-01 'items+={item: 吸尘器, issue: <slip>, qty_out: 2}' => due_before_change 物品要在更换日期之前交回
        lina list:it followers=李娜 items_due=2026-11-30 'items+={item: 吸尘器, qty_out: 2}' => all_listed 原单位还有领用记录没有统计进来
        lina list:it followers=李娜 items_due=2026-11-30 'items+={item: 吸尘器, issue: <slip>, qty_out: 2}'
        lina return:it items.1.qty_back=3 => back_le_out 交回数量不能多于领出数量
        lina return:it items.1.qty_back=1 items.1.back_at=today items.1.condition=完好 items.1.checked_by=lina
        zhao clear:it => clear_all_back 领用物品要全部交回，或写明赔偿
        ma change_with_claim:it => clear_all_back 领用物品要全部交回，或写明赔偿
        lina return:it items.1.qty_back=2
        lina add:key_checkout key key=K-3-502 borrower_kind=contractor borrower=张工 unit_or_dept=洁雅保洁 purpose=保洁
        zhao clear:it => all_listed_keys 原单位还有借用的钥匙没有归还
        lina return:key returned_copies=1
        zhao add:loan loan item=对讲机 borrower=洁雅保洁 approved_by=wang
        zhao clear:it => all_listed_loans 原单位还有借用的物品没有归还
        lina back:loan condition=ok
        zhao clear:it
        zhao change:it ~> entry_meeting 更换前要和新单位开进驻会
        zhao close:it checks=pass
        zhao add:contractor firm id=lanbao name=蓝宝公司 service=cleaning 'issued_items+={item: 工牌, qty: 5}'
        zhao add old=lanbao new=xinjie change_date=2026-12-01 plan=更换清洁公司
        lina list followers=李娜 items_due=2026-11-30 'items+={item: 吸尘器, qty_out: 2}' => all_listed_register 单位台账上领用的物品没有统计进来
        lina list followers=李娜 items_due=2026-11-30 'items+={item: 工牌, qty_out: 5}' 'items+={item: 吸尘器, qty_out: 1}'
        lina meet 'meetings+={with: new_contractor, matters: 进驻安排}'
        lina return items.1.qty_back=5 items.2.compensation=300
        ma change_with_claim
        zhao close checks=pass
    """,
    "contractor_rating": """
        lina add:cleaning_check one area=lobby items.cleaning_05=pass contractor=jieya
        lina add:cleaning_check two area=lobby items.cleaning_05=fail contractor=jieya 'problems+={place: 东大堂, problem: 垫子歪}' 'problems+={place: 南大堂, problem: 玻璃脏}'
        lina add:pest_control three area=hall targets=rat contractor=jieya
        zhao add contractor=jieya from_date=2026-11-30 to_date=2026-11-01 'items+={item: 大堂, score: 45.5}' => period 评价期的止日不能早于起日
        zhao add contractor=jieya from_date=2026-11-01 to_date=2026-11-30 'items+={item: 大堂, full: 50, score: 45.5}' 'items+={item: 车场, full: 50, score: 40}' fee=20000
        ma confirm conclusion=合格 deduction=20001 => deduct_le_fee 扣款不能多于应付费用
        ma confirm conclusion=合格 deduction=200
        qian apply
    """,
    "newspaper": """
        lina add customer=huaxin title=日报 from_date=2026-12-31 to_date=2026-12-01 => order 止日不能早于起日
        lina add customer=huaxin title=日报 from_date=2026-11-22 to_date=2026-12-31 copies=2
        lina start
        lina hand_out 'hand_outs+={received_by: 王芳}'
        lina hand_out 'hand_outs+={copies: 3}' ~> handed_le_copies 分发份数多于订阅份数
        lina add customer=huaxin title=晚报 to_date=2026-12-31
        lina start
        lina end
    """,
    "staff_work_log": """
        tang add post=supervisor shift=白班
        tang add post=supervisor shift=白班 => one_per_post_day 这个人这一班已有工作记录
        tang add post=cleaner staff=liu
        tang add post=cleaner staff=liu => one_per_day 这个人当天已有工作记录；一天几班的请写班次
        tang add post=supervisor shift=晚班
        tang submit 'works+={work: 巡查}' => supervisor_result 主管的每项工作要写处理结果
        tang submit 'works+={work: 巡查, result: 灯已修好, start: 07:30, end: 08:30}' ~> within_hours 工作时间超出这个岗位的上班时间
        tang review => reviewer 主管的记录由部门经理审阅
        ma return comment=写明地点 ~> within_hours 工作时间超出这个岗位的上班时间
        tang submit works.1.start=08:00
        ma review
        tang add post=laundry staff=bao pieces_in=10 pieces_out=12 ~> laundry_balance 洗衣交付多于收件
        tang add post=technician staff=sun
        tang submit 'works+={work: 换灯, start: 07:00, end: 23:00}'
        ma review
    """,
    "holiday_contact": """
        lina add holiday=元旦 from_date=2027-01-03 to_date=2027-01-01 ~> order 止日早于起日
        lina add holiday=元旦 from_date=2027-01-01 to_date=2027-01-03
        lina forward ~> every_line 每个单位要写值班人和电话，或注明无人值班
        lina add holiday=元旦 from_date=2027-01-01 to_date=2027-01-03 'lines=[{customer: huaxin, name: 王芳, phone: 13800001111, dates: 元旦三天}]'
        lina forward ~> every_unit 还有单位没有统计
        lina add holiday=今天 from_date=2026-11-22 to_date=2026-11-23
        lina forward lines.1.none=true lines.2.none=true ~> order_forward 应在放假之前转各部门
        lina close
    """,
}

# What the latest record of each walk is at the end.
ENDS = {
    "daily_check": "verified", "vacant_room": "closed", "cleaning_check": "checked", "greening_check": "closed",
    "plant_plan": "placed", "pest_control": "done", "equipment_check": "closed", "deep_clean": "accepted",
    "signage": "installed", "telecom": "failed", "venue_booking": "approved", "parking": "applied",
    "moving": "closed", "door_opening": "closed", "lift_entrapment": "closed", "contractor_change": "closed",
    "contractor_rating": "applied", "newspaper": "ended", "staff_work_log": "reviewed", "holiday_contact": "closed",
}  # fmt: skip


def walked(desk: Desk, form: str) -> Walk:
    walk = Walk(desk, form)
    for line in WALKS[form].strip().splitlines():
        walk.take(line.strip())
    return walk


@pytest.mark.parametrize("form", WALKS)
def test_a_form_goes_through_its_steps_and_says_what_is_wrong(desk: Desk, form: str) -> None:
    walk = walked(desk, form)
    assert desk.load(walk.names["it"], "2026-12-31 00:00").state.status == ENDS[form]


def computed(desk: Desk, record: str) -> dict[str, object]:
    now = "2026-12-31 00:00"
    loaded = desk.load(record, now)
    return dict(derived_values(desk.session(now), loaded.form, loaded.state))


def test_the_cost_of_plants_and_the_minutes_in_a_lift_are_computed(desk: Desk) -> None:
    walk = Walk(desk, "plant_plan")
    walk.take("zhao add reason=add places=大堂 'lines+={plant: 发财树, qty: 10, price: 120}' 'lines+={plant: 绿萝, qty: 20, price: 15.50}'")
    assert computed(desk, walk.names["it"]) == {"cost": "1510.00"}
    walk = walked(desk, "lift_entrapment")
    assert computed(desk, walk.names["it"]) == {"minutes": "35"}


def test_a_rating_counts_the_inspections_of_its_period(desk: Desk) -> None:
    walk = walked(desk, "contractor_rating")
    assert computed(desk, walk.names["it"]) == {"total": "85.5", "inspections": "2", "failed": "1"}
    walk.take("lina treat:three dead_found=0")
    walk.take("lina close:three effect=poor")
    assert computed(desk, walk.names["it"]) == {"total": "85.5", "inspections": "3", "failed": "2"}


# Lines of a walk, a moment, and what is late at it: clock and minutes.
LATE = {
    "daily_check": ("""
        tang add area=hall
        tang check items=pass items.daily_check_05=fail
        tang raise 'fails+={item: daily_check_05, problem: 灯不亮}'
    """, "2026-11-24 00:10", [("fix", 10)]),
    "vacant_room": ("""
        tang add room=31F locked=true 'defects+={item: 渗漏, problem: 窗台渗水}'
        tang raise
    """, "2026-11-30 00:10", [("defects", 10)]),
    "cleaning_check": ("""
        lina add area=lobby items.cleaning_05=fail
        lina notify 'problems+={place: 东, problem: 脏, due: 2026-11-22 15:00}' 'problems+={place: 南, problem: 脏, due: 2026-11-22 16:00}'
    """, "2026-11-22 15:30", [("fix", 30)]),
    "plant_plan": ("""
        zhao add reason=add places=大堂 'lines+={plant: 绿萝, qty: 20}'
        zhao submit
    """, "2026-11-26 00:10", [("approval", 10)]),
    "equipment_check": ("""
        sun add kind=joint equipment=电梯转换开关 checked_qty=12 faulty_qty=7
        sun add:equipment_check fine kind=joint equipment=可视系统 checked_qty=12 faulty_qty=0
    """, "2026-11-24 00:30", [("report", 30)]),
    "deep_clean": ("""
        @ 2026-09-20 10:00
        zhao add kind=pre_holiday occasion=中秋 from_date=2026-09-21 to_date=2026-09-23 areas=大堂
        lina start
    """, "2026-09-25 00:10", [("end", 1450), ("pre", 10)]),
    "signage": ("""
        lina add text_zh=华信公司 place=hall customer=huaxin
        lina confirm
        lina add:signage other text_zh=小心地滑 kind=management_sign place=hall action=repair
    """, "2026-11-30 00:10", [("make", 10)]),
    "telecom": ("""
        lina add customer=huaxin room=31F service=network
        lina add:telecom two customer=huaxin room=31F service=cable
        lina submit:two
    """, "2026-11-30 00:05", [("submit", 6 * 1440 + 5), ("open", 5)]),
    "venue_booking": ("""
        lina add applicant=huaxin venue=hall purpose=年会 from_at='2026-11-22 11:00' to_at='2026-11-22 12:00'
        ma approve
        lina use
        lina add:venue_booking two applicant=huaxin venue=hall purpose=年会 from_at='2026-12-22 11:00' to_at='2026-12-22 12:00'
    """, "2026-11-25 00:01", [("restore", 60 * 60 + 1), ("approve", 1)]),
    "parking": ("""
        lina add customer=huaxin plate=豫A12345
        lina allot space=B1-07 from_date=2026-11-22 to_date=2026-11-30
    """, "2026-12-01 00:05", [("expiry", 5)]),
    "moving": ("""
        lina add customer=datong kind=in to_rooms=31F date=2026-11-23
        lina add:moving two customer=datong kind=in to_rooms=32F date=2026-11-22
        lina arrange:two rules_told=true
        liu move:two
    """, "2026-11-25 00:01", [("ready", 48 * 60 + 1), ("clean", 1)]),
    "door_opening": ("""
        lina add applicant=王芳 unit=华信公司 doors='12F 东门' floor=12 reason=取货
        wang approve
        bao open
    """, "2026-11-23 00:01", [("shut", 1)]),
    "lift_entrapment": ("""
        liu add lift=2号梯 trapped=3
    """, "2026-11-22 10:31", [("call", 26), ("release", 1)]),
    "contractor_change": ("""
        zhao add old=jieya new=xinjie change_date=2026-12-01 plan=更换清洁公司
        lina list followers=李娜 items_due=2026-11-30 'items+={item: 吸尘器, qty_out: 2}'
    """, "2026-12-02 00:01", [("items_back", 1441), ("ready", 1)]),
    "newspaper": ("""
        lina add customer=huaxin title=日报 to_date=2026-11-30
        lina start
    """, "2026-12-01 00:05", [("renew", 5)]),
    "staff_work_log": ("""
        tang add post=supervisor
        tang submit 'works+={work: 巡查, result: 正常}'
        tang add:staff_work_log two post=cleaner staff=liu
        tang submit:two 'works+={work: 拖地}'
    """, "2026-11-23 00:01", [("manager_review", 1)]),
    "holiday_contact": ("""
        lina add holiday=元旦 from_date=2027-01-01 to_date=2027-01-03
    """, "2027-01-01 00:05", [("forward", 5)]),
}  # fmt: skip


@pytest.mark.parametrize("form", LATE)
def test_what_is_late(desk: Desk, form: str) -> None:
    lines, now, late = LATE[form]
    walk = Walk(desk, form)
    for line in lines.strip().splitlines():
        walk.take(line.strip())
    assert sorted((clock, seconds // 60) for _, clock, seconds in desk.overdue(now=now)) == sorted(late)


# Records that fulfil a recurring duty of the pack; the duty, and the day after.
DONE = {
    "cleaning_check": ("cleaning_daily", "2026-11-23 00:30", """
        zhao add:area zone id=zone-1 name=东大堂 kind=cleaning
        lina add area=lobby place=zone-1 items.cleaning_05=pass
    """),
    "daily_check": ("daily_check_sheet", "2026-11-23 00:30", """
        zhao add:area zone id=zone-1 name=东塔 kind=daily_check
        tang add area=zone-1
        tang check items=pass
    """),
    "staff_work_log": ("read_supervisor", "2026-11-24 00:30", """
        @ 2026-11-23 10:00
        tang add post=supervisor
        tang submit 'works+={work: 巡查, result: 正常}'
        ma review
    """),
    "deep_clean": ("facade_clean", "2026-11-25 00:30", """
        zhao add kind=facade from_date=2026-11-22 to_date=2026-11-24 areas=南立面 materials_in_at=2026-11-21
        lina start safety=pass
        lina finish
    """),
}  # fmt: skip


@pytest.mark.parametrize("form", DONE)
def test_what_fulfils_a_duty(desk: Desk, form: str) -> None:
    duty, now, lines = DONE[form]
    walk = Walk(desk, form)
    *before, last = [line.strip() for line in lines.strip().splitlines()]
    for line in before:
        walk.take(line)
    assert duty in waiting(desk, now)
    walk.take(last)
    assert duty not in waiting(desk, now)


def waiting(desk: Desk, now: str) -> set[str]:
    return {late.clock for late in lateness.overdue(desk.session(now), ()) if late.kind == "duty"}


def test_the_pack_loads_without_a_fault(tower_book: Desk) -> None:
    assert [issue for issue in check_folder(tower_book.root) if "templates/tower/" in str(issue.path)] == []
