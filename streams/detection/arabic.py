"""What is Arabic about frames: the verb comes first, pronouns are endings of nouns, receivers follow without a word."""

from streams.detection.candidate import Candidate
from streams.detection.fillers import countries_of
from streams.detection.grammar import Grammar
from streams.detection.units import BODY, COUNTRY, FORMER, LEADER, MINISTER, OTHER, PLACE, PLURAL, Unit

_OWN = ("ه", "ها", "هما", "هم")
"""Endings of a noun that say whose it is: `لقائه`."""
_FEMININE = frozenset({"زياره", "قمه", "مقابله", "مصافحه", "مادبه", "خلوه", "جوله", "جلسه", "مشاوره", "مكالمه"})
"""Nouns whose own last letter is folded to that ending."""
_NEAR = 6
"""Units between such a noun and whom it takes."""
_PERSONS = frozenset({LEADER, PLURAL, MINISTER, FORMER, OTHER})


def is_arabic(candidate: Candidate) -> bool:
    """Whether the sentence is Arabic."""
    return candidate.analysis.grammar.language.script == "arabic"


def has_owner(candidate: Candidate) -> bool:
    """Whether the head is a noun that ends in a pronoun."""
    word = candidate.unit.low.split()[-1]
    return candidate.tense == "noun" and word.endswith(_OWN) and word not in _FEMININE


def owner_and_partner(candidate: Candidate) -> list[Unit]:
    """`قال A بعد لقائه B`: the leader before a noun with a pronoun, and the one right after it."""
    if not is_arabic(candidate) or not has_owner(candidate):
        return []
    units, head = candidate.analysis.units, candidate.analysis.units.index(candidate.unit)
    ahead = [unit for unit in units[head + 1 : head + _NEAR] if unit.cls in _PERSONS]
    if not ahead or ahead[0].cls not in (LEADER, PLURAL) or ahead[0].link not in ("", "bare", "with", "object"):
        return []
    behind = [unit for unit in reversed(units[:head]) if unit.cls in _PERSONS and not unit.attribute]
    earlier = behind or [*reversed(candidate.analysis.leaders)]
    owner = next((unit for unit in earlier if unit.country != ahead[0].country), None)
    if owner is None or owner.cls not in (LEADER, PLURAL):
        return []
    found = [owner, ahead[0]]
    return found if len(countries_of(found)) >= 2 else []


def meets_other(candidate: Candidate) -> bool:
    """`استقبل A وزير …`: who meets, or who is met first, is no leader."""
    if not is_arabic(candidate) or candidate.tense == "noun":
        return False
    clause = candidate.analysis.clause(candidate.unit.clause)
    persons = [unit for unit in clause if unit.cls in _PERSONS and not unit.attribute and not unit.quoted]
    after = [unit for unit in persons if unit.start >= candidate.unit.end]
    before = [unit for unit in persons if unit.end <= candidate.unit.start]
    units = candidate.analysis.units
    beside = bool(before) and units.index(candidate.unit) - units.index(before[-1]) <= 2
    pair = [*before[-1:], *after[:1]] if beside else after[:2]
    return any(unit.cls not in (LEADER, PLURAL) for unit in pair)


def visits_other(candidate: Candidate) -> bool:
    """`زيارة وفد …`, `زيارته` of a minister: the noun says whose visit it is, and he is no leader."""
    if not is_arabic(candidate) or candidate.tense != "noun":
        return False
    units, head = candidate.analysis.units, candidate.analysis.units.index(candidate.unit)
    if has_owner(candidate):
        named = next((unit for unit in reversed(units[:head]) if unit.cls in _PERSONS and not unit.attribute), None)
        return named is not None and named.cls not in (LEADER, PLURAL)
    beside = next((unit for unit in units[head + 1 : head + 3] if unit.cls in _PERSONS or unit.cls == BODY), None)
    return beside is not None and beside.cls not in (LEADER, PLURAL) and not beside.link


def receiver(candidate: Candidate, actors: list[Unit]) -> Unit | None:
    """`تسليم سوريا صواريخ`: a bare name right after the head, with the weapon behind it, receives where somebody
    else supplies.
    """
    if not is_arabic(candidate):
        return None
    governing = candidate.analysis.governing(candidate.unit.clause)
    above = candidate.analysis.clause(governing) if governing is not None else []
    supplied = any(unit.end <= candidate.unit.start and unit.link in ("", "bare", "subject") for unit in actors)
    if not supplied and not any(unit.cls in (COUNTRY, PLACE, LEADER) for unit in above):
        return None
    units, head = candidate.analysis.units, candidate.analysis.units.index(candidate.unit)
    after = units[head + 1 : head + 2]
    if not after or after[0] not in actors or after[0].link not in ("", "bare"):
        return None
    weapon = any(unit.weapon is not None for unit in units[head + 2 : head + 7])
    return after[0] if weapon else None


def within_deal(candidate: Candidate) -> bool:
    """`عقدا لتوريد صواريخ`: what a deal right before it is for; the deal tells it already."""
    units, head = candidate.analysis.units, candidate.analysis.units.index(candidate.unit)
    before = units[max(0, head - 1) : head]
    return is_arabic(candidate) and any(
        getattr(hit.entry.referent, "frame", "") == "deal" for unit in before for hit in unit.triggers
    )


def stem_of(word: str, grammar: Grammar) -> str:
    """A word without the article, and without the preposition that the article joins (`للجيش`)."""
    if grammar.language.script != "arabic":
        return word
    for prefix in ("وال", "بال", "لل", "ال"):
        if word.startswith(prefix):
            return word[len(prefix) :]
    return word
