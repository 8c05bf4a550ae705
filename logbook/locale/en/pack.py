"""Messages of `logbook packs`."""

from __future__ import annotations

MESSAGES = {
    "pack.refused": "The forms of the book were not changed; {count} problem(s):",
    "pack.unknown": 'There is no pack "{found}".{hint}',
    "pack.enabled": 'The pack "{pack}" is enabled already.',
    "pack.coming": "{title} ({pack}): {purpose}",
    "pack.counts": "{forms} form(s), {duties} duty(ies), {workflows} workflow(s)",
    "pack.wakes": "Spoken of already, and asleep until now: {forms}",
    "pack.waits": "Still asleep, because their packs are not enabled: {forms}",
    "pack.ask": "Put this into the book?",
    "pack.not-yes": "Nothing was written.",
    "pack.dry": "Dry run: nothing was written.",
    "pack.done-enable": "{packs} enabled: {commit}",
    "pack.done-upgrade": "The forms are those of the program now: {commit}",
    "pack.current": "The forms are those of the program; there is nothing to do.",
    "pack.nothing": "There is nothing to take over.",
    "pack.conflicts": "{count} file(s) were changed here and in the program; the book's stay as they are.",
    "pack.same-version": "The program's rules differ under the same version {version}; the book's stay.",
    "pack.own-version": "The rules were changed here under the same version {version}.",
    "pack.no-conflict": "{path} is no file that was changed on both sides.",
    "pack.doc-title": "Forms",
    "pack.doc-purpose": "for",
    "pack.doc-workflows": "Workflows",
    "pack.doc-written": "{count} page(s) in {path}",
    "pack.not-here": 'This book has no pack "{found}".{hint}',
    "pack.new": "new",
    "pack.updated": "updated",
    "pack.superseded": "new version, the old one stays beside",
    "pack.same_rules_number": "not taken: other rules, same version",
    "pack.older": "not taken: the program's is older",
    "pack.conflict": "changed on both sides: the book's stays",
    "pack.own": "changed here: stays",
    "pack.removed": "taken out here: stays out",
    "pack.not_shipped": "no longer the program's: stays",
}
FIXES = {
    "pack.not-here": "Packs here: {known}.",
    "pack.unknown": "Packs: {known}.",
    "pack.enabled": "logbook packs lists them all; logbook packs upgrade brings its forms up to date.",
    "pack.not-yes": "Add --yes.",
    "pack.conflicts": (
        "Look with --diff, take over what you want by hand and commit it; then logbook packs upgrade --keep FORM."
    ),
    "pack.same-version": "Tell whoever maintains the program: changed rules want a new version.",
    "pack.own-version": "Raise its version and keep the old file beside it as FORM@{version}.yaml.",
    "pack.no-conflict": "Name a form or a path that logbook packs upgrade --dry-run lists as changed on both sides.",
}
