"""What a picture tells besides the picture (the place, the camera, the person), taken out of it, and what kind
of file some bytes are.

Four kinds are read: JPEG, PNG, WebP and HEIC. What is needed to show the picture is kept, everything else goes:
a list of what may stay is safer than one of what must not. How the picture is to be turned stays.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

# Names of the kinds, as file names spell them.
PICTURES = ("jpg", "png", "webp", "heic")

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))  # markers without a length
_APPLICATION = range(0xE0, 0xF0)
_COMMENT = 0xFE
_EXIF = 0xE1
_ORIENTATION = 0x0112

_PNG = b"\x89PNG\r\n\x1a\n"
# Chunks that show the picture: colours, size, background, the frames of a moving one. Capitals are needed anyway.
_PNG_KEPT = frozenset(
    (b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"cICP", b"mDCV")
    + (b"cLLI", b"acTL", b"fcTL", b"fdAT")
)
_WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP", b"ANIM", b"ANMF"))
_WEBP_TOLD = 0x0C  # the flags of VP8X that promise Exif and XMP
_WEBP_EXIF = 0x08
_FRAME = 16  # bytes of an ANMF before its own chunks

_HEIC_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx"))
_HEIC_PICTURES = frozenset((b"hvc1", b"av01", b"jpeg", b"grid", b"iden", b"iovl", b"tmap"))
_HEIC_TOLD = frozenset((b"Exif", b"mime", b"uri "))
_HEIC_KEPT = frozenset((b"ftyp", b"meta", b"mdat", b"free", b"skip"))


def kind_of(data: bytes) -> str | None:
    """What the first bytes say a file is: ``jpg``, ``png``, ``webp``, ``heic``, ``pdf``, ``zip`` (which ``xlsx`` and
    ``docx`` are, too); None for anything else, text among it."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(_PNG):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp" and _brands(data) & _HEIC_BRANDS:
        return "heic"
    if data.startswith(b"%PDF-"):
        return "pdf"
    return "zip" if data.startswith(b"PK\x03\x04") else None


def is_text(data: bytes) -> bool:
    """Whether some bytes are text of any of the codes people's programs write: UTF-8, UTF-16, GB 18030."""
    code = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        text = data.decode(code)
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            return False
    return "\0" not in text


def without_place(data: bytes) -> bytes | None:
    """The same picture without Exif, XMP, texts and what hangs behind its end; how it is to be turned stays.
    None where the bytes are no picture, or cannot be read as one to its end. What comes out goes in again
    unchanged."""
    kind = kind_of(data)
    strip = _STRIPPERS.get(kind) if kind is not None else None
    return strip(data) if strip is not None else None


# --------------------------------------------------------------------------- JPEG


def _jpeg(data: bytes) -> bytes | None:
    out = [data[:2]]
    at, turned = 2, 1
    while True:
        if at + 2 > len(data) or data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # a byte to fill up
            at += 1
            continue
        if marker == _END:
            head = [_turned_segment(turned)] if turned != 1 else []
            return b"".join([out[0], *head, *out[1:], data[at : at + 2]])
        if marker in _ALONE:
            out.append(data[at : at + 2])
            at += 2
            continue
        if at + 4 > len(data):
            return None
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end < at + 4 or end > len(data):
            return None
        body = data[at + 4 : end]
        if marker == _SCAN:
            end = _after_scan(data, end)
        if _shows(marker, body):
            out.append(data[at:end])
        elif marker == _EXIF and body.startswith(b"Exif\0\0"):
            turned = _orientation(body[6:])
        at = end


def _shows(marker: int, body: bytes) -> bool:
    """Whether a segment is needed to show the picture: of those of applications only the head of JFIF, the
    colours (ICC) and Adobe's word on how the colours are coded."""
    if marker in _APPLICATION:
        return (
            (marker == 0xE0 and body.startswith(b"JFIF\0"))
            or (marker == 0xE2 and body.startswith(b"ICC_PROFILE\0"))
            or (marker == 0xEE and body.startswith(b"Adobe"))
        )
    return marker != _COMMENT


