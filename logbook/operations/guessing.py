"""Bare words after a form, ``add 投诉 3-502 王芳 漏水``: each goes where it can only belong.

In this order: the id of a record that one field alone points at; a mobile number, where one field alone takes a
telephone; a choice that one field alone has; the rest, if there are exactly as many, the required fields in the
form's order. What is not clear stays as it is and is refused with the sentence for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.patterns import lazily
from logbook.operations.session import Session

_MOBILE = lazily(r"1[3-9][0-9]{9}")


def placed(session: Session, form: Form, words: Sequence[str]) -> tuple[str, ...]:
    """The words with every bare one as FIELD=VALUE, where it is clear which; else as they are."""
    named = {word.partition("=")[0].rstrip("+").partition(".")[0] for word in words if "=" in word}
    fields = form.fields.values()
    taken = {field.id for field in fields if not named.isdisjoint((field.id, field.label.zh, field.label.en))}
    bare = [word for word in words if "=" not in word]
    found: dict[int, str] = {}
    for place, word in enumerate(bare):
        likely = [field for field in _candidates(session, form, word) if field.id not in taken]
        if len(likely) == 1:
            found[place] = likely[0].id
            taken.add(likely[0].id)
    rest = [place for place in range(len(bare)) if place not in found]
    wanted = [
        field
        for field in form.fields.values()
        if field.required and field.default is None and not field.holds and field.id not in taken
    ]
    if len(rest) == len(wanted) and all(field.type in ("text", "longtext") for field in wanted):
        found |= {place: field.id for place, field in zip(rest, wanted, strict=True)}
    names = iter(f"{found[place]}={word}" if place in found else word for place, word in enumerate(bare))
    return tuple(word if "=" in word else next(names) for word in words)


def _candidates(session: Session, form: Form, word: str) -> list[Field]:
    """The fields this word can belong to by what it is."""
    fields = [field for field in form.fields.values() if field.derived_text is None and not field.holds]
    found = [
        field
        for field in fields
        if field.type == "ref" and any(session.index.find(target, word) for target in field.target)
    ]
    if found:
        return found
    if _MOBILE.fullmatch(word):
        return [field for field in fields if field.type == "phone"]
    return [
        field
        for field in fields
        if field.type == "choice" and not field.target and word in _labels(field)
    ]


def _labels(field: Field) -> list[str]:
    return [label for text in field.choices.values() for label in (text.zh, text.en)]
