"""JSON Feed 1.0 and 1.1 (jsonfeed.org): lenient about types, as the feeds are. Pure."""

import json
from typing import Any

from ingest import dates
from ingest.feeds import Entry, ParsedFeed, Text
from ingest.formats.document import Document, NotAFeedError


def reads(document: Document) -> bool:
    """Whether the document is JSON."""
    return document.root == "{"


def read(document: Document) -> ParsedFeed:
    """Read a JSON Feed. Raises NotAFeedError for JSON that is none."""
    try:
        feed, _ = json.JSONDecoder(strict=False).raw_decode(document.text)
    except (ValueError, RecursionError) as error:
        raise NotAFeedError(f"is no valid JSON: {error}") from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items", []), list):
        raise NotAFeedError("is JSON, but no JSON Feed")
    version = _string(feed.get("version")) or ""
    known = "jsonfeed.org/version/1" in version
    if not known and "items" not in feed:
        raise NotAFeedError("is JSON, but no JSON Feed")
    items = [item for item in feed.get("items", []) if isinstance(item, dict)]
    return ParsedFeed(
        format="json11" if version.rstrip("/").endswith("1.1") else "json10",
        encoding=document.encoding,
        title=_text(feed.get("title")),
        language=_string(feed.get("language")),
        authors=_authors(feed),
        entries=tuple(_entry(document, item) for item in items),
        complaint=document.complaining(None if known else "does not name its version of JSON Feed"),
    )


def _entry(document: Document, item: dict[str, Any]) -> Entry:
    markup, plain = _string(item.get("content_html")), _string(item.get("content_text"))
    content = Text(markup, "html") if markup else Text(plain) if plain else None
    tags = item.get("tags")
    identity = _string(item.get("id"))
    return Entry(
        id=identity,
        link=document.resolve(_string(item.get("url")) or _string(item.get("external_url")))
        or document.resolve(identity if identity and "://" in identity else None),
        title=_text(item.get("title")),
        content=content,
        summary=_text(item.get("summary")),
        published=dates.parse(_string(item.get("date_published"))),
        updated=dates.parse(_string(item.get("date_modified"))),
        language=_string(item.get("language")),
        authors=_authors(item),
        tags=tuple(tag for tag in map(_string, tags) if tag) if isinstance(tags, list) else (),
    )


def _authors(holder: dict[str, Any]) -> tuple[str, ...]:
    """`authors` of version 1.1, else `author` of 1.0; either may hold a list, an object or a bare name."""
    found = holder.get("authors") or holder.get("author") or []
    people = found if isinstance(found, list) else [found]
    names = (_string(p.get("name")) if isinstance(p, dict) else _string(p) for p in people)
    return tuple(name for name in names if name)


def _text(value: Any) -> Text | None:
    text = _string(value)
    return Text(text) if text else None


def _string(value: Any) -> str | None:
    """A string, or a number written as one; None for everything else."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None
