"""The command line as people meet it: in this process, in one of its own, at a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from logbook.cli.main import run

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    """What came of one command."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Line:
    """Commands typed in a book, run in this process."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys

    def __call__(self, *words: str) -> Answer:
        self._capsys.readouterr()
        code = run(words)
        told = self._capsys.readouterr()
        return Answer(code, told.out, told.err)

    def ok(self, *words: str) -> Answer:
        """The same, for a command that must succeed."""
        answer = self(*words)
        assert answer.code == 0, answer
        return answer


def environment(**more: str) -> dict[str, str]:
    """What cron gives: next to nothing."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": os.environ["HOME"],
        "PYTHONPATH": str(PROJECT),
        **more,
    }


def process(
    root: Path, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, **more: Any
) -> Answer:
    """One command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "logbook", *words],
        cwd=root,
        env=environment(**(env or {})),
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
        **more,
    )
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())


def at_terminal(root: Path, words: Sequence[str], talk: Sequence[tuple[str, str]]) -> Answer:
    """One command on a pseudo-terminal: for each pair, wait for the question and type the answer.
    ``err`` is what the person saw."""
    import fcntl
    import pty
    import select
    import signal
    import termios

    def take_terminal() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a runner in the background may have it ignored
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    mine, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "logbook", *words],
        cwd=root,
        env=environment(TERM="dumb"),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=take_terminal,
    ) as child:
        os.close(theirs)
        seen = b""

        def hear(until: str, seconds: float = 20) -> None:
            nonlocal seen
            start, end = len(seen), time.monotonic() + seconds
            while until.encode() not in seen[start:]:
                assert time.monotonic() < end, f"never asked {until!r}: {seen.decode('utf-8', 'replace')}"
                if select.select([mine], [], [], 0.1)[0]:
                    try:
                        seen += os.read(mine, 4096)
                    except OSError:
                        return

        try:
            for question, answer in talk:
                hear(question)
                if not seen.endswith(b": "):
                    hear(": ")
                if answer < " ":
                    time.sleep(0.3)  # Python hears no Ctrl-C between its prompt and its read; no hand is that quick
                os.write(mine, answer.encode())
            assert child.stdout is not None
            out, _ = child.communicate(timeout=20)
            code = child.returncode
        finally:
            child.kill()
    try:
        while select.select([mine], [], [], 0)[0] and (more := os.read(mine, 4096)):
            seen += more
    except OSError:
        pass
    os.close(mine)
    return Answer(code, out.decode(), seen.decode("utf-8", "replace"))
