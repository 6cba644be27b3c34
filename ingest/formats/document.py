"""A decoded document and its root element: what the formats decide by. Pure."""

import re
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from streams.errors import PermanentError

FEED_ROOTS = frozenset(("rss", "feed", "rdf", "channel", "urlset", "sitemapindex"))
PROLOG = re.compile(
    r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>|<!ENTITY[^>]*>|\]>", re.DOTALL | re.IGNORECASE
)
ELEMENT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s/>]")
FEED_ROOT = re.compile(r"<(?:[\w.-]+:)?(rss|feed|rdf|channel|urlset|sitemapindex)[\s>]", re.IGNORECASE)
PAGE_ROOT = re.compile(r"<(?:!doctype\s+)?html\b", re.IGNORECASE)
JUNK_CHARACTERS = 20_000
"""How far into a document its root is looked for, behind warnings of programs and other junk."""

CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class NotAFeedError(PermanentError):
    """The bytes are no feed; the text is a sentence without its subject ("is a web page, not a feed")."""


@dataclass(frozen=True, slots=True)
class Document:
    """Text without junk before its prolog; the root element begins at `start`.

    `root` is the root's local name in lower case, "{" for JSON, "" for neither.
    """

    text: str
    root: str
    encoding: str
    url: str = ""
    complaint: str | None = None
    start: int = 0

    def complaining(self, *more: str | None) -> str | None:
        """All that is wrong, in one sentence."""
        parts = [part for part in (self.complaint, *more) if part]
        return "; ".join(dict.fromkeys(parts)) or None

    def resolve(self, link: str | None, base: str = "") -> str | None:
        """A link of the document as an absolute http(s) URL; None for `javascript:`, `data:` and whatever is none."""
        return absolute(link, base or self.url)


def absolute(link: str | None, base: str) -> str | None:
    """A link as an absolute http(s) URL, else None. Spaces and control characters inside are taken out or escaped."""
    if not link:
        return None
    link = re.sub(r"[\x00-\x1f\x7f]", "", link).strip().replace(" ", "%20")
    try:
        joined = urljoin(base, link) if base else link
        parts = urlsplit(joined)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or len(joined) > 4_000:
        return None
    return joined


def root_of(text: str, encoding: str, url: str, complaint: str | None) -> Document:
    """Find the root element, past prolog and junk."""
    text = CONTROLS.sub("", text.lstrip("\ufeff \t\r\n\x00"))
    document = Document(text, "", encoding, url, complaint)
    if text[:1] in "{[" and text:
        return replace(document, root="{")
    position = 0
    while found := PROLOG.match(text, position):
        position = found.end()
    element = ELEMENT.match(text, position)
    name = element[1].lower() if element else ""
    if name in FEED_ROOTS or (name == "html" and not FEED_ROOT.match(text, position)):
        return replace(document, root=name, start=position)
    return _behind_junk(document, name)


def _behind_junk(document: Document, name: str) -> Document:
    head = document.text[:JUNK_CHARACTERS]
    feed, page = FEED_ROOT.search(head), PAGE_ROOT.search(head)
    if page and (feed is None or page.start() < feed.start()):
        return replace(document, root="html")
    if feed is None:
        return replace(document, root=name)
    prolog = head.rfind("<?xml", 0, feed.start())
    cut = prolog if prolog >= 0 else feed.start()
    said = document.complaining("has other text before its beginning" if cut else None)
    text, start = document.text[cut:], feed.start() - cut
    return replace(document, text=text, start=start, root=feed[1].lower(), complaint=said)
