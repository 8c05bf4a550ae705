"""Words about what two desks changed at once."""
from __future__ import annotations

MESSAGES = {
    "merge.value": "{label}：两台电脑改成了不同的值，还没有人核对",
    "merge.steps": "两台电脑同时办理了步骤，还没有人核对",
    "merge.rows": "{label}：两台电脑都加了行，行号可能变了，还没有人核对",
    "merge.number": "{label}：提到的编号后来有两条记录，还没有人核对是哪一条",
    "merge.file": "另一台电脑上的文本读不出来，还没有人核对",
    "merge.both-did": "步骤“{step}”时状态已是“{state}”：两台电脑同时办理，不是篡改",
    "merge.status": "现在的状态是“{state}”；这里只能确认它，要改变状态请办理步骤",
}
FIXES = {
    "merge.value": "logbook show {id} 查看两个值，再用 logbook amend {id} {name}=… --reason … 确定",
    "merge.steps": "logbook show {id} 查看；确认现状：logbook amend {id} status=… --reason …",
    "merge.rows": "logbook show {id} 查看各行，再用 logbook amend {id} {name}=… --reason … 确定",
    "merge.number": "logbook amend {id} {name}=… --reason … 写明是哪一条",
    "merge.file": "在 Git 里找到那一份（logbook show {id} --format json 里有两个编号），再用 logbook amend 更正",
    "merge.status": "logbook amend {id} status={name} --reason …",
}
