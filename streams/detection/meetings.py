"""Frames of meetings between leaders: who met whom, from where the names stand around the head."""

import itertools

from streams.detection.candidate import Candidate
from streams.detection.fillers import add_filler, countries_of
from streams.detection.participants import (
    SIDES,
    coordinated,
    count_states,
    farthest,
    has_passive,
    hosts_of,
    leaders_in_reach,
    leaders_of,
    stands_near,
    take,
    take_across_break,
    take_destination,
    take_groups,
    take_pronoun,
    take_stay,
    verb_closes,
    with_pronoun,
)
from streams.detection.units import COUNTRY, LEADER, PLACE, Unit
from streams.detection.world import World, sharing_a_day

_TIGHT = frozenset({"with", "between", "of", "of_or_to", "at", "from"})
_HEADLINE = 14
"""A sentence of at most so many units reads like a headline: it says the main thing and no more."""
_VERB_FIRST = 7
"""Where the verb comes first sentences are long, and its subject stands within so many units."""
_VISIT_LINKS = frozenset({"", "object", "in", "to", "bare", "of", "of_or_to", "dative", "about"})


def find_meeting(candidate: Candidate, world: World) -> Candidate:
    """Fill the participants of a meeting candidate, or refuse it."""
    frame = _FRAMES[candidate.trigger.frame]
    frame(candidate, world)
    if candidate.refused:
        return candidate
    return _check_participants(candidate)


def _meet(candidate: Candidate, world: World) -> None:
    """`A meets B`, `A and B meet`, `A trifft sich mit B`, passive with `by`."""
    sides = (
        SIDES
        | ({"for"} if candidate.trigger.frame == "receive" else set())
        | ({"from"} if has_passive(candidate) else set())
        | {"of_or_to"}
    )
    if candidate.analysis.grammar.language.script == "cyrillic" and candidate.tense != "noun":
        sides |= {"of"}
    leaders = [unit for unit in leaders_in_reach(candidate) if unit.link in sides]
    take(candidate, leaders)
    if count_states(candidate) < 2:
        take_pronoun(candidate)
    if count_states(candidate) < 2:
        take_groups(candidate)
    candidate.score = 0.9 if candidate.trigger.strength == "strong" else 0.6
    candidate.score -= 0.015 * farthest(candidate)


def _talk(candidate: Candidate, world: World) -> None:
    """`A talks with B`: a meeting only with a place, a visit or a summit beside it."""
    leaders = [unit for unit in leaders_in_reach(candidate) if unit.link in SIDES]
    linked = any(unit.link in ("with", "between") for unit in leaders) or coordinated(candidate, leaders)
    linked = linked or with_pronoun(candidate)
    take(candidate, leaders)
    if count_states(candidate) < 2 and linked:
        take_pronoun(candidate)
    if not leaders:
        take_groups(candidate)
    if not linked and "group" not in candidate.notes:
        candidate.refuse("two leaders stand beside a verb of talking, but nothing says that they talk with each other")
        return
    candidate.score = 0.75
    if not _placed(candidate):
        candidate.status = "possible"
        candidate.notes.append("unplaced")
        candidate.score = 0.45


def _placed(candidate: Candidate) -> bool:
    """Whether a place, a visit or a summit stands in the clause."""
    clause = candidate.analysis.clause(candidate.unit.clause)
    if any(unit.cls in (PLACE, COUNTRY) and unit.link in ("in", "at", "near") for unit in clause):
        return True
    if _unknown_place(clause, candidate):
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
        and len(unit.low) > 3
        for before, unit in itertools.pairwise(clause)
    )


def _meeting(candidate: Candidate, world: World) -> None:
    """A noun: `talks between A and B`, `A's meeting with B`, `A hält Gespräche mit B`."""
    scope = leaders_in_reach(candidate)
    tight = [unit for unit in scope if unit.link in _TIGHT and stands_near(candidate, unit)]
    loose = [
        unit
        for unit in scope
        if unit.link in ("", "subject", "object", "bare", "by", "dative") or unit.link in ("with", "between")
    ]
    if len(countries_of(tight)) >= 2:
        take(candidate, tight)
        candidate.score = 0.85
    elif tight:
        take(candidate, [*tight, *(unit for unit in loose if unit not in tight)])
        if count_states(candidate) < 2:
            take_pronoun(candidate)
        candidate.score = 0.8
    elif (
        len(countries_of(loose)) >= 2
        and coordinated(candidate, loose)
        and (
            candidate.trigger.strength == "strong"
            or candidate.unit.link in ("near", "in", "at")
            or _held(candidate, loose)
        )
    ):
        take(candidate, loose)
        candidate.score = 0.75
    if count_states(candidate) < 2:
        take_across_break(candidate)
    if count_states(candidate) < 2 and candidate.unit.link in ("to", "for"):
        take_destination(candidate, world)
    if count_states(candidate) < 2:
        take_groups(candidate)
    candidate.score -= 0.01 * farthest(candidate)


