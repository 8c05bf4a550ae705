"""Words about steps."""
from __future__ import annotations

MESSAGES = {
    "step.not-first": "{step} does not make a record",
    "step.no-first": "none of the steps that make a record fits what was given",
    "step.unknown": "there is no step {found}",
    "step.not-allowed": "the record is {state}: {step} cannot be done now",
    "step.none-left": "the record is {state}: there is no further step",
    "step.voided": "{id} is void: no step can be taken",
    "step.role": "{by} may not do {step}",
    "step.reason": "{step} needs a reason",
    "step.approver": "{step} needs somebody who approved it",
    "step.same-person": "{step} cannot be approved by the one who does it",
    "step.requires": "{step} needs {label}",
    "step.first": "{step} cannot be the first step",
    "step.order": "{step} cannot follow the state {state}",
    "step.breached": "{clock} is late already; a later date does not undo that",
}
FIXES = {
    "step.not-first": "Possible: {allowed}.",
    "step.no-first": "Name one with --step: {allowed}.",
    "step.unknown": "steps: {allowed}.{hint}",
    "step.not-allowed": "possible now: {allowed} ({step} is done from {from_})",
    "step.none-left": "correct with logbook amend, cancel with logbook void",
    "step.voided": "make a new record where needed",
    "step.role": "to be done by {roles}; name the person with --by",
    "step.reason": "add --reason TEXT",
    "step.approver": "add --approved-by STAFF",
    "step.same-person": "name another person",
    "step.requires": "add {name}=…",
    "step.first": "the first event makes the record",
    "step.order": "check the order of events",
    "step.breached": "extend before the time is up",
}
