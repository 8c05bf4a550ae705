"""SSH signatures read and verified in this process, and what Git and OpenSSH say of the same ones."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from datetime import timedelta
from pathlib import Path

import pytest

from logbook.core.signers import PublicKey
from logbook.core.signers import Signer
from logbook.core.signers import address
from logbook.core.signers import allowed_signers
from logbook.core.signers import key_from_blob
from logbook.store.git import Repository
from logbook.store.objects import object_id
from logbook.store.objects import write_loose
from logbook.store.porcelain import init_repository
from logbook.store.signatures import Verdict
from logbook.store.signatures import split_signed
from logbook.store.signatures import verify
from logbook.store.signatures import verify_commit
from logbook.store.signatures import verify_commits
from logbook.store.transaction import Change
from logbook.store.transaction import Commit
from logbook.store.transaction import publish
from logbook.store.transaction import publish_bulk
from tests.keys import needs_openssh
from tests.keys import new_key
from tests.keys import sign
from tests.keys import verified_by_git
from tests.keys import verified_by_ssh
from tests.store.repositories import DESK
from tests.store.repositories import WHEN
from tests.store.repositories import assert_sound

pytestmark = needs_openssh

LINA = ("李娜", address("lina"))
KINDS = (("ed25519", None), ("ecdsa", 256), ("ecdsa", 384), ("ecdsa", 521), ("rsa", 2048), ("rsa", 3072))
HOUR = timedelta(hours=1)


class Keys:
    """The keys of two people, and the folder where they lie."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lina = new_key(folder / "lina")
        self.zhao = new_key(folder / "zhao")

    def by(self, name: str) -> Callable[[bytes], bytes]:
        return lambda data: sign(self.folder / name, data).encode("ascii")

    def signer(self, name: str = "lina", *, key: PublicKey | None = None, **more: datetime | None) -> Signer:
        return Signer(name, address(name), (key or getattr(self, name)).line, **more)

    def allowed(self, *signers: Signer) -> Path:
        path = self.folder / f"allowed-{abs(hash(signers))}"
        path.write_text(allowed_signers(signers), encoding="utf-8")
        return path


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return init_repository(tmp_path / "book")


def commit(repo: Repository, text: str, by: Callable[[bytes], bytes] | None, when: datetime = WHEN) -> str:
    made = Commit([Change("a.yaml", text.encode())], f"CP-20261122-A001 void: {text}\n", LINA, DESK, when, sign=by)
    return publish(repo, [made])[0]


def raw(repo: Repository, oid: str) -> bytes:
    return repo.objects.read(oid)[1]


def stored(repo: Repository, data: bytes) -> str:
    """A commit of these bytes, whatever they are."""
    oid = object_id("commit", data)
    write_loose(f"{repo.common_dir}/objects", {oid: ("commit", data)})
    return oid


def both(repo: Repository, keys: Keys, oid: str, *signers: Signer) -> str:
    """The state we give; plain Git is content with the commit exactly when it is good."""
    verdict = verify_commit(raw(repo, oid), signers)
    assert verified_by_git(repo.root, oid, keys.allowed(*signers)) is verdict.good
    return verdict.state


# -- what Git says, too -----------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "bits"), KINDS)
def test_every_kind_of_key(repo: Repository, keys: Keys, tmp_path: Path, kind: str, bits: int | None) -> None:
    key = new_key(tmp_path / "key", kind=kind, bits=bits)
    oid = commit(repo, "a", lambda data: sign(tmp_path / "key", data).encode())
    signer = keys.signer(key=key)
    assert both(repo, keys, oid, signer) == "good"
    assert verify_commit(raw(repo, oid), [signer]) == Verdict("good", signer, "", key.fingerprint)


def test_an_unsigned_commit(repo: Repository, keys: Keys) -> None:
    assert both(repo, keys, commit(repo, "a", None), keys.signer()) == "unsigned"


