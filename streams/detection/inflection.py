"""Stems and the endings that may follow them, from a language's paradigms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from streams.languages.language import Language

ANY: Mapping[str, str] = MappingProxyType({})
_ARTICLE = "\u0627\u0644"
"""The Arabic article is a prefix like others: the scan takes it off, so the tables' own is taken off too."""
_BARE: Mapping[str, str] = MappingProxyType({"": "bare"})


@dataclass(frozen=True, slots=True)
class Stem:
    """The start of a word as the scan sees it. `endings` maps what may follow to a case; `open`: anything may
    follow.
    """

    text: str
    endings: Mapping[str, str]
    open: bool = False
    inside: bool = False


class Inflector:
    """Turns dictionary forms of one language into stems; equal paradigms share one mapping."""

    def __init__(self, language: Language, words: Callable[[str], str]) -> None:
        self._words = words
        self._script = language.script
        self._paradigms = {
            category: [(words(p.ending), {words(e): case for e, case in p.cases.items()}) for p in classes]
            for category, classes in language.paradigms.items()
        }

    def stems(self, form: str, category: str) -> list[Stem]:
        """One stem for each word of a form; no stem at all for a form without letters."""
        inside = form.startswith("~")
        if self._script == "han":
            words, open_ = self._words(form.strip("~")), form.endswith("~")
            return [Stem(words.replace(" ", ""), _BARE, open_, inside)] if words else []
        parts, opened = self._parts(form)
        if self._script == "arabic" and parts and parts[0].startswith(_ARTICLE) and len(parts[0]) > 4:
            parts[0] = parts[0][len(_ARTICLE) :]
        return [self._stem(part, category, open_=i in opened, inside=inside and i == 0) for i, part in enumerate(parts)]

    def _parts(self, form: str) -> tuple[list[str], set[int]]:
        """The words of a form, and the places of those that any letters may follow (`лесн~ пожар~`)."""
        parts: list[str] = []
        opened: set[int] = set()
        for token in form.split():
            parts.extend(self._words(token.strip("~")).split())
            if token.endswith("~") and parts:
                opened.add(len(parts) - 1)
        return parts, opened

    def _stem(self, word: str, category: str, *, open_: bool, inside: bool) -> Stem:
        if open_:
            return Stem(word, ANY, True, inside)
        for ending, cases in self._paradigms.get(category, ()):
            if word.endswith(ending) and len(word) > len(ending) + 1:
                return Stem(word[: len(word) - len(ending)], cases, False, inside)
        return Stem(word, _BARE, False, inside)
