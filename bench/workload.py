"""Realistic records in any number: the same N gives the same book, byte for byte."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from datetime import timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 6, 1, 18, 0, tzinfo=ZONE)  # the evening of the last day; must lie behind the machine's clock
NEGLECTED = 40  # cases nobody took further, however large the book: what `overdue` finds
BLOCK = 13  # records one block of cases makes

STAFF = (
    ("lina", "李娜", ["cs_officer", "front_desk", "director"]),
    ("zhao", "赵敏", ["cs_supervisor", "admin_supervisor"]),
    ("wang", "王强", ["director"]),
    ("zhou", "周杰", ["cs_officer", "front_desk"]),
    ("sun", "孙师傅", ["repair_worker", "night_duty"]),
    ("chen", "陈工", ["dept_supervisor", "dept_staff"]),
    ("liu", "刘洋", ["guard", "night_duty"]),
)
ROOMS = [
    f"{tower}-{door}-{floor}{flat:02d}"
    for tower in range(1, 11)
    for floor in range(2, 27)
    for door in (1, 2)
    for flat in (1, 2)
]
AREAS = [f"area-{n:02d}" for n in range(1, 13)]
KEYS = [f"K-{n:03d}" for n in range(1, 61)]
DEPARTMENTS = ("维修部", "保洁部", "安护部", "绿化部")
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"
PLACES = ("卫生间", "厨房", "客厅", "主卧", "阳台", "楼道", "地下车库", "电梯厅", "单元门口", "水表井")
FAULTS = (
    "漏水",
    "渗水",
    "跳闸",
    "灯不亮",
    "下水堵塞",
    "门锁打不开",
    "墙面开裂",
    "对讲没有声音",
    "水压不足",
    "窗户关不严",
)
GRIEVANCES = (
    "装修噪声",
    "垃圾没有及时清运",
    "停车位被占",
    "楼上漏水",
    "保洁不到位",
    "电梯经常停运",
    "门岗态度生硬",
    "路灯不亮",
)
COURSES = (
    "业主来电说从前天晚上开始发现，当时以为是小问题没有在意，今天早上起来看到更严重了，希望物业尽快安排人上门查看并给一个说法。",
    "住户反映同样的情况上个月也有过一次，维修后好了十几天，现在又出现，要求这次彻底查清原因，不要只做表面处理。",
    "来人情绪比较平静，详细说明了经过，并拍了照片发到客服微信，愿意配合上门，但要求提前半小时打电话。",
)
OPINION = "住户表示处理及时，现场清理干净，暂时没有别的意见。"
CAUSE = "日常检查不到位，交接时没有写明"
BORROWED = "进场检修并领取备用材料，完工后当天归还，离开前关好门窗和水电。"
WORKS = (
    "到场后先关闭总阀，检查发现接头老化松动，更换密封圈和软管一根，试水三十分钟没有再渗漏，现场清理干净。",
    "检查线路，发现插座进水短路，更换插座一只并加装防水盖，恢复送电后逐个回路测试正常，向住户交代了使用注意事项。",
    "疏通主管道，取出抹布一块，冲洗两遍后排水通畅；提醒住户不要把杂物倒入下水口，住户在场确认。",
)


@dataclass(slots=True)
class Happening:
    """One event: when, who, which step, the status after it, what it set."""

    at: datetime
    by: str
    step: str
    status: str
    set: dict[str, object] = attribute(default_factory=dict)


@dataclass(slots=True)
class Entry:
    """One record with its whole life; ``plain(k)`` is its text's mapping after ``k`` events."""

    id: str
    form: str
    fields: dict[str, object]
    events: list[Happening]
    register: bool = False

    @property
    def path(self) -> str:
        day = self.id.split("-")[1] if not self.register else ""
        folder = "" if self.register else f"/{day[:4]}/{day[4:6]}"
        return f"records/{self.form}{folder}/{self.id}.yaml"

    def plain(self, count: int | None = None) -> dict[str, object]:
        events = self.events[:count]
        return {
            "id": self.id,
            "form": f"{self.form}@1",
            "status": events[-1].status,
            "at": events[0].at.isoformat(),
            "by": events[0].by,
            **{name: value for name, value in self.fields.items() if value is not None},
            "events": [
                {"at": e.at.isoformat(), "by": e.by, "step": e.step, **({"set": e.set} if e.set else {})}
                for e in events
            ],
        }


