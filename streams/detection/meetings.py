"""Frames of meetings between leaders: who met whom, from where the names stand around the head."""

import itertools

from streams.detection.arabic import meets_other, owner_and_partner
from streams.detection.candidate import Candidate
from streams.detection.fillers import countries_of
from streams.detection.gatherings import agree, beside, placed, tells_of_another
from streams.detection.participants import (
    SIDES,
    coordinated,
    count_states,
    farthest,
    has_passive,
    leaders_beside,
    leaders_in_reach,
    meets_with,
    met_by_another,
    sets_the_scene,
    stands_near,
    take,
    take_across_break,
    take_destination,
    take_gerund_subject,
    take_groups,
    take_honoured,
    take_omitted,
    take_pronoun,
    take_stay,
    take_titles,
    with_pronoun,
)
from streams.detection.summits import summit
from streams.detection.units import BODY, FORMER, LEADER, MINISTER, OTHER, Unit
from streams.detection.visits import stay, trip, visit
from streams.detection.world import World, sharing_a_day

_TIGHT = frozenset({"with", "between", "of", "of_or_to", "at", "from"})


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
        | ({"from"} if has_passive(candidate) or candidate.tense == "participle" else set())
        | {"of_or_to"}
    )
    if candidate.trigger.id.endswith(".hands") or (
        candidate.analysis.grammar.language.script == "cyrillic" and candidate.tense != "noun"
    ):
        sides |= {"of"}
    if meets_other(candidate):
        candidate.refuse("who meets, or who is met, is no leader")
        return
    leaders = [unit for unit in leaders_in_reach(candidate) if unit.link in sides or meets_with(candidate, unit)]
    if met_by_another(candidate, leaders):
        candidate.refuse("who meets them is no leader")
        return
    take(candidate, leaders)
    if count_states(candidate) < 2:
        take_pronoun(candidate)
    if count_states(candidate) == 1:
        take_omitted(candidate)
    if count_states(candidate) == 1 and candidate.analysis.grammar.language.script == "han":
        take_across_break(candidate)
    if count_states(candidate) < 2:
        take_titles(candidate, world)
    if count_states(candidate) < 2:
        take_gerund_subject(candidate)
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
    if not countries_of(leaders):
        take_groups(candidate)
    if not linked and "group" not in candidate.notes:
        candidate.refuse("two leaders stand beside a verb of talking, but nothing says that they talk with each other")
        return
    candidate.score = 0.75
    if not placed(candidate):
        candidate.status = "possible"
        candidate.notes.append("unplaced")
        candidate.score = 0.45


def _meeting(candidate: Candidate, world: World) -> None:
    """A noun: `talks between A and B`, `A's meeting with B`, `A hält Gespräche mit B`."""
    scope = leaders_in_reach(candidate)
    tight = [unit for unit in scope if unit.link in _TIGHT and stands_near(candidate, unit)]
    tight = tight if len(countries_of(tight)) >= 2 else leaders_beside(candidate) or tight
    loose = [
        unit
        for unit in scope
        if unit.link in ("", "subject", "object", "bare", "by", "dative") or unit.link in ("with", "between")
    ]
    if owned := owner_and_partner(candidate):
        take(candidate, owned)
        candidate.score = 0.8
    elif len(countries_of(tight)) >= 2:
        alone = all(unit.link == "with" and unit.start > candidate.unit.start for unit in tight)
        subjects = [unit for unit in loose if unit.link in ("", "subject", "bare") and unit.end <= candidate.unit.start]
        take(candidate, [*(subjects if alone else ()), *tight])
        candidate.score = 0.85
    elif tight:
        take(candidate, [*tight, *(unit for unit in loose if unit not in tight)])
        if count_states(candidate) < 2:
            take_pronoun(candidate)
        candidate.score = 0.8
    elif (
        len(countries_of(loose)) >= 2
        and (coordinated(candidate, loose) or _met_at(candidate))
        and (
            candidate.trigger.strength == "strong"
            or candidate.unit.link in ("near", "in", "at")
            or _held(candidate, loose)
        )
    ):
        take(candidate, loose)
        candidate.score = 0.75
    if not candidate.used:
        _take_at_it(candidate, [unit for unit in scope if unit in loose or unit.link == "to"])
    _take_unsaid(candidate, world)
    candidate.score -= 0.01 * farthest(candidate)


def _met_at(candidate: Candidate) -> bool:
    """`A tells B at a meeting …`: subject and object of what is done there, unless it is a meeting with others."""
    grammar, units = candidate.analysis.grammar, candidate.analysis.units
    after = units[units.index(candidate.unit) + 1 :][:1]
    others = bool(after) and grammar.adpositions.get(after[0].low) in ("with", "of", "between", "by", "for")
    genitive = bool(after) and after[0].low in grammar.genitive_articles
    return candidate.trigger.strength == "strong" and candidate.unit.link in ("at", "to") and not (others or genitive)


