"""Text → words as they are compared: without case, accents and marks, each with its place in the original.

Latin and Greek lose their accents, Cyrillic ё is е, Arabic alef has one form and no vowel signs, widths and ligatures
are unified. Words with an umlaut have a second form, as Germans write it without one: Müller is muller and mueller.
Chinese, Japanese and Thai put no blanks between words, and Korean puts endings on them: they are found within a text.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

UNSPACED = (
    "\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u109f\u1780-\u17d3\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Scripts without blanks between words: Thai, Lao, Burmese, Khmer, Chinese, Japanese."""

HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"
_MARKS = (
    "\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0dff\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff"
)
"""Signs within words that Python's \\w leaves out: accents of their own, vowel signs, joiners, the soft hyphen."""

_RUN = re.compile(f"[\\w{_MARKS}{UNSPACED}]+")
_PIECES = re.compile(
    f"[{UNSPACED}]+|[{HANGUL}]+|[^\\W_\u02bc{UNSPACED}{HANGUL}]+(?:[{_MARKS}]+[^\\W_{UNSPACED}{HANGUL}]*)*"
)
_UNSPACED = re.compile(f"[{UNSPACED}]")
_WITHIN = re.compile(f"[{UNSPACED}{HANGUL}]")

_LETTERS = {
    **dict.fromkeys("أإآٱ", "ا"),
    **dict(zip("ىیکؤئةёѐѝґ", "ييكويهееиг", strict=True)),
    **dict(zip("øłđħıŋð", "oldhind", strict=True)),
    **dict(zip("ßæœþ", ("ss", "ae", "oe", "th"), strict=True)),
}
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text: text[start:end], and its folded forms (two with an umlaut)."""

    start: int
    end: int
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """A text folded letter by letter: `text[i]` comes from `offsets[i]` of the original."""

    text: str
    offsets: "range | list[int]"

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end] stands in the original."""
        return self.offsets[start], self.offsets[end - 1] + 1 if end > start else self.offsets[start]


def runs(text: str) -> set[str]:
    """The different runs of word characters: quicker than tokens, without their places."""
    return set(_RUN.findall(text))


def tokens(text: str) -> Iterator[Token]:
    """The words of a text in order."""
    for match in _RUN.finditer(text):
        start = match.start()
        for begin, end, forms in pieces(match.group()):
            yield Token(start + begin, start + end, forms)


@lru_cache(maxsize=1 << 16)
def pieces(run: str) -> tuple[tuple[int, int, tuple[str, ...]], ...]:
    """The words within a run, each with its place and its folded forms."""
    if run.isascii() and "_" not in run:
        return ((0, len(run), (run.lower(),)),)
    found = ((match.start(), match.end(), forms(match.group())) for match in _PIECES.finditer(run))
    return tuple(piece for piece in found if piece[2])


def forms(word: str) -> tuple[str, ...]:
    """How a word is compared: its folded form and, with an umlaut, the form with two letters; none for mere marks."""
    lowered = unicodedata.normalize("NFC", word).casefold() if not word.isascii() else word.lower()
    main = fold(lowered)
    if lowered.isascii() or not any(char in _UMLAUTS for char in lowered):
        return (main,) if main else ()
    return (main, fold("".join(_UMLAUTS.get(char, char) for char in lowered)))


def fold(text: str) -> str:
    """A text without case, accents and marks."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", text).casefold().translate(_table())


def exact(text: str) -> str:
    """A text as `=word` compares it: accents count, case does not, nor how an accent is encoded."""
    return unicodedata.normalize("NFC", text).lower()


def is_unspaced(text: str) -> bool:
    """Whether some of it is of a script that is searched within words."""
    return not text.isascii() and _WITHIN.search(text) is not None


def has_no_blanks(word: str) -> bool:
    """Whether a word is a run of a script that puts no blanks between its words."""
    return not word.isascii() and _UNSPACED.match(word) is not None


def fold_letters(text: str) -> Folded:
    """A text folded in place, its separators as blanks, with the way back to the original."""
    table = _table()
    folded = text.translate(table)
    if table.uneven.isdisjoint(text):
        return Folded(folded.translate(_separators()), range(len(text) + 1))
    offsets: list[int] = []
    for position, char in enumerate(text):
        offsets.extend([position] * len(table[ord(char)]))
    offsets.append(len(text))
    return Folded(folded.translate(_separators()), offsets)


class _Table(dict[int, str]):
    """What each character becomes, filled as characters are met; `uneven` are those that become none or several."""

    def __init__(self) -> None:
        super().__init__()
        self.uneven: set[str] = set()

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        self[code] = folded
        if len(folded) != 1:
            self.uneven.add(chr(code))
        return folded


class _Separators(dict[int, str]):
    """Each character that belongs to no word as a blank."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = char if _RUN.fullmatch(char) and char != "_" else " "
        return self[code]


@cache
def _table() -> _Table:
    return _Table()


@cache
def _separators() -> _Separators:
    return _Separators()


def _fold_character(char: str) -> str:
    if char == "ـ" or (unicodedata.category(char) in ("Mn", "Me", "Cf") and not _is_vowel_sign(char)):
        return ""
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    wide = unicodedata.normalize("NFKC", char).casefold()
    if unicodedata.name(char, "").startswith(("LATIN", "GREEK", "FULLWIDTH LATIN")):
        bare = unicodedata.normalize("NFKD", wide)
        wide = "".join(part for part in bare if not unicodedata.combining(part))
    return "".join(_LETTERS.get(part, part) for part in wide) or char


def _is_vowel_sign(char: str) -> bool:
    """Whether a mark is a letter in all but name: the scripts of India and South-East Asia."""
    return "\u0900" <= char <= "\u0dff" or is_unspaced(char)
