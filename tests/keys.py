"""Real keys and a real agent of OpenSSH, for the tests that sign; skipped where it is not installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from logbook.core.signers import PublicKey
from logbook.core.signers import public_key
from logbook.store.git import clean_environment

needs_openssh = pytest.mark.skipif(
    not all(map(shutil.which, ("ssh-keygen", "ssh-add", "ssh-agent"))), reason="OpenSSH is not installed"
)


def new_key(path: Path, *, kind: str = "ed25519", bits: int | None = None, passphrase: str = "") -> PublicKey:
    """Make a key; its public half."""
    size = ["-b", str(bits)] if bits else []
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, *size, "-N", passphrase, "-C", "somebody@home", "-f", str(path)],
        check=True,
        capture_output=True,
    )
    found = public_key(path.with_name(path.name + ".pub").read_text(encoding="ascii"))
    assert found is not None
    return found


def sign(path: Path, data: bytes, namespace: str = "git") -> str:
    """What ssh-keygen makes of ``data``."""
    words = ["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", str(path)]
    return subprocess.run(words, input=data, check=True, capture_output=True).stdout.decode("ascii")


@contextmanager
def agent(folder: Path, *keys: Path) -> Iterator[str]:
    """An agent that holds these keys; the path of its socket, which the environment names meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    socket = str(folder / "agent.sock")
    child = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSH_AUTH_SOCK", socket)
        try:
            assert child.stdout is not None
            child.stdout.readline()
            for key in keys:
                subprocess.run(["ssh-add", "-q", str(key)], check=True, capture_output=True)
            yield socket
        finally:
            child.terminate()
            child.communicate()


def verified_by_git(root: Path, commit: str, allowed: Path) -> bool:
    """What plain Git says of the signature of a commit."""
    done = subprocess.run(
        ["git", "-c", f"gpg.ssh.allowedSignersFile={allowed}", "verify-commit", commit],
        cwd=root,
        env=clean_environment({}),
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def verified_by_ssh(payload: bytes, armour: str, allowed: Path, principal: str, folder: Path) -> bool:
    """What ssh-keygen says of a signature by that person."""
    signature = folder / f"signature-{os.urandom(4).hex()}"
    signature.write_text(armour, encoding="ascii")
    words = ["ssh-keygen", "-Y", "verify", "-n", "git", "-f", str(allowed), "-I", principal, "-s", str(signature)]
    return subprocess.run(words, input=payload, capture_output=True, check=False).returncode == 0
