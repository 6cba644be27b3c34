"""From hits to events: each sentence with a head is taken apart, frames find the roles, cues the status."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

from streams.detection.actions import find_action
from streams.detection.candidate import Analysis, Candidate
from streams.detection.clauses import split_clauses
from streams.detection.confidence import reportable
from streams.detection.evidence import Evidence, Scene, is_headline
from streams.detection.filters import CompiledFilter, apply_filters
from streams.detection.grammar import Grammar
from streams.detection.inside import weapon_inside
from streams.detection.links import link_names
from streams.detection.meetings import find_meeting
from streams.detection.normalise import Folded
from streams.detection.phrases import PhraseBuilder
from streams.detection.recall import Recall
from streams.detection.scan import Hit
from streams.detection.scope import settle
from streams.detection.sequels import REACH, follow, may_follow, opens
from streams.detection.sources import mark_sources
from streams.detection.status import decide_status, find_cues
from streams.detection.text import Parsed, Sentence, Tokenizer
from streams.detection.trained import tie_by_arguments
from streams.detection.transfers import find_transfer
from streams.detection.units import ADJECTIVE, LEADER, STATES, Unit, build_units
from streams.detection.world import World
from streams.event_types.definition import EventType, Trigger
from streams.knowledge import Organization, Weapon
from streams.messages import Field

WINDOW = 2_000
"""Events are looked for in the title and in this many characters of the text."""

_LEADING = frozenset({"person", "family", "title", "office"})
_GATHERING = frozenset({"organization", "adjective", "country", "combining", "short"})
_FINDERS = {"meeting": find_meeting, "transfer": find_transfer}


@dataclass(frozen=True, slots=True)
class Passage:
    """A field to be read: its hits in groups, the article's day, what a trained pipeline says.

    Heads that lack what they want are refused before their sentence is taken apart; `thorough` keeps them, so that the
    reason can be told.
    """

    folded: Folded
    field: Field
    groups: list[list[Hit]]
    day: date | None
    parsed: Parsed
    thorough: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """What one language needs to read events: its grammar, tokenizer, weapon parts of compounds, types and filters."""

    grammar: Grammar
    tokenizer: Tokenizer
    types: Mapping[str, EventType]
    filters: Mapping[str, tuple[CompiledFilter, ...]]
    weapon_parts: Mapping[str, Weapon]
    state_parts: Mapping[str, str]
    needs: Mapping[str, re.Pattern[str]]
    evidence: Mapping[str, Evidence]
    world: World

    def candidates(self, passage: Passage, recall: Recall) -> list[Candidate]:
        """All candidates of a field, refused ones too. `recall` collects the leaders named, for pronouns."""
        found: list[Candidate] = []
        heads = [group for group in passage.groups if any(hit.entry.kind == "trigger" for hit in group)]
        if not heads:
            return found
        last = heads[-1][0].end
        named = any(self.types[name].engine != "action" for name in _types_of(heads))
        told: list[tuple[int, Candidate]] = []
        text = passage.folded.low[:WINDOW]
        for number, sentence in enumerate(self.tokenizer.sentences(passage.folded, WINDOW)):
            told = [item for item in told if number - item[0] <= REACH]
            if sentence.start >= last and not told:
                break
            scene = self._scene(passage, sentence, text)
            present = self._present(scene, thorough=passage.thorough)
            tied = bool(told) and may_follow(scene.sentence, self.grammar.discourse)
            leading = named and any(group[0].entry.kind in _LEADING for group in scene.groups)
            if not present and not tied:
                if leading:
                    recall.add(partial(self._named, passage, sentence, scene))
                continue
            analysis = self._analyse(passage, sentence, scene)
            analysis.recall = recall
            own = list(self._in_sentence(analysis, passage.day, text, present))
            settle(own)
            found.extend(own)
            told.extend((number, candidate) for candidate in own if opens(candidate))
            for _, candidate in told:
                follow(analysis, candidate)
            recall.add(_leaders(analysis))
        return found

    def _named(self, passage: Passage, sentence: Sentence, scene: Scene) -> list[Unit]:
        return _leaders(self._analyse(passage, sentence, scene))

    def _scene(self, passage: Passage, sentence: Sentence, text: str) -> Scene:
        first = bisect_left(passage.groups, sentence.start, key=_start)
        inside = passage.groups[first : bisect_left(passage.groups, sentence.end, lo=first, key=_start)]
        headline = passage.field == "title" or is_headline(text, sentence.start, sentence.end, self.grammar)
        return Scene(text[sentence.start : sentence.end], text, inside, headline, self.grammar)

    def _analyse(self, passage: Passage, sentence: Sentence, scene: Scene) -> Analysis:
        folded, groups, day, parsed = passage.folded, scene.groups, passage.day, passage.parsed
        tokens = self.tokenizer.tokens(folded.cased[sentence.start : sentence.end], sentence.start)
        units = build_units(folded, tokens, groups, self.grammar.language)
        units = PhraseBuilder(self.grammar, self.world, day).build(units)
        for unit in units:
            if unit.trigger is not None and unit.trigger.start > unit.trigger.word_start:
                first = folded.words[unit.trigger.word_start : unit.trigger.start]
                unit.country = self.state_parts.get(first)
                unit.weapon = weapon_inside(
                    folded.words[unit.trigger.word_start : unit.trigger.start], self.weapon_parts
                )
        kinds = split_clauses(units, self.grammar)
        link_names(units, self.grammar)
        tie_by_arguments(units, folded, parsed)
        mark_sources(units, self.grammar)
        return Analysis(
            passage.field, sentence.start, sentence.end, scene.sentence, units, kinds, self.grammar,
            dated=day is not None, day=day, headline=scene.headline,
        )  # fmt: skip

    def _present(self, scene: Scene, *, thorough: bool) -> frozenset[str]:
        """Triggers that a sentence can tell of, by id: a meeting wants a name or title unless its head is a summit, a
        transfer a weapon, others what their head wants. Saves taking it apart.
        """
        groups = scene.groups
        kinds = {hit.entry.kind for group in groups for hit in group}
        heads = {hit.entry.referent for group in groups for hit in group if isinstance(hit.entry.referent, Trigger)}
        wanted = {
            "meeting": bool(kinds & _LEADING)
            or (self._gathers(kinds) and _names_summit(groups))
            or _names_club(groups),
            "transfer": "weapon" in kinds or self._weapon_inside(groups),
        }

        def told(trigger: Trigger) -> bool:
            engine = self.types[trigger.type].engine
            needed = self.needs.get(trigger.id)
            if needed is not None and needed.search(scene.sentence) is None:
                return False
            if trigger.frame == "stay" and not thorough:
                return scene.may_stay()
            if engine in wanted:
                return wanted[engine] or trigger.frame == "summit"
            return thorough or scene.may_hold(trigger, self.evidence[trigger.type])

        return frozenset(trigger.id for trigger in heads if told(trigger))

    def _gathers(self, kinds: set[str]) -> bool:
        """Whether states or unions are named; Korean writes states as syllables that no table of words holds."""
        return bool(kinds & _GATHERING) or self.grammar.language.script == "hangul"

    def _weapon_inside(self, groups: list[list[Hit]]) -> bool:
        return any(
            hit.start > hit.word_start
            or (isinstance(hit.entry.referent, Trigger) and hit.entry.referent.weapon is not None)
            for group in groups
            for hit in group
            if hit.entry.kind == "trigger"
        )

    def _in_sentence(
        self, analysis: Analysis, day: date | None, text: str, present: frozenset[str]
    ) -> Iterable[Candidate]:
        cues = None
        for unit in analysis.units:
            if unit.trigger is None:
                continue
            for candidate in self._of_unit(analysis, unit, present):
                if not self._has_needed(candidate):
                    continue
                finder = _FINDERS.get(candidate.type.engine)
                if finder is not None:
                    finder(candidate, self.world)
                else:
                    find_action(candidate, self.world, self.evidence[candidate.type.name], text)
                if not candidate.refused:
                    cues = find_cues(analysis) if cues is None else cues
                    decide_status(candidate, cues, day)
                if not candidate.refused:
                    apply_filters(candidate, self.filters[candidate.type.name], text)
                if not candidate.refused and not reportable(candidate):
                    candidate.refuse("too uncertain")
                yield candidate

    def _has_needed(self, candidate: Candidate) -> bool:
        """Heads of two parts (`kommt … zusammen`) want one of their other parts in the clause, particles at its end."""
        if candidate.trigger.closing and candidate.tense in ("present", "past") and not _closes(candidate):
            return False
        needed = self.needs.get(candidate.trigger.id)
        if needed is None:
            return True
        clause = candidate.analysis.clause(candidate.unit.clause)
        if self.grammar.language.script in ("han", "arabic"):
            above = candidate.analysis.clause(candidate.unit.clause - 1) if self.grammar.language.order == "vso" else []
            first = [*above, *clause][0].start - candidate.analysis.start
            return needed.search(candidate.analysis.text[first : clause[-1].end - candidate.analysis.start]) is not None
        return any(needed.fullmatch(unit.low) for unit in clause)

    def _of_unit(self, analysis: Analysis, unit: Unit, present: frozenset[str]) -> Iterable[Candidate]:
        for hit in _readings(analysis, unit):
            trigger = hit.entry.referent
            if isinstance(trigger, Trigger) and trigger.id in present:
                yield Candidate(self.types[trigger.type], trigger, hit, unit, analysis)


def _closes(candidate: Candidate) -> bool:
    """Whether a particle of the head ends its clause: `sagt … zu`, not `sagte … zu dem Treffen`."""
    units = candidate.analysis.clause(candidate.unit.clause)
    grammar = candidate.analysis.grammar
    ends = grammar.conjunctions | grammar.clauses.get("coordinator", frozenset())
    for place, unit in enumerate(units):
        if unit.start >= candidate.unit.end and unit.low in candidate.trigger.closing:
            after = units[place + 1] if place + 1 < len(units) else None
            if after is None or after.kind == "punct" or after.low in ends:
                return True
    return False


def _takes_name(analysis: Analysis, place: int) -> bool:
    """`after meeting A`: a form in -ing right before a name is a verb, whatever stands before it."""
    after = analysis.units[place + 1 : place + 2]
    before = analysis.units[place - 1]
    return (
        analysis.grammar.language.code == "en"
        and analysis.units[place].low.endswith("ing")
        and before.low in analysis.grammar.adpositions
        and bool(after)
        and after[0].cls == LEADER
    )


def _names_club(groups: list[list[Hit]]) -> bool:
    """Whether a group is named that is nothing but the meetings of its leaders."""
    return any(
        isinstance(hit.entry.referent, Organization) and hit.entry.referent.kind == "summit"
        for group in groups
        for hit in group[:1]
    )


def _infinitive(before: Unit, unit: Unit, grammar: Grammar) -> bool:
    """`to bomb` is a verb, `to attacks` none."""
    return before.low in grammar.infinitive and grammar.language.code == "en" and not unit.low.endswith("s")


def _attributive(before: Unit, analysis: Analysis, place: int) -> bool:
    """`Israeli strikes`, `US strikes on`: an adjective or a state before it makes it a noun."""
    if analysis.grammar.language.adjective_after or before.cls not in STATES:
        return False
    if before.cls == ADJECTIVE and before.entry is not None and before.entry.kind == "adjective":
        return True
    after = analysis.units[place + 1].low if place + 1 < len(analysis.units) else ""
    return analysis.grammar.adpositions.get(after) in ("about", "against") and analysis.grammar.language.code == "en"


def _start(group: list[Hit]) -> int:
    return group[0].start


def _leaders(analysis: Analysis) -> list[Unit]:
    return [unit for unit in analysis.units if unit.cls == LEADER and not unit.attribute]


def _types_of(heads: Iterable[list[Hit]]) -> set[str]:
    return {hit.entry.referent.type for group in heads for hit in group if isinstance(hit.entry.referent, Trigger)}


def _names_summit(groups: list[list[Hit]]) -> bool:
    """Whether a word for a summit stands in a sentence: with states or unions it needs no leader's name."""
    return any(
        isinstance(hit.entry.referent, Trigger) and hit.entry.referent.frame == "summit"
        for group in groups
        for hit in group
    )


