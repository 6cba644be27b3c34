"""HTML → plain text for reading and detecting: blocks become lines, scripts and styles go, characters are put in order.

Pure, and bounded on hostile input: size is cut first, and what nests or repeats beyond reason loses its tags by a
linear scan instead of being built as a tree.
"""

import html
import re
import unicodedata

from lxml import etree

MAX_CHARACTERS = 2_000_000
MAX_TAGS = 20_000

TAG = re.compile(r"<[/!?a-zA-Z][^<>]{0,10000}>")
LINE_TAG = re.compile(
    r"<(?=/?(?:p|div|br|li|ul|ol|dl|dd|dt|tr|table|caption|h[1-6r]|blockquote|section|article|aside|header|footer|main"
    r"|nav|pre|figure|figcaption|address|center|details|summary|fieldset|legend)[\s/>])",
    re.IGNORECASE,
)
CELL_TAG = re.compile(r"<(?=t[dh][\s/>])", re.IGNORECASE)
LINE = "\ue000"
"""Marks a line end while line ends of the source are still spaces; private characters of the source are dropped."""
UNREAD = re.compile(r"<(script|style|template|noscript|iframe|svg)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
DROPPED = (
    *("script", "style", "template", "noscript", "iframe", "svg", "math", "object", "embed", "select", "button"),
    *("textarea", "audio", "video", "canvas", "head", "form"),
)
# Invisible: soft hyphens, zero-width spaces, byte order marks, marks of direction; they would split words in two.
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]")
CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")
LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
C1 = re.compile("[\x80-\x9f]")
WIDE_SPACES = "\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
SPACES = re.compile(f"[ {WIDE_SPACES}]{{2,}}|[{WIDE_SPACES}]")
SURROGATES = re.compile("[\ud800-\udfff]")
WINDOWS_1252 = {
    code: bytes([code]).decode("cp1252") for code in range(0x80, 0xA0) if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
"""C1 controls are windows-1252 characters that somebody labelled Latin-1; 0x85 among them is an ellipsis."""

ESCAPED_MARKUP = re.compile(
    r"</(?:p|div|a|b|i|strong|em|span|li|ul|ol|h[1-6]|blockquote|font)>|<(?:br|img|p)\b[^<>]*>", re.IGNORECASE
)


def from_html(source: str) -> str:
    """The readable text of a piece of HTML. Never fails; a block begins a new line."""
    source = source[:MAX_CHARACTERS]
    if "<" not in source and "&" not in source:
        return clean(source)
    text = _rendered(source)
    if not TAG.search(source) and ESCAPED_MARKUP.search(text):
        text = _rendered(text)  # escaped twice by the feed's author
    return clean(text)


def clean(text: str) -> str:
    """Plain text in order: NFC, single spaces, no control characters, no empty lines, no lone surrogates."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    text = SURROGATES.sub("\ufffd", text[:MAX_CHARACTERS])
    if C1.search(text):
        text = text.translate(WINDOWS_1252)
    text = LINE_ENDS.sub("\n", text)
    text = SPACES.sub(" ", INVISIBLE.sub("", CONTROLS.sub("", text)))
    lines = (line.strip() for line in text.split("\n"))
    return unicodedata.normalize("NFC", "\n".join(line for line in lines if line))


def one_line(text: str) -> str:
    """Plain text as a title: without line breaks."""
    return " ".join(text.split())


def _rendered(source: str) -> str:
    if "<" not in source:
        return html.unescape(source)
    marked = CONTROLS.sub("", SURROGATES.sub("\ufffd", source)).replace(LINE, "")
    if "<pre" not in marked.lower():
        marked = marked.replace("\r", " ").replace("\n", " ")
    marked = CELL_TAG.sub(" <", LINE_TAG.sub(LINE + "<", marked)).replace("<![CDATA[", "").replace("]]>", "")
    tags = source.count("<")
    text = None if tags > MAX_TAGS else _tree_text(marked)
    # The tree ends where the nesting exceeds what libxml2 builds: there the scan loses less.
    if text is None or (tags > 200 and _length(text) < _length(_stripped(marked)) / 4):
        text = _stripped(marked)
    return text.replace(LINE, "\n")


def _tree_text(marked: str) -> str | None:
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = etree.fromstring(b"<html><body><div>" + marked.encode() + b"</div></body></html>", parser)
        if root is None:
            return None
        etree.strip_elements(root, *DROPPED, with_tail=False)
        return str(etree.tostring(root, method="text", encoding="unicode"))
    except (etree.LxmlError, ValueError):
        return None


def _length(text: str) -> int:
    return len(text.replace(LINE, "").strip())


def _stripped(marked: str) -> str:
    """The text without its tags, by a linear scan."""
    return html.unescape(TAG.sub("", UNREAD.sub(" ", marked)))
