"""What a JPEG tells of the place and the camera besides the picture, taken out of it."""

from __future__ import annotations

import struct

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))  # markers without a length
_TOLD = frozenset((0xE1, 0xED, 0xFE))  # Exif and XMP, the data of picture editors, comments
_ORIENTATION = 0x0112


def is_jpeg(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8\xff")


def without_place(data: bytes) -> bytes | None:
    """The same picture without Exif, XMP, comments and what hangs behind its end; how it is to be turned
    stays. None where the file cannot be read as one JPEG to its end."""
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
            head = [_turned(turned)] if turned != 1 else []
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
        if marker == _SCAN:
            end = _after_scan(data, end)
        if marker not in _TOLD:
            out.append(data[at:end])
        elif data[at + 4 : at + 10] == b"Exif\0\0":
            turned = _orientation(data[at + 10 : end])
        at = end


def _after_scan(data: bytes, at: int) -> int:
    """Where the next marker stands behind the coded picture; the end of the data where there is none."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return len(data)
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2


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
    """An Exif segment that says how the picture is to be turned, and nothing else."""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, turned, 0)
    body = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
