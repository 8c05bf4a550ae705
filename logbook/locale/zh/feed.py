"""日历订阅里的词。"""
from __future__ import annotations

MESSAGES = {
    "feed.late": "逾期：{what}",
    "feed.due": "应办：{due}",
    "feed.opens": "从 {opens} 起可办",
    "feed.to": "报：{role}",
    "feed.record": "记录：{record}",
    "feed.title": "{book}：应办",
}

FIXES: dict[str, str] = {}
