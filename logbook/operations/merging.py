"""Two lines of a book become one: what a merge commit's tree holds, as a pure function of its parents.

The order of the parents makes no difference to the tree (`sync` writes the desk's own head first, what it fetched
second), nor does who merges, when, or with what in the work tree. So ``audit`` can do every merge again and
compare. Where two lines met more than once before, their common ancestor is itself such a merge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from functools import cached_property
from typing import cast

from logbook.core.errors import BookError
from logbook.core.errors import LogbookError
from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.lifecycle import put_path
from logbook.core.merging import creation
from logbook.core.merging import merge_records
from logbook.core.merging import merge_values
from logbook.core.merging import with_row
from logbook.core.record import TAIL
from logbook.core.record import Stored
from logbook.core.value import attribute
from logbook.core.value import frozen
from logbook.store import codec
from logbook.store.book import SETTINGS_FILE
from logbook.store.git import Repository
from logbook.store.graph import Difference
from logbook.store.graph import creators
from logbook.store.graph import differences
from logbook.store.graph import last_touched
from logbook.store.graph import merge_bases
from logbook.store.objects import TREE
from logbook.store.objects import Entry
from logbook.store.objects import blob_id
from logbook.store.records import form_and_id
from logbook.store.records import other_place

# Lines that met more than once are followed back so many times; further back the ancestor with the least id does.
_DEPTH = 6
_SUFFIXED = re.compile(r"(.+)-\d+\.yaml")
_TEMPLATES = "templates/"
_ATTACHMENTS = "attachments/"

Plain = dict[str, Stored]


@frozen
class Mark:
    """A place that needs a person. ``what``: as in a record's ``conflicts``; ``template``, ``settings`` and
    ``other`` are files both sides changed, where the version committed later stands now."""

    what: str
    path: str
    field: str = ""
    form: str | None = None
    id: str | None = None


@frozen
class Renamed:
    """A record whose number another had drawn, too: ``was`` and ``path_was`` are the other's now."""

    form: str
    was: str
    id: str
    path_was: str
    path: str


@frozen
class MergedTree:
    """What the merge of two commits holds wherever they differ.

    ``blobs``: path to blob. ``fresh``: the bytes of blobs that neither parent has. ``before``: what the first
    parent had at each path. ``came`` and ``went``: what the second and the first parent changed since they
    parted; ``both``: records that both did. ``kept``: what one side deleted and stays. A blob of None: the record
    lies in another folder now.
    """

    parents: tuple[str, str]
    bases: tuple[str, ...]
    blobs: Mapping[str, str | None]
    before: Mapping[str, str | None]
    fresh: Mapping[str, bytes] = attribute(default_factory=dict)
    came: frozenset[str] = frozenset()
    went: frozenset[str] = frozenset()
    both: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    kept: tuple[str, ...] = ()

    def content(self, repository: Repository, path: str) -> bytes | None:
        """The bytes of one of the paths; None where the record lies elsewhere now."""
        blob = self.blobs[path]
        return None if blob is None else _bytes(repository, blob, self.fresh)

    def changed(self) -> list[str]:
        """The paths whose content is another than in the first parent, in order."""
        return [path for path, blob in sorted(self.blobs.items()) if self.before.get(path) != blob]


def merged_tree(repository: Repository, ours: str, theirs: str) -> MergedTree:
    """The merge of two commits (ids). BookError ``sync.unrelated`` where they have no common ancestor."""
    return _merge(repository, ours, theirs, 0)


def expected_merge(repository: Repository, first: str, second: str) -> dict[str, bytes | None]:
    """What a merge commit with these parents must hold at every path in which they differ; at all other paths
    it holds what both hold. The order of the parents makes no difference."""
    merged = merged_tree(repository, first, second)
    return {path: merged.content(repository, path) for path in merged.blobs}


def _merge(repository: Repository, ours: str, theirs: str, depth: int) -> MergedTree:
    bases = merge_bases(repository, ours, theirs)
    if not bases:
        raise BookError("sync.unrelated", ours=ours[:12], theirs=theirs[:12])
    return _Merge(repository, ours, theirs, bases, depth).tree()


def _bytes(repository: Repository, blob: str, fresh: Mapping[str, bytes]) -> bytes:
    return fresh[blob] if blob in fresh else repository.objects.read(blob)[1]


