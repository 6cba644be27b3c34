"""What shows that a head is meant literally: words of the type's evidence groups, and names around the head.

A sentence is first asked cheaply (`Scene`), before it is taken apart: most everyday heads (`hit`, `storm`, `strike`)
end there. What only grammar can tell is asked once the sentence has its units.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from streams.detection.arguments import Arguments, is_union
from streams.detection.candidate import Candidate
from streams.detection.grammar import Grammar, compile_forms
from streams.detection.scan import Hit
from streams.detection.units import ADJECTIVE, BODY, GROUP, LEADER, MINISTER, PLURAL, STATES, WEAPON, Unit
from streams.event_types.definition import EventType, Trigger
from streams.knowledge import Organization
from streams.languages.language import Language

_STATE_KINDS = frozenset({"country", "place", "adjective", "demonym", "short", "person", "family", "pair", "office"})
_KINDS: Mapping[str, frozenset[str]] = {
    "state": _STATE_KINDS,
    "leader": frozenset({"person", "family", "title", "office"}),
    "minister": frozenset({"person", "family", "title"}),
    "weapon": frozenset({"weapon"}),
    "organization": frozenset({"organization"}),
}
_CLASSES: Mapping[str, frozenset[str]] = {
    "state": frozenset({*STATES, LEADER}),
    "leader": frozenset({LEADER}),
    "minister": frozenset({MINISTER}),
    "weapon": frozenset({WEAPON}),
    "organization": frozenset({BODY}),
    "group": frozenset({GROUP}),
}
_PEOPLE = frozenset({"person", "family", "title", "office", "pair"})
_PLACES = frozenset({"country", "place", "short"})
_CLOSE = 40
"""So many characters may stand between a head and the name beside it."""

_PARTIES = frozenset({*STATES, LEADER, MINISTER, PLURAL})
_NUMBER = re.compile(r"\d")
_HEADLINE = 110
_HEADLINE_HAN = 40


@dataclass(frozen=True)
class CompiledEvidence:
    """An evidence group of a type in one language, compiled when it is first asked for: hundreds of them at the start
    would cost a second.
    """

    name: str
    window: str
    forms: tuple[str, ...]
    language: Language

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The words of the group."""
        return compile_forms(self.forms, self.language)


Evidence = Mapping[str, CompiledEvidence]
"""The evidence groups of one type by name."""


def compile_evidence(event_type: EventType, language: Language, fold: Callable[[str], str]) -> Evidence:
    """The evidence groups that a type has in a language."""
    return {
        group.name: CompiledEvidence(
            group.name, group.window, tuple(fold(form) for form in group.forms[language.code]), language
        )
        for group in event_type.evidence
        if group.forms.get(language.code)
    }


def is_headline(text: str, start: int, end: int, grammar: Grammar) -> bool:
    """Whether a sentence is all of its text, short, and without the stop that ends a sentence of running text."""
    longest = _HEADLINE_HAN if grammar.language.script == "han" else _HEADLINE
    if end - start > longest or text[:start].strip() or text[end:].strip():
        return False
    return not text[start:end].rstrip(" \"'").endswith((".", "\u3002"))


@dataclass(slots=True)
class Scene:
    """What a sentence shows before it is taken apart; what was found is kept, as several heads may ask for it."""

    sentence: str
    text: str
    groups: list[list[Hit]]
    headline: bool
    grammar: Grammar
    _kinds: frozenset[str] = frozenset()
    _found: dict[tuple[str, str], bool] = field(default_factory=dict)

    def may_hold(self, trigger: Trigger, evidence: Evidence) -> bool:
        """Whether what a head wants can be there: certain when the answer is no."""
        return any(
            all(self._may(trigger.type, name, evidence) for name in names) for names in wanted(trigger, evidence)
        )

    def may_stay(self) -> bool:
        """Whether somebody can be told to be in a country (`A in C: …`): a name or title shortly before the head, and a
        country shortly behind it or a second name before.
        """
        for group in self.groups:
            head = next((hit for hit in group if getattr(hit.entry.referent, "frame", "") == "stay"), None)
            if head is None:
                continue
            before = [other for other in self.groups if other[0].end <= head.start and _has(other, _PEOPLE)]
            behind = [other for other in self.groups if 0 <= other[0].start - head.end <= _CLOSE]
            abroad = len(before) > 1 or any(_has(other, _PLACES) for other in behind)
            if before and head.start - before[-1][0].end <= _CLOSE and abroad:
                return True
        return False

    def _may(self, event_type: str, name: str, evidence: Evidence) -> bool:
        key = (event_type if name in evidence else "", name)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._look(name, evidence)
        return found

    def _look(self, name: str, evidence: Evidence) -> bool:
        group = evidence.get(name)
        if group is not None:
            return group.pattern.search(self.text if group.window == "text" else self.sentence) is not None
        if name == "title":
            return self.headline
        if name == "number":
            return has_number(self.sentence, self.grammar)
        if name == "group":
            return any(is_group(hit) for hits in self.groups for hit in hits)
        if name in ("subject", "object", "states", "pair", "powers"):
            return self._may("", "state", evidence) or self._may("", "group", evidence)
        self._kinds = self._kinds or frozenset(hit.entry.kind for hits in self.groups for hit in hits)
        return bool(self._kinds & _KINDS.get(name, frozenset()))


