"""Desks exchange: what comes, what goes, what is merged, what is told; and what a bad day leaves."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.errors import UsageError
from logbook.operations.merging import expected_merge
from logbook.operations.merging import merged_tree
from logbook.operations.signatures import is_stale
from logbook.store import transaction
from logbook.store.git import Repository
from tests.operations.desk import Desk
from tests.operations.desk import furnish
from tests.operations.desk import make_book
from tests.operations.desks import Post
from tests.operations.desks import post
from tests.operations.desks import run
from tests.operations.desks import share

CP = "CP-20261121-A001"


@pytest.fixture(scope="session")
def begun(furnished_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The book with one complaint that every desk has."""
    desk = furnished_book.copy(tmp_path_factory.mktemp("begun") / "book")
    desk.add("complaint", "name=王芳", "summary=电梯异响", now="2026-11-21 09:00")
    return desk


@pytest.fixture
def shared(begun: Desk, tmp_path: Path) -> Path:
    return share(begun, tmp_path)


@pytest.fixture
def a(shared: Path, tmp_path: Path) -> Post:
    return post(shared, tmp_path / "a", "A")


@pytest.fixture
def b(shared: Path, tmp_path: Path) -> Post:
    return post(shared, tmp_path / "b", "B")


def same(*posts: Post) -> bool:
    """All have the same, nothing waits, nothing lies about."""
    return len({one.tree for one in posts}) == 1 and all(one.clean for one in posts)


# --- one way ---------------------------------------------------------------------------------


def test_records_go_and_come(a: Post, b: Post) -> None:
    made = a.add("complaint", "name=李四", "summary=楼道垃圾", now="2026-11-22 09:00")
    sent = a.sync()
    assert (sent.state, sent.went, sent.came, sent.unsent) == ("done", (made.path,), (), 0)
    came = b.sync()
    assert (came.state, came.came, came.went, came.merge) == ("done", (made.path,), (), None)
    assert b.head == a.head
    assert same(a, b)
    assert b.list("complaint") == a.list("complaint")
    assert b.sync().state == "same"


def test_only_the_paths_that_came_are_touched(a: Post, b: Post) -> None:
    a.add("complaint", "name=李四", "summary=楼道垃圾", now="2026-11-22 09:00")
    a.sync()
    note = b.root / "note.txt"
    note.write_text("mine")
    b.git("add", "note.txt")
    old = b.root / "records/room/3-502.yaml"
    old.write_text(old.read_text() + "# half-way through\n")
    b.sync()
    assert b.git("status", "--porcelain").splitlines() == ["A  note.txt", " M records/room/3-502.yaml"]


def test_a_file_with_unsaved_changes_is_never_written_over(a: Post, b: Post) -> None:
    a.amend(CP, "level=major")
    a.sync()
    before = b.head
    path = b.root / b.load(CP).path
    path.write_text(path.read_text() + "# half-way through\n")
    with pytest.raises(BookError) as caught:
        b.sync()
    assert (caught.value.code, b.head) == ("git.dirty-target", before)
    assert path.read_text().endswith("# half-way through\n")
    b.git("restore", b.load(CP).path)
    assert b.sync().came == (b.load(CP).path,)


def test_a_new_shared_copy_is_filled(a: Post, tmp_path: Path) -> None:
    run("init", "-q", "--bare", "-b", "main", tmp_path / "empty.git")
    done = a.sync(str(tmp_path / "empty.git"))
    assert (done.state, done.unsent) == ("done", 0)
    assert run("-C", tmp_path / "empty.git", "rev-parse", "main").strip() == a.head


def test_check_changes_nothing(a: Post, b: Post) -> None:
    a.amend(CP, "level=major")
    a.sync()
    b.amend(CP, "level=important", now="2026-11-22 09:40")
    before = b.head
    done = b.sync(check=True)
    assert (done.state, done.came, done.went, done.unsent) == ("check", (b.load(CP).path,), (b.load(CP).path,), 1)
    assert [mark.what for mark in done.marks] == ["value"]
    assert (b.head, b.clean) == (before, True)


