"""图表里的词。"""
from __future__ import annotations

MESSAGES = {
    "chart.none": "没有数据",
    "chart.other": "其他（{count} 项）",
    "chart.target": "目标",
    "chart.total": "共 {count}",
    "chart.total_of": "共 {count} {unit}",
    "chart.cumulative": "累计",
    "chart.of_before": "占上一步",
    "chart.busiest": "最忙：{day} {hour} 时（{count}）",
    "chart.pair": "{label}：{value}",
    "chart.joint": "；",
    "chart.sentence": "{sentence}。",
    "chart.trend": "{first} 至 {last}，最低 {low}，最高 {high}，最近 {now}",
    "chart.gap": "无数据",
    "chart.days": "周一 周二 周三 周四 周五 周六 周日",
    "chart.hour": "时",
}

FIXES: dict[str, str] = {}
