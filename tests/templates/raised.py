"""Which test file breaks which check: the table beside this page, and how it is read and written.

Every check of every shipped form stands in ``raised.txt`` once, under a test file that really breaks it: when a file has
run, ``conftest.py`` holds it to what the table says of it. Written anew, after ``RAISED_CHECKS=/tmp/raised`` and a run
of this folder, with: python -m tests.templates.raised /tmp/raised
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from collections.abc import Mapping
from pathlib import Path

TABLE = Path(__file__).parent / "raised.txt"


def table(path: Path = TABLE) -> dict[str, set[str]]:
    """The checks, ``form.check``, that each test file breaks."""
    found: dict[str, set[str]] = {}
    file = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            form, _, checks = line.strip().partition(": ")
            found[file] |= {f"{form}.{check}" for check in checks.split()}
        elif line:
            file = line
            found[file] = set()
    return found


def text(raised: Mapping[str, Iterable[str]]) -> str:
    """The table of what each file raised: a check stands under the first file of the alphabet that raises it."""
    said: set[str] = set()
    lines = []
    for file in sorted(raised):
        forms: dict[str, list[str]] = {}
        for code in sorted(set(raised[file]) - said):
            form, _, check = code.partition(".")
            forms.setdefault(form, []).append(check)
            said.add(code)
        if forms:
            lines += [file, *(f"  {form}: {' '.join(checks)}" for form, checks in forms.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    told = {path.name: path.read_text(encoding="utf-8").split() for path in Path(sys.argv[1]).iterdir()}
    TABLE.write_text(text(told), encoding="utf-8")