# --- both ways -------------------------------------------------------------------------------


def test_different_fields_of_one_record_are_merged(a: Post, b: Post) -> None:
    a.amend(CP, "level=major", reason="加重", now="2026-11-22 09:00")
    b.amend(CP, "place=大堂", reason="补充", now="2026-11-22 09:10", by="zhao")
    a.sync()
    done = b.sync(by="zhao")
    assert (done.both, done.marks, done.waiting) == ((b.load(CP).path,), (), 0)
    assert a.sync().came == done.both
    assert same(a, b)
    fields = a.load(CP).state.fields
    assert (fields["level"], fields["place"]) == ("major", "大堂")
    assert [one.by for one in a.load(CP).record.amendments] == ["lina", "zhao"]
    assert a.findings() == []


def test_the_merge_commit_says_who_where_and_what(a: Post, b: Post) -> None:
    a.amend(CP, "level=major")
    b.amend(CP, "place=大堂", by="zhao")
    first = a.sync().head
    own = b.head
    done = b.sync(by="zhao")
    assert b.git("log", "-1", "--format=%an|%ae|%cn|%P|%s|%(trailers:key=Action,valueonly)%(trailers:key=By,valueonly)").split() == [
        "赵敏|zhao@staff.logbook|desk", f"B|{own}", f"{first}|book:", "sync", "1|sync", "zhao",
    ]  # fmt: skip
    assert done.merge == b.head


def test_two_values_are_kept_told_and_settled_by_an_amendment(a: Post, b: Post) -> None:
    a.amend(CP, "level=major", now="2026-11-22 09:00")
    b.amend(CP, "level=important", now="2026-11-22 09:10", by="zhao")
    a.sync()
    done = b.sync(now="2026-11-22 09:15")
    assert [(mark.what, mark.field, mark.id) for mark in done.marks] == [("value", "level", CP)]
    assert done.waiting == 1
    assert b.conflicts(CP) == [("value", "level", "important", "major")]
    assert b.findings() == [("merge.value", "warning", "level")]
    assert (b.list("is:conflict"), b.list("-is:conflict complaint")) == ([CP], [])
    a.sync()
    a.amend(CP, "level=important", reason="已核对", now="2026-11-22 09:20")
    assert (a.list("is:conflict"), a.findings()) == ([], [])
    assert a.conflicts(CP) == b.conflicts(CP)
    a.sync()
    assert b.sync().waiting == 0
    assert same(a, b)


def test_the_value_that_stands_is_refused_again_once_settled(a: Post) -> None:
    with pytest.raises(Refused):
        a.amend(CP, "level=minor")


def test_both_took_a_step_at_once(a: Post, b: Post) -> None:
    words = ("forwarded_to=director",)
    a.step(CP, "forward", *words, now="2026-11-22 09:00")
    a.step(CP, "reply", "reply=明天修", now="2026-11-22 09:05")
    b.void(CP, now="2026-11-22 09:01", by="zhao")
    a.sync()
    done = b.sync()
    assert {mark.what for mark in done.marks} == {"steps"}
    assert [event.step for event in b.load(CP).record.events] == ["register", "forward", "void", "reply"]
    assert [one for one in b.findings() if one[1] == "error"] == []
    assert {one[0] for one in b.findings()} == {"merge.steps", "merge.both-did"}
    status = b.load(CP).state.status
    with pytest.raises(Refused) as caught:
        b.amend(CP, "status=registered", reason="核对过")
    assert caught.value.issues[0].rule == "merge.status"
    b.amend(CP, f"status={status}", reason="核对过")
    assert (b.load(CP).state.status, b.list("is:conflict")) == (status, [])
    assert {one[0] for one in b.findings()} == {"merge.both-did"}
    b.sync()
    a.sync()
    assert same(a, b)


