"""时限、日历的提示。"""

from __future__ import annotations

MESSAGES = {
    "clock.budget-empty": "没有写时限。",
    "clock.budget-unknown": "看不懂这个时限：“{found}”。",
    "clock.budget-unit": "时限“{found}”里没有“{unit}”这个单位。{hint}",
    "clock.budget-number": "时限“{found}”里的数“{number}”不对。",
    "clock.budget-time": "时限“{found}”里的“{time}”不是一天里的时刻。",
    "clock.budget-before": "时限“{found}”：提前量不能用工作小时。",
    "clock.budget-mapping": "按字段选时限时，应写一个字段，下面每个选项各写一个时限。",
    "clock.no-calendar": "本记录簿没有名为“{calendar}”的日历，无法计算工作时间。",
    "clock.empty-calendar": "日历“{calendar}”里没有任何工作时间，时限永远走不完。",
}

FIXES = {
    "clock.budget-empty": "写上时限，例如 2 days、same day、by due_at。",
    "clock.budget-unknown": (
        "可以写：30 minutes、1 hour、8 working_hours、2 days、3 working_days、1 week、3 months、same day、"
        "by 字段、2 days or 字段、day 5 of next month、09:00 on 字段、15 minutes before 字段。"
    ),
    "clock.budget-unit": (
        "单位有 minutes、hours、working_hours、days（自然日）、working_days、weeks、months。"
    ),
    "clock.budget-number": "天、周、月写 1 以上的整数；分钟和小时可带小数；日期为 1 到 31 或 last。",
    "clock.budget-time": "时刻写成 09:00，最晚 24:00。",
    "clock.budget-before": "改用 minutes、hours、days 或 working_days。",
    "clock.budget-mapping": "例如 {{level: {{major: 10 days, minor: 2 days}}}}。",
    "clock.no-calendar": "在设置里加上这个日历，或改用 always、desk。",
    "clock.empty-calendar": "给日历加上工作时间，例如 09:00-12:00, 13:30-18:00。",
}
