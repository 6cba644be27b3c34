"""Everything that one language can name, compiled into one automaton.

Patterns are written for `Folded.words` with a blank before each word, so that a hit begins where a word begins. Only
the
first word's stem is in the automaton; endings and further words are checked at the hit.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import ahocorasick_rs

from streams.detection.inflection import Inflector, Stem
from streams.detection.normalise import Folder
from streams.event_types.definition import EventType, Trigger
from streams.knowledge import Country, Forms, Knowledge, Office, Organization, Person, Place, Weapon
from streams.languages.language import Language, Title

Referent = Person | Country | Place | Organization | Weapon | Office | Title | Trigger

LATIN_LANGUAGES = frozenset({"de", "en", "fr", "es", "it", "pt", "nl", "pl", "tr", "sv", "da", "cs", "ro"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One form of something. `kind` is what the form says (`person`, `family`, `country`, `adjective`, `short`, …)."""

    kind: str
    referent: Referent
    stems: tuple[Stem, ...]
    capital: bool = False
    upper: bool = False
    tense: str = ""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The compiled forms of a language: `entries[i]` are those that begin with pattern `i`.

    `lengths[i]` is the length of that pattern, and `endings[i]` what may follow it in its word for any of the entries,
    None where anything may.
    """

    language: Language
    automaton: ahocorasick_rs.AhoCorasick
    entries: tuple[tuple[Entry, ...], ...]
    offsets: tuple[int, ...]
    lengths: tuple[int, ...]
    endings: tuple[frozenset[str] | None, ...]


def build_lexicon(language: Language, knowledge: Knowledge, types: Iterable[EventType], folder: Folder) -> Lexicon:
    """Compile a language's forms of all names, titles and trigger heads."""
    inflector = Inflector(language, folder.words)
    patterns: dict[str, list[Entry]] = {}
    for entry in _entries(language, knowledge, types, inflector):
        patterns.setdefault(_pattern(language, entry), []).append(entry)
    texts = list(patterns)
    return Lexicon(
        language,
        ahocorasick_rs.AhoCorasick(texts or ["\x00"], store_patterns=False),
        tuple(tuple(patterns[text]) for text in texts),
        tuple(1 if text.startswith(" ") else 0 for text in texts),
        tuple(len(text.strip()) for text in texts),
        tuple(_endings(language, patterns[text]) for text in texts),
    )


def _endings(language: Language, entries: list[Entry]) -> frozenset[str] | None:
    """What may stand between a pattern and the end of its word: most hits of the automaton end here."""
    last = [_covered(language, entry)[-1] for entry in entries]
    if language.script in ("han", "hangul") or any(stem.open for stem in last):
        return None
    return frozenset().union(*(stem.endings for stem in last))


def _pattern(language: Language, entry: Entry) -> str:
    """What the automaton looks for: the first stem, and further words behind words that take no ending.

    Many forms begin with an everyday word (de Villepin, to send): alone it would hit in every sentence.
    """
    covered = _covered(language, entry)
    text = " ".join(stem.text for stem in covered)
    if language.script in ("han", "arabic") or covered[0].inside:
        return text
    short = len(covered) == 1 and _closed(covered[0]) and len(text) < 4 and language.script != "hangul"
    return f" {text} " if short else f" {text}"


def _covered(language: Language, entry: Entry) -> tuple[Stem, ...]:
    """The stems that a form's pattern holds."""
    if language.script in ("han", "hangul") or entry.stems[0].inside:
        return entry.stems[:1]
    count = 1
    while count < len(entry.stems) and (_closed(entry.stems[count - 1]) or _particle(language, entry.stems[count - 1])):
        count += 1
    return entry.stems[:count]


def _particle(language: Language, stem: Stem) -> bool:
    """A short Latin word with others behind it (`de visita en`) takes no ending, whatever its form's paradigm says."""
    return language.script == "latin" and len(stem.text) <= 3 and "" in stem.endings


def _closed(stem: Stem) -> bool:
    return not stem.open and set(stem.endings) == {""}


def _entries(
    language: Language, knowledge: Knowledge, types: Iterable[EventType], inflector: Inflector
) -> Iterator[Entry]:
    for kind, referent, form, category in _forms(language, knowledge):
        stems = inflector.stems(form, category)
        if stems and _usable(language, kind, stems):
            letters = form.replace(".", "").replace("~", "")
            upper = language.capitals and letters.isupper() and len(letters) <= 5
            capital = (
                language.capitals and form[:1].isupper() and kind not in ("title", "office", "adjective", "demonym")
            )
            if kind in ("adjective", "demonym") and language.code == "en":
                capital = True
            yield Entry(kind, referent, tuple(_compound(language, kind, referent, stems)), capital, upper)
    for event_type in types:
        for trigger in event_type.triggers.get(language.code, ()):
            for tense, forms in trigger.forms.items():
                for form in forms:
                    written = f"{form}~" if language.script == "hangul" else form
                    stems = inflector.stems(written, "noun" if tense == "noun" else "head")
                    if stems:
                        yield Entry("trigger", trigger, tuple(stems), tense=tense)


def _usable(language: Language, kind: str, stems: list[Stem]) -> bool:
    """One letter is no name outside Chinese; two are none in an alphabet unless they are an acronym (checked by
    case).
    """
    length = sum(len(stem.text) for stem in stems)
    return length >= 2 or (language.script in ("han", "hangul") and kind == "short")


def _compound(language: Language, kind: str, referent: Referent, stems: list[Stem]) -> list[Stem]:
    """German weapon nouns also end compounds (Panzerhaubitze, Flugabwehrraketen)."""
    first = stems[0]
    if (
        language.compounds
        and kind == "weapon"
        and len(stems) == 1
        and len(first.text) >= 5
        and isinstance(referent, Weapon)
        and referent.kind in ("generic", "platform", "munition")
    ):
        return [Stem(first.text, first.endings, first.open, True)]
    return stems


def _forms(language: Language, knowledge: Knowledge) -> Iterator[tuple[str, Referent, str, str]]:
    code = language.code
    for person in knowledge.people.values():
        yield from (("person", person, form, "name") for form in _of(person.forms, language))
        yield from (("family", person, form, "name") for form in _of(person.family, language))
    for country in knowledge.countries.values():
        yield from (("country", country, form, "name") for form in _of(country.names, language))
        yield from (("adjective", country, form, "adjective") for form in country.adjectives.get(code, ()))
        yield from (("demonym", country, form, "demonym") for form in country.demonyms.get(code, ()))
        yield from (("short", country, form, "none") for form in country.short.get(code, ()))
    for form, iso in language.combining.items():
        if iso in knowledge.countries:
            yield "combining", knowledge.countries[iso], form, "none"
    for place in knowledge.places.values():
        yield from (("place", place, form, "name") for form in _of(place.forms, language))
    for organization in knowledge.organizations.values():
        yield from (("organization", organization, form, "name") for form in _of(organization.forms, language))
    for weapon in knowledge.weapons.values():
        yield from (("weapon", weapon, form, "noun") for form in _of(weapon.forms, language))
    for office in knowledge.offices.values():
        inflects = "noun" if language.compounds else "office"
        yield from (("office", office, form, inflects) for form in office.forms.get(code, ()))
    yield from (("title", title, title.form, "noun") for title in language.titles)


def _of(forms: Forms | Mapping[str, tuple[str, ...]], language: Language) -> tuple[str, ...]:
    own = forms.get(language.code, ())
    shared = forms.get("*", ()) if language.script == "latin" else ()
    return tuple(dict.fromkeys((*own, *shared)))
