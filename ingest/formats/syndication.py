"""RSS 0.9x to 2.0, Atom, RDF and CDF, read by feedparser from text that we decoded and mended. Pure.

feedparser is given a stream and nothing else: bytes or a string it would take for the name of a file or an address.
"""

import contextlib
import html.entities
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import feedparser

from ingest import dates
from ingest.feeds import Entry, ParsedFeed, Text
from ingest.formats.document import Document, NotAFeedError, absolute

ROOTS = frozenset(("rss", "feed", "rdf", "channel"))
VERSIONS = {"rss091u": "rss091", "rss091n": "rss091"}
BY_ROOT = {"rss": "rss", "rdf": "rss10", "feed": "atom", "channel": "cdf"}

KEPT = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|&(#[xX]?[0-9a-fA-F]+;?|[A-Za-z][A-Za-z0-9]*;)?", re.DOTALL)
XML_ENTITIES = frozenset(("amp;", "lt;", "gt;", "quot;", "apos;"))
DECLARED_ENTITY = re.compile(r"<!ENTITY\s+(\w+)\s+([\"'])((?:[^<&%\"']|&#\w{1,7};){0,64})\2\s*>")
MAX_ENTITIES = 500
ITEM = re.compile(r"<(item|entry)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
CAPTION = re.compile(r"(</?media:)description\b", re.IGNORECASE)
OWN_TEXT = re.compile(r"<(?:description|summary|content(?::encoded)?)\b", re.IGNORECASE)
MARKUP = re.compile(r"</?(?:script|style|blink|marquee|iframe|img|br)\b[^<>]*>", re.IGNORECASE)


def reads(document: Document) -> bool:
    """Whether the root is one of a feed."""
    return document.root in ROOTS


def read(document: Document) -> ParsedFeed:
    """Read a feed in XML. Raises NotAFeedError when nothing of one is in it."""
    result = _parse(mended(document), document.url if document.root == "feed" else "")
    feed, entries = result.get("feed") or {}, result.get("entries") or []
    version = str(result.get("version") or "")
    if not version and not entries and not feed.get("title"):
        raise NotAFeedError(f"is XML, but holds nothing of a feed (its root is <{document.root}>)")
    base = _base(document, feed)
    atom = version.startswith("atom")
    return ParsedFeed(
        format=VERSIONS.get(version, version) or BY_ROOT[document.root],
        encoding=document.encoding,
        title=_text(feed, "title", atom=atom),
        language=_string(feed.get("language")),
        authors=_authors(feed),
        entries=tuple(_entry(entry, base, atom=atom) for entry in entries),
        complaint=document.complaining(_complaint(result)),
    )


def mended(document: Document) -> str:
    """The XML with what breaks strict readers put right: undeclared entities, bare ampersands, impossible characters.

    The prolog goes; the short texts that it declares as entities are put in their places.
    """
    prolog, text = document.text[: document.start], document.text[document.start :]
    if "<media:description" in text:
        text = ITEM.sub(_without_captions, text)
    if "&" in text:
        declared = {name: value for name, _, value in DECLARED_ENTITY.findall(prolog)[:MAX_ENTITIES]}
        text = KEPT.sub(lambda found: _reference(found, declared), text)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{text}"


def _without_captions(item: re.Match[str]) -> str:
    """An item whose captions of pictures cannot be taken for its text, which feedparser does."""
    return CAPTION.sub(r"\1caption", item[0]) if OWN_TEXT.search(item[0]) else item[0]


def _reference(found: re.Match[str], declared: Mapping[str, str]) -> str:
    if found[0][0] == "<" or found[1] in XML_ENTITIES:
        return found[0]
    name = found[1]
    if name is None:
        return "&amp;"
    if name.startswith("#"):
        return _character(name)
    if name[:-1] in declared:
        return declared[name[:-1]]
    character = html.entities.html5.get(name)
    return f"&amp;{name}" if character is None else "".join(f"&#{ord(c)};" for c in character)


def _character(name: str) -> str:
    """A numeric reference, or nothing when XML has no such character."""
    digits = name[1:].rstrip(";")
    try:
        code = int(digits[1:], 16) if digits[:1] in "xX" else int(digits)
    except ValueError:
        return f"&amp;{name}"
    valid = code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
    return f"&#{code};" if valid else ""


def _parse(text: str, url: str) -> Any:
    headers = {"content-type": "application/xml; charset=utf-8"}
    if url:
        headers["content-location"] = url
    data = text.encode("utf-8", "replace")
    try:
        return feedparser.parse(
            io.BytesIO(data), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        # feedparser's own faults on input that nobody foresaw: this feed cannot be read, the others can.
        raise NotAFeedError(f"cannot be read ({type(error).__name__} in feedparser: {error})") from error


def _complaint(result: Any) -> str | None:
    if not result.get("bozo"):
        return None
    error = result.get("bozo_exception")
    reason = getattr(error, "getMessage", lambda: str(error))()
    line = getattr(error, "getLineNumber", lambda: None)()
    return f"is not well-formed XML ({reason}{f', line {line - 1}' if line else ''})"


def _base(document: Document, feed: Any) -> str:
    """What relative links are resolved against: in Atom where the feed came from, in RSS the site that it names."""
    own = [link.get("href") for link in feed.get("links") or [] if link.get("rel") == "self"]
    candidates = [document.url, *own, feed.get("link")]
    if document.root != "feed":
        candidates.reverse()
    return next((found for found in (absolute(_string(c), document.url) for c in candidates) if found), "")


def _entry(entry: Any, base: str, *, atom: bool) -> Entry:
    content = _content(entry)
    summary = _text(entry, "summary", atom=atom, default="text/html")
    if summary is not None and content is not None and summary.value == content.value:
        summary = None  # feedparser copies the content where there is no summary
    return Entry(
        id=_string(entry.get("id")),
        link=_link(entry, base, atom=atom),
        title=_text(entry, "title", atom=atom),
        content=content,
        summary=summary,
        published=_date(entry, "published", "created"),
        updated=_date(entry, "updated"),
        language=_language(entry),
        authors=_authors(entry),
        tags=_tags(entry),
    )


def _link(entry: Any, base: str, *, atom: bool) -> str | None:
    """The page of an entry: what says so (feedparser has made a permanent guid a link), else what comes nearest."""
    links = entry.get("links") or []
    pages = [link.get("href") for link in links if link.get("rel") == "alternate" and "html" in link.get("type", "")]
    candidates = [entry.get("feedburner_origlink"), *(pages if atom else []), entry.get("link")]
    candidates += [content.get("src") for content in entry.get("content") or []]
    for kind in ("alternate", "related", "via", "self", "enclosure"):
        candidates += [link.get("href") for link in links if link.get("rel") == kind]
    return next((found for found in (absolute(_string(c), base) for c in candidates) if found), None)


def _content(entry: Any) -> Text | None:
    """The longest content that is text; an entry may carry several."""
    found: list[Text] = []
    for content in entry.get("content") or []:
        kind, value = str(content.get("type") or "text/html").lower(), _string(content.get("value"))
        if value and (kind.startswith("text/") or kind.endswith("xml") or kind in ("", "html", "xhtml", "text")):
            found.append(Text(value, "text" if kind == "text/plain" else "html"))
    return max(found, key=lambda text: len(text.value), default=None)


def _text(holder: Any, name: str, *, atom: bool, default: str = "text/plain") -> Text | None:
    value = _string(holder.get(name))
    if not value:
        return None
    kind = str((holder.get(f"{name}_detail") or {}).get("type") or default).lower()
    plain = kind == "text/plain" and (atom or not MARKUP.search(value))
    return Text(value, "text" if plain else "html")


def _date(entry: Any, *names: str) -> datetime | None:
    """The first of these dates, as we read it, else as feedparser does (some Asian and Hungarian forms)."""
    for name in names:
        moment = dates.parse(_string(dict.get(entry, name)))
        parsed = dict.get(entry, f"{name}_parsed")
        if moment is None and parsed:
            with contextlib.suppress(ValueError):
                moment = datetime(*parsed[:6]).replace(tzinfo=UTC)  # noqa: DTZ001
        if moment is not None:
            return moment
    return None


def _language(entry: Any) -> str | None:
    details = [entry.get("title_detail"), *(entry.get("content") or []), entry.get("summary_detail")]
    candidates = [entry.get("language"), *(detail.get("language") for detail in details if detail)]
    return next((found for found in map(_string, candidates) if found), None)


def _authors(holder: Any) -> tuple[str, ...]:
    names = [_name(author) for author in holder.get("authors") or []]
    found = tuple(dict.fromkeys(name for name in names if name))
    single = _string(holder.get("author"))
    return found or ((single,) if single else ())


def _name(author: Any) -> str | None:
    name, email = _string(author.get("name")), _string(author.get("email"))
    # feedparser splits `desk@paper.example (The Desk)` in the middle of ends that are longer than four letters.
    torn = re.match(r"[\w.-]*\s*\(([^()]+)$", name) if name and email else None
    return (torn[1] if torn else name) or email


def _tags(entry: Any) -> tuple[str, ...]:
    names = (_string(tag.get("label")) or _string(tag.get("term")) for tag in entry.get("tags") or [])
    return tuple(dict.fromkeys(name for name in names if name))


def _string(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
