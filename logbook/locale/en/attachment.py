"""Sentences about attachments."""
from __future__ import annotations

MESSAGES = {
    "attachment.no-file": "{label}: there is no file {found}",
    "attachment.type": "{label}: {found} is of a type that is not kept",
    "attachment.size": "{label}: {found} is larger than {most} MB",
    "attachment.picture": "{label}: {found} cannot be read as a {kind} picture to its end, so where it was taken cannot be removed from it",
    "attachment.heic": "{label}: {found} is a HEIC picture built in a way we do not know, so where it was taken cannot be removed from it",
    "attachment.other-type": "{label}: {found} ends in .{claimed} and holds {really}",
    "attachment.not-type": "{label}: {found} ends in .{claimed} and holds something else",
    "attachment.orphan": "no record names {file}",
    "attachment.import": "files cannot be brought along by an import",
    "attachment.missing": "{label}: the file {file} is not there",
    "attachment.changed": "{label}: the file {file} is not what was recorded",
}

FIXES = {
    "attachment.no-file": "give the path of a file on this computer",
    "attachment.type": "allowed: {allowed}",
    "attachment.size": "make it smaller, or raise attachments.max_mb in the settings",
    "attachment.picture": "save it again with a picture program",
    "attachment.heic": "save it as JPEG: in a picture program, or let the telephone take JPEG (iPhone: Settings, Camera, Formats, Most Compatible)",
    "attachment.other-type": "if that is the file you mean, give it the ending .{ending}; else look which file it is",
    "attachment.not-type": "look whether it opens, and save it again as .{claimed}",
    "attachment.orphan": "a file put there by hand belongs beside a record: logbook amend ID FIELD=FILE; nothing is lost by leaving it",
    "attachment.import": "import the records first, then add the files with logbook step or amend",
    "attachment.missing": "bring the file back from a backup or another clone",
    "attachment.changed": "bring the file back as it was: git checkout HEAD -- {file}",
}
