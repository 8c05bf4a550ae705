"""Records of every form that the reports of the desk, the office, sales, appraisal and quality count: plain dictionaries."""

from __future__ import annotations

from datetime import date
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
from tests.reports.book import ROOMS
from tests.reports.book import Plain
from tests.reports.book import Records
from tests.reports.book import event
from tests.reports.book import taken
from tests.reports.book import text

PACKS = ("estate", "kpi", "mall", "office", "quality", "sales", "stores", "tower")
PEOPLE = {"mei": ("吧台接待员", "一分部"), "qin": ("前台", "一分部"), "tao": ("前台", "二分部")}
DAY = datetime(2026, 11, 25, 9, tzinfo=ZONE)  # a Wednesday


def day(at: datetime) -> str:
    return at.date().isoformat()


class House(Records):
    """The desk's own, with what the packs add, in October and November."""

    def __init__(self, seed: int = 11) -> None:
        super().__init__(seed)
        for name, (post, branch) in PEOPLE.items():
            roles = ["cs_officer", "agent"]
            self.register("staff", name, "enter", "active", name=name, roles=roles, post=post, department=branch)
        self.register("customer", "wang", "enter", "active", name="王芳", phone="13800001111")
        self.register("customer", "zhang", "enter", "active", name="张三", phone="13800002222")
        for area, kind in (("bar-1", "bar"), ("flat-1", "show_flat"), ("flat-2", "show_flat"), ("lobby-9", "hall")):
            self.register("area", area, "enter", "active", name=area, kind=kind)
        self.register("contractor", "jie", "enter", "active", name="洁净公司", service="cleaning")
        self.after()
        self.incidents()
        self.conduct()
        self.talks()
        self.shifts()
        self.rounds()
        self.meetings()
        self.bar()
        self.flats()
        self.receptions()
        self.office()
        self.training()
        self.budgets()
        self.appraisal()
        self.quality()
        self.others()

    def plain(self, form: str, prefix: str, at: datetime, step: str, status: str, *more: str, **fields: Any) -> Plain:
        """A record of one step, or of some at once."""
        return self.put(form, prefix, at, status, [event(at, one) for one in (step, *more)], **fields)

    # --- the desk -----------------------------------------------------------------------------

    def after(self) -> None:
        """Some defects of public areas, some complaints visited, a loan that was lost."""
        for number in range(5):
            at = datetime(2026, 11, 4, 10, tzinfo=ZONE) + timedelta(days=number)
            worked = {"arrived_at": text(at), "work": "换灯"}
            events = [event(at, "register"), event(at + timedelta(hours=2), "finish", by="sun", **worked)]
            self.put(
                "repair", "RP", at, "done" if number % 2 else "open", events[: 1 + number % 2], area="lobby-9", content="灯不亮",
                kind="other", trade="power", origin="patrol",
            )  # fmt: skip
        told = [one for one in self.by_form["complaint"] if one["status"] == "handled"]
        for number, complaint in enumerate(told):
            at = taken(complaint, "handle")[-1] + timedelta(hours=20)
            said = {"reached": "true", "satisfied": ("satisfied", "fair")[number % 2], "problem": "false", "findings": "快些"}
            visit = self.put(
                "return_visit", "RV", at, "done", [event(at, "plan"), event(at, "visit", **said)], about="complaint",
                record=complaint["id"], due_at=text(at),
            )  # fmt: skip
            complaint["events"] += [event(at, "tell", told_by="phone"), event(at, "visit", visit=visit["id"])]
            complaint["status"] = "visited"
        at = datetime(2026, 11, 10, 9, tzinfo=ZONE)
        events = [event(at, "out", approved_by="zhao"), event(at + timedelta(hours=6), "lose", by="zhao", liable="sun")]
        self.put("loan", "LN", at, "lost", events, item="梯子", qty="1", borrower="李四", due_at=text(at + timedelta(hours=8)))

    def incidents(self) -> None:
        pick = self.random
        for _ in range(14):
            at = self.some_moment()
            kind = pick.choice(("breakage", "water", "lift"))
            events, status = [event(at, "log")], "open"
            if pick.random() < 0.6:
                events.append(event(at + timedelta(hours=pick.randrange(1, 9)), "report", told_to="zhao"))
                events.append(event(at + timedelta(hours=10), "decide", decision="照价赔偿"))
                status = "decided"
            incident = self.put(
                "incident", "IN", at, status, events, found_at=text(at), kind=kind, area="lobby-9", course="打碎",
                first_action="清扫", within_power="false", customer_signed=pick.choice(("true", "false")),
                damage=[{"item": "杯子", "qty": str(pick.randrange(1, 4)), "value": "45.00"}] if kind == "breakage" else None,
                compensation="90.00" if kind == "breakage" else None,
            )  # fmt: skip
            if kind == "breakage" and pick.random() < 0.7:
                self.plain(
                    "reward_penalty", "RWP", at + timedelta(days=1), "propose", "proposed", staff="mei", kind="penalty",
                    happened_on=day(at), cause="breakage", facts="打碎", action="fine", amount="50.00", about=incident["id"],
                )  # fmt: skip

    def conduct(self) -> None:
        pick = self.random
        for _ in range(24):
            at = self.some_moment()
            lines = {f"{n:02d}": {"result": pick.choice(("pass", "pass", "fail"))} for n in range(1, 6)}
            failed = [{"item": f"appearance_{n}", "note": "不齐"} for n, one in lines.items() if one["result"] == "fail"]
            check = self.plain(
                "conduct_check", "CK", at, "check", "checked", kind=pick.choice(("appearance", "post")),
                person=pick.choice(list(PEOPLE)), appearance={f"appearance_{n}": one for n, one in lines.items()},
                fails=failed or None,
            )  # fmt: skip
            if failed and pick.random() < 0.4:
                penalty = self.plain(
                    "reward_penalty", "RWP", at + timedelta(days=1), "propose", "proposed", staff=check["person"],
                    kind="penalty", happened_on=day(at), cause="discipline", facts="违纪", action="warning", about=check["id"],
                )  # fmt: skip
                check["penalty"] = penalty["id"]

    def talks(self) -> None:
        pick = self.random
        for _ in range(30):
            at = self.some_moment()
            outcome = pick.choice(("done", "done", "nobody", "refused"))
            words = {"opinions": "楼道要亮"} if outcome == "done" and pick.random() < 0.6 else {}
            events = [event(at, "plan"), event(at + timedelta(hours=2), "visit", outcome=outcome, **words)]
            status = "visited"
            if words and pick.random() < 0.5:
                events.append(event(at + timedelta(hours=5), "report", result="已转工程部"))
                status = "reported"
            self.put(
                "client_visit", "CV", at, status, events, kind=pick.choice(("plan", "key_client")), planned_on=day(at),
                customer=pick.choice(("wang", "zhang")), room=pick.choice(ROOMS), visitors=[{"person": "lina"}],
                topic=pick.choice(("节前走访", "照明")),
            )  # fmt: skip
        for _ in range(12):
            at = self.some_moment()
            events = [event(at, "log")]
            if pick.random() < 0.7:
                events.append(event(at + timedelta(hours=1), "answer", reply="已答复"))
            self.put(
                "inquiry", "IQ", at, "answered" if len(events) > 1 else "open", events, asked_by="王芳", channel="hotline",
                question="何时退押金", kind=pick.choice(("question", "suggestion")),
            )  # fmt: skip

    def shifts(self) -> None:
        pick = self.random
        for number in range(20):
            at = datetime(2026, 11, 1, 17, 30, tzinfo=ZONE) + timedelta(days=number)
            tools = [
                {"item": "扳手", "expected": "4", "actual": str(4 - (number % 3 == 0)), "why": "lost" if number % 3 == 0 else "ok",
                 "liable": "sun" if number % 3 == 0 else ""},
                {"item": "对讲机", "expected": "6", "actual": str(6 - number % 2), "why": "lent" if number % 2 else "ok",
                 "liable": "lina" if number % 2 else ""},
            ]  # fmt: skip
            tools = [{name: said for name, said in row.items() if said} for row in tools]
            self.put("handover", "HO", at, "prepared", [event(at, "prepare")], in_person="sun", post="客服中心", tools=tools)
            entries = []
            for hour in range(pick.randrange(1, 4)):
                solved = pick.choice(("true", "false"))
                row = {
                    "at": text(at + timedelta(hours=2 + 3 * hour)), "kind": pick.choice(("repair", "complaint", "inquiry")),
                    "content": "漏水", "solved": solved, "emergency": "false", "room": pick.choice(ROOMS),
                }  # fmt: skip
                if solved == "false" and pick.random() < 0.5:
                    row |= {"converted": self.by_form["repair"][hour]["id"], "converted_by": "lina", "told": "维修部"}
                entries.append(row)
            closed = at + timedelta(hours=15)
            night = [event(at, "open", by="sun"), event(closed, "close", by="sun")]
            self.put("night_log", "NL", at, "closed", night, date=day(at), entries=entries)
            log = [event(at - timedelta(hours=9), "open"), event(at, "close")]
            if pick.random() < 0.5:
                log.append(event(at + timedelta(hours=15), "review", by="zhao", review_note="好"))
            status = "reviewed" if len(log) > 2 else "closed"
            self.put("duty_log", "DL", at - timedelta(hours=9), status, log, date=day(at), post="客服中心", shift="day")
        for number in range(8):
            at = self.some_moment()
            events = [event(at, "out", approved_by="zhao")]
            if number % 2:
                events.append(event(at + timedelta(hours=4), "back", condition="ok"))
            self.put(
                "loan", "LN", at, "returned" if number % 2 else "out", events, item="对讲机", number=f"R{number}", qty="1",
                borrower="李四", due_at=text(at + timedelta(hours=8)),
            )  # fmt: skip

    def rounds(self) -> None:
        pick = self.random
        for _ in range(25):
            at = self.some_moment()
            findings = [
                {"area": "lobby-9", "problem": "灯不亮", "serious": pick.choice(("true", "false")),
                 "fixed": pick.choice(("true", "false")), "told": "chen"}
                for _ in range(pick.randrange(3))
            ]  # fmt: skip
            self.put(
                "patrol", "PT", at, "done", [event(at, "start"), event(at + timedelta(hours=1), "finish")], date=day(at),
                area=pick.choice(("lobby-9", "bar-1")), kind=pick.choice(("building", "supervisor")),
                points=[{"area": "lobby-9", "at": text(at), "ok": "true"}], findings=findings or None,
            )  # fmt: skip

    def meetings(self) -> None:
        pick = self.random
        for number in range(4):
            at = datetime(2026, 10, 5, 9, tzinfo=ZONE) + timedelta(days=14 * number)
            meeting = self.plain("meeting", "MT", at, "write", "draft", kind="department", chair="zhao", agenda="安排")
            for owner in ("lina", "chen", "zhou"):
                due = at + timedelta(days=pick.randrange(3, 20))
                events, status = [event(at, "set")], "open"
                if pick.random() < 0.5:
                    events.append(event(at + timedelta(days=pick.randrange(1, 19)), "done"))
                    status = "done"
                self.put(
                    "action_item", "AI", at, status, events, meeting=meeting["id"], text="修灯", owner=owner, due_on=day(due)
                )

    # --- sales --------------------------------------------------------------------------------

    def bar(self) -> None:
        pick = self.random
        stock = {"item-1": 20, "item-2": 30}
        for number in range(6):
            at = DAY + timedelta(days=number - 3)
            lines, wanted = [], []
            for item, opening in stock.items():
                received, used, disposed = pick.randrange(6), pick.randrange(1, 6), pick.randrange(2)
                counted = opening + received - used - disposed - (number == 2)
                stock[item] = counted
                lines.append(
                    {"item": item, "opening": str(opening), "received": str(received), "used": str(used),
                     "disposed": str(disposed), "counted": str(counted), "low": "true" if counted < 18 else "false"}
                )  # fmt: skip
                wanted.append({"item": item, "on_hand": str(counted), "used_today": str(used), "qty": str(used + 2)})
                if counted < 18:
                    self.plain(
                        "shortage", "SSH", at + timedelta(hours=8), "report", "reported", item=item, on_hand=str(counted),
                        needed="25", reported_to="zhao", reported_at=text(at + timedelta(hours=8)),
                    )  # fmt: skip
            late = at + timedelta(hours=9)
            self.plain("bar_consumption", "SBU", late, "draft", "draft", date=day(at), area="bar-1", lines=lines)
            self.plain("food_request", "SFR", late, "draft", "draft", date=day(at), for_date=day(at), lines=wanted)
            left = [{"item": "item-1", "kind": "cut_fruit", "qty": "1", "action": "discard"}]
            self.plain("food_disposal", "SFD", late, "record", "recorded", date=day(at), lines=left)
            if number == 2:
                self.plain(
                    "discrepancy", "SDI", late, "find", "found", place="bar", kind="quantity", item="item-1", book="10",
                    actual="9",
                )  # fmt: skip

    def flats(self) -> None:
        for item, flat in (("vase-1", "flat-1"), ("lamp-1", "flat-2")):
            self.register("show_flat_item", item, "register", "active", flat=flat, name=item, qty="2")
        for number in range(6):
            at = DAY + timedelta(days=number - 3)
            for flat, item in (("flat-1", "vase-1"), ("flat-2", "lamp-1")):
                for kind, hour in (("opening", 0), ("closing", 9)):
                    counted = "1" if flat == "flat-2" and kind == "closing" and number == 3 else "2"
                    lines = [{"item": item, "counted": counted, "intact": "false" if number == 3 and hour == 0 else "true"}]
                    self.plain(
                        "show_flat_count", "SFC", at + timedelta(hours=hour), "start", "counting", flat=flat, date=day(at),
                        kind=kind, lines=lines,
                    )  # fmt: skip
                times = ("09:30", "11:30", "14:00", "16:30")[: 3 if flat == "flat-2" else 4]
                rounds = [{"at": clock, "by": "mei", "all_ok": "true"} for clock in times]
                self.plain("show_flat_check", "SFK", at, "start", "open", flat=flat, date=day(at), rounds=rounds)

    def receptions(self) -> None:
        pick = self.random
        for _ in range(10):
            at = self.some_moment()
            level = pick.choice(("ordinary", "senior", "special"))
            heads = pick.randrange(1, 6)
            came = at + timedelta(days=2)
            expenses = [
                {"date": day(came), "kind": kind, "heads": str(heads), "amount": f"{pick.randrange(200, 1300)}.00"}
                for kind in ("lunch", "dinner", *(("outing",) if level != "ordinary" else ()))
            ]
            for row in expenses:
                if int(float(row["amount"])) > 900:
                    row |= {"over_reason": "重要客户", "over_approver": "boss"}
            events, status = [event(at, "apply"), event(came, "arrive", expenses=expenses)], "visiting"
            if pick.random() < 0.7:
                events.append(event(came + timedelta(days=1), "depart"))
                status = "departed"
                if pick.random() < 0.7:
                    said = {"view_reception": "周到", "view_product": "可以", "view_company": "好"}
                    events.append(event(came + timedelta(days=2), "call_back", **said))
                    status = "called"
            self.put(
                "reception", "SRE", at, status, events, visitor="经销商", contact="13800003333", accompanying=str(heads - 1),
                pickup="false", arrival_at=text(came), level=level, heads=str(heads),
                lodging=[{"hotel": "湖景", "rooms": "1", "rate": "500.00", "nights": "2", "payer": "company"}]
                if level == "special" else None,
            )  # fmt: skip

    # --- the office ---------------------------------------------------------------------------

    def report(self, kind: str, at: datetime, first: date, last: date, branch: str, status: str = "handed_in", **more: Any) -> None:
        events = [event(at, "draft", by="qin"), event(at + timedelta(hours=1), "hand_in", by="qin")]
        if status == "untrue":
            events.append(event(at + timedelta(days=3), "find_untrue", by="boss", untrue_facts="多报"))
        span = {"period_from": first.isoformat(), "period_to": last.isoformat()}
        self.put("work_report", "WRP", at, status, events, kind=kind, branch=branch, **span, **more)

    def office(self) -> None:
        pick = self.random
        problem = [{"problem": "灯坏", "departments": "工程部", "solution": "更换", "prevention": "月检", "report": "已报"}]
        for number in range(8):
            monday = date(2026, 10, 5) + timedelta(days=7 * number)
            sunday = monday + timedelta(days=6)
            due = (sunday + timedelta(days=3)).isoformat()
            items = [{"what": "清洁大堂", "owner": "lina", "done": pick.choice(("true", "false"))} for _ in range(3)]
            items.append({"what": "换灯", "owner": "chen", "due_on": due})
            at = datetime(sunday.year, sunday.month, sunday.day, 9, tzinfo=ZONE) + timedelta(days=1)
            self.report("weekly", at, monday, sunday, "客服部", items=items, problems=problem)
            plan = [{"what": "巡查", "owner": "lina", "due_on": sunday.isoformat(), "status": "open"}]
            start = datetime(monday.year, monday.month, monday.day, 8, tzinfo=ZONE)
            self.plain(
                "work_plan", "WPL", start, "draft", "running", "approve", period="week", dept="客服部", period_from=monday.isoformat(),
                period_to=sunday.isoformat(), items=plan,
            )  # fmt: skip
        for month, last in ((10, 31), (11, 30), (12, 31)):
            for dept in ("客服部", "工程部"):
                tasks = [
                    {"what": "检查", "owner": "lina", "due_on": f"2026-{month}-20", "status": pick.choice(("done", "open", "late"))}
                    for _ in range(4)
                ]
                at = datetime(2026, month, 1, 8, tzinfo=ZONE)
                self.plain(
                    "work_plan", "WPL", min(at, datetime(2026, 11, 28, 8, tzinfo=ZONE)), "draft", "running", "approve", period="month",
                    dept=dept, period_from=f"2026-{month}-01", period_to=f"2026-{month}-{last}", items=tasks,
                )  # fmt: skip
        november = (date(2026, 11, 1), date(2026, 11, 30))
        at = datetime(2026, 11, 30, 10, tzinfo=ZONE)
        done = [{"what": "迎检", "owner": "lina", "done": "true"}, {"what": "年检", "owner": "lina", "due_on": "2026-12-20"}]
        for kind in ("monthly", "visit_month", "mgmt_month", "gm_progress", "service_quality"):
            self.report(kind, at, *november, "客服部", items=done, problems=problem)
        for number in range(10):
            first = date(2026, 11, 20) + timedelta(days=number)
            for branch in ("一分部", "二分部"):
                at = datetime(first.year, first.month, first.day, 20, tzinfo=ZONE) + timedelta(days=number % 4 == 0)
                figures = [{"name": name, "value": str(pick.randrange(30))} for name in ("来电", "来访", "投诉", "咨询")]
                self.report("branch_daily", at, first, first, branch, "untrue" if number == 5 else "handed_in", figures=figures)
        self.report("deeds", DAY, date(2026, 11, 24), date(2026, 11, 24), "一分部", items=[{"what": "拾金不昧", "owner": "qin"}])
        month = [{"name": "来电", "value": "300"}]
        self.report("branch_month", DAY, *november, "一分部", figures=month)

    def training(self) -> None:
        pick = self.random
        subjects = ("礼仪", "消防", "投诉处理", "电梯")
        for month in ("2026-10", "2026-11"):
            items = [{"subject": one, "planned_on": f"{month}-{5 + 5 * n:02d}"} for n, one in enumerate(subjects)]
            at = datetime.fromisoformat(f"{month}-01T09:00:00").replace(tzinfo=ZONE)
            self.put(
                "training_plan", "TPN", at, "approved", [event(at, "draft"), event(at, "approve", by="wang")], period="month",
                period_of=month, dept="客服部", items=items,
            )  # fmt: skip
            for subject in subjects[: 3 if month == "2026-11" else 4]:
                people = [
                    {"who": who, "signed": pick.choice(("true", "true", "false")), "score": str(pick.randrange(60, 100)),
                     "passed": "true"}
                    for who in PEOPLE
                ]  # fmt: skip
                self.plain(
                    "training", "TRN", at + timedelta(days=pick.randrange(25)), "hold", "held", kind="business",
                    subject=subject, trainer="zhao", hours="1.5", people=people,
                )  # fmt: skip

    def budgets(self) -> None:
        pick = self.random
        for period, of in (("quarter", "2026-Q3"), ("quarter", "2026-Q4"), ("year", "2026")):
            lines = [
                {"item": item, "planned": f"{pick.randrange(500, 2000)}.00", "actual": f"{pick.randrange(500, 2000)}.00",
                 "note": "涨价"}
                for item in ("办公", "清洁", "维修")
            ]  # fmt: skip
            self.plain("budget", "BDG", FIRST_DAY, "draft", "approved", "approve", period=period, period_of=of, dept="客服部", lines=lines)
        for _ in range(9):
            at = self.some_moment()
            items = [{"day": day(at), "what": "交通", "amount": f"{pick.randrange(20, 300)}.50"} for _ in range(2)]
            events, status = [event(at, "claim")], "claimed"
            if pick.random() < 0.7:
                events.append(event(at + timedelta(days=2), "pay", by="hu"))
                status = "paid"
            kind = pick.choice(("claim", "payment"))
            self.put("expense_claim", "EXP", at, status, events, kind=kind, items=items, reason="办公")

    # --- appraisal ----------------------------------------------------------------------------

    def appraisal(self) -> None:
        pick = self.random
        scores = {"mei": (95, 92, 96), "qin": (91, 96, 96), "tao": (80, 83, 85)}
        last = {}
        for place, month in enumerate(("2026-07", "2026-08", "2026-09")):
            for agent, three in scores.items():
                score = {name: str(three[place]) for name in ("self_score", "superior_score", "group_score")}
                at = datetime.fromisoformat(f"{month}-28T09:00:00").replace(tzinfo=ZONE) + timedelta(days=5)
                sheet = self.put(
                    "agent_appraisal", "AGA", at, "closed", [event(at, "compute"), event(at, "close", by="boss")],
                    agent=agent, branch=PEOPLE[agent][1], month=month, on_post="1", **score,
                )  # fmt: skip
                last[agent] = sheet["id"]
        at = datetime(2026, 10, 6, 9, tzinfo=ZONE)
        rows = [{"appraisal": sheet} for sheet in last.values()]
        self.plain("ranking", "RNK", at, "compute", "computed", period="quarter", period_of="2026-07", subject="agent", rows=rows)
        firsts = [{"appraisal": last["mei"]}, {"appraisal": last["tao"]}]
        self.plain("ranking", "RNK", at, "compute", "computed", period="quarter", period_of="2026-07", subject="branch", rows=firsts)
        scores = {"N1": "92", "N2": "85", "N3": "85", "N4": "84", "N5": "80"}
        rows = [{"group": name, "entered": score} for name, score in scores.items()]
        self.plain("ranking", "RNK", at, "compute", "computed", period="month", period_of="2026-09", subject="branch", rows=rows)
        for number in range(1, 11):
            target = self.register(
                "kpi_target", f"target-{number}", "propose", "in_force", table="manager", indicator=f"m{number}", op="ge",
                target="100", unit="percent", valid_from="2026-10",
            )  # fmt: skip
            target["events"].append(event(FIRST_DAY, "approve", by="boss"))
        lines = [{"indicator": f"m{n}", "op": "ge", "target": "100", "actual": str(90 + n), "score": "4"} for n in range(1, 11)]
        self.put(
            "manager_appraisal", "MGA", DAY, "scored", [event(DAY, "open"), event(DAY, "score", by="boss")], manager="zhao",
            period="2026-11", rows=lines,
        )  # fmt: skip
        for _ in range(40):
            at = self.some_moment()
            kind = pick.choice(("call", "return_visit"))
            result = pick.choice(("pass", "pass", "fail" if kind == "call" else "false"))
            events, status = [event(at, "check", by="boss")], "checked"
            if pick.random() < 0.8:
                events.append(event(at + timedelta(hours=1), "confirm", by="boss"))
                status = "confirmed"
            who = pick.choice(list(PEOPLE))
            self.put(
                "spot_check", "SPC", at, status, events, kind=kind, agent=who, branch=PEOPLE[who][1], source="hq", result=result
            )

    # --- quality ------------------------------------------------------------------------------

    def quality(self) -> None:
        pick = self.random
        for number in range(30):
            at = self.some_moment()
            result = pick.choice(("pass", "pass", "pass", "fail", "retest"))
            events, status = [event(at, "test"), event(at + timedelta(hours=1), "judge", result=result)], "judged"
            if result == "pass":
                events.append(event(at + timedelta(hours=2), "release"))
                status = "released"
            kind = pick.choice(("incoming", "finished", "micro"))
            inspection = self.put("quality_inspection", "QIN", at, status, events, kind=kind, batch=f"B{number // 2}")
            if result != "fail":
                continue
            later = at + timedelta(hours=3)
            measures = [{"what": "换模具", "owner": "chen", "due_on": day(at + timedelta(days=9))}]
            self.put(
                "nonconforming", "QNC", later, "disposed",
                [event(later, "open"), event(later, "dispose", disposition=pick.choice(("scrap", "rework")), cause="磨损")],
                inspection=inspection["id"], source=pick.choice(("incoming", "process")), product=f"面霜{number % 2}",
                qty=str(pick.randrange(1, 30)), corrective=measures, preventive=measures, loss="120.00",
            )  # fmt: skip
        figures = [{"item": "成品", "checked": "40", "failed": "3"}]
        for kind in ("monthly", "analysis"):
            self.plain(
                "quality_report", "QRP", DAY, "write", "draft", kind=kind, month="2026-11", figures=figures, causes="磨损",
                measures=[{"what": "换模具", "owner": "chen", "due_on": "2026-12-20"}],
            )  # fmt: skip

    # --- of other packs -----------------------------------------------------------------------

    def others(self) -> None:
        pick = self.random
        for number in range(8):
            at = self.some_moment()
            status = pick.choice(("received", "accepted", "refused"))
            goods = [{"code": "1", "name": "鞋", "qty": "1", "price": "99.00"}]
            steps = {"received": [], "accepted": ["accept"], "refused": ["refuse"]}[status]
            self.put(
                "return_exchange", "REX", at, status, [event(at, "apply"), *(event(at, step) for step in steps)],
                kind=pick.choice(("return", "exchange")), goods=goods, receipt_no="N1", bought_on=day(at), reason="尺码",
            )  # fmt: skip
            visits = [{"day": day(at), "by": "lina", "satisfied": pick.choice(("satisfied", "fair"))} for _ in range(3)]
            self.put("vip", "VIP", at, "active", [event(at, "apply"), event(at, "issue")], name="李四", phone="13800004444",
                     kind=pick.choice(("person", "unit")), visits=visits)  # fmt: skip
            self.put(
                "access_pass", "AP", at, "valid", [event(at, "apply"), event(at, "issue")], kind=pick.choice(("resident", "helper")),
                room=pick.choice(ROOMS), holder="李四", pass_no=f"P{number}", valid_to="2027-06-30",
            )  # fmt: skip
            self.plain("acceptance", "AC", at, "inspect", "inspected", room=pick.choice(ROOMS), worker="sun", kind="move_in")
            self.plain("move_in", "MI", at, "check", "checking", room=pick.choice(ROOMS), applicant="owner")
            self.plain("renovation", "RN", at, "apply", "applied", room=pick.choice(ROOMS), works="改厨房", owner_id_seen="true")
            self.plain("equipment_log", "WEL", at, "log", "logged", kind="use", user="sun", after_use="ok")
            self.plain("equipment_check", "TEQ", at, "check", "checked", kind="spot", equipment="水泵", checked_qty="5", faulty_qty="1")
            self.plain(
                "rectification", "RC", at, "issue", "open", problem="不洁", to_dept=pick.choice(("保洁部", "工程部")),
                due_at=text(at + timedelta(days=3)),
            )  # fmt: skip
        for month in (10, 11):
            at = datetime(2026, month, 27, 9, tzinfo=ZONE)
            span = {"from_date": f"2026-{month}-01", "to_date": f"2026-{month}-26"}
            items = [{"item": "质量", "score": str(80 + month)}]
            self.put(
                "contractor_rating", "TCR", at, "confirmed", [event(at, "draft"), event(at, "confirm", conclusion="好")],
                contractor="jie", service="cleaning", fee="1000.00", deduction="50.00", items=items, **span,
            )  # fmt: skip
            self.put(
                "event", "EV", at, "held", [event(at, "plan"), event(at, "hold", record="好", actual_number="31")],
                kind="appreciation_day", theme="谢客日", starts_at=text(at), number="40",
            )  # fmt: skip
            self.put(
                "survey", "SV", at, "collected",
                [event(at, "draft"), event(at, "send", sent="50"), event(at, "collect", returned="40")], kind="appreciation",
                year="2026", opinions=[{"text": "多办"}],
            )  # fmt: skip


