"""打印表单上的词。"""
from __future__ import annotations

MESSAGES = {
    "sheet.number": "编号：{number}",
    "sheet.status": "状态：{status}",
    "sheet.moment": "{label}：{moment}",
    "sheet.recorded": "登记时间",
    "sheet.blank_moment": "　　年　　月　　日　　时　　分",
    "sheet.blank_date": "年　月　日",
    "sheet.void": "作废",
    "sheet.voided": "已作废",
    "sheet.with_unit": "{label}（{unit}）",
    "sheet.yes": "是",
    "sheet.no": "否",
    "sheet.row": "序号",
    "sheet.item": "检查项目",
    "sheet.result": "结果",
    "sheet.remark": "备注",
    "sheet.pass": "合格",
    "sheet.fail": "不合格",
    "sheet.na": "不适用",
    "sheet.head_id": "编号",
    "sheet.head_status": "状态",
    "sheet.head_at": "登记时间",
    "sheet.head_by": "登记人",
    "sheet.head_form": "表单",
    "sheet.head_due": "到期",
    "sheet.stale": "签后内容有改动，须重签",
    "sheet.through": "{name}代为登记",
    "sheet.amended": "更正：{field}由“{old}”改为“{new}”，{moment} {name}，理由：{reason}",
    "sheet.nothing": "空",
    "sheet.masked": "*** 为私密信息，已隐去。",
    "sheet.source": "依据：{source}",
    "sheet.printed": "打印于 {moment}",
    "sheet.page": "第 {page} 页 共 {pages} 页",
}

FIXES: dict[str, str] = {}