def test_a_signature_stays_good_through_a_merge(a: Post, b: Post) -> None:
    a.step(CP, "reply", "reply=明天修", now="2026-11-22 09:10")
    a.sign(CP, "heard", now="2026-11-22 09:20")
    b.step(CP, "forward", "forwarded_to=director", now="2026-11-22 09:05", by="zhao")
    a.sync()
    b.sync()
    loaded = b.load(CP)
    assert [event.step for event in loaded.record.events] == ["register", "forward", "reply"]
    assert not is_stale(loaded.form, loaded.record, loaded.record.signatures[0])
    b.amend(CP, "reply=后天修", now="2026-11-22 09:30")
    loaded = b.load(CP)
    assert is_stale(loaded.form, loaded.record, loaded.record.signatures[0])


# --- one number, two records -------------------------------------------------------------------


def test_two_records_of_one_number_are_both_kept(a: Post, shared: Path, tmp_path: Path) -> None:
    twin = post(shared, tmp_path / "twin", "A")
    mine = a.add("complaint", "name=李四", "summary=楼道垃圾", now="2026-11-22 09:00")
    theirs = twin.add("complaint", "name=赵六", "summary=漏水", now="2026-11-22 09:02")
    assert mine.path == theirs.path
    greater = max(a.head, twin.head)
    mover = "楼道垃圾" if greater == a.head else "漏水"
    a.sync()
    done = twin.sync()
    a.sync()
    assert same(a, twin)
    number = mine.record.id
    (renamed,) = done.renamed
    assert (renamed.was, renamed.id) == (number, f"{number}-2")
    moved = a.load(f"{number}-2").record
    assert (moved.was, moved.fields["summary"]) == (number, mover)
    assert {a.load(one).record.fields["summary"] for one in (number, f"{number}-2")} == {"楼道垃圾", "漏水"}
    assert [issue.rule for issue in done.warnings] == ["sync.same-letter"]
    assert done.warnings[0].args == {"letter": "A", "next": "B"}
    assert a.findings() == []
    assert a.add("complaint", "name=钱七", "summary=噪声", now="2026-11-22 09:10").record.id == "CP-20261122-A002"


def test_what_was_written_about_the_renamed_record_follows_it(a: Post, shared: Path, tmp_path: Path) -> None:
    twin = post(shared, tmp_path / "twin", "A")
    posts = {}
    for desk, minute in ((a, "00"), (twin, "02")):
        desk.add("room", "id=9-901", f"water_meter={desk.root.name}", now=f"2026-11-22 09:{minute}")
        posts[desk.head] = desk
        desk.add("complaint", "name=李四", f"summary={desk.root.name}", "room=9-901", now=f"2026-11-22 10:{minute}")
    loser, winner = posts[max(posts)], posts[min(posts)]
    a.sync()
    twin.sync()
    a.sync()
    assert same(a, twin)
    rooms = {}
    for number in ("CP-20261122-A001", "CP-20261122-A001-2"):
        record = a.load(number).record
        rooms[record.fields["summary"]] = record.fields["room"]
    assert rooms == {loser.root.name: "9-901-2", winner.root.name: "9-901"}
    assert a.load("9-901-2").record.fields["water_meter"] == loser.root.name


def test_a_step_that_names_the_renamed_record_is_told(a: Post, shared: Path, tmp_path: Path) -> None:
    twin = post(shared, tmp_path / "twin", "A")
    posts = {}
    for desk, minute in ((a, "00"), (twin, "02")):
        desk.add("staff", "id=newman", f"name={desk.root.name}", "roles=cs_officer", by="boss", now=f"2026-11-22 09:{minute}")
        posts[desk.head] = desk
    loser = posts[max(posts)]
    loser.amend(CP, "place=大堂", now="2026-11-22 09:30")
    loser.step(CP, "reassign", "to=newman", reason="换人", now="2026-11-22 09:31", by="zhao")
    a.sync()
    done = twin.sync()
    a.sync()
    assert same(a, twin)
    assert [one.id for one in done.renamed] == ["newman-2"]


