"""The pages of the folder that proves one record: the README in both languages, tables of history and summary."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from logbook.core.form import Form
from logbook.core.text import Text
from logbook.core.value import frozen
from logbook.locale.catalogue import Catalogue
from logbook.render.tables import Column
from logbook.render.tables import table

SUMS = "SHA256SUMS"
BUNDLE = "book.bundle"
RECORD = "record.yaml"


@frozen
class Facts:
    """What the README tells. ``path``: of the record in the book; ``shown_by``: who had private values shown (None:
    they are masked); ``size``: of the bundle in bytes, None where it was left out."""

    id: str
    form: Form
    book: str
    path: str
    head: str
    moment: str
    shown_by: str | None
    size: int | None
    attachments: bool
    linked: bool
    others: tuple[Form, ...] = ()


def commands(path: str) -> tuple[str, ...]:
    """The six lines by which anybody checks the folder."""
    return (
        f"sha256sum -c {SUMS}",
        f"git clone {BUNDLE} check",
        f"git -C check bundle verify ../{BUNDLE}",
        "git -C check fsck --full",
        f"git -C check log --format='%H %an %ad %s' -- {shlex.quote(path)}",
        f"git diff --no-index --exit-code {shlex.quote(f'check/{path}')} {RECORD}",
    )


def readme(facts: Facts, lang: str) -> str:
    """What the folder holds and how to check it."""
    say = Catalogue(lang).say
    title = say("evidence.title", id=facts.id, form=facts.form.title)
    files = [say("evidence.files")]
    whole = facts.size is not None
    if facts.size is not None:
        files.append(say("evidence.files_raw", size=-(-facts.size // 1000)))
        if facts.attachments:
            files.append(say("evidence.files_attachments"))
    if facts.linked:
        files.append(say("evidence.files_linked"))
    lines = commands(facts.path) if whole else (f"sha256sum -c {SUMS}",)
    parts = [
        title,
        say("evidence.intro", book=facts.book, path=facts.path, head=facts.head, moment=facts.moment),
        "\n".join(files),
        _private(facts, lang),
        say("evidence.in_clear" if whole else "evidence.print_only"),
        "\n".join([say("evidence.check" if whole else "evidence.check_short"), "", *(f"    {line}" for line in lines)]),
    ]
    if whole:
        parts.append(say("evidence.expect"))
    parts.append(say("evidence.limits"))
    return "\n\n".join(parts) + "\n"


def _private(facts: Facts, lang: str) -> str:
    """Which private values are masked in what is printed, or every one that is not."""
    say = Catalogue(lang).say
    fields = private_fields(facts.form)
    for form in facts.others:
        more = [Text(f"{form.title.zh}：{one.zh}", f"{form.title.en}: {one.en}") for one in private_fields(form)]
        fields += [one for one in more if one not in fields]
    if not fields:
        return say("evidence.no_private")
    if facts.shown_by is None:
        return say("evidence.masked", fields=fields)
    return say("evidence.unmasked", by=facts.shown_by, fields=fields)


def private_fields(form: Form) -> list[Text]:
    """What people call the private fields and columns of a form."""
    found = [field.label for field in form.fields.values() if field.private]
    for field in form.fields.values():
        if not field.private:
            found += [
                Text(f"{field.label.zh} {one.label.zh}", f"{field.label.en} {one.label.en}")
                for one in field.columns.values()
                if one.private
            ]
    return found


def section(lang: str, title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table under its title; the word for none where it has no rows. ``heads``: the ends of ``evidence.col_…``."""
    say = Catalogue(lang).say
    lines = list(rows)
    columns = [Column(name, say(f"evidence.col_{name}"), whole=True) for name in heads]
    return f"{title}\n\n{table(columns, lines, lang) if lines else say('evidence.none')}\n"


def sums(files: Mapping[str, bytes]) -> bytes:
    """The list that ``sha256sum -c`` reads, by name."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()
