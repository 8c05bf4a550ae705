"""Records of an estate, a tower, a mall and their stores, two months of them, made from plain dictionaries.

The dictionaries are what the tests count by themselves: nothing here or there goes through the reports."""

from __future__ import annotations

import random
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any

from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from tests.operations.desk import START
from tests.operations.desk import TEMPLATES
from tests.operations.desk import ZONE
from tests.operations.desk import Desk
from tests.operations.desk import moment
from tests.reports.book import Plain
from tests.reports.book import Records
from tests.reports.book import event
from tests.reports.book import text

PACKS = ("estate", "stores", "tower", "mall", "sales", "office")
UNITS = ("lived_in", "lived_in", "lived_in", "renovating", "renovated", "not_taken", "vacant", "vacant", "custody")
ROOMS = tuple(f"{1 + n // 9}-1-{101 + n % 9}" for n in range(18))
RATES = {"property": "2.00", "heating": "25.00", "water": "4.10"}


def day(month: int, number: int, hour: int = 9) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=ZONE)


class Buildings(Records):
    """Records as dictionaries, by form."""

    def __init__(self, seed: int = 11) -> None:
        self.random = random.Random(seed)
        self.by_form = {}
        self._numbers = {}
        self.registers()
        self.releases()
        self.fees()
        self.cash()
        self.custody()
        self.services()
        self.events()
        self.stores()
        self.shares()
        self.rounds()
        self.vacant()
        self.daily_checks()
        self.cleaning()
        self.mall()

    def registers(self) -> None:
        for n, room in enumerate(ROOMS):
            unit = "unit" if n in (3, 12) else "owner"
            self.register("customer", f"cu-{n}", "enter", "active", kind=unit, name=f"客户{n}", phone="13800001111")
            self.register(
                "room", room, "enter", "active", kind="house", occupancy=UNITS[n % 9], area_m2=str(80 + n),
                owner=f"cu-{n}", occupant=f"cu-{n}",
            )  # fmt: skip
        places = {
            "board": 3, "mall_zone": 2, "distribution_room": 2, "daily_check": 3, "show_flat": 1, "facility": 1,
        }  # fmt: skip
        for kind, count in places.items():
            for n in range(1, count + 1):
                self.register("area", f"{kind}-{n}", "enter", "active", name=f"{kind}{n}", kind=kind)
        for service, names in {"cleaning": ("净城", "洁雅"), "greening": ("绿源",), "pest": ("除害",)}.items():
            for n, name in enumerate(names, 1):
                self.register("contractor", f"{service}-{n}", "enter", "active", name=name, service=service)
        self.register("key", "K-101", "enter", "active", opens="入户门", room="1-1-107", kind="unit", copies="3")

    def releases(self) -> None:
        pick = self.random
        for n in range(14):
            at = self.some_moment()
            goods = [{"item": f"家具{k}", "qty": str(pick.randrange(1, 4))} for k in range(pick.randrange(1, 3))]
            events, status = [event(at, "apply")], "applied"
            more: Plain = {}
            if n % 7:
                events.append(event(at + timedelta(minutes=10), "issue"))
                status = "issued"
                if n % 3 == 1:
                    wrong = [{**row, "gate_qty": str(int(row["qty"]) + (k == 0))} for k, row in enumerate(goods)]
                    events.append(event(at + timedelta(minutes=30), "stop", by="liu", mismatch="多一件", goods=wrong))
                    status = "stopped"
                elif n % 3 == 2:
                    right = [{**row, "gate_qty": row["qty"]} for row in goods]
                    events.append(event(at + timedelta(minutes=30), "gate", by="liu", goods=right))
                    status = "out"
            self.put(
                "goods_release", "GR", at, status, events, kind="move" if n % 2 else "unit", room=pick.choice(ROOMS),
                name="王芳", goods=goods, valid_on=f"{at:%Y-%m-%d}", **more,
            )  # fmt: skip
        slips = [one for one in self.by_form["goods_release"] if one["status"] in ("issued", "out")]
        for n, slip in enumerate(slips[:5]):
            at = datetime.fromisoformat(slip["at"]) + timedelta(hours=1)
            entry = self.put(
                "contractor_entry", "SCE", at, "working",
                [
                    event(at, "present"), event(at, "verify"),
                    event(at, "enter", goods_in=[{"name": "电钻", "qty": "2"}], people=[{"name": "张三"}]),
                    event(at, "take_out", goods_out=[{"name": "电钻", "qty": "1", "release": slip["id"], "out_at": text(at)}]),
                ],
                flat="show_flat-1", order_no=f"N{n}", work="补漆", contractor="装饰公司", approver="赵工",
            )  # fmt: skip
            self.put(
                "item_movement", "SIM", at, "recorded", [event(at, "record")], flat="show_flat-1",
                direction="out" if n % 2 else "in", lines=[{"name": "电钻", "qty": "1"}], release=slip["id"],
                entry=entry["id"],
            )  # fmt: skip

    def fees(self) -> None:
        pick = self.random
        for kind, rate in RATES.items():
            self.register("fee_item", kind, "set", "active", name=kind, kind=kind, basis="area", rate=rate)
        for n, room in enumerate(ROOMS):
            for month, kinds in ((10, ("property", "heating")), (11, ("water",))):
                for kind in kinds:
                    made = day(month, 2)
                    lines = [{"item": kind, "qty": str(pick.randrange(10, 90)), "rate": RATES[kind], "factor": "1"}]
                    bill = self.put(
                        "fee_bill", "FB", made, "draft" if n == 17 else "sent",
                        [event(made, "make")] + ([] if n == 17 else [event(made, "send", sent_by="paper")]),
                        room=room, customer=f"cu-{n}", period="quarter", period_from=f"2026-{month}-01",
                        period_to=f"2026-{month}-28", due_on=f"2026-{month}-28", lines=lines,
                    )  # fmt: skip
                    share = pick.choice((0, 50, 100, 100))
                    if n != 17 and share:
                        cents = int(float(rate_of(lines[0]) * 100)) * share // 100
                        self.pay(bill["id"], room, cents, made + timedelta(days=pick.randrange(1, 20)))

    def pay(self, bill: str, room: str, cents: int, at: datetime) -> Plain:
        """At the desk, by bank, or at home: then the money comes a day after the booking."""
        number = len(self.by_form.get("payment", ()))
        channel = ("desk", "bank", "home")[number % 3]
        said = {"receipt_no": f"SJ{number:04d}", "confirmed": "true"}
        if channel == "home":
            events = [
                event(at, "book"),
                event(at + timedelta(days=1), "receive_home", arrived_at=text(at + timedelta(days=1)), **said),
            ]
        else:
            events = [event(at, "receive_desk", **said)]
        status = "received"
        if number % 9 == 5:
            events.append(event(at + timedelta(days=2), "refund", reason="多收"))
            status = "refunded"
        lines = [{"bill": bill, "amount": f"{cents // 100}.{cents % 100:02d}"}]
        return self.put(
            "payment", "PM", at, status, events, channel=channel, room=room, owner_name="王芳", payer="王芳",
            collector=("lina", "zhou")[number % 2], lines=lines,
        )  # fmt: skip

    def cash(self) -> None:
        pick = self.random
        for month in (10, 11):
            for number in range(1, 29, 3):
                at = day(month, number, 17)
                taken, out = pick.randrange(500, 3000), pick.randrange(0, 90)
                lines = [
                    {"kind": "property", "taken_in": f"{taken}.00", "receipts": "1-9"},
                    {"kind": "other", "out": f"{out}.00"},
                ]
                counted = taken - out - (5 if number == 10 else 0)
                status, events = "recorded", [event(at, "record")]
                if number % 2:
                    events.append(event(at + timedelta(hours=1), "receive", by="hu"))
                    status = "received"
                self.put(
                    "cash_handover", "MCH", at, status, events, kind="handin", day=f"{at:%Y-%m-%d}", opening="0",
                    lines=lines, counted=f"{counted}.00", handed=f"{counted}.00",
                )  # fmt: skip
                sound = "false" if number == 7 else "true"
                self.put(
                    "cash_handover", "MCH", at, "recorded", [event(at, "record")], kind="safe", day=f"{at:%Y-%m-%d}",
                    safe_ok=sound, scrambled="true",
                )  # fmt: skip
            at = day(month, 28, 18)
            self.put("cash_handover", "MCH", at, "closed", [event(at, "record"), event(at + timedelta(hours=1), "close")],
                     kind="month_close", day=f"{at:%Y-%m-%d}")  # fmt: skip
            paid = event(at + timedelta(days=1), "pay")
            self.put("expense_claim", "EC", at, "paid", [event(at, "claim"), paid], kind="claim", reason="纸",
                     items=[{"what": "纸", "amount": "35.50"}])  # fmt: skip
            self.put("notice", "NT", at, "issued", [event(at, "draft"), event(at, "issue")], kind="accounts",
                     title="收支公布", text="见附表", figures="收支表", ways=["board"])  # fmt: skip

    def custody(self) -> None:
        for n, (room, water, power) in enumerate((("1-1-109", "6.5", "12"), ("2-1-109", "3", "25"))):
            at = day(10, 1)
            one = self.put(
                "custody", "CY", at, "active", [event(at, "draft"), event(at, "sign")], room=room, owner=f"cu-{8 + 9 * n}",
                from_date="2026-10-01", water_start="100", power_start="200", water_limit="5", power_limit="20",
                fee_full="300.00", fee_rate="0.70", owner_contact="13800001111",
            )  # fmt: skip
            for meter, start, used in (("water", 100, water), ("power", 200, power)):
                for when, more in ((day(10, 1), 0.0), (day(11, 15), float(used))):
                    self.put("meter_reading", "MR", when, "entered", [event(when, "read"), event(when, "enter")],
                             room=room, meter=meter, reading=f"{start + more:g}", reason="custody_check")  # fmt: skip
            for week in range(5 + n):
                at = day(10, 28) + timedelta(weeks=week)
                ok = "false" if week == 3 else "true"
                self.put("custody_patrol", "CYP", at, "done", [event(at, "log")], custody=one["id"], reason="weekly",
                         ok=ok, problem="门缝进水" if ok == "false" else None)  # fmt: skip
            bill = day(11, 18)
            self.put(
                "fee_bill", "FB", bill, "sent", [event(bill, "make"), event(bill, "send", sent_by="paper")], room=room,
                customer=f"cu-{8 + 9 * n}", period="quarter", period_from="2027-01-01", period_to="2027-03-31",
                due_on="2027-01-31", lines=[{"item": "property", "qty": "100", "rate": "2.00", "factor": "0.70"}],
            )  # fmt: skip

    def services(self) -> None:
        pick = self.random
        for n in range(16):
            at = self.some_moment()
            done, fee = at + timedelta(hours=30), pick.choice((0, 80, 120))
            events, status = [event(at, "agree")], "agreed"
            if n % 4:
                events += [
                    event(at, "assign", told_dept="维修部", worker="sun"),
                    event(done, "do", by="sun", arrived_at=text(done - timedelta(hours=1))),
                    event(done + timedelta(hours=1), "accept", accepted="ok"),
                ]
                status = "accepted"
            order = self.put(
                "service_order", "SO", at, status, events, kind="special", room=pick.choice(ROOMS), name="王芳",
                item=pick.choice(("擦玻璃", "通下水")), agreed_at=text(at + timedelta(hours=24)), fee=f"{fee}.00",
            )  # fmt: skip
            if status == "accepted" and fee and n % 3:
                self.pay(order["id"], order["room"], fee * 100, done + timedelta(hours=2))

    def events(self) -> None:
        for n, at in enumerate((day(10, 3), day(11, 7), day(11, 21), day(11, 28))):
            plan = at - timedelta(days=10)
            events, status = [event(plan, "plan"), event(plan + timedelta(days=1), "approve", by="wang")], "approved"
            if n < 3:
                held = {"record": "顺利", "actual_number": str(20 + n), "actual_cost": f"{110 + n}.00"}
                events += [event(at - timedelta(hours=2), "set_up"), event(at + timedelta(hours=2), "hold", **held)]
                status = "held"
            if n < 2:
                events.append(event(at + timedelta(days=1), "file", effect="好", media="照片.jpg"))
                status = "filed"
            self.put(
                "event", "EV", plan, status, events, kind="season", theme=f"活动{n}", cost="100.00", starts_at=text(at),
                number="30", place="facility-1", programme="致辞、演出",
                departments=[{"dept": "维修部", "duty": "布置"}, {"dept": "安护部", "duty": "秩序"}],
            )  # fmt: skip
        for n, at in ((1, day(10, 20)), (1, day(11, 3)), (2, day(11, 25))):
            last = n == 2 or at.month == 11
            events = [event(at, "put_up")] + ([] if last else [event(day(11, 3), "replace")])
            self.put("bulletin", "BL", at, "up" if last else "filed", events, board=f"board-{n}", topic=f"第{at.day}期",
                     content_kind=["law", "news"], editor="lina")  # fmt: skip

    def stores(self) -> None:
        pick = self.random
        for n, opening in enumerate((40, 5, 60, 2), 1):
            self.register(
                "stock_item", f"item-{n}", "register", "active", code=f"Q{n}", name=f"物品{n}", unit="瓶", place="A-1",
                opening_qty=str(opening), min_level="10", price="3.50", store="main", proposed_level="30",
                proposed_basis="每月 20 瓶",
            )  # fmt: skip
        for _ in range(20):
            at = self.some_moment()
            kind = pick.choice(("in_purchase", "in_purchase", "out_use"))
            self.put(
                "stock_move", "SM", at, "posted", [event(at, "enter"), event(at + timedelta(minutes=30), "post")],
                kind=kind, store="main", party="供货商",
                lines=[{"item": f"item-{pick.choice((1, 3))}", "qty": str(pick.randrange(1, 4)), "price": "3.50"}],
            )  # fmt: skip
        for n in range(8):
            at = self.some_moment()
            want = [{"item": f"item-{k}", "want": str(pick.randrange(2, 6)), "approved": "2"} for k in (1, 3)]
            events, status = [event(at, "request"), event(at + timedelta(hours=1), "approve", by="zhao")], "approved"
            slip = self.put("requisition", "WRQ", at, status, events, requester="lina",
                            post="保洁" if n % 2 else "客服", lines=want)  # fmt: skip
            if n % 4:
                given = at + timedelta(hours=2)
                self.put(
                    "stock_move", "SM", given, "posted", [event(given, "enter"), event(given, "post")], kind="out_issue",
                    store="main", requisition=slip["id"], party="保洁",
                    lines=[{"item": row["item"], "qty": "2", "price": "3.50"} for row in want],
                )  # fmt: skip
                slip["events"].append(event(given + timedelta(minutes=5), "issue", by="hu"))
                slip["status"] = "issued"
        for month in (10, 11):
            at = day(month, 28)
            self.put(
                "consumption", "WCN", at, "submitted", [event(at, "draft"), event(at + timedelta(days=1), "submit")],
                month=f"2026-{month}", store="main", planned="10.00",
                lines=[{"item": f"item-{n}", "proposed_level": "30"} for n in (1, 2, 3)],
            )  # fmt: skip
            plan = day(month, 27)
            lines = [{"item": f"item-{n}", "name": f"物品{n}", "qty": str(5 * n), "price": "3.50"} for n in (1, 2)]
            self.put(
                "purchase_plan", "WPP", plan, "submitted", [event(plan, "draft"), event(plan, "submit")],
                department="客服部", period="month", month=f"2026-{month + 1}", lines=lines,
            )  # fmt: skip

    def shares(self) -> None:
        for n, subject in enumerate(("water", "power")):
            at = day(11, 25)
            shares = [{"room": room, "weight": str(80 + k)} for k, room in enumerate(ROOMS[:7])]
            shares[-1]["carries"] = "true"
            self.put(
                "meter_share", "WMS", at, "checked", [event(at, "draft"), event(at, "check")], subject=subject,
                from_date="2026-10-01", to_date="2026-11-24", start_reading="0", end_reading=str(100 + n), price="4.10",
                total=f"{410 + n}.01", basis="area", shares=shares,
            )  # fmt: skip

    def rounds(self) -> None:
        for number in range(1, 31):
            for place in (1, 2):
                if (number + place) % 5 == 0:
                    continue
                at = day(11, number, 8 + place)
                normal = "false" if number == 12 and place == 1 else "true"
                readings = [
                    {"point": "A 相", "value": str(200 + number), "unit": "A", "normal": normal},
                    {"point": "B 相", "value": str(210 + number), "unit": "A", "normal": "true"},
                ]
                self.put("equipment_log", "WEL", at, "logged", [event(at, "log")], kind="round",
                         place=f"distribution_room-{place}", slot="day", user="sun", readings=readings)  # fmt: skip

    def vacant(self) -> None:
        for n, room in enumerate(ROOMS):
            if UNITS[n % 9] != "vacant" or n == 16:
                continue
            for week in range(3):
                at = day(11, 2 + 7 * week)
                events, status = [event(at, "check")], "closed" if week == 0 else "checked"
                if week == 0:
                    events.append(event(at + timedelta(hours=2), "close", by="wang"))
                elif n % 2:
                    events.append(event(at + timedelta(hours=1), "raise", by="zhao"))
                    status = "defects_open"
                defects = [{"item": "门窗", "problem": "窗扣松"}] if n % 2 else None
                self.put("vacant_room", "TVR", at, status, events, room=room, reason="routine", locked="true",
                         defects=defects, next_due=f"{at + timedelta(days=7):%Y-%m-%d}")  # fmt: skip

    def daily_checks(self) -> None:
        for number in range(1, 31):
            for area in (1, 2, 3):
                if number % 10 == area:
                    continue
                at = day(11, number, 8)
                items = {f"daily_check_{k:02d}": "pass" for k in (1, 2, 3)}
                events, status = [event(at, "issue"), event(at, "check", items=items)], "checked"
                if number % 6 == area:
                    items["daily_check_02"] = "fail"
                    fixed = at + timedelta(hours=5 if number < 15 else 40)
                    fails = [{"item": "daily_check_02", "problem": "灯坏", "fixed_at": text(fixed)}]
                    if number > 24:
                        del fails[0]["fixed_at"]
                    events.append(event(at + timedelta(minutes=5), "raise", fails=fails))
                    status = "open"
                    if number <= 24:
                        events.append(event(fixed + timedelta(hours=1), "verify", by="zhao"))
                        status = "verified"
                sheet = self.put("daily_check", "TDC", at, status, events, date=f"{at:%Y-%m-%d}", area=f"daily_check-{area}")
                if status == "open" and area == 1:
                    self.put("rectification", "RC", at + timedelta(hours=3), "open", [event(at + timedelta(hours=3), "issue")],
                             source=sheet["id"], problem="灯坏", area=f"daily_check-{area}", to_dept="维修部",
                             due_at=text(at + timedelta(days=2)))  # fmt: skip

    def cleaning(self) -> None:
        pick = self.random
        for n in range(30):
            at = self.some_moment()
            failed = n % 4 == 0
            items = {"cleaning_01": "fail" if failed else "pass", "cleaning_02": "pass"}
            problems = None
            if failed:
                due = at + timedelta(hours=24)
                problems = [{"place": "三楼", "problem": "积水", "due": text(due), "fixed_at": text(due - timedelta(hours=1))},
                            {"place": "四楼", "problem": "纸屑", "due": text(due)}]  # fmt: skip
            events, status = [event(at, "check")], "checked"
            if failed:
                events.append(event(at + timedelta(minutes=20), "notify"))
                status = "rectifying"
            self.put("cleaning_check", "TCK", at, status, events, area=pick.choice(("lobby", "floor_interior", "public")),
                     kind="daily", contractor=f"cleaning-{1 + n % 2}", items=items, problems=problems,
                     score=str(80 + n % 10))  # fmt: skip
        for n in range(6):
            at = self.some_moment()
            self.put("greening_check", "TGK", at, "checked", [event(at, "check")], area="facility-1", contractor="greening-1",
                     items={"greening_01": "fail" if n % 2 else "pass"},
                     problems=[{"problem": "枯枝"}] if n % 2 else None,
                     replaced=[{"place": "门口", "plant": "绿萝", "qty": "3"}])  # fmt: skip
        for n, at in enumerate((day(10, 9), day(11, 9), day(11, 23))):
            events = [event(at - timedelta(days=1), "plan"), event(at, "treat", dead_found="0")]
            events.append(event(at + timedelta(hours=3), "close", effect="poor" if n == 2 else "good"))
            self.put("pest_control", "TPC", at - timedelta(days=1), "closed", events, date=f"{at:%Y-%m-%d}",
                     area="facility-1", contractor="pest-1", targets=["rat"], items={"pest_01": "fail" if n else "pass"})  # fmt: skip
        at = day(11, 29)
        self.put("contractor_rating", "TCR", at, "confirmed", [event(at, "draft"), event(at, "confirm", conclusion="合格")],
                 contractor="cleaning-1", service="cleaning", from_date="2026-11-01", to_date="2026-11-28",
                 items=[{"item": "质量", "score": "45"}, {"item": "态度", "score": "41.5"}])  # fmt: skip

    def mall(self) -> None:
        for number in range(16, 30):
            for zone in (1, 2):
                at = day(11, number, 10)
                points = {f"public_area_check_{k:02d}": "pass" for k in range(1, 17)}
                for k in (1, 8, 9, 13, 14, 15, 16):
                    if (number + zone) % (k + 2) == 0:
                        points[f"public_area_check_{k:02d}"] = "fail"
                wrong = [name for name, said in points.items() if said == "fail"]
                found = [{"point": name, "what": "见现场"} for name in wrong]
                if found and zone == 1:
                    found[0]["fixed_at"] = text(at + timedelta(hours=1))
                self.put("public_area_check", "PAC", at, "checked", [event(at, "check")], area=f"mall_zone-{zone}",
                         by_kind="random" if number % 7 == 0 else "daily", clerk="lina", points=points,
                         findings=found or None)  # fmt: skip
        for zone in (1, 2):
            at = day(11, 25, 15)
            records = {"mall_records_01": "pass", "mall_records_02": "fail" if zone == 2 else "pass"}
            self.put("conduct_check", "CK", at, "checked", [event(at, "check", by="zhao")], kind="records",
                     area=f"mall_zone-{zone}", mall_records=records)  # fmt: skip
            self.put("promo_material", "PRM", day(11, 10), "shown", [event(day(11, 10), "place")], kind="poster",
                     title="店庆", area=f"mall_zone-{zone}", from_on="2026-11-10", to_on=f"2026-11-{22 + 8 * (zone - 1)}",
                     intact="true")  # fmt: skip


def rate_of(line: Plain) -> Any:
    """What a line of a bill comes to."""
    from decimal import Decimal

    return (Decimal(line["qty"]) * Decimal(line["rate"]) * Decimal(line["factor"])).quantize(Decimal("0.01"))


def make(furnished: Desk, root: Path, records: Records | None) -> Desk:
    """A copy of the practice book with the packs and these records in one commit."""
    desk = furnished.copy(root)
    packs = [
        Change(f"templates/{pack}/{file.name}", file.read_bytes())
        for pack in PACKS
        for file in sorted((TEMPLATES / pack).glob("*.yaml"))
    ]
    session = desk.session(START)
    said = (desk.root / "logbook.yaml").read_text(encoding="utf-8")
    said = said.replace("packs:\n- core\n", "packs:\n- core\n" + "".join(f"- {pack}\n" for pack in PACKS))
    people = (("高总", "boss@staff.logbook"), ("前台 A", "desk-a@desk.logbook"))
    packs.append(Change("logbook.yaml", said.encode()))
    publish(session.repository, [Commit(packs, "book: packs", *people, moment(START))])
    if records is not None:
        publish(session.repository, [Commit(records.changes(), "book: records", *people, moment("2026-12-01 09:00"))])
    session.close()
    return desk
