"""Whose signature counts: the keys of staff in their register, who may change them, what must be signed.

A register row holds the public half of one key. It is added by a step ``enrol`` and revoked by a step ``revoke``;
nothing else in it ever changes, so that the register as it stood at any commit can be asked who could sign then.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from datetime import timedelta

from logbook.core.form import Form
from logbook.core.issues import Issue
from logbook.core.lifecycle import VOIDED
from logbook.core.lifecycle import State
from logbook.core.record import Stored
from logbook.core.value import frozen

# `trail: signing:` of a book: which commits must carry a verified signature.
NONE, DECISIONS, ALL = "none", "decisions", "all"
SIGNING = (NONE, DECISIONS, ALL)

STAFF = "staff"
KEYS = "keys"
ENROL = "enrol"
REVOKE = "revoke"
# Who looks after other people's keys, beside the administrator.
KEEPER = "admin_supervisor"
DOMAIN = "staff.logbook"
NAMESPACE = "git"

# Steps that decide something, in whichever form (A3); a step with an approver is one, too.
_DECIDING = frozenset(("approve", "waive", "extend", "void", VOIDED, "sign"))
# The types of key whose signatures can be checked, each with how many parts its public half has.
KEY_TYPES: Mapping[str, int] = {
    "ssh-ed25519": 2,
    "ecdsa-sha2-nistp256": 3,
    "ecdsa-sha2-nistp384": 3,
    "ecdsa-sha2-nistp521": 3,
    "ssh-rsa": 3,
    "sk-ssh-ed25519@openssh.com": 3,
    "sk-ecdsa-sha2-nistp256@openssh.com": 4,
}
# Shorter RSA keys are no longer trusted by anybody.
RSA_BITS = 2048
# Clocks of two computers, and of a person who types a time, differ by this much without meaning anything.
_TOLERANCE = timedelta(minutes=5)
# What means something else in a file of allowed signers.
_UNSAFE = frozenset('*?!,"#')


@frozen
class PublicKey:
    """The public half of a key: its type and the bytes that OpenSSH encodes in one line."""

    type: str
    blob: bytes

    @property
    def line(self) -> str:
        """``ssh-ed25519 AAAA…``, without a remark."""
        return f"{self.type} {base64.b64encode(self.blob).decode('ascii')}"

    @property
    def fingerprint(self) -> str:
        """``SHA256:…``, as ssh-keygen and ssh-add say it."""
        import hashlib  # late: a book without signatures never needs it, and OpenSSL takes 4 ms to load

        digest = hashlib.sha256(self.blob).digest()
        return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")


@frozen
class Signer:
    """One key of one member of staff, and the time in which it counts, both ends included.

    ``key`` is ``type base64``. ``end``: the earliest of what the row says (until, revoked) and the person's leaving;
    ``revoked``: when the key was revoked, if it was.
    """

    staff: str
    email: str
    key: str
    start: datetime | None = None
    end: datetime | None = None
    revoked: datetime | None = None


def parts_of(blob: bytes) -> list[bytes] | None:
    """The strings an SSH blob consists of, each after its length; None where it is cut short or goes on."""
    parts = []
    at = 0
    while at < len(blob):
        size = int.from_bytes(blob[at : at + 4], "big")
        at += 4
        if at + size > len(blob) or at > len(blob):
            return None
        parts.append(blob[at : at + size])
        at += size
    return parts


def key_from_blob(blob: bytes) -> PublicKey | None:
    """The key of these bytes; None where it is of no known type, malformed or too short to be trusted."""
    parts = parts_of(blob)
    if not parts:
        return None
    type_ = parts[0].decode("ascii", "replace")
    if KEY_TYPES.get(type_) != len(parts):
        return None
    if type_ == "ssh-rsa" and int.from_bytes(parts[2], "big").bit_length() < RSA_BITS:
        return None
    return PublicKey(type_, blob)


def public_key(line: str) -> PublicKey | None:
    """The key in one OpenSSH line ``type base64 remark``; None where it is none of ours."""
    words = line.split(None, 2)
    if len(words) < 2 or "\n" in line.strip() or "\r" in line.strip():
        return None
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (binascii.Error, ValueError):
        return None
    key = key_from_blob(blob)
    return key if key is not None and key.type == words[0] else None


def address(staff: str) -> str:
    """The address by which Git knows a member of staff: author of his commits, name of his keys."""
    return f"{staff}@{DOMAIN}"


def staff_of(email: str) -> str:
    """Whose address it is: the reverse of :func:`address`; empty where it is nobody's of the staff."""
    name, at, domain = email.rpartition("@")
    return name if at and domain == DOMAIN else ""


