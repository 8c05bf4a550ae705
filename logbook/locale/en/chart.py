"""The words in charts."""
from __future__ import annotations

MESSAGES = {
    "chart.none": "no data",
    "chart.other": "Other ({count})",
    "chart.target": "target",
    "chart.total": "{count} in all",
    "chart.total_of": "{count} {unit} in all",
    "chart.cumulative": "cumulative",
    "chart.of_before": "of previous",
    "chart.busiest": "busiest: {day} {hour}:00 ({count})",
    "chart.pair": "{label}: {value}",
    "chart.joint": "; ",
    "chart.sentence": "{sentence}.",
    "chart.trend": "{first} to {last}, lowest {low}, highest {high}, latest {now}",
    "chart.gap": "no data",
    "chart.days": "Mon Tue Wed Thu Fri Sat Sun",
    "chart.hour": "hour",
}

FIXES: dict[str, str] = {}
