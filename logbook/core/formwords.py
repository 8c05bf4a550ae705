"""From people's words to the form, field, step, state, choice or signature they mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Library
from logbook.core.form import SignaturePlace
from logbook.core.form import Step
from logbook.core.issues import Issue
from logbook.core.sources import FormShelf
from logbook.core.text import Text


def words_of(form: Form) -> tuple[str, ...]:
    """What a form answers to besides its id: prefix, both titles, aliases (the prefix stands first)."""
    return (form.prefix, form.title.zh, form.title.en, *form.alias)


def folded(word: str) -> str:
    """A word as it is compared: width, case and surrounding blanks do not matter."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


def find_form(library: Library, word: str) -> Form | Issue:
    """The form meant by an id, a title in either language or an alias; an Issue when there is none
    or when several are meant."""
    if word in library.forms:
        return library.forms[word]
    wanted = folded(word)
    if wanted in library.forms:
        return library.forms[wanted]
    name = _meant(wanted, all_words(library), word, "form.unknown-form")
    return name if isinstance(name, Issue) else library.forms[name]


def find_prefix(library: Library, prefix: str) -> Form | None:
    """The form whose record numbers begin with ``prefix``."""
    words = all_words(library)
    return next((library.forms[name] for name, its in words.items() if its[0] == prefix), None)


def all_words(library: Library) -> Mapping[str, tuple[str, ...]]:
    """The words for every form, without making a form where they are known already."""
    forms = library.forms
    return (
        forms.words
        if isinstance(forms, FormShelf)
        else {name: words_of(form) for name, form in forms.items()}
    )


def find_field(form: Form | Field, word: str) -> Field | Issue:
    """A field of a form, or a column of a list field, by id or by label in either language."""
    fields = form.fields if isinstance(form, Form) else form.columns
    if word in fields:
        return fields[word]
    name = _meant(
        folded(word), {name: _labels(f.label) for name, f in fields.items()}, word, "form.unknown-field"
    )
    return name if isinstance(name, Issue) else fields[name]


def find_step(form: Form, word: str, settings: Mapping[str, object] | None = None) -> Step | Issue:
    """A step of a form, its own or built in, by id or by label in either language."""
    if word in form.steps:
        return form.steps[word]
    from logbook.core.builtin import all_steps
    from logbook.core.builtin import step_words

    steps = all_steps(form, settings)
    name = _meant(folded(word), step_words(steps), word, "form.unknown-step")
    return name if isinstance(name, Issue) else steps[name]


def find_state(form: Form, word: str) -> str | Issue:
    """The id of a state of a form by id or by label in either language."""
    words = {name: _labels(label) for name, label in form.states.items()}
    return word if word in words else _meant(folded(word), words, word, "form.unknown-state")


def find_choice(field: Field, word: str) -> str | Issue:
    """The id of a choice of a field by id or by label in either language."""
    words = {name: _labels(label) for name, label in field.choices.items()}
    return word if word in words else _meant(folded(word), words, word, "form.unknown-choice")


def find_signature(form: Form, word: str) -> SignaturePlace | Issue:
    """A place to sign of a form by id or by label in either language."""
    if word in form.signatures:
        return form.signatures[word]
    words = {name: _labels(place.label) for name, place in form.signatures.items()}
    name = _meant(folded(word), words, word, "form.unknown-signature")
    return name if isinstance(name, Issue) else form.signatures[name]


def parts_of(label: str) -> list[str]:
    """The short forms a label holds: 住址 and 房号 of 住址/房号, 客服主管 of 客服主管(副主任)."""
    parts = [folded(part) for part in re.split(r"[/((、))]", label)]
    return [part for part in parts if part] if len(parts) > 1 else []


def _labels(label: Text) -> tuple[str, ...]:
    return (label.zh, label.en)


def _meant(wanted: str, words: Mapping[str, tuple[str, ...]], word: str, unknown: str) -> str | Issue:
    from logbook.core.suggest import hint

    # A label as written comes before an id in other letters: `Customer` may be the name, not `customer`.
    exact = [name for name, its in words.items() if word in its]
    if len(exact) == 1:
        return exact[0]
    if wanted in words:
        return wanted
    names = [
        name for name, its in words.items() if wanted and any(folded(one) == wanted for one in its if one)
    ]
    if len(names) == 1:
        return names[0]
    if not names:  # 派单 for 通知维修部派单 is a guess, 住址 for 住址/房号 is not
        names = [name for name, its in words.items() if wanted and any(wanted in parts_of(one) for one in its)]
        if len(names) == 1:
            return names[0]
    if names:
        return Issue("form.ambiguous", {"word": word, "allowed": names})
    options = [*words, *(one for its in words.values() for one in its if one)]
    return Issue(unknown, {"word": word, "allowed": list(words), "hint": hint(word, options)})
