"""Sentences about attachments."""
from __future__ import annotations

MESSAGES = {
    "attachment.no-file": "{label}: there is no file {found}",
    "attachment.type": "{label}: {found} is of a type that is not kept",
    "attachment.size": "{label}: {found} is larger than {most} MB",
    "attachment.jpeg": "{label}: {found} cannot be read as a JPEG picture, so where it was taken cannot be removed from it",
    "attachment.import": "files cannot be brought along by an import",
    "attachment.missing": "{label}: the file {file} is not there",
    "attachment.changed": "{label}: the file {file} is not what was recorded",
}

FIXES = {
    "attachment.no-file": "give the path of a file on this computer",
    "attachment.type": "allowed: {allowed}",
    "attachment.size": "make it smaller, or raise attachments.max_mb in the settings",
    "attachment.jpeg": "save it again with a picture program",
    "attachment.import": "import the records first, then add the files with logbook step or amend",
    "attachment.missing": "bring the file back from a backup or another clone",
    "attachment.changed": "bring the file back as it was: git checkout HEAD -- {file}",
}
