"""Signed commits: which key a person uses at this desk, when one is needed, and the keys for an auditor."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.signers import ENROL
from logbook.core.signers import STAFF
from logbook.core.signers import PublicKey
from logbook.core.signers import Signer
from logbook.core.signers import allowed_signers
from logbook.core.signers import key_issues
from logbook.core.signers import needs_signature
from logbook.core.signers import signers_of
from logbook.core.signers import usable
from logbook.core.value import frozen
from logbook.operations.session import Session
from logbook.store import signing as door
from logbook.store.records import FOLDER

if TYPE_CHECKING:
    from logbook.core.lifecycle import State
    from logbook.operations.reading import World
    from logbook.operations.writing import Written

Sign = Callable[[bytes], bytes]
_TEST = b"logbook login: can this key sign?\n"


@frozen
class Login:
    """Who signs here from now on, with which key; ``enrolled``: the step that entered it, where it did."""

    staff: str
    key: PublicKey
    enrolled: Written | None = None


def signature_for(
    session: Session, staff: str, action: str, *, when: datetime, form: Form | None = None, own: bool = False
) -> tuple[Sign | None, list[Issue]]:
    """How a commit by ``staff`` is signed (None: not at all), and the warnings that come with it.

    ``own``: it is a commit of his own entry in the staff register. BookError when the book asks for a signature and
    he cannot give one; nothing was written then.
    """
    place = door.remembered(session.repository, staff)
    asked = session.book.settings.signing
    if place is None and asked == "none":
        return None, []
    known = signers_of(states(session, staff))
    needed = needs_signature(asked, action, form=form, own=own, has_key=bool(known))
    if place is None:
        if needed:
            raise BookError("signing.no-key" if known else "signing.no-key-yet", staff=staff)
        return None, []
    keys = [signer.key for signer in usable(known, staff, when)]
    if not keys:
        if needed:
            raise BookError("signing.none-counts", staff=staff)
        if own and action == ENROL:
            return None, []
        return None, [Issue("signing.not-signed", {"staff": staff}, severity="warning")]
    return door.signer_for(place, staff, keys), []


def login(
    session: Session,
    staff: str | None = None,
    *,
    key: Path | None = None,
    agent: str | None = None,
    enrol: bool = False,
) -> Login:
    """Remember in this clone which key a member of staff signs with here, once it has signed and is in the register.

    ``key``: a key file; ``agent``: the fingerprint of a key in the agent; neither: the first of his enrolled keys that
    is in the agent or in ``~/.ssh``. ``enrol`` enters the key first. Refused or BookError with what to do.
    """
    person = session.staff(staff) if staff else session.operator()
    known = signers_of(states(session, person))
    if key is not None:
        place = _place_of(key, person)
    elif agent is not None:
        place = _in_agent(agent, person)
    else:
        place = _found(session, person, known)
    found = _tried(place, person, session.now)
    written = None
    own = [one for one in known if one.key == found.line]
    if not own:
        if not enrol:
            raise BookError("signing.not-enrolled", staff=person, key=found.fingerprint)
        written = _enrol(session, person, found)
    elif not usable(own, person, session.now):
        code = "signing.revoked" if own[0].revoked is not None else "signing.out-of-time"
        raise BookError(code, staff=person, key=found.fingerprint)
    door.remember(session.repository, person, place)
    return Login(person, found, written)


def logout(session: Session, staff: str | None = None) -> tuple[str, bool]:
    """Forget the key of a member of staff here, also of one who has left; his id, and whether there was one."""
    if staff and door.remembered(session.repository, staff) is not None:
        return staff, door.forget(session.repository, staff)
    person = session.staff(staff) if staff else session.operator()
    return person, door.forget(session.repository, person)


def signers(session: Session) -> tuple[Signer, ...]:
    """Every key in the staff register, those that no longer count with their end."""
    return signers_of(states(session))


def signing_for(session: Session, staff: str) -> Sign | None:
    """What a member of staff signs with at this desk; None where he is not logged in or no key of his counts now."""
    place = door.remembered(session.repository, staff)
    if place is None:
        return None
    keys = [signer.key for signer in usable(signers_of(states(session, staff)), staff, session.now)]
    return door.signer_for(place, staff, keys) if keys else None


def signers_at(session: Session, commit: str | None) -> tuple[Signer, ...]:
    """Every key in the staff register as it stood at a commit, without an index; none before the first commit.

    An entry that cannot be read gives no key."""
    from logbook.core.lifecycle import state_of
    from logbook.operations.reading import record_in

    found = []
    folder = f"{FOLDER}/{STAFF}"
    repository = session.repository
    for entry in repository.tree_entries(commit, folder):
        try:
            record = record_in(repository.objects.read(entry.oid)[1], f"{folder}/{entry.name}")
        except Refused:
            continue
        form = session.library.form_at(record.form, record.version) or session.library.forms.get(STAFF)
        if form is not None and record.form == STAFF:
            found.append(state_of(form, record))
    return signers_of(found)


def exported(session: Session) -> str:
    """The register's keys as a file of allowed signers."""
    return allowed_signers(signers(session))