def test_the_time_of_a_key(repo: Repository, keys: Keys) -> None:
    oid = commit(repo, "a", keys.by("lina"))
    second = timedelta(seconds=1)
    assert both(repo, keys, oid, keys.signer(start=WHEN)) == "good"
    assert both(repo, keys, oid, keys.signer(start=WHEN - second, end=WHEN)) == "good"
    assert both(repo, keys, oid, keys.signer(start=WHEN + second)) == "not-yet"
    assert both(repo, keys, oid, keys.signer(start=WHEN - HOUR, end=WHEN - second)) == "expired"


def test_a_revoked_key(repo: Repository, keys: Keys) -> None:
    oid = commit(repo, "a", keys.by("lina"))
    before, after = WHEN - HOUR, WHEN + HOUR
    known = [keys.signer(start=before - HOUR, end=before, revoked=before)]
    assert verify(*split_signed(raw(repo, oid)), known, at=WHEN).state == "revoked"
    assert both(repo, keys, oid, *known) == "revoked"
    still = keys.signer(start=before, end=after, revoked=after)
    assert verify(*split_signed(raw(repo, oid)), [still], at=WHEN).state == "good"
    assert verified_by_git(repo.root, oid, keys.allowed(still))


def test_a_key_nobody_knows(repo: Repository, keys: Keys) -> None:
    oid = commit(repo, "a", keys.by("zhao"))
    assert both(repo, keys, oid, keys.signer()) == "unknown-key"
    assert both(repo, keys, oid) == "unknown-key"


def test_a_key_of_somebody_else(repo: Repository, keys: Keys, tmp_path: Path) -> None:
    oid = commit(repo, "a", keys.by("zhao"))
    zhao = keys.signer("zhao")
    verdict = verify_commit(raw(repo, oid), [keys.signer(), zhao])
    assert (verdict.state, verdict.signer) == ("other-person", zhao)
    payload, armour = split_signed(raw(repo, oid))
    assert armour is not None
    allowed = keys.allowed(keys.signer(), zhao)
    assert not verified_by_ssh(payload, armour, allowed, address("lina"), tmp_path)
    assert verified_by_ssh(payload, armour, allowed, address("zhao"), tmp_path)
    assert verify(payload, armour, [zhao], at=WHEN, staff="zhao").good


def test_a_commit_of_nobody_in_the_register_is_not_good(repo: Repository, keys: Keys) -> None:
    made = Commit([Change("a", b"a")], "x\n", ("李娜", "lina@home.example"), DESK, WHEN, sign=keys.by("lina"))
    (oid,) = publish(repo, [made])
    assert verify_commit(raw(repo, oid), [keys.signer()]).state == "other-person"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"void: a", b"void: b"),
        (b"tree ", b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904 "),
        (b"author \xe6\x9d\x8e", b"author \xe7\x8e\x8b"),
        (b"+0800\ncommitter", b"+0900\ncommitter"),
    ],
)
def test_a_commit_that_was_changed(repo: Repository, keys: Keys, old: bytes, new: bytes) -> None:
    data = raw(repo, commit(repo, "a", keys.by("lina")))
    assert data.count(old) == 1
    if old == b"tree ":
        at = data.index(b"\n")
        changed = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904" + data[at:]
    else:
        changed = data.replace(old, new)
    assert both(repo, keys, stored(repo, changed), keys.signer()) == "bad"


def test_a_signature_taken_from_another_commit(repo: Repository, keys: Keys) -> None:
    good = raw(repo, commit(repo, "a", keys.by("lina")))
    other = raw(repo, commit(repo, "b", keys.by("lina")))
    header = good[good.index(b"\ngpgsig ") : good.index(b"\n\n")]
    own = other[other.index(b"\ngpgsig ") : other.index(b"\n\n")]
    moved = other.replace(own, header)
    assert both(repo, keys, stored(repo, moved), keys.signer()) == "bad"


def test_a_signature_for_another_use(repo: Repository, keys: Keys) -> None:
    oid = commit(repo, "a", lambda data: sign(keys.folder / "lina", data, "file").encode())
    assert both(repo, keys, oid, keys.signer()) == "unreadable"
    assert verify_commit(raw(repo, oid), [keys.signer()]).why == "namespace"


