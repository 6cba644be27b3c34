"""A language's function words folded for look-up: what phrases, links, clauses and status read."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from streams.detection.inflection import Inflector
from streams.languages.language import Language


@dataclass(frozen=True, slots=True)
class Grammar:
    """Folded function words of a language, and one compiled pattern for each kind of cue and filter."""

    language: Language
    articles: frozenset[str]
    dative_articles: frozenset[str]
    genitive_articles: frozenset[str]
    adpositions: Mapping[str, str]
    conjunctions: frozenset[str]
    fillers: frozenset[str]
    pronouns: frozenset[str]
    subjects: frozenset[str]
    plural_pronouns: frozenset[str]
    particles: frozenset[str]
    markers: Mapping[str, re.Pattern[str]]
    cues: Mapping[str, re.Pattern[str]]
    discourse: Mapping[str, re.Pattern[str]]
    clauses: Mapping[str, frozenset[str]]
    passive: frozenset[str]
    infinitive: frozenset[str]
    masculine: frozenset[str]
    sides: Mapping[str, str]
    compound: Mapping[str, str]
    months: tuple[re.Pattern[str], ...]
    weekdays: tuple[re.Pattern[str], ...]
    forces: Mapping[str, str]
    rebels: Mapping[str, str]


def compile_grammar(language: Language, fold: Callable[[str], str]) -> Grammar:
    """Fold and compile the function words of a language once."""

    def words(items: Iterable[str]) -> frozenset[str]:
        return frozenset(fold(item) for item in items)

    def pattern(items: Iterable[str]) -> re.Pattern[str]:
        return compile_forms([fold(item) for item in items], language)

    return Grammar(
        language=language,
        articles=words(language.articles),
        dative_articles=words(language.dative_articles),
        genitive_articles=words(language.genitive_articles),
        adpositions={fold(word): link for word, link in language.adpositions.items()},
        conjunctions=words(language.conjunctions),
        fillers=words(language.fillers),
        pronouns=words(language.pronouns),
        subjects=words(language.subjects),
        plural_pronouns=words(language.plural_pronouns),
        particles=words(language.name_particles),
        markers={kind: pattern(items) for kind, items in language.markers.items()},
        cues={kind: pattern(items) for kind, items in language.cues.items() if items},
        discourse={kind: pattern(items) for kind, items in language.discourse.items() if items},
        clauses={kind: words(items) for kind, items in language.clauses.items()},
        passive=words(language.passive),
        infinitive=words(language.infinitive),
        masculine=words(language.masculine),
        compound={fold(word): link for word, link in language.compound.items()},
        sides={fold(word): link for word, link in language.sides.items()},
        months=tuple(pattern([month]) for month in language.months),
        weekdays=tuple(pattern(language.weekdays[day::_WEEK]) for day in range(_WEEK)) if language.weekdays else (),
        forces=_inflected(language.forces, language, fold),
        rebels=_inflected(language.rebels, language, fold),
    )


def _inflected(forms: Iterable[str], language: Language, fold: Callable[[str], str]) -> Mapping[str, str]:
    """Every form of nouns with its case."""
    inflector = Inflector(language, fold)
    return {
        stem.text + ending: case
        for form in forms
        for stem in inflector.stems(form, "noun")
        for ending, case in sorted(stem.endings.items(), key=lambda item: item[1] == "bare")
    }


_WEEK = 7
_NOTHING = re.compile(r"(?!)")
_GAP = r"(?:[^\w\n]+\w+){0,12}?[^\w\n]+"


def compile_forms(forms: Iterable[str], language: Language) -> re.Pattern[str]:
    """One pattern for a list of folded forms; `~` any letters of the word, `…` (folded `...`) up to seven words
    between.
    """
    written = sorted({form for form in forms if form.strip()}, key=lambda form: (-len(form), form))
    if not written:
        return _NOTHING
    body = _branches(written, language)
    if language.script == "han":
        return re.compile(body)
    if language.script == "arabic":
        return re.compile(rf"(?<!\w)(?:[وف]?[بلك]?(?:ال)?)?(?:{body})(?!\w)")
    if language.script == "hangul":
        return re.compile(rf"(?<!\w)(?:{body})")
    return re.compile(rf"(?<![\w])(?:{body})(?!\w)")


def _branches(forms: list[str], language: Language) -> str:
    """Alternatives grouped by their first two characters: `re` tries alternatives one by one, so few must be tried."""
    groups: dict[str, list[str]] = {}
    for form in forms:
        head = form[:2] if form[:2].isalnum() and form[2:3] != " " else ""
        groups.setdefault(head, []).append(form[len(head) :])
    parts = []
    for head, rests in groups.items():
        inner = "|".join(_form(rest, language) for rest in rests)
        parts.append(rf"{head}(?:{inner})" if len(rests) > 1 else f"{head}{inner}")
    return "|".join(parts)


def _form(form: str, language: Language) -> str:
    parts = re.split(r"\s*\.\.\.\s*", form)
    gap = r".{0,12}?" if language.script == "han" else _GAP
    return gap.join(_words(part) for part in parts)


def _words(part: str) -> str:
    pieces = [re.escape(word).replace(r"\~", r"\w*").replace("~", r"\w*") for word in part.split()]
    return r"\s+".join(pieces)
