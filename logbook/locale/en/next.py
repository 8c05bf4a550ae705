"""Messages of `logbook next`."""

from __future__ import annotations

MESSAGES = {
    "next.waits": 'The workflow waits here: this book has no form "{word}".{hint}',
    "next.voided": "{id} was cancelled; nothing follows it.",
    "next.none": "Nothing is known to follow {id} where it stands ({state}).",
    "next.ask": "Which form follows {id}?",
    "next.go-on": "go on with {record}: {step}",
    "next.first": "first: {steps}",
    "next.opens": "the form itself",
    "next.not-known": 'No workflow has "{form}" behind {id}.',
    "next.dry": "Would make a record of {form} after {id} (nothing was written):",
    "next.link": "from {id}: the link",
    "next.copy": "from {id}",
    "next.typed": "typed",
    "next.default": "default",
    "next.missing": "still wanted: {fields}",
    "next.would-back": "{id}: {step} would name the new record in {field}",
    "next.would-not": "{id}: {step} cannot go along: it lacks {fields}",
    "next.back": "{id}: {step} names the new record",
    "next.back-open": 'Not yet in "{field}" of {id}.',
}
FIXES = {
    "next.waits": "Enable the pack that has it, or correct the name.",
    "next.none": "Name the form: logbook next {id} FORM",
    "next.voided": "Make the new record with logbook add.",
    "next.not-known": "It was made all the same; logbook next {id} lists what usually follows.",
    "next.back-open": "{command}",
}