def test_two_signatures_are_none(repo: Repository, keys: Keys) -> None:
    data = raw(repo, commit(repo, "a", keys.by("lina")))
    header = data[data.index(b"\ngpgsig ") : data.index(b"\n\n")]
    for twice in (header + header, header + header.replace(b"gpgsig", b"gpgsig-sha256")):
        verdict = verify_commit(data.replace(header, twice), [keys.signer()])
        assert (verdict.state, verdict.why) == ("unreadable", "headers")


def test_lines_of_a_message_are_no_signature(repo: Repository, keys: Keys) -> None:
    made = Commit([Change("a", b"a")], "x\n\ngpgsig -----BEGIN SSH SIGNATURE-----\n", LINA, DESK, WHEN)
    (oid,) = publish(repo, [made])
    assert verify_commit(raw(repo, oid), [keys.signer()]).state == "unsigned"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda armour: "",
        lambda armour: "hello",
        lambda armour: armour + armour,
        lambda armour: armour.replace("SSH SIGNATURE", "PGP SIGNATURE"),
        lambda armour: armour.rstrip("\n")[:-1],
        lambda armour: armour[:60] + armour[64:],
        lambda armour: armour[:60] + "*" + armour[61:],
        lambda armour: " " + armour,
        lambda armour: armour + "more",
        lambda armour: armour.replace("U1NIU0lHAAAAAQ", "U1NIU0lHAAAAAg"),
        lambda armour: armour.replace("\n-----END", "AAAA" * 5000 + "\n-----END"),
    ],
)
def test_a_damaged_armour_is_never_good(keys: Keys, spoil: Callable[[str], str]) -> None:
    armour = spoil(sign(keys.folder / "lina", b"x"))
    assert verify(b"x", armour, [keys.signer()], at=WHEN).state == "unreadable"


def rebuilt(armour: str, change: Callable[[list[bytes]], list[bytes]]) -> str:
    """The same armour with its parts changed."""
    lines = armour.strip().split("\n")
    blob = base64.b64decode("".join(lines[1:-1]))
    parts, at = [], 10
    while at < len(blob):
        size = int.from_bytes(blob[at : at + 4], "big")
        parts.append(blob[at + 4 : at + 4 + size])
        at += 4 + size
    new = blob[:10] + packed(*change(parts))
    return "\n".join([lines[0], base64.b64encode(new).decode(), lines[-1]]) + "\n"


def packed(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def replaced(place: int, value: bytes) -> Callable[[list[bytes]], list[bytes]]:
    return lambda parts: [*parts[:place], value, *parts[place + 1 :]]


RESERVED = replaced(2, b"x")


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda parts: parts, "good"),
        (replaced(3, b"sha256"), "bad"),
        (replaced(3, b"sha1"), "unreadable"),
        (replaced(3, b"md5"), "unreadable"),
        (RESERVED, "unreadable"),
        (replaced(1, b"file"), "unreadable"),
        (replaced(0, packed(b"ssh-ed25519", b"short")), "unreadable"),
        (replaced(0, packed(b"ssh-dss", b"x")), "unreadable"),
        (replaced(0, packed(b"ecdsa-sha2-nistp256", b"nistp384", b"\4" + b"x" * 96)), "unreadable"),
        (replaced(0, packed(b"ecdsa-sha2-nistp256", b"nistp256", b"\4" + b"x" * 64)), "unreadable"),
        (replaced(4, packed(b"ssh-ed25519", b"x" * 64)), "bad"),
        (replaced(4, packed(b"ssh-ed25519", b"x" * 63)), "bad"),
        (replaced(4, packed(b"ssh-rsa", b"x" * 64)), "unreadable"),
        (replaced(4, b"x"), "unreadable"),
        (lambda parts: [*parts, b""], "unreadable"),
        (lambda parts: parts[:-1], "unreadable"),
    ],
)
def test_only_what_is_understood_is_good(
    keys: Keys, tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], state: str
) -> None:
    armour = rebuilt(sign(keys.folder / "lina", b"x"), change)
    assert verify(b"x", armour, [keys.signer()], at=WHEN).state == state
    said = verified_by_ssh(b"x", armour, keys.allowed(keys.signer()), address("lina"), tmp_path)
    # OpenSSH passes over what stands in a place it keeps for later; nothing we know of writes there.
    assert said is (state == "good" or change is RESERVED)