def days_for(size: int) -> int:
    """How many days a book of ``size`` records spans."""
    return max(60, min(1200, size // 80))


def start_for(size: int) -> datetime:
    """The morning of the first day."""
    return NOW - timedelta(days=days_for(size), hours=10)


def rooms_for(size: int) -> list[str]:
    """The homes looked after: a hundred at least, a thousand at most."""
    return ROOMS[: max(100, size // 20)]


def registers(size: int) -> list[Entry]:
    """Standing data: people, rooms, areas, keys."""
    at = start_for(size) - timedelta(days=1)

    def entered(form: str, id: str, **fields: object) -> Entry:
        return Entry(id, form, fields, [Happening(at, "lina", "enter", "active")], register=True)

    return [
        *(entered("staff", id, name=name, roles=roles) for id, name, roles in STAFF[1:]),
        *(entered("room", id, kind="house", area_m2="89.5", occupancy="lived_in") for id in rooms_for(size)),
        *(entered("area", id, name=f"{n}号楼{PLACES[n % len(PLACES)]}", kind="floor") for n, id in enumerate(AREAS)),
        *(entered("key", id, opens=f"{id}库房", kind="store", copies="9", custodian="zhou") for id in KEYS),
    ]


class Workload:
    """The records of one book, in the order the days went by."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.start = start_for(size)
        self.rooms = rooms_for(size)
        self._random = random.Random(20261122)
        self._numbers: dict[tuple[str, str], int] = {}
        self._complaints: dict[str, tuple[str, datetime]] = {}
        self._cut = NOW

    def __iter__(self) -> Iterator[Entry]:
        blocks = -(-self.size // BLOCK)
        step = timedelta(days=days_for(self.size)) / blocks
        made = 0
        neglected = set(range(blocks - 1, blocks // 2, -max(1, blocks // 3 // NEGLECTED))[:NEGLECTED])
        for block in range(blocks + BLOCK):
            start = (self.start + step * block).replace(second=self._random.randrange(60), microsecond=0)
            start = min(start, NOW - timedelta(minutes=30)).replace(hour=8 + self._random.randrange(8))
            self._cut = start + timedelta(hours=3) if block in neglected else NOW
            for entry in self._block(start):
                if made == self.size:
                    return
                made += 1
                yield entry

    # -- one block: what a desk sees in a few hours ---------------------------------------------

    def _block(self, start: datetime) -> Iterator[Entry]:
        logged: list[dict[str, object]] = []
        for cut in (self._cut, NOW):
            self._cut = cut  # of a neglected block only the first case is left lying
            yield from self._repair_case(start + timedelta(minutes=self._random.randrange(50)), logged)
        yield from self._complaint_case(start + timedelta(minutes=self._random.randrange(50)), logged)
        for _ in range(3):
            yield from self._key(start + timedelta(minutes=self._random.randrange(50)))
        for _ in range(2):
            yield from self._patrol(start + timedelta(minutes=self._random.randrange(50)))
        yield from self._log(start, logged)

    def _entry(self, prefix: str, form: str, fields: dict[str, object], events: list[Happening]) -> Iterator[Entry]:
        """The record as far as it has got; none when it has not begun."""
        events = [event for event in events if event.at <= self._cut]
        if events:
            day = f"{events[0].at:%Y%m%d}"
            number = self._numbers[prefix, day] = self._numbers.get((prefix, day), 0) + 1
            yield Entry(f"{prefix}-{day}-A{number:03d}", form, fields, events)

    def _next_id(self, prefix: str, at: datetime) -> str:
        return f"{prefix}-{at:%Y%m%d}-A{self._numbers.get((prefix, f'{at:%Y%m%d}'), 0) + 1:03d}"

    def _who(self) -> tuple[str, str]:
        r = self._random
        return r.choice(SURNAMES) + r.choice(GIVEN) + r.choice(GIVEN), f"13{r.randrange(10**9):09d}"

    def _repair_case(self, at: datetime, logged: list[dict[str, object]]) -> Iterator[Entry]:
        r = self._random
        name, phone = self._who()
        room, content = r.choice(self.rooms), f"{r.choice(PLACES)}{r.choice(FAULTS)}，{r.choice(COURSES)}"
        agreed, arrived = at + timedelta(hours=3), at + timedelta(hours=2)
        done, asked = at + timedelta(hours=3, minutes=20), at + timedelta(hours=26 + r.randrange(12))
        visit_id = self._next_id("RV", done)
        events = [
            Happening(at, "lina", "register", "open"),
            Happening(
                at + timedelta(minutes=20), "zhou", "dispatch", "dispatched",
                {"agreed_at": agreed.isoformat(), "doer": "own", "worker": "sun"},
            ),
            Happening(done, "sun", "finish", "done", {"arrived_at": arrived.isoformat(), "work": r.choice(WORKS)}),
            Happening(done + timedelta(minutes=10), "lina", "accept", "accepted", {"accepted": "ok"}),
            Happening(asked + timedelta(minutes=15), "lina", "visit", "visited", {"visit": visit_id}),
            Happening(asked + timedelta(minutes=20), "lina", "close", "closed"),
        ]  # fmt: skip
        fields: dict[str, object] = {
            "origin": "call", "name": name, "room": room, "phone": phone, "content": content, "good_time": "全天",
            "kind": "other", "trade": r.choice(("plumbing", "power", "window", "door")), "in_warranty": "false",
            "paid": "false", "doer": "own", "labour": "0",
        }  # fmt: skip
        for repair in self._entry("RP", "repair", fields, events):
            yield repair
            logged.append(self._call(at, "repair", name, phone, room, content, repair.id, "维修部"))
            yield from self._visit("repair", repair.id, name, room, phone, done, asked)

    def _visit(
        self, about: str, record: str, name: str, room: str, phone: str, planned: datetime, asked: datetime
    ) -> Iterator[Entry]:
        satisfied = self._random.choice(("satisfied", "satisfied", "fair"))
        events = [
            Happening(planned, "lina", "plan", "due"),
            Happening(
                asked, "lina", "visit", "done",
                {"reached": "true", "satisfied": satisfied, "problem": "false", "findings": OPINION},
            ),
            Happening(asked + timedelta(hours=5), "zhao", "review", "reviewed", {"result": "按期回访，可以归档。"}),
        ]  # fmt: skip
        fields: dict[str, object] = {
            "about": about, "record": record, "name": name, "room": room, "phone": phone,
            "due_at": (planned + timedelta(days=2)).isoformat(), "way": "phone",
        }  # fmt: skip
        yield from self._entry("RV", "return_visit", fields, events)

    def _complaint_case(self, at: datetime, logged: list[dict[str, object]]) -> Iterator[Entry]:
        r = self._random
        name, phone = self._who()
        room, department = r.choice(self.rooms), r.choice(DEPARTMENTS)
        level = r.choice(("minor", "minor", "minor", "important"))
        summary = f"{room} {r.choice(GRIEVANCES)}"
        course, demand = r.choice(COURSES), "请尽快派人处理并回复结果，以后不要再发生同样的事情"
        own = self._next_id("CP", at)
        sheet_at = at + timedelta(minutes=40)
        sheet_id = self._next_id("CS", sheet_at)
        handled = at + timedelta(hours=6)
        visit_id = self._next_id("RV", handled)
        asked = at + timedelta(hours=24 + r.randrange(12))
        before = self._complaints.get(room)
        repeats = before[0] if before and at - before[1] < timedelta(days=90) else None
        events = [
            Happening(at, "lina", "register", "registered"),
            Happening(at + timedelta(minutes=30), "lina", "forward", "forwarded", {"forwarded_to": "dept_supervisor"}),
            Happening(
                sheet_at + timedelta(minutes=5), "lina", "assign", "assigned",
                {"departments": [{"dept": department}], "demand": demand, "sheets": [{"sheet": sheet_id}]},
            ),
            Happening(at + timedelta(hours=2), "lina", "reply", "assigned", {"reply": f"已责成{department}，当天告知"}),
            Happening(handled, "chen", "handle", "handled", {"cause": CAUSE, "result": r.choice(WORKS)}),
            Happening(handled + timedelta(minutes=30), "lina", "tell", "told", {"told_by": "phone"}),
            Happening(asked + timedelta(minutes=10), "lina", "visit", "visited", {"visit": visit_id}),
            Happening(asked + timedelta(minutes=15), "lina", "close", "closed"),
        ]  # fmt: skip
        if level == "minor":
            del events[1]
        fields: dict[str, object] = {
            "way": "phone", "kind": "complaint", "name": name, "phone": phone, "room": room,
            "happened_at": (at - timedelta(hours=9)).isoformat(), "place": room, "summary": summary, "course": course,
            "level": level, "harm": "false", "round": "1", "repeat_of": repeats,
        }  # fmt: skip
        for complaint in self._entry("CP", "complaint", fields, events):
            assert complaint.id == own
            self._complaints[room] = (own, at)
            yield complaint
            logged.append(self._call(at, "complaint", name, phone, room, summary, own, department))
            yield from self._sheet(own, department, demand, sheet_at, handled)
            yield from self._visit("complaint", own, name, room, phone, handled, asked)

    def _sheet(self, about: str, department: str, demand: str, at: datetime, handled: datetime) -> Iterator[Entry]:
        contacted = (at + timedelta(hours=1)).isoformat()
        events = [
            Happening(at, "lina", "issue", "issued"),
            Happening(at + timedelta(minutes=20), "chen", "receive", "received", {"to_person": "chen"}),
            Happening(
                handled - timedelta(minutes=15), "chen", "reply", "done",
                {"contacted_at": contacted, "action": self._random.choice(WORKS)},
            ),
            Happening(handled + timedelta(hours=2), "lina", "verify", "verified", {"verified": "ok"}),
        ]  # fmt: skip
        fields: dict[str, object] = {
            "about": about, "to_dept": department, "demand": demand, "round": "1",
            "due_at": (at + timedelta(days=1)).isoformat(),
        }  # fmt: skip
        yield from self._entry("CS", "contact_sheet", fields, events)

    def _call(
        self, at: datetime, kind: str, name: str, phone: str, room: str, content: str, record: str, told: str
    ) -> dict[str, object]:
        return {
            "at": at.isoformat(), "how": "call", "kind": kind, "who": name, "phone": phone, "room": room,
            "content": content, "told": told, "told_at": (at + timedelta(minutes=10)).isoformat(), "record": record,
        }  # fmt: skip

    def _log(self, start: datetime, logged: list[dict[str, object]]) -> Iterator[Entry]:
        end = start + timedelta(hours=6)
        events = [
            Happening(start, "zhou", "open", "open"),
            *(
                Happening(start + timedelta(minutes=55 + n), "zhou", "note", "open", {"entries": logged[: n + 1]})
                for n in range(len(logged))
            ),
            Happening(end, "zhou", "close", "closed"),
            Happening(end + timedelta(hours=12), "zhao", "review", "reviewed", {"review_note": "已阅，记录完整。"}),
        ]
        del events[1:-3]  # one note for all calls keeps a log under some 2 KB
        fields: dict[str, object] = {"date": f"{start:%Y-%m-%d}", "post": "客服中心", "shift": "day"}
        yield from self._entry("DL", "duty_log", fields, events)

    def _key(self, at: datetime) -> Iterator[Entry]:
        r = self._random
        name, phone = self._who()
        back = at + timedelta(hours=1 + r.randrange(4))
        events = [
            Happening(at, "zhou", "out", "out"),
            Happening(back, "zhou", "return", "returned", {"returned_copies": "1"}),
        ]
        fields: dict[str, object] = {
            "key": r.choice(KEYS), "copies": "1", "borrower_kind": r.choice(("staff", "contractor")), "borrower": name,
            "unit_or_dept": r.choice(DEPARTMENTS), "phone": phone,
            "purpose": f"{r.choice(PLACES)}{r.choice(FAULTS)}，{BORROWED}",
            "due_at": at.replace(hour=20, minute=0, second=0).isoformat(),
        }  # fmt: skip
        yield from self._entry("KC", "key_checkout", fields, events)

    def _patrol(self, at: datetime) -> Iterator[Entry]:
        r = self._random
        area = r.choice(AREAS)
        notes = [f"{place}检查正常，照明完好，消防通道畅通，没有杂物堆放" for place in r.sample(PLACES, 4)]
        points = [
            {"area": area, "at": (at + timedelta(minutes=5 * n)).isoformat(), "ok": "true", "note": note}
            for n, note in enumerate(notes)
        ]
        events = [
            Happening(at, "liu", "start", "walking"),
            Happening(at + timedelta(minutes=25), "liu", "finish", "done"),
            Happening(at + timedelta(hours=20), "zhao", "review", "reviewed"),
        ]
        checklist = {f"building_patrol_{n:02d}": "pass" for n in range(1, 8)}
        fields: dict[str, object] = {
            "area": area, "kind": "estate", "date": f"{at:%Y-%m-%d}", "points": points, "checklist": checklist,
        }  # fmt: skip
        yield from self._entry("PT", "patrol", fields, events)
