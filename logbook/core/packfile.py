"""What a pack says of itself in ``pack.yaml``: its name, what it is for, the forms elsewhere it speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

from logbook.core.definition import label_from
from logbook.core.form import Library
from logbook.core.issues import Issue
from logbook.core.sources import Source
from logbook.core.suggest import hint
from logbook.core.text import Text
from logbook.core.value import frozen

_KEYS = ("title", "purpose", "elsewhere", "source")
_EXPECTED = Text("各包的表单：{estate: [custody]}", "forms by pack: {estate: [custody]}")


@frozen
class Pack:
    """A set of forms a site switches on. ``elsewhere``: pack to the forms of it that are spoken of here."""

    id: str
    title: Text
    purpose: Text | None
    elsewhere: Mapping[str, tuple[str, ...]]


def pack_from(source: Source) -> Pack:
    """The pack a checked ``pack.yaml`` describes."""
    plain = source.plain or {}
    elsewhere = plain.get("elsewhere") or {}
    purpose = plain.get("purpose")
    return Pack(
        source.pack,
        label_from(plain.get("title")),
        label_from(purpose) if purpose else None,
        {name: tuple(forms) for name, forms in elsewhere.items()},
    )


def check_packs(sources: Sequence[Source], library: Library) -> list[Issue]:
    """Every issue in the ``pack.yaml`` files of a book."""
    issues: list[Issue] = []
    for source in sources:
        plain = source.plain if isinstance(source.plain, Mapping) else {}

        def add(code: str, *place: str, source: Source = source, **args: object) -> None:
            line = source.line(*place) if place else 1
            issues.append(Issue(code, args, path=source.path, line=line, field=".".join(place) or None))

        for key in plain:
            if key not in _KEYS:
                add("form.unknown-key", key, word=key, allowed=list(_KEYS), hint=hint(key, _KEYS))
        if not plain.get("title"):
            add("form.missing-key", key="title")
        elsewhere = plain.get("elsewhere")
        if elsewhere is not None and not (
            isinstance(elsewhere, Mapping) and all(isinstance(forms, list) for forms in elsewhere.values())
        ):
            add("form.shape", "elsewhere", key="elsewhere", expected=_EXPECTED)
    return issues
