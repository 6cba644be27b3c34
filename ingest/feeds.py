"""What we subscribe to, and what it says: the shapes between fetching, formats, articles and the store."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from streams.messages import FeedState


@dataclass(frozen=True, slots=True)
class Feed:
    """A subscription as the store keeps it. `lease` is the fencing token of the process that may fetch it now."""

    url: str
    state: FeedState = "new"
    title: str | None = None
    language: str | None = None
    folder: str = ""
    etag: str | None = None
    modified: str | None = None
    body_hash: str | None = None
    failures: int = 0
    reason: str | None = None
    http_status: int | None = None
    entries: int = 0
    checked: datetime | None = None
    last_success: datetime | None = None
    last_article: datetime | None = None
    next: datetime | None = None
    lease: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of a feed as it stands there: plain text, or HTML still to be made plain."""

    value: str
    kind: Literal["text", "html"] = "text"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed, in the feed's own words. `link` is absolute; dates are in UTC."""

    id: str | None = None
    link: str | None = None
    title: Text | None = None
    content: Text | None = None
    summary: Text | None = None
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What a feed says. `complaint` is what is wrong with it, though it was read."""

    format: str
    encoding: str
    title: Text | None = None
    language: str | None = None
    authors: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    complaint: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fetch that brought a body; `moved` is the address that permanent redirects led to."""

    body: bytes
    content_type: str
    url: str
    status: int
    etag: str | None = None
    modified: str | None = None
    moved: str | None = None
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class NotModified:
    """The feed says that nothing changed."""

    status: int = 304
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A fetch that brought nothing: `reason` is one sentence, `after` the least time that the server asked for."""

    reason: str
    status: int | None = None
    gone: bool = False
    after: timedelta | None = None
