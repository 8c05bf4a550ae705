"""The forms of a book on disk: from the work tree, from commits, and out of the cache."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from logbook.core.form import Form
from logbook.core.formwords import find_form
from logbook.core.formwords import find_prefix
from logbook.core.sources import FormShelf
from logbook.core.text import Text
from logbook.store import library as library_module
from logbook.store.git import Repository
from logbook.store.library import CACHE_SCHEMA
from logbook.store.library import check_folder
from logbook.store.library import load

ROOM = """\
form: room
version: 1
prefix: RM
title: 房屋单元台账 / Unit register
register: true
fields:
  floor: {zh: 楼层, en: Floor, type: int}
  lamps: {zh: 灯, en: Lamps, type: list, of: {place: {zh: 位置, en: Place, type: text}}}
  tour: {zh: 巡查, en: Tour, type: checklist tour}
states: {active: 有效 / Active, gone: 停用 / Gone, lost: 遗失 / Lost}
final: [gone]
steps:
  enter: {zh: 建档, en: Enter, to: active, by: [staff]}
  retire: {zh: 注销, en: Retire, from: active, to: gone, by: [director]}
checks:
  - {id: high, rule: floor < 100}
"""
ROLES = "roles: {director: 主任 / Director}\n"
CHECKLISTS = "checklists: {tour: {zh: 巡查, en: Tour, items: {door: 门 / Door}}}\n"


def git(root: Path, *words: str) -> str:
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(root.parent), "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@x", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@x",
    }  # fmt: skip
    done = subprocess.run(
        ["git", *words], cwd=root, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def write(root: Path, name: str, text: str) -> None:
    path = root / "templates" / "core" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def commit(root: Path) -> str:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "forms")
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A book with one form, committed."""
    root = tmp_path / "book"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    write(root, "room", ROOM)
    write(root, "roles", ROLES)
    write(root, "checklists", CHECKLISTS)
    commit(root)
    return root


@pytest.fixture
def repository(root: Path) -> Iterator[Repository]:
    with Repository(root) as repository:
        yield repository


def cache(root: Path) -> Path:
    return root / ".git" / "logbook" / "library.json"


def head_of(root: Path) -> dict[str, object]:
    """What the cache goes by: its first line."""
    return dict(json.loads(cache(root).read_bytes().partition(b"\n")[0]))


def change_head(root: Path, **values: object) -> None:
    _, _, rest = cache(root).read_bytes().partition(b"\n")
    cache(root).write_bytes(json.dumps({**head_of(root), **values}).encode() + b"\n" + rest)


def test_a_library_is_what_the_commit_says_not_the_files(root: Path, repository: Repository) -> None:
    write(root, "room", ROOM.replace("version: 1", "version: 2"))
    library, _ = load(repository)
    assert library.forms["room"].version == 1
    assert library.roles == {"director": Text("主任", "Director")}
    library, _ = load(repository, work_tree=True)
    assert library.forms["room"].version == 2


def test_a_commit_of_old_is_read_as_it_was(root: Path, repository: Repository) -> None:
    first = repository.head()
    write(root, "room", ROOM.replace("version: 1", "version: 2"))
    commit(root)
    assert load(repository)[0].forms["room"].version == 2
    assert load(repository, revision=first)[0].forms["room"].version == 1
    assert load(repository, revision="HEAD~1")[0].forms["room"].version == 1
    assert load(repository)[0].forms["room"].version == 2


