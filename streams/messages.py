"""What travels: the typed messages of every topic and pipe, as JSON on the wire.

Readers must accept what older writers wrote: fields are added with a default, never renamed, never removed.
Times are UTC. Offsets count Unicode code points of the field they name.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Literal, TypeVar

import msgspec

Field = Literal["title", "text"]
Status = Literal["occurred", "planned", "possible", "denied", "background"]
Severity = Literal["low", "medium", "high", "critical"]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything on the wire."""


class Source(Message, frozen=True):
    """Where an article came from: `feed` is the feed's URL, or the file as given to `tocsin parse`."""

    feed: str = ""
    title: str | None = None


class Article(Message, frozen=True):
    """One entry of a feed as plain text. `id` is the same for ever for the same entry of the same feed.

    `text` is the entry's content, else its summary, else "". `language` is an ISO 639-1 code, as far as the feed says
    one. `truncated` tells that the text was cut to the size limit of a record.
    """

    id: str = ""
    url: str | None = None
    title: str = ""
    text: str = ""
    summary: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    source: Source = Source()
    fetched: datetime | None = None
    revision: int = 1
    truncated: bool = False


class Span(Message, frozen=True):
    """A piece of a field: `article.<field>[start:end] == text`, always."""

    field: Field
    start: int
    end: int
    text: str


class Mention(Span, frozen=True):
    """A name in a text. `entity` is a Wikidata id where one is known, else a stable own id, else null.

    `kind`: person, country, organization, place, weapon, keyword. `country` is ISO 3166-1 alpha-2. `office` is the
    one held on the article's date: head_of_state, head_of_government, foreign_minister, defence_minister, …
    """

    kind: str
    entity: str | None = None
    name: str | None = None
    country: str | None = None
    office: str | None = None


class Filler(Message, frozen=True):
    """Who or what fills a role of an event."""

    entity: str | None = None
    name: str = ""
    country: str | None = None


class Event(Message, frozen=True):
    """What a text reports: a type, whether it happened, who did what to whom, and the words that say so.

    `confidence` is a probability in 0…1.
    """

    type: str
    status: Status
    roles: dict[str, tuple[Filler, ...]]
    trigger: Span
    evidence: Span
    confidence: float


class Annotated(Article, frozen=True):
    """An article with the names and events found in it."""

    mentions: tuple[Mention, ...] = ()
    events: tuple[Event, ...] = ()


class RuleReference(Message, frozen=True):
    """The rule that fired, as it was when it fired."""

    id: str
    name: str
    severity: Severity = "medium"


class ArticleReference(Message, frozen=True):
    """The article that an alert is about, without its text."""

    id: str
    url: str | None = None
    title: str = ""
    published: datetime | None = None
    language: str | None = None
    source: Source = Source()


class Matched(Span, frozen=True):
    """Words that satisfied a clause of the rule; `clause` is the clause as the analyst wrote it."""

    clause: str


class Latency(Message, frozen=True):
    """Seconds between the steps; null where a time is unknown or lies in the future."""

    published_to_fetched: float | None = None
    fetched_to_alert: float | None = None


class Alert(Message, frozen=True):
    """One rule met one article. `id` is computed from both, so a repeat is the same alert."""

    id: str
    rule: RuleReference
    article: ArticleReference
    events: tuple[Event, ...] = ()
    matched: tuple[Matched, ...] = ()
    latency: Latency = Latency()


FeedState = Literal["new", "well", "failing", "gone", "paused"]


class FeedStatus(Message, frozen=True):
    """What the last fetch of a feed came to. `reason` is one sentence; `next` is when it is asked again."""

    feed: str
    state: FeedState
    checked: datetime
    title: str | None = None
    language: str | None = None
    reason: str | None = None
    http_status: int | None = None
    entries: int = 0
    new: int = 0
    failures: int = 0
    last_success: datetime | None = None
    last_article: datetime | None = None
    next: datetime | None = None


class FeedRequest(Message, frozen=True):
    """Somebody asks ingest for something about a feed; `by` is who."""

    action: Literal["add", "remove", "pause", "resume", "fetch"]
    feed: str
    by: str = ""


class DeadLetter(Message, frozen=True):
    """A record that could not be processed, with its origin. `id` is its own partition:offset in `dead-letters`."""

    id: str
    source_topic: str
    source_partition: int
    source_offset: int
    error: str
    attempts: int = 1
    time: datetime | None = None
    key: bytes | None = None
    value: bytes | None = None


M = TypeVar("M", bound=Message)


class UnreadableError(ValueError):
    """Bytes that are no message of the wanted type; the text says where."""


def encode(message: Message) -> bytes:
    """A message as one JSON object, UTF-8, without a line end."""
    return msgspec.json.encode(message)


def decode(data: bytes | str, kind: type[M]) -> M:
    """Read a message strictly typed; null for a field with a default, and a date without a time, are accepted.

    Raises UnreadableError, which says what is wrong at which path.
    """
    try:
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.ValidationError:
            return _decode_leniently(data, kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(f"not JSON: {error}") from error


def _decode_leniently(data: bytes | str, kind: type[M]) -> M:
    raw: Any = msgspec.json.decode(data)
    if not isinstance(raw, dict):
        raise UnreadableError(f"expected a JSON object, found {type(raw).__name__}")
    kept = {key: _with_time(key, value) for key, value in raw.items() if value is not None}
    try:
        return msgspec.convert(kept, type=kind)
    except msgspec.ValidationError as error:
        raise UnreadableError(str(error)) from error


def _with_time(key: str, value: Any) -> Any:
    """A bare date (`2023-09-05`) means noon UTC of that day."""
    if key in ("published", "updated", "fetched") and isinstance(value, str) and len(value) == 10:
        try:
            return datetime.combine(date.fromisoformat(value), time(12), UTC)
        except ValueError:
            return value
    return value


def utc(moment: datetime) -> datetime:
    """The same moment in UTC; a time without a zone is taken to be UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def content_id(kind: str, *parts: str) -> str:
    """A stable id from content: 128 bits of SHA-256 over the parts, prefixed by what it names (`al_…`)."""
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{kind}_{digest[:32]}"


def schema(kind: type[Message]) -> Mapping[str, Any]:
    """The JSON Schema of a message type, for programs in other languages."""
    return msgspec.json.schema(kind)