FIRST_DAY = datetime(2026, 10, 2, 9, tzinfo=ZONE)


def make(furnished: Desk, root: Path, packs: tuple[str, ...] = PACKS, *, empty: bool = False) -> tuple[Desk, House]:
    """A copy of the practice book with these packs, and the records in one commit."""
    desk = furnished.copy(root)
    house = House()
    files = [
        Change(f"templates/{pack}/{file.name}", file.read_bytes())
        for pack in packs
        for file in sorted((TEMPLATES / pack).glob("*.yaml"))
    ]
    settings = desk.root / "logbook.yaml"
    named = "".join(f"- {pack}\n" for pack in packs)
    said = settings.read_text(encoding="utf-8").replace("packs:\n- core\n", "packs:\n- core\n" + named)
    files.append(Change("logbook.yaml", said.encode()))
    own: list[Change] = []
    if not empty:
        rooms = Records.__new__(Records)
        rooms.by_form = {}
        for room in ROOMS:
            if not room.startswith("3-"):
                rooms.register("room", room, "enter", "active", kind="house", occupancy="lived_in")
        house.by_form["room"] = rooms.by_form["room"]
        own = house.changes()
    session = desk.session(START)
    people = (("高总", "boss@staff.logbook"), ("前台 A", "desk-a@desk.logbook"))
    commits = [Commit(files, "book: packs", *people, moment(START))]
    if own:
        commits.append(Commit(own, "book: records", *people, moment("2026-12-01 09:00")))
    publish(session.repository, commits)
    session.close()
    return desk, house
