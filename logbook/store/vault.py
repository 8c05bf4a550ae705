"""The keys of encrypted values: one small file each, outside Git; and what they do to a text.

Every subject (a person's entry in a register, or a record that stands for itself) has a key of its own, so
that one person can be erased by destroying one key. A text is encrypted with AES-SIV (RFC 5297), bound to
the form, the record and the field it stands in: moved elsewhere it no longer opens. The same text in the
same place gives the same secret, so what did not change keeps its bytes.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.core.secret import PREFIX
from logbook.core.secret import key_id
from logbook.core.value import frozen

KEYS = "LOGBOOK_KEYS"
_ID = re.compile(r"[0-9a-f]{12}-[0-9a-f]{16}")
_SUFFIX = re.compile(r"-\d+\Z")
_KEY_BYTES = 64
# scrypt: 32 MB and about a tenth of a second a guess.
_COST = {"n": 2**15, "r": 8, "p": 1}
_MOST_COST = 2**20
# More new files than this are brought to disk with one call for all.
_MANY = 32


@frozen
class Key:
    """A key with the subject it belongs to."""

    id: str
    subject: str
    secret: bytes


@frozen
class Brought:
    """What a bundle brought: new keys, keys that were there, keys left out because they were erased."""

    added: int
    known: int
    erased: int


def keys_folder(environment: Mapping[str, str]) -> Path:
    """Where the keys of all books lie: ``$LOGBOOK_KEYS``, else below the user's data folder."""
    own = environment.get(KEYS)
    if own:
        return Path(own).expanduser().absolute()
    base = environment.get("XDG_DATA_HOME")
    if base:
        return Path(base) / "logbook" / "keys"
    home = environment.get("HOME") or environment.get("USERPROFILE")
    return (Path(home) if home else Path.home()) / ".local" / "share" / "logbook" / "keys"


