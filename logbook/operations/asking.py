"""What a person is asked when a record is made or taken a step on, and what an answer may mean."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import TYPE_CHECKING

from logbook.core.form import Field
from logbook.core.form import Form
from logbook.core.form import Step
from logbook.core.record import Stored
from logbook.core.text import Text
from logbook.core.traditional import simplified
from logbook.core.value import frozen
from logbook.operations.session import Session

if TYPE_CHECKING:
    from logbook.index.book_index import Row
    from logbook.operations.add import Request

# So many are told at once: one line of numbers a hand can type.
MOST = 9
_NEWEST = 2000
YES_NO = {"true": Text("是", "yes"), "false": Text("否", "no")}
MASK = "***"


@frozen
class Option:
    """Something an answer may mean: the value, what it is called, and whose it is."""

    value: str
    label: str
    more: str = ""


def missing(request: Request) -> list[Field]:
    """What must be given before the record can be made, the id of a register first."""
    from logbook.operations import add

    form = request.form
    named = [field for field in form.fields.values() if field.holds == "id" and form.register]
    if form.register and not named:
        named = [Field("id", Text("编号", "id"), "text", holds="id")]
    return [field for field in named if not request.changes.held.get("id")] + add.missing(request)


def later(form: Form) -> frozenset[str]:
    """The fields that steps after the first ask for: nobody is asked for them when the record is made."""
    kept = {name for step in form.first_steps for name in step.requires}
    kept |= {field.id for field in form.fields.values() if field.default is not None or field.id in form.columns}
    sealed = {"sealed", "seal"} if form.seals is not None else set()
    asked = {name for step in form.steps.values() if not step.creates for name in step.requires}
    return frozenset(asked - kept | sealed)


def open_fields(form: Form, step: Step | None = None) -> list[Field]:
    """The fields that may be filled: when the record is made (``step`` None), or at a step."""
    holder = "" if step is None else f"{step.id}."
    ids = ("at", "by", "id") if step is None else ()
    firsts = {f"{one.id}.{fact}" for one in form.first_steps for fact in ("at", "by")} if step is None else set()
    own = {f"{holder}at", f"{holder}by", f"{holder}approved_by"} if holder else set()
    aside = later(form) if step is None else frozenset()
    found = [
        field
        for field in form.fields.values()
        if field.derived_text is None
        and field.id not in aside
        and (not field.holds or field.holds in ids or field.holds in firsts or field.holds in own)
        and field.type != "signature"
    ]
    if step is None or not step.fields:
        return found
    return [*step.fields.values(), *(field for field in found if field.id not in step.fields)]


def step_needs(form: Form, step: Step, fields: Mapping[str, Stored], given: Iterable[str]) -> list[Field]:
    """What must be given before the step can be taken. A step that leaves the state alone is there for what it
    brings: it asks for that even where something stands there."""
    brought = {path.partition(".")[0].rstrip("+") for path in given}
    needs = [field for field in step.fields.values() if field.required and field.id not in brought]
    for name in step.requires:
        field = form.fields.get(name)
        if field is None or field.holds or field.derived_text is not None or name in brought:
            continue
        if step.to is None or fields.get(name) in (None, "", [], {}):
            needs.append(field)
    return needs


def choices_of(session: Session, field: Field) -> list[Option]:
    """The short list a person may pick from by number; empty where it would be long, or there is none."""
    lang = session.lang
    if field.type == "bool":
        return [Option(value, text.say(lang)) for value, text in YES_NO.items()]
    if field.type in ("choice", "multichoice") and not field.target:
        return [Option(name, text.say(lang)) for name, text in field.choices.items()]
    forms = _targets(field)
    if forms and not any(form not in session.library.register_names for form in forms):
        rows = _rows(session, forms, MOST + 1)
        if len(rows) <= MOST:
            return [option_of(session, row, several=len(forms) > 1) for row in rows]
    return []


def meant(session: Session, field: Field, typed: str) -> list[Option]:
    """What ``typed`` may stand for in this field, where it is no value as it is: by the beginning or a part of a
    label, a name, or by initials. One is meant; of several the person says which; none: nothing like it."""
    lang = session.lang
    if field.type in ("choice", "multichoice"):
        words = {name: (text.zh, text.en) for name, text in field.choices.items()}
        return [Option(name, field.choices[name].say(lang)) for name in like(words, typed)]
    if field.type == "bool":
        words = {name: (text.zh, text.en) for name, text in YES_NO.items()}
        return [Option(name, YES_NO[name].say(lang)) for name in like(words, typed)]
    if field.type == "duty":
        from logbook.core.dutyfile import duties_of

        duties = duties_of(session.library, session.book.settings.settings)
        words = {name: (duty.label.zh, duty.label.en) for name, duty in duties.items()}
        return [Option(name, duties[name].label.say(lang)) for name in like(words, typed)]
    forms = _targets(field)
    rows = {f"{row.form}/{row.id}": row for row in _rows(session, forms, _NEWEST)} if forms else {}
    found = like({key: (row.id, row.title) for key, row in rows.items()}, typed)
    return [option_of(session, rows[key], several=len(forms) > 1) for key in found]


def option_of(session: Session, row: Row, *, several: bool = False) -> Option:
    """A record as something to pick, with whose it is."""
    return Option(f"{row.form}/{row.id}" if several else row.id, row.id, about(session, row))


def about(session: Session, row: Row) -> str:
    """What tells a record from its like: its title, and who owns it or answers for it; private names masked."""
    return "  ".join(part for part in (row.title, owner(session, row)) if part)


def owner(session: Session, row: Row) -> str:
    """The name of whom a register's item belongs to or is entrusted to; ``***`` where that is private."""
    form = session.library.forms.get(row.form)
    fields = owner_fields(form) if form is not None else []
    if not fields:
        return ""
    values = session.index.fields([row], [field.id for field in fields])[0]
    for field in fields:
        value = values.get(field.id)
        if not value or str(value).startswith("enc:1:"):
            continue
        if field.private:
            return MASK
        target = "staff" if field.type == "staff" else "customer"
        label = field.label.say(session.lang)
        rows = session.index.find(target, str(value))
        if target == "staff":
            return f"{label} {rows[0].title if rows and rows[0].title else value}"
        named = session.library.forms[target].fields.get("name") if target in session.library.forms else None
        if named is not None and named.private:
            return f"{label} {MASK}"
        found = session.index.fields(rows[:1], ["name"])[0].get("name") if rows and named is not None else None
        return f"{label} {found or value}"
    return ""