def test_rsa_with_sha1_and_short_rsa_are_never_good(keys: Keys, tmp_path: Path) -> None:
    key = new_key(tmp_path / "rsa", kind="rsa", bits=2048)
    armour = sign(tmp_path / "rsa", b"x")
    assert verify(b"x", armour, [keys.signer(key=key)], at=WHEN).good
    old = rebuilt(armour, lambda parts: [*parts[:4], packed(b"ssh-rsa", b"x" * 256)])
    assert verify(b"x", old, [keys.signer(key=key)], at=WHEN).why == "algorithm"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", str(tmp_path / "short")], check=True
    )
    short = sign(tmp_path / "short", b"x")
    assert verify(b"x", short, [keys.signer(key=key)], at=WHEN).why == "algorithm"


@pytest.mark.parametrize("curve", ["ed25519", "p256"])
def test_a_security_key_counts_when_it_was_touched(keys: Keys, tmp_path: Path, curve: str) -> None:
    armours = {flags: security_signature(curve, b"x", flags) for flags in (0, 1, 5)}
    key = key_of(armours[1])
    signer = keys.signer(key=key)
    assert [verify(b"x", armours[flags], [signer], at=WHEN).state for flags in armours] == [
        "unreadable",
        "good",
        "good",
    ]
    assert verify(b"y", armours[1], [signer], at=WHEN).state == "bad"
    assert verified_by_ssh(b"x", armours[1], keys.allowed(signer), address("lina"), tmp_path)
    assert not verified_by_ssh(b"y", armours[1], keys.allowed(signer), address("lina"), tmp_path)


def key_of(armour: str) -> PublicKey:
    found: list[PublicKey | None] = []
    rebuilt(armour, lambda parts: found.append(key_from_blob(parts[0])) or parts)
    assert found[0] is not None
    return found[0]