def test_three_twins_and_later_changes_to_the_one_that_moved(a: Post, shared: Path, tmp_path: Path) -> None:
    twins = [a, post(shared, tmp_path / "t2", "A"), post(shared, tmp_path / "t3", "A")]
    number = ""
    for n, desk in enumerate(twins):
        number = desk.add("complaint", "name=李四", f"summary=第{n}条", now=f"2026-11-22 09:0{n}").record.id
    twins[0].sync()
    for n, desk in enumerate(twins):
        desk.amend(number, f"place=地点{n}", now=f"2026-11-22 09:1{n}")
    twins[1].sync()
    twins[2].sync()
    for desk in (*twins, *twins):
        desk.sync()
    assert same(*twins)
    found = {}
    for name in (number, f"{number}-2", f"{number}-3"):
        record = a.load(name).record
        found[record.fields["summary"]] = (record.fields["place"], len(record.amendments), record.conflicts)
    assert found == {f"第{n}条": (f"地点{n}", 1, ()) for n in range(3)}
    assert a.findings() == []


def test_encrypted_values_open_after_a_merge_and_under_a_new_number(tmp_path: Path) -> None:
    shared = share(furnish(make_book(tmp_path / "book", trail={"encryption": "true"})), tmp_path)
    a, twin = post(shared, tmp_path / "a", "A"), post(shared, tmp_path / "twin", "A")
    a.add("complaint", "name=李四", "summary=楼道垃圾", now="2026-11-22 09:00")
    twin.add("complaint", "name=赵六", "summary=漏水", now="2026-11-22 09:02")
    a.sync()
    twin.sync()
    a.sync()
    a.amend("CP-20261122-A001", "name=甲", now="2026-11-22 09:10")
    twin.amend("CP-20261122-A001", "name=乙", now="2026-11-22 09:11")
    twin.amend("CP-20261122-A001-2", "place=大堂", now="2026-11-22 09:12")
    a.sync()
    done = twin.sync()
    a.sync()
    assert same(a, twin)
    assert [(mark.what, mark.field) for mark in done.marks] == [("value", "name")]
    names = {number: a.load(f"CP-20261122-{number}").state.fields["name"] for number in ("A001", "A001-2")}
    assert names["A001"] == "乙"
    assert names["A001-2"] in ("李四", "赵六")
    text = (a.root / a.load("CP-20261122-A001").path).read_text(encoding="utf-8")
    assert not any(one in text for one in ("甲", "乙", "李四", "赵六"))
    assert [one[0] for one in a.findings()] == ["merge.value"]


# --- files that are no records -----------------------------------------------------------------


def commit(desk: Post, path: str, text: str | None, now: str) -> None:
    """A change made by hand."""
    file = desk.root / path
    if text is None:
        desk.git("rm", "-q", path)
    else:
        file.write_text(text, encoding="utf-8")
        desk.git("add", path)
    stamp = f"{now}:00 +0800"
    for name in ("AUTHOR", "COMMITTER"):
        os.environ[f"GIT_{name}_DATE"] = stamp
    try:
        desk.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "by hand", f"--date={stamp}")
    finally:
        for name in ("AUTHOR", "COMMITTER"):
            del os.environ[f"GIT_{name}_DATE"]


def test_settings_are_merged_key_by_key(a: Post, b: Post) -> None:
    text = (a.root / "logbook.yaml").read_text(encoding="utf-8")
    commit(a, "logbook.yaml", text + "settings:\n  quiet: '22:00'\n", "2026-11-22 09:00")
    commit(b, "logbook.yaml", text.replace("A: 前台 A", "A: 前台 A\n  B: 前台 B"), "2026-11-22 09:05")
    a.sync()
    done = b.sync()
    a.sync()
    assert (done.marks, done.other_came) == ((), ("logbook.yaml",))
    merged = (a.root / "logbook.yaml").read_text(encoding="utf-8")
    assert "B: 前台 B" in merged and "quiet: '22:00'" in merged
    assert same(a, b)


