"""Each topic, declared in one place: name, message, key, partitions, retention."""

from dataclasses import dataclass
from datetime import timedelta

from streams.messages import Alert, Annotated, Article, FeedRequest, FeedStatus, Message


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as `tocsin topics create` makes it. `key` says what the record key is: records of a key stay in order."""

    name: str
    message: type[Message] | None
    key: str
    partitions: int
    retention: timedelta
    purpose: str


ARTICLES = Topic("articles", Article, "article id", 8, timedelta(days=7), "entries of feeds as plain text")
ANNOTATED = Topic("annotated", Annotated, "article id", 8, timedelta(days=7), "articles with names and events")
ALERTS = Topic("alerts", Alert, "alert id", 4, timedelta(days=30), "rules that met an article")
FEED_STATUS = Topic("feed-status", FeedStatus, "feed URL", 1, timedelta(days=7), "what each fetch came to")
FEED_REQUESTS = Topic("feed-requests", FeedRequest, "feed URL", 1, timedelta(days=7), "what ingest is asked to do")
DEAD_LETTERS = Topic(
    "dead-letters", None, "as in the source", 1, timedelta(days=30), "records that could not be processed"
)

TOPICS = (ARTICLES, ANNOTATED, ALERTS, FEED_STATUS, FEED_REQUESTS, DEAD_LETTERS)

MAX_RECORD_BYTES = 900_000
"""Largest record value that is sent: below Kafka's default limit of 1,048,588 with room for headers and key."""
