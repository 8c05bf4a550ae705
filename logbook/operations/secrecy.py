"""Private values of a book that encrypts them: where they become secrets, and where secrets become plain.

Records in memory hold secrets as their files do, so hashes, signatures and merges see only those. The
current values of a loaded record (``Loaded.state.fields``) are plain where this desk has the key; a secret
nobody can read here stays one: it counts as something that is there and shows as a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.record import Record
from logbook.core.record import Stored
from logbook.core.secret import MASK
from logbook.core.secret import Change
from logbook.core.secret import Hidden
from logbook.core.secret import change_fields
from logbook.core.secret import change_path
from logbook.core.secret import change_record
from logbook.core.secret import has_secret
from logbook.core.secret import is_secret
from logbook.core.secret import key_id
from logbook.core.secret import record_key_ids
from logbook.core.secret import subject_of
from logbook.core.text import Text
from logbook.core.value import replace

if TYPE_CHECKING:
    from logbook.core.lifecycle import State
    from logbook.operations.session import Session
    from logbook.store.vault import Vault

ENCRYPTED = Text("已加密", "encrypted")
ERASED = Text("已抹除", "erased")
ERASURE = "erasure"


def open_vault(session: Session) -> Vault:
    """The keys of this book on this machine. What was erased anywhere is dropped here first."""
    from logbook.store.vault import Vault
    from logbook.store.vault import keys_folder

    vault = Vault(keys_folder(session.environment) / book_id(session))
    _settle(session, vault)
    return vault


def book_id(session: Session) -> str:
    """What all clones of a book have in common: the id of its first commit. Git is asked once a clone."""
    repository = session.repository
    room = repository.room / "book-id"
    try:
        known = room.read_text().strip()
        if known:
            return known
    except OSError:
        pass
    head = repository.head()
    if head is None:
        return "new"
    done = repository.run("rev-list", "--first-parent", "--max-parents=0", head)
    first = done.stdout.decode().split()[-1][:16]
    try:
        room.parent.mkdir(exist_ok=True)
        room.write_text(first + "\n")
    except OSError:
        pass  # a book that cannot be written is asked again
    return first


def erased_keys(session: Session) -> set[str]:
    """The ids of the keys that recorded erasures destroyed. Only decisions with a second person count: a
    record that somebody wrote alone must not take keys away from every desk."""
    from logbook.operations.reading import record_in

    found: set[str] = set()
    if ERASURE not in session.index.present:
        return found
    for row in session.index.all_equal(ERASURE, {}):
        if row.voided:
            continue
        # Read as it is stored: what would open it is just being opened.
        record = record_in(session.repository.objects.read(row.blob)[1], row.path)
        first = record.events[0]
        if first.approved_by and first.approved_by != first.by:
            rows = record.fields.get("keys")
            found |= {str(one.get("key")) for one in rows if isinstance(one, dict)} if isinstance(rows, list) else set()
    return found


def _settle(session: Session, vault: Vault) -> None:
    """Drop the keys that another desk erased."""
    if session.rev is not None or not vault.folder.is_dir():
        return
    gone = [name for name in erased_keys(session) if not vault.is_erased(name)]
    if gone:
        vault.destroy(gone)


# --------------------------------------------------------------------------- secrets -> plain


def opened_fields(session: Session, form: Form, record_id: str, fields: Mapping[str, Stored]) -> Mapping[str, Stored]:
    """Values with every secret plain that can be read here; the same mapping where there is none."""
    if session.vault is None or not any(map(has_secret, fields.values())):
        return fields
    return change_fields(form, fields, _reading(session, form, record_id))


def opened(session: Session, state: State) -> State:
    """A state whose current values are plain where they can be; its record stays as it is stored."""
    fields = opened_fields(session, state.form, state.record.id, state.fields)
    if fields is state.fields:
        return state
    new: State = replace(state, fields=fields)
    return new


def disclosed(session: Session, state: State, *, words: bool = True) -> State:
    """A state for the eyes of somebody who may see it: events and corrections plain as well, and what cannot
    be read as a word (``words=False``: as the mask, which no import takes for a value)."""
    if session.vault is None:
        return state
    change = _reading(session, state.form, state.record.id, words=words, hide=True)
    record = change_record(state.form, state.record, change)
    new: State = replace(
        state,
        record=record,
        fields=change_fields(state.form, state.fields, change),
        events=record.events[: len(state.events)],
    )
    return new


def disclosed_value(session: Session, form: Form, record_id: str, path: str, value: Stored, *, words: bool) -> Stored:
    """One value for such eyes."""
    if session.vault is None:
        return value
    return change_path(form, path, value, _reading(session, form, record_id, words=words, hide=True))


def _reading(session: Session, form: Form, record_id: str, *, words: bool = True, hide: bool = False) -> Change:
    vault = session.vault
    assert vault is not None

    def read(place: str, text: str) -> str:
        if not is_secret(text):
            return text
        plain = vault.read(text, form.name, record_id, place)
        if plain is not None or not hide:
            return text if plain is None else plain
        word = ERASED if vault.is_erased(key_id(text)) else ENCRYPTED
        return Hidden(word.say(session.lang) if words else MASK)

    return read


# --------------------------------------------------------------------------- plain -> secrets


def sealed(session: Session, form: Form, record: Record, before: Record | None = None) -> Record:
    """A record as it is stored: every private text a secret. What is one already stays as it is, a value that
    stood there ``before`` is written as it was, and a text that only looks like a secret is encrypted as well.
    ``vault.flush()`` must follow before anything is committed."""
    if not session.encrypts:
        return record
    vault = session.vault
    assert vault is not None
    names: list[str] = []
    changed: list[str] = []
    known = _known(vault, form, before) if before is not None else {}

    def write(place: str, text: str) -> str:
        if is_secret(text) and (vault.key(key_id(text)) is None or vault.read(text, form.name, record.id, place)):
            return text
        stood = known.get((place, text))
        if stood is not None:
            changed.append(place)
            return stood
        if not names:
            names.append(_key_for(vault, form, record))
        return vault.write(text, names[0], form.name, record.id, place)

    new = change_record(form, record, write)
    return new if names or changed else record


def _known(vault: Vault, form: Form, record: Record) -> dict[tuple[str, str], str]:
    """The secrets of a record by place and text."""
    known: dict[tuple[str, str], str] = {}

    def note(place: str, text: str) -> str:
        if is_secret(text):
            plain = vault.read(text, form.name, record.id, place)
            if plain is not None:
                known.setdefault((place, plain), text)
        return text

    change_record(form, record, note)
    return known


def _key_for(vault: Vault, form: Form, record: Record) -> str:
    """The key for new secrets of a record: of its subject's keys the one it has used, else the first, else a
    new one."""
    subject = subject_of(form, record)
    held = vault.keys_of(subject)
    used = record_key_ids(record)
    return next((name for name in held if name in used), None) or (held[0] if held else vault.make(subject))


# --------------------------------------------------------------------------- findings


def secret_issues(session: Session, form: Form, record: Record) -> list[Issue]:
    """Secrets that do not open with the key they name (moved or damaged), and private values in clear in a
    book that encrypts. Without the key nothing is said."""
    vault = session.vault
    if vault is None:
        return []
    issues: list[Issue] = []

    def look(place: str, text: str) -> str:
        if is_secret(text):
            if vault.key(key_id(text)) is not None and vault.read(text, form.name, record.id, place) is None:
                issues.append(Issue("privacy.broken", {"label": _label(form, place)}, field=_top(place)))
        elif session.encrypts:
            args: dict[str, Any] = {"label": _label(form, place)}
            issues.append(Issue("privacy.not-encrypted", args, severity="warning", field=_top(place)))
        return text

    change_record(form, record, look)
    return list({(one.rule, one.field): one for one in issues}.values())


def _top(place: str) -> str:
    return place.partition(".")[0]


def _label(form: Form, place: str) -> object:
    field = form.fields.get(_top(place))
    return field.label if field is not None else place
