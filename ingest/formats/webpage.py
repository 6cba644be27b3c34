"""Web pages given instead of feeds: refused, with the feeds that they name. Pure."""

import re

from lxml import etree

from ingest.feeds import ParsedFeed
from ingest.formats.document import Document, NotAFeedError, absolute

FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/json")
MAX_HEAD = 200_000


def reads(document: Document) -> bool:
    """Whether the document is HTML."""
    return document.root == "html"


def read(document: Document) -> ParsedFeed:
    """Never returns: raises NotAFeedError that names the feeds which the page links to."""
    feeds = discover(document)
    hint = f"; it names the feed{'s' if len(feeds) > 1 else ''} {', '.join(feeds[:5])}" if feeds else ""
    raise NotAFeedError(f"is a web page, not a feed{hint}")


def discover(document: Document) -> list[str]:
    """The feeds that a page's <link rel=alternate> elements name, in order."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(document.text[:MAX_HEAD].encode("utf-8", "replace"), parser)
    except (etree.LxmlError, ValueError):
        return []
    if root is None:
        return []
    base = next((absolute(str(element.get("href")), document.url) for element in root.iter("base")), None)
    found: list[str] = []
    for link in root.iter("link"):
        rel, kind = str(link.get("rel") or "").lower().split(), str(link.get("type") or "").lower()
        target = absolute(link.get("href"), base or document.url)
        if "alternate" in rel and re.sub(r"\s*;.*", "", kind) in FEED_TYPES and target:
            found.append(target)
    return list(dict.fromkeys(found))
