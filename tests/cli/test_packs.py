"""The commands `packs` and `forms --pack --docs`, as people and programs read them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cli.line import Line
from tests.cli.line import at_terminal

NOW = ("--now", "2026-11-24 09:00")


def test_the_packs_are_listed(shared: Line) -> None:
    lines = shared.ok("packs", "--lang", "en").lines
    assert lines[0].split() == ["Pack", "Title", "Enabled", "Forms", "Duties", "For"]
    assert [line.split()[0] for line in lines[2:]] == shared.ok("packs", "--format", "ids").lines
    assert lines[2].startswith("core     Customer service centre  2026-11-20")
    found = {one["pack"]: one for one in shared.ok("packs", "--format", "json").json}
    assert found["core"]["since"] == "2026-11-20T08:00:00+08:00"
    assert found["tower"]["title"] == {"zh": "写字楼", "en": "Office tower"}
    assert (found["tower"]["enabled"], found["tower"]["since"], found["tower"]["duties"]) == (False, None, 21)


def test_a_pack_is_shown_before_it_is_enabled(cli: Line) -> None:
    for more, code in ((["--dry-run"], 0), ([], 1)):
        answer = cli("packs", "enable", "tower", *more, *NOW)
        assert answer.code == code
        assert answer.err.startswith("写字楼（tower）：")
        assert "lift_entrapment" in [line.split()[0] for line in answer.lines]
        assert "没有写入。" in answer.err
        assert not (cli.root / "templates/tower").exists()
    assert "请加 --yes" in answer.err
    answer = cli.ok("packs", "enable", "tower", "--yes", *NOW)
    assert re.search("已启用 tower：[0-9a-f]{12}\n", answer.err)
    forms = cli.ok("forms", "--pack", "tower", "--format", "ids").lines
    assert "lift_entrapment" in forms and "complaint" not in forms
    heading, *listed = cli.ok("forms", "--pack", "tower").lines[2:]
    assert (heading, [line.split()[0] for line in listed]) == ("写字楼（tower）", forms)
    headings = [line for line in cli.ok("forms").lines if line.endswith("）")]
    assert headings == ["客户服务中心（core）", "写字楼（tower）"]
    assert cli("packs", "enable", "tower", "--yes", *NOW).code == 1
    assert "不用升级" in cli.ok("packs", "upgrade", *NOW).err


def test_at_a_terminal_a_person_is_asked(cli: Line) -> None:
    answer = at_terminal(cli.root, ["packs", "enable", "mall", *NOW, "--lang", "zh"], [("放进记录簿吗", "n\n")])
    assert (answer.code, (cli.root / "templates/mall").exists()) == (1, False), answer
    answer = at_terminal(cli.root, ["packs", "enable", "mall", *NOW, "--lang", "zh"], [("放进记录簿吗", "y\n")])
    assert (answer.code, (cli.root / "templates/mall").exists()) == (0, True), answer


def test_an_upgrade_tells_what_it_does_not_touch(cli: Line) -> None:
    file = cli.root / "templates/core/room.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "# ours\n", encoding="utf-8")
    answer = cli.ok("packs", "upgrade", "--diff", *NOW)
    assert answer.lines[2].split() == ["core/room.yaml", "1", "-1", "本处改过：保留"]
    assert "-# ours" in answer.lines
    (one,) = cli.ok("packs", "upgrade", "--format", "json", *NOW).json
    assert one == {
        "path": "templates/core/room.yaml", "change": "own", "from": 1, "to": 1, "added": 0, "removed": 1,
    }  # fmt: skip


def test_words_that_do_not_fit(shared: Line) -> None:
    assert shared("packs", "enable").code == 2
    assert shared("packs", "upgrade", "tower").code == 2
    assert shared("packs", "remove", "tower").code == 2
    answer = shared("packs", "enable", "towr", "--lang", "en", *NOW)
    assert answer.code == 1
    assert 'There is no pack "towr". Did you mean "tower"?' in answer.err


def test_forms_of_a_pack_that_is_not_here(shared: Line) -> None:
    answer = shared("forms", "--pack", "cor", "--lang", "en")
    assert answer.code == 1
    assert 'This book has no pack "cor". Did you mean "core"?' in answer.err


# -- documentation of the forms ----------------------------------------------------------------


def test_a_form_as_a_page(shared: Line) -> None:
    page = shared.ok("forms", "complaint", "--format", "md", "--lang", "en").out
    heads = re.findall("^#.*$", page, re.MULTILINE)
    assert heads[0] == "# Complaint register (complaint, version 1)"
    assert [head for head in heads if head.startswith("## ")] == [
        "## Fields", "## Steps", "## Signatures", "## Clocks", "## Checks", "## Workflows",
    ]  # fmt: skip
    assert "### Columns of Contact sheets (sheets)" in heads
    assert "### Complaint, closed loop" in heads
    assert "\n5. 接待人: one per responsible department, contact_sheet.issue\n" in page
    assert "**complaint.forward**" in page
    # every table is one: as many cells in each row as in its head
    for rows in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows.splitlines()}) == 1, rows


def test_the_list_of_forms_as_a_page(shared: Line) -> None:
    page = shared.ok("forms", "--format", "md", "--lang", "zh").out
    assert page.startswith("# 表单\n\n## 客户服务中心 (core)\n")
    assert "\n| complaint | 客户投诉登记表 | CP |" in page


def test_a_page_for_every_form_in_either_language(shared: Line, tmp_path: Path) -> None:
    forms = shared.ok("forms", "--format", "ids").lines
    for lang, title in (("zh", "# 客户投诉登记表"), ("en", "# Complaint register")):
        folder = tmp_path / lang
        answer = shared.ok("forms", "--docs", str(folder), "--lang", lang)
        assert answer.out == ""
        assert sorted(path.name for path in folder.iterdir()) == sorted(["index.md", *(f"{one}.md" for one in forms)])
        assert (folder / "complaint.md").read_text(encoding="utf-8").startswith(title)
        index = (folder / "index.md").read_text(encoding="utf-8")
        links = re.findall(r"\]\((\S+)\)", index)
        assert sorted(links) == sorted(f"{one}.md" for one in forms)
    one = tmp_path / "one"
    shared.ok("forms", "room", "--docs", str(one))
    assert [path.name for path in one.iterdir()] == ["room.md"]
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert shared("forms", "--docs", str(tmp_path / "file")).code == 2