def security_signature(curve: str, data: bytes, flags: int) -> str:
    """What a security key would make, made by a key that is none."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.hazmat.primitives.serialization import PublicFormat

    tail = bytes([flags]) + (7).to_bytes(4, "big")
    message = b"SSHSIG" + packed(b"git", b"", b"sha512", hashlib.sha512(data).digest())
    told = hashlib.sha256(b"ssh:").digest() + tail + hashlib.sha256(message).digest()
    if curve == "ed25519":
        one = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
        name = b"sk-ssh-ed25519@openssh.com"
        point = one.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        blob = packed(name, point, b"ssh:")
        made = one.sign(told)
    else:
        other = ec.derive_private_key(12345, ec.SECP256R1())
        name = b"sk-ecdsa-sha2-nistp256@openssh.com"
        point = other.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        blob = packed(name, b"nistp256", point, b"ssh:")
        pair = decode_dss_signature(other.sign(told, ec.ECDSA(hashes.SHA256())))
        made = packed(*(number.to_bytes(number.bit_length() // 8 + 1, "big") for number in pair))
    whole = b"SSHSIG" + (1).to_bytes(4, "big") + packed(blob, b"git", b"", b"sha512", packed(name, made) + tail)
    text = base64.b64encode(whole).decode()
    return f"-----BEGIN SSH SIGNATURE-----\n{text}\n-----END SSH SIGNATURE-----\n"


def test_without_the_library_nothing_is_good(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    from logbook.store import signatures

    armour = sign(keys.folder / "lina", b"x")
    signatures._check_for.cache_clear()
    for name in [one for one in sys.modules if one.partition(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)
    verdict = verify(b"x", armour, [keys.signer()], at=WHEN)
    assert (verdict.state, verdict.why) == ("unreadable", "library")


# -- whose time -------------------------------------------------------------------------------


def test_a_receipt_counts_before_the_date_a_commit_gives_itself(repo: Repository, keys: Keys) -> None:
    oid = commit(repo, "a", keys.by("lina"))
    limited = keys.signer(start=WHEN - HOUR, end=WHEN + HOUR)
    data = raw(repo, oid)
    assert verify_commit(data, [limited]) == Verdict("good", limited, "", keys.lina.fingerprint)
    on_time = verify_commit(data, [limited], received=WHEN + HOUR)
    late = verify_commit(data, [limited], received=WHEN + 2 * HOUR)
    assert (on_time.state, on_time.trusted_time) == ("good", True)
    assert (late.state, late.trusted_time) == ("expired", True)


def test_a_key_revoked_later_is_bad_for_what_came_in_after_that(repo: Repository, keys: Keys) -> None:
    data = raw(repo, commit(repo, "a", keys.by("lina")))
    then = [keys.signer(start=WHEN - HOUR)]
    now = [keys.signer(start=WHEN - HOUR, end=WHEN + HOUR, revoked=WHEN + HOUR)]
    assert verify_commit(data, then, later=now).state == "good"
    assert verify_commit(data, then, received=WHEN + 2 * HOUR, later=now).state == "revoked"
    assert verify_commit(data, then, received=WHEN + 2 * HOUR).state == "good"


def test_who_builds_on_the_revocation_came_after_it(repo: Repository, keys: Keys) -> None:
    """A commit whose parent already says the key is revoked may date itself as it likes."""
    data = raw(repo, commit(repo, "a", keys.by("lina")))
    parent = [keys.signer(start=WHEN - HOUR, end=WHEN + HOUR, revoked=WHEN + HOUR)]
    assert verify_commit(data, parent).state == "revoked"


# -- many -------------------------------------------------------------------------------------


def test_many_commits_in_order_with_the_keys_of_their_time(repo: Repository, keys: Keys) -> None:
    ids = [
        commit(repo, "a", keys.by("lina")),
        commit(repo, "b", None),
        commit(repo, "c", keys.by("zhao")),
        commit(repo, "d", keys.by("lina")),
    ]
    asked: list[str] = []

    def signers_at(oid: str) -> list[Signer]:
        asked.append(oid)
        repo.objects.commit(oid)  # it may read meanwhile
        return [] if oid == ids[0] else [keys.signer(), keys.signer("zhao")]

    tree = repo.objects.commit(ids[0]).tree
    found = list(verify_commits(repo, [*ids, tree], signers_at, {ids[3]: WHEN}))
    assert [oid for oid, _ in found] == [*ids, tree]
    assert asked == ids
    states = [verdict.state for _, verdict in found]
    assert states == ["unknown-key", "unsigned", "other-person", "good", "unreadable"]
    assert [verdict.trusted_time for _, verdict in found] == [False, False, False, True, False]


def test_a_bulk_commit_is_signed_too(repo: Repository, keys: Keys) -> None:
    commit(repo, "a", None)
    oid = publish_bulk(
        repo,
        ((f"records/{n}.yaml", b"x") for n in range(50)),
        "complaint import: 50\n",
        author=LINA,
        committer=DESK,
        when=WHEN,
        sign=keys.by("lina"),
    )
    assert oid == repo.head()
    assert both(repo, keys, oid or "", keys.signer()) == "good"
    assert_sound(repo.root)


def test_a_start_of_the_program_loads_no_cryptography(tmp_path: Path) -> None:
    code = (
        "import sys; import logbook.store.signatures, logbook.core.signers, logbook.operations.signing\n"
        "from logbook.store.signatures import verify\n"
        "from datetime import datetime, UTC\n"
        "verify(b'', None, [], at=datetime.now(UTC)); verify(b'', 'x', [], at=datetime.now(UTC))\n"
        "sys.exit('cryptography' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
