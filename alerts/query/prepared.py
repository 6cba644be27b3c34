"""An article made ready for rules: its words and facts looked up once, however many rules ask."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from urllib.parse import urlsplit

from alerts.query.folding import Folded, Token, fold, fold_letters, has_no_blanks, is_unspaced, pieces, runs, tokens
from alerts.query.inflection import LANGUAGES, stem
from streams.messages import Annotated, Event, Field, Filler

FIELDS: tuple[Field, ...] = ("title", "text")
COUNTRY_KINDS = frozenset({"country", "place", "person"})
"""Mentions of these kinds bring their country into an article."""

MOST_RUNS = 100_000
"""So many words of each language are remembered, some 20 MB."""


class Words:
    """The words of one field. Each view is made when a rule first asks for it."""

    def __init__(self, field: Field, text: str, language: str) -> None:
        self.field: Field = field
        self.text = text
        self.language = language

    @cached_property
    def forms(self) -> set[str]:
        """Every folded form of every word."""
        return self._views[0]

    @cached_property
    def stems(self) -> set[str]:
        """The shared part of every word's forms."""
        return self._views[1]

    @cached_property
    def _views(self) -> tuple[set[str], set[str]]:
        forms: set[str] = set()
        stems: set[str] = set()
        known = _known_runs(self.language)
        for run in runs(self.text):
            both = known.get(run) or _read_run(run, self.language, known)
            forms.update(both[0])
            stems.update(both[1])
        return forms, stems

    @cached_property
    def sequence(self) -> tuple[Token, ...]:
        """The words in order."""
        return tuple(tokens(self.text))

    @cached_property
    def by_form(self) -> dict[str, list[int]]:
        """Where in the sequence a folded form stands."""
        return _index((form, place) for place, token in enumerate(self.sequence) for form in token.forms)

    @cached_property
    def by_stem(self) -> dict[str, list[int]]:
        """Where in the sequence a shared part stands."""
        language = self.language
        return _index((stem(f, language), place) for place, token in enumerate(self.sequence) for f in token.forms)

    @cached_property
    def joined(self) -> str:
        """All forms in one text, a blank before each: quick to search for the beginning of a word."""
        return " " + " ".join(self.forms)

    @cached_property
    def unspaced(self) -> bool:
        """Whether some of the text is of a script that is searched within words."""
        return is_unspaced(self.text)

    @cached_property
    def folded(self) -> Folded:
        """The text folded in place."""
        return fold_letters(self.text)

    def count(self, start: int, end: int) -> float:
        """How many words stand in text[start:end]; where no blanks part them, two letters count as one.

        Of a word that `start` or `end` cuts, nothing counts: the rest is an ending, or the beginning of a compound.
        """
        return self._words_before(end) - self._words_before(start, cut=1)

    def _words_before(self, offset: int, cut: int = 0) -> float:
        ends, sums = self._ends
        place = bisect_right(ends, offset)
        if place == len(ends) or self.sequence[place].start >= offset:
            return sums[place]
        word = self.sequence[place]
        return sums[place] + ((offset - word.start) / 2 if has_no_blanks(word.forms[0]) else cut)

    @cached_property
    def _ends(self) -> tuple[list[int], list[float]]:
        """Where each word ends, and how many words there are before each."""
        sums = [0.0]
        for token in self.sequence:
            length = (token.end - token.start) / 2 if self.unspaced and has_no_blanks(token.forms[0]) else 1
            sums.append(sums[-1] + length)
        return [token.end for token in self.sequence], sums

    @cached_property
    def encoded(self) -> bytes:
        """The text as regular expressions read it."""
        return self.text.encode("utf-8", "replace")


Run = tuple[tuple[str, ...], tuple[str, ...]]
"""The forms and the stems of a run of word characters."""


@cache
def _known_runs(_language: str) -> dict[str, Run]:
    """What was read before in articles of a language: nearly every word of an article was."""
    return {}


def _read_run(run: str, language: str, known: dict[str, Run]) -> Run:
    if len(known) >= MOST_RUNS:
        known.clear()
    forms = tuple(form for piece in pieces(run) for form in piece[2])
    known[run] = forms, tuple(stem(form, language) for form in forms)
    return known[run]


def _index(pairs: Iterator[tuple[str, int]]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for key, place in pairs:
        at = places.setdefault(key, [])
        if not at or at[-1] != place:
            at.append(place)
    return places


@dataclass(frozen=True)
class Prepared:
    """One article for all rules. `language` chooses how words are inflected, "" where there are no rules for it."""

    article: Annotated

    @cached_property
    def language(self) -> str:
        """The article's language, as far as inflection knows it."""
        code = (self.article.language or "").lower().partition("-")[0]
        return code if code in LANGUAGES else ""

    @cached_property
    def title(self) -> Words:
        """The words of the title."""
        return Words("title", self.article.title, self.language)

    @cached_property
    def text(self) -> Words:
        """The words of the text."""
        return Words("text", self.article.text, self.language)

    def words(self, fields: tuple[Field, ...]) -> tuple[Words, ...]:
        """The words of the fields that a clause looks at."""
        return tuple(self.title if field == "title" else self.text for field in fields)

    @cached_property
    def entities(self) -> frozenset[str]:
        """Ids of all that is mentioned or fills a role."""
        named = {mention.entity for mention in self.article.mentions if mention.entity}
        return frozenset(named | {filler.entity for filler in self.fillers if filler.entity})

    @cached_property
    def countries(self) -> frozenset[str]:
        """Countries that are mentioned, by themselves or by a place or person of theirs, or fill a role."""
        named = {m.country for m in self.article.mentions if m.country and m.kind in COUNTRY_KINDS}
        return frozenset(named | {filler.country for filler in self.fillers if filler.country})

    @cached_property
    def types(self) -> frozenset[str]:
        """Types of the article's events."""
        return frozenset(event.type for event in self.article.events)

    @cached_property
    def fillers(self) -> tuple[Filler, ...]:
        """All fillers of all roles of all events."""
        return tuple(filler for event in self.article.events for filler in fillers(event))

    @cached_property
    def tags(self) -> frozenset[str]:
        """The article's tags, folded."""
        return frozenset(fold(tag).strip() for tag in self.article.tags)

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The hosts of the article and its feed, and the domains above them."""
        found: set[str] = set()
        for url in (self.article.url, self.article.source.feed):
            labels = host(url).split(".")
            found.update(".".join(labels[i:]) for i in range(len(labels) - 1))
        return frozenset(found)

    @cached_property
    def publication(self) -> str:
        """The feed's title, folded, with a blank around each word."""
        return _spaced(self.article.source.title or "")


def fillers(event: Event) -> Iterator[Filler]:
    """All fillers of an event, whatever their role."""
    for listed in event.roles.values():
        yield from listed


def host(url: str | None) -> str:
    """The host of a URL in small letters, "" where there is none."""
    try:
        return (urlsplit(url or "").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _spaced(text: str) -> str:
    return f" {' '.join(form for token in tokens(text) for form in token.forms[:1])} "
