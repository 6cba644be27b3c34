"""Feed lists in and out."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import opml
from ingest.feeds import Feed

NESTED = b"""<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>x</title></head><body>
<outline text="Asia"><outline title="Korea" text="K"><outline text="One" type="rss" xmlUrl="https://one.example/feed"/></outline>
<outline TEXT="Two" xmlurl="feed://two.example/rss"/></outline>
<outline text="No feed"/><outline text="Bad" xmlUrl="javascript:alert(1)"/>
<outline text="Three" xmlUrl="feed:https://three.example/"/>
</body></opml>"""


def test_opml_with_folders_odd_cases_and_a_bad_line() -> None:
    listed = opml.read(NESTED)
    feeds = {line.url: (line.feed.title, line.feed.folder) if line.feed else None for line in listed}
    assert feeds == {
        "https://one.example/feed": ("One", "Asia/Korea"),
        "http://two.example/rss": ("Two", "Asia"),
        "javascript:alert(1)": None,
        "https://three.example/": ("Three", ""),
    }
    assert [line.line for line in listed] == [1, 2, 3, 4]
    assert "no http" in (listed[2].problem or "")


def test_lines_of_text() -> None:
    text = "\ufeff# feeds\n\nhttps://a.example/feed#part  A title # seen\nnot a url\nhttps://b.example/\n"
    listed = opml.read(text.encode())
    assert [(line.line, line.feed.title if line.feed else line.problem is not None) for line in listed] == [
        (3, "A title"),
        (4, True),
        (5, None),
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<opml><body>", "not well-formed"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><opml><body/></opml>", "document type"),
        (b"<html/>", "no OPML"),
        (b"\xff\xfe\x00\x80", "neither"),
        (b"#" * 5_000_001, "larger"),
        (b"<opml><body>" + b'<outline xmlUrl="https://a.example/"/>' * 10_001 + b"</body></opml>", "more than"),
    ],
)
def test_lists_that_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(opml.OpmlError, match=reason):
        opml.read(data)


def test_deep_nesting_is_read() -> None:
    data = b"<opml><body>" + b'<outline text="x">' * 3_000 + b'<outline xmlUrl="https://a.example/"/>'
    data += b"</outline>" * 3_000 + b"</body></opml>"
    assert len(opml.read(data)) == 1


NAMES = st.text(string.ascii_letters + "äß&<>\"' 한", min_size=1, max_size=12).map(str.strip).filter(bool)


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(
        st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8).map(
            lambda n: f"https://{n}.example/?a=1&b=2"
        ),
        st.tuples(NAMES, st.lists(NAMES, max_size=3).map("/".join)),
        max_size=8,
    )
)
def test_what_is_written_is_read_again(wanted: dict[str, tuple[str, str]]) -> None:
    feeds = [Feed(url=url, title=title, folder=folder) for url, (title, folder) in wanted.items()]
    read = [line.feed for line in opml.read(opml.write(feeds))]
    assert {(f.url, f.title, f.folder) for f in read if f} == {(f.url, f.title, f.folder) for f in feeds}
