"""Words about what two desks changed at once."""
from __future__ import annotations

MESSAGES = {
    "merge.value": "{label}: two computers changed it to different values, and nobody has checked yet",
    "merge.steps": "Two computers took a step at once, and nobody has checked yet",
    "merge.rows": "{label}: two computers added rows, so their numbers may have moved; nobody has checked yet",
    "merge.number": "{label}: two records have had the number it names; nobody has checked yet which is meant",
    "merge.file": "The text of the other computer cannot be read, and nobody has checked yet",
    "merge.both-did": "The step {step} was taken in state {state}: two computers at once, nothing was tampered with",
    "merge.status": "The state now is {state}; here it can only be confirmed, another state takes a step",
}
FIXES = {
    "merge.value": "logbook show {id} shows both values; settle it: logbook amend {id} {name}=… --reason …",
    "merge.steps": "logbook show {id}; to confirm how it stands: logbook amend {id} status=… --reason …",
    "merge.rows": "logbook show {id} shows the rows; settle it: logbook amend {id} {name}=… --reason …",
    "merge.number": "logbook amend {id} {name}=… --reason … says which one",
    "merge.file": "Find it in Git (logbook show {id} --format json has both ids), then logbook amend",
    "merge.status": "logbook amend {id} status={name} --reason …",
}
