"""What travels: what older programs wrote is still read, nothing is lost on the way, and what is wrong says where.

The golden files stand for records on the topics and lines in saved pipes. They are added to, never changed: a change
that makes one fail would break what users hold.
"""

import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import messages, topics
from streams.messages import (
    Alert,
    Annotated,
    Article,
    DeadLetter,
    FeedRequest,
    FeedStatus,
    Message,
    UnreadableError,
    content_id,
    decode,
    encode,
    utc,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "messages"

KINDS: dict[str, type[Message]] = {
    "alert": Alert,
    "annotated": Annotated,
    "article": Article,
    "dead_letter": DeadLetter,
    "feed_request": FeedRequest,
    "feed_status": FeedStatus,
}


def kind_of(path: Path) -> type[Message]:
    return KINDS[path.name.partition(".")[0]]


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_what_was_written_is_still_read_and_goes_round(path: Path):
    kind = kind_of(path)
    message = decode(path.read_bytes(), kind)
    assert decode(encode(message), kind) == message
    assert b"\n" not in encode(message)


@pytest.mark.parametrize("name", KINDS)
def test_a_full_message_is_written_exactly_as_the_golden_one(name: str):
    """Every field is there under its promised name, so a renamed or removed one fails here."""
    golden = (GOLDEN / f"{name}.json").read_bytes()
    assert json.loads(encode(decode(golden, KINDS[name]))) == {**defaults(name), **json.loads(golden)}


def defaults(name: str) -> dict[str, object]:
    """Fields that came after the golden message was written."""
    minimal = (GOLDEN / f"{name}.minimal.json").read_bytes()
    written: dict[str, object] = json.loads(encode(decode(minimal, KINDS[name])))
    return written


def test_every_message_of_a_topic_has_golden_files():
    on_topics = {topic.message for topic in topics.TOPICS if topic.message is not None}
    assert on_topics | {DeadLetter} == set(KINDS.values())
    for name in KINDS:
        assert (GOLDEN / f"{name}.json").exists()
        assert (GOLDEN / f"{name}.minimal.json").exists()


def test_what_another_program_writes_is_accepted():
    article = decode((GOLDEN / "article.foreign.json").read_bytes(), Article)
    assert (article.text, article.authors, article.source.feed) == ("", (), "")
    assert article.published == datetime(2023, 9, 5, 12, tzinfo=UTC), "a bare date means noon"
    assert article.fetched is not None
    assert utc(article.fetched) == datetime(2023, 9, 5, 10, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"title": "\xff"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"0\x00", "not JSON"),
        (b"[]", "expected a JSON object, found list"),
        (b"null", "expected a JSON object, found NoneType"),
        (b'"text"', "expected a JSON object, found str"),
        (b'{"title": 7}', "$.title"),
        (b'{"authors": ["a", 7]}', "$.authors[1]"),
        (b'{"published": "yesterday"}', "$.published"),
        (b'{"published": "2023-13-45"}', "$.published"),
        (b'{"source": {"feed": 1}}', "$.source.feed"),
        (b'{"revision": 1.5}', "$.revision"),
    ],
)
def test_what_cannot_be_read_says_where(data: bytes, where: str):
    with pytest.raises(UnreadableError) as caught:
        decode(data, Article)
    assert where in str(caught.value)


@pytest.mark.parametrize(
    ("data", "where"),
    [(b'{"title": "t"}', "id"), (b'{"id": "a", "rule": {"id": "r"}, "article": {"id": "x"}}', "$.rule")],
)
def test_a_field_without_a_default_is_missed(data: bytes, where: str):
    with pytest.raises(UnreadableError) as caught:
        decode(data, Alert)
    assert where in str(caught.value)


@given(st.text(max_size=200), st.text(max_size=200), st.lists(st.text(max_size=20), max_size=4))
def test_any_text_goes_round(title: str, text: str, tags: list[str]):
    article = Article(title=title, text=text, tags=tuple(tags))
    assert decode(encode(article), Article) == article


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_unreadable(data: bytes):
    with contextlib.suppress(UnreadableError):
        assert isinstance(decode(data, Article), Article)


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [
        (datetime(2023, 9, 5, 12), datetime(2023, 9, 5, 12, tzinfo=UTC)),  # noqa: DTZ001 -- the case
        (datetime(2023, 9, 5, 12, tzinfo=timezone(timedelta(hours=9))), datetime(2023, 9, 5, 3, tzinfo=UTC)),
    ],
)
def test_times_are_utc(moment: datetime, wanted: datetime):
    assert utc(moment) == wanted
    assert utc(moment).tzinfo is UTC


def test_ids_are_stable_for_ever():
    assert content_id("al", "rule_1", "ar_1") == "al_25bd8cbd5370b6d0df2a308602454638"
    assert content_id("x", "ab", "c") != content_id("x", "a", "bc")
    assert content_id("x", "\ud800"), "half a surrogate pair has an id too"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.__name__)
def test_every_message_has_a_schema(kind: type[Message]):
    schema = messages.schema(kind)
    properties = schema["$defs"][kind.__name__]["properties"]
    assert set(properties) == set(kind.__struct_fields__)


def test_messages_cannot_be_changed():
    with pytest.raises(AttributeError):
        Article(title="a").title = "b"  # type: ignore[misc]
    assert msgspec.structs.replace(Article(title="a"), title="b").title == "b"
