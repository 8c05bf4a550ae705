"""The JSON Schema of record files, judged by a program that is not ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from logbook.core.schema import json_schema
from logbook.store.library import load

BOOK = Path(__file__).parents[2]

FORM = """\
form: complaint
version: 3
prefix: CP
title: {zh: 客户投诉登记表, en: Complaint register}
fields:
  received_at: {zh: 投诉时间, en: Received at, type: datetime, is: at}
  name: {zh: 客户姓名, en: Customer, type: text, required: true, private: true}
  phone: {zh: 电话, en: Phone, type: phone, private: true}
  level: {zh: 等级, en: Level, type: choice, choices: {minor: 轻微 / Minor, major: 重大 / Major}, default: minor}
  kinds: {zh: 类别, en: Kinds, type: multichoice, choices: {water: 水 / Water, power: 电 / Power}}
  heads: {zh: 人数, en: Heads, type: int, unit: 人}
  area: {zh: 面积, en: Area, type: decimal, unit: m2}
  paid: {zh: 金额, en: Paid, type: money}
  harm: {zh: 损害, en: Harm, type: bool}
  day: {zh: 日期, en: Day, type: date}
  hour: {zh: 时间, en: Hour, type: time}
  due_at: {zh: 期限, en: Due, type: datetime}
  tour: {zh: 巡查, en: Tour, type: checklist tour}
  calls:
    zh: 通话
    en: Calls
    type: list
    of:
      at: {zh: 时间, en: At, type: datetime}
      to_phone: {zh: 号码, en: To, type: phone}
      text: {zh: 内容, en: Text, type: longtext}
  total: {zh: 次数, en: Total, type: int, derived: count over rows of calls}
states: {registered: 已登记 / Registered, closed: 已归档 / Closed}
final: [closed]
steps:
  register: {zh: 登记, en: Register, to: registered}
  close: {zh: 归档, en: Close, from: registered, to: closed}
signatures:
  heard: {zh: 登记人, en: Heard, at: register}
"""
CHECKLISTS = "checklists: {tour: {zh: 巡查, en: Tour, items: {door: 门 / Door, lamp: 灯 / Lamp}}}\n"

RECORD = """\
id: CP-20261122-A003
form: complaint@3
status: closed
at: 2026-11-22T09:35:00+08:00
by: lina
name: 张三
phone: '13800000000'
level: major
kinds:
- water
heads: 3
area: '1.50'
paid: '007.10'
harm: true
day: 2026-11-22
hour: '09:30'
due_at: 2026-11-23T09:35:00+08:00
tour:
  door: pass
  lamp:
    result: fail
    remark: 三楼
events:
- at: 2026-11-22T09:35:00+08:00
  by: lina
  step: register
- at: 2026-11-22T18:00:00+08:00
  by: 007
  step: close
  reason: 12
  set:
    level: minor
    calls+:
    - at: 2026-11-22T10:00:00+08:00
      to_phone: 010-123456
      text: 2 次
    tour.door: fail
signatures:
- at: 2026-11-22T18:05:00+08:00
  by: lina
  as: heard
  events: 2
  sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
amendments:
- at: 2026-11-22T18:10:00+08:00
  by: lina
  field: name
  from: 张山
  to: 张三
  reason: 写错
