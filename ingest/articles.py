"""Entry → Article: clean text, stable id, dates put right, nothing larger than a record may be. Pure.

The id comes from the feed's identity and the entry's own: its guid, else its canonical link, else title and date. The
feed's identity is its address as subscribed (or the file as given to `tocsin parse`, unless --url names the address),
never what the feed says about itself, nor where redirects lead: both change, the id must not.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from courlan import normalize_url

from ingest import plaintext
from ingest.feeds import Entry, ParsedFeed, Text
from streams.messages import Article, Source, content_id

MAX_TEXT_BYTES = 350_000
"""A record stays below MAX_RECORD_BYTES even when every byte of the text needs escaping in JSON."""

MAX_TITLE, MAX_SUMMARY, MAX_NAME, MAX_URL = 1_000, 10_000, 200, 4_000
MAX_AUTHORS, MAX_TAGS = 20, 50
TITLE_FROM_TEXT = 120
SENTENCE_END = re.compile(r"(?<=[.!?…。！？؟])[\"»“”’')\]]*(?=\s|$)|(?<=[。！？])|\n")

# ISO 639-2 codes and old forms that feeds use for languages with a two-letter code.
# fmt: off
LANGUAGES = {
    "deu": "de", "ger": "de", "eng": "en", "fra": "fr", "fre": "fr", "spa": "es", "rus": "ru", "ukr": "uk", "ara": "ar",
    "zho": "zh", "chi": "zh", "cmn": "zh", "kor": "ko", "por": "pt", "ita": "it", "jpn": "ja",
    "iw": "he", "in": "id", "ji": "yi", "ua": "uk", "cn": "zh", "kr": "ko", "jp": "ja",
}
# fmt: on


def articles(feed: ParsedFeed, source: str, fetched: datetime) -> list[Article]:
    """The articles of a feed in its order, each id once. An entry that says nothing at all makes none."""
    title = plain_title(feed.title)
    origin = Source(feed=source, title=title or None)
    doubtful = _doubtful_ids(feed.entries)
    made: dict[str, Article] = {}
    for entry in feed.entries:
        article = _article(entry, feed, origin, fetched, doubtful)
        if article is not None:
            made.setdefault(article.id, article)
    return list(made.values())


def plain_title(title: Text | None) -> str:
    """A title as one line of plain text."""
    return _cut(plaintext.one_line(_plain(title)), MAX_TITLE)


def language_code(tag: str | None) -> str | None:
    """The ISO 639-1 code of a language tag (`de-AT` → de), or None for what is none."""
    found = re.match(r"[A-Za-z]{2,3}(?=$|[-_])", (tag or "").strip())
    if found is None:
        return None
    code = LANGUAGES.get(found[0].lower(), found[0].lower())
    return code if len(code) == 2 else None


def digest(article: Article) -> str:
    """A hash of what readers see, by which a revision is told from a repetition."""
    seen = "\x1f".join((article.title, article.text))
    return hashlib.sha256(seen.encode()).hexdigest()[:32]


def _article(
    entry: Entry, feed: ParsedFeed, source: Source, fetched: datetime, doubtful: frozenset[str]
) -> Article | None:
    content, summary = _plain(entry.content), _plain(entry.summary)
    text, truncated = _fit(content or summary)
    title = plain_title(entry.title) or _first_sentence(text) or entry.link
    if not title:
        return None
    published = _not_after(entry.published or entry.updated, fetched)
    return Article(
        id=content_id("ar", source.feed, *_identity(entry, doubtful, title)),
        url=entry.link if entry.link and len(entry.link) <= MAX_URL else None,
        title=title,
        text=text,
        summary=_cut(summary, MAX_SUMMARY) or None,
        published=published,
        updated=_not_after(entry.updated, fetched),
        language=language_code(entry.language) or language_code(feed.language),
        authors=_names(entry.authors or feed.authors, MAX_AUTHORS),
        tags=_names(entry.tags, MAX_TAGS),
        source=source,
        fetched=fetched,
        truncated=truncated,
    )


def _identity(entry: Entry, doubtful: frozenset[str], title: str) -> tuple[str, ...]:
    """What makes an entry itself. A guid that several pages of the feed share identifies none of them alone."""
    link = canonical(entry.link)
    if entry.id and entry.id not in doubtful:
        return ("guid", entry.id)
    if entry.id and link:
        return ("guid", entry.id, link)
    if link:
        return ("link", link)
    return ("title", title, entry.published.isoformat() if entry.published else "")


def _doubtful_ids(entries: Sequence[Entry]) -> frozenset[str]:
    links: dict[str, set[str]] = defaultdict(set)
    counts: Counter[str] = Counter()
    for entry in entries:
        if entry.id:
            counts[entry.id] += 1
            links[entry.id].add(canonical(entry.link) or plain_title(entry.title))
    return frozenset(identity for identity, number in counts.items() if number > 1 and len(links[identity]) > 1)


def canonical(link: str | None) -> str | None:
    """A link as an identity: without trackers and fragments. The original is what readers and fetches use."""
    if not link:
        return None
    try:
        parts = urlsplit(link)
        if not parts.fragment.startswith(("!", "/")):  # these name a page of its own, in sites made by scripts
            parts = parts._replace(fragment="")
        return str(normalize_url(parts)) or link
    except (ValueError, TypeError, AttributeError):
        return link


def _plain(text: Text | None) -> str:
    if text is None:
        return ""
    return plaintext.from_html(text.value) if text.kind == "html" else plaintext.clean(text.value)


def _first_sentence(text: str) -> str:
    """The first sentence, cut at a word where it is longer than a title should be."""
    head = text[: TITLE_FROM_TEXT + 1]
    end = SENTENCE_END.search(head)
    if end is not None and end.end() <= TITLE_FROM_TEXT and head[: end.start()].strip():
        return plaintext.one_line(head[: end.end()])
    return _cut(plaintext.one_line(head), TITLE_FROM_TEXT)


def _cut(text: str, limit: int) -> str:
    """At most `limit` characters, ending in an ellipsis after a whole word where there is one."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ")
    return (head[:space] if space > limit // 2 else head).rstrip() + "…"


def _fit(text: str) -> tuple[str, bool]:
    data = text.encode()
    if len(data) <= MAX_TEXT_BYTES:
        return text, False
    return data[:MAX_TEXT_BYTES].decode("utf-8", "ignore"), True


def _not_after(moment: datetime | None, fetched: datetime) -> datetime | None:
    """Dates of the future are mistakes: an article is not newer than its fetch."""
    return moment if moment is None or moment <= fetched else fetched


def _names(names: Sequence[str], limit: int) -> tuple[str, ...]:
    cleaned = (_cut(plaintext.one_line(plaintext.from_html(name)), MAX_NAME) for name in names[: limit * 2])
    return tuple(dict.fromkeys(name for name in cleaned if name))[:limit]