def _has(group: list[Hit], kinds: frozenset[str]) -> bool:
    return any(hit.entry.kind in kinds for hit in group)


def is_group(hit: Hit) -> bool:
    """Whether a hit names an armed group."""
    return isinstance(hit.entry.referent, Organization) and hit.entry.referent.kind == "armed_group"


def has_number(sentence: str, grammar: Grammar) -> bool:
    """Digits, or a numeral above one in words."""
    numerals = grammar.discourse.get("numerals")
    return _NUMBER.search(sentence) is not None or (numerals is not None and numerals.search(sentence) is not None)


def wanted(trigger: Trigger, evidence: Evidence) -> tuple[tuple[str, ...], ...]:
    """What a head wants: a weak one without a list any evidence group of its type; () means that it wants nothing."""
    if trigger.wants:
        return trigger.wants
    if trigger.strength == "weak" and evidence:
        return tuple((name,) for name in evidence)
    return ((),)


def shown(candidate: Candidate, arguments: Arguments, evidence: Evidence, text: str) -> tuple[str, ...] | None:
    """Names of the evidence around a head, or None where what it wants is not there."""
    places = {name: _matches(candidate, group, text) for name, group in evidence.items()}
    names = [name for name, spans in places.items() if spans]
    candidate.shown = tuple(span for spans in places.values() for span in spans)
    alternatives = (*candidate.trigger.wants, *candidate.type.occasion)
    asked = {name for alternative in alternatives for name in alternative} - set(evidence)
    names.extend(sorted(name for name in asked if _holds(candidate, arguments, name)))
    return tuple(names) if satisfies(wanted(candidate.trigger, evidence), names) else None


def satisfies(wants: tuple[tuple[str, ...], ...], names: Iterable[str]) -> bool:
    """Whether one of the alternatives is shown in full."""
    found = frozenset(names)
    return any(found.issuperset(alternative) for alternative in wants)


def _matches(candidate: Candidate, group: CompiledEvidence, text: str) -> list[tuple[int, int]]:
    """Where words of a group stand in its window, beside the head itself."""
    analysis = candidate.analysis
    if group.window == "text":
        window, start = text, 0
    elif group.window == "sentence":
        window, start = analysis.text, analysis.start
    else:
        units = analysis.clause(candidate.unit.clause)
        start = units[0].start
        window = analysis.text[start - analysis.start : units[-1].end - analysis.start]
    head = candidate.hit
    return [
        (first + start, last + start)
        for first, last in _spans(group.pattern, window)
        if last + start <= head.word_start or first + start >= head.word_end or _in_part(first, last, start, head)
    ]


@lru_cache(maxsize=256)
def _spans(pattern: re.Pattern[str], window: str) -> tuple[tuple[int, int], ...]:
    """Where a pattern matches; the heads of one text ask for the same again and again."""
    return tuple(match.span() for match in pattern.finditer(window))


def _in_part(first: int, last: int, start: int, head: Hit) -> bool:
    """Evidence in the same word as the head, before it (Chinese has no blanks; `Raketen` in `Raketenangriff`)."""
    return last + start <= head.start or first + start >= head.end


def _powers(arguments: Arguments) -> bool:
    """Whether a state or armed group acts on another one: no person, whose attacks are mostly words."""
    acting = [unit for unit in arguments.subjects if unit.cls in STATES or unit.cls == GROUP]
    suffering = [unit for unit in arguments.objects if unit.cls in STATES or unit.cls == GROUP]
    return any(first.country != second.country or first.cls != second.cls for first in acting for second in suffering)


def _holds(candidate: Candidate, arguments: Arguments, name: str) -> bool:
    analysis = candidate.analysis
    proof = _PROOFS.get(name)
    if proof is not None:
        return proof(candidate, arguments)
    classes = _CLASSES.get(name, frozenset())
    if candidate.unit.country and ADJECTIVE in classes:
        return True
    if name == "state" and any(unit.cls == PLURAL and unit.fillers for unit in analysis.units):
        return True
    return any(unit.cls in classes or (name == "weapon" and unit.weapon is not None) for unit in analysis.units)


def _two_states(candidate: Candidate, _: Arguments) -> bool:
    own = {candidate.unit.country} if candidate.unit.country else set()
    return len(parties(candidate.analysis.units) | own) > 1


_PROOFS: Mapping[str, Callable[[Candidate, Arguments], bool]] = {
    "title": lambda candidate, _: candidate.analysis.headline,
    "number": lambda candidate, _: has_number(candidate.analysis.text, candidate.analysis.grammar),
    "subject": lambda _, arguments: bool(arguments.subjects),
    "object": lambda _, arguments: bool(arguments.objects),
    "pair": lambda _, arguments: len(parties(arguments.subjects)) > 1,
    "states": _two_states,
    "powers": lambda _, arguments: _powers(arguments),
}


def parties(units: Iterable[Unit]) -> set[str]:
    """The states that units name in any way, and the unions of states."""
    found: set[str] = set()
    for unit in units:
        referent = unit.entry.referent if unit.entry else None
        if isinstance(referent, Organization) and is_union(unit):
            found.add(referent.id)
        elif unit.cls in _PARTIES:
            found.update(filler.country for filler in unit.fillers if filler.country)
            found.update([unit.country] if unit.country else [])
    return found
