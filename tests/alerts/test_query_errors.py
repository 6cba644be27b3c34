"""Mistakes in queries: said at their place, with what was expected; and nothing takes long to refuse."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.query import Query, QueryError, QueryRefusedError, Vocabulary, compile_query

VOCABULARY = Vocabulary()


def refused(text: str) -> list[QueryError]:
    with pytest.raises(QueryRefusedError) as caught:
        compile_query(text, VOCABULARY)
    return list(caught.value.errors)


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ("", 1, 1, "the query is empty", "at least one word"),
        (" \n\t ", 1, 1, "the query is empty", ""),
        ("# only a comment", 1, 17, "something is missing", ""),
        ("(a", 1, 1, "this bracket is never closed", "expected )"),
        ("a (b\n OR (c)", 1, 3, "this bracket is never closed", ""),
        ("event:coup(status:denied", 1, 11, "this bracket is never closed", ""),
        ("a)", 1, 2, "this bracket closes none", ""),
        ("()", 1, 2, "nothing stands before this bracket", "a word, a phrase"),
        ("a OR", 1, 5, "after OR something is missing", "a word, a phrase"),
        ("a\n AND NOT", 2, 9, "after NOT something is missing", ""),
        ("OR a", 1, 1, "before OR something is missing", ""),
        ("a AND AND b", 1, 7, "before AND something is missing", ""),
        ("a OR OR b", 1, 6, "before OR something is missing", ""),
        ('a "b c', 1, 3, "this quotation mark is never closed", 'expected "'),
        ("a „b c", 1, 3, "this quotation mark is never closed", "expected “"),
        ("a /b", 1, 3, "this regular expression is never closed", "expected /"),
        ("a /(b/", 1, 3, "the regular expression is wrong: missing )", "RE2"),
        (r"/(?=a)/", 1, 1, "the regular expression is wrong", "without look-around"),
        ("/a*/", 1, 1, "the regular expression finds the empty text", ""),
        ("event:", 1, 7, "the value of the field is missing", "event:leader_meeting"),
        ("country:DE,", 1, 12, "the value of the field is missing", "country:DE"),
        ("country:(DE OR FR)", 1, 9, "values stand without brackets", "country:DE,FR"),
        ('tag:""', 1, 5, "an empty value", ""),
        ("confidence>", 1, 12, "the value of the field is missing", ""),
        ("a, b", 1, 2, "a comma stands only between the values of a field", ""),
        ("10:30", 1, 3, "before the colon stands no field", "quotation marks"),
        ("a > 5", 1, 1, "there is no field a:", ""),
        ("> 5", 1, 1, "before > stands no field", ""),
        ("- a", 1, 1, "- excludes what stands directly after it", "-word"),
        ("a -", 1, 3, "- excludes what stands directly after it", ""),
        ("wo*rd", 1, 1, "* can stand only once, at the end of a word", "word*"),
        ("*word", 1, 1, "* can stand only once, at the end of a word", ""),
        ("a*", 1, 1, "a* finds nearly every text", "two letters"),
        ("a NEAR b", 1, 3, "NEAR wants a number of words", "NEAR/5"),
        ("a NEAR/x b", 1, 3, "NEAR wants a number of words", ""),
        ("a NEAR/0 b", 1, 3, "NEAR counts words from 1 to 100", ""),
        ("a NEAR/999999999999999999999 b", 1, 3, "NEAR counts words from 1 to 100", ""),
        ("a || b", 1, 3, "'||' holds neither letter nor digit", "AND, OR, NOT"),
        ("a –", 1, 3, "'–' holds neither letter nor digit", ""),
        ('"…"', 1, 1, "holds neither letter nor digit", ""),
        ("NOT a", 1, 1, "this rule only excludes", ""),
        ("-a", 1, 1, "this rule only excludes", ""),
        ("-a -b", 1, 1, "this rule only excludes", ""),
        ("NOT (a OR b)", 1, 1, "this rule only excludes", ""),
        ("a OR NOT b", 1, 6, "this rule only excludes", ""),
        ("NOT event:coup", 1, 1, "this rule only excludes", ""),
        ("title:(NOT a)", 1, 8, "this rule only excludes", ""),
        ("a \u202eb", 1, 3, "U+202E is a character that turns the direction", "delete it"),
        ("a\x00b", 1, 2, "U+0000 is a control character", "delete it"),
    ],
)
def test_a_mistake_is_told_at_its_place(text: str, line: int, column: int, message: str, hint: str) -> None:
    error = refused(text)[0]
    assert (error.line, error.column) == (line, column)
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize("text", ["a NOT b", "NOT NOT a", "(a OR NOT b) c", "a -b -c", "event:coup(NOT status:denied)"])
def test_excluding_beside_something_is_no_mistake(text: str) -> None:
    assert isinstance(compile_query(text, VOCABULARY), Query)


def test_mistakes_within_words_are_told_all_at_once() -> None:
    places = [(error.line, error.column) for error in refused("*a OR b*c\n|| /a\\(/ NEAR")]
    assert places == [(1, 1), (1, 7), (2, 1), (2, 10)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a AND (b", "a AND (b\n      ^"),
        ("event:cop", "event:cop\n      ^^^"),
        ("首脑 ||", "首脑 ||\n     ^^"),
        ("a\n\t|| b", "\t|| b\n\t^^"),
    ],
)
def test_a_caret_stands_below_the_mistake(text: str, shown: str) -> None:
    error = refused(text)[0]
    assert error.caret() == shown
    with pytest.raises(QueryRefusedError, match=r"line [12]") as caught:
        compile_query(text, VOCABULARY)
    assert shown in str(caught.value)


def test_of_a_long_line_only_the_part_around_the_mistake_is_shown() -> None:
    error = refused("word " * 300 + "(")[0]
    assert max(map(len, error.caret().split("\n"))) <= 120
    assert error.caret().split("\n")[1].endswith("^")


@pytest.mark.parametrize("text", ["Putin and Kim", "(Putin or Kim)", "Putin not (Kim)"])
def test_small_operators_are_words_with_a_warning(text: str) -> None:
    [warning] = compile_query(text, VOCABULARY).warnings
    assert "is looked for as a word" in warning.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a" * 10_000_000, "10,000,000 bytes, 8,192 are allowed"),
        ("word " * 100_000, "500,000 bytes"),
        ("(" * 100_000 + "a" + ")" * 100_000, "200,001 bytes"),
        ("(" * 4_000, "something is missing"),
        ("(" * 4_000 + "a", "this bracket is never closed"),
        ("NOT " * 2_000 + "a", "nested 2001 levels deep, 32 are allowed"),
        ("-(" * 2_000 + "a" + ")" * 2_000, "levels deep"),
        ("(a OR (b " * 200 + "c" + "))" * 200, "levels deep"),
        ("event:coup(" * 400 + "status:denied" + ")" * 400, "levels deep"),
        ("a " * 501, "501 terms, 500 are allowed"),
        ("tag:" + ",".join("a" * 501), "501 terms"),
        ("a NEAR/5 " * 400 + "a", "levels deep"),
        ("/" + "a" * 1025 + "/", "1,025 bytes, 1,024 are allowed"),
        ("/" + "((a{1,100}){1,100}){1,100}" + "/", "the regular expression is wrong"),
        ('"' * 8_001, "never closed"),
        ("é" * 4_097, "8,194 bytes"),
        ("a" + "\u202e" * 100, "turns the direction"),
    ],
    ids=lambda value: value[:20],
)
def test_what_is_too_much_is_refused_at_once(text: str, message: str) -> None:
    start = time.process_time()
    errors = refused(text)
    assert time.process_time() - start < 2
    assert any(message in error.message for error in errors)


@pytest.mark.parametrize(
    "text", ["(" * 3_000 + "a" + ")" * 3_000, "a " * 500, "(a OR b) " * 250, "tag:" + ",".join("a" * 500)]
)
def test_what_is_just_within_the_limits_is_taken(text: str) -> None:
    assert isinstance(compile_query(text, VOCABULARY), Query)


PIECES = ["a", "b*", '"c d"', "(", ")", "AND", "OR", "NOT", "-", "NEAR/2", "event:", "coup", "status:denied", "title:"]
PIECES += [
    ",",
    ":",
    "/x/",
    "=",
    '"',
    "„",
    "“",
    "#",
    "\n",
    " ",
    ">",
    "confidence>0.5",
    "event:coup(",
    "\\",
    "首",
    "é",
    "\u202e",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=30))
def test_any_text_is_a_query_or_refused_within_its_own_lines(text: str) -> None:
    try:
        compile_query(text, VOCABULARY)
    except QueryRefusedError as error:
        lines = text.split("\n")
        for one in error.errors:
            assert 1 <= one.line <= len(lines)
            assert 1 <= one.column <= len(lines[one.line - 1]) + 1
            assert one.caret()
