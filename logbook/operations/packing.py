"""Packs of forms: which there are, enabling one, bringing a book's forms up to the program's."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal

from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.issues import errors
from logbook.core.sources import SPECIAL
from logbook.core.text import Text
from logbook.core.value import attribute
from logbook.core.value import frozen
from logbook.core.value import replace
from logbook.operations import initing
from logbook.operations.session import Session
from logbook.store.book import SETTINGS_FILE
from logbook.store.library import FOLDER
from logbook.store.objects import blob_id

if TYPE_CHECKING:
    from logbook.core.packfile import Pack
    from logbook.core.sources import Source

SUBJECT = "book: packs"
# What a person settled: the file stays as the book has it, though the program's is another now.
KEPT = "Kept"
Change = Literal[
    "new", "updated", "superseded", "same_rules_number", "older", "conflict", "own", "removed", "not_shipped"
]
# Of these the file in the book is written; the rest is only told.
WRITTEN = ("new", "updated", "superseded")


@frozen
class Shown:
    """One pack for a list of them. ``since``: when this book enabled it (None: it has not)."""

    id: str
    title: Text
    purpose: Text | None
    forms: int
    duties: int
    since: datetime | None
    enabled: bool


@frozen
class Coming:
    """What enabling packs would bring: their forms, how many duties and workflows, the forms elsewhere that
    speak of them (``wakes``) and those they speak of and the book does not have (``waits``)."""

    packs: tuple[Pack, ...]
    forms: tuple[Form, ...]
    duties: int
    workflows: int
    wakes: tuple[str, ...]
    waits: tuple[str, ...]
    files: Mapping[str, bytes]
    warnings: tuple[Issue, ...] = ()


@frozen
class FileChange:
    """What an upgrade does to one file, or why it does not. ``was`` and ``now`` are the versions of a form
    before and after; ``lines``: how many lines come and go."""

    path: str
    change: Change
    was: int | None = None
    now: int | None = None
    lines: tuple[int, int] = (0, 0)


@frozen
class Upgrade:
    """A planned upgrade: every file that is not the same everywhere, what would be written, and what is
    wrong with it."""

    changes: tuple[FileChange, ...]
    files: Mapping[str, bytes]
    issues: tuple[Issue, ...] = ()
    kept: Mapping[str, str] = attribute(default_factory=dict)


# -- looking -----------------------------------------------------------------------------------


def packs_of(session: Session) -> list[Shown]:
    """Every pack: the program's in the order of their names, ``core`` first, then the book's own."""
    from logbook.index.duties import enabled

    ours = _by_pack(_own_files(session))
    program = {pack: files_of(pack) for pack in initing.packs()}
    since = enabled(session.index, session.repository)
    session.index.refresh()
    listed = session.book.settings.packs
    shown = []
    for pack in sorted({*program, *ours}, key=lambda one: (one != "core", one not in program, one)):
        files = ours.get(pack) or program[pack]
        said = _pack(files, pack)
        at = since.get(pack)
        shown.append(
            Shown(
                pack,
                said.title if said else Text(pack, pack),
                said.purpose if said else None,
                len(_forms(files)),
                _count(files, "duties"),
                datetime.fromtimestamp(at, session.zone) if at is not None and pack in ours else None,
                pack in listed or (pack in ours and pack not in program),
            )
        )
    return shown


def files_of(pack: str) -> dict[str, bytes]:
    """The files of one of the program's packs by the path they have in a book."""
    folder = initing.standard_templates() / pack
    return {f"{FOLDER}/{pack}/{file.name}": file.read_bytes() for file in sorted(folder.glob("*.yaml"))}


def _own_files(session: Session) -> dict[str, bytes]:
    from logbook.store.library import definitions

    return definitions(session.book.root)


