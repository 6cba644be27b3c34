"""Sentences and tokens. The only door to spaCy: its blank pipelines tokenise, an operator's trained one may help."""

import re
from dataclasses import dataclass
from typing import Any

import spacy
from spacy.language import Language as Pipeline
from spacy.vocab import Vocab

from streams.detection.normalise import Folded
from streams.errors import UsageError
from streams.languages.language import Language

_KOREAN = {"nlp": {"tokenizer": {"@tokenizers": "spacy.Tokenizer.v1"}}}
_CACHE_SIZE = 50_000
_END = re.compile(r"\.{1,3}(?=[\s\"')\]]|$)|[!?]+(?=[\s\"')\]]|$)|[。！？؟]+|\n+| [–|] (?=[\"'A-ZА-Я])")
_LONGEST = 1_200

_KINDS = {
    "PERSON": "person", "PER": "person", "ORG": "organization", "LOC": "place", "GPE": "place", "FAC": "place",
}  # fmt: skip
_LINKS = {
    "nsubj": "subject", "sb": "subject", "obj": "object", "dobj": "object", "oa": "object",
    "iobj": "dative", "da": "dative",
}  # fmt: skip
"""Universal Dependencies, the English and the German scheme of spaCy's pipelines."""
_LISTED = frozenset({"conj", "cj", "appos", "flat", "flat:name"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of the folded text, `start` to `end`."""

    start: int
    end: int


class Tokenizer:
    """spaCy's tokenizer for one language; `tokens` gives places, so that no spaCy object leaves this module."""

    def __init__(self, language: Language) -> None:
        self._code = language.code
        self._lazy: Pipeline | None = None
        self._abbreviations = language.abbreviations

    def tokens(self, text: str, start: int) -> list[tuple[int, int]]:
        """Start and end of each token of a sentence that begins at `start`; blanks are no tokens."""
        if self._lazy is None or len(self._lazy.vocab) > _CACHE_SIZE:
            self._lazy = _blank(self._code)
        document = self._lazy.make_doc(text)
        return [
            (start + token.idx, start + token.idx + len(token.text)) for token in document if not token.text.isspace()
        ]

    def sentences(self, folded: Folded, limit: int) -> list[Sentence]:
        """The sentences of the first `limit` characters; a dot after an abbreviation, an initial or a number ends
        none.
        """
        cased, found, begin = folded.cased[:limit], [], 0
        for match in _END.finditer(cased):
            if match.group() == "." and self._abbreviated(cased, match.start()):
                continue
            end = match.end()
            while end < len(cased) and cased[end] in "\"')]":
                end += 1
            if cased[begin:end].strip():
                found.extend(_pieces(begin, end))
            begin = end
        if cased[begin:].strip():
            found.extend(_pieces(begin, len(cased)))
        return found

    def _abbreviated(self, cased: str, dot: int) -> bool:
        start = dot
        while start and (cased[start - 1].isalnum() or cased[start - 1] == "."):
            start -= 1
        word = cased[start:dot]
        if word.isdigit():
            rest = cased[dot + 1 : dot + 3].strip()
            return len(word) <= 2 and bool(rest) and (rest[0].islower() or self._abbreviated_date(cased, dot))
        return (len(word) == 1 and word.isupper()) or word.lower() in self._abbreviations

    def _abbreviated_date(self, cased: str, dot: int) -> bool:
        """German and its neighbours write "5. September"; the sentence goes on."""
        following = re.match(r"\s*(\w+)", cased[dot + 1 : dot + 20])
        return following is not None and following.group(1)[:3].lower() in _MONTHS


_MONTHS = frozenset(["jan", "feb", "mar", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez", "apr"])


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a trained pipeline says of a text: names as (start, end, kind), arguments of verbs as (start, end, link)."""

    names: tuple[tuple[int, int, str], ...] = ()
    arguments: tuple[tuple[int, int, str], ...] = ()


class TrainedPipeline:
    """An operator's own spaCy pipeline, by the name of its package or the path of its folder.

    Raises UsageError where there is none. What its components raise on a text is let out: the article becomes a dead
    letter that says so, and can be replayed.
    """

    def __init__(self, code: str, name: str) -> None:
        try:
            self._pipeline = spacy.load(name)
        except (OSError, ImportError, ValueError) as error:
            raise UsageError(
                f"detect.pipelines: {code}: {name!r} is neither an installed spaCy pipeline nor the folder of one "
                f"({str(error).splitlines()[0]})"
            ) from error

    def parse(self, text: str) -> Parsed:
        """Names and arguments in a text, in its own offsets."""
        document = self._pipeline(text)
        names = tuple((e.start_char, e.end_char, _KINDS[e.label_]) for e in document.ents if e.label_ in _KINDS)
        if not document.has_annotation("DEP"):
            return Parsed(names)
        found = ((token.idx, token.idx + len(token.text), _link(token)) for token in document)
        return Parsed(names, tuple((start, end, link) for start, end, link in found if link))


def _link(token: Any) -> str:
    """The link of a token; what is listed or explained after a name has that of the name."""
    for _ in range(8):
        if token.dep_.lower() not in _LISTED:
            break
        token = token.head
    return _LINKS.get(token.dep_.lower(), "")


def _pieces(start: int, end: int) -> list[Sentence]:
    """A sentence without end is cut, so that work stays linear."""
    return [Sentence(place, min(place + _LONGEST, end)) for place in range(start, end, _LONGEST)]


def _blank(code: str) -> Pipeline:
    """A blank pipeline. That of French compiles its exceptions for four seconds and splits nothing that we need: the
    plain one.
    """
    config = _KOREAN if code in ("ko", "ja", "th", "vi") else {}
    vocabulary = Vocab()  # without getters: shapes, suffixes and the like of each new word, for which nobody asks
    try:
        return spacy.blank("xx" if code == "fr" else code, vocab=vocabulary, config=config)
    except (ImportError, OSError):
        return spacy.blank("xx")
