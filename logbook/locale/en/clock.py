"""Messages about budgets, clocks and calendars."""

from __future__ import annotations

MESSAGES = {
    "clock.budget-empty": "No time limit is given.",
    "clock.budget-unknown": 'This time limit is not understood: "{found}".',
    "clock.budget-unit": 'The time limit "{found}" has no known unit: "{unit}".{hint}',
    "clock.budget-number": 'The number "{number}" does not fit the time limit "{found}".',
    "clock.budget-time": '"{time}" in the time limit "{found}" is no time of day.',
    "clock.budget-before": 'The time limit "{found}" cannot count working hours backwards.',
    "clock.budget-mapping": "A time limit chosen by a field names one field and a limit for each choice.",
    "clock.no-calendar": 'This book has no calendar "{calendar}", so working time cannot be counted.',
    "clock.empty-calendar": 'The calendar "{calendar}" has no working time at all.',
}

FIXES = {
    "clock.budget-empty": "Write a limit, such as 2 days, same day or by due_at.",
    "clock.budget-unknown": (
        "Known are: 30 minutes, 1 hour, 8 working_hours, 2 days, 3 working_days, 1 week, 3 months, same day, "
        "by FIELD, 2 days or FIELD, day 5 of next month, 09:00 on FIELD, 15 minutes before FIELD."
    ),
    "clock.budget-unit": (
        "Units are minutes, hours, working_hours, days (natural days), working_days, weeks and months."
    ),
    "clock.budget-number": (
        "Days, weeks and months are whole numbers from 1; minutes and hours may have decimals; "
        "a day of the month is 1 to 31 or last."
    ),
    "clock.budget-time": "Write a time as 09:00; 24:00 is the latest.",
    "clock.budget-before": "Use minutes, hours, days or working_days.",
    "clock.budget-mapping": "For example {{level: {{major: 10 days, minor: 2 days}}}}.",
    "clock.no-calendar": "Add that calendar to the settings, or use always or desk.",
    "clock.empty-calendar": "Give the calendar windows, such as 09:00-12:00, 13:30-18:00.",
}
