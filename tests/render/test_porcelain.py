"""The JSON shapes: native types where the contract says so, and nothing private in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import pytest

from logbook.core.clockstates import ClockState
from logbook.core.issues import Issue
from logbook.core.text import Text
from logbook.locale.catalogue import Catalogue
from logbook.render.porcelain import clock_json
from logbook.render.porcelain import dump
from logbook.render.porcelain import form_json
from logbook.render.porcelain import is_masked
from logbook.render.porcelain import issue_json
from logbook.render.porcelain import json_text
from logbook.render.porcelain import mask
from logbook.render.porcelain import overdue_json
from logbook.render.porcelain import record_json
from tests.render.forms import COMPLAINT
from tests.render.forms import NOW
from tests.render.forms import complaint

PRIVATE = ("欧阳娜娜", "138 0013 8000", "138 0013 8001", "139 0013 9000")


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def clock(**changes: object) -> ClockState:
    parts: dict[str, object] = {
        "clock": "resolve",
        "cycle": 1,
        "started": seconds("2026-11-22T09:35:00+08:00"),
        "due": seconds("2026-11-24T09:00:00+08:00"),
        "stopped": None,
        "state": "running",
        "settled": 0,
        "to": "director",
    }
    return ClockState(**{**parts, **changes})  # type: ignore[arg-type]


def test_a_record() -> None:
    told = record_json(complaint(), [clock()], now=NOW)
    assert {name: told[name] for name in ("id", "form", "version", "status", "at", "by", "recorded_at")} == {
        "id": "CP-20261122-A003",
        "form": "complaint",
        "version": 1,
        "status": "handled",
        "at": "2026-11-22T09:35:00+08:00",
        "by": "lina",
        "recorded_at": "2026-11-22T09:35:00+08:00",
    }
    assert told["fields"] == {
        "received_at": "2026-11-22T09:35:00+08:00",
        "received_by": "lina",
        "name": "***",
        "phone": "***",
        "room": "3-502",
        "way": "phone",
        "harm": False,
        "cost": "1.50",
        "summary": "厨房漏水",
        "result": "已更换水管\n试压正常",
        "calls": [{"at": "2026-11-22T16:00:00+08:00", "phone": "***", "content": "业主满意"}],
    }
    assert told["events"][1] == {  # type: ignore[index]
        "at": "2026-11-22T14:10:00+08:00",
        "by": "wang",
        "step": "handle",
        "recorded_at": "2026-11-22T15:40:00+08:00",
        "set": {
            "result": "已更换水管\n试压正常",
            "calls+": [{"at": "2026-11-22T16:00:00+08:00", "phone": "***", "content": "业主满意"}],
        },
    }
    assert told["clocks"] == [
        {
            "clock": "resolve",
            "due": "2026-11-24T09:00:00+08:00",
            "state": "overdue",
            "overdue_seconds": 3600,
            "cycle": 1,
            "started": "2026-11-22T09:35:00+08:00",
            "stopped": None,
            "to": "director",
            "first_due": None,
            "strict": "breached",
            "adjusted": "breached",
            "paused_until": None,
            "version": 0,
            "provisional": False,
        }
    ]


def test_nothing_private_is_anywhere_in_a_record_unless_asked_for() -> None:
    masked = json_text(record_json(complaint(), now=NOW))
    assert [text for text in PRIVATE if text in masked] == []
    told = json_text(record_json(complaint(), now=NOW, private=True))
    assert [text for text in PRIVATE if text in told] == list(PRIVATE)


@pytest.mark.parametrize(
    ("changes", "state", "late"),
    [
        ({}, "overdue", 3600),
        ({"due": seconds("2026-11-24T10:00:00+08:00")}, "running", 0),
        ({"due": None}, "running", 0),
        (
            {
                "stopped": seconds("2026-11-24T08:10:00+08:00"),
                "counted": seconds("2026-11-24T09:30:00+08:00"),
                "state": "breached",
            },
            "breached",
            1800,
        ),
        ({"stopped": seconds("2026-11-23T09:10:00+08:00"), "state": "met"}, "met", 0),
        ({"started": seconds("2026-11-25T09:10:00+08:00")}, "waiting", 0),
    ],
)
def test_how_late_a_clock_is(changes: dict[str, object], state: str, late: int) -> None:
    told = clock_json(clock(**changes), now=NOW)
    assert (told["state"], told["overdue_seconds"]) == (state, late)


def test_mask_keeps_the_shape_and_leaves_what_is_empty() -> None:
    fields = {
        "name": "欧阳娜娜",
        "phone": None,
        "room": "3-502",
        "calls+": [{"phone": "139", "content": "x"}, {"content": "y"}],
        "calls.2.phone": "140",
        "calls.2.content": "z",
        "calls.3": {"phone": "141", "content": "w"},
        "unknown": "kept",
    }
    assert mask(COMPLAINT, fields) == {  # type: ignore[arg-type]
        "name": "***",
        "phone": None,
        "room": "3-502",
        "calls+": [{"phone": "***", "content": "x"}, {"content": "y"}],
        "calls.2.phone": "***",
        "calls.2.content": "z",
        "calls.3": {"phone": "***", "content": "w"},
        "unknown": "kept",
    }
    assert is_masked(mask(COMPLAINT, {"name": "x"})["name"])
    assert not is_masked("欧阳")


@dataclass
class Late:
    id: str | None
    form: str
    kind: str
    clock: str
    subject: str | None
    due: datetime
    overdue_seconds: int | None
    state: str
    to: str | None
    title: str
    missed: int | None = None


def test_rows_of_overdue() -> None:
    due = datetime.fromisoformat("2026-11-24T09:00:00+08:00")
    row = Late("CP-1", "complaint", "clock", "resolve", None, due, 3600, "overdue", "director", "漏水")
    assert overdue_json(row) == {
        "id": "CP-1",
        "form": "complaint",
        "kind": "clock",
        "clock": "resolve",
        "subject": None,
        "due": "2026-11-24T09:00:00+08:00",
        "overdue_seconds": 3600,
        "state": "overdue",
        "to": "director",
        "title": "漏水",
    }
    duty = Late(None, "patrol", "duty", "night_round", "3-2", due, None, "missed", "guard", "夜巡", missed=2)
    told = overdue_json(duty, now=NOW)
    assert "clock" not in told
    assert (told["duty"], told["overdue_seconds"], told["missed"]) == ("night_round", 3600, 2)


def test_a_finding() -> None:
    issue = Issue(
        "complaint.order",
        {"say": Text("先后有误", "Out of order"), "rule_text": "a <= b"},
        path="records/x.yaml",
        line=7,
        id="CP-1",
        field="at",
    )
    assert issue_json(issue, Catalogue("en")) == {
        "path": "records/x.yaml",
        "line": 7,
        "id": "CP-1",
        "rule": "complaint.order",
        "severity": "error",
        "field": "at",
        "message": "Out of order",
        "commit": None,
        "fix": "The rule: a <= b.",
    }


def test_a_form() -> None:
    told = form_json(COMPLAINT)
    assert told["title"] == {"zh": "客户投诉登记表", "en": "Complaint register"}
    fields = {field["id"]: field for field in told["fields"]}  # type: ignore[attr-defined]
    assert fields["way"] == {
        "id": "way",
        "type": "choice",
        "label": {"zh": "形式", "en": "Way"},
        "required": False,
        "default": "phone",
        "private": False,
        "choices": {
            "phone": {"zh": "电话", "en": "Phone"},
            "letter": {"zh": "信函", "en": "Letter"},
            "visit": {"zh": "来访", "en": "Visit"},
        },
    }
    assert (fields["name"]["required"], fields["name"]["private"]) == (True, True)
    assert [column["id"] for column in fields["calls"]["of"]] == ["at", "phone", "content"]
    assert told["steps"][1] == {  # type: ignore[index]
        "id": "handle",
        "label": {"zh": "处理", "en": "Handle"},
        "from": ["registered"],
        "to": "handled",
        "by": ["cs_officer"],
        "requires": ["result"],
        "reason": False,
        "approver": False,
    }
    assert told["sources"] == ["002 投诉处理及回访制度 1-7", "002 四.4"]
    brief = form_json(COMPLAINT, brief=True)
    assert brief == {name: value for name, value in told.items() if name != "fields"}
    json.loads(json_text(told))


def test_json_is_one_array_an_object_a_line() -> None:
    objects = [{"id": "CP-1", "title": "漏水"}, {"id": None}]
    text = "".join(dump("json", objects))
    assert text == '[{"id":"CP-1","title":"漏水"},\n{"id":null}]\n'
    assert json.loads(text) == objects
    assert "".join(dump("json", [])) == "[]\n"
    assert "".join(dump("jsonl", objects)) == '{"id":"CP-1","title":"漏水"}\n{"id":null}\n'


def test_yaml_is_written_by_the_stores_writer_from_text_alone() -> None:
    from logbook.store.codec import write

    objects = [{"id": "CP-1", "count": 3, "harm": False, "none": None, "rows": [{"a": 1}]}, {"id": "no"}]
    text = "".join(dump("yaml", objects, write_yaml=write))
    assert text == "id: CP-1\ncount: 3\nharm: false\nnone: null\nrows:\n- a: 1\n---\nid: 'no'\n"
    with pytest.raises(ValueError, match="no object format: yaml"):
        list(dump("yaml", objects))