def test_a_form_changed_on_both_sides_is_told_loudly(a: Post, b: Post) -> None:
    path = "templates/core/room.yaml"
    text = (a.root / path).read_text(encoding="utf-8")
    commit(a, path, text + "# a\n", "2026-11-22 09:00")
    commit(b, path, text + "# b\n", "2026-11-22 09:05")
    a.sync()
    done = b.sync()
    assert [(mark.what, mark.path) for mark in done.marks] == [("template", path)]
    assert f"Conflict: {path}" in b.git("log", "-1", "--format=%B")
    kept = (b.root / path).read_text(encoding="utf-8")
    a.sync()
    assert same(a, b)
    assert kept.endswith(("# a\n", "# b\n"))


def test_nothing_is_deleted(a: Post, b: Post) -> None:
    path = a.load(CP).path
    commit(a, path, None, "2026-11-22 09:00")
    a.sync()
    done = b.sync()
    assert (done.kept, (b.root / path).exists()) == ((path,), True)
    a.sync()
    assert same(a, b)
    assert a.load(CP).record.fields["summary"] == "电梯异响"


def test_a_text_that_cannot_be_read_does_not_stop_the_others(a: Post, b: Post) -> None:
    path = a.load(CP).path
    text = (a.root / path).read_text(encoding="utf-8")
    commit(a, path, text + "  broken: [\n", "2026-11-22 09:00")
    b.amend(CP, "place=大堂", now="2026-11-22 09:05")
    b.add("complaint", "name=李四", "summary=漏水", now="2026-11-22 09:06")
    a.sync()
    done = b.sync()
    assert [(mark.what, mark.id) for mark in done.marks] == [("file", CP)]
    assert [one[:2] for one in b.findings()] == [("merge.file", "warning")]
    blob = b.load(CP).record.conflicts[0].other
    assert b.git("cat-file", "blob", str(blob)).endswith("broken: [\n")


def test_a_link_from_elsewhere_is_refused(a: Post, b: Post) -> None:
    os.symlink("/etc/passwd", a.root / "records/room/passwd.yaml")
    a.git("add", "records/room/passwd.yaml")
    a.git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "link")
    a.git("push", "-q", "origin", "HEAD:main")
    before = b.head
    with pytest.raises(BookError) as caught:
        b.sync()
    assert (caught.value.code, b.head) == ("git.not-a-file", before)


# --- a pure function -----------------------------------------------------------------------------


def test_the_merge_can_be_done_again_by_anybody(a: Post, b: Post) -> None:
    a.amend(CP, "level=major", now="2026-11-22 09:00")
    a.add("complaint", "name=李四", "summary=楼道垃圾", now="2026-11-22 09:05")
    b.amend(CP, "level=important", now="2026-11-22 09:10")
    a.sync()
    b.sync()
    with Repository(b.root) as repository:
        first, second = repository.objects.commit(b.head).parents
        expected = expected_merge(repository, first, second)
        assert expected_merge(repository, second, first) == expected
        assert set(expected) == {b.load(CP).path, "records/complaint/2026/11/CP-20261122-A001.yaml"}
        for path, data in expected.items():
            assert repository.blob_at(b.head, path) == data


