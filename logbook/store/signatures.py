"""The door to SSH signatures: read and verified in this process, at a tenth of what a child would cost.

What is not understood is never good: an unknown algorithm, a damaged armour, another namespace, two signatures
on one commit, a missing library. ``ssh-keygen`` and ``git verify-commit`` say the same of the same commits.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Literal

from logbook.core.signers import NAMESPACE
from logbook.core.signers import PublicKey
from logbook.core.signers import Signer
from logbook.core.signers import key_from_blob
from logbook.core.signers import parts_of
from logbook.core.signers import staff_of
from logbook.core.signers import with_revocations
from logbook.core.value import frozen
from logbook.store.git import Repository
from logbook.store.objects import parse_stamp

VerdictState = Literal[
    "good", "unsigned", "unknown-key", "other-person", "expired", "not-yet", "revoked", "bad", "unreadable"
]

_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----\n", "\n-----END SSH SIGNATURE-----"
_MAGIC = b"SSHSIG"
_HASHES = frozenset((b"sha256", b"sha512"))
_BASE64 = re.compile(r"[A-Za-z0-9+/=\n]+\Z")
# The longest signature there is (RSA of 16384 bits) takes less.
_LONGEST = 16_384
_TOUCHED = 0x01  # a security key says that somebody touched it
_BATCH = 256

Check = Callable[[bytes, bytes, list[bytes]], bool]


@frozen
class Verdict:
    """What came of one signature. ``signer``: whose key it is, where the register knows the key.

    ``why`` says more of what is unreadable: ``armour``, ``headers``, ``algorithm``, ``namespace``, ``library``,
    ``commit``. ``fingerprint``: of the key that signed. ``trusted_time``: the time went by a receipt and not by
    what the commit says of itself, which can be forged.
    """

    state: VerdictState
    signer: Signer | None = None
    why: str = ""
    fingerprint: str = ""
    trusted_time: bool = False

    @property
    def good(self) -> bool:
        return self.state == "good"


@frozen
class Armour:
    """The parts of an armoured signature (``PROTOCOL.sshsig`` of OpenSSH)."""

    key: bytes
    namespace: bytes
    reserved: bytes
    hash: bytes
    signature: bytes


def verify(
    payload: bytes,
    armour: str | None,
    signers: Sequence[Signer],
    *,
    at: datetime,
    staff: str | None = None,
    namespace: str = NAMESPACE,
) -> Verdict:
    """Whether ``armour`` is a signature of ``payload`` by one of ``signers`` whose key counted ``at`` that moment.

    ``staff``: the member of staff who must have signed; somebody else's key is ``other-person``.
    """
    if armour is None:
        return Verdict("unsigned")
    parts = read_armour(armour)
    if parts is None:
        return Verdict("unreadable", why="armour")
    key, line, mark = _known(parts.key)
    if key is None or parts.hash not in _HASHES or parts.reserved:
        return Verdict("unreadable", why="algorithm")
    if parts.namespace != namespace.encode():
        return Verdict("unreadable", why="namespace", fingerprint=mark)
    digest = hashlib.new(parts.hash.decode("ascii"), payload).digest()
    signed = _MAGIC + b"".join(map(_string, (parts.namespace, b"", parts.hash, digest)))
    try:
        sound = _holds(_check_for(parts.key), key, parts.signature, signed)
    except ImportError:
        return Verdict("unreadable", why="library", fingerprint=mark)
    except (ValueError, _unsupported()):
        return Verdict("unreadable", why="algorithm", fingerprint=mark)
    if not sound:
        return Verdict("bad", fingerprint=mark)
    return _judged(line, mark, signers, at, staff)


def split_signed(commit: bytes) -> tuple[bytes, str | None]:
    """A commit's bytes as they were signed, and its armoured signature; None where it has none.

    More than one signature, or one under another name than ``gpgsig``, gives an armour that cannot be read.
    """
    head, blank, body = commit.partition(b"\n\n")
    if b"\ngpgsig" not in head:
        return commit, None
    kept: list[bytes] = []
    found: list[bytes] = []
    count, inside = 0, False
    for line in head.split(b"\n"):
        if line.startswith(b" ") and inside:
            found.append(line[1:])
            continue
        name, _, value = line.partition(b" ")
        inside = name.startswith(b"gpgsig")
        if inside:
            count += 1 if name == b"gpgsig" else 2
            found.append(value)
        else:
            kept.append(line)
    payload = b"\n".join(kept) + blank + body
    return payload, b"\n".join(found).decode("ascii", "replace") if count == 1 else ""


def verify_commit(
    commit: bytes, signers: Sequence[Signer], *, received: datetime | None = None, later: Iterable[Signer] = ()
) -> Verdict:
    """Whether a commit (its raw bytes) carries a good signature of its own author.

    ``signers``: the keys in the register as it stood at the commit's parent. A key that was revoked there already is
    revoked whatever date the commit gives itself. ``received``: when a receiving repository first had the commit; it
    comes before the committer's date, which is all there is without it. ``later``: the signers of today (see
    :func:`~logbook.core.signers.with_revocations`): what is known of revocations now holds for all that came after.
    """
    payload, armour = split_signed(commit)
    if armour is None:
        return Verdict("unsigned", trusted_time=received is not None)
    if armour == "":
        return Verdict("unreadable", why="headers", trusted_time=received is not None)
    try:
        staff, at = _author_and_time(payload)
    except (ValueError, OverflowError, IndexError):
        return Verdict("unreadable", why="commit", trusted_time=received is not None)
    known = with_revocations(signers, later) if later else signers
    verdict = verify(payload, armour, known, at=received or at, staff=staff)
    state = verdict.state
    if verdict.signer is not None and verdict.good:
        key = verdict.signer.key
        if any(one.key == key and one.revoked is not None for one in signers):
            state = "revoked"
    return Verdict(state, verdict.signer, verdict.why, verdict.fingerprint, received is not None)


def verify_commits(
    repository: Repository,
    commits: Iterable[str],
    signers_at: Callable[[str], Sequence[Signer]],
    received: Mapping[str, datetime] | None = None,
    *,
    later: Iterable[Signer] = (),
) -> Iterator[tuple[str, Verdict]]:
    """The verdict on each of many commits, read through one child; see :func:`verify_commit`.

    ``signers_at`` is asked for the keys that count for a commit (those at its parent); it may read the repository.
    """
    receipts = received or {}
    revoked = tuple(signer for signer in later if signer.revoked is not None)
    waiting: list[str] = []

    def judged() -> Iterator[tuple[str, Verdict]]:
        read = list(repository.objects.read_many(waiting))
        for oid, (_, kind, data) in zip(waiting, read, strict=True):
            if kind != "commit":
                yield oid, Verdict("unreadable", why="commit")
            else:
                yield oid, verify_commit(data, signers_at(oid), received=receipts.get(oid), later=revoked)

    for oid in commits:
        waiting.append(oid)
        if len(waiting) == _BATCH:
            yield from judged()
            waiting.clear()
    yield from judged()


def read_armour(text: str) -> Armour | None:
    """The parts of an armoured signature; None where it is not exactly one, whole and well formed."""
    text = text.rstrip("\n")
    if len(text) > _LONGEST or not text.startswith(_BEGIN) or not text.endswith(_END):
        return None
    inner = text[len(_BEGIN) : -len(_END)]
    if not _BASE64.match(inner):
        return None
    try:
        blob = base64.b64decode(inner.replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        return None
    if not blob.startswith(_MAGIC + b"\0\0\0\1"):
        return None
    parts = parts_of(blob[len(_MAGIC) + 4 :])
    return Armour(*parts) if parts is not None and len(parts) == 5 else None


# -- inside -----------------------------------------------------------------------------------


def _unsupported() -> type[Exception]:
    """What the library raises for an algorithm this machine does not allow."""
    from cryptography.exceptions import UnsupportedAlgorithm

    return UnsupportedAlgorithm


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _author_and_time(payload: bytes) -> tuple[str, datetime]:
    """The member of staff a commit names as its author (empty: nobody of ours), and the committer's date."""
    head = payload.partition(b"\n\n")[0].decode("utf-8", "surrogateescape").split("\n")
    (author,) = (line[7:] for line in head if line.startswith("author "))
    (committer,) = (line[10:] for line in head if line.startswith("committer "))
    return staff_of(parse_stamp(author).email), parse_stamp(committer).when


