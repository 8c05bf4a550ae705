"""The search of the site: files of words and files of records, loaded by the page as scripts.

``s/t/N.js`` holds words and, for each, the records in which it stands, by group; ``s/d/FORM.MONTH.js`` says what the
records of a group are. Nothing private is in either.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from logbook.core.sitepages import Line
from logbook.core.sitepages import record_href
from logbook.core.siteshards import group_of
from logbook.core.siteshards import joined
from logbook.core.siteshards import shard_of
from logbook.core.siteshards import short
from logbook.core.siteshards import stem_of
from logbook.operations.site.target import Target

# Term: group: numbers.
Postings = dict[str, dict[str, str]]
_SAFE = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def script(function: str, *values: object) -> bytes:
    """A call with plain values, which nothing in them can leave."""
    said = (json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in values)
    return f"{function}({','.join(said)});\n".translate(_SAFE).encode()


def values_of(data: bytes) -> list[Any]:
    """The values of such a call."""
    text = data.decode()
    found = json.loads("[" + text[text.index("(") + 1 : text.rindex(")")] + "]")
    return list(found)


def words_href(shard: int) -> str:
    """The file of a shard of words."""
    return f"s/t/{shard:03d}.js"


def group_href(form: str, month: str) -> str:
    """The file of the records of a group."""
    return f"s/d/{form}.{month}.js"


def put_group(target: Target, form: str, prefix: str, month: str, lines: Sequence[Line]) -> str:
    """Write what the records of a group are; gives the file's name."""
    stem = stem_of(prefix, month)
    rows = [
        [short(one.id, stem), one.title, one.status if not one.voided else "voided", one.at[:10]]
        + ([href] if (href := record_href(one.path)) != record_href(_usual(form, month, one.id)) else [])
        for one in lines
    ]
    href = group_href(form, month)
    target.put(href, script("logbookRecords", group_of(form, month), rows))
    return href


def _usual(form: str, month: str, record_id: str) -> str:
    folder = f"{month.replace('-', '/')}/" if month[:1].isdigit() else ""
    return f"records/{form}/{folder}{record_id}.yaml"


def gather(found: Iterable[tuple[str, str, set[str]]]) -> Postings:
    """Words of records (group, short number, terms) turned round: the records of each word."""
    lists: dict[str, dict[str, list[str]]] = {}
    for group, number, terms in found:
        for term in terms:
            lists.setdefault(term, {}).setdefault(group, []).append(number)
    return {term: {group: joined(numbers) for group, numbers in its.items()} for term, its in lists.items()}


def merge(into: Postings, more: Postings) -> None:
    """Take postings of other groups, or of other records of the same, in."""
    for term, groups in more.items():
        known = into.setdefault(term, {})
        for group, numbers in groups.items():
            known[group] = joined((*known[group].split(" "), *numbers.split(" "))) if group in known else numbers


def put_all(target: Target, postings: Postings, count: int) -> list[str]:
    """Write every shard of words; gives the names of the files."""
    shards: list[Postings] = [{} for _ in range(count)]
    for term in sorted(postings):
        shards[shard_of(term, count)][term] = dict(sorted(postings[term].items()))
    hrefs = []
    for number, terms in enumerate(shards):
        if terms:
            target.put(words_href(number), script("logbookWords", number, terms))
            hrefs.append(words_href(number))
    return hrefs


def change(
    target: Target, before: Mapping[tuple[str, str], set[str]], after: Mapping[tuple[str, str], set[str]], count: int
) -> None:
    """Renew the shards of the words that records (group, short number) lost or won."""
    wanted: dict[int, list[tuple[str, str, str, bool]]] = {}
    for key in {**before, **after}:
        old, new = before.get(key, set()), after.get(key, set())
        for term in old ^ new:
            wanted.setdefault(shard_of(term, count), []).append((term, *key, term in new))
    for shard, changes in wanted.items():
        data = target.read(words_href(shard))
        terms: Postings = values_of(data)[1] if data is not None else {}
        for term, group, number, there in changes:
            groups = terms.setdefault(term, {})
            numbers = set(groups.get(group, "").split(" ")) - {""}
            (numbers.add if there else numbers.discard)(number)
            if numbers:
                groups[group] = joined(numbers)
            else:
                groups.pop(group, None)
            if not groups:
                del terms[term]
        if terms:
            ordered = {term: dict(sorted(terms[term].items())) for term in sorted(terms)}
            target.put(words_href(shard), script("logbookWords", shard, ordered))
        else:
            target.drop(words_href(shard))
