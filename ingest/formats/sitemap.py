"""News sitemaps (the Google News extension of sitemaps.org): titles, dates and languages of new pages. Pure."""

from lxml import etree

from ingest import dates
from ingest.feeds import Entry, ParsedFeed, Text
from ingest.formats.document import Document, NotAFeedError


def reads(document: Document) -> bool:
    """Whether the document is a sitemap or an index of sitemaps."""
    return document.root in ("urlset", "sitemapindex")


def read(document: Document) -> ParsedFeed:
    """Read a sitemap. Raises NotAFeedError for an index, which names its sitemaps."""
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    text = document.text[document.text.find("?>") + 2 :] if document.text.startswith("<?xml") else document.text
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.LxmlError, ValueError) as error:
        raise NotAFeedError(f"is no readable sitemap: {error}") from error
    if root is None:
        raise NotAFeedError("is no readable sitemap")
    if document.root == "sitemapindex":
        named = [_child(element, "loc") or "" for element in root.iter("{*}sitemap")][:5]
        raise NotAFeedError(f"is an index of sitemaps, not a feed; it names {', '.join(filter(None, named)) or 'none'}")
    entries = tuple(_entry(document, element) for element in root.iter("{*}url"))
    names = [_child(element, "name") for element in root.iter("{*}publication")]
    languages = [entry.language for entry in entries if entry.language]
    broken = "is not well-formed" if len(parser.error_log) else None
    return ParsedFeed(
        format="sitemap",
        encoding=document.encoding,
        title=Text(names[0]) if names and names[0] else None,
        language=languages[0] if languages else None,
        entries=entries,
        complaint=document.complaining(broken),
    )


def _entry(document: Document, url: etree._Element) -> Entry:
    news = next(url.iter("{*}news"), url)
    publication = next(news.iter("{*}publication"), news)
    title, keywords = _child(news, "title"), _child(news, "keywords") or ""
    location = document.resolve(_child(url, "loc"))
    return Entry(
        id=location,
        link=location,
        title=Text(title) if title else None,
        published=dates.parse(_child(news, "publication_date")),
        updated=dates.parse(_child(url, "lastmod")),
        language=_child(publication, "language"),
        tags=tuple(word.strip() for word in keywords.split(",") if word.strip()),
    )


def _child(element: etree._Element, name: str) -> str | None:
    found = element.find(f"{{*}}{name}")
    return (found.text or "").strip() or None if found is not None else None
