"""Clauses about words: in any inflection, at the beginning of a word, as a phrase, within Chinese, near each other."""

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import re2

from alerts.query.folding import HANGUL, UNSPACED, exact, is_unspaced, tokens
from alerts.query.inflection import LANGUAGES, stem
from alerts.query.prepared import FIELDS, Prepared, Words
from streams.messages import Event, Field, Span

Spans = list[tuple[int, int]]


class Finder(Protocol):
    """Finds something in one field: first whether it is there at all, then where."""

    def present(self, words: Words) -> bool:
        """Whether it is there."""

    def spans(self, words: Words) -> Spans:
        """Every place, in order."""


@dataclass(frozen=True, slots=True)
class Text:
    """A finder as a clause, over the title, the text or both."""

    finder: Finder
    fields: tuple[Field, ...] = FIELDS

    def holds(self, article: Prepared, event: Event | None) -> bool:
        """Whether one of the fields has it."""
        return any(self.finder.present(words) for words in article.words(self.fields))

    def marks(self, article: Prepared, event: Event | None) -> Iterator[Span]:
        """Where the fields have it."""
        for words in article.words(self.fields):
            if self.finder.present(words):
                for start, end in self.finder.spans(words):
                    yield Span(field=words.field, start=start, end=end, text=words.text[start:end])


@dataclass(frozen=True, slots=True)
class Form:
    """A word as it is written, folded; with `exact` its accents count too."""

    forms: tuple[str, ...]
    exact: str | None = None

    def present(self, words: Words) -> bool:
        """Whether the word is there."""
        if not any(form in words.forms for form in self.forms):
            return False
        return self.exact is None or bool(self.places(words))

    def places(self, words: Words) -> list[int]:
        """Which words of the sequence it is."""
        found = sorted({place for form in self.forms for place in words.by_form.get(form, ())})
        if self.exact is None:
            return found
        return [place for place in found if self._is_exact(words, place)]

    def _is_exact(self, words: Words, place: int) -> bool:
        token = words.sequence[place]
        return exact(words.text[token.start : token.end]) == self.exact


@dataclass(frozen=True, slots=True)
class Inflected:
    """A word in any of its inflected forms. `stems` by language of the article."""

    stems: dict[str, tuple[str, ...]]

    def present(self, words: Words) -> bool:
        """Whether a form of the word is there."""
        return any(key in words.stems for key in self.stems[words.language])

    def places(self, words: Words) -> list[int]:
        """Which words of the sequence are forms of it."""
        return sorted({place for key in self.stems[words.language] for place in words.by_stem.get(key, ())})


@dataclass(frozen=True, slots=True)
class Beginning:
    """Words that begin so."""

    starts: tuple[str, ...]

    def present(self, words: Words) -> bool:
        """Whether a word begins so."""
        return any(f" {start}" in words.joined for start in self.starts)

    def places(self, words: Words) -> list[int]:
        """Which words of the sequence begin so."""
        found = (at for form, at in words.by_form.items() if form.startswith(self.starts))
        return sorted({place for at in found for place in at})


OneWord = Form | Inflected | Beginning


@dataclass(frozen=True, slots=True)
class Sequence:
    """Words one after the other, whatever stands between them but a word."""

    parts: tuple[OneWord, ...]

    def present(self, words: Words) -> bool:
        """Whether they stand so somewhere."""
        for part in self.parts:
            if not part.present(words):
                return False
        return len(self.parts) == 1 or bool(self._starts(words))

    def spans(self, words: Words) -> Spans:
        """From the first word's start to the last one's end."""
        sequence, last = words.sequence, len(self.parts) - 1
        return [(sequence[place].start, sequence[place + last].end) for place in self._starts(words)]

    def _starts(self, words: Words) -> list[int]:
        starts = self.parts[0].places(words)
        for distance, part in enumerate(self.parts[1:], start=1):
            following = set(part.places(words))
            starts = [place for place in starts if place + distance in following]
        return starts


