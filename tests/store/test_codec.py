"""The YAML codec: what stays as it is, what is refused and where, what an edit leaves alone."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from logbook.core.errors import BookError
from logbook.core.errors import Refused
from logbook.core.issues import Issue
from logbook.store import codec
from logbook.store import fastyaml

RECORD = """\
id: CP-20261122-A003
form: complaint@3
status: assigned
at: 2026-11-22T09:35:00+08:00
by: lina
name: 王秀英
room: 3-502
departments:
- engineering
- customer_service
harm: false
wanted: null
flat:
  'no': '007'
events:
- at: 2026-11-22T09:35:00+08:00
  by: lina
  step: receive
- at: 2026-11-22T10:20:00+08:00
  by: chenwei
  step: assign
  set:
    reply: |-
      已安排维修人员上门查看，
      下午五点前答复。
    extras: []
signatures: []
"""


def found(text: str | bytes) -> list[tuple[str, int | None]]:
    data = text if isinstance(text, bytes) else text.encode()
    document, issues = codec.read(data, "records/x.yaml")
    assert document is None
    assert {issue.path for issue in issues} == {"records/x.yaml"}
    return [(issue.rule, issue.line) for issue in issues]


def said(text: str) -> dict[str, Any]:
    document, issues = codec.read(text.encode())
    assert issues == []
    assert document is not None
    return document.plain


# -- writing -----------------------------------------------------------------------------------


def test_a_record_reads_as_it_was_written_and_stands_the_same_when_written_again() -> None:
    document, issues = codec.read(RECORD.encode())
    assert issues == []
    assert document is not None
    assert document.plain["departments"] == ["engineering", "customer_service"]
    assert document.plain["wanted"] is None
    assert document.plain["flat"] == {"no": "007"}
    assert document.plain["events"][1]["set"]["reply"] == "已安排维修人员上门查看，\n下午五点前答复。"
    assert codec.write(document.plain).decode() == RECORD
    assert document.canonical


@pytest.mark.parametrize(
    "text",
    [
        "3-502", "漏水", "王 秀英", "2026-11-22", "2026-11-22T09:35:00+08:00", "13800138000", "0", "-5", "true",
        "false", "a:b", "3#楼", "CP-20261122-A003", "complaint@3", "12:30-13:30", "-rf", "100%", "A/B", "1-1-101",
        "2024-02-29", "wide\u3000space", "nothing", "note",
    ],
)  # fmt: skip
def test_text_every_reader_takes_alike_stays_plain(text: str) -> None:
    assert codec.write({"v": text}).decode() == f"v: {text}\n"
    assert said(f"v: {text}\n") == {"v": text}


@pytest.mark.parametrize(
    "text",
    [
        "007", "1.10", "no", "Yes", "on", "y", "12:30", "1:30:00", "null", "~", "", "1e3", "0x10", "0o17", "1_000",
        "+5", ".5", "5.", ".inf", ".NaN", "True", "<<", "=", "2026-02-30", "2026-1-5", "2026-11-22 09:35:00",
        "2026-13-01", "110101199003074514", "- a", "a: b", "a #b", "#a", "*a", "&a", "!a", "%a", "@a", "`a", "{a", "[a",
        "'a", '"a', "|", ">", "? a", " a", "a ", "a:", ":a", "--upload-pack=x", "---", "{{ x }}", "1.2.3.4",
    ],
)  # fmt: skip
def test_text_a_reader_could_misread_is_in_single_quotes(text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    assert codec.write({"v": text, "list": [text]}).decode() == f"v: {quoted}\nlist:\n- {quoted}\n"
    assert said(f"v: {quoted}\n") == {"v": text}
    assert said(f"v:   {quoted} # by hand\n") == {"v": text}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\nb", "v: |-\n  a\n  b\n"),
        ("a\nb\n", "v: |\n  a\n  b\n"),
        ("a\n\nb\n\n", 'v: "a\\n\\nb\\n\\n"\n'),
        ("\na", "v: |-\n\n  a\n"),
        ("  a\nb", "v: |2-\n    a\n  b\n"),
        ("# a\n- b: c", "v: |-\n  # a\n  - b: c\n"),
        ("a\n \nb", 'v: "a\\n \\nb"\n'),
        ("a\tb", 'v: "a\\tb"\n'),
        ("a\r\nb", 'v: "a\\r\\nb"\n'),
        ("\n", 'v: "\\n"\n'),
        ("\u202eabc", 'v: "\\u202eabc"\n'),
        ('say "\x00"', 'v: "say \\"\\u0000\\""\n'),
    ],
)
def test_long_text_is_a_literal_block_and_what_hides_is_escaped(text: str, written: str) -> None:
    assert codec.write({"v": text}).decode() == written
    assert fastyaml.read(written.encode()) == {"v": text}
    assert said(written + "# by hand\n") == {"v": text}


def test_names_are_quoted_by_the_same_rule() -> None:
    plain = {"on": "a", "房号": "b", "": "c", "x: y": "d", "a-b": "e"}
    assert codec.write(plain).decode() == "'on': a\n房号: b\n'': c\n'x: y': d\na-b: e\n"


def test_lists_in_lists_and_empty_things() -> None:
    plain = {"a": [["1", "x"], [], {"k": [{}]}], "b": {}, "c": {"d": {"e": None}}}
    text = "a:\n- - 1\n  - x\n- []\n- k:\n  - {}\nb: {}\nc:\n  d:\n    e: null\n"
    assert codec.write(plain).decode() == text
    assert fastyaml.read(text.encode()) == plain
    assert codec.write({}) == b"{}\n"
    assert said("{}\n") == {}


@pytest.mark.parametrize(
    ("plain", "rule"),
    [({"v": "\ud800"}, "yaml.half-character"), ({"k" * 161: "v"}, "yaml.long-key")],
)
def test_what_no_file_can_hold_is_refused(plain: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused) as refused:
        codec.write(plain)
    assert [issue.rule for issue in refused.value.issues] == [rule]


def test_twenty_levels_are_written_and_read_and_one_more_is_not() -> None:
    deep: Any = "x"
    for _ in range(codec.MAX_DEPTH):
        deep = {"k": deep}
    assert said(codec.write(deep).decode()) == deep
    with pytest.raises(Refused):
        codec.write({"k": deep})
    with pytest.raises(TypeError):
        codec.write({"v": 7})  # type: ignore[dict-item]


# -- reading what people wrote -----------------------------------------------------------------


def test_text_stays_text_however_it_is_written() -> None:
    text = """
