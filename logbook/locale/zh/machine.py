"""这台电脑有什么、缺什么。"""

from __future__ import annotations

MESSAGES = {
    "machine.missing": "这台电脑缺少 {name}",
    "machine.old": "{name} 版本太旧（{found}）",
    "machine.none": "没有。要用时运行：{command}",
}

FIXES = {
    "machine.missing": "先运行：{command}",
    "machine.old": "升级：{command}",
}
