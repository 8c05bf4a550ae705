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
    "clock.pause-reason": 'a pause needs a reason from the list; "{found}" is none of it',
    "clock.pause-endless": "{step} must say until when (clocks 7)",
    "clock.extend-endless": "{step} must give the new due (clocks 10)",
    "clock.pause-other": 'a pause for "{label}" must say what it is',
    "clock.pause-past": "a pause lasts until a moment to come; {until} is past (clocks 7)",
    "clock.pause-breached": '"{clock}" was due {due} and is late; after that it cannot be paused (clocks 7)',
    "clock.pause-never": '"{clock}" cannot be paused (clocks 6)',
    "clock.pause-nothing": "nothing that runs can be paused (clocks 7)",
    "clock.pause-long": '"{clock}" would be paused for more than {longest} in all (clocks 7)',
    "clock.pause-often": '"{clock}" has been paused {most} times already (clocks 7)',
    "clock.not-paused": "nothing is paused that could be resumed (clocks 7)",
    "clock.extend-nothing": "there is no deadline to extend (clocks 10)",
    "clock.extend-which": "several deadlines run; say which one to extend (clocks 10)",
    "clock.extend-breached": '"{clock}" was due {due} and is late; after that it cannot be extended (clocks 10)',
    "clock.extend-shorter": 'the new due is not later than that of "{clock}", {due} (clocks 10)',
    "clock.extend-many": '"{clock}" has been extended {most} times and cannot be again (clocks 10)',
    "clock.extend-assignee": "{by} has the matter in hand and cannot approve the extension (clocks 10)",
    "clock.extension": (
        '"{clock}" would be due later, which is an extension: it needs a reason and the approval of somebody'
        " who is none of {names} (clocks 10)"
    ),
    "clock.level-unapproved": (
        '"{clock}" stays due {due}: a longer limit needs a reason and the approval of somebody who is none of'
        " {names} (clocks 9)"
    ),
    "clock.level-late": '"{clock}" was due {due} and is late; a longer limit does not undo that (clocks 9)',
    "clock.backdated": '"{clock}" stopped at {stopped} but was written down late and counts from {counted} (clocks 2)',
    "clock.words-none": "this record has no deadlines",
    "clock.words-head": "{clock} (cycle {cycle}): {state}",
    "clock.words-start": "from {at} ({event})",
    "clock.words-not-before": 'does not begin before "{field}"',
    "clock.words-rule": '{within}, by "{clock}" of {version}',
    "clock.words-rule-source": '{within}, by "{clock}" of {version}, source {source}',
    "clock.words-roll": 'an end on a day off moves to the next working day of the calendar "{calendar}"',
    "clock.words-elapsed": "counted as time passes, nights and days off included",
    "clock.words-working": '{n} days counted in the calendar "{calendar}": {days}',
    "clock.words-natural": "the day of the start is not counted; {n} days counted: {days}",
    "clock.words-off": "{n} days off not counted: {days}",
    "clock.words-off-notice": "{day} not counted: {notice}",
    "clock.words-pause": "paused from {begin} to {end}; that does not count",
    "clock.words-level": "changed at {at}; due became {due}",
    "clock.words-agreed": "agreed anew at {at}; due became {due}",
    "clock.words-extended": "extended at {at}; due became {due}",
    "clock.words-late": "the change at {at} came after breach and left due at {due}",
    "clock.words-unapproved": "the change at {at} was approved by nobody else and left due at {due}",
    "clock.words-many": "the extension at {at} was one too many and left due at {due}",
    "clock.words-shorter": "the extension at {at} gave no later due and left it at {due}",
    "clock.words-no-due": "the moment that decides when it is due is not filled in yet",
    "clock.words-due": "due {due}",
    "clock.words-moved": "due {due} (at first {first})",
    "clock.words-provisional": 'the calendar "{calendar}" does not know that year yet; due is provisional',
    "clock.words-stop": "until {at} ({event})",
    "clock.words-backdated": "until {at} ({event}), written down late: it counts from {counted} (clocks 2)",
    "clock.words-late-by": "{late} late by now",
    "clock.words-verdict": "verdict: {strict}",
    "clock.words-verdicts": "verdict: {strict} by the first due, {adjusted} by the one approved",
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
    "clock.pause-reason": "Give one with --reason: {allowed}; with `other` say what it is, as in --reason 'other: away on business'.",
    "clock.pause-endless": "Add until=…, for example until=tomorrow.",
    "clock.extend-endless": "Add due=…, for example due=2026-12-01.",
    "clock.pause-other": "Write --reason 'other: away on business'.",
    "clock.pause-past": "Give a later moment with until=…",
    "clock.pause-breached": "Go on with the matter; what needs saying goes into the record.",
    "clock.pause-never": "Go on with the matter, or extend it before it is due.",
    "clock.pause-nothing": "An agreed moment or `same day` is not paused; agree on another or extend it.",
    "clock.pause-long": "Give an earlier `until`; the cap stands in the form's `pauses` or in the settings under `clocks`.",
    "clock.pause-often": "Go on with the matter, or extend it before it is due.",
    "clock.not-paused": "`logbook show` tells what happened to this record.",
    "clock.extend-nothing": "Running are: {allowed}.",
    "clock.extend-which": "Add clock=…, one of: {allowed}.",
    "clock.extend-breached": "Go on with the matter; what needs saying goes into the record.",
    "clock.extend-shorter": "Give a later moment with due=…",
    "clock.extend-many": "Go on with the matter.",
    "clock.extend-assignee": "Name somebody else with --approved-by.",
    "clock.extension": "Take the step extend, or add --reason TEXT --approved-by STAFF.",
    "clock.level-unapproved": (
        "Amend it to the same value once more, with --reason TEXT and the --approved-by STAFF of somebody else."
    ),
    "clock.level-late": "Go on with the matter; what needs saying goes into the record.",
    "clock.backdated": "Nothing to mend; next time write it down at once.",
}
