"""Two hundred records of two months, made from plain dictionaries and committed at once.

The dictionaries are what the tests count by themselves: nothing here or there goes through the reports."""

from __future__ import annotations

import random
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any

from logbook.store import codec
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from tests.operations.desk import START
from tests.operations.desk import TEMPLATES
from tests.operations.desk import ZONE
from tests.operations.desk import Desk
from tests.operations.desk import moment

NOW = "2026-12-03 10:00"
FIRST = datetime(2026, 10, 1, 8, tzinfo=ZONE)
PACKS = ("estate", "stores", "mall", "kpi")
ROOMS = ("1-1-101", "1-1-102", "1-2-201", "2-1-301", "2-1-302", "3-502", "3-602")
Plain = dict[str, Any]


def text(at: datetime) -> str:
    return at.isoformat()


class Records:
    """Records as dictionaries, by form."""

    def __init__(self, seed: int = 7) -> None:
        self.random = random.Random(seed)
        self.by_form: dict[str, list[Plain]] = {}
        self._numbers: dict[str, int] = {}
        self.repairs(60)
        self.complaints(40)
        self.stock()
        self.fees()
        self.attendance()
        self.keys()
        self.survey()

    def some_moment(self) -> datetime:
        """Some working hour of October or November."""
        return FIRST + timedelta(days=self.random.randrange(61), minutes=self.random.randrange(12 * 60))

    def put(self, form: str, prefix: str, at: datetime, status: str, events: list[Plain], **fields: Any) -> Plain:
        key = f"{prefix}-{at:%Y%m%d}"
        self._numbers[key] = number = self._numbers.get(key, 0) + 1
        filled = {name: value for name, value in fields.items() if value is not None}
        plain: Plain = {
            "id": f"{key}-A{number:03d}", "form": f"{form}@1", "status": status, "at": text(at), "by": "lina",
            **filled, "events": events,
        }  # fmt: skip
        self.by_form.setdefault(form, []).append(plain)
        return plain

    def register(self, form: str, id: str, step: str, status: str, **fields: Any) -> Plain:
        at = FIRST - timedelta(days=20)
        plain: Plain = {
            "id": id, "form": f"{form}@1", "status": status, "at": text(at), "by": "lina", **fields,
            "events": [event(at, step)],
        }  # fmt: skip
        self.by_form.setdefault(form, []).append(plain)
        return plain

    def repairs(self, count: int) -> None:
        pick = self.random
        for _ in range(count):
            at = self.some_moment()
            kind = pick.choice(("safety", "leak", "other", "other"))
            events, status = [event(at, "register")], "open"
            fate = pick.random()
            done = at + timedelta(hours=pick.randrange(2, 90))
            if fate < 0.1:
                events.append(event(at + timedelta(hours=1), "cancel"))
                status = "cancelled"
            elif fate < 0.2:
                events.append(event(at + timedelta(hours=3), "stick", stuck_why=pick.choice(("parts", "maker_absent"))))
                status = "stuck"
            elif fate < 0.85:
                worked = {"arrived_at": text(done - timedelta(hours=1)), "work": "换密封圈"}
                events.append(event(done, "finish", by="sun", **worked))
                accepted = pick.choice(("ok", "ok", "ok", "not_ok"))
                events.append(event(done + timedelta(minutes=10), "accept", accepted=accepted))
                status = "accepted"
            repair = self.put(
                "repair", "RP", at, status, events, room=pick.choice(ROOMS), content="水管漏水", kind=kind,
                trade=pick.choice(("plumbing", "power", "door")), origin="call",
            )  # fmt: skip
            if status == "accepted" and pick.random() < 0.8:
                self.visit(repair, done)

    def visit(self, repair: Plain, done: datetime) -> None:
        pick = self.random
        at = done + timedelta(hours=pick.randrange(1, 80))
        happy = pick.choice(("satisfied", "satisfied", "satisfied", "fair", "unsatisfied"))
        who = pick.choice(("lina", "lina", "lina", "zhou", "chen"))
        said = {"reached": "true", "satisfied": happy, "problem": "true" if happy == "unsatisfied" else "false"}
        visit = self.put(
            "return_visit", "RV", done + timedelta(minutes=15), "done",
            [event(done + timedelta(minutes=15), "plan"), event(at, "visit", by=who, **said)],
            about="repair", record=repair["id"], room=repair["room"], due_at=text(done + timedelta(days=2)),
        )  # fmt: skip
        repair["events"].append(event(at + timedelta(minutes=5), "visit", visit=visit["id"]))
        repair["status"] = "visited"

    def complaints(self, count: int) -> None:
        pick = self.random
        for _ in range(count):
            at = self.some_moment()
            events, status = [event(at, "register")], "registered"
            if pick.random() < 0.7:
                departments = [
                    {"dept": name} for name in pick.sample(("维修部", "安护部", "保洁部"), pick.randrange(1, 3))
                ]
                events.append(event(at + timedelta(hours=2), "assign", departments=departments))
                done = at + timedelta(hours=pick.randrange(4, 200))
                told = {"cause": "疏忽", "result": "已处理"}
                events.append(event(done, "handle", by="chen", **told))
                status = "handled"
                if pick.random() < 0.2:
                    events.append(event(done + timedelta(hours=1), "tell", told_by="phone"))
                    events.append(event(done + timedelta(hours=30), "reopen", reason="又坏了"))
                    status = "assigned"
            self.put(
                "complaint", "CP", at, status, events, name="王芳", room=pick.choice(ROOMS), summary="楼道堆物",
                kind=pick.choice(("complaint", "complaint", "complaint", "opinion")), side=pick.choice(("company", "resident")),
                level=pick.choice(("major", "important", "minor", "minor")),
            )  # fmt: skip

    def stock(self) -> None:
        pick = self.random
        for number, opening in enumerate((20, 0, 35), 1):
            self.register(
                "stock_item", f"item-{number}", "enter", "active", code=f"Q{number}", name=f"物品{number}", unit="瓶",
                place="A-1", opening_qty=str(opening), min_level="10", price="3.50", store="main",
            )  # fmt: skip
        for _ in range(24):
            at = self.some_moment()
            lines = [
                {"item": f"item-{n}", "qty": str(pick.randrange(1, 6)), "price": "3.50"}
                for n in pick.sample((1, 2, 3), 2)
            ]
            events = [event(at, "fill")]
            status = "draft"
            if pick.random() < 0.8:
                events.append(event(at + timedelta(hours=20), "post"))
                status = "posted"
            kind = pick.choice(("in_purchase", "in_purchase", "out_issue", "out_use"))
            self.put("stock_move", "SM", at, status, events, kind=kind, store="main", lines=lines)

    def fees(self) -> None:
        pick = self.random
        self.register("fee_item", "property", "enter", "active", name="物业费", kind="property", rate="2.00")
        for room in ROOMS:
            for month in (10, 11):
                made = datetime(2026, month, 2, 9, tzinfo=ZONE)
                lines = [{"item": "property", "qty": str(pick.randrange(60, 130)), "rate": "2.00", "factor": "1"}]
                events = [event(made, "make"), event(made + timedelta(hours=1), "send", sent_by="paper")]
                bill = self.put(
                    "fee_bill", "FB", made, "sent", events, room=room, period="month", period_from=f"2026-{month}-01",
                    period_to=f"2026-{month}-28", due_on=f"2026-{month}-28", lines=lines,
                )  # fmt: skip
                paid = pick.choice((0, 50, 100, 100))
                if paid:
                    whole = 2 * int(lines[0]["qty"])
                    amount = whole * paid // 100
                    at = made + timedelta(days=9)
                    confirmed = {"receipt_no": f"N{bill['id'][-3:]}{month}", "confirmed": "true"}
                    self.put(
                        "payment", "PM", at, "received", [event(at, "receive_desk", **confirmed)], room=room,
                        owner_name="王芳", payer="王芳", collector="lina",
                        lines=[{"bill": bill["id"], "amount": f"{amount}.00"}],
                    )  # fmt: skip

    def attendance(self) -> None:
        for month in ("2026-10", "2026-11"):
            at = datetime.fromisoformat(f"{month}-28T09:00:00").replace(tzinfo=ZONE)
            lines = [
                {"person": who, "due": "22", "actual": str(22 - self.random.randrange(4)), "late": "1", "leave": "0"}
                for who in ("lina", "zhou", "chen")
            ]
            events = [event(at, "draft")]
            self.put(
                "attendance",
                "AT",
                at,
                "open",
                events,
                kind="month_sheet",
                month=month,
                department="客服部",
                lines=lines,
            )

    def keys(self) -> None:
        for _ in range(10):
            at = self.some_moment()
            events, status = [event(at, "out")], "out"
            if self.random.random() < 0.6:
                events.append(event(at + timedelta(hours=5), "return", returned_copies="1"))
                status = "returned"
            self.put(
                "key_checkout", "KC", at, status, events, key="K-pump", copies="1", borrower="张三", purpose="检修",
                borrower_kind="contractor", due_at=text(at + timedelta(hours=8)),
            )  # fmt: skip

    def survey(self) -> None:
        at = datetime(2026, 11, 5, 9, tzinfo=ZONE)
        answers = [
            {"q_no": "1", "good": "30", "fair": "8", "bad": "2"},
            {"q_no": "2", "good": "2", "fair": "1", "bad": "0"},
            {"q_no": "3", "good": "5", "fair": "3", "bad": "1"},
            {"q_no": "4", "good": "21", "fair": "9", "bad": "4"},
        ]
        events = [
            event(at, "draft"), event(at + timedelta(hours=1), "send", sent="60"),
            event(at + timedelta(days=9), "collect", returned="40"),
            event(at + timedelta(days=12), "analyse", answers=answers, analysis="好"),
        ]  # fmt: skip
        self.put("survey", "SV", at, "analysed", events, kind="satisfaction", year="2026")

    def changes(self) -> list[Change]:
        found = []
        for form, records in self.by_form.items():
            for plain in records:
                day = plain["at"]
                folder = f"records/{form}" if "-A0" not in plain["id"] else f"records/{form}/{day[:4]}/{day[5:7]}"
                found.append(Change(f"{folder}/{plain['id']}.yaml", codec.write(plain)))
        return found


