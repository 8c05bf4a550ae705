"""The forms of a book: ``templates/`` read from the work tree or from a commit, checked once, cached.

The cache is ``library.json`` in ``.git/logbook/``: a line of JSON with what it goes by, a line with the
issues found and the lengths of the texts that follow, and these texts, the plain definitions of files that
were already checked, each decoded when somebody asks for it. It goes by what the site has set (a form that says
``setting x.y`` is checked with it), a hash over the contents of the files, the commit and the tree of
``templates/`` that have these contents, and the marks of the files in the work tree (size, times, inode),
by which they need not even be read. It is disposable: whatever is wrong with it, it is made again.
``library-past.json`` is the same for the last commit asked for by name.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import zlib
from collections.abc import Callable
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

from logbook import __version__
from logbook.core.form import Library
from logbook.core.formlibrary import library_from
from logbook.core.formwords import words_of
from logbook.core.issues import Issue
from logbook.core.sources import SHARED
from logbook.core.sources import SPECIAL
from logbook.core.sources import Source
from logbook.core.text import Text
from logbook.core.value import replace
from logbook.store.objects import blob_id

if TYPE_CHECKING:
    from logbook.core.shapes import LineOf
    from logbook.store.codec import Document
    from logbook.store.git import Repository

FOLDER = "templates"
CACHE_SCHEMA = 6
# A file changed this soon before it was read may change again and look the same: clocks of file systems
# are coarse (Git calls such an entry racy). Nanoseconds.
_RACY = 2_000_000_000
# Elsewhere the change time is the time of making, and a changed file can look the same.
_MARKS_TELL = os.name == "posix"
_SERVED = "served"  # in memory: all behind the first line
# Places whose line numbers are asked for after the check is over.
_SECTIONS = ("fields", "steps", "clocks", "checks", "duties", "calendars", "days", "posts")


def load(
    book: Repository | Path,
    *,
    work_tree: bool = False,
    revision: str | None = None,
    settings: Mapping[str, object] | None = None,
) -> tuple[Library, list[Issue]]:
    """All that the book's ``templates/`` define, and every issue in them.

    ``book`` is the repository or, where there is none, the book's folder (its files are read then).
    Read is HEAD's tree, or that of commit ``revision``, or with ``work_tree`` the files themselves (HEAD
    where they are not checked out). ``settings`` are the site's numbers that sentences may name; they are
    not checked. A broken form is an issue; the other forms are there all the same. ``Library.key`` is a
    hash of the contents that were read. What was read of a ``revision`` is cached apart.
    """
    if isinstance(book, Path):
        return _load_folder(book, None, settings)
    if work_tree and (book.root / FOLDER).is_dir():
        return _load_folder(book.root, book, settings)
    return _load_commit(book, revision, settings)


def check_folder(path: Path) -> list[Issue]:
    """Every issue in the definitions below ``path``: a book's folder, or its ``templates`` folder.

    Nothing is cached; the paths of the issues begin with ``templates/``."""
    root = path.parent if path.name == FOLDER and path.is_dir() else path
    return _checked({path: Path(root, path).read_bytes() for path in _marks(root)}, settings=None)[1]


def check_files(
    files: Mapping[str, bytes], settings: Mapping[str, object] | None = None
) -> tuple[Library, list[Issue]]:
    """All that these files (by their path in the book) would define together, and every issue in them."""
    library, issues, _ = _checked(files, settings)
    return library, issues


def definitions(root: Path) -> dict[str, bytes]:
    """The definition files below ``root/templates`` by their path in the book, as they are now."""
    return {path: Path(root, path).read_bytes() for path in _marks(root)}


# --------------------------------------------------------------------------- two places to read


def _load_folder(
    root: Path, repository: Repository | None, settings: Mapping[str, object] | None
) -> tuple[Library, list[Issue]]:
    if repository is None:
        files = {path: Path(root, path).read_bytes() for path in _marks(root)}
        return _check_and_store(files, {"content": _content_of(files)}, None, settings)
    cache = repository.room / "library.json"
    # The clock and the marks come before the reading: a later change has later marks.
    looked = time.time_ns()
    own = _mark_of(settings)
    marks = _marks(root)
    calm = _MARKS_TELL and all(mark[3] < looked - _RACY for mark in marks.values())
    marked = _digest_of(marks) if calm else ""
    stored = _read_cache(cache, lambda head: calm and head.get("marks") == marked and head.get("settings") == own)
    if stored is not None:
        return _from_cache(stored, settings)
    files = {path: Path(root, path).read_bytes() for path in marks}
    content = _content_of(files)
    stored = _read_cache(cache, lambda head: head.get("content") == content and head.get("settings") == own)
    if stored is None:
        return _check_and_store(files, {"content": content, "marks": marked}, cache, settings)
    if calm:
        # Other files with the same contents: next time a look at their marks is enough.
        _write_cache(cache, {**stored, "marks": marked})
    return _from_cache(stored, settings)


def _load_commit(
    repository: Repository, revision: str | None, settings: Mapping[str, object] | None
) -> tuple[Library, list[Issue]]:
    commit = repository.head() if revision is None else repository.resolve(revision)
    if commit is None:  # nothing was committed yet
        return Library(settings=settings or {}, key=_content_key({})), []
    caches = [repository.room / "library.json", repository.room / "library-past.json"]
    # A look into the past must not cost the next command the definitions of today.
    cache = caches[0 if revision is None else 1]

    own = _mark_of(settings)

    def cached(name: str, value: str) -> dict[str, Any] | None:
        found = (
            _read_cache(one, lambda head: head.get(name) == value and head.get("settings") == own) for one in caches
        )
        return next(filter(None, found), None)

    stored = cached("head", commit)
    if stored is not None:
        return _from_cache(stored, settings)
    tree = _tree_of_templates(repository, commit)
    if tree is None:
        return Library(settings=settings or {}, key=_content_key({})), []
    stored = cached("tree", tree)
    blobs = None
    if stored is None:
        blobs = _blobs_below(repository, tree, FOLDER)
        stored = cached("content", _content_key(blobs))
    if stored is not None:
        # Another commit over the same definitions: next time one look at the ref is enough.
        _write_cache(cache, {**stored, "head": commit, "tree": tree})
        return _from_cache(stored, settings)
    assert blobs is not None
    read = repository.objects.read_many(blobs.values())
    files = {path: data for path, (_oid, _kind, data) in zip(blobs, read, strict=True)}
    keys = {"content": _content_key(blobs), "tree": tree, "head": commit}
    return _check_and_store(files, keys, cache, settings)


def _marks(root: Path) -> dict[str, tuple[int, int, int, int]]:
    """The definition files below ``root/templates`` by their path in the book, sorted, each with its
    size, times of change (contents, inode) and inode: what a file cannot change without."""
    found: dict[str, tuple[int, int, int, int]] = {}
    waiting = [FOLDER]
    while waiting:
        folder = waiting.pop()
        try:
            entries = list(os.scandir(root / folder))
        except FileNotFoundError:  # no such folder, or gone meanwhile
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(("_", ".")):
                    waiting.append(path)
            elif _is_definition(path) and entry.is_file():
                at = entry.stat()
                found[path] = (at.st_size, at.st_mtime_ns, at.st_ino, at.st_ctime_ns)
    return dict(sorted(found.items()))


def _digest_of(marks: Mapping[str, tuple[int, ...]]) -> str:
    # Compared whole: hashing it would cost more at start-up than it saves in the cache.
    return repr(list(marks.items()))


def _mark_of(settings: Mapping[str, object] | None) -> str:
    """What tells one set of a site's settings from another."""
    return f"{zlib.crc32(repr(sorted(settings.items())).encode()):08x}" if settings else ""


