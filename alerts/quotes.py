"""The source's own words, made fit to be shown: cut by code points, marked, and without tricks."""

import itertools
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from streams.messages import Span

Mark = Literal["", "matched", "trigger"]
Direction = Literal["ltr", "rtl", "auto"]

RIGHT_TO_LEFT = frozenset(("ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"))
KEPT_FORMAT_CHARACTERS = "\u200c\u200d"
"""Joiners that Persian, Hindi and emoji are spelled with; all other format characters only hide or turn text."""

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that is marked in one way; the pieces of a quote follow each other without a gap."""

    text: str
    mark: Mark = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """Code points `start` to `end` of a field, and how they are marked."""

    start: int
    end: int
    mark: Mark


def direction(language: str | None) -> Direction:
    """The writing direction of a language; `auto` leaves it to the first strong letter."""
    if not language:
        return "auto"
    return "rtl" if language.lower().partition("-")[0] in RIGHT_TO_LEFT else "ltr"


def visible(text: str) -> str:
    """The same number of code points, with what cannot be shown or encoded (controls, surrogates) as U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" else c for c in text)


def plain(text: str, limit: int = 200) -> str:
    """One line for a subject, a log or a terminal: no controls, no turned or hidden text, at most `limit` long."""
    # A character may vanish and white space shrink, but ten times the limit is enough to fill it.
    kept = (_plain_character(c) for c in text[: limit * 10])
    line = " ".join("".join(kept).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + ELLIPSIS


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp"):
        return " "
    if category == "Cs":
        return "\ufffd"
    return "" if category == "Cf" and character not in KEPT_FORMAT_CHARACTERS else character


def web_url(url: str | None) -> str | None:
    """The URL if it may be a link: http or https with a host, and nothing in it that is no URL; else None."""
    if not url or len(url) > 4000 or any(c.isspace() or not c.isprintable() for c in url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host else None


def mark_up(span: Span, marks: Iterable[Marked], limit: int = 600) -> tuple[Piece, ...]:
    """Cut a span's text into pieces, by marks whose offsets count in the span's field, as the span's own do.

    Overlapping marks are split, the stronger one wins (trigger over matched). A text longer than `limit` is cut round
    its first trigger, or else its first mark, with an ellipsis on each side that was cut.
    """
    text = visible(span.text)
    inside = [
        m for m in marks if m.mark and m.start < m.end and m.end > span.start and m.start < span.start + len(text)
    ]
    local = [Marked(max(0, m.start - span.start), min(len(text), m.end - span.start), m.mark) for m in inside]
    first, last = _window(len(text), local, limit)
    edges = sorted({first, last, *(min(last, max(first, e)) for m in local for e in (m.start, m.end))})
    runs = itertools.groupby(itertools.pairwise(edges), key=lambda edge: _mark_at(edge[0], local))
    cut = [Piece("".join(text[a:b] for a, b in run), mark) for mark, run in runs]
    before = [Piece(ELLIPSIS)] if first > 0 else []
    after = [Piece(ELLIPSIS)] if last < len(text) else []
    return (*before, *cut, *after)


def _window(length: int, marks: list[Marked], limit: int) -> tuple[int, int]:
    if length <= limit:
        return 0, length
    middle = min(marks, key=lambda m: (m.mark != "trigger", m.start)).start if marks else 0
    first = max(0, min(middle - limit // 2, length - limit))
    return first, first + limit


def _mark_at(position: int, marks: list[Marked]) -> Mark:
    here = {m.mark for m in marks if m.start <= position < m.end}
    return "trigger" if "trigger" in here else "matched" if here else ""