@lru_cache(maxsize=1024)
def _known(blob: bytes) -> tuple[PublicKey | None, str, str]:
    """The key of these bytes, with its line and its mark: a book has few, and asks for each of them often."""
    key = key_from_blob(blob)
    return (key, key.line, key.fingerprint) if key is not None else (None, "", "")


def _judged(line: str, mark: str, signers: Sequence[Signer], at: datetime, staff: str | None) -> Verdict:
    """A sound signature, held against the register."""
    known = [signer for signer in signers if signer.key == line]
    if not known:
        return Verdict("unknown-key", fingerprint=mark)
    own = known if staff is None else [signer for signer in known if signer.staff == staff]
    if not own:
        return Verdict("other-person", known[0], fingerprint=mark)
    worst: Verdict | None = None
    for signer in own:
        state: VerdictState = "good"
        if signer.start is not None and at < signer.start:
            state = "not-yet"
        elif signer.end is not None and at > signer.end:
            state = "revoked" if signer.revoked is not None and at > signer.revoked else "expired"
        verdict = Verdict(state, signer, fingerprint=mark)
        if state == "good":
            return verdict
        worst = worst or verdict
    assert worst is not None
    return worst


def _holds(check: Check, key: PublicKey, signature: bytes, signed: bytes) -> bool:
    """Whether the signature blob (its algorithm, then what that algorithm made) is one of ``signed``."""
    more: list[bytes] = []
    if key.type.startswith("sk-"):
        # A security key signs a hash of the message, with its flags and counter beside the application's hash.
        size = int.from_bytes(signature[:4], "big")
        at = 4 + size
        end = at + 4 + int.from_bytes(signature[at : at + 4], "big")
        parts = parts_of(signature[:end])
        tail = signature[end:]
        if parts is None or len(parts) != 2 or len(tail) != 5 or not tail[0] & _TOUCHED:
            raise ValueError("no signature of a security key")
        more = [tail]
    else:
        parts = parts_of(signature)
        if parts is None or len(parts) != 2:
            raise ValueError("no signature")
    return check(parts[0], parts[1], [signed, *more])


