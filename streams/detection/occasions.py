"""Which words of doubt, wish or plan speak of a meeting, and which of what is done or said on its occasion."""

import itertools

from streams.detection.candidate import Candidate, Cue
from streams.detection.units import LEADER, PLURAL, Unit

_DOUBTS = ("possible", "request", "deny", "cancel")


def of_meeting(candidate: Candidate, cues: list[Cue]) -> list[Cue]:
    """The cues of a list that speak of the meeting."""
    if candidate.trigger.frame == "summit":
        cues = _of_summit(candidate, cues)
    perhaps = candidate.analysis.grammar.discourse.get("perhaps")
    lacking = candidate.analysis.grammar.discourse.get("lacking")
    if lacking is not None:
        cues = [cue for cue in cues if lacking.fullmatch(cue.text) is None or _lacks_meeting(candidate, cue)]
    coming = candidate.analysis.grammar.discourse.get("coming")
    cues = [cue for cue in cues if cue.kind != "planned" or coming is None or coming.fullmatch(cue.text) is not None]
    if has_arrived(candidate):
        cues = [cue for cue in cues if cue.kind != "planned" or cue.start < candidate.hit.start]
    if perhaps is None:
        return cues
    if candidate.tense == "noun":
        held = candidate.analysis.grammar.discourse.get("course")
        cues = [cue for cue in cues if held is None or held.fullmatch(cue.text) is None]
        return [cue for cue in cues if cue.kind not in _DOUBTS or _speaks_of_noun(candidate, cue)]
    if not _is_finite(candidate):
        return cues
    return [cue for cue in cues if cue.kind not in _DOUBTS or perhaps.fullmatch(cue.text) is not None]


def has_arrived(candidate: Candidate) -> bool:
    """`has arrived for a visit which will include …`: the visit has begun, whatever it is still to bring."""
    return (
        candidate.tense == "noun"
        and candidate.trigger.frame in _JOURNEYS
        and any(
            hit.entry.tense in ("past", "participle") and getattr(hit.entry.referent, "frame", "") in _JOURNEYS
            for unit in candidate.analysis.clause(candidate.unit.clause)
            for hit in unit.triggers
            if unit.end <= candidate.hit.start
        )
    )


_JOURNEYS = ("visit", "trip")


def _lacks_meeting(candidate: Candidate, cue: Cue) -> bool:
    """`no meeting`, `kein offizielles Treffen`: the head itself is what there is none of, not a result of it."""
    if cue.start > candidate.hit.start:
        return False
    grammar, units = candidate.analysis.grammar, candidate.analysis.units
    between = [unit for unit in units if cue.end <= unit.start and unit.end <= candidate.hit.start]
    words = [unit for unit in between if not unit.cls]
    return len(words) <= 2 and not any(
        unit.low in grammar.adpositions or unit.kind == "punct" or grammar.discourse["moment"].fullmatch(unit.low)
        for unit in words
    )


def _is_finite(candidate: Candidate) -> bool:
    """A form that is no infinitive: what is wished or refused beside a verb in such a form is something else."""
    if candidate.tense == "past":
        return True
    plural = "en" if candidate.analysis.grammar.language.compounds else ""
    word = candidate.hit.entry.stems[0].text
    return candidate.tense == "present" and (not word.endswith(plural) if plural else word.endswith("s"))


def _speaks_of_noun(candidate: Candidate, cue: Cue) -> bool:
    """What is wished or called off is the noun itself: not what is said at, after or before the meeting, nor what a
    verb after it takes as its object.
    """
    units, head = candidate.analysis.units, candidate.analysis.units.index(candidate.unit)
    if cue.start > candidate.hit.start:
        during = candidate.unit.link in ("in", "at")
        return not during and cue.kind != "request" and not _takes_object(candidate, cue)
    if candidate.unit.link not in ("in", "at", "near"):
        return True
    within = 0
    for unit in reversed(units[max(0, head - _PHRASE) : head]):
        if candidate.analysis.grammar.adpositions.get(unit.low) is not None or unit.kind == "punct":
            return (within > 0 and cue.start >= units[head - within].start) or _governs(candidate, cue, unit)
        within += 1
    return within > 0 and cue.start >= units[head - within].start


