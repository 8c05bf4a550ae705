"""Forms and records the rendering tests read: written as their files would have them."""

from __future__ import annotations

from datetime import datetime

from logbook.core.definition import build_checklist
from logbook.core.definition import build_form
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.lifecycle import State
from logbook.core.lifecycle import state_of
from logbook.core.record import Amendment
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.record import Signature
from logbook.core.text import Text

NOW = datetime.fromisoformat("2026-11-24T10:00:00+08:00")
STAFF = {"lina": "李娜", "wang": "王建国", "zhou": "周敏"}


def name(staff: str) -> str:
    return STAFF.get(staff, staff)


COMPLAINT = build_form(
    {
        "form": "complaint",
        "version": "1",
        "prefix": "CP",
        "title": {"zh": "客户投诉登记表", "en": "Complaint register"},
        "alias": ["投诉"],
        "purpose": {"zh": "登记并跟进客户投诉", "en": "Record and follow complaints"},
        "source": ["002 投诉处理及回访制度 1-7", "002 四.4"],
        "fields": {
            "received_at": {"zh": "投诉时间", "en": "Received at", "type": "datetime", "is": "at"},
            "received_by": {"zh": "接待人", "en": "Received by", "type": "staff", "is": "by"},
            "name": {
                "zh": "客户姓名",
                "en": "Customer",
                "type": "text",
                "required": "true",
                "private": "true",
            },
            "phone": {"zh": "联系电话", "en": "Phone", "type": "phone", "private": "true"},
            "room": {"zh": "房号", "en": "Room", "type": "ref room"},
            "way": {
                "zh": "形式",
                "en": "Way",
                "type": "choice",
                "choices": {"phone": "电话 / Phone", "letter": "信函 / Letter", "visit": "来访 / Visit"},
                "default": "phone",
            },
            "harm": {"zh": "有无损害", "en": "Harm", "type": "bool"},
            "cost": {"zh": "费用", "en": "Cost", "type": "money", "unit": "元"},
            "summary": {"zh": "内容摘要", "en": "Summary", "type": "text", "required": "true"},
            "result": {"zh": "处理结果", "en": "Result", "type": "longtext"},
            "calls": {
                "zh": "回访电话",
                "en": "Calls",
                "type": "list",
                "of": {
                    "at": {"zh": "时间", "en": "At", "type": "datetime", "default": "now"},
                    "phone": {"zh": "号码", "en": "Number", "type": "phone", "private": "true"},
                    "content": {"zh": "内容", "en": "Content", "type": "text"},
                },
            },
        },
        "states": {
            "registered": "已登记 / Registered",
            "handled": "已处理 / Handled",
            "closed": "已归档 / Closed",
        },
        "final": ["closed"],
        "steps": {
            "register": {"zh": "登记", "en": "Register", "to": "registered", "by": ["staff"]},
            "handle": {
                "zh": "处理",
                "en": "Handle",
                "from": "registered",
                "to": "handled",
                "requires": ["result"],
                "by": ["cs_officer"],
            },
            "close": {
                "zh": "归档",
                "en": "Close",
                "from": "handled",
                "to": "closed",
                "by": ["cs_supervisor"],
            },
        },
        "signatures": {
            "heard": {"zh": "登记人", "en": "Recorded by", "roles": ["cs_officer"], "at": "register"},
            "reviewed": {"zh": "客服主管", "en": "Supervisor", "roles": ["cs_supervisor"]},
            "customer": {"zh": "业主确认", "en": "Customer", "roles": ["staff"]},
        },
        "list": ["id", "room", "summary", "status"],
        "sheet": [
            ["name", "room", "phone"],
            ["way", "harm"],
            ["received_by", "cost"],
            "summary 2",
            "result 4",
            "calls",
            "signatures",
        ],
    },
    path="templates/core/complaint.yaml",
    pack="core",
)

PATROL = build_form(
    {
        "form": "patrol",
        "version": "2",
        "prefix": "PT",
        "title": {"zh": "楼宇巡查记录", "en": "Building patrol"},
        "fields": {
            "area": {"zh": "区域", "en": "Area", "type": "text", "required": "true"},
            "checks": {"zh": "巡查项目", "en": "Checks", "type": "checklist building_patrol"},
        },
        "states": {"done": "已完成 / Done"},
        "final": ["done"],
        "steps": {"patrol": {"zh": "巡查", "en": "Patrol", "to": "done", "by": ["staff"]}},
    },
    path="templates/core/patrol.yaml",
    pack="core",
)

LIBRARY = Library(
    forms={"complaint": COMPLAINT, "patrol": PATROL},
    checklists={
        "building_patrol": build_checklist(
            "building_patrol",
            {
                "zh": "楼宇巡查",
                "en": "Building patrol",
                "items": {
                    "lights": {
                        "zh": "走道照明",
                        "en": "Lights",
                        "criterion": {"zh": "无损坏", "en": "none broken"},
                    },
                    "doors": {"zh": "防火门", "en": "Fire doors"},
                    "pump": {"zh": "水泵压力", "en": "Pump pressure"},
                },
            },
        )
    },
    roles={"cs_officer": Text("客服员", "Officer"), "cs_supervisor": Text("客服主管", "Supervisor")},
)


def complaint(**changes: object) -> State:
    """A complaint that was handled, corrected once and signed twice."""
    parts: dict[str, object] = {
        "id": "CP-20261122-A003",
        "form": "complaint",
        "version": 1,
        "status": "handled",
        "at": "2026-11-22T09:35:00+08:00",
        "by": "lina",
        "fields": {
            "name": "欧阳娜娜",
            "phone": "138 0013 8000",
            "room": "3-502",
            "way": "phone",
            "harm": "false",
            "cost": "1.50",
            "summary": "厨房漏水",
        },
        "events": (
            Event("2026-11-22T09:35:00+08:00", "lina", "register"),
            Event(
                "2026-11-22T14:10:00+08:00",
                "wang",
                "handle",
                recorded="2026-11-22T15:40:00+08:00",
                set={
                    "result": "已更换水管\n试压正常",
                    "calls+": [
                        {"at": "2026-11-22T16:00:00+08:00", "phone": "139 0013 9000", "content": "业主满意"},
                    ],
                },
            ),
        ),
        "signatures": (
            Signature("2026-11-22T09:40:00+08:00", "lina", "heard", 1, "0" * 64),
            Signature("2026-11-22T16:30:00+08:00", "lina", "customer", 2, "1" * 64, name="欧阳女士"),
        ),
        "amendments": (
            Amendment("2026-11-22T10:00:00+08:00", "lina", "summary", "漏水", "厨房漏水", "写明地点"),
            Amendment("2026-11-22T10:01:00+08:00", "lina", "phone", "138 0013 8001", "138 0013 8000", "听错"),
        ),
    }
    record = Record(**{**parts, **changes})  # type: ignore[arg-type]
    return state_of(COMPLAINT, record)


def patrol(checks: dict[str, object]) -> State:
    at = "2026-11-22T20:00:00+08:00"
    event = Event(at, "zhou", "patrol")
    fields = {"area": "地下车库", "checks": checks}
    return state_of(PATROL, Record("PT-20261122-A001", "patrol", 2, "done", at, "zhou", fields, (event,)))  # type: ignore[arg-type]


def form_with(**changes: object) -> Form:
    from logbook.core.value import replace

    return replace(COMPLAINT, **changes)  # type: ignore[arg-type]
