"""Words about how long records are kept."""

from __future__ import annotations

MESSAGES = {
    "retention.shape": "retention must be a set of form: period",
    "retention.period": '"{found}" is no period of keeping',
    "retention.unknown-form": "there is no form {found} whose records could be kept",
    "retention.none": "no record whose period is over on {day}",
    "retention.note": "records whose period is over on {day}: {count}. Nothing was taken away: this is a list",
    "retention.unset": "no period set: {forms}",
    "retention.not-set": "no period set",
    "retention.source_site": "settings",
    "retention.source_form": "form",
    "retention.source_default": "default",
}

FIXES = {
    "retention.shape": "e.g. retention: {{default: 5 years, complaint: 3 years}}",
    "retention.period": "write 3 years, 18 months, 90 days or permanent",
    "retention.unknown-form": "see the forms with: logbook forms.{hint}",
    "retention.note": "what to do with them stands in docs/retention.md: look for what is still in dispute, have it approved, take the paper",
    "retention.unset": "give one in logbook.yaml: settings: retention: FORM: 3 years, or default: for all",
}