def _governs(candidate: Candidate, cue: Cue, adposition: Unit) -> bool:
    """`hoffen auf ein Treffen`: a verb right before its preposition, unless that says when."""
    cues = candidate.analysis.grammar.cues
    times = (cues.get("after"), cues.get("before"))
    text = candidate.analysis.text[cue.end - candidate.analysis.start : candidate.hit.start - candidate.analysis.start]
    return adposition.start - cue.end <= 1 and not any(time is not None and time.match(text.lstrip()) for time in times)


_PHRASE = 5
"""Units in which a preposition and the noun that it governs stand."""


def says_when(candidate: Candidate, number: int) -> bool:
    """Whether a dependent clause only says when something else is: what is denied above it does not reach into it."""
    moment = candidate.analysis.grammar.discourse.get("moment")
    first = next((unit for unit in candidate.analysis.clause(number) if unit.kind != "punct"), None)
    return first is not None and moment is not None and moment.fullmatch(first.low) is not None


def _of_summit(candidate: Candidate, cues: list[Cue]) -> list[Cue]:
    """Cues that speak of the summit itself: a summit that is the subject and postpones, rejects or wants something
    takes place; one that is postponed has its word at the end or before a preposition.
    """
    if candidate.unit.link not in ("", "subject", "bare"):
        return cues
    return [cue for cue in cues if cue.kind in ("background", "call") or not _takes_object(candidate, cue)]


def _takes_object(candidate: Candidate, cue: Cue) -> bool:
    """Whether a cue after the head goes on to something else: `verschiebt die Wahl`, `lehnt … ab`, `possible bans`."""
    if cue.start < candidate.hit.end:
        return False
    units, grammar = candidate.analysis.units, candidate.analysis.grammar
    held = (grammar.discourse.get(kind) for kind in ("convened", "course"))
    if any(pattern is not None and pattern.fullmatch(cue.text) is not None for pattern in held):
        return False
    if any(cue.start < unit.start and unit.end < cue.end for unit in units):
        return True
    after = next((unit for unit in units if unit.start >= cue.end), None)
    if after is None or after.kind == "punct" or after.clause != candidate.unit.clause:
        return False
    return after.low not in grammar.adpositions and grammar.cues["future_time"].match(after.low) is None


def lies_ahead(candidate: Candidate) -> bool:
    """`travels to a meeting`, `A to press for … at the summit`: who is on the way or will act there has not met yet."""
    return candidate.tense == "noun" and (
        _on_the_way(candidate)
        or _on_programme(candidate)
        or _in_infinitive_headline(candidate)
        or _followed_by_infinitive(candidate)
    )


def _followed_by_infinitive(candidate: Candidate) -> bool:
    """`Summit to focus on trade`: an English headline whose noun is the subject of an infinitive."""
    analysis = candidate.analysis
    if analysis.grammar.language.code != "en" or not analysis.headline:
        return False
    place = analysis.units.index(candidate.unit)
    following = analysis.units[place + 1 : place + 3]
    return (
        place <= _FIRST
        and len(following) > 1
        and following[0].low in analysis.grammar.infinitive
        and not following[1].cls
        and following[1].cased.islower()
    )


_FIRST = 4
"""Units of a headline among which its subject stands."""


def _on_the_way(candidate: Candidate) -> bool:
    return candidate.unit.link in ("to", "for") and any(
        hit.entry.tense == "future" and getattr(hit.entry.referent, "frame", "") == "trip"
        for unit in candidate.analysis.clause(candidate.unit.clause)
        for hit in unit.triggers
    )


def _on_programme(candidate: Candidate) -> bool:
    """`a trip that includes talks with B`: what a journey that goes on is to bring."""
    units = candidate.analysis.units
    place = units.index(candidate.unit)
    programme = candidate.analysis.grammar.discourse.get("programme")
    return programme is not None and any(
        programme.fullmatch(unit.low)
        for unit in units[max(0, place - 3) : place]
        if unit.clause == candidate.unit.clause
    )


def _in_infinitive_headline(candidate: Candidate) -> bool:
    """An English headline whose subject is followed by `to` and a verb."""
    analysis = candidate.analysis
    language = analysis.grammar.language
    if language.compounds or not analysis.headline or candidate.type.engine != "meeting":
        return False
    return any(
        subject.cls in (LEADER, PLURAL) and unit.low in analysis.grammar.infinitive and unit.end < candidate.unit.start
        for subject, unit in itertools.pairwise(analysis.units)
    )
