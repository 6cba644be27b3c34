"""Folded copies of a text for matching, with the way back to its own offsets.

Each code point is folded alone: accents and marks are dropped, look-alike quotes, dashes and blanks unified, full-width
forms made plain, traditional Chinese made simplified. So a match in the folded copy always names code points of the
original.
"""

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from streams.detection.chinese import SIMPLIFIED

_OWN = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u02bb\u00b4`\u2032\u055a\uff07", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u300c\u300d\u300e\u300f\uff02\u301d\u301e", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2043\u2212\ufe63\uff0d", "-"),
    **dict.fromkeys("\u2013\u2014\u2015\u2e3a\u2e3b", "\u2013"),

    **dict.fromkeys("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009", " "),
    **dict.fromkeys("\u200a\u202f\u205f\u3000\t", " "),
    **dict.fromkeys("\n\r\u2028\u2029\x0b\x0c\x85", "\n"),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060", ""),
    **dict.fromkeys("\u2066\u2067\u2068\u2069\ufeff", ""),
    **dict.fromkeys("\u0622\u0623\u0625\u0671", "\u0627"),
    "\u0649": "\u064a", "\u0629": "\u0647", "\u0624": "\u0648", "\u0626": "\u064a", "\u0640": "", "\u06cc": "\u064a",
    "\u06a9": "\u0643",
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ":
    "d", "Đ": "D",
    "ı": "i", "İ": "I", "þ": "th", "Þ": "TH", "ð": "d", "Ð": "D", "ʻ": "'", "“": '"', "…": "...", "·": " ", "・": " ",
    "•": " ",
    "ґ": "г", "Ґ": "Г", "№": "N",
}  # fmt: skip


def _fold_one(char: str) -> str:
    """What one code point becomes: nothing, itself, or a few plain ones."""
    own = _OWN.get(char)
    if own is not None:
        return own
    if char in SIMPLIFIED:
        return SIMPLIFIED[char]
    category = unicodedata.category(char)
    if category[0] == "M":
        return ""
    if category in ("Cc", "Cf", "Cs"):
        return " " if category == "Cc" else ""
    if "\uac00" <= char <= "\ud7a3":
        return char
    parts = unicodedata.normalize("NFKD", char)
    if parts == char:
        return char
    kept = "".join(part for part in parts if unicodedata.category(part)[0] != "M")
    return kept[:4] if len(kept) <= 4 else char


class _Table(dict[int, str]):
    """`str.translate` table that folds code points as they are met; letters of `kept` stay as they are."""

    def __init__(self, kept: str, dropped: str) -> None:
        super().__init__({ord(char): char for char in kept} | {ord(char): "" for char in dropped})

    def __missing__(self, code: int) -> str:
        folded = "".join(_OWN.get(part, part) for part in _fold_one(chr(code)))
        self[code] = folded
        return folded


@dataclass(frozen=True, slots=True)
class Folder:
    """Folds texts; holds the table of code points already met (bounded by Unicode)."""

    table: _Table
    plain: bool = True

    @classmethod
    def new(cls, kept: str = "", dropped: str = "") -> "Folder":
        """A folder that leaves the letters of `kept` alone, where a language tells words apart by them (wurde, würde).

        It leaves `dropped` out: the dots and hyphens inside foreign names in Chinese.
        """
        return cls(_Table(kept, dropped), not dropped)

    def fold(self, text: str) -> "Folded":
        """The folded text with its offsets. Character references that markup left over count as what they stand for."""
        if ("&" in text or "#" in text) and _REFERENCE.search(text):
            plain, places = _resolved(text)
            inner = self._fold(plain)
            within = inner.offsets if inner.offsets is not None else range(len(inner.cased))
            return Folded(text, inner.cased, inner.low, [places[place] for place in within])
        return self._fold(text)

    def _fold(self, text: str) -> "Folded":
        if self.plain and text.isascii():
            plain = text.translate(_CONTROLS)
            return Folded(text, plain, plain.lower(), None)
        characters = set(text)
        if any("\u0300" <= char <= "\u036f" or "\u1100" <= char <= "\u11ff" for char in characters):
            return self._fold_clusters(text)
        cased = text.translate(self.table)
        lengths = {char for char in characters if len(self.table[ord(char)]) != 1}
        offsets = None
        if lengths:
            offsets = self._offsets(text, lengths)
        return Folded(text, cased, _lower(cased), offsets)

    def _offsets(self, text: str, lengths: set[str]) -> list[int]:
        """Where each folded code point came from, when those of `lengths` became none or several."""
        offsets: list[int] = []
        place = 0
        for match in re.finditer(f"[{re.escape(''.join(sorted(lengths)))}]", text):
            offsets.extend(range(place, match.start()))
            offsets.extend([match.start()] * len(self.table[ord(match.group())]))
            place = match.end()
        offsets.extend(range(place, len(text)))
        return offsets

    def _fold_clusters(self, text: str) -> "Folded":
        """A letter with its marks, and Korean in conjoining letters (NFD), are composed first: the tables are."""
        pieces: list[str] = []
        offsets: list[int] = []
        for match in _CLUSTER.finditer(text):
            folded = unicodedata.normalize("NFC", match.group()).translate(self.table)
            pieces.append(folded)
            offsets.extend([match.start()] * len(folded))
        cased = "".join(pieces)
        return Folded(text, cased, _lower(cased), offsets)

    def form(self, form: str) -> str:
        """A form of a table folded and lower-cased, as `Folded.low` has it."""
        return self.fold(form).low

    def words(self, form: str) -> str:
        """A form of a table as the scan sees it: folded, lower-cased, everything between words one blank."""
        return " ".join(_SEPARATORS.sub(" ", self.fold(form).low).split())


_REFERENCE = re.compile(
    r"(?P<apostrophe> ?(?:&|(?<![&;]))#0?39;(?=s\b)|(?<=s) &?#0?39;(?= ))"
    r"|&(?:[a-zA-Z]{2,8}|#\d{2,5}|#[xX][0-9a-fA-F]{2,5});|(?<![&;\w])#(?P<code>\d{2,4});"
)
"""`&amp;`, `&#39;`, `&#x27;`, and what is left of one that lost its ampersand: `Israel #39;s`, `leaders #39; talks`."""
_NESTED = 4
"""How often a text is resolved: feeds escape twice (`&amp;#39;`), a text that goes on for ever is nobody's."""


