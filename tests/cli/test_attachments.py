"""Files beside a record: taken in with it, kept by the hash of their content, checked."""

from __future__ import annotations

import hashlib
import io
import struct
import subprocess
import zipfile
from pathlib import Path

from tests.cli.line import Line

FORM = """\
form: leak
version: 1
prefix: LK
title: 漏水照片 / Leak
subject: [place]
fields:
  place: {zh: 位置, en: Place, type: text, required: true}
  photo: {zh: 照片, en: Photo, type: attachment}
  papers: {zh: 材料, en: Papers, type: list, of: {name: {zh: 名称, en: Name, type: text}, file: {zh: 文件, en: File, type: attachment}}}
states: {open: 未修 / Open, mended: 已修 / Mended}
final: [mended]
steps:
  enter: {zh: 登记, en: Enter, to: open}
  mend: {zh: 修好, en: Mend, from: open, to: mended}
"""

PLACE = b"GPS 30.12 N 114.20 E"


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def picture(turned: int = 6) -> bytes:
    """A JPEG as a telephone makes it: Exif with a place, XMP, a picture of no sense, a film behind it."""
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, turned, 0) + struct.pack("<HHII", 0x8825, 4, 1, 38)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entry + struct.pack("<I", 0) + PLACE
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"
    head = b"\xff\xd8" + segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0") + segment(0xE1, exif)
    return head + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE) + segment(0xDB, b"\0" * 65) + scan + b"\xff\xd9" + PLACE


def pack(book: Path) -> None:
    folder = book / "templates" / "site"
    folder.mkdir()
    (folder / "leak.yaml").write_text(FORM, encoding="utf-8")


def test_a_photo_is_committed_with_its_record_and_without_its_place(cli: Line, book: Path, tmp_path: Path) -> None:
    pack(book)
    (tmp_path / "leak.jpg").write_bytes(picture())
    made = cli.ok("add", "leak", "place=大堂", f"photo={tmp_path / 'leak.jpg'}", "--format", "json").json
    name = made["fields"]["photo"]
    kept = (book / "attachments" / name).read_bytes()
    assert hashlib.sha256(kept).hexdigest() == name
    assert PLACE not in kept
    assert kept.startswith(b"\xff\xd8\xff\xe1") and kept.endswith(b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd9")
    assert struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) in kept  # it is still turned the right way
    told = subprocess.run(["git", "show", "--stat=200", "--format="], cwd=book, capture_output=True, text=True, check=True)
    assert f"attachments/{name}" in told.stdout and f"{made['id']}.yaml" in told.stdout
    assert cli.ok("validate").code == 0
    (book / "attachments" / name).write_bytes(b"other")
    answer = cli("validate")
    assert answer.code == 1 and f"附件 attachments/{name} 与登记时不同" in answer.out + answer.err
    (book / "attachments" / name).unlink()
    answer = cli("validate", made["id"])
    assert answer.code == 1 and f"附件 attachments/{name} 不在" in answer.out + answer.err


def test_papers_of_a_step_are_kept_and_the_same_file_once(cli: Line, book: Path, tmp_path: Path) -> None:
    pack(book)
    (tmp_path / "bill.pdf").write_bytes(b"%PDF-1.7 bill")
    leak = str(cli.ok("add", "leak", "place=大堂", "--format", "json").json["id"])
    cli.ok("amend", leak, f"photo={tmp_path / 'bill.pdf'}", "--reason", "补")
    cli.ok("step", leak, "mend", f"papers+={{name: 发票, file: {tmp_path / 'bill.pdf'}}}")
    wanted = hashlib.sha256(b"%PDF-1.7 bill").hexdigest()
    fields = cli.ok("show", leak, "--format", "json").json["fields"]
    assert (fields["photo"], fields["papers"]) == (wanted, [{"name": "发票", "file": wanted}])
    assert [path.name for path in (book / "attachments").iterdir()] == [wanted]
    assert cli.ok("validate").code == 0


def test_what_is_not_taken(cli: Line, book: Path, tmp_path: Path) -> None:
    pack(book)
    (tmp_path / "run.exe").write_bytes(b"MZ")
    (tmp_path / "cut.jpg").write_bytes(picture()[:60])
    with (tmp_path / "big.pdf").open("wb") as big:
        big.truncate(10_000_001)
    said = {"none.jpg": "没有文件", "run.exe": "不保存这种文件", "cut.jpg": "无法去掉其中的拍摄位置", "big.pdf": "超过 10 MB"}
    for name, sentence in said.items():
        answer = cli("add", "leak", "place=大堂", f"photo={tmp_path / name}")
        assert answer.code == 1 and sentence in answer.err, answer
    assert not (book / "attachments").exists()


def test_a_file_is_what_its_ending_says(cli: Line, book: Path, tmp_path: Path) -> None:
    pack(book)
    sheet = io.BytesIO()
    with zipfile.ZipFile(sheet, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    files = {
        "leak.png": (picture(), "后缀是 .png，内容却是 JPEG", "把后缀改成 .jpg"),
        "bill.pdf": (b"MZ\x90\0", "后缀是 .pdf，内容却不是", "再另存为 .pdf"),
        "note.txt": (b"%PDF-1.7", "后缀是 .txt，内容却是 PDF", "把后缀改成 .pdf"),
        "paper.docx": (sheet.getvalue(), "后缀是 .docx，内容却是 XLSX", "把后缀改成 .xlsx"),
        "old.xlsx": (b"PK\x03\x04 cut off", "后缀是 .xlsx，内容却不是", "再另存为 .xlsx"),
        "new.heic": (b"\0\0\0\x10ftypheic\0\0\0\0", "读不懂的 HEIC 照片", "请另存为 JPEG"),
        "cut.png": (b"\x89PNG\r\n\x1a\n", "不是能读完整的 PNG 照片", "请用图片软件另存"),
    }
    for name, (data, sentence, fix) in files.items():
        (tmp_path / name).write_bytes(data)
        answer = cli("add", "leak", "place=大堂", f"photo={tmp_path / name}")
        assert answer.code == 1 and sentence in answer.err and fix in answer.err, answer
    (tmp_path / "list.csv").write_bytes("房号,姓名\n".encode("gb18030"))
    (tmp_path / "book.xlsx").write_bytes(sheet.getvalue())
    for name in ("list.csv", "book.xlsx"):
        cli.ok("add", "leak", "place=大堂", f"photo={tmp_path / name}")


def test_a_file_no_record_names_is_a_warning(cli: Line, book: Path, tmp_path: Path) -> None:
    pack(book)
    (tmp_path / "a.txt").write_text("first")
    (tmp_path / "b.txt").write_text("second")
    leak = str(cli.ok("add", "leak", "place=大堂", f"photo={tmp_path / 'a.txt'}", "--format", "json").json["id"])
    cli.ok("amend", leak, f"photo={tmp_path / 'b.txt'}", "--reason", "传错了")
    assert cli.ok("validate", "--format", "json").json == []  # the correction still names the first
    (book / "attachments" / "scan.pdf").write_bytes(b"%PDF-1.7")
    (found,) = cli.ok("validate", "--format", "json").json
    assert (found["rule"], found["severity"], found["path"]) == ("attachment.orphan", "warning", "attachments/scan.pdf")