def _take_at_it(candidate: Candidate, leaders: list[Unit]) -> None:
    """`A praised B at their meeting in C`: who does something to another leader at a meeting of nobody else's."""
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    summit = any(getattr(hit.entry.referent, "frame", "") == "summit" for hit in candidate.unit.triggers)
    others = any(
        candidate.analysis.grammar.adpositions.get(unit.low) in ("with", "between", "of")
        for unit in units[head + 1 : head + 4]
    )
    if candidate.trigger.strength == "weak" or len(countries_of(leaders)) != 2 or summit or others:
        return
    if sets_the_scene(candidate) and all(unit.end <= candidate.unit.start for unit in leaders):
        take(candidate, leaders)
        candidate.score = 0.62


def _take_unsaid(candidate: Candidate, world: World) -> None:
    """The missing side from the other half of a headline, from whom the meal is for, from the place, or a group."""
    if count_states(candidate) < 2:
        take_across_break(candidate)
    if count_states(candidate) < 2:
        take_honoured(candidate, world)
    if count_states(candidate) < 2 and candidate.unit.link in ("to", "for"):
        take_destination(candidate, world)
    if count_states(candidate) < 2:
        take_groups(candidate)


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
    if "group" in candidate.notes and not candidate.roles.get("participant"):
        candidate.refuse("a group of leaders, and nobody who receives them")
        return
    leaders = [unit for unit in candidate.used if unit.cls == LEADER]
    language = candidate.analysis.grammar.language
    behind = language.code in ("de", "en") and any(unit.start > candidate.hit.start for unit in leaders)
    if (
        (language.script == "cyrillic" or language.code in ("de", "en"))
        and len(leaders) == 2
        and not behind
        and all(unit.link in ("", "bare") for unit in leaders)
        and coordinated(candidate, leaders)
    ):
        candidate.refuse("two leaders take something on together, neither receives the other")
        return
    if candidate.tense == "participle" and _received_others(candidate, leaders):
        candidate.refuse("the leaders receive somebody else")
        return
    if count_states(candidate) < 2:
        candidate.notes.append("one side only")
        take_stay(candidate, world)


def _received_others(candidate: Candidate, leaders: list[Unit]) -> bool:
    """`the minister was received by A and B`: all leaders are hosts, and the guest is none."""
    guests = (MINISTER, FORMER, OTHER, BODY)
    clause = candidate.analysis.clause(candidate.unit.clause)
    return (
        bool(leaders)
        and all(unit.link == "by" for unit in leaders)
        and any(
            unit.cls in guests and unit.link in ("", "subject") and unit.end <= candidate.unit.start for unit in clause
        )
    )


def _joint(candidate: Candidate, world: World) -> None:
    """`A and B sign, open, announce together`."""
    if candidate.tense != "noun" and tells_of_another(candidate):
        candidate.refuse("what is agreed is a meeting, or was agreed at one told before")
        return
    links = ("", "subject", "with", "between", "bare", *(("by",) if candidate.tense == "participle" else ()))
    leaders = [unit for unit in leaders_in_reach(candidate) if unit.link in links]
    if not leaders and candidate.tense == "noun":
        take_across_break(candidate)
        return
    if candidate.tense != "noun" and candidate.analysis.grammar.language.order != "vso":
        leaders = [unit for unit in leaders if unit.end <= candidate.unit.start or unit.link in ("with", "by")]
    if not countries_of(leaders) and candidate.tense != "noun" and placed(candidate):
        take_groups(candidate)
    if "group" in candidate.notes:
        candidate.score = 0.5
        return
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


def _check_participants(candidate: Candidate) -> Candidate:
    fillers = candidate.roles.get("participant", [])
    countries = {filler.country for filler in fillers if filler.country}
    weak = candidate.trigger.strength == "weak" and candidate.trigger.frame not in ("summit", "agree")
    if "group" in candidate.notes and len(countries) < 2 and weak and not placed(candidate):
        return candidate.refuse("a group of leaders and a weak head: too little for a meeting")
    if "group" in candidate.notes and len(countries) < 2:
        candidate.score = min(candidate.score, 0.66)
        return candidate
    if not fillers:
        return candidate.refuse("no leader in office takes part")
    if len(countries) < 2 and "host not named" in candidate.notes and countries:
        return candidate
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
    "meet": _meet, "receive": _receive, "visit": visit, "talk": _talk, "meeting": _meeting, "trip": trip,
    "summit": summit, "joint": _joint, "guest": _guest, "stay": stay, "beside": beside, "agree": agree,
}  # fmt: skip
