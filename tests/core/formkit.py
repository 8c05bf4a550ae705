"""A small book of forms for the tests of reading them."""

from __future__ import annotations

from logbook.core.definition import form_from
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.formlibrary import library_from
from logbook.core.issues import Issue
from logbook.core.sources import Source
from logbook.store import codec

PATH = "templates/core/complaint.yaml"

COMPLAINT = """\
form: complaint
version: 2
effective: 2026-01-01
prefix: CP
title: {zh: 客户投诉登记表, en: Complaint register}
alias: [投诉]
source: [002 投诉处理及回访制度 1-7, 002 四.4]
subject: [summary]
fields:
  received_at: {zh: 投诉时间, en: Received at, type: datetime, is: at}
  name: {zh: 客户姓名, en: Customer, type: text, required: true, private: true}
  phone: {zh: 电话, en: Phone, type: phone, private: true, default: room.phone}
  room: {zh: 房号, en: Room, type: ref room}
  place: {zh: 地点, en: Place, type: text, default: room}
  way: {zh: 形式, en: Way, type: choice, choices: {letter: 信函 / Letter, phone: 电话 / Phone}, default: phone}
  summary: {zh: 内容摘要, en: Summary, type: text, required: true}
  level:
    zh: 等级
    en: Level
    type: choice
    choices: {minor: 轻微 / Minor, major: 重大 / Major}
    default: minor
  forwarded_at: {zh: 转呈时间, en: Forwarded at, type: datetime, is: forward.at}
  demanded_by: {zh: 要求期限, en: Wanted by, type: datetime, default: {within: 2 days}}
  round: {zh: 第几次, en: Round, type: int, default: 1}
  calls:
    zh: 通话
    en: Calls
    type: list
    of:
      at: {zh: 时间, en: At, type: datetime, default: now}
      to_room: {zh: 房号, en: Room, type: ref room, default: room}
      minutes: {zh: 分钟, en: Minutes, type: int}
  talked: {zh: 通话分钟, en: Talked, type: int, derived: sum of minutes over rows of calls}
  result: {zh: 处理结果, en: Result, type: longtext}
states: {registered: 已登记 / Registered, forwarded: 已转呈 / Forwarded, closed: 已归档 / Closed}
final: [closed]
steps:
  register: {zh: 登记, en: Register, to: registered, by: [cs_officer]}
  forward: {zh: 转呈, en: Forward, from: registered, to: forwarded, requires: [forwarded_at], by: [cs_officer]}
  close: {zh: 归档, en: Close, from: [registered, forwarded], to: closed, requires: result, by: [director], approver: true}
  again: {zh: 重开, en: Again, from: closed, to: registered, reason: true, adds: {round: 1}, opens: complaint}
signatures:
  heard: {zh: 登记人, en: Heard, roles: [cs_officer], at: register}
clocks:
  forward: {zh: 转呈, en: Forward, when: level is major, starts: at, stops: forward, within: same day, to: director}
  resolve: {zh: 处理, en: Resolve, starts: at, stops: [close], within: {level: {major: 10 days, minor: 2 days or demanded_by}}}
checks:
  - {id: result_full, rule: result required if level is major before close, say: {zh: 写明结果, en: Say the result}}
  - {id: quick, rule: forwarded_at <= received_at + 1 day, severity: warning}
list: [id, room, level, status, due]
sheet:
  - [name, room]
  - summary 2
  - calls
  - signatures
"""

ROOM = """\
form: room
version: 1
prefix: RM
title: 房屋单元台账 / Unit register
register: true
fields:
  room_no: {zh: 房号, en: Room, type: text, is: id}
  phone: {zh: 电话, en: Phone, type: phone}
states: {active: 有效 / Active}
steps:
  enter: {zh: 建档, en: Enter, to: active, by: [staff]}
"""

ROLES = "roles: {cs_officer: 客服管理员 / Officer, director: 主任 / Director}\n"

FILES = {PATH: COMPLAINT, "templates/core/room.yaml": ROOM, "templates/core/roles.yaml": ROLES}


def library(files: dict[str, str] = FILES, **changed: str) -> tuple[Library, list[Issue]]:
    """The library of these files; ``complaint=…`` replaces templates/core/complaint.yaml."""
    files = {**files, **{f"templates/core/{name}.yaml": text for name, text in changed.items()}}
    return library_from([source(path, text) for path, text in files.items()])


def source(path: str, text: str) -> Source:
    document, issues = codec.read_definition(text.encode(), path)
    assert document is not None, issues
    return Source(path, document.plain, document.line, document.place)


def form(text: str = COMPLAINT) -> Form:
    made, issues = alone(text)
    assert issues == []
    assert made is not None
    return made


def alone(text: str) -> tuple[Form | None, list[Issue]]:
    document, issues = codec.read_definition(text.encode(), PATH)
    assert document is not None, issues
    return form_from(document.plain, path=PATH, pack="core", line=document.line, spot=document.place)


def changed(old: str, new: str, text: str = COMPLAINT) -> str:
    assert old in text, f"the test changes {old!r}, which the form does not say"
    return text.replace(old, new, 1)
