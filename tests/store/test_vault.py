"""Keys outside Git: one file each, what they encrypt opens in its own place only, and a destroyed one is gone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.secret import key_id
from logbook.store.vault import Vault
from logbook.store.vault import keys_folder

PLACE = ("complaint", "CP-20261122-A001", "phone")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "keys" / "book")


def secret(vault: Vault, text: str = "13800138000", subject: str = "customer/C-001") -> str:
    names = vault.keys_of(subject)
    made = vault.write(text, names[0] if names else vault.make(subject), *PLACE)
    vault.flush()
    return made


def files(vault: Vault) -> list[Path]:
    return sorted(path for path in vault.folder.rglob("*") if path.is_file())


def test_a_text_opens_in_its_own_place_and_nowhere_else(vault: Vault) -> None:
    made = secret(vault)
    assert made.startswith("enc:1:")
    assert "138" not in made.rpartition(":")[2]
    again = Vault(vault.folder)
    assert again.read(made, *PLACE) == "13800138000"
    assert again.read(made, "complaint", "CP-20261122-A001", "name") is None
    assert again.read(made, "complaint", "CP-20261122-A002", "phone") is None
    assert again.read(made, "repair", "CP-20261122-A001", "phone") is None
    head, _, tail = made.rpartition(":")
    swapped = ("B" if tail[0] != "B" else "C") + tail[1:]
    for broken in (f"{head}:{swapped}", f"{head}:", f"{head}:%%%", "enc:1:", "enc:1:../../etc:AAAA", "enc:1:x:y:z"):
        assert again.read(broken, *PLACE) is None


def test_the_same_text_in_the_same_place_keeps_its_bytes(vault: Vault) -> None:
    first = secret(vault)
    assert secret(Vault(vault.folder)) == first
    assert secret(vault, "13800138001") != first
    assert key_id(secret(vault, subject="customer/C-002")) != key_id(first)


def test_key_files_are_their_owners_and_one_each(vault: Vault) -> None:
    for subject in ("customer/C-001", "customer/C-002"):
        secret(vault, subject=subject)
    assert len(files(vault)) == 2
    for path in files(vault):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {key.subject for key in vault.all()} == {"customer/C-001", "customer/C-002"}


def test_a_lost_or_damaged_file_takes_no_other_with_it(vault: Vault) -> None:
    first, second = secret(vault), secret(vault, subject="customer/C-002")
    (path,) = [one for one in files(vault) if one.stem == key_id(first)]
    path.write_bytes(b'{"key": "')
    fresh = Vault(vault.folder)
    assert fresh.read(first, *PLACE) is None
    assert fresh.read(second, *PLACE) == "13800138000"
    assert fresh.keys_of("customer/C-001") == []


def test_a_destroyed_key_leaves_a_mark_and_its_texts_closed(vault: Vault) -> None:
    made = secret(vault)
    name = key_id(made)
    assert vault.destroy([name, "../../etc/passwd", "nonsense"]) == 1
    assert vault.destroy([name]) == 0
    assert (vault.read(made, *PLACE), vault.is_erased(name), vault.keys_of("customer/C-001")) == (None, True, [])
    assert [path.suffix for path in files(vault)] == [".erased"]
    fresh = secret(vault)
    assert key_id(fresh) != name


def test_many_new_keys_are_brought_to_disk_together(vault: Vault) -> None:
    names = [vault.make(f"complaint/{n}") for n in range(40)]
    assert files(vault) == []
    vault.flush()
    assert sorted(path.stem for path in files(vault)) == sorted(names)
    assert not [path for path in vault.folder.rglob(".*")]


def test_keys_travel_in_a_bundle_under_a_passphrase(vault: Vault, tmp_path: Path) -> None:
    made = secret(vault)
    bundle = vault.export("一句长长的口令")
    assert b"customer/C-001" not in bundle
    other = Vault(tmp_path / "other")
    with pytest.raises(Refused) as wrong:
        other.bring(bundle, "另一句口令")
    assert [issue.rule for issue in wrong.value.issues] == ["privacy.passphrase"]
    first = other.bring(bundle, "一句长长的口令")
    assert (first.added, first.known, first.erased) == (1, 0, 0)
    assert other.read(made, *PLACE) == "13800138000"
    assert other.bring(bundle, "一句长长的口令").known == 1
    other.destroy([key_id(made)])
    assert other.bring(bundle, "一句长长的口令").erased == 1
    assert other.read(made, *PLACE) is None


@pytest.mark.parametrize("change", [{"n": 2**30}, {"n": 0}, {"logbook-keys": 2}, {"salt": "%"}, {"data": None}])
def test_a_bundle_that_is_none_is_refused(vault: Vault, change: dict[str, object]) -> None:
    secret(vault)
    bundle = json.dumps({**json.loads(vault.export("一句长长的口令")), **change}).encode()
    with pytest.raises(Refused) as refused:
        vault.bring(bundle, "一句长长的口令")
    assert [issue.rule for issue in refused.value.issues] == ["privacy.bundle-broken"]
    with pytest.raises(Refused):
        vault.bring(b"no bundle", "一句长长的口令")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file")
    vault = Vault(tmp_path / "keys" / "book")
    vault.make("customer/C-001")
    with pytest.raises(BookError) as told:
        vault.flush()
    assert told.value.code == "privacy.keys-unwritable"


def test_where_keys_lie() -> None:
    assert keys_folder({"LOGBOOK_KEYS": "/usb/keys", "HOME": "/home/lina"}) == Path("/usb/keys")
    assert keys_folder({"HOME": "/home/lina"}) == Path("/home/lina/.local/share/logbook/keys")
    assert keys_folder({"HOME": "/home/lina", "XDG_DATA_HOME": "/data"}) == Path("/data/logbook/keys")
    assert os.path.isabs(keys_folder({}))
