"""Keys of staff at a desk: enrolled, revoked, signed with; what the book asks to be signed is refused without."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.signers import PublicKey
from logbook.core.value import replace
from logbook.operations import importing
from logbook.operations import opening
from logbook.operations import signing
from logbook.operations.session import Session
from logbook.operations.signing import Login
from logbook.operations.writing import publish_book
from logbook.store.book import read_settings
from logbook.store.book import settings_text
from logbook.store.git import Repository
from logbook.store.signatures import verify
from logbook.store.signatures import verify_commit
from tests.keys import agent
from tests.keys import needs_openssh
from tests.keys import new_key
from tests.keys import verified_by_git
from tests.operations.desk import NOW
from tests.operations.desk import Desk
from tests.operations.desk import codes
from tests.operations.desk import moment
from tests.operations.desk import refused

pytestmark = needs_openssh

CP = "CP-20261122-A001"
LATER = "2026-11-22 10:00"


class SigningDesk:
    """A book, and keys of its staff in a folder beside it."""

    def __init__(self, desk: Desk, keys: Path) -> None:
        self.desk = desk
        self.keys = keys
        keys.mkdir(exist_ok=True)

    def key(self, name: str, **more: Any) -> PublicKey:
        return new_key(self.keys / name, **more)

    def login(
        self,
        staff: str,
        key: str | None = None,
        *,
        enrol: bool = False,
        by: str | None = None,
        now: str = NOW,
        **more: Any,
    ) -> Login:
        path = self.keys / (key or staff) if "agent" not in more else None
        return signing.login(self.desk.session(now, by=by), staff, key=path, enrol=enrol, **more)

    def enrolled(self, staff: str) -> PublicKey:
        self.key(staff)
        return self.login(staff, enrol=True).key

    def ask(self, word: str) -> None:
        """What the book asks to be signed, as a commit by hand says it."""
        file = self.desk.root / "logbook.yaml"
        settings = read_settings(self.desk.root)
        file.write_bytes(settings_text(replace(settings, trail={"signing": word})))
        self.desk.git("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qam", "book: signing")

    def verdict(self, commit: str = "HEAD") -> str:
        """The state of a commit with the register as it stood before it; plain Git says whether it is good."""
        oid = self.desk.git("rev-parse", commit).strip()
        parent = self.desk.git("rev-parse", f"{oid}^").strip()
        now = self.desk.session("2026-12-01 00:00")
        then = Session(now.book, now.clock, lang="zh", environment=now.environment, rev=parent)
        allowed = self.keys / "allowed"
        allowed.write_text(signing.exported(now), encoding="utf-8")
        with Repository(self.desk.root) as repo:
            data = repo.objects.read(oid)[1]
            verdict = verify_commit(data, signing.signers(then), later=signing.signers(now))
        assert verified_by_git(self.desk.root, oid, allowed) is verdict.good
        return verdict.state

    def rows(self, staff: str) -> Any:
        return self.desk.load(f"staff/{staff}").state.fields.get("keys")


@pytest.fixture
def at(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SigningDesk:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return SigningDesk(desk, tmp_path / "keys")


@pytest.fixture
def deciding(at: SigningDesk) -> Iterator[SigningDesk]:
    """Decisions are signed; there is a complaint, and a commit that would be one is refused without a trace."""
    at.desk.add("complaint", "name=王芳", "summary=电梯异响")
    at.ask("decisions")
    yield at
    assert at.desk.clean


def unwritten(at: SigningDesk, code: str, work: Any) -> BookError:
    """``work`` is refused with a BookError and leaves nothing behind."""
    before = at.desk.head
    with pytest.raises(BookError) as caught:
        work()
    assert (caught.value.code, caught.value.exit_code) == (code, 3)
    assert at.desk.head == before
    assert at.desk.clean
    assert not (at.desk.root / ".git" / "logbook" / "intent").exists()
    return caught.value


# -- log in -----------------------------------------------------------------------------------


def test_enrolling_is_a_step_that_leaves_an_event(at: SigningDesk) -> None:
    key = at.key("lina")
    done = at.login("lina", enrol=True)
    assert (done.staff, done.key) == ("lina", key)
    assert at.rows("lina") == [{"key": key.line, "from_at": "2026-11-22T09:35:00+08:00"}]
    assert at.desk.git("log", "-1", "--format=%an %s").strip() == "李娜 lina enrol: 李娜"
    assert at.desk.git("config", "--local", "logbook.lina.signingKey").strip() == str(at.keys / "lina")
    assert "PRIVATE" not in at.desk.text("records/staff/lina.yaml")
    assert "somebody@home" not in at.desk.text("records/staff/lina.yaml")


def test_from_then_on_everything_is_signed(at: SigningDesk) -> None:
    at.enrolled("lina")
    assert at.verdict() == "unsigned"
    at.desk.add("complaint", "name=王芳", "summary=电梯异响")
    assert at.verdict() == "good"
    at.desk.step(CP, "reply", "reply=下午检修", now=LATER)
    assert at.verdict() == "good"
    assert at.desk.clean


def test_one_computer_several_people(at: SigningDesk) -> None:
    at.enrolled("lina")
    at.enrolled("zhao")
    at.desk.add("complaint", "name=王芳", "summary=电梯异响")
    at.desk.add("area", "id=roof", "name=屋顶", "kind=hall", by="zhao")
    at.desk.add("complaint", "name=李四", "summary=垃圾", by="boss")
    assert [at.verdict(f"HEAD~{n}") for n in (2, 1, 0)] == ["good", "good", "unsigned"]


def test_every_commit_of_one_operation_is_signed(at: SigningDesk) -> None:
    at.enrolled("lina")
    session = at.desk.session()
    publish_book(session, "calendar 2027", "calendar", {"notes.txt": b"x"}, by="lina")
    assert at.verdict() == "good"
    source = importing.read_source("rooms.csv", b"id,water_meter\n9-901,W1\n9-902,W2\n")
    outcome = importing.run(at.desk.session(), "room", source, importing.Plan(), by="lina")
    assert outcome.added == 2
    assert at.verdict() == "good"
    at.desk.git("fsck", "--strict", "--no-dangling")
    assert at.desk.clean


def test_a_key_that_is_not_enrolled(at: SigningDesk) -> None:
    at.key("lina")
    unwritten(at, "signing.not-enrolled", lambda: at.login("lina"))
    assert signing.logout(at.desk.session(), "lina") == ("lina", False)


def test_no_second_key_by_oneself(at: SigningDesk) -> None:
    at.enrolled("lina")
    at.key("new")
    with pytest.raises(Refused) as caught:
        at.login("lina", "new", enrol=True)
    assert refused(caught) == [("signing.who-enrols", "keys.2")]
    at.login("lina", "new", enrol=True, by="hu")
    assert [row["from_at"][11:16] for row in at.rows("lina")] == ["09:35", "09:35"]
    at.desk.add("complaint", "name=王芳", "summary=电梯异响")
    assert at.verdict() == "good"


def test_nobody_enrols_for_a_colleague(at: SigningDesk) -> None:
    at.key("zhao")
    with pytest.raises(Refused) as caught:
        at.login("zhao", enrol=True, by="lina")
    assert refused(caught) == [("signing.who-enrols", "keys.1")]
    with pytest.raises(Refused) as caught:
        at.desk.step("staff/zhao", "enrol", f"keys.key={at.key('x').line}", by="lina")
    assert refused(caught) == [("signing.who-enrols", "keys.1")]


def test_one_key_for_two_is_refused(at: SigningDesk) -> None:
    at.enrolled("lina")
    with pytest.raises(Refused) as caught:
        at.login("zhao", "lina", enrol=True)
    assert refused(caught) == [("signing.key-taken", "keys.1.key")]


def test_a_private_key_is_never_written(at: SigningDesk) -> None:
    at.key("lina")
    private = (at.keys / "lina").read_text(encoding="ascii")
    with pytest.raises(Refused) as caught:
        at.desk.step("staff/lina", "enrol", f"keys.key={private}")
    assert "signing.private-key" in codes(caught.value.issues)
    assert private not in repr(caught.value)


def test_keys_are_not_corrected_edited_or_imported(at: SigningDesk) -> None:
    at.enrolled("lina")
    with pytest.raises(Refused) as caught:
        at.desk.amend("staff/lina", "keys.1.until_at=2026-12-01", by="boss")
    assert "signing.key-step" in codes(caught.value.issues)
    with pytest.raises(Refused) as caught:
        at.desk.step("staff/lina", "update", f"keys.key={at.key('x').line}", by="boss")
    assert "signing.key-step" in codes(caught.value.issues)
    loaded = opening.begin(at.desk.session(), "staff/zhao")
    row = f"keys:\n- key: {at.key('y').line}\n  from_at: 2026-11-22T09:00:00+08:00\nevents:"
    text = loaded.data.decode().replace("events:", row)
    with pytest.raises(Refused) as caught:
        opening.save(at.desk.session(), loaded, text.encode(), reason="x", by="boss")
    assert "signing.key-step" in codes(caught.value.issues)
    rows = f'{{"id": "new", "name": "新人", "roles": ["guard"], "keys": [{{"key": "{at.key("z").line}", "from_at": "{NOW}"}}]}}\n'
    source = importing.read_source("staff.jsonl", rows.encode())
    outcome = importing.run(at.desk.session(), "staff", source, importing.Plan(), by="boss")
    assert [codes(issues) for _, issues in outcome.rejected] == [["signing.import"]]


def test_a_revoked_key_signs_nothing_more(at: SigningDesk) -> None:
    at.enrolled("lina")
    at.desk.step("staff/lina", "revoke", "keys.1.revoked_at=now", reason="电脑丢了", now=LATER)
    assert at.verdict() == "good"  # the key that is given up may still say so itself
    assert at.rows("lina")[0]["revoked_at"] == "2026-11-22T10:00:00+08:00"
    written = at.desk.add("complaint", "name=王芳", "summary=电梯异响", now="2026-11-22 11:00")
    assert codes(written.warnings) == ["signing.not-signed"]
    assert at.verdict() == "unsigned"
    unwritten(at, "signing.revoked", lambda: at.login("lina", now="2026-11-22 11:00"))


# -- what must be signed ----------------------------------------------------------------------


def test_a_decision_without_a_key_is_refused(deciding: SigningDesk) -> None:
    at = deciding
    at.desk.step(CP, "reply", "reply=下午检修")
    error = unwritten(at, "signing.no-key-yet", lambda: at.desk.void(CP))
    assert error.args_ == {"staff": "lina"}
    unwritten(at, "signing.no-key-yet", lambda: at.desk.sign(CP, "heard"))
    at.enrolled("lina")
    signing.logout(at.desk.session(), "lina")
    unwritten(at, "signing.no-key", lambda: at.desk.void(CP))
    at.login("lina")
    at.desk.void(CP)
    assert at.verdict() == "good"


def test_a_revoked_key_decides_nothing(deciding: SigningDesk) -> None:
    at = deciding
    at.enrolled("lina")
    at.desk.step("staff/lina", "revoke", "keys.1.revoked_at=now", reason="丢了", now=LATER)
    unwritten(at, "signing.none-counts", lambda: at.desk.void(CP, now="2026-11-22 11:00"))


def test_a_lost_key_is_revoked_without_it(deciding: SigningDesk) -> None:
    at = deciding
    at.enrolled("lina")
    (at.keys / "lina").unlink()
    unwritten(at, "signing.key-missing", lambda: at.desk.void(CP))
    signing.logout(at.desk.session(), "lina")
    at.desk.step("staff/lina", "revoke", "keys.1.revoked_at=now", reason="丢了", now=LATER)
    assert at.verdict() == "unsigned"


def test_keys_of_others_are_a_decision(deciding: SigningDesk) -> None:
    at = deciding
    at.key("lina")
    unwritten(at, "signing.no-key-yet", lambda: at.login("lina", enrol=True, by="hu"))
    at.enrolled("hu")
    at.login("lina", enrol=True, by="hu")
    assert at.verdict() == "good"
    assert at.desk.git("log", "-1", "--format=%ae").strip() == "hu@staff.logbook"


def test_everything_is_asked_for(at: SigningDesk) -> None:
    at.ask("all")
    unwritten(at, "signing.no-key-yet", lambda: at.desk.add("complaint", "name=王芳", "summary=电梯异响"))
    source = importing.read_source("rooms.csv", b"id,water_meter\n9-901,W1\n")
    plan = importing.Plan()
    unwritten(at, "signing.no-key-yet", lambda: importing.run(at.desk.session(), "room", source, plan, by="lina"))
    unwritten(
        at, "signing.no-key-yet", lambda: publish_book(at.desk.session(), "x", "packs", {"n.txt": b"x"}, by="lina")
    )
    at.enrolled("lina")
    at.desk.add("complaint", "name=王芳", "summary=电梯异响")
    assert at.verdict() == "good"


# -- what goes wrong with a key ---------------------------------------------------------------


def test_a_key_in_the_agent(deciding: SigningDesk, tmp_path: Path) -> None:
    at = deciding
    key = at.key("lina", passphrase="geheim")
    at.key("other")
    unlocked = tmp_path / "unlocked"
    unlocked.write_bytes((at.keys / "lina").read_bytes())
    unlocked.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "geheim", "-N", "", "-f", str(unlocked)], check=True)
    with agent(tmp_path / "agent", unlocked, at.keys / "other"):
        at.login("lina", agent=key.fingerprint, enrol=True)
        at.desk.void(CP)
        assert at.verdict() == "good"
        subprocess.run(["ssh-add", "-q", "-d", str(unlocked)], check=True, capture_output=True)
        at.desk.git("reset", "-q", "--hard", "HEAD~1")
        unwritten(at, "signing.agent-lacks", lambda: at.desk.void(CP))
        unwritten(at, "signing.agent-lacks", lambda: at.login("lina", agent="SHA256:unknown"))
    error = unwritten(at, "signing.agent-gone", lambda: at.desk.void(CP))
    assert error.args_ == {"staff": "lina"}
    unwritten(at, "signing.agent-gone", lambda: at.login("lina", agent=key.fingerprint))
    assert at.desk.git("config", "--local", "logbook.lina.signingKey").strip() == f"key::{key.line}"


def test_only_the_public_half_is_here(at: SigningDesk, tmp_path: Path) -> None:
    at.key("lina")
    public = tmp_path / "lina.pub"
    public.write_bytes((at.keys / "lina.pub").read_bytes())
    with agent(tmp_path / "agent", at.keys / "lina"):
        done = signing.login(at.desk.session(), "lina", key=public, enrol=True)
        assert at.desk.git("config", "logbook.lina.signingKey").strip() == f"key::{done.key.line}"
    assert signing.login(at.desk.session(), "lina", key=at.keys / "lina.pub").key == done.key
    assert at.desk.git("config", "logbook.lina.signingKey").strip() == str(at.keys / "lina")


def test_the_enrolled_key_is_found_by_itself(at: SigningDesk, tmp_path: Path) -> None:
    at.enrolled("lina")
    signing.logout(at.desk.session(), "lina")
    unwritten(at, "signing.which-key", lambda: signing.login(at.desk.session(), "lina"))
    home = at.desk.root.parent / ".ssh"  # the home of these sessions
    home.mkdir()
    for name in ("lina", "lina.pub"):
        (at.keys / name).rename(home / name)
    signing.login(at.desk.session(), "lina")
    assert at.desk.git("config", "logbook.lina.signingKey").strip() == str(home / "lina")
    signing.logout(at.desk.session(), "lina")
    with agent(tmp_path / "agent", home / "lina"):
        signing.login(at.desk.session(), "lina")
        assert at.desk.git("config", "logbook.lina.signingKey").startswith("key::ssh-ed25519 ")


def test_a_passphrase_nobody_types(deciding: SigningDesk) -> None:
    at = deciding
    at.key("lina", passphrase="geheim")
    unwritten(at, "signing.locked", lambda: at.login("lina", enrol=True))


def test_a_key_file_changed_under_us(deciding: SigningDesk) -> None:
    at = deciding
    at.enrolled("lina")
    at.key("other")
    for ending in ("", ".pub"):
        (at.keys / f"other{ending}").replace(at.keys / f"lina{ending}")
    unwritten(at, "signing.other-key", lambda: at.desk.void(CP))


def test_a_file_that_is_no_key(at: SigningDesk) -> None:
    (at.keys / "junk").write_text("hello", encoding="ascii")
    (at.keys / "junk").chmod(0o600)
    unwritten(at, "signing.failed", lambda: at.login("lina", "junk", enrol=True))
    unwritten(at, "signing.key-missing", lambda: at.login("lina", "nowhere", enrol=True))


def test_without_openssh(deciding: SigningDesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    at = deciding
    at.enrolled("lina")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to("/usr/bin/git")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path / "bin"))
        unwritten(at, "signing.no-program", lambda: at.desk.void(CP))


# -- for an auditor ---------------------------------------------------------------------------


def test_the_register_exported(at: SigningDesk) -> None:
    lina, zhao = at.enrolled("lina"), at.enrolled("zhao")
    at.desk.step("staff/lina", "revoke", "keys.1.revoked_at=now", reason="丢了", now=LATER)
    at.desk.step("staff/zhao", "leave", "left_on=2026-11-22", by="hu", now="2026-11-22 18:00")
    assert signing.exported(at.desk.session("2026-11-23 09:00")) == (
        'lina@staff.logbook namespaces="git",valid-after="20261122013500Z",valid-before="20261122020000Z" '
        f"{lina.line}\n"
        'zhao@staff.logbook namespaces="git",valid-after="20261122013500Z",valid-before="20261122100000Z" '
        f"{zhao.line}\n"
    )


def test_the_register_of_any_commit(at: SigningDesk) -> None:
    key = at.enrolled("lina")
    at.desk.step("staff/lina", "revoke", "keys.1.revoked_at=now", reason="丢了", now=LATER)
    session = at.desk.session(LATER)
    ids = at.desk.git("log", "--format=%H", "-3").split()
    found = [signing.signers_at(session, oid) for oid in ids]
    assert found[0] == signing.signers(session)
    assert [[one.end for one in signers] for signers in found] == [[moment(LATER)], [None], []]
    assert found[1][0].key == key.line
    assert signing.signers_at(session, None) == ()


def test_what_somebody_signs_with_here(at: SigningDesk) -> None:
    assert signing.signing_for(at.desk.session(), "lina") is None
    key = at.enrolled("lina")
    sign = signing.signing_for(at.desk.session(), "lina")
    assert sign is not None
    (signer,) = signing.signers(at.desk.session())
    assert verify(b"x", sign(b"x").decode(), [signer], at=moment(NOW)).signer == signer
    assert signer.key == key.line
    at.desk.step("staff/lina", "revoke", "keys.1.revoked_at=now", reason="丢了", now=LATER)
    assert signing.signing_for(at.desk.session("2026-11-22 11:00"), "lina") is None


def test_who_counts_is_read_from_the_register(at: SigningDesk) -> None:
    assert signing.signers(at.desk.session()) == ()
    key = at.enrolled("lina")
    (signer,) = signing.signers(at.desk.session())
    assert (signer.staff, signer.key, signer.start, signer.end) == ("lina", key.line, moment(NOW), None)