def signers_of(staff_states: Iterable[State]) -> tuple[Signer, ...]:
    """The keys in the register, in its order. Rows that hold no key we know or no readable times are left out:
    nothing they could have signed counts. Who left or whose entry was cancelled signs nothing from then on."""
    found = []
    for state in staff_states:
        staff = state.record.id
        for row in _rows(state):
            key = public_key(str(row.get("key") or ""))
            try:
                start = _moment(row.get("from_at"))
                until, revoked = _moment(row.get("until_at")), _moment(row.get("revoked_at"))
                gone = _gone(state)
            except ValueError:
                continue
            if key is None or start is None:
                continue
            ends = [one for one in (until, revoked, gone) if one is not None]
            end = min(ends) if ends else None
            found.append(Signer(staff, address(staff), key.line, start, end, revoked))
    return tuple(found)


def needs_signature(
    signing: str, action: str, *, form: Form | None = None, own: bool = False, has_key: bool = True
) -> bool:
    """Whether a commit must carry a verified signature of its author (A3).

    ``signing`` is what the book said at the parent (``trail: signing:``), ``action`` the commit's ``Action:``, ``form``
    that of its record. ``own``: the record is the author's own entry in the staff register; ``has_key``: that entry
    held a key before. Somebody's first key cannot be signed for by himself, and revoking one's own lost key must be
    possible without it; keys of other people are decisions.
    """
    if signing not in (DECISIONS, ALL):
        return signing != NONE  # a word we do not know asks for more than we know, never for less
    if form is not None and form.name == STAFF and own:
        if action == REVOKE or (action == ENROL and not has_key):
            return False
    if signing == ALL or action in _DECIDING:
        return True
    if form is None:
        return False
    if form.name == STAFF and action in (ENROL, REVOKE):
        return True
    step = form.steps.get(action)
    return (step is not None and step.approver) or (form.seals is not None and form.seals.at == action)


def key_issues(
    before: State | None,
    after: State,
    *,
    author: str,
    roles: Iterable[str] = (),
    administrator: bool = False,
    when: datetime,
    others: Iterable[Signer] = (),
) -> list[Issue]:
    """What speaks against a change of somebody's keys by ``author``, a person of these ``roles``, at ``when``.

    The first key is entered by the person himself, by whoever keeps the keys (``admin_supervisor``) or by the book's
    administrator; every further one by the latter two. A key is revoked by its person or by those. ``others``: the keys
    of the rest of the staff; a key belongs to one person only.
    """
    old, new = _rows(before) if before is not None else [], _rows(after)
    if old == new:
        return []
    issues = _by_steps(before, after, author)
    own = author == after.record.id
    keeps = administrator or KEEPER in roles
    taken = {signer.key: signer.staff for signer in others}
    if len(new) < len(old):
        issues.append(Issue("signing.rows-kept", {"n": len(new) + 1}, field=KEYS))
    for number, row in enumerate(new, 1):
        place = f"{KEYS}.{number}"
        if number > len(old):
            issues += _new_row(row, place, taken)
            if not keeps and not (own and number == 1):
                issues.append(Issue("signing.who-enrols", {"by": author, "staff": after.record.id}, field=place))
            key = public_key(str(row.get("key") or ""))
            if key is not None:
                taken[key.line] = after.record.id
            continue
        was = old[number - 1]
        key = public_key(str(was.get("key") or ""))
        if key is not None:
            taken[key.line] = after.record.id
        if row == was:
            continue
        issues += _changed_row(was, row, number, own=own, when=when)
        if not keeps and not own:
            issues.append(Issue("signing.who-revokes", {"by": author, "staff": after.record.id}, field=place))
    return issues


def allowed_signers(signers: Iterable[Signer]) -> str:
    """The keys as a file of allowed signers, which ``git verify-commit`` and ``ssh-keygen -Y verify`` read.

    Moments are written in UTC. Left out, with a line that says so: an id that would mean a pattern there, and a key
    that never counted because it ends before it begins (which OpenSSH takes for a broken file).
    """
    lines = []
    for signer in signers:
        never = signer.start is not None and signer.end is not None and signer.end <= signer.start
        if never or not _UNSAFE.isdisjoint(signer.email) or not signer.email.isprintable() or " " in signer.email:
            lines.append(f"# left out: {signer.staff!a}\n")
            continue
        options = [f'namespaces="{NAMESPACE}"']
        if signer.start is not None:
            options.append(f'valid-after="{_stamp(signer.start)}"')
        if signer.end is not None:
            options.append(f'valid-before="{_stamp(signer.end)}"')
        lines.append(f"{signer.email} {','.join(options)} {signer.key}\n")
    return "".join(lines)


