"""All that the files of ``templates/`` define together: forms and their versions, roles, checklists, settings."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import partial

from logbook.core.definition import build_checklist
from logbook.core.definition import build_form
from logbook.core.definition import build_roles
from logbook.core.definition import form_from
from logbook.core.definition import texts_of
from logbook.core.form import Checklist
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.settled import settled_with
from logbook.core.settled import with_settings
from logbook.core.sources import SHARED
from logbook.core.sources import SPECIAL
from logbook.core.sources import FormShelf
from logbook.core.sources import Shelf
from logbook.core.sources import Source
from logbook.core.text import Text
from logbook.core.value import replace


def as_private_as(form: Form, others: Iterable[Form]) -> Form:
    """``form`` with every field private that is private in one of ``others`` (other versions of it): who made
    a field private meant what older records hold of it, too."""
    fields = dict(form.fields)
    for other in others:
        for name, theirs in other.fields.items():
            own = fields.get(name)
            if own is None:
                continue
            columns = {
                column: replace(one, private=True)
                for column, one in own.columns.items()
                if not one.private and column in theirs.columns and theirs.columns[column].private
            }
            if columns or (theirs.private and not own.private):
                fields[name] = replace(
                    own, private=own.private or theirs.private, columns={**own.columns, **columns}
                )
    changed = any(fields[name] is not form.fields[name] for name in fields)
    return replace(form, fields=fields) if changed else form


def library_from(
    sources: Sequence[Source],
    *,
    settings: Mapping[str, object] | None = None,
    unreadable: Iterable[str] = (),
    strict: bool = True,
) -> tuple[Library, list[Issue]]:
    """All that the files of ``templates/`` define, and every issue in and between them.

    A form with an error of its own is left out and the others stay; so are those in the ``unreadable``
    files, which others may point at without a second complaint. ``strict=False``: the files were checked
    before; each form is built when it is first asked for.
    """
    if not strict:
        return _trusted_library(sources, settings or {}), []
    from logbook.core.formcheck import check_library
    from logbook.core.shapes import Findings
    from logbook.core.shapes import check_checklists_shape
    from logbook.core.shapes import check_roles_shape

    issues: list[Issue] = []
    forms: dict[str, Form] = {}
    older: dict[str, Form] = {}
    roles: dict[str, Text] = {}
    checklists: dict[str, Checklist] = {}
    broken = {path.rpartition("/")[2].removesuffix(".yaml") for path in unreadable}
    absent = absent_from(sources) - broken
    notes: dict[str, Findings] = {}
    own_settings = SiteSettings(sources, settings or {})
    # Roles and checklists first: forms have fields that hold a line of a checklist.
    for source in sorted(sources, key=lambda one: (one.stem not in ("roles", "checklists"), one.path)):
        found = notes[source.path] = Findings(source.path, source.line, source.spot)
        if not source.pack:
            found.add("form.no-pack")
            continue
        if source.stem in ("roles", "checklists"):
            if not isinstance(source.plain, Mapping):
                found.add("form.empty")
            elif source.stem == "roles":
                check_roles_shape(source.plain, found)
                if not found.broken:
                    roles.update(build_roles(source.plain))
            else:
                check_checklists_shape(source.plain, found)
                for name, plain in source.plain["checklists"].items() if not found.broken else ():
                    if name in checklists:
                        found.add("form.duplicate-id", "checklists", name, id=name)
                    checklists[name] = build_checklist(name, plain)
            continue
        if source.stem in SPECIAL:
            continue
        form, own = form_from(
            source.plain, path=source.path, pack=source.pack, line=source.line, spot=source.spot, absent=absent,
            checklists=checklists, settings=own_settings,
        )  # fmt: skip
        issues += own
        name, at, version = source.stem.partition("@")
        if form is None:
            if not at:
                broken.add(name)
            continue
        if form.name != name or (at and str(form.version) != version):
            found.add("form.file-name", "form", form=form.name, version=form.version)
            broken.add(form.name)
        elif at:
            older[form.full_name] = form
        elif name in forms:
            found.add("form.two-files", "form", form=name, other=str(forms[name].path))
        else:
            forms[name] = form
    for full, form in list(older.items()):
        versions = [one for one in (*older.values(), *forms.values()) if one.name == form.name and one is not form]
        older[full] = as_private_as(form, versions)
    for form in {form.name: form for form in older.values()}.values():
        if form.name in forms:
            same = [one for one in older.values() if one.name == form.name]
            forms[form.name] = as_private_as(forms[form.name], same)
    library = Library(forms, older, checklists, roles, own_settings, _shared(sources))
    library = replace(library, absent=absent)
    check_library(library, broken, notes)
    for source in sources:
        found = notes[source.path]
        if found.issues and source.stem not in SPECIAL and source.plain:
            issues += with_settings(found.issues, settled_with(source.plain, own_settings)[1])
        else:
            issues += found.issues
    issues += _shared_issues(replace(library, absent=absent | broken))  # of a broken form its own file tells
    issues.sort(key=lambda issue: (issue.path or "", issue.line or 0))
    return library, issues


class SiteSettings(Mapping[str, object]):
    """The numbers the rules may name: what the packs say in ``settings.yaml``, and what the site says of
    the same in its ``logbook.yaml``, key by key. Put together when somebody asks."""

    def __init__(self, sources: Iterable[Source], own: Mapping[str, object]) -> None:
        self._sources = [source for source in sources if source.stem == "settings"]
        self._own = own
        self._made: dict[str, object] | None = None

    def _all(self) -> Mapping[str, object]:
        if not self._sources:
            return self._own
        if self._made is None:
            made: dict[str, object] = {}
            for source in sorted(self._sources, key=lambda one: one.path):
                said = (source.plain or {}).get("settings")
                if isinstance(said, Mapping):
                    _lay_over(made, said)
            _lay_over(made, self._own)
            self._made = made
        return self._made

    def __getitem__(self, name: str) -> object:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def _lay_over(below: dict[str, object], above: Mapping[str, object]) -> None:
    for name, value in above.items():
        under = below.get(name)
        if isinstance(under, Mapping) and isinstance(value, Mapping):
            mixed = dict(under)
            _lay_over(mixed, value)
            below[name] = mixed
        else:
            below[name] = value


def _shared(sources: Iterable[Source]) -> dict[str, tuple[Source, ...]]:
    """The files of calendars, duties and shifts, each kind in the order of their paths."""
    found: dict[str, tuple[Source, ...]] = {}
    for source in sorted(sources, key=lambda one: one.path):
        if source.stem in SHARED and source.pack:
            found[source.stem] = (*found.get(source.stem, ()), source)
    return found


def _shared_issues(library: Library) -> list[Issue]:
    from logbook.core.calendarfile import check_calendars
    from logbook.core.dutyfile import check_duties
    from logbook.core.packfile import check_packs
    from logbook.core.reportfile import check_reports
    from logbook.core.shiftfile import check_shifts
    from logbook.core.workflowfile import check_workflows

    kinds = (
        ("calendars", check_calendars),
        ("duties", check_duties),
        ("shifts", check_shifts),
        ("pack", check_packs),
        ("workflows", check_workflows),
        ("reports", check_reports),
    )
    return [
        issue
        for name, check in kinds
        if name in library.shared
        for issue in check(library.shared[name], library)
    ]


def _trusted_library(sources: Sequence[Source], settings: Mapping[str, object]) -> Library:
    """The library of files that were checked before; nothing is decoded or built before it is needed."""
    forms: dict[str, Callable[[], Form]] = {}
    older: dict[str, Callable[[], Form]] = {}
    shared: list[Source] = []
    roles: dict[str, Text] = {}
    absent = absent_from(sources)
    versions: dict[str, list[Callable[[], Form]]] = {}
    own = SiteSettings(sources, settings)
    for source in sources:
        if source.stem == "roles":
            roles.update(build_roles(source.plain or {}))
        elif source.stem == "checklists":
            shared.append(source)
        elif source.stem not in SPECIAL:
            of = older if "@" in source.stem else forms
            of[source.stem] = partial(_form_of, source, absent, lambda: checklists, own)
            versions.setdefault(source.stem.partition("@")[0], []).append(of[source.stem])

    for name, makers in versions.items():
        if len(makers) > 1:  # superseded versions are few: nothing else is built twice
            for shelf in (forms, older):
                for stem in [stem for stem in shelf if stem.partition("@")[0] == name]:
                    shelf[stem] = partial(_as_private_as_all, shelf[stem], makers)

    def made() -> dict[str, Callable[[], Checklist]]:
        return {
            name: partial(build_checklist, name, plain)
            for source in shared
            for name, plain in (source.plain or {})["checklists"].items()
        }

    checklists: Shelf[Checklist] = Shelf(made)
    words = {source.stem: source.words for source in sources if source.stem in forms and source.words}
    newest = FormShelf(lambda: forms, words) if len(words) == len(forms) else Shelf(lambda: forms)
    return Library(
        newest, Shelf(lambda: older), checklists, roles, own, _shared(sources), absent=absent
    )  # fmt: skip


def _as_private_as_all(maker: Callable[[], Form], makers: Sequence[Callable[[], Form]]) -> Form:
    return as_private_as(maker(), [other() for other in makers if other is not maker])


def _form_of(
    source: Source,
    absent: frozenset[str],
    checklists: Callable[[], Mapping[str, Checklist]],
    settings: Mapping[str, object],
) -> Form:
    return build_form(
        source.plain or {}, path=source.path, pack=source.pack, line=source.line, absent=absent,
        checklists=checklists(), settings=settings,
    )  # fmt: skip


def absent_from(sources: Iterable[Source]) -> frozenset[str]:
    """The forms of other packs that the packs here speak of (``elsewhere`` of ``pack.yaml``) and that
    the book does not have."""
    named: set[str] = set()
    here: set[str] = set()
    for source in sources:
        here.add(source.stem)
        if source.stem == "pack":
            elsewhere = (source.plain or {}).get("elsewhere")
            for forms in elsewhere.values() if isinstance(elsewhere, Mapping) else ():
                named.update(texts_of(forms))
    return frozenset(named - here)