kept: an unknown key
"""


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("book")
    folder = root / "templates" / "core"
    folder.mkdir(parents=True)
    (folder / "complaint.yaml").write_text(FORM, encoding="utf-8")
    (folder / "checklists.yaml").write_text(CHECKLISTS, encoding="utf-8")
    library, issues = load(root)
    assert issues == []
    path = root / "complaint.json"
    path.write_text(json.dumps(json_schema(library.forms["complaint"], library)), encoding="utf-8")
    return path


def check(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("check-jsonschema")
    return subprocess.run([program, *words], capture_output=True, text=True, check=False)


def test_the_schema_is_a_schema(schema: Path) -> None:
    done = check("--check-metaschema", schema)
    assert done.returncode == 0, done.stdout


def test_a_record_with_everything_in_it_is_accepted(schema: Path, tmp_path: Path) -> None:
    record = tmp_path / "CP-20261122-A003.yaml"
    record.write_text(RECORD, encoding="utf-8")
    done = check("--schemafile", schema, record)
    assert done.returncode == 0, done.stdout


WRONG = [
    ("id: CP-20261122-A003", "id: RP-20261122-A003", "$.id"),
    ("form: complaint@3", "form: complaint@2", "$.form"),
    ("status: closed", "status: shut", "$.status"),
    ("at: 2026-11-22T09:35:00+08:00\nby", "at: 2026-11-22 09:35\nby", "$.at"),
    ("level: major", "level: mayor", "$.level"),
    ("- water", "- wine", "$.kinds[0]"),
    ("heads: 3", "heads: 3.5", "$.heads"),
    ("area: '1.50'", "area: wide", "$.area"),
    ("harm: true", "harm: maybe", "$.harm"),
    ("day: 2026-11-22", "day: 2026-11-42", "$.day"),
    ("hour: '09:30'", "hour: '24:30'", "$.hour"),
    ("door: pass", "door: good", "$.tour.door"),
    ("result: fail", "result: bad", "$.tour.lamp"),
    ("step: close", "step: finish", "$.events[1].step"),
    ("level: minor\n", "level: least\n", "$.events[1].set.level"),
    ("to_phone: 010-123456", "to_phone: at home", "$.events[1].set['calls+'][0].to_phone"),
    ("as: heard", "as: seen", "$.signatures[0].as"),
    ("sha256: e3b0", "sha256: x3b0", "$.signatures[0].sha256"),
    ("name: 张三\n", "", "'name' is a required property"),
    ("  reason: 写错\n", "", "'reason' is a required property"),
]


@pytest.fixture(scope="module")
def told(schema: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the checker says of every wrong record, in one run: it takes a second to start."""
    folder = tmp_path_factory.mktemp("wrong")
    names = []
    for number, (old, new, _) in enumerate(WRONG):
        assert old in RECORD
        name = folder / f"wrong-{number:02}.yaml"
        name.write_text(RECORD.replace(old, new, 1), encoding="utf-8")
        names.append(name)
    done = check("--schemafile", schema, *names)
    assert done.returncode == 1
    return done.stdout


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_a_wrong_value_is_found_where_it_stands(told: str, number: int) -> None:
    lines = [line for line in told.splitlines() if f"wrong-{number:02}.yaml" in line]
    assert any(WRONG[number][2] in line for line in lines), lines


def test_a_voided_stub_needs_no_values(schema: Path, tmp_path: Path) -> None:
    stub = tmp_path / "stub.yaml"
    stub.write_text(
        "id: CP-20261122-A004\nform: complaint@3\nstatus: voided\nat: 2026-11-22T09:35:00+08:00\nby: lina\n"
        "events:\n- at: 2026-11-22T09:35:00+08:00\n  by: lina\n  step: void\n  reason: 跳号\n",
        encoding="utf-8",
    )
    assert check("--schemafile", schema, stub).returncode == 0
    stub.write_text(stub.read_text(encoding="utf-8").replace("voided", "registered"), encoding="utf-8")
    assert check("--schemafile", schema, stub).returncode == 1


def test_labels_stand_in_both_languages(schema: Path) -> None:
    properties = json.loads(schema.read_text(encoding="utf-8"))["properties"]
    assert properties["at"]["title"] == "投诉时间 / Received at"
    assert properties["level"] == {
        "title": "等级 / Level",
        "default": "minor",
        "enum": ["minor", "major", None],
        "description": "minor: 轻微 / Minor; major: 重大 / Major",
    }
    assert properties["name"]["description"] == "私人信息 / private"
    assert "received_at" not in properties
    assert "total" not in properties


def test_the_schemas_of_the_standard_forms_are_schemas(tmp_path: Path) -> None:
    library, _ = load(BOOK)
    paths = []
    for name, form in library.forms.items():
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(json_schema(form, library)), encoding="utf-8")
        paths.append(path)
    assert paths
    done = check("--check-metaschema", *paths)
    assert done.returncode == 0, done.stdout


def test_every_sample_record_is_accepted_and_one_that_is_spoilt_is_not() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=False)
    library, _ = load(BOOK)
    judges = {}
    for path in sorted((BOOK / "records").rglob("*.yaml")):
        plain = json.loads(json.dumps(yaml.load(path), default=lambda moment: moment.isoformat()))
        name = plain["form"].partition("@")[0]
        form = library.form_at(name, int(plain["form"].partition("@")[2]))
        assert form is not None
        if plain["form"] not in judges:
            judges[plain["form"]] = jsonschema.Draft7Validator(json_schema(form, library))
            for spoilt in ({"status": "nonsense"}, {"events": []}, {"events": [{"step": "x"}]}, {"at": "today"}, {"form": "x@1"}):
                assert not judges[plain["form"]].is_valid({**plain, **spoilt}), (path, spoilt)
        wrong = [f"{'.'.join(map(str, one.path))}: {one.message[:80]}" for one in judges[plain["form"]].iter_errors(plain)]
        assert wrong == [], path
