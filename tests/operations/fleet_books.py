"""Five sites: a book, a book with another version of a form, a bare copy, a copy to fetch, and one that is missing."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.operations.desk import Desk

FLEET = """\
# 总部的项目清单
sites:
  cuihu: {name: 翠湖, book: cuihu}
  binjiang: {name: 滨江, book: binjiang}
  donghu: {name: 东湖, book: donghu.git}
  xishan: {name: 西山, remote: xishan.git}
  nanshan: {name: 南山, book: gone}
"""
NOW = "2026-11-22 09:35"


def git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout


def clone_bare(source: Path, target: Path) -> None:
    git(source.parent, "clone", "-q", "--bare", str(source), str(target))


def newer_complaint(desk: Desk) -> None:
    """The second version of the complaint: ``round`` is text there, and ``mood`` is new."""
    folder = desk.root / "templates" / "core"
    text = (folder / "complaint.yaml").read_text("utf-8")
    (folder / "complaint@1.yaml").write_text(text, "utf-8")
    newer = text.replace("form: complaint\n", "form: complaint\n", 1).replace("version: 1\n", "version: 2\n", 1)
    assert newer != text
    newer = newer.replace("\nfields:\n", "\nfields:\n  mood: {zh: 情绪, en: Mood, type: int}\n", 1)
    assert "mood" in newer
    (folder / "complaint.yaml").write_text(newer, "utf-8")
    desk.git("add", "templates")
    desk.git("-c", "user.name=高总", "-c", "user.email=boss@staff.logbook", "commit", "-qm", "book: complaint@2")


def make_fleet(furnished: Desk, folder: Path) -> Path:
    """The fleet file of five sites below ``folder``; four of them can be asked."""
    cuihu, binjiang, donghu, xishan = (
        furnished.copy(folder / name) for name in ("cuihu", "binjiang", "donghu", "xishan")
    )
    cuihu.add(
        "complaint", "name=王芳", "phone=13800001111", "room=3-502", "summary=电梯异响 1.10", "level=major",
        now="2026-11-20 09:00",
    )  # fmt: skip
    newer_complaint(binjiang)
    binjiang.add("complaint", "name=李四", "summary=no", "mood=3", now="2026-11-21 09:00")
    donghu.add("repair", "content=007 12:30", now="2026-11-21 10:00")
    xishan.add("complaint", "name=赵六", "summary=楼道垃圾", now="2026-10-20 09:00")
    for desk in (donghu, xishan):
        clone_bare(desk.root, desk.root.with_suffix(".git"))
    file = folder / "fleet.yaml"
    file.write_text(FLEET, "utf-8")
    return file
