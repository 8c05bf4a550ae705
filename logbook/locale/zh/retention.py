"""Words about how long records are kept."""

from __future__ import annotations

MESSAGES = {
    "retention.shape": "retention 要写成“表单: 期限”几项",
    "retention.period": "看不懂保存期限“{found}”",
    "retention.unknown-form": "没有“{found}”这种表单，谈不上保存期限",
    "retention.none": "到 {day} 没有保存期满的记录",
    "retention.note": "到 {day} 有 {count} 条记录保存期满。这只是清单，什么都没有删",
    "retention.unset": "没有定保存期限：{forms}",
    "retention.not-set": "未定",
    "retention.source_site": "设置",
    "retention.source_form": "表单",
    "retention.source_default": "默认",
}

FIXES = {
    "retention.shape": "如 retention: {{default: 5 years, complaint: 3 years}}",
    "retention.period": "请写 3 years（3 年）、18 months（18 个月）、90 days（90 天）或 permanent（永久）",
    "retention.unknown-form": "{hint}有哪些表单：logbook forms",
    "retention.note": "怎样处理见 docs/retention.md：先看有没有还在争议的，报批，再处理纸质件",
    "retention.unset": "在 logbook.yaml 里写 settings: retention: 表单: 3 years，或用 default: 定全部",
}
