"""A line, or a key, from the person at the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager

import click

BACK = ("<", "《", "＜", "返回")
EXPLAIN = ("?", "？")
KEEP = (".", "。")


def read_line(prompt: str) -> str:
    """What is typed after ``prompt``. The line can be edited where readline is at hand; nothing of it is kept in a
    history. EOFError at the end of input, KeyboardInterrupt at Ctrl-C."""
    sys.stderr.flush()
    if sys.stdout.isatty():
        _edit()
        answer = input(prompt)
    else:
        click.echo(prompt, nl=False, err=True)
        answer = input()
    return _repaired(answer)


@contextmanager
def key_by_key() -> Iterator[Callable[[], str]]:
    """Keys without Enter, by calling what is given. Those typed ahead are not lost. EOFError at Ctrl-D,
    KeyboardInterrupt at Ctrl-C."""
    try:
        import termios
        import tty
    except ImportError:
        yield click.getchar
        return
    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    tty.setcbreak(number, termios.TCSADRAIN)

    def key() -> str:
        sys.stderr.flush()
        data = os.read(number, 1)
        while data and data[0] >= 0xC0 and len(data) < 4:  # the rest of one character
            try:
                data.decode()
                break
            except UnicodeDecodeError:
                data += os.read(number, 1)
        if data in (b"", b"\x04"):
            raise EOFError
        return data.decode("utf-8", "replace")

    try:
        yield key
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)


def columns() -> int:
    """How wide the terminal is now."""
    return max(40, shutil.get_terminal_size().columns)


def lines() -> int:
    """How high the terminal is now."""
    return max(12, shutil.get_terminal_size().lines)


def has_editing() -> bool:
    """Whether keys reach us one by one while a line is typed."""
    return _edit()


def _edit() -> bool:
    try:
        import readline
    except ImportError:
        return False
    if hasattr(readline, "set_auto_history"):
        readline.set_auto_history(False)
    return True


def _repaired(answer: str) -> str:
    """Bytes that were no UTF-8 are read as GB 18030, which older terminals send."""
    if not any("\ud800" <= sign <= "\udfff" for sign in answer):
        return answer
    data = answer.encode("utf-8", "surrogateescape")
    return data.decode("gb18030", "replace")