# by hand
a: 007   # a comment
b: "1.10"
c: {d: no, e: [12:30, 0x10]}
f: >-
  folded
  text
g:
  - ~
  -
  - ''
h: |
    deep
i: one
   two
"""
    assert said(text) == {
        "a": "007", "b": "1.10", "c": {"d": "no", "e": ["12:30", "0x10"]}, "f": "folded text",
        "g": [None, None, ""], "h": "deep\n", "i": "one two",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "issues"),
    [
        ("a: 1\nb: 2\na: 3\n", [("yaml.duplicate-key", 3)]),
        ("e:\n- a: 1\n  a: 2\n", [("yaml.duplicate-key", 3)]),
        ("a: !!python/object/apply:os.system [ls]\n", [("yaml.tag", 1)]),
        ("a: &x [1]\nb: *x\n", [("yaml.anchor", 1), ("yaml.anchor", 2)]),
        ("a: 1\n<<: {b: 2}\n", [("yaml.merge", 2)]),
        ("a: 1\n---\nb: 2\n", [("yaml.documents", 2)]),
        ("%YAML 1.1\n---\na: 1\n", [("yaml.directive", 2)]),
        ("a:\n\tb: 1\n", [("yaml.tab", 2)]),
        ("a: |\n  x\n  \ty\nb: c: d\n", [("yaml.colon", 4)]),
        ("a: 1\nb\nc: 2\n", [("yaml.no-colon", 2)]),
        ('a: 1\nb: "x\nc: 2\n', [("yaml.unclosed-quote", 2)]),
        ("a: [1, 2\nb: 3\n", [("yaml.unclosed-bracket", 1)]),
        ('a: "\\q"\n', [("yaml.escape", 1)]),
        ("a: @x\n", [("yaml.start", 1)]),
        ("- a\n", [("yaml.not-a-mapping", 1)]),
        ("just words\n", [("yaml.not-a-mapping", 1)]),
        ("", [("yaml.empty", 1)]),
        ("# nothing\n", [("yaml.empty", 1)]),
        ("? [a]\n: b\n", [("yaml.key", 1)]),
        ("null: b\n", [("yaml.key", 1)]),
        ("a: 1\r\nb: 2\r\n", [("yaml.crlf", 1)]),
        ("\ufeffa: 1\n", [("yaml.bom", 1)]),
        ("a: 1\nb: x\x00y\n", [("yaml.control", 2)]),
        ("a: 1\nb: \u202excod.exe\n", [("yaml.bidi", 2)]),
        ('a: "\\ud800"\n', [("yaml.control", 1)]),
        ("a: " + "[" * 30 + "]" * 30 + "\n", [("yaml.too-deep", 1)]),
        (b"a: 1\nb: \xff\n", [("yaml.encoding", 2)]),
        ("a: 1\n".encode("utf-16"), [("yaml.encoding", 1)]),
    ],
)  # fmt: skip
def test_what_is_refused_and_where(text: str | bytes, issues: list[tuple[str, int]]) -> None:
    assert found(text) == issues


def test_every_problem_at_once() -> None:
    text = 'a: !x 1\nb: "open\nc: d: e\nf: \u202e\na: 2\ng: [1\nh:\n\ti: 1\n'
    assert found(text) == [
        ("yaml.tag", 1), ("yaml.unclosed-quote", 2), ("yaml.colon", 3), ("yaml.bidi", 4),
        ("yaml.duplicate-key", 5), ("yaml.unclosed-bracket", 6), ("yaml.tab", 8),
    ]  # fmt: skip


def test_a_file_full_of_problems_is_told_in_part_and_the_rest_counted() -> None:
    _, issues = codec.read(b"\ta: 1\n" * 1000)
    assert len(issues) == 201
    assert issues[-1] == Issue("yaml.more", {"count": 800}, line=201)


def test_an_issue_says_what_was_found() -> None:
    _, issues = codec.read(b"a: 1\na: &n 2\n", "x.yaml")
    assert issues == [
        Issue("yaml.duplicate-key", {"key": "a", "first": 1}, path="x.yaml", line=2),
        Issue("yaml.anchor", {"found": "&n"}, path="x.yaml", line=2),
    ]


def test_billion_laughs_are_refused_without_laughing() -> None:
    lines = ["a0: &a0 lol"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert {rule for rule, _ in found("\n".join(lines) + "\n")} == {"yaml.anchor"}


def test_big_files() -> None:
    line = "x" * 9_000_000
    assert said(f"v: {line}\n") == {"v": line}
    assert found(f"v: {line}  # by hand\n") == [("yaml.too-big", 1)]
    assert found(f"v: {line}{line}\n") == [("yaml.too-big", 1)]


def test_with_partial_the_content_comes_along_with_what_is_wrong() -> None:
    document, issues = codec.read(b"a: 1\r\na: 2\r\nb: !t x\r\n", partial=True)
    assert document is not None
    assert document.plain == {"a": "1", "b": "x"}
    assert [issue.rule for issue in issues] == ["yaml.crlf", "yaml.duplicate-key", "yaml.tag"]
    assert codec.read(b"a: [1\n", partial=True)[0] is None


def test_lines_and_places() -> None:
    ours, _ = codec.read(RECORD.encode())
    assert ours is not None
    assert ours.line("events") == 15
    assert ours.line("events", 1) == 19
    assert ours.line("events", 1, "set", "extras") == 26
    assert ours.line("flat", "no") == 14
    assert ours.line("nothing") is None
    assert ours.line("events", 2) is None
    assert ours.place("flat", "no") == (14, 10)
    assert ours.place("events", 1, "at") == (19, 7)
    theirs, _ = codec.read_definition(
        b"# a form\nform: x\nclocks:\n  a: {zh: A,\n      when: level is major}\n"
    )
    assert theirs is not None
    assert theirs.line("clocks", "a", "when") == 5
    assert theirs.place("clocks", "a", "when") == (5, 13)
    assert theirs.line() == 2


def test_canonical_text_is_read_without_ruamel() -> None:
    code = (
        "import sys; from logbook.store import codec; "
        f"document, issues = codec.read({RECORD.encode()!r}); document.line('events', 1); document.canonical; "
        "print(sorted(name for name in sys.modules if name.startswith('ruamel')))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


# -- editing -----------------------------------------------------------------------------------

BY_HAND = """\
# kept by the front desk
id: "CP-1"          # the number
level: minor  # 轻微
tags: [leak,  flat]
note: >-
  two
  lines