def states(session: Session, staff: str | None = None) -> list[State]:
    """What the staff register says now, of everybody or of one."""
    from logbook.operations.reading import load

    if staff is None:
        rows = session.index.select(form=STAFF, now=session.now)
    else:
        rows = session.index.find(STAFF, staff)
    return [load(session, row).state for row in rows]


def change_issues(session: Session, world: World, after: State, *, when: datetime) -> list[Issue]:
    """What speaks against what a write does to somebody's keys; nothing where it leaves them alone."""
    view = world.find(STAFF, after.record.id)
    before = view.state_of if view is not None else None
    if (before.fields.get("keys") if before is not None else None) == after.fields.get("keys"):
        return []
    author = after.events[-1].by if after.events else after.by
    others = signers_of(state for state in states(session) if state.record.id != after.record.id)
    return key_issues(
        before,
        after,
        author=author,
        roles=world.roles(author),
        administrator=session.is_administrator(author),
        when=when,
        others=others,
    )


# -- inside -----------------------------------------------------------------------------------


def _enrol(session: Session, staff: str, key: PublicKey) -> Written:
    from logbook.operations.step import step

    return step(session, f"{STAFF}/{staff}", ENROL, [f"keys.key={key.line}"], by=session.given_by or staff)


def _place_of(path: Path, staff: str) -> str:
    """What signs with the key of a file: the file itself, or the agent where only its public half is here."""
    path = path.expanduser().absolute()
    if not path.is_file():
        raise BookError("signing.key-missing", staff=staff, path=str(path))
    if path.suffix != ".pub":
        return str(path)
    private = path.with_suffix("")
    if private.is_file():
        return str(private)
    return door.LITERAL + _read_public(path).line


def _read_public(path: Path) -> PublicKey:
    from logbook.core.signers import KEY_TYPES
    from logbook.core.signers import RSA_BITS
    from logbook.core.signers import public_key

    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BookError("book.file-missing", path=str(path), why=error.strerror or str(error)) from error
    found = public_key(text.strip())
    if found is None:
        raise Refused([Issue("signing.bad-key", {"known": list(KEY_TYPES), "bits": RSA_BITS}, field="key")])
    return found


def _in_agent(wanted: str, staff: str) -> str:
    held = door.agent_keys()
    if held is None:
        raise BookError("signing.agent-gone", staff=staff)
    for key in held:
        if key.fingerprint.removeprefix("SHA256:") == wanted.removeprefix("SHA256:").rstrip("="):
            return door.LITERAL + key.line
    raise BookError("signing.agent-lacks", staff=staff, key=wanted)


def _found(session: Session, staff: str, known: Iterable[Signer]) -> str:
    """The first of his keys that this desk can sign with."""
    wanted = {one.key for one in usable(tuple(known), staff, session.now)}
    home = session.environment.get("HOME")
    for key in door.agent_keys() or ():
        if key.line in wanted:
            return door.LITERAL + key.line
    for path, key in door.key_files(Path(home) / ".ssh") if home else ():
        if key.line in wanted:
            return str(path)
    raise BookError("signing.which-key", staff=staff)


def _tried(place: str, staff: str, now: datetime) -> PublicKey:
    """The key at ``place``, once it has made a signature that holds."""
    from logbook.core.signers import KEY_TYPES
    from logbook.core.signers import RSA_BITS
    from logbook.store.signatures import verify

    armour = door.sign_with(place, _TEST, staff)
    key = door.signing_key(armour)
    if key is None:
        raise Refused([Issue("signing.bad-key", {"known": list(KEY_TYPES), "bits": RSA_BITS}, field="key")])
    verdict = verify(_TEST, armour.decode("ascii"), [Signer(staff, "", key.line)], at=now)
    if verdict.why == "library":
        raise BookError("signing.no-library", command="pip install cryptography")
    if not verdict.good:
        raise BookError("signing.failed", staff=staff, detail=verdict.why or verdict.state)
    return key