def _after_scan(data: bytes, at: int) -> int:
    """Where the next marker stands behind the coded picture; the end of the data where there is none."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return len(data)
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2


def _turned_segment(turned: int) -> bytes:
    """An Exif segment that says how the picture is to be turned, and nothing else."""
    body = b"Exif\0\0" + _turned(turned)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _orientation(exif: bytes) -> int:
    """How the picture is to be turned, 1 to 8; 1 (not at all) where the Exif does not say."""
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:
        return 1
    try:
        first = struct.unpack_from(order + "I", exif, 4)[0]
        for entry in range(struct.unpack_from(order + "H", exif, first)[0]):
            tag, kind, count, value = struct.unpack_from(order + "HHIH", exif, first + 2 + 12 * entry)
            if (tag, kind, count) == (_ORIENTATION, 3, 1) and 1 <= value <= 8:
                return int(value)
    except struct.error:
        return 1
    return 1


def _turned(turned: int) -> bytes:
    """Exif data that say how the picture is to be turned, and nothing else."""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, turned, 0)
    return b"MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)


# --------------------------------------------------------------------------- PNG


def _png(data: bytes) -> bytes | None:
    head: list[bytes] = []
    rest: list[bytes] = []
    at, turned = len(_PNG), 1
    while True:
        if at + 12 > len(data):
            return None
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 12 + length
        if end > len(data):
            return None
        kind, body = data[at + 4 : at + 8], data[at + 8 : end - 4]
        if zlib.crc32(kind + body) != int.from_bytes(data[end - 4 : end], "big"):
            return None
        if not head:
            if kind != b"IHDR":
                return None
            head.append(data[at:end])
        elif kind == b"eXIf":
            turned = _orientation(body)
        elif kind in _PNG_KEPT or kind[:1].isupper():
            rest.append(data[at:end])
        if kind == b"IEND":
            if turned != 1:
                head.append(_png_chunk(b"eXIf", _turned(turned)))
            return b"".join([_PNG, *head, *rest])
        at = end


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


# --------------------------------------------------------------------------- WebP


def _webp(data: bytes) -> bytes | None:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        return None
    chunks = _riff(data[12:end])
    if not chunks:
        return None
    turned, kept = 1, []
    for kind, body in chunks:
        if kind == b"EXIF":
            turned = _orientation(body.removeprefix(b"Exif\0\0"))
        elif kind == b"ANMF":
            inner = _riff(body[_FRAME:])
            if inner is None:
                return None
            shown = b"".join(_riff_chunk(*one) for one in inner if one[0] in _WEBP_KEPT)
            kept.append((kind, body[:_FRAME] + shown))
        elif kind in _WEBP_KEPT:
            kept.append((kind, body))
    first, body = kept[0] if kept else (b"", b"")
    if first == b"VP8X" and len(body) >= 10:
        flags = body[0] & ~_WEBP_TOLD
        if turned != 1:
            flags |= _WEBP_EXIF
            kept.append((b"EXIF", _turned(turned)))
        kept[0] = (first, bytes((flags,)) + body[1:])
    elif first not in (b"VP8 ", b"VP8L"):
        return None
    whole = b"WEBP" + b"".join(_riff_chunk(*one) for one in kept)
    return b"RIFF" + struct.pack("<I", len(whole)) + whole


def _riff(data: bytes) -> list[tuple[bytes, bytes]] | None:
    """The chunks of a RIFF list; None where they do not fill it."""
    found = []
    at = 0
    while at < len(data):
        if at + 8 > len(data):
            return None
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        if end > len(data):
            return None
        found.append((data[at : at + 4], data[at + 8 : end]))
        at = end + (end - at) % 2
    return found


def _riff_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


# --------------------------------------------------------------------------- HEIC


class _Box(NamedTuple):
    """One box of an ISO media file: its kind, where it begins, where its content begins and where it ends."""

    kind: bytes
    start: int
    at: int
    end: int


class _Odd(Exception):
    """The file is not built as we can follow, so nothing is taken out of it."""


def _heic(data: bytes) -> bytes | None:
    """The items that are no pictures are written over where they lie: taking them out would move everything the
    file counts by its place. The turn of a HEIC is a property of the picture, not of its Exif."""
    try:
        return _blanked(data)
    except (_Odd, struct.error, IndexError):
        return None


def _blanked(data: bytes) -> bytes:
    out = bytearray(data)
    boxes = list(_boxes(data, 0, len(data)))
    metas = [box for box in boxes if box.kind == b"meta"]
    if len(metas) != 1 or any(box.kind == b"moov" for box in boxes):
        raise _Odd  # a film, or pictures in sequence, has its own places for such things
    for box in boxes:
        if box.kind not in _HEIC_KEPT or box.kind in (b"free", b"skip"):
            # A film or another maker's data behind the picture: its room stays, for the places of the rest.
            out[box.start + 4 : box.start + 8] = b"free"
            out[box.at : box.end] = bytes(box.end - box.at)
    inner = {box.kind: box for box in _boxes(data, metas[0].at + 4, metas[0].end)}
    kinds = _item_kinds(data, inner[b"iinf"]) if b"iinf" in inner else {}
    if not kinds or b"iloc" not in inner or not _HEIC_PICTURES & set(kinds.values()):
        raise _Odd
    if set(kinds.values()) - _HEIC_PICTURES - _HEIC_TOLD:
        raise _Odd
    told: list[tuple[bytes, int, int]] = []
    shown: list[tuple[int, int]] = []
    for item, start, end in _extents(data, inner[b"iloc"], inner.get(b"idat")):
        kind = kinds.get(item)
        if kind is None or not 0 <= start <= end <= len(data):
            raise _Odd
        if kind in _HEIC_TOLD:
            told.append((kind, start, end))
        else:
            shown.append((start, end))
    for kind, start, end in told:
        if any(start < other[1] and other[0] < end for other in shown):
            raise _Odd  # writing over it would write over the picture
        out[start:end] = _nothing(kind, end - start)
    return bytes(out)


def _nothing(kind: bytes, length: int) -> bytes:
    """What stands where something was told: an Exif without entries where it fits, else blanks."""
    empty = struct.pack(">I", 0) + b"MM\0*" + struct.pack(">IHI", 8, 0, 0)
    if kind == b"Exif" and length >= len(empty):
        return empty + bytes(length - len(empty))
    return (b"\0" if kind == b"Exif" else b" ") * length


def _brands(data: bytes) -> frozenset[bytes]:
    end = min(int.from_bytes(data[:4], "big"), len(data))
    return frozenset((data[8:12], *(data[at : at + 4] for at in range(16, end, 4))))


def _boxes(data: bytes, at: int, end: int) -> Iterator[_Box]:
    while at < end:
        length, kind = struct.unpack_from(">I4s", data, at)
        content = at + 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, content)
            content += 8
        elif length == 0:
            length = end - at
        if content > at + length or at + length > end:
            raise _Odd
        yield _Box(kind, at, content, at + length)
        at += length


def _item_kinds(data: bytes, box: _Box) -> dict[int, bytes]:
    """Item number to its kind."""
    wide = data[box.at] != 0
    found = {}
    for entry in _boxes(data, box.at + (8 if wide else 6), box.end):
        version = data[entry.at]
        if entry.kind != b"infe" or version not in (2, 3):
            raise _Odd
        number, _, kind = struct.unpack_from(">HH4s" if version == 2 else ">IH4s", data, entry.at + 4)
        found[number] = kind
    return found


def _extents(data: bytes, box: _Box, idat: _Box | None) -> Iterator[tuple[int, int, int]]:
    """Item number, and from where to where each piece of it lies in the file."""
    version = data[box.at]
    if version > 2:
        raise _Odd
    at = box.at + 4
    sizes = data[at], data[at + 1]
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    index_size = sizes[1] & 15 if version else 0
    at += 2

    def number(size: int) -> int:
        nonlocal at
        if at + size > box.end:
            raise _Odd
        at += size
        return int.from_bytes(data[at - size : at], "big")

    for _ in range(number(4 if version == 2 else 2)):
        item = number(4 if version == 2 else 2)
        method = number(2) & 15 if version else 0
        other_file = number(2)
        base = number(base_size)
        if method > 1 or other_file or (method == 1 and idat is None):
            raise _Odd
        begin = idat.at if method == 1 and idat is not None else 0
        room = idat.end if method == 1 and idat is not None else len(data)
        for _ in range(number(2)):
            number(index_size)
            start = begin + base + number(offset_size)
            length = number(length_size)
            end = start + length if length else room
            if end > room:
                raise _Odd
            yield item, start, end


_STRIPPERS: Mapping[str, Callable[[bytes], bytes | None]] = {"jpg": _jpeg, "png": _png, "webp": _webp, "heic": _heic}
