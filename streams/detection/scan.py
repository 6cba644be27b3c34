"""One pass of the automaton over a text, each hit checked for word borders, endings and capital letters."""

from dataclasses import dataclass

from streams.detection.chinese import NO_MAKE
from streams.detection.inflection import Stem
from streams.detection.lexicon import Entry, Lexicon
from streams.detection.normalise import Folded
from streams.languages.language import Language


@dataclass(frozen=True, slots=True)
class Hit:
    """A form at a place of the folded text. `case` is what its ending says; `link` what its prefix or particle says."""

    start: int
    end: int
    entry: Entry
    case: str = "bare"
    link: str = ""
    word_start: int = 0
    word_end: int = 0

    @property
    def length(self) -> int:
        """Length of the matched form."""
        return self.end - self.start


def scan(folded: Folded, lexicon: Lexicon, limit: int) -> list[Hit]:
    """All forms found in the first `limit` characters, unresolved: several may lie over one another."""
    words = f" {folded.words[:limit]} "
    hits: list[Hit] = []
    cased = folded.cased
    shouting = _shouts(cased[:limit])
    nouns = lexicon.language.nouns_capital
    offsets, lengths, endings = lexicon.offsets, lexicon.lengths, lexicon.endings
    for index, start, _ in lexicon.automaton.find_matches_as_indexes(words, overlapping=True):
        begin = start + offsets[index]
        accepted = endings[index]
        if accepted is not None:
            after = begin + lengths[index]
            if words[after : words.find(" ", after)] not in accepted:
                continue
        for entry in lexicon.entries[index]:
            hit = _check(words, begin, entry, lexicon.language)
            if hit is None or not _capital(cased, hit, entry, shouting=shouting):
                continue
            if nouns and entry.tense and not shouting and not _german(cased, hit, entry):
                continue
            hits.append(hit)
    return hits


def _shouts(text: str) -> bool:
    """Whether a text is written in capitals throughout, so that capitals say nothing."""
    return text.isupper()


def _check(words: str, begin: int, entry: Entry, language: Language) -> Hit | None:
    """The hit with the place of its words in the folded text (which begins one character later in `words`), or None."""
    link, word_start = "", begin
    if language.script == "han":
        return _check_han(words, begin, entry)
    first = entry.stems[0]
    if words[begin - 1] != " ":
        word_start = words.rfind(" ", 0, begin) + 1
        prefix = words[word_start:begin]
        if language.script == "arabic":
            found = language.prefixes.get(prefix)
            if found is None:
                return None
            link = "" if found == "bare" else found
        elif not first.inside:
            return None
    place, case, particle = begin, "bare", ""
    for number, stem in enumerate(entry.stems):
        if number:
            if words[place : place + 1] != " " or not words.startswith(stem.text, place + 1):
                return None
            place += 1
        checked = _ending(words, place, stem, language)
        if checked is None:
            return None
        place, found_case, particle = checked
        case = found_case if number == 0 or found_case != "bare" else case
    word_end = words.find(" ", place)
    return Hit(begin - 1, place - 1, entry, case, particle or link, word_start - 1, word_end - 1)


def _check_han(words: str, begin: int, entry: Entry) -> Hit | None:
    """Chinese has no blanks: a form counts anywhere, but for a `made in` whose last syllable begins another word."""
    end = begin + len(entry.stems[0].text)
    if entry.kind == "adjective" and words[end - 1 : end + 1] in NO_MAKE:
        return None
    return Hit(begin - 1, end - 1, entry, "bare", "", begin - 1, end - 1)


def _ending(words: str, start: int, stem: Stem, language: Language) -> tuple[int, str, str] | None:
    """Where the word that begins with a stem ends, its case, and a particle's link."""
    after = start + len(stem.text)
    end = words.find(" ", after)
    ending = words[after:end]
    if stem.open:
        return end, "bare", ""
    if language.script == "hangul" and ending:
        link = _particle(ending, language)
        return None if link is None else (after, "bare", link)
    case = stem.endings.get(ending)
    return None if case is None else (end, case, "")


def _particle(ending: str, language: Language) -> str | None:
    """The link of a Korean particle, or of the first of two; None where the rest of the word is no particle."""
    found = language.postpositions.get(ending)
    if found is not None:
        return found
    for length in (3, 2, 1):
        first, rest = ending[:length], ending[length:]
        if rest in language.postpositions and first in language.postpositions:
            return language.postpositions[first]
    return None


def _capital(cased: str, hit: Hit, entry: Entry, *, shouting: bool) -> bool:
    if entry.upper and not shouting:
        letters = [char for char in cased[hit.start : hit.end] if char.isalpha()]
        stem = sum(char.isalpha() for stem in entry.stems for char in stem.text)
        return all(char.isupper() for char in letters[:stem])
    return not entry.capital or cased[hit.start].isupper() or cased[hit.start].isdigit() or hit.start > hit.word_start


def _german(cased: str, hit: Hit, entry: Entry) -> bool:
    """Where nouns are written with a capital, a head that is a noun has one, and a verb has one only at a beginning."""
    upper = cased[hit.word_start].isupper()
    if entry.tense == "noun":
        return (
            any(char.isupper() for char in cased[hit.word_start : hit.word_end])
            or entry.stems[0].text in _SMALL
            or hit.start > hit.word_start
        )
    return (
        not upper
        or not cased[: hit.word_start].rstrip(" \"'(")
        or cased[: hit.word_start].rstrip(" \"'(")[-1:] in ".:!?\u2013\n|"
    )


_SMALL = frozenset({"bei", "beim", "in", "im"})
_RANK = {
    "person": 0, "office": 1, "title": 2, "country": 3, "place": 4, "organization": 5, "family": 3, "adjective": 6,
    "demonym": 6, "combining": 9,
    "weapon": 5, "short": 9, "trigger": 8,
}  # fmt: skip


def choose(hits: list[Hit]) -> list[list[Hit]]:
    """Groups of hits on one piece of text, the longest first, then the leftmost; nothing overlaps a chosen group.

    A group holds every reading of its piece, the likeliest kind first: which one is meant, the neighbours decide later.
    """
    ordered = sorted(
        _without_shadows(hits),
        key=lambda hit: (-hit.length, hit.start, _RANK[hit.entry.kind], -_stem_length(hit.entry)),
    )
    groups: dict[tuple[int, int], list[Hit]] = {}
    longest: dict[int, tuple[int, int]] = {}
    taken: set[int] = set()
    for hit in ordered:
        span = (hit.start, hit.end)
        if span in groups:
            groups[span].append(hit)
        elif taken.isdisjoint(range(hit.start, hit.end)):
            groups[span] = [hit]
            longest[hit.start] = span
            taken.update(range(hit.start, hit.end))
        elif (
            hit.entry.kind == "trigger"
            and longest.get(hit.start)
            and groups[longest[hit.start]][0].entry.kind == "trigger"
        ):
            groups[longest[hit.start]].append(hit)
    return [groups[span] for span in sorted(groups)]


def _without_shadows(hits: list[Hit]) -> list[Hit]:
    """Hits without heads that are the name of a state with its particle (Korean: India and to hand over)."""
    named = {(hit.start, hit.end) for hit in hits if hit.entry.kind == "country" and hit.link}
    if not named:
        return hits
    return [
        hit
        for hit in hits
        if hit.entry.kind != "trigger" or (hit.start, hit.start + _stem_length(hit.entry)) not in named
    ]


def _stem_length(entry: Entry) -> int:
    """Letters that the form itself has: of two readings the one with the shorter ending is likelier."""
    return sum(len(stem.text) for stem in entry.stems)
