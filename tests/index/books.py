"""Small real books for the tests of the index: forms and records as their files say them, plain Git."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from logbook.core.definition import build_form
from logbook.core.form import Library
from logbook.core.text import Text
from logbook.index.book_index import BookIndex
from logbook.store import codec
from logbook.store.git import Repository

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime.fromisoformat("2026-11-24T10:00:00+08:00")

COMPLAINT = """
form: complaint
version: 1
prefix: CP
title: {zh: 客户投诉登记表, en: Complaint register}
alias: [投诉]
subject: [summary]
fields:
  received_at: {zh: 投诉时间, en: Received at, type: datetime, is: at}
  name: {zh: 客户姓名, en: Customer, type: text, required: true, private: true}
  room: {zh: 房号, en: Room, type: ref room}
  summary: {zh: 内容摘要, en: Summary, type: text, required: true}
  level:
    zh: 等级
    en: Level
    type: choice
    choices: {minor: 轻微 / Minor, important: 重要 / Important, major: 重大 / Major}
    default: minor
  demanded_by: {zh: 住户要求期限, en: Wanted by, type: datetime}
  valid: {zh: 有效投诉, en: Valid, type: bool}
  cost: {zh: 费用, en: Cost, type: money}
  heads: {zh: 人数, en: Heads, type: int}
  told_on: {zh: 通报日期, en: Told on, type: date}
  ways: {zh: 渠道, en: Ways, type: multichoice, choices: {phone: 电话 / Phone, visit: 来访 / Visit}}
  departments:
    zh: 涉及部门
    en: Departments
    type: list
    of:
      dept: {zh: 部门, en: Department, type: text}
      share: {zh: 份额, en: Share, type: int}
  visit: {zh: 走回访, en: Return visit, type: ref return_visit}
  result: {zh: 处理结果, en: Result, type: longtext}
states: {registered: 已登记 / Registered, handled: 处理完毕 / Handled, closed: 已归档 / Closed}
final: [closed]
steps:
  register: {zh: 登记, en: Register, to: registered}
  handle: {zh: 处理, en: Handle, from: registered, to: handled}
  close: {zh: 归档, en: Close, from: handled, to: closed}
clocks:
  resolve:
    zh: 处理
    en: Resolve
    starts: at
    stops: handle
    within: {level: {major: 10 days, important: 3 days, minor: 2 days or demanded_by}}
    to: director
"""

REPAIR = """
form: repair
version: 1
prefix: RP
title: {zh: 报修单, en: Repair}
subject: [content]
fields:
  content: {zh: 报修内容, en: Content, type: text, required: true}
  room: {zh: 房号, en: Room, type: ref room}
  worker: {zh: 维修员, en: Worker, type: staff}
  done_at: {zh: 完工时间, en: Done at, type: datetime, is: finish.at}
states: {open: 待修 / Open, done: 已修 / Done}
final: [done]
steps:
  report: {zh: 报修, en: Report, to: open}
  finish: {zh: 完工, en: Finish, from: open, to: done}
"""

VISIT = """
form: return_visit
version: 1
prefix: RV
title: {zh: 回访记录, en: Return visit}
fields:
  record: {zh: 对应记录, en: About, type: ref repair|complaint}
  visited_at: {zh: 回访时间, en: Visited at, type: datetime, is: visit.at}
states: {due: 待回访 / Due, done: 已回访 / Done}
final: [done]
steps:
  plan: {zh: 安排, en: Plan, to: due}
  visit: {zh: 回访, en: Visit, from: due, to: done}
clocks:
  other:
    zh: 维修回访
    en: After repair
    starts: record.done_at
    stops: visit
    within: 2 days
    to: cs_supervisor
"""

STAFF = """
form: staff
version: 1
prefix: ST
register: true
title: {zh: 员工通讯录, en: Staff}
fields:
  name: {zh: 姓名, en: Name, type: text, required: true}
states: {active: 有效 / Active, left: 离职 / Left}
final: [left]
steps:
  enter: {zh: 登记, en: Enter, to: active}
"""


def library(*texts: str) -> Library:
    """The forms of these definitions; of all above without any."""
    forms = {}
    for text in texts or (COMPLAINT, REPAIR, VISIT, STAFF):
        document, issues = codec.read_definition(text.encode())
        assert document is not None, issues
        form = build_form(document.plain, path=None, pack="core")
        forms[form.name] = form
    roles = {"director": Text("管理处主任", "Director"), "cs_supervisor": Text("客服主管", "Supervisor")}
    return Library(forms=forms, roles=roles)


def complaint(number: str, at: str, fields: str, events: str = "", *, by: str = "lina") -> tuple[str, str]:
    """Path and text of a complaint; ``fields`` and further ``events`` are YAML lines."""
    return record(
        "complaint", f"CP-{at[:10].replace('-', '')}-{number}", at, fields, events, by=by, step="register"
    )


def record(
    form: str, record_id: str, at: str, fields: str = "", events: str = "", *, by: str = "lina", step: str
) -> tuple[str, str]:
    """Path and text of a record."""
    at = f"{at}:00+08:00" if len(at) == 16 else at
    lines = [f"id: {record_id}", f"form: {form}@1", "status: registered", f"at: {at}", f"by: {by}"]
    lines += [line.strip("\n") for line in fields.strip("\n").split("\n") if line.strip()]
    lines += ["events:", f"- at: {at}", f"  by: {by}", f"  step: {step}"]
    lines += [line for line in events.strip("\n").split("\n") if line.strip()]
    folder = f"records/{form}" if form == "staff" else f"records/{form}/{at[:4]}/{at[5:7]}"
    return f"{folder}/{record_id}.yaml", "\n".join(lines) + "\n"


def event(at: str, step: str, *, by: str = "lina", more: str = "") -> str:
    """The lines of one event."""
    extra = "".join(f"  {line}\n" for line in more.splitlines())
    return f"- at: {at}:00+08:00\n  by: {by}\n  step: {step}\n{extra}"


class Desk:
    """A real repository that files are committed to with plain Git."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str) -> str:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
               for what, value in (("NAME", "lina"), ("EMAIL", "lina@desk"), ("DATE", "1764000000 +0800"))},
        }  # fmt: skip
        done = subprocess.run(["git", *words], cwd=self.root, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, *files: tuple[str, str], remove: tuple[str, ...] = (), message: str = "change") -> str:
        for path, text in files:
            place = self.root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode())
        for path in remove:
            (self.root / path).unlink()
        self.git("add", "-A", "records", *(p for p, _ in files if not p.startswith("records")))
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def repository(self) -> Repository:
        return Repository(self.root)

    def open(self, forms: Library | None = None, **options: object) -> BookIndex:
        options.setdefault("environment", {})
        return BookIndex.open(self.repository(), forms or library(), zone=ZONE, **options)  # type: ignore[arg-type]


def ids(rows: object) -> list[str]:
    """The ids of rows, as a test compares them."""
    return [row.id for row in rows]  # type: ignore[attr-defined]


Files = Mapping[str, str]
