"""Objects out of Git's pack files, read in this process: for a few of them, starting Git is most of the work.

What is read here is what its id says: the hash is verified. Whatever is unusual - an older kind of index, a damaged
pack, an object of another repository that this one borrows from - is left to Git, which is asked for what is not
found here.
"""

from __future__ import annotations

import mmap
import os
import zlib
from bisect import bisect_left

from logbook.store.objects import object_id

_KINDS = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_BY_OFFSET, _BY_ID = 6, 7
_INDEX_HEAD = b"\xfftOc\0\0\0\2"
_TABLE = 8 + 256 * 4  # where the sorted ids begin
_FAR = 0x80000000
_CHAIN = 4096  # longer than Git ever makes one
_LARGEST = 64_000_000  # bytes; what is larger is left to Git
_FIRST_LOOK = 4096  # bytes of a pack in which most objects end
_KEPT = 2_000_000  # bytes of bases to remember: neighbours share them


class Packs:
    """The packs in one ``objects`` folder."""

    def __init__(self, objects: str) -> None:
        self._folder = f"{objects}/pack"
        self._looked = -1
        self._packs: list[_Pack] = []
        self.steps = 0
        """How much was read so far: objects and the changes they were made of, 20 microseconds each."""

    def find(self, oid: str) -> tuple[str, bytes] | None:
        """Kind and bytes of an object; ``None`` where it is not in a pack that can be read here."""
        wanted = bytes.fromhex(oid)
        for place, pack in enumerate(self._packs):
            offset = pack.offset(wanted)
            if offset is not None:
                if place:  # what is asked together lies together
                    self._packs.insert(0, self._packs.pop(place))
                return self._read(pack, offset, oid)
        if not self._look():
            return None
        for pack in self._packs:
            offset = pack.offset(wanted)
            if offset is not None:
                return self._read(pack, offset, oid)
        return None

    def close(self) -> None:
        """Let go of the files; the next question opens them again."""
        for pack in self._packs:
            pack.close()
        self._packs = []
        self._looked = -1

    def _look(self) -> bool:
        """Open what has come since the last look; ``False`` where nothing has."""
        try:
            now = os.stat(self._folder).st_mtime_ns
            if now == self._looked:
                return False
            names = [name[:-4] for name in os.listdir(self._folder) if name.endswith(".idx")]
        except OSError:
            return False
        self._looked = now
        known = {pack.name: pack for pack in self._packs}
        packs = []
        for name in names:
            pack = known.pop(name, None) or _opened(self._folder, name)
            if pack is not None:
                packs.append(pack)
        for gone in known.values():
            gone.close()
        self._packs = packs
        return bool(packs)

    def _read(self, pack: _Pack, offset: int, oid: str) -> tuple[str, bytes] | None:
        try:
            found, steps = pack.read(offset)
            self.steps += steps
        except (ValueError, IndexError, zlib.error):
            return None
        return found if found is not None and object_id(*found) == oid else None