def owner_fields(form: Form) -> list[Field]:
    """The fields of a register that say whose an item is or who answers for it."""
    if not form.register or form.name == "staff":
        return []
    return [field for field in form.fields.values() if field.type == "staff" or field.target == ("customer",)]


def find_form_short(session: Session, typed: str) -> list[Form]:
    """The forms a few letters stand for: the beginning of an alias, a title or an id, or initials of these; those
    where an alias is meant whole come alone."""
    library = session.library
    from logbook.core.formwords import all_words
    from logbook.index import initials

    initials.ensure()
    words = {name: (name, *its[1:]) if its else (name,) for name, its in all_words(library).items()}
    return [library.forms[name] for name in like(words, typed, parts=False)]


def _targets(field: Field) -> tuple[str, ...]:
    return ("staff",) if field.type == "staff" else tuple(field.target) if field.type == "ref" else ()


def _rows(session: Session, forms: Iterable[str], limit: int) -> list[Row]:
    """The living records of these forms, the newest first."""
    found: list[Row] = []
    for form in forms:
        if form not in session.library.forms:
            continue
        query = "status:active" if form == "staff" else "-is:void"
        rows = session.index.select(query, form=form, now=session.now, sort="-at", limit=limit)
        found += [row for row in rows if not (row.final and form in session.library.register_names)]
    return found


def like(words: Mapping[str, tuple[str, ...]], typed: str, *, parts: bool = True) -> list[str]:
    """The keys one of whose words is like ``typed``; the nearest kind of likeness alone: the word itself, its
    initials whole, its beginning, the beginning of its initials and, with ``parts``, a part of it, a part of its
    initials."""
    from logbook.index.initials import known

    wanted = simplified(typed.casefold().strip())
    if not wanted:
        return []
    folded = {key: [simplified(word.casefold()) for word in its if word] for key, its in words.items()}
    letters = wanted.isascii() and wanted.isalnum()
    table = known()
    kinds = (
        lambda word: word == wanted,
        lambda word: letters and table.whole(word, wanted),
        lambda word: word.startswith(wanted),
        lambda word: letters and table.fits(word, wanted),
        lambda word: wanted in word and (len(wanted) > 1 or not wanted.isascii()),
        lambda word: letters and len(wanted) > 1 and table.fits(word, wanted, anywhere=True),
    )
    for kind in kinds if parts else kinds[:4]:
        found = [key for key, its in folded.items() if any(map(kind, its))]
        if found:
            return found
    return []


def explanation(session: Session, form: Form, field: Field) -> list[Text | str]:
    """What a field is: its note, what it takes, which rules speak of it and where they come from."""
    told: list[Text | str] = [field.note] if field.note else []
    if field.unit:
        told.append(Text(f"单位：{field.unit.zh}", f"unit: {field.unit.en}"))
    if field.target:
        titles = [session.library.forms[one].title for one in field.target if one in session.library.forms]
        if titles:
            zh, en = "、".join(one.zh for one in titles), ", ".join(one.en for one in titles)
            told.append(Text(f"填已登记的：{zh}", f"one that is registered: {en}"))
    for check in form.checks:
        words = {word.partition(".")[0] for word in check.text.replace("(", " ").replace(")", " ").split()}
        if field.id in words and check.say is not None:
            zh, en = (f"（{check.source}）", f" ({check.source})") if check.source else ("", "")
            told.append(Text(check.say.zh + zh, check.say.en + en))
    if form.source and len(told) < 4:
        told.append(Text(f"出处：{'；'.join(form.source[:2])}", f"source: {'; '.join(form.source[:2])}"))
    return told
