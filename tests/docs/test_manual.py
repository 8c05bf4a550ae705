"""The man pages: every command has one in either language, and `man` has nothing to complain of."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from logbook.cli.words import COMMANDS
from tests.cli.test_words import HAN
from tests.cli.test_words import PATHS
from tests.docs.test_docs import ROOT


@pytest.fixture(scope="module")
def manuals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from logbook.cli.main import run

    folder = tmp_path_factory.mktemp("man")
    assert run(["--lang", "en", "-q", "man", "-o", str(folder)]) == 0
    return folder


def test_every_command_has_a_page_in_both_languages(manuals: Path) -> None:
    names = sorted("-".join(("logbook", *path)) + ".1" for path in PATHS)
    for below in ("man1", "zh_CN/man1"):
        assert sorted(path.name for path in (manuals / below).iterdir()) == names


def test_a_page_says_what_help_says(manuals: Path) -> None:
    for name, (_, about) in COMMANDS.items():
        zh = (manuals / "zh_CN" / "man1" / f"logbook-{name}.1").read_text(encoding="utf-8").replace("\\:", "")
        en = (manuals / "man1" / f"logbook-{name}.1").read_text(encoding="utf-8")
        assert f"\n.SH \"说明\"\n{about.zh}\n" in zh
        assert "\n.SH \"示例\"\n" in zh
        prose = re.sub(r"\.nf\n.*?\.fi\n", "", en, flags=re.DOTALL)
        assert not HAN.search(prose), name
        for option in ("\\-\\-book", "\\-\\-help"):
            assert option in zh
            assert option in en


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
@pytest.mark.parametrize("below", ["man1", "zh_CN/man1"])
def test_a_page_is_rendered_without_a_warning(manuals: Path, below: str) -> None:
    pages = sorted(str(path) for path in (manuals / below).iterdir())
    done = subprocess.run(["groff", "-man", "-Tutf8", "-Kutf8", "-ww", *pages], capture_output=True, check=False)
    told = done.stderr.decode()
    assert (done.returncode, told) == (0, "")
    shown = re.sub(r"\x1b\[\d*m|.\x08", "", done.stdout.decode())
    assert ("登记一条新记录" if below != "man1" else "make a record") in shown
    assert "logbook add complaint name=王芳 room=3-502 summary=电梯异响" in shown


def test_the_page_of_installing_says_how() -> None:
    assert "logbook man -o ~/.local/share/man" in (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