def test_lines_that_cross_are_merged_without_asking_twice(a: Post, b: Post) -> None:
    a.amend(CP, "level=major", now="2026-11-22 09:00")
    b.amend(CP, "place=大堂", now="2026-11-22 09:10")
    heads = a.head, b.head
    a.git("fetch", "-q", str(b.root), "main:refs/heads/b")
    b.git("fetch", "-q", str(a.root), "main:refs/heads/a")
    for desk, other, minute in ((a, heads[1], "20"), (b, heads[0], "30")):
        session = desk.session(f"2026-11-22 09:{minute}")
        from logbook.operations import syncing

        syncing._publish(session, merged_tree(session.repository, desk.head, other), "lina")
        session.close()
    assert a.tree == b.tree
    assert a.head != b.head
    a.amend(CP, "demand=修好", now="2026-11-22 09:40")
    b.amend(CP, "level=important", now="2026-11-22 09:50")
    a.sync()
    assert len(b.git("merge-base", "--all", "HEAD", a.head if b.git("fetch", "-q", "origin") == "" else "").split()) == 2
    done = b.sync()
    a.sync()
    assert same(a, b)
    assert done.marks == ()
    fields = a.load(CP).state.fields
    assert (fields["level"], fields["place"], fields["demand"]) == ("important", "大堂", "修好")
    assert len(a.load(CP).record.amendments) == 4


def test_another_book_is_not_merged(a: Post, tmp_path: Path) -> None:
    run("init", "-q", "-b", "main", tmp_path / "other")
    run("-C", tmp_path / "other", "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m", "x")
    before = a.head
    with pytest.raises(BookError) as caught:
        a.sync(str(tmp_path / "other"))
    assert (caught.value.code, a.head, a.clean) == ("sync.unrelated", before, True)


# --- addresses -----------------------------------------------------------------------------------


def test_without_a_shared_copy_the_command_that_sets_one_is_named(a: Post) -> None:
    a.git("remote", "remove", "origin")
    with pytest.raises(BookError) as caught:
        a.sync()
    assert (caught.value.code, caught.value.exit_code) == ("sync.no-remote", 3)


def test_the_only_remote_is_taken_and_of_several_one_must_be_named(a: Post, shared: Path) -> None:
    a.git("remote", "rename", "origin", "office")
    assert a.sync().remote == "office"
    a.git("config", "--unset", "branch.main.remote")
    a.git("remote", "add", "site", str(shared))
    with pytest.raises(BookError) as caught:
        a.sync()
    assert caught.value.code == "sync.which-remote"
    assert a.sync("site").state == "same"


