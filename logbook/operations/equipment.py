"""What this machine has for logbook and what it lacks, before there is any book."""

from __future__ import annotations

from logbook.core.issues import Issue
from logbook.index.storage import full_text_version
from logbook.store import installed
from logbook.store.installed import Part


def parts() -> tuple[Part, ...]:
    """Everything looked at, what is needed first."""
    sqlite = Part("sqlite", full_text_version(), installed.package_command("python3"), needed=True)
    programs = sorted([*installed.programs(), sqlite], key=lambda part: not part.needed)
    return (*programs, *installed.libraries_of_extras())


def issues(found: tuple[Part, ...]) -> list[Issue]:
    """What must be brought before anything works: an error for what is not there, a warning for what is old."""
    told = []
    for part in found:
        if part.needed and not part.found:
            told.append(Issue("machine.missing", {"name": part.name, "command": part.command}))
        elif part.old:
            told.append(
                Issue(
                    "machine.old",
                    {"name": part.name, "found": part.found, "command": part.command},
                    severity="warning",
                )
            )
    return told
