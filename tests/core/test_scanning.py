"""Personal numbers in text: what is plainly one is found, what only looks long is left alone."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from logbook.core.record import Amendment
from logbook.core.record import Event
from logbook.core.record import Record
from logbook.core.scanning import Hit
from logbook.core.scanning import clear_issues
from logbook.core.scanning import masked
from logbook.core.scanning import record_hits
from logbook.core.scanning import scan_text
from logbook.core.text import Text
from logbook.core.value import replace
from tests.core.rules_kit import form

FOUND = [
    ("身份证11010519491231002X。", "identity", "11010519491231002X"),
    ("身份证11010519491231002x", "identity", "11010519491231002x"),
    ("证件：110101 19900307 7715", "identity", "110101 19900307 7715"),
    ("证件编号110101199003077715", "identity", "110101199003077715"),
    ("旧证 130503670401001，", "old-identity", "130503670401001"),
    ("手机13800138000", "phone", "13800138000"),
    ("王女士138 0013 8000，漏水", "phone", "138 0013 8000"),
    ("+86 138-0013-8000", "phone", "+86 138-0013-8000"),
    ("0086 13800138000", "phone", "0086 13800138000"),
    ("8613800138000", "phone", "8613800138000"),
    ("tel:13912345678。", "phone", "13912345678"),
    ("致电１３８００１３８０００", "phone", "１３８００１３８０００"),
    ("打 0512-62345678 问", "landline", "0512-62345678"),
    ("（010）62345678-801", "landline", "（010）62345678-801"),
    ("电话01062345678", "landline", "01062345678"),
    ("沪A12345 占道", "plate", "沪A12345"),
    ("车牌粤B·D12345", "plate", "粤B·D12345"),
    ("车牌京AF12345来访", "plate", "京AF12345"),
    ("苏e12345", "plate", "苏e12345"),
    ("粤Z1234港进场", "plate", "粤Z1234港"),
    ("京A1234警", "plate", "京A1234警"),
    ("退到6222021234567890128", "card", "6222021234567890128"),
    ("卡 4111 1111 1111 1111", "card", "4111 1111 1111 1111"),
]
NOT_FOUND = [
    "CP-20261122-A003", "RP-20261122-AB1003-2", "K-3-502", "1-1-101", "3 栋 2 单元 502",
    "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea", "sha256:110101199003077715aa",
    "20261122153000", "2026-11-22 10:30", "2026-11-22T10:30:00+08:00", "2026年11月22日13时", "20261122-20261130",
    "1,234,567.89元", "13800138000元", "13800138000.50", "￥13800138000", "¥ 6222021234567890128", "0.13800138000",
    "读数 0012345678", "电表读数 12345678 12345690", "13912345678kWh", "15912345678 度", "13612345678吨",
    "表号13912345678", "订单号：13912345678", "流水号6222021234567890128", "IMEI 130503670401001", "快递单号 13912345678",
    "4200001234202611221234567890", "202611221530123456", "000000000000000000", "1111111111111111",
    "110101199003077714", "110101199013077715", "991010199003077715", "123456789012345", "6222021234567890127",
    "更新B10001", "最新A12345", "苏州A12号楼", "新A栋", "沪I12345", "沪AABCDE", "京A1234",
    "12345678901", "23800138000", "139123456789", "0912345", "01062345678", "62345678", "010-12345678",
    "QR-110101199003077715", "http://a.cn/13800138000/", "版本 1.10.20261122", "", "漏水已修复",
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "number"), FOUND)
def test_a_personal_number_is_found_where_it_stands(text: str, kind: str, number: str) -> None:
    assert [(hit.kind, text[hit.start : hit.end]) for hit in scan_text(text)] == [(kind, number)]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert scan_text(text) == []


def test_several_in_one_text_and_what_a_mask_leaves() -> None:
    text = "王芳 13800138000，车沪A12345，证 11010519491231002X"
    hits = scan_text(text)
    assert [hit.kind for hit in hits] == ["phone", "plate", "identity"]
    assert masked(text, hits) == "王芳 *******8000，车*****45，证 **************002X"
    assert masked("漏水", []) == "漏水"


FEW = settings(max_examples=60, deadline=None)


@FEW
@given(
    st.sampled_from(["110101", "320505", "440300"]),
    st.dates(date(1920, 1, 1), date(2020, 12, 31)),
    st.integers(1, 999),
)
def test_every_valid_card_is_found_and_no_other_last_character_is(region: str, born: date, serial: int) -> None:
    body = f"{region}{born:%Y%m%d}{serial:03d}"
    found = [last for last in "0123456789X" if scan_text(f"证{body}{last}")]
    assert len(found) == 1
    assert scan_text(f"证{body}{found[0]}") == [Hit("identity", 1, 19)]


@FEW
@given(st.text(max_size=60))
def test_any_text_is_scanned_and_hits_lie_in_order(text: str) -> None:
    hits = scan_text(text)
    ends = [0] + [place for hit in hits for place in (hit.start, hit.end)]
    assert ends == sorted(ends)
    assert len(masked(text, hits)) == len(text)


@FEW
@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 9999), st.text("0123456789abcdef", min_size=40, max_size=64))
def test_record_numbers_and_hashes_are_never_hits(day: date, n: int, sha: str) -> None:
    assert scan_text(f"见 CP-{day:%Y%m%d}-A{n:03d}，提交 f{sha}，{day:%Y-%m-%d}") == []


# --------------------------------------------------------------------------- in records

CARD = "11010519491231002X"


def visit(**fields: object) -> Record:
    return Record("V-20261122-A001", "visit", 1, "open", "2026-11-22T09:00:00+08:00", "lina", fields)  # type: ignore[arg-type]


VISIT = form("visit", "open", note="longtext", who="text", id_no="text", plate="text", lists={"calls": {"words": "text"}})
VISIT = replace(
    VISIT,
    fields={
        **VISIT.fields,
        "who": replace(VISIT.fields["who"], private=True),
        "id_no": replace(VISIT.fields["id_no"], private=True),
        "plate": replace(VISIT.fields["plate"], label=Text("车牌", "Plate")),
    },
)


def test_open_text_is_read_private_text_only_for_identity_cards() -> None:
    record = visit(
        note="回电 13800138000", who="13900139000", id_no=CARD, plate="沪A12345", calls=[{"words": "沪B12345"}]
    )
    assert [(path, hit.kind) for path, hit in record_hits(VISIT, record)] == [
        ("note", "phone"),
        ("id_no", "identity"),
        ("calls.1.words", "plate"),
    ]


def test_events_reasons_and_corrections_are_read_too() -> None:
    at = "2026-11-22T10:00:00+08:00"
    record = replace(
        visit(note="好"),
        events=(Event(at, "lina", "close", reason="找 13800138000", set={"note": "沪A12345", "calls+": [{"words": CARD}]}),),
        amendments=(Amendment(at, "lina", "note", f"证 {CARD}", "证", "写错"),),
    )
    assert [(path, hit.kind) for path, hit in record_hits(VISIT, record)] == [
        ("events.1.set.note", "plate"),
        ("events.1.set.calls+.1.words", "identity"),
        ("events.1.reason", "phone"),
        ("amendments.1.from", "identity"),
    ]


def test_an_identity_card_that_stands_there_is_an_error_one_in_the_history_is_told() -> None:
    (now,) = clear_issues(VISIT, visit(id_no=CARD))
    assert (now.rule, now.severity, now.field) == ("privacy.identity", "error", "id_no")
    assert now.args["masked"] == "**************002X"
    assert CARD not in str(now)
    at = "2026-11-22T10:00:00+08:00"
    mended = replace(visit(id_no="002X"), amendments=(Amendment(at, "lina", "id_no", CARD, "002X", "只留后四位"),))
    assert [issue.severity for issue in clear_issues(VISIT, mended)] == ["warning"]


def test_nothing_is_told_twice_and_encrypted_values_are_not_in_clear() -> None:
    before = visit(note="回电 13800138000", id_no="enc:1:0123:AAAA")
    assert clear_issues(VISIT, before, before=before, entry=True) == []
    assert [issue.rule for issue in clear_issues(VISIT, before, entry=True)] == ["privacy.found"]
    assert clear_issues(VISIT, visit(id_no=CARD), encrypted=True, entry=True) == []
    (refused,) = clear_issues(VISIT, visit(note=CARD), encrypted=True, entry=True)
    assert refused.is_error