def _is_definition(path: str) -> bool:
    """``_sheets`` and the like hold layouts, and an editor's hidden files are no definitions."""
    return path.endswith(".yaml") and not any(part.startswith(("_", ".")) for part in path.split("/"))


def _tree_of_templates(repository: Repository, commit: str) -> str | None:
    entry = repository.entry_at(commit, FOLDER)
    return entry.oid if entry is not None and entry.is_tree else None


def _blobs_below(repository: Repository, tree: str, prefix: str) -> dict[str, str]:
    blobs: dict[str, str] = {}
    for entry in repository.objects.tree(tree):
        path = f"{prefix}/{entry.name}"
        if entry.is_tree:
            blobs.update(_blobs_below(repository, entry.oid, path))
        elif _is_definition(path):
            blobs[path] = entry.oid
    return blobs


def _content_of(files: Mapping[str, bytes]) -> str:
    return _content_key({path: blob_id(data) for path, data in files.items()})


def _content_key(blobs: Mapping[str, str]) -> str:
    text = "".join(f"{path}\0{blobs[path]}\n" for path in sorted(blobs))
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


# --------------------------------------------------------------------------- reading and checking


@lru_cache(maxsize=512)
def _read(data: bytes, path: str) -> tuple[Document | None, list[Issue]]:
    """One file as it was parsed. One command may look at the same text for several books or commits (`init`,
    `demo`, an upgrade), and parsing is nearly all of the work."""
    from logbook.store import codec

    return codec.read_definition(data, path=path)


def _checked(
    files: Mapping[str, bytes], settings: Mapping[str, object] | None
) -> tuple[Library, list[Issue], list[Source]]:
    sources: list[Source] = []
    issues: list[Issue] = []
    unreadable: list[str] = []
    for path in sorted(files):
        document, own = _read(files[path], path)
        issues += [issue.at(path=path) for issue in own]
        if document is None or any(issue.severity == "error" for issue in own):
            unreadable.append(path)
        else:
            sources.append(Source(path, document.plain, document.line, document.place))
    library, found = library_from(sources, settings=settings, unreadable=unreadable)
    return library, issues + found, sources


