"""``python -m tests.faults [--all] [--quick] [COMMAND]… [FAULT]…``: every point of every command, and the table of
what came of it; ``--quick`` looks at everything afterwards only at every eighth point."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

for _name in [key for key in os.environ if key.startswith(("GIT_", "LOGBOOK_"))]:
    del os.environ[_name]
os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1", TZ="UTC", LC_ALL="C.UTF-8")

from tests.faults.books import COMMANDS  # noqa: E402
from tests.faults.books import make_books  # noqa: E402
from tests.faults.books import words_of  # noqa: E402
from tests.faults.harness import Case  # noqa: E402
from tests.faults.harness import adopt_orphans  # noqa: E402
from tests.faults.harness import fast_folder  # noqa: E402
from tests.faults.points import FAULTS  # noqa: E402


def main(words: list[str]) -> int:
    """Run what is asked for; 1 where anything was lost, half there or in the next one's way."""
    chosen = [name for name in COMMANDS if name in words] or list(COMMANDS)
    faults = [fault for fault in FAULTS if str(fault) in words] or list(FAULTS)
    every = 8 if "--quick" in words else 1
    wrong = 0
    print(f"{'command':16} {'fault':12} {'points':>6} {'recorded':>8} {'refused':>7} {'wrong':>5} {'s':>6}")
    with tempfile.TemporaryDirectory(dir=fast_folder()) as name:
        folder = Path(name)
        os.environ["HOME"] = str(folder / "home")
        (folder / "home").mkdir()
        adopt_orphans()
        books = make_books(folder)
        for command in chosen:
            book, line = words_of(command, folder)
            case = Case(command, books[book], line, folder / "work")
            for fault in faults:
                began = time.monotonic()
                count: Counter[str] = Counter()
                number = 0
                while (found := case.at(fault, number, whole=number % every == 0)) is not None:
                    number += 1
                    count["recorded" if found.recorded else "before"] += 1
                    count["refused"] += found.code == 3
                    count["wrong"] += bool(found.wrong)
                    for what in found.wrong:
                        print(f"  ! {command} {fault} at {found.number} ({found.point}) -> {found.code}: {what}")
                    sys.stdout.flush()
                wrong += count["wrong"]
                print(
                    f"{command:16} {fault!s:12} {number:6} {count['recorded']:8} {count['refused']:7}"
                    f" {count['wrong']:5} {time.monotonic() - began:6.1f}",
                    flush=True,
                )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