def _readings(analysis: Analysis, unit: Unit) -> list[Hit]:
    """The readings of a head; where a form is noun and verb (`visit`, `host`), what stands before it decides."""
    nouns = [hit for hit in unit.triggers if hit.entry.tense == "noun"]
    verbs = [hit for hit in unit.triggers if hit.entry.tense != "noun"]
    if not nouns or not verbs:
        return list(unit.triggers)
    grammar, place = analysis.grammar, analysis.units.index(unit)
    before = analysis.units[place - 1] if place else None
    noun = before is not None and (
        before.possessive
        or before.link == "of"
        or _attributive(before, analysis, place)
        or before.low in grammar.articles
        or (before.kind == "word" and before.low in grammar.adpositions and not _infinitive(before, unit, grammar))
    )
    noun = noun and not _takes_name(analysis, place)
    # `Bombardeo israelí …`: accents are folded, and no Romance sentence begins with its verb
    language = analysis.grammar.language
    noun = noun or (before is None and language.adjective_after and language.order == "svo")
    both = {hit.entry.referent for hit in nouns} & {hit.entry.referent for hit in verbs}
    if noun:
        dropped = [hit for hit in verbs if hit.entry.tense in ("present", "past") or hit.entry.referent in both]
    else:
        named = before is not None and before.cls in (LEADER, *STATES) and analysis.grammar.language.script == "latin"
        dropped = [hit for hit in nouns if named or hit.entry.referent in both]
    return [hit for hit in unit.triggers if hit not in dropped]