@lru_cache(maxsize=1024)
def _check_for(blob: bytes) -> Check:
    """What checks signatures of this key; the library is loaded when there is one to check.

    The check raises ValueError for an algorithm that is not the key's.
    """
    parts = parts_of(blob) or []
    type_ = parts[0].decode("ascii")
    if type_ in ("ssh-ed25519", "sk-ssh-ed25519@openssh.com"):
        return _ed25519(parts)
    if type_ == "ssh-rsa":
        return _rsa(parts)
    return _ecdsa(parts)


def _ed25519(parts: list[bytes]) -> Check:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = Ed25519PublicKey.from_public_bytes(parts[1])

    def check(algorithm: bytes, signature: bytes, told: list[bytes]) -> bool:
        if algorithm != parts[0]:
            raise ValueError(algorithm)
        try:
            key.verify(signature, _message(parts, told))
        except InvalidSignature:
            return False
        return True

    return check


def _ecdsa(parts: list[bytes]) -> Check:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    curve: ec.EllipticCurve
    digest: hashes.HashAlgorithm
    if parts[1] == b"nistp256":
        curve, digest = ec.SECP256R1(), hashes.SHA256()
    elif parts[1] == b"nistp384":
        curve, digest = ec.SECP384R1(), hashes.SHA384()
    elif parts[1] == b"nistp521":
        curve, digest = ec.SECP521R1(), hashes.SHA512()
    else:
        raise ValueError(parts[1])
    if parts[1] not in parts[0]:
        raise ValueError("a key of another curve than it says")
    key = ec.EllipticCurvePublicKey.from_encoded_point(curve, parts[2])
    scheme = ec.ECDSA(digest)

    def check(algorithm: bytes, signature: bytes, told: list[bytes]) -> bool:
        pair = parts_of(signature)
        if algorithm != parts[0] or pair is None or len(pair) != 2:
            raise ValueError(algorithm)
        r, s = (int.from_bytes(one, "big") for one in pair)
        try:
            key.verify(encode_dss_signature(r, s), _message(parts, told), scheme)
        except InvalidSignature:
            return False
        return True

    return check


def _rsa(parts: list[bytes]) -> Check:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    numbers = RSAPublicNumbers(int.from_bytes(parts[1], "big"), int.from_bytes(parts[2], "big"))
    key = numbers.public_key()
    size = (key.key_size + 7) // 8
    schemes = {b"rsa-sha2-256": hashes.SHA256(), b"rsa-sha2-512": hashes.SHA512()}

    def check(algorithm: bytes, signature: bytes, told: list[bytes]) -> bool:
        digest = schemes.get(algorithm)  # ssh-rsa itself is SHA-1: not taken
        if digest is None:
            raise ValueError(algorithm)
        try:
            key.verify(signature.rjust(size, b"\0"), told[0], padding.PKCS1v15(), digest)
        except InvalidSignature:
            return False
        return True

    return check


def _message(parts: list[bytes], told: list[bytes]) -> bytes:
    """What was really signed: the message, or what a security key makes of it."""
    if len(told) == 1:
        return told[0]
    application = hashlib.sha256(parts[-1]).digest()
    return application + told[1] + hashlib.sha256(told[0]).digest()
