"""Pictures lose the place they were taken at, and stay pictures."""

from __future__ import annotations

import struct
import zlib

import pytest

from logbook.core.pictures import is_text
from logbook.core.pictures import kind_of
from logbook.core.pictures import without_place

PLACE = b"GPS 30.12 N 114.20 E"
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + PLACE + b"</x:xmpmeta>"


def exif(turned: int = 6) -> bytes:
    """Exif as a telephone writes it: how to turn the picture, and where it was taken."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, turned, 0) + struct.pack("<HHII", 0x8825, 4, 1, 38)
    return b"II*\0" + struct.pack("<IH", 8, 2) + entry + struct.pack("<I", 0) + PLACE


def only_turned(turned: int) -> bytes:
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, turned, 0, 0)


# --------------------------------------------------------------------------- JPEG


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


JFIF = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
COLOURS = segment(0xE2, b"ICC_PROFILE\0\x01\x01 colours")
ADOBE = segment(0xEE, b"Adobe\0\x64\0\0\0\0\x01")
SCAN = segment(0xDB, b"\0" * 65) + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"


def test_a_jpeg_keeps_its_colours_and_its_turn() -> None:
    told = segment(0xE1, b"Exif\0\0" + exif()) + segment(0xE1, XMP) + segment(0xED, b"Photoshop 3.0\0" + PLACE)
    told += segment(0xEB, b"JP jumb c2pa " + PLACE) + segment(0xE2, b"MPF\0" + PLACE) + segment(0xFE, PLACE)
    data = b"\xff\xd8" + JFIF + told + COLOURS + ADOBE + SCAN + b"\xff\xd9" + b"a film " + PLACE
    turned = segment(0xE1, b"Exif\0\0" + only_turned(6))
    assert without_place(data) == b"\xff\xd8" + turned + JFIF + COLOURS + ADOBE + SCAN + b"\xff\xd9"


def test_a_jpeg_that_is_not_turned_gets_no_exif() -> None:
    data = b"\xff\xd8" + JFIF + segment(0xE1, b"Exif\0\0" + exif(1)) + SCAN + b"\xff\xd9"
    assert without_place(data) == b"\xff\xd8" + JFIF + SCAN + b"\xff\xd9"


# --------------------------------------------------------------------------- PNG


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


HEAD = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
COLOUR = chunk(b"gAMA", struct.pack(">I", 45455))
PIXEL = chunk(b"IDAT", zlib.compress(b"\0\x10\x20\x30"))
END = chunk(b"IEND", b"")


def png() -> bytes:
    told = chunk(b"eXIf", exif()) + chunk(b"tEXt", b"Comment\0" + PLACE)
    told += chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PLACE) + chunk(b"zTXt", b"Raw profile type exif\0\0" + PLACE)
    return HEAD + told + COLOUR + chunk(b"caBX", PLACE) + PIXEL + chunk(b"tIME", b"\x07\xea\x0b\x14\0\0\0") + END + PLACE


def test_a_png_loses_its_texts_its_exif_and_what_hangs_behind_it() -> None:
    assert without_place(png()) == HEAD + chunk(b"eXIf", only_turned(6)) + COLOUR + PIXEL + END
    assert without_place(HEAD + COLOUR + PIXEL + END) == HEAD + COLOUR + PIXEL + END


@pytest.mark.parametrize(
    "data",
    [
        HEAD + PIXEL,  # no end
        HEAD + PIXEL[:-4] + b"\0\0\0\0" + END,  # a wrong checksum: the file was damaged
        HEAD[:8] + PIXEL + END,  # no head
    ],
)
def test_a_png_that_cannot_be_read_to_its_end_is_none(data: bytes) -> None:
    assert without_place(data) is None


# --------------------------------------------------------------------------- WebP

# One pixel, as libwebp writes it without loss.
PIXEL_L = bytes.fromhex("2f0000001007101111888807")


def riff(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def webp(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def extended(flags: int) -> bytes:
    return riff(b"VP8X", bytes((flags, 0, 0, 0)) + b"\0" * 6)


def test_a_webp_loses_exif_and_xmp_and_no_longer_promises_them() -> None:
    data = webp(extended(0x2C), riff(b"ICCP", b"colours"), riff(b"VP8L", PIXEL_L), riff(b"EXIF", b"Exif\0\0" + exif()),
                riff(b"XMP ", PLACE), riff(b"HIDE", PLACE)) + PLACE  # fmt: skip
    assert without_place(data) == webp(
        extended(0x28), riff(b"ICCP", b"colours"), riff(b"VP8L", PIXEL_L), riff(b"EXIF", only_turned(6))
    )
    plain = webp(extended(0x0C), riff(b"VP8L", PIXEL_L), riff(b"EXIF", exif(1)), riff(b"XMP ", PLACE))
    assert without_place(plain) == webp(extended(0), riff(b"VP8L", PIXEL_L))


def test_a_plain_webp_and_a_moving_one() -> None:
    assert without_place(webp(riff(b"VP8L", PIXEL_L))) == webp(riff(b"VP8L", PIXEL_L))
    frame = b"\0" * 16
    moving = webp(extended(2), riff(b"ANIM", b"\0" * 6), riff(b"ANMF", frame + riff(b"VP8L", PIXEL_L) + riff(b"HIDE", PLACE)))
    shown = webp(extended(2), riff(b"ANIM", b"\0" * 6), riff(b"ANMF", frame + riff(b"VP8L", PIXEL_L)))
    assert without_place(moving) == shown


@pytest.mark.parametrize("data", [webp(), webp(riff(b"VP8L", PIXEL_L))[:-3], webp(riff(b"XMP ", PLACE)), webp(b"VP8")])
def test_a_webp_that_cannot_be_read_is_none(data: bytes) -> None:
    assert without_place(data) is None


# --------------------------------------------------------------------------- HEIC


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full(kind: bytes, body: bytes, version: int = 0) -> bytes:
    return box(kind, bytes((version, 0, 0, 0)) + body)


PICTURE = b"coded picture"
TOLD = struct.pack(">I", 6) + b"Exif\0\0" + exif()


def heic(
    *, kinds: tuple[bytes, ...] = (b"hvc1", b"Exif", b"mime"), version: int = 1, shift: int = 0, more: bytes = b"",
    method: int = 0,
) -> bytes:  # fmt: skip
    """A HEIC with a picture, its Exif and its XMP; ``shift`` lays the Exif over the picture."""
    contents = (PICTURE, TOLD, PLACE)
    head = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    names = [kind + b"\0" + (b"application/rdf+xml\0" if kind == b"mime" else b"") for kind in kinds]
    entries = b"".join(
        full(b"infe", struct.pack(">HH", number, 0) + name, version=2) for number, name in enumerate(names, 1)
    )

    def meta(start: int) -> bytes:
        places, at = b"", start
        for number, content in enumerate(contents, 1):
            item = struct.pack(">H", number) if version < 2 else struct.pack(">I", number)
            item += struct.pack(">H", method if number == 2 else 0) if version else b""
            moved = at - (shift if number == 2 else 0)
            places += item + struct.pack(">HHII", 0, 1, moved, len(content))
            at += len(content)
        count = struct.pack(">H" if version < 2 else ">I", len(contents))
        inner = full(b"hdlr", b"\0" * 4 + b"pict" + b"\0" * 13) + full(b"iinf", struct.pack(">H", len(kinds)) + entries)
        return full(b"meta", inner + full(b"iloc", b"\x44\x00" + count + places, version=version))

    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", b"".join(contents)) + more


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_heic_keeps_its_picture_and_its_length(version: int) -> None:
    data = heic(version=version, more=box(b"mpvd", b"a film " + PLACE))
    clean = without_place(data)
    assert clean is not None and len(clean) == len(data)
    assert PLACE in data and PLACE not in clean and PICTURE in clean
    empty = b"\0\0\0\0MM\0*" + struct.pack(">IHI", 8, 0, 0)
    assert clean[clean.index(PICTURE) + len(PICTURE) :].startswith(empty)
    assert b"mpvd" not in clean and clean.endswith(box(b"free", bytes(7 + len(PLACE))))
    assert clean[: data.index(b"mdat")] == data[: data.index(b"mdat")]


@pytest.mark.parametrize(
    "data",
    [
        heic(kinds=(b"hvc1", b"Exif", b"what")),  # an item we do not know may tell anything
        heic(shift=5),  # the Exif lies over the picture
        heic(method=2),  # its place is counted within another item
        heic(more=box(b"moov", PLACE)),  # a film
        heic()[:-10],  # cut off
        box(b"ftyp", b"heic\0\0\0\0mif1") + box(b"mdat", PICTURE),  # says nothing of what lies where
        heic(kinds=(b"mime", b"Exif", b"mime")),  # no picture at all
    ],
)
def test_a_heic_we_cannot_follow_is_none(data: bytes) -> None:
    assert without_place(data) is None


# --------------------------------------------------------------------------- all


@pytest.mark.parametrize("data", [png(), webp(extended(0x0C), riff(b"VP8L", PIXEL_L), riff(b"EXIF", exif())), heic()])
def test_what_comes_out_goes_in_again_unchanged(data: bytes) -> None:
    clean = without_place(data)
    assert clean is not None and clean != data and without_place(clean) == clean


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "jpg"),
        (png(), "png"),
        (webp(riff(b"VP8L", PIXEL_L)), "webp"),
        (heic(), "heic"),
        (b"%PDF-1.7", "pdf"),
        (b"PK\x03\x04", "zip"),
        (box(b"ftyp", b"avif\0\0\0\0miaf"), None),
        (b"MZ\x90", None),
        (b"", None),
    ],
)
def test_a_file_is_known_by_its_first_bytes(data: bytes, kind: str | None) -> None:
    assert kind_of(data) == kind


@pytest.mark.parametrize("data", [b"MZ\x90\0", b"", b"%PDF-1.7", b"plain"])
def test_what_is_no_picture_is_none(data: bytes) -> None:
    assert without_place(data) is None


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("房号,姓名\n".encode(), True),
        ("房号,姓名\n".encode("gb18030"), True),
        ("房号\n".encode("utf-16"), True),
        (b"MZ\x90\0\x03", False),
        (b"\x00\x01", False),
        (b"\xff\xff", False),
    ],
)
def test_text_is_known_in_the_codes_of_people_s_programs(data: bytes, text: bool) -> None:
    assert is_text(data) is text