@pytest.mark.parametrize(
    "word",
    ["--upload-pack=touch pwned", "-u", "ext::sh -c 'touch pwned'", "fd::17", "", "a\nb", "ssh://-oProxyCommand=x/y",
     "javascript://x", "nowhere", "host::path"],
)  # fmt: skip
def test_hostile_addresses_are_refused(a: Post, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(a.root)
    with pytest.raises(UsageError) as caught:
        a.sync(word)
    assert caught.value.code == "sync.bad-remote"
    assert not (a.root / "pwned").exists()


def test_a_hostile_address_in_the_configuration_runs_nothing(a: Post, tmp_path: Path) -> None:
    a.git("remote", "set-url", "origin", f"ext::touch {tmp_path}/pwned")
    a.git("config", "protocol.ext.allow", "always")
    with pytest.raises(BookError) as caught:
        a.sync()
    assert caught.value.code == "sync.unreachable"
    assert not (tmp_path / "pwned").exists()


def test_passwords_are_never_shown(a: Post) -> None:
    with pytest.raises(BookError) as caught:
        a.sync("http://me:secret@127.0.0.1:1/book.git")
    assert "secret" not in str(caught.value.args)


def test_a_file_address(a: Post, shared: Path) -> None:
    a.amend(CP, "level=major")
    assert a.sync(f"file://{shared}").state == "done"
    assert run("-C", shared, "rev-parse", "main").strip() == a.head


def test_the_branch_has_another_name_there(a: Post, tmp_path: Path) -> None:
    run("clone", "-q", "--bare", a.root, tmp_path / "x.git")
    run("-C", tmp_path / "x.git", "branch", "-m", "main", "master")
    with pytest.raises(BookError) as caught:
        a.sync(str(tmp_path / "x.git"))
    assert caught.value.args_["known"] == ["master"]
    assert caught.value.code == "sync.other-branch"


# --- bad days ------------------------------------------------------------------------------------


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


LOCALLY = 'while [ "${1#-}" != "$1" ]; do case "$1" in -o) shift 2;; *) shift;; esac; done; shift; '


def test_over_ssh(a: Post, b: Post, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ssh = script(tmp_path / "ssh", LOCALLY + 'exec sh -c "$*"')
    monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
    address = f"desk@office:{shared}"
    a.amend(CP, "level=major")
    b.amend(CP, "place=大堂")
    assert a.sync(address).state == "done"
    assert b.sync(address).both == (b.load(CP).path,)
    assert a.sync(address).came == (b.load(CP).path,)
    assert same(a, b)


def test_a_connection_that_dies_while_sending(a: Post, b: Post, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a.amend(CP, "level=major")
    a.sync()
    b.amend(CP, "place=大堂")
    dies = "import os, subprocess, sys; child = subprocess.Popen(sys.argv[1], shell=True, stdin=subprocess.PIPE)"
    dies += "; child.stdin.write(os.read(0, 150)); child.stdin.flush(); child.kill(); os._exit(255)"
    cut = script(
        tmp_path / "cut",
        f"{LOCALLY} case \"$*\" in *receive-pack*) exec {sys.executable} -c '{dies}' \"$*\";; *) exec sh -c \"$*\";; esac",
    )
    monkeypatch.setenv("GIT_SSH_COMMAND", str(cut))
    there = run("-C", shared, "rev-parse", "main")
    done = b.sync(f"office:{shared}")
    assert (done.state, done.unsent, done.came) == ("unsent", 2, (b.load(CP).path,))
    assert done.detail
    assert run("-C", shared, "rev-parse", "main") == there
    assert b.clean
    assert b.load(CP).state.fields["level"] == "major"
    monkeypatch.delenv("GIT_SSH_COMMAND")
    done = b.sync()
    assert (done.state, done.unsent) == ("done", 0)
    a.sync()
    assert same(a, b)


def test_a_connection_that_dies_while_fetching(a: Post, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a.amend(CP, "level=major")
    dies = "import os, subprocess, sys; child = subprocess.Popen(sys.argv[1], shell=True, stdout=subprocess.PIPE)"
    dies += "; os.write(1, child.stdout.read(60)); child.kill(); os._exit(255)"
    cut = script(tmp_path / "cut", f"{LOCALLY} exec {sys.executable} -c '{dies}' \"$*\"")
    monkeypatch.setenv("GIT_SSH_COMMAND", str(cut))
    before = a.head
    with pytest.raises(BookError) as caught:
        a.sync(f"office:{shared}")
    assert (caught.value.code, a.head, a.clean) == ("sync.unreachable", before, True)
    done = a.sync(f"office:{shared}", offline_ok=True)
    assert done.state == "offline"


def test_another_desk_was_quicker(a: Post, b: Post, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from logbook.operations import syncing

    a.amend(CP, "level=major", now="2026-11-22 09:00")
    b.amend(CP, "place=大堂", now="2026-11-22 09:01")
    send, late = syncing.send, []

    def beaten(*words: object) -> object:
        late.append(True)
        a.sync()
        return send(*words)  # type: ignore[arg-type]

    session = b.session()
    monkeypatch.setattr(syncing, "send", lambda *words: send(*words) if late else beaten(*words))
    done = syncing.sync(session, by="lina", pause=lambda _seconds: None)
    assert (done.state, done.tries, done.both) == ("done", 2, (b.load(CP).path,))
    a.sync()
    assert same(a, b)


def test_what_a_hook_over_there_refuses_stays_here(a: Post, shared: Path) -> None:
    script(shared / "hooks/pre-receive", "echo '第 3 条不合格' >&2; exit 1")
    a.amend(CP, "level=major")
    with pytest.raises(BookError) as caught:
        a.sync()
    assert (caught.value.code, caught.value.args_["why"]) == ("sync.refused", "第 3 条不合格")
    assert a.load(CP).state.fields["level"] == "major"


def test_a_rewritten_shared_copy_is_told_and_healed(a: Post, b: Post, shared: Path) -> None:
    a.amend(CP, "level=major")
    a.sync()
    b.sync()
    run("-C", shared, "update-ref", "refs/heads/main", "main~1")
    done = b.sync()
    assert [issue.rule for issue in done.warnings] == ["sync.rewritten"]
    assert run("-C", shared, "rev-parse", "main").strip() == b.head


@pytest.mark.parametrize("moment", ["note", "stored", "moved", "files", "index"])
@pytest.mark.parametrize("ahead", [False, True])
def test_killed_at_any_moment_the_next_command_ends_it(
    a: Post, b: Post, moment: str, ahead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    a.amend(CP, "level=major")
    a.sync()
    if ahead:
        b.amend(CP, "place=大堂")

    class Killed(BaseException):
        pass

    def die(name: str) -> None:
        if name == moment:
            raise Killed

    recover = transaction.recover
    monkeypatch.setattr(transaction, "_pass_by", die)
    monkeypatch.setattr(transaction, "recover", lambda repo: False)  # the dead do not tidy up
    with pytest.raises(Killed):
        b.sync()
    monkeypatch.setattr(transaction, "_pass_by", lambda name: None)
    monkeypatch.setattr(transaction, "recover", recover)
    done = b.sync()
    a.sync()
    assert done.unsent == 0
    assert same(a, b)
    assert a.load(CP).state.fields["level"] == "major"
    assert a.load(CP).state.fields.get("place") == ("大堂" if ahead else None)


def test_nobody_signed_on_is_told_before_anything_is_merged(a: Post, b: Post) -> None:
    a.amend(CP, "level=major")
    a.sync()
    b.amend(CP, "place=大堂")
    before = b.head
    with pytest.raises(Refused):
        b.sync(by=None)
    assert (b.head, b.clean) == (before, True)


# --- receipts and checkpoints ----------------------------------------------------------------


def receipt(shared: Path, number: int, *, onto: str | None = None) -> str:
    """A commit of the shared copy's receipts, as its hook leaves them."""
    parents = ["-p", onto] if onto else []
    who = ("-c", "user.name=x", "-c", "user.email=x@y")
    made = run("-C", shared, *who, "commit-tree", *parents, "-m", f"{number}", "HEAD^{tree}").strip()
    run("-C", shared, "update-ref", "refs/logbook/receipts", made)
    return made


def test_receipts_come_along_and_only_grow(a: Post, shared: Path) -> None:
    first = receipt(shared, 1)
    a.sync()
    assert a.git("rev-parse", "refs/logbook/receipts").strip() == first
    second = receipt(shared, 2, onto=first)
    a.sync()
    assert a.git("rev-parse", "refs/logbook/receipts").strip() == second
    receipt(shared, 3)  # begun anew: somebody has taken the old ones away
    told = a.sync()
    assert [issue.rule for issue in told.warnings] == ["sync.receipts-lost"]
    assert a.git("rev-parse", "refs/logbook/receipts").strip() == second


def test_a_checkpoint_set_after_everything_was_sent_goes_too(a: Post, b: Post, shared: Path) -> None:
    a.sync()
    a.git("-c", "user.name=x", "-c", "user.email=x@y", "tag", "-a", "checkpoint/20261122T120000", "-m", "x")
    a.sync()
    assert run("-C", shared, "tag", "-l").split() == ["checkpoint/20261122T120000"]
    b.sync()
    assert b.git("tag", "-l").split() == ["checkpoint/20261122T120000"]
