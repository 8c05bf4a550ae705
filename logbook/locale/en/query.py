"""Sentences about queries and the index."""
from __future__ import annotations

MESSAGES = {
    "query.private": '"{label}" is private: nobody can look for it or sort by it without --private.',
    "query.encrypted": '"{label}" is encrypted: it can neither be looked for nor sorted by.',
    "query.refused": "The query was not understood ({count} problem(s)).",
    "query.unknown-field": "There is no field “{name}” to look in. {near}",
    "query.unknown-value": "“{found}” is no value of {name}. {near}",
    "query.bad-number": "{name} is a number; “{found}” is none.",
    "query.bad-time": "{name} is a time; “{found}” is none we can read.",
    "query.one-value": "A comparison takes exactly one value: “{found}”.",
    "query.open-quote": "A quotation mark is opened and never closed: {found}",
    "query.dangling": "“{found}” stands alone; it negates the word right behind it.",
    "query.no-word": "“{found}” holds no letters or digits to look for.",
    "query.derived-field": "{name} is computed, not stored; it cannot be looked for.",
    "query.unknown-sort": "Records cannot be sorted by “{name}”.",
    "query.derived-sort": "{name} is computed, not stored; records cannot be sorted by it.",
    "query.sql": "The SQL was refused: {why}",
    "query.no-form": "This book has no form “{form}”.",
    "query.unreadable": "The file could not be read as a record: {found}",
}

FIXES = {
    "query.private": "Add --private if your role may, or ask something else.",
    "query.encrypted": "Find the record by something else, then use logbook show ID --private.",
    "query.unknown-field": "Names to use: {allowed}. To look for the text itself, put it in quotation marks.",
    "query.unknown-value": "Use one of: {allowed}.",
    "query.bad-number": "Write digits, e.g. 3 or 12.50.",
    "query.bad-time": "Write e.g. 2026-11-22, 2026-11, 2026-11-22 09:30, today, yesterday, 7d or last-month.",
    "query.one-value": "Write e.g. at>=2026-11-01; for several values use name:value,value.",
    "query.open-quote": "Close it, or leave it out.",
    "query.dangling": "Write -status:closed, without a blank.",
    "query.no-word": "Give a word to look for.",
    "query.unknown-sort": "Sort by one of: {allowed}. Fields need one form to be named.",
    "query.derived-sort": "Sort by one of: {allowed}.",
    "query.sql": "Only reading is allowed: one select statement over the tables of the index.",
    "query.no-form": "Add the form under templates/, or correct the line `form:` of the record.",
    "query.unreadable": "Correct the file, or tell the administrator.",
}
