"""个人信息：提醒、加密和抹除。"""

from __future__ import annotations

MESSAGES = {
    "privacy.found": "“{label}”里好像有{kind}（{masked}），这一栏大家都看得到",
    "privacy.identity": "“{label}”里有完整的身份证号（{masked}），身份证号不能原样写进记录",
}
FIXES = {
    "privacy.found": "写到标了“私密”的栏里，这里只留必要的话",
    "privacy.identity": "只写后四位：{last}",
}