def event(at: datetime, step: str, *, by: str = "lina", **values: Any) -> Plain:
    reason = values.pop("reason", None)
    plain: Plain = {"at": text(at), "by": by, "step": step}
    if reason is not None:
        plain["reason"] = reason
    return {**plain, "set": values} if values else plain


def value(plain: Plain, name: str) -> Any:
    """What a field holds in the end: the last one set, in the order of the file."""
    found = plain.get(name)
    for one in plain["events"]:
        found = one.get("set", {}).get(name, found)
    return found


def taken(plain: Plain, step: str) -> list[datetime]:
    """When a step was taken."""
    return [datetime.fromisoformat(one["at"]) for one in plain["events"] if one["step"] == step]


def month_of(at: datetime) -> str:
    return f"{at:%Y-%m}"


def make(furnished: Desk, root: Path) -> tuple[Desk, Records]:
    """A copy of the practice book with these records in one commit."""
    desk = furnished.copy(root)
    records = Records()
    packs = [
        Change(f"templates/{pack}/{file.name}", file.read_bytes())
        for pack in PACKS
        for file in sorted((TEMPLATES / pack).glob("*.yaml"))
    ]
    session = desk.session(START)
    people = (("高总", "boss@staff.logbook"), ("前台 A", "desk-a@desk.logbook"))
    settings = desk.root / "logbook.yaml"
    said = settings.read_text(encoding="utf-8").replace(
        "packs:\n- core\n", "packs:\n- core\n" + "".join(f"- {p}\n" for p in PACKS)
    )
    rooms = Records.__new__(Records)
    rooms.by_form = {}
    for room in ROOMS:
        if not room.startswith("3-"):
            rooms.register("room", room, "enter", "active", kind="house", occupancy="lived_in")
    files = [Change("logbook.yaml", said.encode()), *packs, *rooms.changes(), *records.changes()]
    publish(session.repository, [Commit(files, "book: records", *people, moment("2026-12-01 09:00"))])
    session.close()
    return desk, records
