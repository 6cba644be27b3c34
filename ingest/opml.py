"""Feed lists in and out: OPML with folders, and text files with one URL a line. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from defusedxml import ElementTree as SafeElementTree
from defusedxml.common import DefusedXmlException

from ingest.feeds import Feed
from streams.errors import PermanentError
from streams.outbound import check_url

MAX_BYTES = 5_000_000
MAX_OUTLINES = 10_000


class OpmlError(PermanentError):
    """A list that cannot be read at all; the text says why."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a list: a feed, or why it is none. `line` counts from 1; in OPML it counts the outlines."""

    line: int
    url: str
    feed: Feed | None = None
    problem: str | None = None


def read(data: bytes) -> list[Listed]:
    """Read a feed list of either kind. Raises OpmlError when it is no list; a wrong line is only reported."""
    if len(data) > MAX_BYTES:
        raise OpmlError(f"is larger than {MAX_BYTES:,} bytes")
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _read_opml(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OpmlError("is neither OPML nor a text file with one URL a line") from error
    return _read_lines(text)


def _read_opml(data: bytes) -> list[Listed]:
    try:
        root = SafeElementTree.fromstring(data, forbid_dtd=True)
    except ElementTree.ParseError as error:
        raise OpmlError(f"is not well-formed XML ({error})") from error
    except DefusedXmlException as error:
        raise OpmlError("has a document type definition, which feed lists do not need") from error
    if root.tag.lower() != "opml":
        raise OpmlError(f"is no OPML (its root is <{root.tag[:40]}>)")
    outlines = list(_outlines(root, ()))
    if len(outlines) > MAX_OUTLINES:
        raise OpmlError(f"has more than {MAX_OUTLINES:,} feeds; split it")
    return [_listed(number, outline, folder) for number, (outline, folder) in enumerate(outlines, 1)]


def _outlines(
    element: ElementTree.Element, folder: tuple[str, ...]
) -> Iterable[tuple[ElementTree.Element, tuple[str, ...]]]:
    """The outlines that name a feed, with the folders they lie in; without recursion, nesting may be deep."""
    waiting = [(element, folder)]
    while waiting:
        current, inside = waiting.pop()
        for child in reversed(list(current)):
            if child.tag.lower() != "outline" or _attribute(child, "xmlUrl"):
                waiting.append((child, inside))
            else:
                name = (_attribute(child, "title") or _attribute(child, "text") or "").replace("/", "∕")
                waiting.append((child, (*inside, name) if name else inside))
        if current.tag.lower() == "outline" and _attribute(current, "xmlUrl"):
            yield current, inside


def _attribute(element: ElementTree.Element, name: str) -> str | None:
    """An attribute in whatever case it is written: exports differ."""
    value = element.get(name)
    if value is None:
        value = next((v for k, v in element.attrib.items() if k.lower() == name.lower()), None)
    return (value or "").strip() or None


def _listed(number: int, outline: ElementTree.Element, folder: tuple[str, ...]) -> Listed:
    title = _attribute(outline, "title") or _attribute(outline, "text")
    return _checked(number, _attribute(outline, "xmlUrl") or "", title, "/".join(folder))


def _read_lines(text: str) -> list[Listed]:
    """`URL`, or `URL title`; empty lines and what follows `#` at a line's beginning or after a space are left out."""
    listed: list[Listed] = []
    for number, line in enumerate(text.splitlines(), 1):
        content = re.sub(r"(^|\s)#.*$", "", line).strip()
        if content:
            url, _, title = content.partition(" ")
            listed.append(_checked(number, url, title.strip() or None, ""))
    if len(listed) > MAX_OUTLINES:
        raise OpmlError(f"has more than {MAX_OUTLINES:,} feeds; split it")
    return listed


def _checked(line: int, url: str, title: str | None, folder: str) -> Listed:
    url = re.sub(r"^feed:(?=https?:)", "", url)
    url = re.sub(r"^feed://", "http://", url)
    try:
        check_url(url)
    except PermanentError as error:
        return Listed(line, url, problem=str(error))
    return Listed(line, url, Feed(url=url, title=title, folder=folder))


def write(feeds: Sequence[Feed]) -> bytes:
    """The feeds as OPML 2.0, in their folders."""
    root = ElementTree.Element("opml", version="2.0")
    head = ElementTree.SubElement(root, "head")
    ElementTree.SubElement(head, "title").text = "tocsin feeds"
    body = ElementTree.SubElement(root, "body")
    folders: dict[str, ElementTree.Element] = {"": body}
    for feed in sorted(feeds, key=lambda feed: (feed.folder, feed.url)):
        name = feed.title or feed.url
        attributes = {"type": "rss", "text": name, "title": name, "xmlUrl": feed.url}
        ElementTree.SubElement(_folder(feed.folder, folders), "outline", attributes)
    ElementTree.indent(root)
    data: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _folder(path: str, folders: dict[str, ElementTree.Element]) -> ElementTree.Element:
    if path not in folders:
        parent, _, name = path.rpartition("/")
        folders[path] = ElementTree.SubElement(_folder(parent, folders), "outline", {"text": name, "title": name})
    return folders[path]