def test_a_folder_without_a_repository_is_read_as_it_stands(tmp_path: Path) -> None:
    write(tmp_path, "room", ROOM)
    write(tmp_path, "checklists", CHECKLISTS)
    library, _ = load(tmp_path, settings={"noon": "12:00"})
    assert list(library.forms) == ["room"]
    assert library.settings == {"noon": "12:00"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["templates"]


def test_a_book_before_its_first_commit_has_no_forms(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    with Repository(tmp_path) as repository:
        library, issues = load(repository)
    assert (dict(library.forms), issues) == ({}, [])


def test_the_cache_says_what_the_files_said(root: Path, repository: Repository) -> None:
    fresh, found = load(repository)
    assert cache(root).is_file()
    again, found_again = load(repository)
    assert type(again.forms) is not dict, "the second time it came out of the cache"
    assert dict(again.forms) == dict(fresh.forms)
    assert again.forms["room"].fields["lamps"].columns["place"].line == 8
    assert again.forms["room"].checks[0].line == 16
    assert dict(again.checklists) == dict(fresh.checklists)
    assert again.roles == fresh.roles
    assert found_again == found
    assert [(issue.rule, issue.severity, issue.line) for issue in found] == [
        ("form.unreachable-state", "warning", 10)
    ]


def test_a_word_for_a_form_is_known_without_making_every_form(root: Path, repository: Repository) -> None:
    write(root, "key", ROOM.replace("form: room", "form: key").replace("RM", "KY").replace("房屋单元台账", "钥匙"))
    commit(root)
    load(repository)
    library, _ = load(repository)
    for word in ("钥匙", "KY"):
        found = find_form(library, word)
        assert isinstance(found, Form)
        assert found.name == "key"
    assert isinstance(library.forms, FormShelf)
    assert list(library.forms.made) == ["key"]
    assert find_prefix(library, "RM") == library.forms["room"]


def test_the_work_tree_and_the_commit_share_the_cache_while_they_agree(
    root: Path, repository: Repository
) -> None:
    load(repository)
    library, _ = load(repository, work_tree=True)
    assert type(library.forms) is not dict


def test_another_commit_over_the_same_forms_uses_the_cache(root: Path, repository: Repository) -> None:
    load(repository)
    (root / "note.txt").write_text("x")
    later = commit(root)
    library, _ = load(repository)
    assert type(library.forms) is not dict
    assert head_of(root)["head"] == later


def test_a_change_is_seen_even_when_size_and_time_stay(root: Path, repository: Repository) -> None:
    load(repository, work_tree=True)
    path = root / "templates" / "core" / "room.yaml"
    before = path.stat()
    path.write_text(ROOM.replace("en: Floor", "en: Stock"), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    library, _ = load(repository, work_tree=True)
    assert library.forms["room"].fields["floor"].label.en == "Stock"


def test_a_form_in_the_work_tree_is_there_before_it_is_committed(root: Path, repository: Repository) -> None:
    before, _ = load(repository, work_tree=True)
    write(root, "key", ROOM.replace("form: room", "form: key").replace("RM", "KY").replace("房屋单元台账", "钥匙"))
    after, issues = load(repository, work_tree=True)
    assert list(after.forms) == ["key", "room"]
    assert [issue for issue in issues if issue.is_error] == []
    assert after.key != before.key == load(repository)[0].key


def test_the_key_of_a_library_is_its_contents_however_it_was_read(
    root: Path, repository: Repository, tmp_path: Path
) -> None:
    keys = set()
    for _ in range(2):  # read, and out of the cache
        keys |= {load(repository)[0].key, load(repository, work_tree=True)[0].key, load(root)[0].key}
    commit_id = repository.head()
    (root / "note.txt").write_text("x")
    commit(root)
    keys |= {load(repository)[0].key, load(repository, revision=commit_id)[0].key}
    assert len(keys) == 1
    assert len(keys.pop()) == 64
    write(root, "room", ROOM + "# noted\n")
    other = load(repository, work_tree=True)[0].key
    assert other != load(repository)[0].key
    empty = tmp_path / "empty"
    empty.mkdir()
    assert len(load(empty)[0].key) == 64


def test_a_book_without_its_templates_checked_out_has_those_of_head(
    root: Path, repository: Repository
) -> None:
    shutil.rmtree(root / "templates")
    assert list(load(repository, work_tree=True)[0].forms) == ["room"]


def test_files_at_rest_are_not_read_again(
    root: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "_RACY", 0)  # no waiting for two seconds
    load(repository, work_tree=True)
    assert head_of(root)["marks"]
    change_head(root, content="as the marks say")
    assert load(repository, work_tree=True)[0].key == "as the marks say"
    write(root, "room", ROOM)  # the same contents in a file that was touched
    assert len(load(repository, work_tree=True)[0].key) == 64


@pytest.mark.parametrize("change", ["edited", "added", "removed", "renamed"])
def test_every_change_of_files_at_rest_is_seen(
    root: Path, repository: Repository, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(library_module, "_RACY", 0)
    before, _ = load(repository, work_tree=True)
    folder = root / "templates" / "core"
    path = folder / "room.yaml"
    was = path.stat()
    if change == "edited":
        path.write_text(ROOM.replace("en: Floor", "en: Stock"), encoding="utf-8")
        os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    elif change == "added":
        write(root, "notes", "form: notes\n")
    elif change == "removed":
        (folder / "roles.yaml").unlink()
    else:
        folder.rename(root / "templates" / "site")
    assert load(repository, work_tree=True)[0].key != before.key


def test_files_just_changed_are_read_again(root: Path, repository: Repository) -> None:
    """Their marks could stay what they are through another change."""
    write(root, "room", ROOM)
    load(repository, work_tree=True)
    assert head_of(root)["marks"] == ""
    change_head(root, content="something else")
    assert len(load(repository, work_tree=True)[0].key) == 64


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[:100],
        lambda text: "[]",
        lambda text: "null",
        lambda text: '{"schema": 1}',
        lambda text: text.replace(f'"schema": {CACHE_SCHEMA}', '"schema": 0'),
        lambda text: text.replace('"type":"int"', '"type":"i"'),
        lambda text: text.replace('"logbook": "', '"logbook": "9'),
        lambda text: text.replace('"issues": [{"rule"', '"issues": [{"role"'),
    ],
)  # fmt: skip
def test_a_damaged_cache_is_made_again(root: Path, repository: Repository, damage: object) -> None:
    load(repository)
    good = cache(root).read_text(encoding="utf-8")
    damaged = damage(good)  # type: ignore[operator]
    assert damaged != good
    cache(root).write_text(damaged, encoding="utf-8")
    library, _ = load(repository)
    assert library.forms["room"].fields["floor"].type == "int"
    assert cache(root).read_text(encoding="utf-8") == good


def test_a_book_that_cannot_be_written_goes_without_a_cache(root: Path, repository: Repository) -> None:
    (root / ".git" / "logbook").write_text("a file where our folder would be")
    for _ in range(2):
        library, _ = load(repository)
        assert library.forms["room"].prefix == "RM"
    assert not [name for name in os.listdir(root / ".git") if name.startswith("library")]


def test_a_broken_form_is_told_each_time_and_the_others_stay(root: Path, repository: Repository) -> None:
    write(root, "key", ROOM.replace("form: room", "form: key").replace("type: int", "type: nit"))
    write(root, "door", "form: door\n  bad: [\n")
    commit(root)
    for _ in range(2):
        library, issues = load(repository)
        assert list(library.forms) == ["room"]
        told = {(issue.path, issue.rule.partition(".")[0], issue.line) for issue in issues if issue.is_error}
        assert ("templates/core/key.yaml", "form", 7) in told
        assert any(path == "templates/core/door.yaml" and line is not None for path, _, line in told)
        assert issues[0].args == load(repository)[1][0].args


def test_layouts_and_hidden_files_are_no_forms(root: Path, repository: Repository) -> None:
    (root / "templates" / "_sheets").mkdir()
    (root / "templates" / "_sheets" / "wide.yaml").write_text("rows: 4\n")
    (root / "templates" / "core" / ".room.yaml").write_text("half written")
    (root / "templates" / "core" / "README.md").write_text("about")
    assert load(repository, work_tree=True)[1] == load(repository)[1]


@pytest.mark.parametrize("folder", [".", "templates"])
def test_a_folder_is_checked_without_leaving_anything(tmp_path: Path, folder: str) -> None:
    write(tmp_path, "room", ROOM.replace("to: gone", "to: goen"))
    write(tmp_path, "roles", ROLES)
    write(tmp_path, "checklists", CHECKLISTS)
    issues = check_folder(tmp_path / folder)
    assert [(issue.path, issue.line, issue.rule, issue.field) for issue in issues] == [
        ("templates/core/room.yaml", 14, "form.unknown-state", "steps.retire.to")
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["templates"]
