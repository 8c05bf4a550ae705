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


class Terminal:
    """A command on a pseudo-terminal, input and output both: what is seen is what a person sees."""

    def __init__(self, root: Path, *words: str, columns: int = 80, lines: int = 24, **env: str) -> None:
        import pty
        import signal

        self.seen = ""
        self.gaps: list[float] = []
        self._data = b""
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a runner in the background may have it ignored
            os.chdir(root)
            given = environment(TERM="dumb", LANG="C.UTF-8", LC_ALL="C.UTF-8", **env)
            os.execve(sys.executable, [sys.executable, "-m", "logbook", *words], given)
        self.resize(columns, lines)

    def resize(self, columns: int, lines: int) -> None:
        import fcntl
        import struct
        import termios

        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def hear(self, until: str, seconds: float = 20) -> str:
        """Wait for these words; everything that came since they were last waited for."""
        import select

        end = time.monotonic() + seconds
        while until not in (fresh := self._data.decode("utf-8", "replace")):
            assert time.monotonic() < end, f"never said {until!r}: {self.seen}{fresh}"
            if select.select([self._fd], [], [], 0.1)[0]:
                try:
                    self._data += os.read(self._fd, 65536)
                except OSError:
                    assert until == "", f"ended without {until!r}: {self.seen}{fresh}"
                    break
        place = fresh.find(until) + len(until)
        self.seen += fresh[:place]
        self._data = fresh[place:].encode()
        return fresh[:place].replace("\r\n", "\n")

    def type(self, keys: str, until: str) -> str:
        """Type, and wait for what is said next."""
        if keys < " ":
            time.sleep(0.3)  # as above
        begun = time.monotonic()
        os.write(self._fd, keys.encode())
        heard = self.hear(until)
        self.gaps.append(time.monotonic() - begun)
        return heard

    def send(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def end(self, keys: str = "", *, kill: int = 0) -> tuple[int, str]:
        """Type the last keys, or send a signal; the exit code, and what was said until the end."""
        import select

        if keys:
            if keys < " ":
                time.sleep(0.3)  # as above
            os.write(self._fd, keys.encode())
        if kill:
            os.kill(self.pid, kill)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if select.select([self._fd], [], [], 0.2)[0]:
                try:
                    more = os.read(self._fd, 65536)
                except OSError:
                    break
                if not more:
                    break
                self._data += more
        else:
            os.kill(self.pid, 9)
        _, status = os.waitpid(self.pid, 0)
        os.close(self._fd)
        return os.waitstatus_to_exitcode(status), self._data.decode("utf-8", "replace").replace("\r\n", "\n")