events:
  # the first one
  - at: 2026-11-22T09:35:00+08:00
    by: 'lina'
    step: receive   # by phone

  - {at: 2026-11-23T09:35:00+08:00, by: chen, step: assign}
unknown: {kept: yes}

# the end
"""


def edited(text: str, **changes: Any) -> str:
    document, _ = codec.read(text.encode())
    assert document is not None
    plain = {key: value for key, value in (document.plain | changes).items() if value != "GONE"}
    result = codec.edit(text.encode(), plain, "x.yaml").decode()
    assert said(result) == plain
    return result


def test_an_edit_of_our_own_text_is_our_own_text() -> None:
    document, _ = codec.read(RECORD.encode())
    assert document is not None
    plain = document.plain | {"harm": "true"}
    assert codec.edit(RECORD.encode(), plain) == RECORD.replace("harm: false", "harm: true").encode()


def test_an_edit_that_changes_nothing_touches_nothing() -> None:
    assert edited(BY_HAND) == BY_HAND


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ({"level": "major"}, "level: minor  # 轻微", "level: major  # 轻微"),
        ({"id": "007"}, 'id: "CP-1"  ', "id: '007'  "),
        ({"tags": ["leak", "flat", "a, b"]}, "flat]", "flat, 'a, b']"),
        ({"tags": ["leak", "roof"]}, "flat]", "roof]"),
        ({"tags": ["leak"]}, "tags: [leak,  flat]", "tags:\n- leak"),
        ({"unknown": {"kept": "no"}}, "{kept: yes}", "{kept: 'no'}"),
        ({"note": "one"}, "note: >-\n  two\n  lines", "note: one"),
        ({"note": "three\nlines"}, ">-\n  two\n  lines", "|-\n  three\n  lines"),
        ({"level": "two\nlines"}, "level: minor  # 轻微\n", "level: |-  # 轻微\n  two\n  lines\n"),
        ({"note": "GONE"}, "note: >-\n  two\n  lines\n", ""),
        ({"extra": ["a"]}, "unknown: {kept: yes}\n", "unknown: {kept: yes}\nextra:\n- a\n"),
    ],
)
def test_an_edit_changes_the_text_of_what_changed_and_no_more(
    changes: dict[str, Any], old: str, new: str
) -> None:
    assert BY_HAND.count(old) == 1
    assert edited(BY_HAND, **changes) == BY_HAND.replace(old, new)


def test_an_event_is_added_behind_the_others_in_their_layout() -> None:
    document, _ = codec.read(BY_HAND.encode())
    assert document is not None
    event = {"at": "2026-11-24T08:00:00+08:00", "by": "lina", "step": "close", "set": {"no": ["1"]}}
    added = """\
  - at: 2026-11-24T08:00:00+08:00
    by: lina
    step: close
    set:
      'no':
      - 1