class _Side:
    """One parent while the merge is made."""

    def __init__(self, commit: str, blobs: Mapping[str, str | None]) -> None:
        self.commit = commit
        self.blobs = blobs
        self.at = blobs  # the same with every record where the merge will have it
        self.renamed: dict[tuple[str, str], str] = {}  # form and id -> the id this side's record has now
        self.moved: dict[str, str] = {}  # path -> where this side's record lies now
        self.folders: dict[str, list[Entry]] = {}
        self.suffixed: dict[str, dict[str, list[Entry]]] = {}  # folder -> id -> what has that id and a suffix


class _Merge:
    """One merge. Its two sides are in the order of their ids, so that nothing depends on who merges."""

    def __init__(
        self, repository: Repository, ours: str, theirs: str, bases: tuple[str, ...], depth: int
    ) -> None:
        self.repository = repository
        self.parents = (ours, theirs)
        self.bases = bases
        self.found: list[Difference] = differences(repository, *sorted(self.parents))
        first, second = sorted(self.parents)
        self.first = _Side(first, {one.path: one.first for one in self.found})
        self.second = _Side(second, {one.path: one.second for one in self.found})
        self.fresh: dict[str, bytes] = {}
        self.base = self._base(depth)
        self.result: dict[str, str | None] = {}
        self.both: list[str] = []
        self.marks: list[Mark] = []
        self.renames: list[Renamed] = []
        self.kept: list[str] = []

    def _base(self, depth: int) -> dict[str, str | None]:
        """What the common ancestor had at every path in which the sides differ."""
        since = {one.path: one.first for one in differences(self.repository, self.bases[0], self.first.commit)}
        base = {path: since.get(path, blob) for path, blob in self.first.blobs.items()}
        if len(self.bases) > 1 and depth < _DEPTH:
            met = _merge(self.repository, self.bases[0], self.bases[1], depth + 1)
            base |= {path: blob for path, blob in met.blobs.items() if path in base}
            self.fresh |= met.fresh
        return base

    def tree(self) -> MergedTree:
        gone = self._follow_moves()
        for path in sorted(self.base):
            if path in gone:
                self.result[path] = None
            else:
                self._path(path)
        for side in (self.first, self.second):
            if side.renamed:
                self._follow(side)
        ours, theirs = (self.first, self.second) if self.parents[0] == self.first.commit else (self.second, self.first)
        base = self.base
        return MergedTree(
            self.parents,
            self.bases,
            self.result,
            ours.blobs,
            {blob: self.fresh[blob] for blob in self.result.values() if blob is not None and blob in self.fresh},
            frozenset(path for path, blob in theirs.at.items() if blob != base[path]),
            frozenset(path for path, blob in ours.at.items() if blob != base[path]),
            tuple(self.both),
            tuple(self.marks),
            tuple(self.renames),
            tuple(self.kept),
        )

    def _follow_moves(self) -> set[str]:
        """Let a record that one side moved to the other layout's folder be merged there: the other side's text and
        the ancestor's are looked at as if they had lain there, too. The paths that are left."""
        gone: set[str] = set()
        sides = (self.first, self.second)
        blobs: tuple[dict[str, str | None], ...] = tuple(dict(side.blobs) for side in sides)
        for path, base in list(self.base.items()):
            there = other_place(path)
            if there is None:
                continue
            if base is None:
                if None not in (blobs[0][path], blobs[1][path]):
                    # Both moved it, and one went on with it.
                    was = self.repository.entry_at(self.bases[0], there)
                    self.base[path] = was.oid if was is not None and was.mode != TREE else None
                continue
            for own, other in (blobs, blobs[::-1]):
                if own[path] is None and other[path] is not None and own.get(there) and other.get(there) is None:
                    other[there], other[path] = other[path], None
                    self.base[there], self.base[path] = base, None
                    gone.add(path)
                    break
        for side, now in zip(sides, blobs, strict=True):
            side.at = now
        return gone

    # -- one path ---------------------------------------------------------------------------

    def _path(self, path: str) -> None:
        base, one, two = self.base[path], self.first.at[path], self.second.at[path]
        if one == two:
            self.result[path] = one
        elif one is None or two is None:
            if base is not None:
                self.kept.append(path)  # nothing is ever deleted
            self.result[path] = cast(str, one or two)
        elif one == base:
            self.result[path] = two
        elif two == base:
            self.result[path] = one
        elif form_and_id(path) is not None:
            self._record(path, base, one, two)
        elif path == SETTINGS_FILE:
            self._settings(path, base, one, two)
        elif path.startswith(_ATTACHMENTS):
            right = [blob for blob in (one, two) if _is_content_of(path, self._read(blob))]
            self.result[path] = right[0] if right else min(one, two)
        else:
            self.result[path] = self._newer(path, one, two)
            what = "template" if path.startswith(_TEMPLATES) else "other"
            self.marks.append(Mark(what, path))

    def _read(self, blob: str) -> bytes:
        return _bytes(self.repository, blob, self.fresh)

    def _keep(self, data: bytes) -> str:
        blob = blob_id(data)
        self.fresh[blob] = data
        return blob

    def _newer(self, path: str, one: str, two: str) -> str:
        """The version committed later; of two at the same time the one with the greater text."""
        keys = [
            (last_touched(self.repository, path, side.commit, self.bases), self._read(blob), blob)
            for side, blob in ((self.first, one), (self.second, two))
        ]
        return max(keys)[2]

    def _settings(self, path: str, base: str | None, one: str, two: str) -> None:
        newer = self._newer(path, one, two)
        plains = [self._plain(blob) for blob in (base, one, two)]
        if plains[1] is None or plains[2] is None:
            self.result[path] = newer
            self.marks.append(Mark("settings", path))
            return
        merged, clashes = merge_values(plains[0] or {}, plains[1], plains[2], prefer_first=newer == one)
        self.result[path] = self._keep(_edited(self._read(newer), cast(Plain, merged)))
        self.marks += [Mark("settings", path, field) for field in clashes]

    # -- records ----------------------------------------------------------------------------

    def _plain(self, blob: str | None) -> Plain | None:
        if blob is None:
            return None
        document, _ = codec.read(self._read(blob))
        return document.plain if document is not None else None

    def _record(self, path: str, base: str | None, one: str, two: str) -> None:
        old, first, second = self._plain(base), self._plain(one), self._plain(two)
        if first is None or second is None:
            self._unreadable(path, one, two, first, second)
            return
        known = creation(old) if old is not None else None
        if old is not None and known is not None:
            one_stays = self._still_there(self.first, path, old, first)
            two_stays = self._still_there(self.second, path, old, second)
            if one_stays and two_stays:
                self._merge_record(path, old, first, second, (one, two))
                return
            if one_stays and self._went_on(self.first, self.second, path, old, first):
                self.result[path] = two
                return
            if two_stays and self._went_on(self.second, self.first, path, old, second):
                self.result[path] = one
                return
        made = [self._maker(side, path) for side in (self.first, self.second)]
        if creation(first) == creation(second) and made == [None, None]:
            self._merge_record(path, None, first, second, (one, two))  # met before, further back than was looked
            return
        self._both_drew(path, one, two, first, second, made[0] or one, made[1] or two)

    def _maker(self, side: _Side, path: str) -> str | None:
        """The commit of this side that made the file; None where no ordinary commit did since the sides parted."""
        return creators(self.repository, [path], side.commit, self.bases).get(path)

    def _still_there(self, side: _Side, path: str, old: Plain, plain: Plain) -> bool:
        """Whether what this side has at ``path`` is the record that was there: a merge may have given its number
        to another, which two people may have begun in the same second."""
        if creation(plain) != creation(old):
            return False
        moved = self._moved_to(side, path, old)
        return moved is None or _likeness(plain, old) >= _likeness(self._plain(moved[1]) or {}, old)

    def _went_on(self, side: _Side, elsewhere: _Side, path: str, old: Plain, plain: Plain) -> bool:
        """This side went on with a record whose number the other side gave away: go on with it there."""
        found = self._moved_to(elsewhere, path, old)
        if found is None:
            return False
        new_path, blob = found
        there = cast(Plain, self._plain(blob))
        names = {"id": there.get("id"), "was": there.get("was")}
        self._merge_record(new_path, {**old, **names}, {**plain, **names}, there, (blob, blob))
        side.renamed[self._name(path)] = cast(str, there["id"])
        side.moved[path] = new_path
        return True

    def _merge_record(
        self, path: str, base: Plain | None, first: Plain, second: Plain, blobs: tuple[str, str]
    ) -> None:
        form = self.forms.find(first) or self.forms.find(second)
        merged = merge_records(base, first, second, form=form)
        name, record_id = self._name(path)
        self.both.append(path)
        self.marks += [
            Mark(str(row["what"]), path, str(row["field"]), name, record_id) for row in merged.conflicts
        ]
        self.result[path] = self._keep(self._record_text(merged.plain, blobs))

    def _record_text(self, plain: Plain, blobs: Iterable[str]) -> bytes:
        """The text of a record: ours as always, unless somebody wrote it by hand."""
        for data in sorted((self._read(blob) for blob in blobs), reverse=True):
            document, _ = codec.read(data)
            if document is not None and not document.canonical:
                return _edited(data, plain)
        return codec.write(plain)

    def _unreadable(self, path: str, one: str, two: str, first: Plain | None, second: Plain | None) -> None:
        """A text that cannot be read cannot be merged: the readable one stands, marked, and the other is in Git."""
        name, record_id = self._name(path)
        self.both.append(path)
        self.marks.append(Mark("file", path, "", name, record_id))
        plain, kept, other = (first, one, two) if first is not None else (second, two, one)
        if plain is None:
            self.result[path] = self._newer(path, one, two)
            return
        self.result[path] = self._keep(self._record_text(with_row(plain, "file", "", kept, other), [kept]))

    # -- one number, two records ------------------------------------------------------------

    def _both_drew(
        self, path: str, one: str, two: str, first: Plain, second: Plain, made: str, also_made: str
    ) -> None:
        """Both are kept; the one made by the commit with the greater id takes the next free suffix (rulings 22)."""
        first_loses = made > also_made
        loser, plain = (self.first, first) if first_loses else (self.second, second)
        winner, blob = (two, one) if first_loses else (one, two)
        self.result[path] = winner
        name, record_id = self._name(path)
        was = plain.get("was")
        root = was if isinstance(was, str) else record_id
        folder = path.rpartition("/")[0]
        taken = {one.name for side in (self.first, self.second) for one in self._folder(side, folder)}
        taken |= {found.path.rpartition("/")[2] for found in self.renames}
        number = 2
        while f"{root}-{number}.yaml" in taken:
            number += 1
        new_id = f"{root}-{number}"
        new_path = f"{folder}/{new_id}.yaml"
        moved = {**plain, "id": new_id, "was": root}
        self.result[new_path] = self._keep(self._record_text(moved, [blob]))
        loser.renamed[(name, record_id)] = new_id
        loser.moved[path] = new_path
        self.renames.append(Renamed(name, record_id, new_id, path, new_path))

    def _folder(self, side: _Side, folder: str) -> list[Entry]:
        if folder not in side.folders:
            side.folders[folder] = self.repository.tree_entries(side.commit, folder)
        return side.folders[folder]

    def _moved_to(self, side: _Side, path: str, old: Plain) -> tuple[str, str] | None:
        """Where on this side a record that looks like ``old`` stands under a new number, and its blob."""
        folder, _, file = path.rpartition("/")
        if folder not in side.suffixed:
            suffixed: dict[str, list[Entry]] = {}
            side.suffixed[folder] = suffixed
            for entry in self._folder(side, folder):
                match = _SUFFIXED.fullmatch(entry.name)
                if match is not None:
                    suffixed.setdefault(match[1], []).append(entry)
        found = []
        for entry in side.suffixed[folder].get(file.removesuffix(".yaml"), ()):
            plain = self._plain(entry.oid)
            if plain is not None and plain.get("was") and creation(plain) == creation(old):
                found.append((-_likeness(plain, old), entry.name, entry.oid))
        return (f"{folder}/{min(found)[1]}", min(found)[2]) if found else None

    def _name(self, path: str) -> tuple[str, str]:
        return cast("tuple[str, str]", form_and_id(path))

    def _follow(self, side: _Side) -> None:
        """What this side wrote about a record of its own that has another number now: entered values of its new,
        unsigned records say the new number; where something else says the old one, a person is told."""
        for path in sorted(self.base):
            base, blob = self.base[path], side.at[path]
            plain = self._plain(blob) if blob != base and form_and_id(path) is not None else None
            where = side.moved.get(path, path)
            merged = self.result[where]
            now = self._plain(merged)
            form = self.forms.find(plain) if plain is not None else None
            if plain is None or now is None or form is None or merged is None:
                continue
            may_change = base is None and where not in self.both and not plain.get("signatures")
            before = {one[:2] for one in self._references(form, self._plain(base) or {}, side)}
            changed = now
            for place, value, renamed in self._references(form, plain, side):
                if (place, value) in before:
                    continue
                if may_change and not place.startswith("events."):
                    changed = put_path(changed, place, renamed)
                else:
                    field = place.partition(".set.")[2] or place
                    changed = with_row(changed, "number", field, value, renamed)
                    self.marks.append(Mark("number", where, field, *self._name(where)))
            if changed is not now:
                self.result[where] = self._keep(self._record_text(changed, [merged]))

    def _references(self, form: Form, plain: Plain, side: _Side) -> Iterator[tuple[str, str, str]]:
        """Path, value and new value of every reference of a record to one that this side's number moved."""
        for name, value in plain.items():
            if name in form.fields and name not in TAIL:
                yield from _pointing(form.fields[name], name, value, side.renamed)
        events = plain.get("events")
        for number, event in enumerate(events if isinstance(events, list) else (), 1):
            given = event.get("set") if isinstance(event, dict) else None
            for path, value in given.items() if isinstance(given, dict) else ():
                field = form.fields.get(path.partition(".")[0].rstrip("+"))
                if field is not None:
                    column = field.columns.get(path.rpartition(".")[2]) if "." in path else None
                    yield from _pointing(column or field, f"events.{number}.set.{path}", value, side.renamed)

    @cached_property
    def forms(self) -> _Forms:
        return _Forms(self.repository, self.first.commit, self.second.commit)