def _held(candidate: Candidate, leaders: list[Unit]) -> bool:
    """`A, B hold long talks`: a verb of holding right after the leaders, whose object the head is."""
    holding = candidate.analysis.grammar.discourse.get("holding")
    last = max(unit.end for unit in leaders)
    between = [unit for unit in candidate.analysis.units if last <= unit.start and unit.end <= candidate.unit.start]
    return (
        holding is not None
        and len(between) <= 4
        and any(holding.fullmatch(unit.low) is not None for unit in between[:3])
    )


def _receive(candidate: Candidate, world: World) -> None:
    """`A receives B`: host and guest."""
    _meet(candidate, world)
    leaders = [unit for unit in candidate.used if unit.cls == LEADER]
    if (
        candidate.analysis.grammar.language.script == "cyrillic"
        and len(leaders) == 2
        and all(unit.link in ("", "bare") for unit in leaders)
        and coordinated(candidate, leaders)
    ):
        candidate.refuse("two leaders take something on together, neither receives the other")
        return
    if count_states(candidate) < 2:
        candidate.notes.append("one side only")
        take_stay(candidate, world)


def _visit(candidate: Candidate, world: World) -> None:
    """`A visits country B`: its leader is the host, named or not."""
    analysis = candidate.analysis
    clause = analysis.clause(candidate.unit.clause)
    leaders = [
        unit
        for unit in leaders_in_reach(candidate)
        if unit.link in (*SIDES, "of", "of_or_to") and unit.clause <= candidate.unit.clause
    ]
    visitor = _visitor(candidate, leaders)
    if visitor is None:
        take_pronoun(candidate)
        visitor = candidate.used[0] if candidate.used else None
    if visitor is None:
        candidate.refuse("nobody in office is the visitor")
        return
    hosts = [unit for unit in leaders if unit is not visitor and unit.country != visitor.country]
    take(candidate, [visitor])
    if hosts and any(unit.link in ("", "object", "at", "with", "by", "to", "dative", "bare") for unit in hosts):
        take(candidate, hosts)
        candidate.score = 0.8
        return
    place = _destination(candidate, clause, visitor)
    if place is None:
        place = _subject_elsewhere(candidate, clause, visitor)
    official = candidate.analysis.grammar.cues.get("official")
    if place is None and official is not None and official.search(candidate.analysis.text):
        candidate.notes.append("host not named")
        candidate.score = 0.55
        return
    if place is None or place.country is None:
        candidate.refuse("no foreign country is visited")
        return
    candidate.used.append(place)
    for filler in hosts_of(world, place.country, candidate):
        add_filler(candidate.roles["participant"], filler)
    candidate.score = 0.72 if candidate.trigger.strength == "strong" else 0.5
    candidate.notes.append("host not named")


def _subject_elsewhere(candidate: Candidate, clause: list[Unit], visitor: Unit) -> Unit | None:
    """`Cuba frees prisoners ahead of Obama visit`: the state that acts before somebody's visit is the host."""
    if candidate.tense != "noun":
        return None
    subjects = (
        unit
        for unit in clause
        if unit.cls in (COUNTRY, PLACE, LEADER) and unit.acts and not unit.attribute and unit.link in ("", "subject")
        if unit.country not in (None, visitor.country) and unit.end <= visitor.start
    )
    return next(subjects, None)


def _visitor(candidate: Candidate, leaders: list[Unit]) -> Unit | None:
    before = [unit for unit in leaders if unit.end <= candidate.unit.start]
    ordered = [*reversed(before)] if candidate.tense == "noun" else before
    after = [
        unit
        for unit in leaders
        if unit.start >= candidate.unit.end and unit.link in ("", "subject", "by", "of", "of_or_to", "bare")
    ]
    if candidate.analysis.grammar.language.order == "vso":
        units = candidate.analysis.units
        head = units.index(candidate.unit)
        ordered, after = ([u for u in found if abs(units.index(u) - head) <= _VERB_FIRST] for found in (ordered, after))
    return next(iter([*ordered, *after]), None)


def _destination(candidate: Candidate, clause: list[Unit], visitor: Unit) -> Unit | None:
    """The country or capital that the head takes: after it, tied by nothing, `in` or `to`; or the first part of a
    compound.
    """
    units = candidate.analysis.units
    if candidate.unit.country not in (None, visitor.country):
        return candidate.unit
    head = units.index(candidate.unit)
    for unit in clause:
        place = units.index(unit)
        close = (
            0 < place - head <= 8
            or (candidate.unit.joined and place == head - 1)
            or (0 < head - place <= 5 and (unit.link in ("in", "to", "object") or verb_closes(candidate)))
        )
        foreign = unit.country is not None and unit.country != visitor.country
        if (
            unit.cls in (COUNTRY, PLACE)
            and foreign
            and close
            and (unit.link in _VISIT_LINKS or unit.joined or candidate.unit.joined)
        ):
            return unit
    return None