unknown"""
    assert edited(BY_HAND, events=[*document.plain["events"], event]) == BY_HAND.replace("unknown", added)


def test_a_value_deep_inside_is_changed_in_its_place() -> None:
    document, _ = codec.read(BY_HAND.encode())
    assert document is not None
    first, second = document.plain["events"]
    events = [first | {"step": "open"}, second | {"by": "wang"}]
    expected = BY_HAND.replace("step: receive ", "step: open ").replace("by: chen", "by: wang")
    assert edited(BY_HAND, events=events) == expected


def test_a_new_field_stands_where_the_order_wants_it() -> None:
    plain = {"id": "1", "at": "x", "name": "b", "events": "z"}
    assert codec.edit(b"id: 1 # a\nevents: z # b\n", plain) == b"id: 1 # a\nat: x\nname: b\nevents: z # b\n"
    assert codec.edit(b"# c\nname: b\nevents: z", plain) == b"# c\nid: 1\nat: x\nname: b\nevents: z"


def test_a_file_that_cannot_be_read_cannot_be_edited() -> None:
    with pytest.raises(BookError) as error:
        codec.edit(b"a: [1\n", {"a": "2"}, "records/x.yaml")
    assert (error.value.code, error.value.args_) == ("yaml.cannot-edit", {"path": "records/x.yaml"})
