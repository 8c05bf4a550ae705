"""查询与索引的提示。"""
from __future__ import annotations

MESSAGES = {
    "query.private": "“{label}”是私密内容，不能拿来查找或排序。",
    "query.encrypted": "“{label}”加密存放，不能拿来查找或排序。",
    "query.refused": "查询条件有 {count} 处看不明白。",
    "query.unknown-field": "没有“{name}”这一项可查。{near}",
    "query.unknown-value": "“{name}”没有“{found}”这个取值。{near}",
    "query.bad-number": "“{name}”是数字，“{found}”不是数字。",
    "query.bad-time": "“{name}”是时间，看不懂“{found}”。",
    "query.one-value": "比较时只能给一个值：“{found}”。",
    "query.open-quote": "引号没有收尾：{found}",
    "query.dangling": "“{found}”后面要紧跟被排除的条件。",
    "query.no-word": "“{found}”里没有可以查找的文字。",
    "query.derived-field": "“{name}”是自动算出来的，不能用来查找。",
    "query.unknown-sort": "不能按“{name}”排序。",
    "query.derived-sort": "“{name}”是自动算出来的，不能按它排序。",
    "query.sql": "SQL 语句不能执行：{why}",
    "query.no-form": "本记录簿没有“{form}”这种表单。",
    "query.unreadable": "文件无法当作记录读取：{found}",
}

FIXES = {
    "query.private": "有权的岗位加上 --private；或换一个条件。",
    "query.encrypted": "先用别的条件找到记录，再用 logbook show 编号 --private 看。",
    "query.unknown-field": "可以用：{allowed}。如果要查这几个字本身，请加引号。",
    "query.unknown-value": "请用其中之一：{allowed}。",
    "query.bad-number": "请写数字，例如 3 或 12.50。",
    "query.bad-time": "请写成 2026-11-22、2026-11、2026-11-22 09:30、今天、昨天、7d、上月 等。",
    "query.one-value": "例如 at>=2026-11-01；要列多个值请写“名称:值,值”。",
    "query.open-quote": "请补上另一半引号，或去掉引号。",
    "query.dangling": "请写成 -status:closed，中间不要空格。",
    "query.no-word": "请写要查找的字词。",
    "query.unknown-sort": "可以按这些排序：{allowed}。按表单字段排序时请指定一种表单。",
    "query.derived-sort": "可用来排序：{allowed}。",
    "query.sql": "只能读取：请写一条 select 查询语句。",
    "query.no-form": "请在 templates/ 中加入该表单，或改正记录里的 form 一行。",
    "query.unreadable": "请改正文件，或告诉管理员。",
}
