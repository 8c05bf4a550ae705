"""接着填下一张（logbook next）的话。"""

from __future__ import annotations

MESSAGES = {
    "next.waits": "流程的这一步先空着：本记录簿没有“{word}”这种表单。{hint}",
    "next.voided": "{id} 已作废，后面不再填单。",
    "next.none": "{id} 现在是“{state}”，后面通常不用再填表。",
    "next.ask": "{id} 之后填哪一张",
    "next.go-on": "接着办 {record}：{step}",
    "next.first": "先办：{steps}",
    "next.opens": "表单本身",
    "next.not-known": "流程里 {id} 之后没有“{form}”。",
    "next.dry": "{id} 之后会填一张{form}（没有写入）：",
    "next.link": "来自 {id}（关联）",
    "next.copy": "来自 {id}",
    "next.typed": "本次填写",
    "next.default": "默认",
    "next.missing": "还要填：{fields}",
    "next.would-back": "{id} 会同时办“{step}”，在“{field}”里填上新单号",
    "next.would-not": "{id} 不能同时办“{step}”：还缺{fields}",
    "next.back": "{id} 已同时办“{step}”，填上了新单号",
    "next.back-open": "{id} 的“{field}”还没有填新单号。",
}
FIXES = {
    "next.waits": "启用有这张表单的表单包，或改正名称。",
    "next.none": "要填请写明表单：logbook next {id} 表单",
    "next.voided": "另外登记请用 logbook add。",
    "next.not-known": "已照样登记；logbook next {id} 可看通常填什么。",
    "next.back-open": "{command}",
}
