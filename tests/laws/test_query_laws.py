"""Laws of the query language and of full text."""

from __future__ import annotations

import sqlite3

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from logbook.index.compile import compile_query
from logbook.index.query import Match
from logbook.index.query import Not
from logbook.index.query import Query
from logbook.index.query import Value
from logbook.index.query import Words
from logbook.index.query import parse_query
from logbook.index.query import unparse
from logbook.index.schema import SEARCH
from logbook.index.schema import FormTables
from logbook.index.schema import create_tables
from logbook.index.search import match_expression
from logbook.index.search import tokens
from tests.index.books import NOW
from tests.index.books import ZONE
from tests.index.books import library

FORMS = library()
TABLES = FormTables(FORMS)

names = st.sampled_from(
    ["level", "等级", "departments.dept", "at", "is", "nothing", "状态", "cost", "visit", "told_on"]
)
quoted = st.builds(Value, st.text(max_size=8).filter(lambda text: "\r" not in text), st.just(True))
bare = st.builds(
    Value,
    st.text("abc漏水3-*?.:重大2016", min_size=1, max_size=8).filter(lambda text: not text.startswith("-")),
)
values = st.lists(st.one_of(quoted, bare), min_size=1, max_size=3).map(tuple)
plain = st.builds(Value, st.text("漏水灯3", min_size=1, max_size=4))
words = st.builds(Words, st.lists(st.one_of(quoted, plain), min_size=1, max_size=2).map(tuple))
matches = st.one_of(
    st.builds(Match, names, st.sampled_from([":", "="]), values),
    st.builds(Match, names, st.sampled_from(["<", "<=", ">", ">="]), values.map(lambda v: v[:1])),
    st.builds(Match, names, st.just(":"), st.just(())),
)
queries = st.lists(st.one_of(matches, words, st.builds(Not, st.one_of(matches, words))), max_size=4).map(
    lambda terms: Query(tuple(terms))
)


def without_places(query: Query) -> list[object]:
    def bare_term(term: object) -> object:
        if isinstance(term, Not):
            return ("not", bare_term(term.term))
        if isinstance(term, Words):
            return term.values
        assert isinstance(term, Match)
        return (term.name, term.op, term.values)

    return [bare_term(term) for term in query.terms]


@settings(max_examples=200, deadline=None)
@given(queries)
def test_what_is_written_is_read_back(query: Query) -> None:
    read, issues = parse_query(unparse(query))
    assert issues == []
    assert without_places(read) == without_places(query)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=30), st.text('ab:=<>-", 漏：，“”*\\', max_size=20)))
def test_any_text_is_a_query_or_told_why_not(text: str) -> None:
    query, issues = parse_query(text)
    again, more = parse_query(unparse(query))
    assert more == []
    assert without_places(again) == without_places(query)
    assert all(1 <= issue.args["column"] <= len(text) for issue in issues)  # type: ignore[operator]


@settings(max_examples=150, deadline=None)
@given(queries, st.sampled_from([None, "complaint"]))
def test_every_query_is_sql_or_an_issue(query: Query, form: str | None) -> None:
    compiled, issues = compile_query(
        query, library=FORMS, tables=TABLES, present=frozenset(FORMS.forms), form=form, now=NOW, zone=ZONE
    )
    if not issues:
        sql = f"select r.id from {compiled.source} where {compiled.where}"
        assert EMPTY.execute(sql, compiled.params).fetchall() == []


def _empty() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    create_tables(connection)
    connection.execute(SEARCH)
    for layout in TABLES.values():
        for statement in layout.create():
            connection.execute(statement)
    return connection


EMPTY = _empty()

han = st.text("漏水厨房灯不亮楼道", min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(han, han.map(lambda text: text[:4]))
def test_chinese_words_are_found_where_they_stand_and_only_there(text: str, word: str) -> None:
    assert found(text, word) == (word in text)


@settings(max_examples=100, deadline=None)
@given(han, st.data())
def test_every_part_of_a_text_is_found(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert found(f"3-502 {text}, led", text[start:end])


def found(text: str, word: str) -> bool:
    connection = sqlite3.connect(":memory:")
    connection.execute(SEARCH)
    connection.execute("insert into search (rowid, body) values (1, ?)", (tokens(text),))
    return bool(
        connection.execute("select 1 from search where search match ?", (match_expression(word),)).fetchall()
    )
