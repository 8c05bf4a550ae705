"""The read-only site: what stands on its pages, what never does, and which files a run touches."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from logbook.core.errors import UsageError
from logbook.core.sitepages import Page as Page_
from logbook.core.text import Text
from logbook.operations.site.build import Built
from logbook.operations.site.build import build
from logbook.operations.site.target import LOCK
from logbook.operations.site.target import MANIFEST
from logbook.operations.site.target import Target
from logbook.render.site.pages import Pages
from tests.operations.desk import Desk

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> javascript:alert(3) {{ 7*7 }}"
PRIVATE = ("绝密姓名", "13912345678", "签名的客户")
NOW = "2026-11-22 18:00"
CHROMIUM = Path("/usr/bin/chromium")


def put(desk: Desk, folder: Path, now: str = NOW, *, processes: int | None = 1, lang: str = "zh") -> Built:
    session = desk.session(now, lang=lang)
    try:
        with Target(folder) as target:
            return build(session, target, Pages(), processes=processes)
    finally:
        session.close()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a site; the lock names a process."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*") if path.is_file() and path.name != LOCK
    }  # fmt: skip


@pytest.fixture(scope="module")
def book(honest_book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A complaint with a history, private values in every place that can hold one, and hostile text."""
    desk = honest_book.copy(tmp_path_factory.mktemp("site") / "book")
    desk.add("complaint", f"name={PRIVATE[0]}", f"phone={PRIVATE[1]}", "summary=厨房漏水", now="2026-11-22 11:00")
    desk.amend("CP-20261122-A002", "phone=13700001111", reason="号码听错", now="2026-11-22 11:05")
    desk.amend("CP-20261122-A002", f"phone={PRIVATE[1]}", reason="又改回", now="2026-11-22 11:06")
    desk.sign("CP-20261122-A002", "heard", name=PRIVATE[2], now="2026-11-22 11:10")
    desk.add("complaint", "name=某人", f"summary={HOSTILE}", now="2026-11-22 12:00")
    desk.add("key_checkout", "key=K-3-502", "borrower=sun", "purpose=查水泵 leakage", now="2026-11-22 12:30")
    desk.void("KC-20261122-A001", "登错了", now="2026-11-22 12:40")
    return desk


