"""The list of books: ``fleet.yaml``, written by hand."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.record import Stored
from logbook.core.suggest import hint
from logbook.core.value import frozen
from logbook.store import codec

FILE = "fleet.yaml"
VARIABLE = "LOGBOOK_FLEET"
_KEYS = ("sites",)
_SITE_KEYS = ("name", "book", "remote", "branch")
# A letter first, small letters only: no tool takes such a name for a number, no disk for another.
_ID = re.compile(r"[a-z][a-z0-9_-]{0,63}\Z")
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*\Z")
_FAR = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(?:[^\s/:@-][^\s/:@]*@)?[^\s/:@-][^\s/:@]*:(?!:)\S")


@frozen
class Site:
    """One site: its book, a folder or a bare repository here (``book``), or another copy of it (``remote``, with
    the ``branch`` to follow) of which a mirror is kept."""

    id: str
    name: str
    book: str | None = None
    remote: str | None = None
    branch: str | None = None

    @property
    def place(self) -> str:
        """What the file says it is: a path or an address."""
        return self.book or self.remote or ""


@frozen
class Fleet:
    """The sites in the order of the file, and what was odd about the file."""

    path: Path
    sites: tuple[Site, ...]
    warnings: tuple[Issue, ...] = ()


def find_fleet(given: str | None, environment: Mapping[str, str], here: Path) -> Fleet:
    """The fleet of ``--fleet``, ``$LOGBOOK_FLEET`` or the current folder. BookError ``fleet.none``,
    ``fleet.unreadable``; Refused with every problem of the file."""
    path = Path(given or environment.get(VARIABLE) or here / FILE).expanduser().absolute()
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise BookError("fleet.none", path=str(path)) from error
    except OSError as error:
        raise BookError("fleet.unreadable", path=str(path), why=error.strerror or str(error)) from error
    return read_fleet(data, path)


def read_fleet(data: bytes, path: Path) -> Fleet:
    """What the text of a fleet file says; relative paths begin at its folder."""
    document, issues = codec.read_definition(data, path=path.name, partial=True)
    if document is None:
        raise Refused(issues, "fleet.broken", path=str(path))
    found = list(issues)
    sites: list[Site] = []

    def wrong(code: str, *place: str, warning: bool = False, **args: object) -> None:
        found.append(
            Issue(
                code,
                args,
                severity="warning" if warning else "error",
                path=path.name,
                line=document.line(*place) if place else None,
                field=".".join(place) or None,
            )
        )

    for key in document.plain:
        if key not in _KEYS:
            wrong("fleet.unknown-key", key, warning=True, name=key, known=list(_KEYS), hint=hint(key, _KEYS))
    listed = document.plain.get("sites")
    if not isinstance(listed, dict) or not listed:
        wrong("fleet.no-sites", *(("sites",) if "sites" in document.plain else ()))
        listed = {}
    places: dict[str, str] = {}
    for name, said in listed.items():
        before = sum(issue.is_error for issue in found)
        if not _ID.match(name):
            wrong("fleet.bad-id", "sites", name, found=name)
        if not isinstance(said, dict):
            wrong("fleet.bad-site", "sites", name, site=name)
            continue
        for key, value in said.items():
            if key not in _SITE_KEYS:
                args = {"name": key, "known": list(_SITE_KEYS), "hint": hint(key, _SITE_KEYS)}
                wrong("fleet.unknown-key", "sites", name, key, warning=True, **args)
            elif not isinstance(value, str) or not value.strip():
                wrong("fleet.no-text", "sites", name, key, name=key)
        given = [key for key in ("book", "remote") if key in said]
        if len(given) != 1:
            wrong("fleet.two-places" if given else "fleet.no-place", "sites", name, site=name)
        branch = said.get("branch")
        if isinstance(branch, str) and not _BRANCH.match(branch):
            wrong("fleet.bad-branch", "sites", name, "branch", found=branch)
        if sum(issue.is_error for issue in found) > before:
            continue
        site = _site(name, said, path.parent)
        if site.place in places:
            wrong("fleet.same-place", "sites", name, given[0], site=name, other=places[site.place])
        places.setdefault(site.place, name)
        sites.append(site)
    if any(issue.is_error for issue in found):
        raise Refused(found, "fleet.broken", path=str(path))
    return Fleet(path, tuple(sites), tuple(found))


def _site(name: str, said: Mapping[str, Stored], folder: Path) -> Site:
    words = cast("Mapping[str, str]", said)
    book, remote = words.get("book"), words.get("remote")
    if remote is not None and not _FAR.match(remote) and not remote.startswith("-"):
        remote = _path(remote, folder)
    return Site(name, words.get("name") or name, _path(book, folder) if book else None, remote, words.get("branch"))


def _path(text: str, folder: Path) -> str:
    return os.path.normpath(folder / os.path.expanduser(text))
