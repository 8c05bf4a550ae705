"""Word documents from a site's own template: values go in as text, and what the template asks for must be there.

The template is filled by docxtpl in a sandbox; macros and templates that fetch something are refused.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.core.issues import Issue
from logbook.core.suggest import hint
from logbook.render.paper import Sheet
from logbook.render.paper import Signing

_OLDEST = (1980, 1, 1, 0, 0, 0)  # a zip file knows no earlier time

Maker = Callable[[Sheet, Mapping[str, object]], bytes]


def opened(path: Path, form: str) -> Maker:
    """What fills the template at ``path``. UsageError where it or docxtpl is not there; Refused where it
     is no Word document, holds macros or fetches something from elsewhere."""
    if find_spec("docxtpl") is None:
        raise UsageError("sheet.no-docx", extra="docx")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError("sheet.no-template", path=str(path), form=form) from error
    _harmless(path, content)

    def make(sheet: Sheet, values: Mapping[str, object]) -> bytes:
        return _filled(path, content, sheet, values, form)

    return make


def _harmless(path: Path, content: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(content)) as file:
            names = file.namelist()
            types = file.read("[Content_Types].xml")
            links = b"".join(file.read(name) for name in names if name.endswith("settings.xml.rels"))
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise Refused([Issue("sheet.not-docx", {}, path=str(path))]) from error
    programs = b"macroEnabled" in types or any("vbaProject" in one for one in names)
    if programs or path.suffix.lower() in (".docm", ".dotm"):
        raise Refused([Issue("sheet.macros", {}, path=str(path))])
    if b'TargetMode="External"' in links:
        raise Refused([Issue("sheet.fetches", {}, path=str(path))])


def _filled(path: Path, content: bytes, sheet: Sheet, values: Mapping[str, object], form: str) -> bytes:
    from docxtpl import DocxTemplate
    from jinja2 import TemplateError
    from jinja2 import Undefined
    from jinja2.sandbox import SandboxedEnvironment

    unknown: dict[str, None] = {}

    class Noted(Undefined):
        """A name that is nothing: written down, and printed as nothing until all are known."""

        def _note(self, *_: object, **__: object) -> Any:
            unknown[str(self._undefined_name)] = None
            return self

        def __str__(self) -> str:
            self._note()
            return ""

        def __iter__(self) -> Any:
            self._note()
            return iter(())

        def __bool__(self) -> bool:
            self._note()
            return False

        __getattr__ = __getitem__ = __call__ = _note
        __len__ = lambda self: 0  # noqa: E731

    known = {**_header(sheet), **values}
    document = DocxTemplate(BytesIO(content))
    environment = SandboxedEnvironment(undefined=Noted, autoescape=True)
    try:
        document.render(dict(known), jinja_env=environment, autoescape=True)
    except TemplateError as error:
        raise Refused([Issue("sheet.bad-template", {"why": str(error)}, path=str(path))]) from error
    if unknown:
        raise Refused(
            [
                Issue(
                    "sheet.unknown-placeholder",
                    {"found": name, "hint": hint(name, list(known)), "form": form},
                    path=str(path),
                )
                for name in unknown
            ]
        )
    moment = datetime.fromtimestamp(max(sheet.moment_of_record, 315532800), UTC)
    about = document.docx.core_properties
    about.created = about.modified = moment.replace(tzinfo=None)
    about.title, about.author, about.last_modified_by = f"{sheet.record} {sheet.title}".strip(), sheet.book, sheet.book
    made = BytesIO()
    document.save(made)
    return _undated(made.getvalue())


def _header(sheet: Sheet) -> dict[str, object]:
    """What every template may name beside the form's fields."""
    signatures = [
        {"label": one.label, "name": one.name, "date": one.date, "note": one.note, "state": one.state}
        for block in sheet.blocks if isinstance(block, Signing) for one in block.places
    ]  # fmt: skip
    return {
        "book": sheet.book, "title": sheet.title, "id": sheet.record, "status": sheet.status.partition("：")[2] or
        sheet.status.partition(": ")[2], "code": sheet.code, "origin": sheet.origin, "void": sheet.stamp,
        "notes": list(sheet.notes), "signatures": signatures,
    }  # fmt: skip


def _undated(content: bytes) -> bytes:
    """The same parts in a file without the hour it was written at."""
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, _OLDEST)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.external_attr = 0o600 << 16
            new.writestr(part, old.read(name))
    return made.getvalue()
