"""Signing at this desk: which key a person uses here, and ``ssh-keygen`` that signs with it, as Git calls it.

The clone's own Git configuration remembers, for each member of staff (several share a computer), either the path of a
key file or the public half of a key that an ``ssh-agent`` holds: ``[logbook "lina"] signingKey = …``. No private key
is ever read by this program or stored by it.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path

from logbook.core.errors import BookError
from logbook.core.signers import NAMESPACE
from logbook.core.signers import PublicKey
from logbook.core.signers import public_key
from logbook.store.git import Repository
from logbook.store.git import clean_environment
from logbook.store.machine import is_interactive

PROGRAM = "ssh-keygen"
AGENT_PROGRAM = "ssh-add"
# How Git itself writes a key that stands in the agent and not in a file.
LITERAL = "key::"
# Seconds until it is given up: a person types a passphrase, or nobody is there.
_PATIENT, _ALONE = 120.0, 20.0


def remembered(repo: Repository, staff: str) -> str | None:
    """The key this person uses at this desk: a path, or ``key::`` and a public key; None where there is none."""
    return repo.local_config(_name(staff)) or None


def remember(repo: Repository, staff: str, place: str) -> None:
    """Remember the key of a member of staff in this clone's own configuration."""
    from logbook.store.porcelain import set_config

    set_config(repo, _name(staff), place)


def forget(repo: Repository, staff: str) -> bool:
    """Forget it; False where nothing was remembered."""
    if repo.local_config(_name(staff)) is None:
        return False
    repo.run("config", "--local", "--unset-all", _name(staff))
    repo.forget_config()
    return True


def signer_for(place: str, staff: str, expected: Sequence[str]) -> Callable[[bytes], bytes]:
    """What :class:`~logbook.store.transaction.Commit` takes as ``sign``: the armoured signature of a commit's bytes.

    ``expected``: the public keys (``type base64``) that may have made it; BookError ``signing.other-key`` when another
    one did, because the file was changed under us.
    """

    def sign(data: bytes) -> bytes:
        armour = sign_with(place, data, staff)
        key = signing_key(armour)
        if key is None or key.line not in expected:
            raise BookError("signing.other-key", staff=staff, place=_said(place))
        return armour

    return sign


def sign_with(place: str, data: bytes, staff: str) -> bytes:
    """An armoured signature of ``data`` by the key at ``place``.

    BookError ``signing.no-program``, ``signing.key-missing``, ``signing.locked``, ``signing.agent-gone``,
    ``signing.agent-lacks``, ``signing.slow``, ``signing.failed``. A passphrase is asked for only on a terminal.
    """
    from logbook.store.signatures import read_armour

    literal = place.startswith(LITERAL)
    if not literal and not os.path.isfile(place):
        raise BookError("signing.key-missing", staff=staff, path=place)
    with _key_file(place) as path:
        done = _run([PROGRAM, "-Y", "sign", "-n", NAMESPACE, "-f", path], data, staff)
    if done.returncode == 0 and read_armour(done.stdout.decode("ascii", "replace")) is not None:
        return done.stdout
    said = done.stderr.decode("utf-8", "replace").strip()
    if literal:
        key = public_key(place.removeprefix(LITERAL))
        held = agent_keys()
        if held is None:
            raise BookError("signing.agent-gone", staff=staff)
        if key not in held:
            raise BookError("signing.agent-lacks", staff=staff, key=key.fingerprint if key else place)
    elif "passphrase" in said:
        raise BookError("signing.locked", staff=staff, path=place)
    raise BookError("signing.failed", staff=staff, detail=said[-400:] or f"exit {done.returncode}")


def signing_key(armour: bytes) -> PublicKey | None:
    """The key that an armoured signature says it is of."""
    from logbook.core.signers import key_from_blob
    from logbook.store.signatures import read_armour

    parts = read_armour(armour.decode("ascii", "replace"))
    return key_from_blob(parts.key) if parts is not None else None


def agent_keys() -> list[PublicKey] | None:
    """The keys an agent holds for this person; None where none answers. BookError ``signing.no-program``."""
    done = _run([AGENT_PROGRAM, "-L"], b"", "")
    if done.returncode > 1:
        return None
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return [key for line in lines if (key := public_key(line)) is not None]


def key_files(folder: Path) -> Iterator[tuple[Path, PublicKey]]:
    """The key files in a folder (``~/.ssh``) whose public half lies beside them."""
    for public in sorted(folder.glob("*.pub")):
        private = public.with_suffix("")
        try:
            key = public_key(public.read_text(encoding="utf-8", errors="replace").strip())
        except OSError:
            continue
        if key is not None and private.is_file():
            yield private, key


# -- inside -----------------------------------------------------------------------------------


def _name(staff: str) -> str:
    return f"logbook.{staff}.signingKey"


def _said(place: str) -> str:
    """A key's place in words: its path, or the mark of a key in the agent."""
    key = public_key(place.removeprefix(LITERAL)) if place.startswith(LITERAL) else None
    return key.fingerprint if key is not None else place


@contextlib.contextmanager
def _key_file(place: str) -> Iterator[str]:
    """What ``ssh-keygen -f`` is given: the key's own file, or its public half in one for the moment."""
    if not place.startswith(LITERAL):
        yield place
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="logbook-") as folder:
        path = os.path.join(folder, "key.pub")
        # Readable by its owner alone, or ssh-keygen complains at length of a private key that is none.
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(fd, "w", encoding="ascii", newline="\n") as file:
            file.write(place.removeprefix(LITERAL) + "\n")
        yield path


def _run(words: list[str], data: bytes, staff: str) -> subprocess.CompletedProcess[bytes]:
    """A program of OpenSSH, run to its end. Without a terminal of ours it has none either, so that it cannot ask."""
    asks = is_interactive()
    environment = clean_environment({} if asks else {"SSH_ASKPASS_REQUIRE": "never"})
    try:
        return subprocess.run(
            words,
            input=data,
            capture_output=True,
            env=environment,
            start_new_session=not asks and os.name == "posix",
            timeout=_PATIENT if asks else _ALONE,
            check=False,
        )
    except FileNotFoundError as error:
        raise BookError("signing.no-program", program=words[0]) from error
    except subprocess.TimeoutExpired as error:
        raise BookError("signing.slow", staff=staff, seconds=int(error.timeout)) from error
    except OSError as error:
        raise BookError("signing.failed", staff=staff, detail=error.strerror or str(error)) from error