def _check_and_store(
    files: Mapping[str, bytes],
    keys: Mapping[str, str],
    cache: Path | None,
    settings: Mapping[str, object] | None,
) -> tuple[Library, list[Issue]]:
    library, issues, sources = _checked(files, settings)
    good = {form.path: words_of(form) for shelf in (library.older, library.forms) for form in shelf.values()}
    kept: list[tuple[str, tuple[str, ...], bytes]] = []
    for source in sources:
        shared = source.stem in SHARED or (source.stem in SPECIAL and not _has_error(issues, source.path))
        if source.path in good or shared:
            data = {"plain": source.plain, "lines": _lines(source)}
            text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
            kept.append((source.path, good.get(source.path, ()), text))
    stored = {
        "schema": CACHE_SCHEMA,
        "logbook": __version__,
        **keys,
        "settings": _mark_of(settings),
    }
    served = {
        "issues": [_issue_out(issue) for issue in issues],
        "files": [(path, words, len(text)) for path, words, text in kept],
        "registers": sorted(library.register_names),
    }
    lines = [json.dumps(served, ensure_ascii=False).encode("utf-8", "surrogatepass"), b"\n"]
    _write_cache(cache, {**stored, _SERVED: b"".join([*lines, *(text for _, _, text in kept)])})
    return replace(library, key=keys["content"]), issues


def _has_error(issues: list[Issue], path: str) -> bool:
    return any(issue.path == path and issue.severity == "error" for issue in issues)


def _lines(source: Source) -> dict[str, int]:
    """The line numbers that forms keep, by dotted place."""
    lines: dict[str, int] = {}

    def note(*place: str | int) -> None:
        line = source.line(*place)
        if line is not None:
            lines[".".join(map(str, place))] = line

    for section in _SECTIONS:
        entries: Any = (source.plain or {}).get(section) or ()
        for name in entries if isinstance(entries, Mapping) else range(len(entries)):
            note(section, name)
            if section == "checks":
                note(section, name, "rule")
            elif section == "fields":
                for column in entries[name].get("of") or ():
                    note(section, name, "of", column)
    return lines


# --------------------------------------------------------------------------- the cache


class _Cached(Source):
    """A file out of the cache; its text is decoded when somebody wants to know what it says."""

    def __init__(self, path: str, words: list[str], text: bytes) -> None:
        super().__init__(path)
        self.words = tuple(words)
        self._text = text

    def _decoded(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self._text.decode("utf-8", "surrogatepass"))
        lines = data["lines"]
        self._plain = data["plain"]
        self._line = lambda *place: lines.get(".".join(map(str, place)))
        return data

    @property
    def plain(self) -> Mapping[str, Any] | None:
        if self._plain is None:
            self._decoded()
        return self._plain

    @property
    def line(self) -> LineOf:
        if self._plain is None:
            self._decoded()
        return self._line


def _from_cache(
    stored: Mapping[str, Any], settings: Mapping[str, object] | None
) -> tuple[Library, list[Issue]]:
    first, _, texts = stored[_SERVED].partition(b"\n")
    served = json.loads(first.decode("utf-8", "surrogatepass"))
    sources: list[Source] = []
    at = 0
    for path, words, length in served["files"]:
        sources.append(_Cached(path, words, texts[at : at + length]))
        at += length
    library, _ = library_from(sources, settings=settings, strict=False)
    library = replace(library, key=stored["content"], registers=frozenset(served["registers"]))
    return library, [_issue_in(plain) for plain in served["issues"]]


def _read_cache(path: Path | None, right: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any] | None:
    """What is stored, when it was made by this program and ``right`` says it is what we look for."""
    if path is None:
        return None
    try:
        first, _, served = path.read_bytes().partition(b"\n")
        stored = json.loads(first)
        if (
            stored["schema"] == CACHE_SCHEMA
            and stored["logbook"] == __version__
            and right(stored)
            and stored["digest"] == zlib.crc32(served)  # half damaged is noticed here
        ):
            return {**stored, _SERVED: served}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None


def _write_cache(path: Path | None, stored: Mapping[str, Any]) -> None:
    """Put ``stored`` in the place of whatever was there; a book that cannot be written goes without."""
    if path is None:
        return
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(exist_ok=True)
        served = stored[_SERVED]
        head = {name: value for name, value in stored.items() if name != _SERVED}
        head["digest"] = zlib.crc32(served)
        fresh.write_bytes(json.dumps(head).encode() + b"\n" + served)
        os.replace(fresh, path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def _issue_out(issue: Issue) -> dict[str, Any]:
    args = {name: _arg_out(value) for name, value in issue.args.items()}
    return {
        "rule": issue.rule, "args": args, "severity": issue.severity, "path": issue.path,
        "line": issue.line, "field": issue.field,
    }  # fmt: skip


def _arg_out(value: object) -> object:
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, (list, tuple)):
        return [_arg_out(item) for item in value]
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)


def _issue_in(plain: Mapping[str, Any]) -> Issue:
    args = {name: _arg_in(value) for name, value in plain["args"].items()}
    return Issue(
        plain["rule"], args, severity=plain["severity"], path=plain["path"],
        line=plain["line"], field=plain["field"],
    )  # fmt: skip


def _arg_in(value: Any) -> object:
    if isinstance(value, dict):
        return Text(value["zh"], value["en"])
    return [_arg_in(item) for item in value] if isinstance(value, list) else value