def with_revocations(signers: Iterable[Signer], later: Iterable[Signer]) -> tuple[Signer, ...]:
    """The signers of a former time as one knows today when their keys were revoked (``later``: those of today)."""
    known = {(one.staff, one.key): one.revoked for one in later if one.revoked is not None}
    found = []
    for signer in signers:
        revoked = known.get((signer.staff, signer.key))
        if revoked is None or (signer.revoked is not None and signer.revoked <= revoked):
            found.append(signer)
            continue
        end = revoked if signer.end is None else min(signer.end, revoked)
        found.append(Signer(signer.staff, signer.email, signer.key, signer.start, end, revoked))
    return tuple(found)


# -- inside -----------------------------------------------------------------------------------


def _rows(state: State) -> list[Mapping[str, Stored]]:
    rows = state.fields.get(KEYS)
    return [row if isinstance(row, dict) else {} for row in rows] if isinstance(rows, list) else []


def _moment(value: Stored) -> datetime | None:
    """A stored moment; ValueError where it is none, or one without an offset."""
    if value in (None, ""):
        return None
    found = datetime.fromisoformat(str(value))
    if found.tzinfo is None:
        raise ValueError(value)
    return found


def _gone(state: State) -> datetime | None:
    ends = [_moment(event.at) for event in state.events if event.step in ("leave", "void", VOIDED)]
    return min((one for one in ends if one is not None), default=None)


def _by_steps(before: State | None, after: State, author: str) -> list[Issue]:
    """Keys come and go by their own steps, taken by the one who is meant to take them."""
    if before is None:
        return []
    issues = []
    if before.record.fields.get(KEYS) != after.record.fields.get(KEYS):
        issues.append(Issue("signing.key-step", {}, field=KEYS))
    for event in after.events[len(before.events) :]:
        paths = [path for path in event.set if path.rstrip("+").partition(".")[0] == KEYS]
        if not paths:
            continue
        if event.step == ENROL:
            fits = paths == [f"{KEYS}+"]
        else:
            fits = event.step == REVOKE and all(path.endswith((".revoked_at", ".why")) for path in paths)
        if not fits:
            issues.append(Issue("signing.key-step", {}, field=KEYS))
        elif event.by != author or event.extra.get("entered_by"):
            issues.append(Issue("signing.key-for-another", {"by": event.by}, field="by"))
    return issues


def _new_row(row: Mapping[str, Stored], place: str, taken: Mapping[str, str]) -> list[Issue]:
    issues = []
    text = str(row.get("key") or "")
    key = public_key(text)
    if row.get("revoked_at"):
        issues.append(Issue("signing.key-step", {}, field=f"{place}.revoked_at"))
    if "PRIVATE KEY" in text:
        issues.append(Issue("signing.private-key", {}, field=f"{place}.key"))
    elif key is None:
        issues.append(Issue("signing.bad-key", {"known": list(KEY_TYPES), "bits": RSA_BITS}, field=f"{place}.key"))
    elif key.line in taken:
        issues.append(
            Issue("signing.key-taken", {"key": key.fingerprint, "staff": taken[key.line]}, field=f"{place}.key")
        )
    try:
        start, until = _moment(row.get("from_at")), _moment(row.get("until_at"))
    except ValueError:
        return issues  # the form says what is wrong with them
    if start is not None and until is not None and until <= start:
        issues.append(Issue("signing.until-before", {}, field=f"{place}.until_at"))
    return issues


def _changed_row(
    was: Mapping[str, Stored], row: Mapping[str, Stored], number: int, *, own: bool, when: datetime
) -> list[Issue]:
    place = f"{KEYS}.{number}"
    changed = {name for name in (*was, *row) if (was.get(name) or None) != (row.get(name) or None)}
    try:
        revoked = _moment(row.get("revoked_at"))
    except ValueError:
        revoked = None
    kept = changed <= {"revoked_at", "why"} and not any(was.get(name) for name in changed)
    if not kept or revoked is None:
        return [Issue("signing.rows-kept", {"n": number}, field=place)]
    if revoked > when + _TOLERANCE:
        return [Issue("signing.revoke-future", {}, field=f"{place}.revoked_at")]
    if own and revoked < when - _TOLERANCE:
        # Nobody takes back what he has signed by saying that his key was bad already.
        return [Issue("signing.revoke-past", {}, field=f"{place}.revoked_at")]
    return []


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%d%H%M%S}Z"


def usable(signers: Sequence[Signer], staff: str, at: datetime) -> list[Signer]:
    """The keys with which this member of staff may sign at that moment."""
    return [
        one
        for one in signers
        if one.staff == staff
        and (one.start is None or one.start <= at)
        and (one.end is None or at <= one.end)
    ]  # fmt: skip
