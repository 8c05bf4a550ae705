"""Packed objects read in this process are what Git says they are, or left to Git."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from logbook.core.errors import BookError
from logbook.store.git import Repository
from logbook.store.packfile import Packs
from logbook.store.packfile import applied
from logbook.store.porcelain import init_repository
from logbook.store.transaction import publish
from tests.store.repositories import git
from tests.store.repositories import note

# How a pack may be written: with bases named by place, by id, with far offsets, by today's Git and by old ones.
WAYS = {
    "places": ("repack", "-adfq", "--depth=50", "--window=50"),
    "ids": ("-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq", "--depth=50", "--window=50"),
    "old index": ("-c", "pack.indexVersion=1", "repack", "-adfq"),
}


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of texts that are alike, so that Git stores them as changes of one another; one is long."""
    root = tmp_path_factory.mktemp("packed") / "book"
    lines = random.Random(7)
    with init_repository(root) as repo:
        texts = [f"line {n}: {lines.random()}\n" for n in range(400)]
        for count in range(30):
            texts[lines.randrange(400)] = f"changed {count}: 水管漏水\n"
            text = "".join(texts) * (20 if count == 29 else 1)
            publish(repo, [note(f"records/a/{count}.yaml", text)])
    git(root, "tag", "-a", "-m", "one", "one")
    return root


def _objects(root: Path) -> Iterator[tuple[str, str, bytes]]:
    """Every object as Git reads it."""
    with Repository(root) as repo:
        for oid in git(root, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split():
            found = repo.objects.ask(oid)
            assert found is not None
            yield found


@pytest.mark.parametrize("way", [*WAYS, "far"])
def test_every_object_is_read_as_git_reads_it(packed: Path, tmp_path: Path, way: str) -> None:
    root = tmp_path / "book"
    shutil.copytree(packed, root)
    git(root, *WAYS.get(way, WAYS["places"]))
    (pack,) = (root / ".git/objects/pack").glob("*.pack")
    if way == "far":  # as in a pack of more than two gigabytes
        index = pack.with_suffix(".idx")
        index.unlink()
        git(root, "index-pack", "--index-version=2,0x40", "-o", str(index), str(pack))
    packs = Packs(str(root / ".git/objects"))
    found = list(_objects(root))
    assert {kind for _, kind, _ in found} == {"blob", "tree", "commit", "tag"}
    if way == "old index":
        assert {packs.find(oid) for oid, _, _ in found} == {None}
    else:
        assert [(oid, *(packs.find(oid) or ())) for oid, _, _ in found] == found
        assert packs.steps > len(found)  # some are changes of others
    packs.close()
    with Repository(root) as repo:  # either way, everybody else sees the same
        assert [(oid, *repo.objects.read(oid)) for oid, _, _ in found] == found
        assert list(repo.objects.read_many(oid for oid, _, _ in found)) == found


def test_few_objects_start_no_process(packed: Path, tmp_path: Path) -> None:
    root = tmp_path / "book"
    shutil.copytree(packed, root)
    git(root, *WAYS["places"])
    with Repository(root) as repo:
        tree = repo.tree_entries(repo.head(), "records/a")
        assert len([*repo.objects.read_many(entry.oid for entry in tree[:10])]) == 10
        assert repo.objects.child_pid() is None
        assert repo.objects.find("0" * 40) is None
        assert repo.objects.child_pid() is not None  # what is not here is for Git to say


def test_a_pack_that_comes_later_is_found(packed: Path, tmp_path: Path) -> None:
    root = tmp_path / "book"
    shutil.copytree(packed, root)
    packs = Packs(str(root / ".git/objects"))
    head = git(root, "rev-parse", "HEAD").strip()
    assert packs.find(head) is None
    git(root, *WAYS["places"])
    found = packs.find(head)
    assert found is not None and found[0] == "commit"


def test_damage_is_noticed_and_told_by_git(packed: Path, tmp_path: Path) -> None:
    root = tmp_path / "book"
    shutil.copytree(packed, root)
    git(root, *WAYS["places"])
    found = list(_objects(root))
    (pack,) = (root / ".git/objects/pack").glob("*.pack")
    whole = pack.read_bytes()
    pack.chmod(0o644)
    dice = random.Random(3)
    wrong = 0
    for _ in range(25):
        broken = bytearray(whole)
        place = dice.randrange(12, len(whole) - 20)
        broken[place] ^= 1 << dice.randrange(8)
        pack.write_bytes(broken)
        packs = Packs(str(root / ".git/objects"))
        for oid, kind, data in found:
            read = packs.find(oid)
            assert read in (None, (kind, data))
            wrong += read is None
        packs.close()
    assert wrong
    pack.write_bytes(whole[: len(whole) // 2])
    with Repository(root) as repo, pytest.raises(BookError):
        for oid, _, _ in found:
            repo.objects.read(oid)


@pytest.mark.parametrize(
    "change",
    [
        b"\x03\x05\x05abcde",  # of another base
        b"\x04\x05\x04abcd",  # too short
        b"\x04\x05\x06abcdef",  # too long
        b"\x04\x05\x00",  # no such word
        b"\x04\x05\x05ab",  # ends too soon
        b"\x04\xff\xff\xff\xff\x7f\x90\x04",  # gigabytes
        b"\x04",
    ],
)
def test_a_change_that_does_not_fit_is_none(change: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        applied(b"base", change)