def _by_pack(files: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    found: dict[str, dict[str, bytes]] = {}
    for path, data in files.items():
        parts = path.split("/")
        if len(parts) == 3:
            found.setdefault(parts[1], {})[path] = data
    return found


def _shared(files: Mapping[str, bytes], kind: str) -> list[Source]:
    """The files ``<kind>.yaml`` among these."""
    from logbook.core.sources import Source

    return [Source(path, _plain(data)) for path, data in files.items() if path.endswith(f"/{kind}.yaml")]


def _pack(files: Mapping[str, bytes], pack: str) -> Pack | None:
    from logbook.core.packfile import pack_from

    return next((pack_from(one) for one in _shared(files, "pack") if one.pack == pack and one.plain), None)


def _count(files: Mapping[str, bytes], kind: str) -> int:
    entries = [(source.plain or {}).get(kind) for source in _shared(files, kind)]
    return sum(len(one) for one in entries if isinstance(one, Mapping))


def _forms(files: Mapping[str, bytes]) -> list[str]:
    """The forms among these files: their newest versions."""
    stems = [path.rpartition("/")[2].removesuffix(".yaml") for path in files]
    return [stem for stem in stems if stem not in SPECIAL and "@" not in stem]


# -- enabling ----------------------------------------------------------------------------------


def plan_enabling(session: Session, wanted: Sequence[str]) -> Coming:
    """What enabling these packs would bring; nothing is written. Refused for an unknown pack, one that is
    there already, and for everything in it that clashes with what the book has."""
    known = initing.packs()
    ours = _own_files(session)
    there = _by_pack(ours)
    issues = []
    for pack in wanted:
        if pack not in known:
            from logbook.core.suggest import hint

            args = {"found": pack, "known": known, "hint": hint(pack, known)}
            issues.append(Issue("pack.unknown", args, field="pack"))
        elif pack in there:  # one that is only listed is brought
            issues.append(Issue("pack.enabled", {"pack": pack}, field="pack"))
    if issues:
        raise Refused(issues, "pack.refused")
    files = {path: data for pack in dict.fromkeys(wanted) for path, data in files_of(pack).items()}
    library, warnings = _judged(session, {**ours, **files})
    packs = tuple(said for pack in dict.fromkeys(wanted) if (said := _pack(files, pack)) is not None)
    spoken = {form for pack in packs for forms in pack.elsewhere.values() for form in forms}
    return Coming(
        packs,
        tuple(form for form in library.forms.values() if form.path in files),
        _count(files, "duties"),
        _count(files, "workflows"),
        tuple(sorted(session.library.absent - library.absent)),
        tuple(sorted(spoken & library.absent)),
        files,
        tuple(warnings),
    )


def enable(session: Session, coming: Coming, *, by: str | None = None) -> str:
    """Copy the files into the book and list the packs in its settings, as one commit; its id."""
    from logbook.store import codec

    names = [pack.id for pack in coming.packs]
    data = (session.book.root / SETTINGS_FILE).read_bytes()
    document, issues = codec.read(data, path=SETTINGS_FILE)
    if document is None:
        raise Refused(issues, "book.settings-broken", path=SETTINGS_FILE)
    plain = dict(document.plain)
    from logbook.operations.writing import publish_book

    plain["packs"] = list(dict.fromkeys([*session.book.settings.packs, *names]))
    files = {SETTINGS_FILE: codec.edit(data, plain, SETTINGS_FILE), **coming.files}
    return publish_book(session, f"packs enable {' '.join(names)}", "packs", files, by=by)


# -- upgrading ---------------------------------------------------------------------------------


def plan_upgrade(session: Session, *, keep: Iterable[str] = ()) -> Upgrade:
    """Every difference between the book's forms and the program's, merged three ways: the base is what was
    copied last. ``keep``: files in which both sides changed and that shall stay as the book has them.
    Nothing is written. Refused when the result would have a fault the book does not have now."""
    ours = _own_files(session)
    there = _by_pack(ours)
    enabled = [pack for pack in initing.packs() if pack in there]
    theirs = {path: data for pack in enabled for path, data in files_of(pack).items()}
    base = _base(session)
    changes: list[FileChange] = []
    issues: list[Issue] = []
    files: dict[str, bytes] = {}
    kept: dict[str, str] = {}
    wanted = _paths(keep, ours)
    for path in sorted({*theirs, *(path for path in base if path.split("/")[1] in enabled)}):
        own, new, old = ours.get(path), theirs.get(path), base.get(path)
        if own == new:
            continue
        merged = _merged(path, own, new, old)
        if merged.change == "conflict" and path in wanted and new is not None:
            kept[path] = blob_id(new)
            merged = FileChange(path, "own", merged.was, merged.now, merged.lines)
        if merged.change == "not_shipped" and "@" in path:
            continue  # a superseded version stays for its records; the program need not have it
        changes.append(merged)
        if merged.change in WRITTEN and new is not None:
            files[path] = new
        if merged.change == "superseded" and own is not None:
            beside = f"{path.removesuffix('.yaml')}@{merged.was}.yaml"
            if beside not in theirs and beside not in ours:
                files[beside] = own
        if merged.change == "same_rules_number":
            issues.append(Issue("pack.same-version", {"version": merged.now}, path=path))
        if merged.change == "own" and _same_version(own, _bytes(session, old)):
            issues.append(Issue("pack.own-version", {"version": merged.was}, severity="warning", path=path))
    unknown = [path for path in wanted if path not in kept]
    if unknown:
        raise Refused([Issue("pack.no-conflict", {"path": path}, field="keep") for path in unknown], "pack.refused")
    if files:
        _judged(session, {**ours, **files})
    return Upgrade(tuple(changes), files, tuple(issues), kept)


def upgrade(session: Session, planned: Upgrade, *, by: str | None = None) -> str | None:
    """Write a planned upgrade as one commit; its id, None when there is nothing to write."""
    if not planned.files and not planned.kept:
        return None
    from logbook.operations.writing import publish_book

    trailers = [(KEPT, f"{path} {blob}") for path, blob in planned.kept.items()]
    return publish_book(session, "packs upgrade", "packs", planned.files, by=by, trailers=trailers)


def difference(session: Session, path: str) -> str:
    """The program's file against the book's, as a unified diff."""
    import difflib

    own, new = _own_files(session).get(path, b""), files_of(path.split("/")[1]).get(path, b"")
    before, after = (data.decode("utf-8", "replace").splitlines(keepends=True) for data in (own, new))
    return "".join(difflib.unified_diff(before, after, f"book/{path}", f"program/{path}"))


def _merged(path: str, own: bytes | None, new: bytes | None, old: str | None) -> FileChange:
    """What three versions of a file come to; they are not all the same."""
    was, now = _version(path, own), _version(path, new)
    lines = _lines(own, new)
    if own is None:
        # Never copied: it is new. Copied and gone: somebody took it out.
        return FileChange(path, "new" if old is None else "removed", was, now, lines)
    untouched = old is not None and blob_id(own) == old
    if new is None:
        return FileChange(path, "not_shipped", was, now, lines)
    if not untouched:
        same = old is not None and blob_id(new) == old
        return FileChange(path, "own" if same else "conflict", was, now, lines)
    if was is None or now is None:
        return FileChange(path, "updated", was, now, lines)
    if now < was:
        return FileChange(path, "older", was, now, lines)
    if now > was:
        return FileChange(path, "superseded", was, now, lines)
    return FileChange(path, "updated" if _same_rules(own, new) else "same_rules_number", was, now, lines)


def _version(path: str, data: bytes | None) -> int | None:
    """The version of the form in a file; None for other files and superseded versions."""
    stem = path.rpartition("/")[2].removesuffix(".yaml")
    if data is None or stem in SPECIAL or "@" in stem:
        return None
    plain = _plain(data)
    version = str(plain.get("version") or "")
    return int(version) if version.isdecimal() else None


def _same_rules(one: bytes, other: bytes) -> bool:
    from logbook.core.formrules import same_rules

    return same_rules(_plain(one), _plain(other))


def _same_version(own: bytes | None, copied: bytes | None) -> bool:
    """Whether a form was changed here in its rules and kept its number."""
    if own is None or copied is None:
        return False
    mine, theirs = _plain(own), _plain(copied)
    return "form" in mine and mine.get("version") == theirs.get("version") and not _same_rules(own, copied)


def _plain(data: bytes) -> Mapping[str, Any]:
    from logbook.store import codec

    document, _ = codec.read_definition(data)
    return document.plain if document is not None else {}


def _bytes(session: Session, blob: str | None) -> bytes | None:
    found = session.repository.objects.find(blob) if blob is not None else None
    return found[1] if found is not None else None


def _lines(own: bytes | None, new: bytes | None) -> tuple[int, int]:
    import difflib

    before, after = ((data or b"").splitlines() for data in (own, new))
    come = go = 0
    for kind, first, last, begin, end in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            go += last - first
            come += end - begin
    return come, go


def _paths(words: Iterable[str], ours: Mapping[str, bytes]) -> list[str]:
    """Files by their path, or a form by its name."""
    found = []
    for word in words:
        named = [path for path in ours if path == word or path.endswith(f"/{word}.yaml")]
        found.append(named[0] if len(named) == 1 else word)
    return found


def _base(session: Session) -> dict[str, str]:
    """The blob of each file as it was copied last: from the commits of ``init``, of ``packs`` and from
    what was settled there."""
    from logbook.store.history import changed_paths

    repository = session.repository
    head = repository.head()
    if head is None:
        return {}
    out = repository.run("log", "--no-show-signature", "--grep=^book: ", "--format=%H", head).stdout
    base: dict[str, str] = {}
    for commit_id in out.decode("ascii").split():
        commit = repository.objects.commit(commit_id)
        subject = commit.message.partition("\n")[0]
        if subject != "book: init" and not subject.startswith(f"{SUBJECT} "):
            continue
        for line in commit.message.splitlines():
            if line.startswith(f"{KEPT}: "):
                path, _, blob = line.removeprefix(f"{KEPT}: ").rpartition(" ")
                base.setdefault(path, blob)
        parent = commit.parents[0] if commit.parents else None
        for path, _, new in changed_paths(repository, parent, commit_id):
            if path.startswith(f"{FOLDER}/") and new is not None and path.count("/") == 2:
                base.setdefault(path, new)
    return base


# -- both --------------------------------------------------------------------------------------


def _judged(session: Session, after: Mapping[str, bytes]) -> tuple[Library, list[Issue]]:
    """The library of these files and the warnings the book does not have now; Refused with every new error,
    and for a word that would mean two forms: at the desk nobody could say which was meant."""
    from logbook.store.library import check_files

    library, issues = check_files(after, session.book.settings.settings)
    known = {(one.rule, one.path, one.field) for one in session.library_issues}
    fresh = [
        replace(one, severity="error") if one.rule == "form.word-clash" else one
        for one in issues
        if (one.rule, one.path, one.field) not in known
    ]
    if errors(fresh):
        raise Refused(errors(fresh), "pack.refused")
    return library, fresh
