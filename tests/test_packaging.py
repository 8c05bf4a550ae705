"""What is installed is whole: every package, every form, every layout, and `logbook init` from elsewhere."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.line import environment

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a wheel is made of."""
    target = tmp_path_factory.mktemp("built")
    done = subprocess.run(
        [
            sys.executable, "-c", "import setuptools; setuptools.setup()",
            "-q", "build", "--build-base", str(target / "base"), "--build-lib", str(target / "lib"),
        ],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return target / "lib"


def test_every_package_is_listed() -> None:
    settings = configparser.ConfigParser()
    settings.read(PROJECT / "setup.cfg", encoding="utf-8")
    listed = set(settings["options"]["packages"].split())
    folders = {one.parent for one in (PROJECT / "logbook").rglob("*.py")}
    packages = {one.relative_to(PROJECT).as_posix().replace("/", ".") for one in folders}
    packs = {f"logbook.templates.{one.name}" for one in (PROJECT / "templates").iterdir() if any(one.glob("*.yaml"))}
    assert listed == packages | packs | {"logbook.templates"}


def test_everything_that_is_not_code_is_there(built: Path) -> None:
    wanted = {
        one.relative_to(PROJECT).as_posix()
        for one in (PROJECT / "logbook").rglob("*")
        if one.is_file() and one.suffix not in (".py", ".pyc") and "/." not in one.relative_to(PROJECT).as_posix()
    }
    wanted |= {f"logbook/{one.relative_to(PROJECT).as_posix()}" for one in (PROJECT / "templates").rglob("*.yaml")}
    assert "logbook/templates/core/complaint.yaml" in wanted
    assert any(one.endswith(".j2") for one in wanted)
    assert wanted == {
        one.relative_to(built).as_posix() for one in built.rglob("*") if one.is_file() and one.suffix != ".py"
    }
    assert [one.name for one in built.iterdir()] == ["logbook"]


def test_what_was_built_works_away_from_its_source(built: Path, tmp_path: Path) -> None:
    def logbook(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "logbook", *words],
            cwd=tmp_path, env=environment(PYTHONPATH=str(built)), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    logbook("init", "book", "--name", "翠湖花园", "--staff", "lina=李娜", "--lang", "zh")
    record = logbook("--book", "book", "add", "complaint", "name=王芳", "summary=漏水", "--format", "ids").strip()
    assert "漏水" in logbook("--book", "book", "render", record, "--format", "html")
    where = [sys.executable, "-c", "import logbook; print(logbook.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, env=environment(PYTHONPATH=str(built)), capture_output=True, text=True, check=True)
    assert found.stdout.startswith(str(built))
