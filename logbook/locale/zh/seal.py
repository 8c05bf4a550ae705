"""关于封存的话。"""
from __future__ import annotations

MESSAGES = {
    "seal.stale": "{id} 封存后有改动：{changed}",
    "seal.addendum": "补记：{id} 属于已封存的 {sealed}",
    "seal.broken": "{id} 的封存校验码与清单不符",
}
FIXES = {
    "seal.stale": "查看改动：logbook history {first}",
    "seal.broken": "查看 logbook history {id}：清单在程序之外被改过。",
}
