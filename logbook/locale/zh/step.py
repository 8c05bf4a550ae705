"""关于步骤的话。"""
from __future__ import annotations

MESSAGES = {
    "step.not-first": "“{step}”不是登记步骤",
    "step.no-first": "没有一个登记步骤适用于所填的内容",
    "step.unknown": "没有“{found}”这个步骤",
    "step.not-allowed": "现在是“{state}”，不能“{step}”",
    "step.none-left": "现在是“{state}”，没有下一步了",
    "step.voided": "{id} 已作废，不能再办理",
    "step.role": "{by} 不能办理“{step}”",
    "step.reason": "“{step}”要写明原因",
    "step.approver": "“{step}”要有批准人",
    "step.same-person": "“{step}”的批准人不能是办理人自己",
    "step.requires": "“{step}”之前要填“{label}”",
    "step.first": "“{step}”不能是第一个步骤",
    "step.order": "“{state}”时不能“{step}”",
    "step.breached": "“{clock}”已经逾期，改期不改变逾期",
}
FIXES = {
    "step.not-first": "可用：{allowed}。",
    "step.no-first": "请用 --step 指明：{allowed}。",
    "step.unknown": "可用：{allowed}。{hint}",
    "step.not-allowed": "现在可以：{allowed}（“{step}”要在 {from_} 时办理）",
    "step.none-left": "更正用 logbook amend，作废用 logbook void",
    "step.voided": "需要的话新登记一条",
    "step.role": "应由 {roles} 办理；换人用 --by",
    "step.reason": "加上 --reason 原因",
    "step.approver": "加上 --approved-by 员工",
    "step.same-person": "换一位批准人",
    "step.requires": "加上 {name}=…",
    "step.first": "第一个事件应是登记",
    "step.order": "检查事件的先后",
    "step.breached": "要延期请在到期之前办理",
}
