"""Feed formats: bytes → ParsedFeed. Each format is a module of its own with a line in FORMATS.

`parse` is the first of the pure stages: no network, no files. It may be slow or huge on hostile input, so that it runs
in `ingest.parser_process`.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from ingest import encodings
from ingest.feeds import ParsedFeed
from ingest.formats import jsonfeed, sitemap, syndication, webpage
from ingest.formats.document import Document, NotAFeedError, root_of

MAX_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Format:
    """A family of formats: `reads` says whether a document is one, by its root; `read` raises NotAFeedError."""

    name: str
    reads: Callable[[Document], bool]
    read: Callable[[Document], ParsedFeed]


FORMATS = (
    Format("json", jsonfeed.reads, jsonfeed.read),
    Format("sitemap", sitemap.reads, sitemap.read),
    Format("syndication", syndication.reads, syndication.read),
    Format("webpage", webpage.reads, webpage.read),
)


def parse(body: bytes, *, url: str = "", content_type: str = "", max_bytes: int = MAX_BYTES) -> ParsedFeed:
    """Read a feed of any known format. `url` is where it came from: relative links are resolved against it.

    Raises NotAFeedError, whose text is one sentence without a subject ("is empty").
    """
    if body[:2] == b"\x1f\x8b":
        body = _unzipped(body, max_bytes)
    if not body.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise NotAFeedError("is empty")
    decoded = encodings.decode(body, _charset(content_type))
    document = root_of(decoded.text, decoded.encoding, url, decoded.complaint)
    for candidate in FORMATS:
        if candidate.reads(document):
            return candidate.read(document)
    if document.root:
        raise NotAFeedError(f"is XML, but no feed (its root is <{document.root[:40]}>)")
    raise NotAFeedError("is no feed: neither XML nor JSON")


def _charset(content_type: str) -> str:
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'")
    return ""


def _unzipped(body: bytes, max_bytes: int) -> bytes:
    """The content of a gzip file that is served as it is (feed.xml.gz)."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise NotAFeedError("is a damaged gzip file") from error
    if len(content) > max_bytes:
        raise NotAFeedError(f"is larger than {max_bytes:,} bytes when unpacked")
    return content