@pytest.fixture(scope="module")
def site(book: Desk, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built") / "site"
    done = put(book, folder)
    assert done.everything and done.renewed == done.records > 15
    return folder


class Page(HTMLParser):
    """What a page is made of, and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def test_every_page_says_what_it_is_and_leads_nowhere_else(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert {"index.html", "overdue.html", "forms.html", "duties.html", "search.html"} <= {page.name for page in pages}
    for path in pages:
        page = Page(path.read_text(encoding="utf-8"))
        assert page.all("html") == [{"lang": "zh-CN"}]
        assert [len(page.all(tag)) for tag in ("title", "h1", "header", "main", "footer")] == [1, 1, 1, 1, 1], path
        assert all(th.get("scope") in ("col", "row") for th in page.all("th")), path
        policy = page.all("meta")[1]
        assert policy["http-equiv"] == "Content-Security-Policy"
        assert str(policy["content"]).startswith("default-src 'none';")
        links = [a["href"] for a in page.all("a")] + [s["src"] for s in page.all("script")]
        links += [link["href"] for link in page.all("link")] + [form["action"] for form in page.all("form")]
        for link in links:
            place = str(link).partition("#")[0]
            assert "://" not in place
            assert not place or (path.parent / re.sub("%..", lambda m: chr(int(m[0][1:], 16)), place)).is_file(), link
        assert not any("style" in attrs or any(name.startswith("on") for name in attrs) for _, attrs in page.tags)


def test_a_record_tells_who_changed_which_field_when_and_why(site: Path, book: Desk) -> None:
    page = (site / "r/complaint/2026/11/CP-20261122-A001.html").read_text(encoding="utf-8")
    commits = book.git("log", "--format=%h", "--abbrev=10", "--", "records/complaint/2026/11/CP-20261122-A001.yaml").split()
    history = page[page.index('id="h"') :]
    assert all(commit in history for commit in commits)
    amended = next(part for part in history.split("<tbody>") if "听错了" in part)
    assert re.findall(r"<del>(.*?)</del></td><td><ins>(.*?)</ins>", amended) == [("电梯异响", "二号电梯异响")]
    assert "李娜" in amended and "2026-11-22 10:30" in amended and "更正" in amended
    assert "git log -p -- records/complaint/2026/11/CP-20261122-A001.yaml" in page
    assert commits[0] in page[page.index("<footer>") :]
    voided = (site / "r/key_checkout/2026/11/KC-20261122-A001.html").read_text(encoding="utf-8")
    assert "已作废" in voided and "登错了" in voided and 'href="../../../../r/key/K-3-502.html"' in voided


def test_the_first_pages_say_what_is_late_and_who_must_act(site: Path, book: Desk) -> None:
    index, late = ((site / name).read_text(encoding="utf-8") for name in ("index.html", "overdue.html"))
    rows = book.overdue(now=NOW)
    for record, _, _ in rows:
        assert f'href="r/complaint/2026/11/{record}.html">{record}</a>' in late
    for page in (index, late):
        assert "2026-11-22 18:00" in page and book.head[:10] in page and "翠湖花园" in page
    assert "谁要先办" in index


def test_nothing_private_is_anywhere(site: Path) -> None:
    for name, data in contents(site).items():
        for word in PRIVATE:
            assert word.encode() not in data and word not in name, (name, word)
            assert word[:2].encode() not in data or word[:2].isdigit() or word[:2] == "签名", name
        assert b"13700001111" not in data
    assert "***" in (site / "r/complaint/2026/11/CP-20261122-A002.html").read_text(encoding="utf-8")


def test_hostile_text_is_only_text(site: Path) -> None:
    page = (site / "r/complaint/2026/11/CP-20261122-A003.html").read_text(encoding="utf-8")
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page and "{{ 7*7 }}" in page
    for path in site.rglob("*.html"):
        assert len(Page(path.read_text(encoding="utf-8")).all("img")) == 0
    shard = (site / "s/d/complaint.2026-11.js").read_text(encoding="utf-8")
    assert "<" not in shard and "\\u003c/script\\u003e" in shard
    group, rows = json.loads("[" + shard[shard.index("(") + 1 : shard.rindex(")")] + "]")
    assert (group, len(rows)) == ("complaint/202611", 3)
    assert next(row for row in rows if row[0] == "22-A003")[1].startswith("</script><script>alert(1)</script>")


def test_a_run_after_changes_ends_where_a_run_from_nothing_would(
    book: Desk, site: Path, tmp_path: Path
) -> None:
    desk = book.copy(tmp_path / "book")
    folder, fresh = tmp_path / "site", tmp_path / "fresh"
    shutil.copytree(site, folder)
    before = contents(folder)
    stamps = {name: (folder / name).stat().st_mtime_ns for name in before}
    idle = put(desk, folder)
    assert (idle.everything, idle.renewed, idle.written, idle.removed) == (False, 0, 0, 0)
    assert contents(folder) == before

    desk.amend("CP-20261122-A001", "summary=三号电梯异响", reason="又看错", now="2026-11-22 18:10")
    desk.add("complaint", "name=某人", "summary=水管爆裂", now="2026-11-22 18:20")
    later = "2026-11-23 09:00"  # by now other clocks have run out
    done = put(desk, folder, later)
    assert not done.everything
    assert put(desk, fresh, later, processes=2).everything
    assert contents(folder) == contents(fresh)
    after = contents(folder)
    changed = {name for name in after if before.get(name) != after[name]}
    assert {f"r/complaint/2026/11/CP-20261122-A00{n}.html" for n in (1, 4)} <= changed
    assert "r/key/K-3-502.html" not in changed and "l/key_checkout/2026-11.html" not in changed
    touched = {name for name in before if name in after and (folder / name).stat().st_mtime_ns != stamps[name]}
    assert touched - {MANIFEST} == {name for name in changed if name in before} - {MANIFEST}

    desk.git("reset", "--hard", "--quiet", "HEAD~2")  # as when the site is built of an older commit
    put(desk, folder)
    assert contents(folder) == before


def test_the_past_and_another_language(book: Desk, site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    put(book, folder, "2026-11-22 10:15", lang="en")
    page = (folder / "r/complaint/2026/11/CP-20261122-A001.html").read_text(encoding="utf-8")
    assert "电梯异响" in page and "二号电梯" not in page and "听错了" not in page and 'lang="en"' in page
    assert not (folder / "r/complaint/2026/11/CP-20261122-A002.html").exists()
    assert not any("漏水".encode() in data for data in contents(folder).values())
    assert put(book, folder).everything
    assert contents(folder) == contents(site)


def test_pages_of_reports_are_set_between_head_and_foot_and_go_again(book: Desk, site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    page = Page_("repairs", Text("维修月报", "Repairs"), "<table><tr><th scope='col'>合计</th></tr></table>")
    session = book.session(NOW)
    with Target(folder) as target:
        assert build(session, target, Pages(), pages=[page], processes=1).everything
    session.close()
    made = (folder / "reports/repairs.html").read_text(encoding="utf-8")
    assert page.body in made and "<title>维修月报 · 翠湖花园</title>" in made
    assert 'href="reports/repairs.html"' in (folder / "reports.html").read_text(encoding="utf-8")
    assert 'href="reports.html"' in (folder / "index.html").read_text(encoding="utf-8")
    put(book, folder)
    assert contents(folder) == contents(site)


def test_a_folder_that_is_not_ours_is_left_alone(book: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear")
    with pytest.raises(UsageError) as caught:
        put(book, folder)
    assert (caught.value.code, caught.value.args_["found"]) == ("site.not-ours", "letter.txt")
    assert contents(folder) == {"letter.txt": b"dear"}


def test_a_run_that_was_cut_off_is_done_once_more_and_leftovers_go(book: Desk, site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    shutil.copytree(site, folder)
    manifest = json.loads((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_text(json.dumps({**manifest, "finished": False}))
    (folder / "r/complaint/2026/11/CP-20261122-A009.html").write_text("left over")
    (folder / "l/complaint/2026-11-7.html.new").write_text("half")
    (folder / "overdue.html").write_text("half")
    done = put(book, folder)
    assert (done.everything, done.removed) == (True, 2)
    assert contents(folder) == contents(site)


@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs a real browser")
def test_in_a_real_browser(site: Path, tmp_path: Path) -> None:
    """From the disk, with nothing served: the search finds, nothing is asked of the network, nothing complains."""
    base = [
        str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
        "--enable-logging=stderr", "--v=0", "--virtual-time-budget=4000", "--window-size=1100,700",
    ]  # fmt: skip
    url = site.as_uri() + "/search.html?q=%E6%BC%8F%E6%B0%B4"
    picture, net = tmp_path / "page.png", tmp_path / "net.json"
    done = subprocess.run([*base, f"--log-net-log={net}", "--dump-dom", url], capture_output=True, timeout=60, check=True)
    dom = done.stdout.decode()
    found = dom[dom.index('id="found"') :].partition("</table>")[0]
    assert 'href="r/complaint/2026/11/CP-20261122-A002.html">CP-20261122-A002</a>' in found
    assert found.count("<tr>") == 2 and "厨房漏水" in found
    assert "CONSOLE" not in done.stderr.decode(), done.stderr.decode()
    # Chromium itself asks for updates ("not an origin"); what a page asks for has an origin, "null" from a disk.
    assert set(re.findall(rb'"initiator":"(.*?)"', net.read_bytes())) <= {b"not an origin"}
    subprocess.run([*base, f"--screenshot={picture}", url], capture_output=True, timeout=60, check=True)
    assert picture.stat().st_size > 10_000