def _resolved(text: str) -> tuple[str, list[int]]:
    """The text without character references, and where in it each character came from."""
    plain, places = _resolve(text)
    for _ in range(_NESTED - 1):
        if not _REFERENCE.search(plain):
            break
        plain, inner = _resolve(plain)
        places = [places[place] for place in inner]
    return plain, places


def _resolve(text: str) -> tuple[str, list[int]]:
    """The text with its character references resolved, and where in it each character came from."""
    pieces: list[str] = []
    places: list[int] = []
    done = 0
    for match in _REFERENCE.finditer(text):
        char = "'" if match["apostrophe"] else html.unescape(f"&#{match['code']};" if match["code"] else match.group())
        if len(char) != 1:
            continue
        pieces += [text[done : match.start()], char]
        places += [*range(done, match.start()), match.start()]
        done = match.end()
    pieces.append(text[done:])
    places += range(done, len(text))
    return "".join(pieces), places


_CONTROLS = {code: " " for code in range(32) if chr(code) not in "\n\r"} | {13: "\n", 0x60: "'", 127: " "}
_CLUSTER = re.compile("[\u1100-\u115f][\u1160-\u11a7]?[\u11a8-\u11ff]*|.[\u0300-\u036f]*", re.DOTALL)
_SEPARATORS = re.compile(r"[\W_]")


def _lower(cased: str) -> str:
    low = cased.lower()
    if len(low) == len(cased):
        return low
    return "".join(lower if len(lower := char.lower()) == 1 else char for char in cased)


@dataclass(frozen=True)
class Folded:
    """A text and its folded copies. `cased`, `low` and `words` have one length; `offsets` is None where it is that
    of the text.
    """

    text: str
    cased: str
    low: str
    offsets: list[int] | None

    @cached_property
    def words(self) -> str:
        """`low` with a blank for whatever is no letter or digit."""
        return _SEPARATORS.sub(" ", self.low)

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The piece of the original text that a piece of the folded copy came from; marks after the last letter
        belong to it.
        """
        if self.offsets is None:
            return start, end
        if start >= end:
            place = self.offsets[start] if start < len(self.offsets) else len(self.text)
            return place, place
        first, last = self.offsets[start], self.offsets[end - 1] + 1
        reference = _REFERENCE.match(self.text, last - 1) if self.text[last - 1] in "&#" else None
        last = reference.end() if reference else last
        while last < len(self.text) and _continues(self.text[last]):
            last += 1
        return first, last


def _continues(char: str) -> bool:
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff"
