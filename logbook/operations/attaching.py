"""Files that go into the book beside a record: taken in, named by the hash of their content, checked."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.pictures import PICTURES
from logbook.core.pictures import is_text
from logbook.core.pictures import kind_of
from logbook.core.pictures import without_place
from logbook.core.record import Stored

if TYPE_CHECKING:
    from logbook.core.record import Record
    from logbook.operations.session import Session

FOLDER = "attachments"
TYPES = ("jpg", "jpeg", "png", "pdf", "webp", "heic", "txt", "csv", "xlsx", "docx")
MAX_MB = 10
_TEXTS = ("txt", "csv")
# How people call the kinds.
_CALLED = {
    "jpg": "JPEG", "png": "PNG", "webp": "WebP", "heic": "HEIC", "pdf": "PDF", "xlsx": "XLSX", "docx": "DOCX",
    "text": "TXT",
}  # fmt: skip
_HASH = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,8})?")
_NAMED = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


def path_of(value: str) -> str:
    """Where the file of a stored value stands in the book (rulings 19)."""
    return f"{FOLDER}/{value.partition('.')[0]}"


def take(session: Session, field: Field, word: str, place: str) -> tuple[str, bytes | None, Issue | None]:
    """The value for a file named on the command line, and its content; a hash is taken for what it is."""
    if _HASH.fullmatch(word):
        return word, None, None
    told = {"label": field.label, "found": word}
    try:
        file = Path(word).expanduser()
    except RuntimeError:  # nobody's home
        file = Path(word)
    kind = file.suffix.lower().removeprefix(".")
    if kind not in TYPES:
        return word, None, Issue("attachment.type", {**told, "allowed": list(TYPES)}, field=place)
    most = max_mb(session)
    try:
        if not file.is_file():  # a pipe would be waited for without end
            return word, None, Issue("attachment.no-file", told, field=place)
        if file.stat().st_size > most * 1_000_000:
            return word, None, Issue("attachment.size", {**told, "most": most}, field=place)
        data: bytes | None = file.read_bytes()
    except OSError:
        return word, None, Issue("attachment.no-file", told, field=place)
    assert data is not None
    really = content_kind(data)
    claimed = "jpg" if kind == "jpeg" else kind
    if really != ("text" if claimed in _TEXTS else claimed):
        return word, None, Issue(*_other_content(told, claimed, really), field=place)
    if really in PICTURES:
        data = without_place(data)
        if data is None:
            code = "attachment.heic" if really == "heic" else "attachment.picture"
            return word, None, Issue(code, {**told, "kind": _CALLED[really]}, field=place)
    return hashlib.sha256(data).hexdigest(), data, None


def content_kind(data: bytes) -> str:
    """What a file is by its content: one of :data:`TYPES` (``jpg`` for both spellings), ``text``, or ``other``."""
    kind = kind_of(data)
    if kind == "zip":
        return _office_kind(data)
    return kind or ("text" if is_text(data) else "other")


def _office_kind(data: bytes) -> str:
    """Which of the office formats an archive is: by the part every such file has."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return "other"
    if "[Content_Types].xml" not in names:
        return "other"
    return "xlsx" if "xl/workbook.xml" in names else "docx" if "word/document.xml" in names else "other"


def _other_content(told: Mapping[str, object], claimed: str, really: str) -> tuple[str, dict[str, object]]:
    if really in TYPES or (really == "text" and claimed not in _TEXTS):
        ending = "txt" if really == "text" else really
        return "attachment.other-type", {**told, "claimed": claimed, "really": _CALLED[really], "ending": ending}
    return "attachment.not-type", {**told, "claimed": claimed}


def max_mb(session: Session) -> int:
    """How large a file may be, in megabytes: ``attachments: {max_mb: 10}`` of the site's settings."""
    own = session.library.settings.get("attachments")
    text = str(own.get("max_mb")) if isinstance(own, Mapping) else ""
    return int(text) if text.isdigit() else MAX_MB


def attachment_issues(session: Session, form: Form, record: Record, known: dict[str, bool | None]) -> list[Issue]:
    """Files a record names that are not in the work tree, or are not what they were (A11). ``known`` keeps
    what was found of each, for the records to come: whether it matches, None when it is not there."""
    from logbook.core.lifecycle import state_of
    from logbook.store.sparse import cone_of
    from logbook.store.sparse import is_sparse

    found: list[Issue] = []
    if not any(field.type in ("attachment", "list") for field in form.fields.values()):
        return found  # most forms: nothing to replay the record for
    for place, field, value in _values(form, state_of(form, record).fields):
        name = value.partition(".")[0]
        if name not in known:
            file = session.book.root / path_of(value)
            known[name] = hashlib.sha256(file.read_bytes()).hexdigest() == name if file.is_file() else None
            if known[name] is None and is_sparse(session.repository):
                cone = cone_of(session.repository)
                if cone is None or not cone.holds(path_of(value)):
                    known[name] = True  # left out of this work tree, not lost
        if known[name] is None:
            found.append(Issue("attachment.missing", {"label": field.label, "file": path_of(value)}, field=place))
        elif not known[name]:
            found.append(Issue("attachment.changed", {"label": field.label, "file": path_of(value)}, field=place))
    return found


def orphan_issues(session: Session, records: Iterable[bytes]) -> list[Issue]:
    """A warning for each file among the attachments that no record names, now or before a correction.
    ``records``: the texts of all records of the book, readable or not."""
    folder = session.book.root / FOLDER
    if not folder.is_dir():
        return []
    named = {name.decode("ascii") for text in records for name in _NAMED.findall(text)}
    return [
        Issue("attachment.orphan", {"file": path}, severity="warning", path=path)
        for path in (f"{FOLDER}/{file.name}" for file in sorted(folder.iterdir()))
        if path.rpartition("/")[2] not in named
    ]


def attachments_of(form: Form, fields: Mapping[str, Stored]) -> Iterator[tuple[str, Field, str]]:
    """Place, field and value of every file a record names now."""
    yield from _values(form, fields)


def _values(form: Form, fields: Mapping[str, Stored]) -> Iterator[tuple[str, Field, str]]:
    for name, field in form.fields.items():
        value = fields.get(name)
        if field.type == "attachment" and isinstance(value, str) and value:
            yield name, field, value
        elif field.type == "list" and isinstance(value, list):
            columns = [column for column in field.columns.values() if column.type == "attachment"]
            for number, row in enumerate(value if columns else (), 1):
                for column in columns:
                    cell = row.get(column.id) if isinstance(row, dict) else None
                    if isinstance(cell, str) and cell:
                        yield f"{name}.{number}.{column.id}", column, cell
