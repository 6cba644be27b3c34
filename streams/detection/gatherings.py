"""Frames of meetings that need a place beside the names: leaders side by side, leaders who agree somewhere."""

import itertools

from streams.detection.candidate import Candidate
from streams.detection.fillers import countries_of
from streams.detection.participants import (
    coordinated,
    count_states,
    is_gathering,
    leaders_in_reach,
    leaders_of,
    take,
    take_groups,
    take_pronoun,
)
from streams.detection.units import COUNTRY, LEADER, PLACE, Unit
from streams.detection.world import World


def says(candidate: Candidate, units: list[Unit], kind: str) -> bool:
    """Whether words of a kind stand among units."""
    pattern = candidate.analysis.grammar.discourse.get(kind)
    if pattern is None or not units:
        return False
    start = candidate.analysis.start
    return pattern.search(candidate.analysis.text[units[0].start - start : units[-1].end - start]) is not None


def beside(candidate: Candidate, world: World) -> None:
    """`A at B's side`, `A together with B`: two leaders in one place."""
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    after = next((unit for unit in units[head + 1 : head + 4] if unit.cls), None)
    if after is None or after.cls != LEADER or after.attribute:
        candidate.refuse("no leader stands beside another")
        return
    before = [
        unit
        for unit in leaders_of(candidate.analysis.clause(candidate.unit.clause))
        if unit.end <= candidate.unit.start and unit.link in ("", "subject", "bare") and unit.country != after.country
    ]
    if not before:
        before = [unit for unit in _subjects_behind(candidate, after) if unit.country != after.country]
    take(candidate, [after, *before[:1]])
    if count_states(candidate) < 2:
        take_pronoun(candidate)
    clause = candidate.analysis.clause(candidate.unit.clause)
    sure = candidate.trigger.strength == "strong"
    if not sure and not placed(candidate) and not any(unit.cls == PLACE for unit in clause):
        candidate.refuse("nothing says where the leaders are together")
    candidate.score = 0.6


def _subjects_behind(candidate: Candidate, after: Unit) -> list[Unit]:
    """`Flanked by A, B …`, `An A's Seite eröffnet B …`: where a clause begins with this, its subject comes later."""
    number = candidate.unit.clause
    clause = [unit for unit in candidate.analysis.units if unit.clause in (number, number + 1)]
    units = candidate.analysis.units
    return [
        unit
        for unit in leaders_of(clause)
        if unit.start >= after.end and (unit.link in ("", "subject", "bare") or units[units.index(unit) - 1].low == ",")
    ]


def agree(candidate: Candidate, world: World) -> None:
    """`A and B agree in C`: leaders who settle something in one place have met there."""
    if tells_of_another(candidate):
        candidate.refuse("what is agreed is a meeting, or was agreed at one told before")
        return
    leaders = [
        unit
        for unit in leaders_in_reach(candidate)
        if unit.link in ("", "subject", "bare") and unit.end <= candidate.unit.start
    ]
    if not countries_of(leaders):
        take_groups(candidate)
    bodies = any(is_gathering(unit) for unit in candidate.analysis.clause(candidate.unit.clause))
    if "group" in candidate.notes and (bodies or placed(candidate)):
        candidate.score = 0.55
        return
    if not coordinated(candidate, leaders) or not placed(candidate):
        candidate.refuse("the leaders are not said to act together in one place")
        return
    take(candidate, leaders)
    candidate.score = 0.65


def tells_of_another(candidate: Candidate) -> bool:
    """Whether a weak head only says what was agreed at a meeting told before, or that a meeting is agreed on."""
    analysis = candidate.analysis
    if analysis.kinds[candidate.unit.clause] == "relative":
        return True
    return any(
        hit.entry.tense == "noun" and getattr(hit.entry.referent, "frame", "") in ("meeting", "summit")
        for unit in analysis.clause(candidate.unit.clause)
        if unit.start >= candidate.unit.end and unit.link in ("", "object", "bare")
        for hit in unit.triggers
    )


def placed(candidate: Candidate) -> bool:
    """Whether a place, a visit or a summit stands in the clause, or a place in the kicker before it."""
    analysis, number = candidate.analysis, candidate.unit.clause
    clause = analysis.clause(number)
    if analysis.headline and number and analysis.kinds[number] == "break":
        clause = [*analysis.clause(number - 1), *clause]
    where = ("in", "at", "near", "to")
    if any(unit.cls in (PLACE, COUNTRY) and unit.link in where for unit in clause):
        return True
    if _unknown_place(clause, candidate) or says(candidate, clause, "venue"):
        return True
    return any(
        unit.trigger is not None
        and unit is not candidate.unit
        and getattr(unit.trigger.entry.referent, "frame", "")
        in ("meeting", "summit", "visit", "trip", "receive", "meet")
        for unit in candidate.analysis.units
    )


def _unknown_place(clause: list[Unit], candidate: Candidate) -> bool:
    """`in Sochi`, `at Camp David`: a capitalised word right after `in` or `at`, without an article, is a place."""
    grammar = candidate.analysis.grammar
    if not grammar.language.capitals:
        return False
    return any(
        grammar.adpositions.get(before.low) in ("in", "at")
        and unit.kind == "word"
        and unit.cased[:1].isupper()
        and len(unit.low) >= 3
        for before, unit in itertools.pairwise(clause)
    )
