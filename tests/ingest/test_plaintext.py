"""HTML to text: what is kept, what goes, and that hostile input is only slow."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import plaintext


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>Hello &amp; <b>world</b></p><p>two<br>three</p>", "Hello & world\ntwo\nthree"),
        ("<ul><li>a<li>b</ul>c", "a\nb\nc"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"),
        ("a line\nbreak <i>in</i>\tthe   source", "a line break in the source"),
        ("<script>x()</script><style>p{}</style><p>kept</p><noscript>n</noscript>", "kept"),
        ("<!-- hidden -->seen<?php echo 1 ?>", "seen"),
        ("5 &lt; 6 &gt; 4", "5 < 6 > 4"),
        ("&lt;p&gt;escaped twice&lt;/p&gt;", "escaped twice"),
        ("&amp;lt;", "&lt;"),
        ("x<img src=a alt=caption>y", "xy"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("no\u00a0break&nbsp;space", "no break space"),
        ("wrong &#150; quotes &#147;here&#148;", "wrong – quotes “here”"),
        ("nul\x00 bell\x07 and \ud800 surrogate", "nul bell and � surrogate"),
        ("e\u0301", "é"),
        ("right\u202eleft\u2066x", "rightleftx"),
        ("<![CDATA[inside]]> out", "inside out"),
        ("<pre>one\n two</pre>", "one\ntwo"),
        ("<div>" * 300 + "deep" + "</div>" * 300, "deep"),
        ("", ""),
        ("<p>", ""),
        ("plain", "plain"),
    ],
)
def test_text_of_html(source: str, text: str) -> None:
    assert plaintext.from_html(source) == text


def test_a_title_is_one_line() -> None:
    assert plaintext.one_line(" a\n b\t c ") == "a b c"


@settings(max_examples=300, deadline=None)
@given(st.text() | st.text(alphabet="<>/&;#x! -pdivbscrt\"'=\n\x00\ud800"))
def test_any_text_becomes_text_in_order(source: str) -> None:
    text = plaintext.from_html(source)
    text.encode()
    assert text == text.strip()
    assert not any(char in text for char in "\x00\r\t\u200b\ufeff")
    assert plaintext.clean(text) == text


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 200_000,
        "<a>" * 300_000 + "x",
        "<" * 1_000_000,
        "<script>" * 100_000,
        "<script " * 100_000,
        "&" * 1_000_000,
        "<a " + "x=1 " * 200_000 + ">",
        ("<a" + " " * 9_000) * 200,
        "<p>" + "x" * 5_000_000,
        "<![CDATA[" * 100_000,
    ],
)
def test_hostile_html_is_bounded(source: str) -> None:
    started = time.process_time()
    assert len(plaintext.from_html(source)) <= plaintext.MAX_CHARACTERS
    assert time.process_time() - started < 4
