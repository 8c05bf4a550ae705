"""A page of help in the reader's language, laid out by what a terminal shows."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

from logbook.cli.words import guessed_language
from logbook.render.width import pad
from logbook.render.width import width
from logbook.render.width import wrap

# What stands in capitals for a word of one's own. What a person types as it stands (YYYY-MM) is not here.
_PLACES = {
    "ALARM": "时长", "AREA": "区域", "ARGS": "参数", "BASIS": "依据", "BORROWER": "借用人", "COLUMN": "列",
    "COMMAND": "命令", "COPIES": "数量", "DAY": "日期", "DIR": "文件夹", "DUTY": "职责", "FIELD": "字段",
    "FILE": "文件", "FINGERPRINT": "指纹", "FLOAT": "数字", "FORM": "表单", "ID": "编号", "INTEGER": "整数",
    "ITEM": "物品", "KEY": "钥匙", "MEANING": "含义", "MONTH": "月份", "NAME": "名称", "OPTIONS": "选项",
    "PACK": "表单包", "PART": "表名", "PATH": "路径", "POST": "岗位", "PURPOSE": "用途", "QUERY": "查询",
    "RANGE": "范围", "REMOTE": "对方", "REV": "提交", "ROLE": "岗位", "SELECT": "查询语句", "SHELL": "外壳",
    "SHIFT": "班次", "STAFF": "员工", "STEP": "步骤", "SUBJECT": "人", "TEXT": "文字", "VALUE": "值", "WHEN": "时间",
    "WHY": "原因", "WORD": "词", "YEAR": "年份",
}  # fmt: skip
_CAPITALS = re.compile(r"(?<![A-Za-z$-])[A-Z]{2,}(?![A-Za-z])")
_RANGES = (
    (re.compile(r"(-?\d+)<=x<=(-?\d+)"), r"\1 到 \2", r"\1 to \2"),
    (re.compile(r"x>=(-?\d+)"), r"不小于 \1", r"\1 or more"),
    (re.compile(r"x<=(-?\d+)"), r"不大于 \1", r"at most \1"),
)
_MARKS = (("[required]", "[必填]"), ("required]", "必填]"), ("[default: ", "[默认 "))
# Where the text of an option begins at the latest; a longer option has a line to itself.
_WIDEST = 30


def limits(text: str, lang: str) -> str:
    """``1<=x<=366`` in words."""
    for pattern, chinese, english in _RANGES:
        text = pattern.sub(chinese if lang == "zh" else english, text)
    return text


def places(text: str, lang: str) -> str:
    """The words in capitals of a line of usage, as ``lang`` says them: ``FORM [QUERY]...`` is ``表单 [查询]...``."""
    if lang != "zh":
        return text.replace("INTEGER RANGE", "N")
    text = text.replace("INTEGER RANGE", "INTEGER").replace("REV-RANGE", "提交范围")
    return _CAPITALS.sub(lambda found: _PLACES.get(found[0], found[0]), text)


def told(record: tuple[str, str], lang: str) -> tuple[str, str]:
    """What click says of an option, in ``lang``: its places, its default, its limits."""
    names, text = record
    text = limits(text, lang)
    if lang == "zh":
        for mark, word in _MARKS:
            text = text.replace(mark, word)
    return places(names, lang), text


class HelpFormatter(click.HelpFormatter):
    """Click counts characters; a Chinese one takes two columns."""

    def write_heading(self, heading: str) -> None:
        colon = "：" if guessed_language() == "zh" else ":"
        self.write(f"{' ' * self.current_indent}{heading}{colon}\n")

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        head = f"{prefix or 'Usage: '}{prog} "
        self._lines(head, args, width(head))

    def write_text(self, text: str) -> None:
        for line in wrap(text, self.width - self.current_indent):
            self.write(f"{' ' * self.current_indent}{line}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = _WIDEST, col_spacing: int = 2) -> None:
        rows = list(rows)
        broad = min(max((width(first) for first, _ in rows), default=0), col_max) + col_spacing
        left = " " * self.current_indent
        for first, text in rows:
            head = left + pad(first, broad)
            if width(first) > broad - col_spacing:
                self.write(f"{left}{first}\n")
                head = left + " " * broad
            self._lines(head, text, self.current_indent + broad)

    def _lines(self, head: str, text: str, column: int) -> None:
        """``text`` from ``column`` on, after ``head``."""
        for line in wrap(text, max(self.width - column, 10)):
            self.write(f"{head}{line}".rstrip() + "\n")
            head = " " * column
