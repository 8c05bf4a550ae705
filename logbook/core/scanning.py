"""Personal numbers in running text: identity cards, telephones, number plates and bank cards.

A find must be plain: record numbers, hashes, amounts, dates and readings are everywhere in a desk's
texts, and a warning that is often wrong is read by nobody. So every kind is checked by what its issuer
built into it (check digit, birth date, area code), never by length alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from logbook.core.issues import Issue
from logbook.core.patterns import lazily
from logbook.core.text import Text
from logbook.core.value import frozen

if TYPE_CHECKING:
    from logbook.core.form import Field
    from logbook.core.form import Form
    from logbook.core.record import Record
    from logbook.core.record import Stored

IDENTITY = "identity"
OLD_IDENTITY = "old-identity"
PHONE = "phone"
LANDLINE = "landline"
PLATE = "plate"
CARD = "card"
# What must not stand in clear anywhere, private field or not (trail A22).
NEVER_IN_CLEAR = frozenset((IDENTITY,))


@frozen
class Hit:
    """A personal number at ``text[start:end]``; ``kind`` is one of the words above."""

    kind: str
    start: int
    end: int


# First two digits of an identity card: the province (GB/T 2260), with Taiwan, Hong Kong and Macao.
_REGIONS = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83"
    " 91".split()
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# A province's letter is also the end of ordinary words: 更新B10001 is a new edition, no plate of Xinjiang.
_WORDS = frozenset(
    "更新 最新 全新 翻新 重新 刷新 崭新 创新 北京 南京 东京 白云 祥云 里云 江苏 四川 银川 汶川 南宁 西宁 济宁"
    " 天津 年青 西藏 收藏 储藏 冷藏 宝贵 珍贵 昂贵 内蒙 启蒙 漆黑".split()
)

# Is there anything worth a closer look? Most texts end here: seven digits in a row or nearly, or a
# province's letter before a Latin one.
_MAYBE = lazily(rf"\d(?:[\d \-()（）]{{5,}})[\dXx]|[{_PROVINCES}][A-Za-z]", re.ASCII)
_FENCE = r"(?<![0-9A-Za-z_.\-/#])"
_END = r"(?![0-9A-Za-z_/])(?!\.\d)(?!-\d)"


@cache
def _candidates() -> re.Pattern[str]:
    """What a number of each kind looks like, compiled when a text may hold one."""
    whole = "|".join(
        (
            r"(?P<identity>\d{6}([ -]?)\d{8}\2\d{3}[\dXx])",
            r"(?P<old>\d{15})",
            r"(?P<card>\d{16,19}|\d{4}([ -])\d{4}\5\d{4}\5\d{4}(?:\5\d{1,3})?)",
            r"(?P<phone>(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:\d{8}|([ -])\d{4}\7\d{4}))",
            r"(?P<landline>(?:0(?:10|2\d|[3-9]\d{2})[ -]?|[(（]0(?:10|2\d|[3-9]\d{2})[)）] ?)"
            r"[2-8]\d{6,7}(?:-\d{1,4})?)",
        )
    )
    plate = (
        rf"(?P<plate>[{_PROVINCES}][A-HJ-NP-Za-hj-np-z][·• ]?"
        r"(?:[A-HJ-NP-Z0-9a-hj-np-z]{4}[学警港澳挂试领超]|[A-HJ-NP-Z0-9a-hj-np-z]{5,6}))(?![0-9A-Za-z])"
    )
    return re.compile(rf"{_FENCE}\+?(?:{whole}){_END}|{plate}", re.ASCII)


# Chinese keyboards type digits of full width as well; one character stays one character.
_WIDE = lazily("[０-９Ａ-Ｚａ-ｚ－＋]")
_NARROW = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_NARROW |= {0xFF0D: 0x2D, 0xFF0B: 0x2B}


# After these a number is what it says, not a telephone or a bank card.
_OTHER_NUMBER = lazily(
    r"(?:单号|编号|订单|流水|票号|发票|凭证|序列|表号|机号|设备|合同|工号|运单|快递|条码|型号|批号|账单|SN|S/N|No\.?|IMEI)"
    r"[^\d，。；,;\n]{0,6}$",
    re.IGNORECASE,
)
_UNITS = lazily(
    r" ?(?:元|块|万|亿|度|吨|千瓦|立方|平米|平方|米|公里|小时|分钟|秒|次|件|%|％|kWh|kw|m3|m³|㎡)", re.IGNORECASE
)
_MONEY = lazily(r"[¥￥$€] ?$|\d[,，]$|RMB ?$", re.IGNORECASE)
_LINE = lazily(r"(?:电话|座机|固话|传真|致电|拨打|Tel|Fax|Phone)[^\d\n]{0,4}$", re.IGNORECASE)


def scan_text(text: str) -> list[Hit]:
    """Every personal number in ``text``, in order; they do not overlap."""
    if _WIDE.search(text):
        text = text.translate(_NARROW)
    if not _MAYBE.search(text):
        return []
    candidates = _candidates()
    hits: list[Hit] = []
    place = 0
    while (found := candidates.search(text, place)) is not None:
        kind = _kind(found, text)
        if kind is None:
            place = _after(found, text)
            continue
        start = found.start() + (found[0][0] == "+" and kind != PHONE)
        hits.append(Hit(kind, start, found.end()))
        place = found.end()
    return hits


def masked(text: str, hits: list[Hit]) -> str:
    """``text`` with all of every number but its last four characters as asterisks; of a short one the
    last two stay."""
    parts: list[str] = []
    place = 0
    for hit in sorted(hits, key=lambda hit: hit.start):
        kept = 4 if hit.end - hit.start > 10 else 2
        parts += [text[place : hit.start], "*" * (hit.end - hit.start - kept), text[hit.end - kept : hit.end]]
        place = hit.end
    return "".join((*parts, text[place:]))


def _after(found: re.Match[str], text: str) -> int:
    """Where to look on after a candidate that was none: behind its digits, for no part of a long number
    is a number of its own."""
    end = found.end() if found["plate"] is None else found.start() + 1
    while found["plate"] is None and end < len(text) and text[end] in "0123456789":
        end += 1
    return end


def _kind(found: re.Match[str], text: str) -> str | None:
    if found["plate"] is not None:
        return PLATE if _is_plate(found["plate"], text[max(0, found.start() - 1) : found.start()]) else None
    digits = "".join(char for char in found[0] if char.isdigit() or char in "Xx")
    before = text[max(0, found.start() - 20) : found.start()]
    if found["identity"] is not None:
        if _is_identity(digits):
            return IDENTITY
        dated = digits[:2] in _REGIONS and digits[6:8] in ("19", "20")
        if dated or not digits.isdigit() or found[2]:
            return None
    other = _OTHER_NUMBER.search(before) or _MONEY.search(before) or _UNITS.match(text, found.end())
    if found["old"] is not None:
        old = not other and digits[:2] in _REGIONS and digits[:2] not in ("91", "83")
        return OLD_IDENTITY if old and _is_day(f"19{digits[6:12]}") else None
    if other:
        return None
    if found["phone"] is not None:
        return PHONE
    if found["landline"] is not None:
        # Without a sign between, digits alone could be anything: somebody must have said what they are.
        plain = any(sign in found[0] for sign in "-()（） ")
        return LANDLINE if (plain and found[0][0] != "+") or _LINE.search(before) else None
    return CARD if _is_card(digits) else None


def _is_identity(digits: str) -> bool:
    """Province, birth date and check character (GB 11643)."""
    if len(digits) != 18 or digits[:2] not in _REGIONS or not _is_day(digits[6:14]):
        return False
    if not digits[:17].isdigit() or digits[14:17] == "000":
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))
    return _check_character(digits[17]) == _CHECK[total % 11]


def _check_character(char: str) -> str:
    return "X" if char in "Xx" else str(int(char))


def _is_day(text: str) -> bool:
    try:
        return 1900 <= date(int(text[:4]), int(text[4:6]), int(text[6:])).year <= 2099
    except ValueError:
        return False


def _is_card(digits: str) -> bool:
    """An issuer's first digits with the length they go with, and Luhn's check digit."""
    length = len(digits)
    if digits.startswith("62"):
        fits = 16 <= length <= 19
    elif digits.startswith("9558"):
        fits = length == 19
    else:
        fits = length == 16 and (digits[0] == "4" or "51" <= digits[:2] <= "55" or digits[:2] == "35")
    return fits and len(set(digits)) > 1 and _luhn(digits)


def _luhn(digits: str) -> bool:
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def _is_plate(text: str, before: str) -> bool:
    """Civil plates have at most two letters among five signs; those of new energy a letter of their own
    first or last among six (GA 36)."""
    if before + text[0] in _WORDS:
        return False
    body = text[2:].lstrip("·• ").upper()
    if body[-1] not in "学警港澳挂试领超":
        if len(body) == 6:
            small = body[0] in "ABCDEFGHJK" and body[2:].isdigit()
            return small or (body[5] in "ABCDEFGHJK" and body[:5].isdigit())
        if len(body) != 5:
            return False
    else:
        body = body[:-1]
    return sum(char.isdigit() for char in body) >= len(body) - 2


# --------------------------------------------------------------------------- records

_TEXT = frozenset(("text", "longtext"))
# Fields that are there for such a thing may hold it: nobody is warned of a plate in the field for plates.
_MEANT = {
    PLATE: lazily(r"plate|vehicle|licen[cs]e|车牌|车号", re.IGNORECASE),
    PHONE: lazily(r"phone|tel|mobile|contact|电话|手机|联系", re.IGNORECASE),
    LANDLINE: lazily(r"phone|tel|fax|contact|电话|传真|联系", re.IGNORECASE),
    CARD: lazily(r"account|bank|card|账号|账户|卡号", re.IGNORECASE),
}


def record_hits(form: Form, record: Record) -> list[tuple[str, Hit]]:
    """Personal numbers where they should not stand: any of them in free text that is not private
    (reasons too), and full identity-card numbers even in private fields in clear (trail A22).

    Paths as issues have them: ``summary``, ``calls.2.note``, ``events.3.set.reply``,
    ``events.3.reason``, ``amendments.1.to``. Encrypted values are not in clear.
    """
    return [(path, hit) for path, _, hit in _found(form, record)]


KINDS = {
    IDENTITY: Text("身份证号", "an identity-card number"),
    OLD_IDENTITY: Text("15 位的旧身份证号", "an old identity-card number of 15 digits"),
    PHONE: Text("手机号", "a mobile number"),
    LANDLINE: Text("电话号码", "a telephone number"),
    PLATE: Text("车牌号", "a number plate"),
    CARD: Text("银行卡号", "a bank-card number"),
}


def clear_issues(
    form: Form, record: Record, *, before: Record | None = None, encrypted: bool = False, entry: bool = False
) -> list[Issue]:
    """What :func:`record_hits` finds as issues: a full identity-card number that stands there now is an
    error, everything else a warning. No issue says the number itself.

    ``before``: the record as it was, of which nothing is told again. ``encrypted``: private values are
    about to be encrypted. ``entry``: somebody is writing this now, so nothing is history yet.
    """
    found = _found(form, record)
    if not found:
        return []
    known = {(path, text[hit.start : hit.end]) for path, text, hit in _found(form, before)} if before else set()
    now = "\n".join(text for _, text, _ in _now(form, record)) if not entry else ""
    issues: dict[tuple[str, str], Issue] = {}
    for path, text, hit in found:
        number = text[hit.start : hit.end]
        if (path, number) in known:
            continue
        # A correction repeats the value that stands there now; what stood there before is not written now.
        if path.startswith("amendments.") and not path.endswith(".reason") and (entry or path.endswith(".to")):
            continue
        private = _is_private(form, path)
        if private and encrypted:
            continue
        never = hit.kind in NEVER_IN_CLEAR
        # What was corrected stays in the history, and nobody could do more about it.
        error = never and (entry or number in now)
        field = form.fields.get(_name_in(path))
        issues.setdefault(
            (path, hit.kind),
            Issue(
                "privacy.identity" if never else "privacy.found",
                {
                    "kind": KINDS[hit.kind],
                    "label": field.label if field is not None else path.rpartition(".")[2],
                    "masked": masked(number, [Hit(hit.kind, 0, len(number))]),
                    "last": number[-4:],
                },
                severity="error" if error else "warning",
                field=path,
            ),
        )
    return list(issues.values())


def _name_in(path: str) -> str:
    """The field that a path of :func:`record_hits` speaks of."""
    parts = path.split(".")
    if parts[0] == "events" and len(parts) > 3 and parts[2] == "set":
        return parts[3].rstrip("+")
    return parts[0]


def _is_private(form: Form, path: str) -> bool:
    field = form.fields.get(_name_in(path))
    if field is None:
        return False
    column = field.columns.get(path.rpartition(".")[2])
    return field.private or (column is not None and column.private)


def _now(form: Form, record: Record) -> list[tuple[str, str, Hit]]:
    """What stands in the current values."""
    from logbook.core.lifecycle import state_of

    found: list[tuple[str, str, Hit]] = []
    for name, value in state_of(form, record).fields.items():
        found += _field_hits(form.fields.get(name), value, name)
    return found


def _found(form: Form, record: Record) -> list[tuple[str, str, Hit]]:
    found: list[tuple[str, str, Hit]] = []
    for name, value in record.fields.items():
        found += _field_hits(form.fields.get(name), value, name)
    for number, event in enumerate(record.events, 1):
        place = f"events.{number}"
        for path, value in event.set.items():
            found += _path_hits(form, path, value, f"{place}.set.{path}")
        if event.reason:
            found += [(f"{place}.reason", event.reason, hit) for hit in scan_text(event.reason)]
    for number, amendment in enumerate(record.amendments, 1):
        place = f"amendments.{number}"
        for what, value in (("from", amendment.old), ("to", amendment.new)):
            found += _path_hits(form, amendment.field, value, f"{place}.{what}")
        found += [(f"{place}.reason", amendment.reason, hit) for hit in scan_text(amendment.reason)]
    return found


def _path_hits(form: Form, path: str, value: Stored, place: str) -> Iterator[tuple[str, str, Hit]]:
    name, _, rest = path.partition(".")
    field = form.fields.get(name.rstrip("+"))
    if field is not None and rest and field.columns:
        column = rest.partition(".")[2]
        if not column:
            return _row_hits(field, value, place)
        return _field_hits(field.columns.get(column), value, place, private=field.private)
    return _field_hits(field, value, place)


def _field_hits(
    field: Field | None, value: Stored, place: str, *, private: bool = False
) -> Iterator[tuple[str, str, Hit]]:
    if isinstance(value, str):
        # A field nobody knows is scanned like free text: hand edits bring such.
        if field is not None and field.type not in _TEXT:
            return
        private = private or (field is not None and field.private)
        for hit in scan_text(value):
            if private and hit.kind not in NEVER_IN_CLEAR:
                continue
            if hit.kind in NEVER_IN_CLEAR or not _meant(field, hit.kind):
                yield place, value, hit
    elif field is not None and field.columns and isinstance(value, list):
        for number, row in enumerate(value, 1):
            yield from _row_hits(field, row, f"{place}.{number}")
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _field_hits(None, one, f"{place}.{name}", private=private or bool(field and field.private))
    elif isinstance(value, list) and (field is None or field.type == "checklist"):
        for number, one in enumerate(value, 1):
            yield from _field_hits(None, one, f"{place}.{number}", private=private)


def _row_hits(field: Field, row: Stored, place: str) -> Iterator[tuple[str, str, Hit]]:
    if isinstance(row, Mapping):
        for name, cell in row.items():
            yield from _field_hits(field.columns.get(name), cell, f"{place}.{name}", private=field.private)


def _meant(field: Field | None, kind: str) -> bool:
    pattern = _MEANT.get(kind)
    if field is None or pattern is None:
        return False
    return any(pattern.search(word) for word in (field.id, field.label.zh, field.label.en))