def _trip(candidate: Candidate, world: World) -> None:
    """`A travels to B`: a meeting only where B's leader stands beside it or the trip is official."""
    _visit(candidate, world)
    if candidate.refused or "host not named" not in candidate.notes:
        return
    official = candidate.analysis.grammar.cues.get("official")
    if official is not None and official.search(candidate.analysis.text) is not None:
        return
    capital = candidate.used[-1].cls == PLACE and candidate.used[-1].acts
    if not capital or len(candidate.analysis.units) > _HEADLINE:
        candidate.refuse("a journey without a host is no meeting")


def _summit(candidate: Candidate, world: World) -> None:
    """A summit of several states with leaders who host, attend or meet there."""
    leaders = [unit for unit in leaders_in_reach(candidate) if unit.link not in ("about", "against", "for")]
    take(candidate, leaders)
    if count_states(candidate) < 2:
        take_groups(candidate)
    candidate.score = 0.62


def _joint(candidate: Candidate, world: World) -> None:
    """`A and B sign, open, announce together`."""
    leaders = [unit for unit in leaders_in_reach(candidate) if unit.link in ("", "subject", "with", "between", "bare")]
    if not leaders and candidate.tense == "noun":
        take_across_break(candidate)
        return
    if candidate.tense != "noun":
        leaders = [unit for unit in leaders if unit.end <= candidate.unit.start]
    if not coordinated(candidate, leaders) and not any(unit.link == "with" for unit in leaders):
        candidate.refuse("the leaders are not said to act together")
        return
    take(candidate, leaders)
    candidate.score = 0.7 if candidate.trigger.strength == "strong" else 0.5


def _guest(candidate: Candidate, world: World) -> None:
    """`A bei B`: a headline without a verb."""
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    after = [unit for unit in units[head + 1 : head + 4] if unit.cls == LEADER and not unit.attribute]
    names = [unit for unit in units[max(0, head - 4) : head] if unit.cls]
    before = names[-1] if names else None
    if before is None or before.cls != LEADER or before.attribute or before.link not in ("", "subject") or not after:
        candidate.refuse("no leader is the guest of another")
        return
    take(candidate, [before, after[0]])
    candidate.score = 0.75


def _stay(candidate: Candidate, world: World) -> None:
    """`A in C: …`: a headline that begins with a leader in another country and says no more of it."""
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    rest = units[head + 1 : head + 3]
    visitor = units[head - 1] if head else None
    conjunctions = candidate.analysis.grammar.conjunctions
    opens = visitor is not None and all(
        unit.kind == "punct" or unit.cls == LEADER or unit.low in conjunctions
        for unit in units[: head - 1]
        if unit.clause == visitor.clause
    )
    if visitor is None or visitor.cls != LEADER or visitor.attribute or not opens or not rest:
        candidate.refuse("no leader opens the headline")
        return
    together = [u for u in leaders_of(units[:head]) if u.clause == visitor.clause]
    if len(countries_of(together)) >= 2 and coordinated(candidate, together) and rest[0].cased[:1].isupper():
        take(candidate, together)
        candidate.score = 0.6
        return
    if len(together) > 1:
        candidate.refuse("several leaders open the headline, but not together")
        return
    place, after = rest[0], rest[1] if len(rest) > 1 else None
    closes = after is None or after.low in (":", "\u2013", "-") or after.clause != place.clause
    if place.cls not in (COUNTRY, PLACE) or place.country in (None, visitor.country) or not closes:
        candidate.refuse("the headline does not place a leader in another country")
        return
    take(candidate, [visitor])
    candidate.used.append(place)
    for filler in hosts_of(world, str(place.country), candidate):
        add_filler(candidate.roles["participant"], filler)
    candidate.score = 0.58
    candidate.notes.append("host not named")


def _check_participants(candidate: Candidate) -> Candidate:
    fillers = candidate.roles.get("participant", [])
    countries = {filler.country for filler in fillers if filler.country}
    if "group" in candidate.notes and len(countries) < 2 and candidate.trigger.strength == "weak":
        return candidate.refuse("a group of leaders and a weak head: too little for a meeting")
    if "group" in candidate.notes and len(countries) < 2:
        candidate.score = min(candidate.score, 0.6)
        return candidate
    if not fillers:
        return candidate.refuse("no leader in office takes part")
    if len(countries) < 2:
        return candidate.refuse("leaders of two countries are wanted, one country takes part")
    people = [unit.person for unit in candidate.used if unit.person is not None]
    if (
        not candidate.analysis.dated
        and len(people) > 1
        and not any(sharing_a_day(a, b) for a, b in itertools.combinations(people, 2))
    ):
        return candidate.refuse("these leaders were never in office at the same time")
    return candidate


_FRAMES = {
    "meet": _meet, "receive": _receive, "visit": _visit, "talk": _talk, "meeting": _meeting, "trip": _trip, "summit":
    _summit,
    "joint": _joint, "guest": _guest,
    "stay": _stay,
}  # fmt: skip