class _Forms:
    """The definitions of both sides; where they differ, those of the side with the lesser tree come first."""

    def __init__(self, repository: Repository, first: str, second: str) -> None:
        self._repository = repository
        trees = {}
        for commit in (first, second):
            entry = repository.entry_at(commit, "templates")
            trees[entry.oid if entry is not None else ""] = commit
        self._commits = [commit for _, commit in sorted(trees.items())]

    @cached_property
    def _libraries(self) -> list[Library]:
        from logbook.store.library import load

        return [load(self._repository, revision=commit)[0] for commit in self._commits]

    def find(self, plain: Plain) -> Form | None:
        """The form a record lives under, in its version; None where neither side defines it."""
        name, _, version = str(plain.get("form")).partition("@")
        if not version.isdigit():
            return None
        return next((form for one in self._libraries if (form := one.form_at(name, int(version)))), None)


def _likeness(plain: Plain, old: Plain) -> int:
    """How many of the old values are still there."""
    return sum(1 for name, value in old.items() if name != "id" and plain.get(name) == value)


def _is_content_of(path: str, data: bytes) -> bool:
    from hashlib import sha256

    return sha256(data).hexdigest() == path.removeprefix(_ATTACHMENTS)


def _edited(data: bytes, plain: Plain) -> bytes:
    """``data`` made to say ``plain``, its comments kept where that can be done."""
    try:
        return codec.edit(data, plain)
    except LogbookError:
        return codec.write(plain)


def _pointing(
    field: Field, place: str, value: Stored, renamed: Mapping[tuple[str, str], str]
) -> Iterator[tuple[str, str, str]]:
    if field.type in ("ref", "staff") and isinstance(value, str):
        targets = ("staff",) if field.type == "staff" else field.target
        form, slash, word = value.rpartition("/")
        for (name, record_id), new in renamed.items():
            if record_id == word and name in targets and (not slash or form == name):
                yield place, value, f"{form}{slash}{new}"
                return
    elif isinstance(value, list):
        for number, row in enumerate(value, 1):
            if isinstance(row, dict):
                for name, cell in row.items():
                    if name in field.columns:
                        yield from _pointing(field.columns[name], f"{place}.{number}.{name}", cell, renamed)