@dataclass(frozen=True, slots=True)
class Within:
    """Words of a script without blanks, wherever they stand in a longer run of letters."""

    pattern: re.Pattern[str]

    def present(self, words: Words) -> bool:
        """Whether the text has them."""
        return words.unspaced and self.pattern.search(words.folded.text) is not None

    def spans(self, words: Words) -> Spans:
        """Every place that does not overlap the one before."""
        folded = words.folded
        return [folded.place(*match.span()) for match in self.pattern.finditer(folded.text)]


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression of RE2, over the text as it was written."""

    pattern: "re2._Regexp"

    def present(self, words: Words) -> bool:
        """Whether it is met."""
        return self.pattern.search(words.encoded) is not None

    def spans(self, words: Words) -> Spans:
        """Every place where it is met by at least one character."""
        found: Spans = []
        for match in self.pattern.finditer(words.encoded):
            start, end = match.span()
            if end > start:
                before = len(words.encoded[:start].decode("utf-8", "replace"))
                found.append((before, before + len(words.encoded[start:end].decode("utf-8", "replace"))))
        return found


@dataclass(frozen=True, slots=True)
class Either:
    """One of several."""

    finders: tuple[Finder, ...]

    def present(self, words: Words) -> bool:
        """Whether one is there."""
        return any(finder.present(words) for finder in self.finders)

    def spans(self, words: Words) -> Spans:
        """The places of all."""
        return sorted({span for finder in self.finders if finder.present(words) for span in finder.spans(words)})


@dataclass(frozen=True, slots=True)
class Together:
    """Two with at most `distance` words between them, in either order."""

    left: Finder
    right: Finder
    distance: int

    def present(self, words: Words) -> bool:
        """Whether two are so close."""
        return self.left.present(words) and self.right.present(words) and bool(self.spans(words))

    def spans(self, words: Words) -> Spans:
        """From the start of the first to the end of the second, for each left one with its neighbours."""
        rights = sorted(self.right.spans(words))
        found: set[tuple[int, int]] = set()
        for left in self.left.spans(words):
            after = bisect_left(rights, (left[1], 0))
            if after < len(rights) and words.count(left[1], rights[after][0]) <= self.distance:
                found.add((left[0], rights[after][1]))
            before = bisect_left(rights, left) - 1
            while before >= 0 and rights[before][1] > left[0]:
                before -= 1
            if before >= 0 and words.count(rights[before][1], left[0]) <= self.distance:
                found.add((rights[before][0], left[1]))
        return sorted(found)


_NOT_SPACED = f" {UNSPACED}{HANGUL}"


def finder_for(text: str, *, prefix: bool = False, phrase: bool = False, literal: bool = False) -> Finder:
    """The finder for words. `phrase`: no inflection; `literal`: accents count too; `prefix`: words that begin so."""
    parts = list(tokens(text))
    if any(is_unspaced(t.forms[0]) for t in parts):
        return Within(_within([t.forms[0] for t in parts], literal=literal, prefix=prefix))
    words: list[OneWord] = [Form(t.forms, exact(text[t.start : t.end]) if literal else None) for t in parts]
    last = parts[-1].forms
    if prefix:
        words[-1] = Beginning(last)
    elif not phrase and not literal:
        words[-1] = Inflected({code: tuple({stem(form, code) for form in last}) for code in ("", *LANGUAGES)})
    return Sequence(tuple(words))


def _within(parts: list[str], *, literal: bool, prefix: bool) -> re.Pattern[str]:
    """Korean words of one or two letters only at the start of a word, where others are found anywhere."""
    first, last = parts[0], parts[-1]
    korean_start = re.match(f"[{HANGUL}]", first) and (literal or len(parts) > 1 or len(first) <= 2)
    before = f"(?<![{HANGUL}])" if korean_start else ""
    if not is_unspaced(first):
        before = f"(?<![^{_NOT_SPACED}])"
    after = f"(?![{HANGUL}])" if literal and re.match(f"[{HANGUL}]", last) else ""
    if not is_unspaced(last) and not prefix:
        after = f"(?![^{_NOT_SPACED}])"
    pattern = re.escape(first)
    for left, right in itertools.pairwise(parts):
        loose = is_unspaced(left) or is_unspaced(right)
        pattern += (" *" if loose else " +") + re.escape(right)
    return re.compile(before + pattern + after)