class Vault:
    """The keys of one book on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._keys: dict[str, Key | None] = {}
        self._ciphers: dict[str, Any] = {}
        self._of: dict[str, list[str]] = {}
        self._new: list[Key] = []

    # --- texts --------------------------------------------------------------------------------

    def read(self, secret: str, form: str, record: str, place: str) -> str | None:
        """The text of a secret; None without its key, or when it was not made for this place. A record whose
        number another had drawn, too, has secrets made under the number without its suffix."""
        name = key_id(secret)
        cipher = self._cipher(name)
        if cipher is None:
            return None
        from cryptography.exceptions import InvalidTag

        for number in dict.fromkeys((record, _SUFFIX.sub("", record))):
            try:
                data = base64.b64decode(secret[len(PREFIX) + len(name) + 1 :], validate=True)
                text: bytes = cipher.decrypt(data, [_place(form, number, place)])
                return text.decode()
            except (ValueError, InvalidTag):  # binascii's and Unicode's are ValueErrors
                continue
        return None

    def write(self, text: str, name: str, form: str, record: str, place: str) -> str:
        """The secret of a text under the key ``name``, which is held."""
        cipher = self._cipher(name)
        if cipher is None:
            raise BookError("privacy.no-key", key=name)
        data: bytes = cipher.encrypt(text.encode(), [_place(form, record, place)])
        return f"{PREFIX}{name}:{base64.b64encode(data).decode()}"

    def _cipher(self, name: str) -> Any:
        found = self._ciphers.get(name)
        if found is None and name not in self._ciphers:
            key = self.key(name)
            if key is not None:
                found = _cipher_of(key.secret)
            self._ciphers[name] = found
        return found

    # --- keys ---------------------------------------------------------------------------------

    def key(self, name: str) -> Key | None:
        """The key of that id, when it is held and can be read: one lost file takes no other with it."""
        if name not in self._keys:
            self._keys[name] = self._read_key(name)
        return self._keys[name]

    def keys_of(self, subject: str) -> list[str]:
        """The ids of the keys held for a subject, in a fixed order."""
        if subject not in self._of:
            mark = mark_of(subject)
            found = [name for name in self._names(mark[:2]) if name.startswith(f"{mark}-")]
            self._of[subject] = [name for name in sorted(found) if (key := self.key(name)) and key.subject == subject]
        return self._of[subject]

    def make(self, subject: str) -> str:
        """A new key for a subject; :meth:`flush` brings it to disk before anything it wrote is committed."""
        name = f"{mark_of(subject)}-{secrets.token_hex(8)}"
        key = Key(name, subject, secrets.token_bytes(_KEY_BYTES))
        self._keys[name] = key
        self._ciphers.pop(name, None)
        self._of.setdefault(subject, []).append(name)
        self._new.append(key)
        return name

    def flush(self) -> None:
        """Write the new keys so that they outlive a crash. BookError ``privacy.keys-unwritable``."""
        if self._new:
            self._save(self._new)
            self._new = []

    def all(self) -> list[Key]:
        """Every key held."""
        found = []
        for shard in self._shards():
            found += [key for name in sorted(self._names(shard)) if (key := self.key(name)) is not None]
        return found

    def is_erased(self, name: str) -> bool:
        """Whether this key was destroyed here."""
        return bool(_ID.fullmatch(name)) and self._path(name).with_suffix(".erased").exists()

    def destroy(self, names: Iterable[str]) -> int:
        """Destroy keys and keep a mark that they were; how many of them were held. Done again it does
        nothing."""
        held = 0
        try:
            for name in names:
                if not _ID.fullmatch(name):
                    continue
                path = self._path(name)
                mark = path.with_suffix(".erased")
                if not mark.exists():
                    _make_folder(path.parent)
                    _write(mark, b"", sync=True)
                    _sync_folder(mark.parent)
                if path.exists():
                    held += 1
                    with contextlib.suppress(OSError), path.open("r+b") as file:
                        file.write(b"\0" * os.fstat(file.fileno()).st_size)
                        file.flush()
                        os.fsync(file.fileno())
                    path.unlink(missing_ok=True)
                    _sync_folder(path.parent)
                self._keys[name] = None
                self._ciphers[name] = None
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        self._of.clear()
        return held

    def _read_key(self, name: str) -> Key | None:
        if not _ID.fullmatch(name):
            return None
        try:
            plain = json.loads(self._path(name).read_bytes())
            secret = base64.b64decode(plain["key"], validate=True)
            subject = plain["subject"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return Key(name, str(subject), secret) if len(secret) == _KEY_BYTES else None

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / f"{name}.key"

    def _shards(self) -> list[str]:
        try:
            return sorted(one for one in os.listdir(self.folder) if len(one) == 2)
        except OSError:
            return []

    def _names(self, shard: str) -> list[str]:
        try:
            return [one[:-4] for one in os.listdir(self.folder / shard) if one.endswith(".key")]
        except OSError:
            return []

    def _save(self, keys: Iterable[Key]) -> None:
        keys = list(keys)
        one_by_one = len(keys) <= _MANY or not hasattr(os, "sync")
        folders = set()
        try:
            for key in keys:
                path = self._path(key.id)
                _make_folder(path.parent)
                text = json.dumps({"subject": key.subject, "key": base64.b64encode(key.secret).decode()})
                _write(path, text.encode(), sync=one_by_one)
                folders.add(path.parent)
            if not one_by_one:
                os.sync()
            for folder in folders:
                _sync_folder(folder)
        except OSError as error:
            raise _unwritable(self.folder, error) from error

    # --- bundles ------------------------------------------------------------------------------

    def export(self, passphrase: str) -> bytes:
        """Every key held, wrapped with a passphrase."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        plain = [
            {"id": key.id, "subject": key.subject, "key": base64.b64encode(key.secret).decode()} for key in self.all()
        ]
        salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
        cipher = AESGCM(_stretched(passphrase, salt, _COST))
        wrapped = cipher.encrypt(nonce, json.dumps(plain).encode(), b"logbook-keys/1")
        bundle = {
            "logbook-keys": 1,
            **_COST,
            "salt": base64.b64encode(salt).decode(),
            "nonce": base64.b64encode(nonce).decode(),
            "data": base64.b64encode(wrapped).decode(),
        }
        return json.dumps(bundle, indent=1).encode() + b"\n"

    def bring(self, data: bytes, passphrase: str) -> Brought:
        """Take in the keys of a bundle; those that were erased here stay erased. Refused
        ``privacy.bundle-broken`` and ``privacy.passphrase``."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            bundle = json.loads(data)
            cost = {name: int(bundle[name]) for name in _COST}
            salt, nonce, wrapped = (base64.b64decode(bundle[name], validate=True) for name in ("salt", "nonce", "data"))
            if bundle["logbook-keys"] != 1 or not 1 < cost["n"] <= _MOST_COST or cost["r"] > 16 or cost["p"] > 4:
                raise ValueError
            stretched = _stretched(passphrase, salt, cost)
        except (ValueError, KeyError, TypeError) as error:
            raise Refused([Issue("privacy.bundle-broken", {})]) from error
        try:
            plain = json.loads(AESGCM(stretched).decrypt(nonce, wrapped, b"logbook-keys/1"))
        except InvalidTag:
            raise Refused([Issue("privacy.passphrase", {})]) from None
        fresh: list[Key] = []
        known = erased = 0
        for one in plain:
            key = Key(str(one["id"]), str(one["subject"]), base64.b64decode(one["key"]))
            if self.is_erased(key.id):
                erased += 1
            elif self.key(key.id) is not None:
                known += 1
            elif _ID.fullmatch(key.id) and len(key.secret) == _KEY_BYTES:
                fresh.append(key)
        self._save(fresh)
        self._keys.clear()
        self._ciphers.clear()
        self._of.clear()
        return Brought(len(fresh), known, erased)


def _place(form: str, record: str, place: str) -> bytes:
    # No part can hold the byte between them, so no two places read the same.
    return "\0".join(("logbook/1", form, record, place)).encode()


def mark_of(subject: str) -> str:
    """What the ids of all keys of a subject begin with."""
    return hashlib.sha256(subject.encode()).hexdigest()[:12]


def _cipher_of(secret: bytes) -> Any:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV
    except ImportError as error:
        raise BookError("privacy.no-library", why=str(error)) from error
    try:
        return AESSIV(secret)
    except UnsupportedAlgorithm as error:
        raise BookError("privacy.no-library", why=str(error)) from error


def _stretched(passphrase: str, salt: bytes, cost: Mapping[str, int]) -> bytes:
    return hashlib.scrypt(
        passphrase.encode(), salt=salt, n=cost["n"], r=cost["r"], p=cost["p"], maxmem=2**28 + 2**27, dklen=32
    )


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for one in (folder, folder.parent):
            with contextlib.suppress(OSError):
                one.chmod(0o700)
        _sync_folder(folder.parent)


def _write(path: Path, data: bytes, *, sync: bool) -> None:
    """Put a file in its place whole, readable by its owner only; the folder is the caller's to bring to disk."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.replace(fresh, path)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # Windows has no such call, and needs none
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _unwritable(folder: Path, error: OSError) -> BookError:
    return BookError("privacy.keys-unwritable", path=str(folder), why=error.strerror or str(error))