class _Pack:
    """One pack and its index, both mapped into memory."""

    def __init__(self, name: str, index: mmap.mmap, data: mmap.mmap) -> None:
        self.name = name
        self._index = index
        self._data = data
        self._count = int.from_bytes(index[_TABLE - 4 : _TABLE], "big")
        self._ids = _Ids(index)
        self._bases: dict[int, tuple[int, bytes]] = {}
        self._kept = 0

    def close(self) -> None:
        self._bases.clear()
        self._index.close()
        self._data.close()

    def offset(self, wanted: bytes) -> int | None:
        """Where the object of this id begins."""
        index, first = self._index, wanted[0]
        low = int.from_bytes(index[4 + first * 4 : 8 + first * 4], "big") if first else 0
        high = int.from_bytes(index[8 + first * 4 : 12 + first * 4], "big")
        place = bisect_left(self._ids, wanted, low, high)
        if place >= high or self._ids[place] != wanted:
            return None
        at = _TABLE + self._count * 24 + place * 4
        offset = int.from_bytes(index[at : at + 4], "big")
        if offset & _FAR:  # packs of more than two gigabytes
            at = _TABLE + self._count * 28 + (offset ^ _FAR) * 8
            offset = int.from_bytes(index[at : at + 8], "big")
        return offset

    def read(self, offset: int) -> tuple[tuple[str, bytes] | None, int]:
        """Kind and bytes of the object there, whatever it is a change of, and in how many steps. ``ValueError``
        and ``IndexError`` where the pack is not what Git would write."""
        changes: list[tuple[int, bytes]] = []
        while True:
            known = self._bases.get(offset)
            if known is not None:
                kind, data = known
                break
            kind, size, at = self._head(offset)
            if kind == _BY_OFFSET:
                back, at = self._back(at)
                base = offset - back
            elif kind == _BY_ID:
                found = self.offset(self._data[at : at + 20])
                if found is None:
                    return None, 1
                base, at = found, at + 20
            else:
                data = self._inflated(at, size)
                self._keep(offset, kind, data)
                break
            if len(changes) == _CHAIN or base <= 0:
                return None, _CHAIN
            changes.append((offset, self._inflated(at, size)))
            offset = base
        if kind not in _KINDS:
            return None, 1
        steps = 1 + len(changes)
        while changes:
            offset, change = changes.pop()
            data = applied(data, change)
            self._keep(offset, kind, data)
        return (_KINDS[kind], data), steps

    def _head(self, offset: int) -> tuple[int, int, int]:
        """Kind, length and where the rest begins."""
        data = self._data
        byte = data[offset]
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        offset += 1
        while byte & 128:
            byte = data[offset]
            size |= (byte & 127) << shift
            shift += 7
            offset += 1
        if size > _LARGEST:
            raise ValueError("too large to be read here")
        return kind, size, offset

    def _back(self, at: int) -> tuple[int, int]:
        """How far before itself the base of a change lies, and where the rest begins."""
        data = self._data
        byte = data[at]
        back = byte & 127
        at += 1
        while byte & 128:
            byte = data[at]
            back = (back + 1 << 7) | (byte & 127)
            at += 1
        return back, at

    def _inflated(self, at: int, size: int) -> bytes:
        reader = zlib.decompressobj()
        look = min(size + 64, _FIRST_LOOK)
        data = reader.decompress(self._data[at : at + look], size + 1)
        if not reader.eof:
            more = self._data[at + look : at + look + size + 65536]
            data += reader.decompress(reader.unconsumed_tail + more, size + 1 - len(data))
        if len(data) != size or not reader.eof:
            raise ValueError("not as long as it says")
        return data

    def _keep(self, offset: int, kind: int, data: bytes) -> None:
        if self._kept > _KEPT:
            self._bases.clear()
            self._kept = 0
        self._bases[offset] = (kind, data)
        self._kept += len(data)


class _Ids:
    """The sorted ids of a pack's index, as a sequence."""

    __slots__ = ("_index",)

    def __init__(self, index: mmap.mmap) -> None:
        self._index = index

    def __len__(self) -> int:
        return int.from_bytes(self._index[_TABLE - 4 : _TABLE], "big")

    def __getitem__(self, place: int) -> bytes:
        at = _TABLE + place * 20
        return self._index[at : at + 20]


def _opened(folder: str, name: str) -> _Pack | None:
    """The pack of that name; ``None`` where it cannot be read, or not here."""
    index = _mapped(f"{folder}/{name}.idx")
    if index is None:
        return None
    data = _mapped(f"{folder}/{name}.pack")
    if data is None or index[:8] != _INDEX_HEAD or len(index) < _TABLE + 40 or data[:4] != b"PACK":
        index.close()
        if data is not None:
            data.close()
        return None
    return _Pack(name, index, data)


def _mapped(path: str) -> mmap.mmap | None:
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return None
    try:
        return mmap.mmap(fd, 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # nothing in it
        return None
    finally:
        os.close(fd)


def applied(base: bytes, change: bytes) -> bytes:
    """What a change of Git's makes of ``base``. ``ValueError`` or ``IndexError`` where it does not fit."""
    before, at = _size(change, 0)
    after, at = _size(change, at)
    if before != len(base):
        raise ValueError("a change of something else")
    if after > _LARGEST:
        raise ValueError("too large to be read here")
    parts: list[bytes] = []
    end, left = len(change), after
    while at < end:
        byte = change[at]
        at += 1
        if byte & 128:  # copy from the base; written out, for this is where the time goes
            start = size = 0
            if byte & 1:
                start = change[at]
                at += 1
            if byte & 2:
                start |= change[at] << 8
                at += 1
            if byte & 12:
                if byte & 4:
                    start |= change[at] << 16
                    at += 1
                if byte & 8:
                    start |= change[at] << 24
                    at += 1
            if byte & 16:
                size = change[at]
                at += 1
            if byte & 32:
                size |= change[at] << 8
                at += 1
            if byte & 64:
                size |= change[at] << 16
                at += 1
            size = size or 65536
            parts.append(base[start : start + size])
            left -= size
        elif byte:  # these very bytes
            parts.append(change[at : at + byte])
            at += byte
            left -= byte
        else:
            raise ValueError("no such word")
        if left < 0:
            raise ValueError("longer than it says")
    made = b"".join(parts)
    if len(made) != after:
        raise ValueError("not as long as it says")
    return made


def _size(change: bytes, at: int) -> tuple[int, int]:
    size = shift = 0
    while True:
        byte = change[at]
        at += 1
        size |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            return size, at
