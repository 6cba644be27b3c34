"""Frames of meetings between leaders: who met whom, from where the names stand around the head."""

import itertools
from collections.abc import Iterable

from streams.detection.candidate import Candidate
from streams.detection.fillers import add_filler, countries_of
from streams.detection.units import BODY, COUNTRY, FORMER, LEADER, MINISTER, OTHER, PLACE, PLURAL, TITLE, Unit
from streams.detection.world import World, sharing_a_day

_SIDES = frozenset({"", "subject", "object", "with", "between", "dative", "by", "bare", "to"})
_TIGHT = frozenset({"with", "between", "of", "of_or_to", "at", "from"})
_HEADLINE = 14
"""A sentence of at most so many units reads like a headline: it says the main thing and no more."""
_VISIT_LINKS = frozenset({"", "object", "in", "to", "bare", "of", "of_or_to", "dative", "about"})


def find_meeting(candidate: Candidate, world: World) -> Candidate:
    """Fill the participants of a meeting candidate, or refuse it."""
    frame = _FRAMES[candidate.trigger.frame]
    frame(candidate, world)
    if candidate.refused:
        return candidate
    return _check_participants(candidate)


def _leaders(units: Iterable[Unit]) -> list[Unit]:
    return [unit for unit in units if unit.cls in (LEADER, PLURAL) and not unit.attribute]


def _scope(candidate: Candidate) -> list[Unit]:
    """Leaders of the head's clause; of the governing clause too where the head's own is dependent and has too few."""
    analysis, number = candidate.analysis, candidate.unit.clause
    found = _leaders(analysis.clause(number))
    governing = analysis.governing(number)
    while governing is not None and len(countries_of(found)) < 2:
        above = [unit for unit in _leaders(analysis.clause(governing)) if unit.link in _SIDES]
        if above:
            found = [*above[-2:], *found] if analysis.kinds[number] == "relative" else [*above[:2], *found]
            break
        number, governing = governing, analysis.governing(governing)
    return found


def _take(candidate: Candidate, units: Iterable[Unit]) -> None:
    fillers = candidate.roles.setdefault("participant", [])
    for unit in units:
        candidate.used.append(unit)
        for filler in unit.fillers:
            add_filler(fillers, filler)


def _count(candidate: Candidate) -> int:
    return len({filler.country for filler in candidate.roles.get("participant", ()) if filler.country})


def _meet(candidate: Candidate, world: World) -> None:
    """`A meets B`, `A and B meet`, `A trifft sich mit B`, passive with `by`."""
    sides = (
        _SIDES
        | ({"for"} if candidate.trigger.frame == "receive" else set())
        | ({"from"} if _passive(candidate) else set())
        | {"of_or_to"}
    )
    if candidate.analysis.grammar.language.script == "cyrillic" and candidate.tense != "noun":
        sides |= {"of"}
    leaders = [unit for unit in _scope(candidate) if unit.link in sides]
    _take(candidate, leaders)
    if _count(candidate) < 2:
        _take_pronoun(candidate)
    if _count(candidate) < 2:
        _take_groups(candidate)
    candidate.score = 0.9 if candidate.trigger.strength == "strong" else 0.6
    candidate.score -= 0.015 * _distance(candidate)


def _passive(candidate: Candidate) -> bool:
    """An auxiliary of the passive in the head's clause: `wurde von X empfangen`."""
    auxiliaries = candidate.analysis.grammar.passive
    return any(unit.low in auxiliaries for unit in candidate.analysis.clause(candidate.unit.clause))


def _talk(candidate: Candidate, world: World) -> None:
    """`A talks with B`: a meeting only with a place, a visit or a summit beside it."""
    leaders = [unit for unit in _scope(candidate) if unit.link in _SIDES]
    linked = any(unit.link in ("with", "between") for unit in leaders) or _coordinated(candidate, leaders)
    linked = linked or _with_pronoun(candidate)
    _take(candidate, leaders)
    if _count(candidate) < 2 and linked:
        _take_pronoun(candidate)
    if not leaders:
        _take_groups(candidate)
    if not linked and "group" not in candidate.notes:
        candidate.refuse("two leaders stand beside a verb of talking, but nothing says that they talk with each other")
        return
    candidate.score = 0.75
    if not _placed(candidate):
        candidate.status = "possible"
        candidate.notes.append("unplaced")
        candidate.score = 0.45


def _with_pronoun(candidate: Candidate) -> bool:
    """`speaks with him`."""
    grammar = candidate.analysis.grammar
    clause = candidate.analysis.clause(candidate.unit.clause)
    return any(
        grammar.adpositions.get(before.low) == "with" and unit.low in grammar.pronouns
        for before, unit in itertools.pairwise(clause)
    )


def _coordinated(candidate: Candidate, leaders: list[Unit]) -> bool:
    """Two leaders joined by `and` before or after the head."""
    units = candidate.analysis.units
    for first, second in itertools.pairwise(leaders):
        between = [unit for unit in units if first.end <= unit.start and unit.end <= second.start]
        if len(between) <= 3 and any(
            unit.low in candidate.analysis.grammar.conjunctions or unit.low == "," for unit in between
        ):
            return True
        if not between:
            return True
    return any(unit.cls == PLURAL and len(unit.fillers) > 1 for unit in leaders)


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
    scope = _scope(candidate)
    tight = [unit for unit in scope if unit.link in _TIGHT and _near(candidate, unit)]
    loose = [
        unit
        for unit in scope
        if unit.link in ("", "subject", "object", "bare", "by", "dative") or unit.link in ("with", "between")
    ]
    if len(countries_of(tight)) >= 2:
        _take(candidate, tight)
        candidate.score = 0.85
    elif tight:
        _take(candidate, [*tight, *(unit for unit in loose if unit not in tight)])
        if _count(candidate) < 2:
            _take_pronoun(candidate)
        candidate.score = 0.8
    elif len(countries_of(loose)) >= 2 and _coordinated(candidate, loose):
        if candidate.trigger.strength == "strong" or candidate.unit.link in ("near", "in", "at"):
            _take(candidate, loose)
            candidate.score = 0.75
    if _count(candidate) < 2:
        _take_across_break(candidate)
    if _count(candidate) < 2 and candidate.unit.link in ("to", "for"):
        _take_destination(candidate, world)
    if _count(candidate) < 2:
        _take_groups(candidate)
    candidate.score -= 0.01 * _distance(candidate)


def _near(candidate: Candidate, unit: Unit) -> bool:
    """A name tied to the noun: before it as a genitive, or after it within its own phrase."""
    units = candidate.analysis.units
    head, place = units.index(candidate.unit), units.index(unit)
    if place < head:
        return unit.link in ("of", "with") and head - place <= 4
    return place - head <= 14


def _receive(candidate: Candidate, world: World) -> None:
    """`A receives B`: host and guest."""
    _meet(candidate, world)
    if _count(candidate) < 2:
        candidate.notes.append("one side only")
        _take_stay(candidate, world)


def _take_stay(candidate: Candidate, world: World) -> None:
    """`A received in C`: who is received in another country is received by its leader."""
    clause = candidate.analysis.clause(candidate.unit.clause)
    others = any(unit.cls in (MINISTER, BODY, OTHER, FORMER) for unit in clause)
    if candidate.tense != "participle" or others or not candidate.roles.get("participant"):
        return
    guest = candidate.used[0]
    place = next(
        (u for u in clause if u.cls in (COUNTRY, PLACE) and u.link == "in" and u.country != guest.country), None
    )
    if place is None or place.country is None or guest.link not in ("", "subject") or guest.end > place.start:
        return
    candidate.used.append(place)
    for filler in _host(world, place.country, candidate):
        add_filler(candidate.roles["participant"], filler)
    candidate.score = 0.6
    candidate.notes.append("host not named")


def _visit(candidate: Candidate, world: World) -> None:
    """`A visits country B`: its leader is the host, named or not."""
    analysis = candidate.analysis
    clause = analysis.clause(candidate.unit.clause)
    leaders = [
        unit
        for unit in _scope(candidate)
        if unit.link in (*_SIDES, "of", "of_or_to") and unit.clause <= candidate.unit.clause
    ]
    visitor = _visitor(candidate, leaders)
    if visitor is None:
        _take_pronoun(candidate)
        visitor = candidate.used[0] if candidate.used else None
    if visitor is None:
        candidate.refuse("nobody in office is the visitor")
        return
    hosts = [unit for unit in leaders if unit is not visitor and unit.country != visitor.country]
    _take(candidate, [visitor])
    if hosts and any(unit.link in ("", "object", "at", "with", "by", "to", "dative", "bare") for unit in hosts):
        _take(candidate, hosts)
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
    for filler in _host(world, place.country, candidate):
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


def _host(world: World, country: str, candidate: Candidate) -> list:  # type: ignore[type-arg]
    named = [
        f for unit in candidate.analysis.units if unit.cls == LEADER and unit.country == country for f in unit.fillers
    ]
    return named or [world.country_filler(country)]


def _visitor(candidate: Candidate, leaders: list[Unit]) -> Unit | None:
    before = [unit for unit in leaders if unit.end <= candidate.unit.start]
    ordered = [*reversed(before)] if candidate.tense == "noun" else before
    after = [
        unit
        for unit in leaders
        if unit.start >= candidate.unit.end and unit.link in ("", "subject", "by", "of", "of_or_to", "bare")
    ]
    return next(iter([*ordered, *after]), None)


def _destination(candidate: Candidate, clause: list[Unit], visitor: Unit) -> Unit | None:
    """The country or capital that the head takes: after it, tied by nothing, `in` or `to`; or the first part of a
    compound.
    """
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    for unit in clause:
        place = units.index(unit)
        close = (
            0 < place - head <= 8
            or (candidate.unit.joined and place == head - 1)
            or (0 < head - place <= 5 and unit.link in ("in", "to", "object"))
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
    leaders = [unit for unit in _scope(candidate) if unit.link not in ("about", "against", "for")]
    _take(candidate, leaders)
    if _count(candidate) < 2:
        _take_groups(candidate)
    candidate.score = 0.62


def _joint(candidate: Candidate, world: World) -> None:
    """`A and B sign, open, announce together`."""
    leaders = [unit for unit in _scope(candidate) if unit.link in ("", "subject", "with", "between", "bare")]
    if not leaders and candidate.tense == "noun":
        _take_across_break(candidate)
        return
    if candidate.tense != "noun":
        leaders = [unit for unit in leaders if unit.end <= candidate.unit.start]
    if not _coordinated(candidate, leaders) and not any(unit.link == "with" for unit in leaders):
        candidate.refuse("the leaders are not said to act together")
        return
    _take(candidate, leaders)
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
    _take(candidate, [before, after[0]])
    candidate.score = 0.75


def _stay(candidate: Candidate, world: World) -> None:
    """`A in C: …`: a headline that begins with a leader in another country and says no more of it."""
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    rest = units[head + 1 : head + 3]
    visitor = units[head - 1] if head else None
    opens = visitor is not None and all(
        unit.kind == "punct" for unit in units[: head - 1] if unit.clause == visitor.clause
    )
    if visitor is None or visitor.cls != LEADER or visitor.attribute or not opens or not rest:
        candidate.refuse("no leader opens the headline")
        return
    place, after = rest[0], rest[1] if len(rest) > 1 else None
    closes = after is None or after.low in (":", "\u2013", "-") or after.clause != place.clause
    if place.cls not in (COUNTRY, PLACE) or place.country in (None, visitor.country) or not closes:
        candidate.refuse("the headline does not place a leader in another country")
        return
    _take(candidate, [visitor])
    candidate.used.append(place)
    for filler in _host(world, str(place.country), candidate):
        add_filler(candidate.roles["participant"], filler)
    candidate.score = 0.58
    candidate.notes.append("host not named")


def _take_pronoun(candidate: Candidate) -> None:
    """A pronoun or a bare title as the missing side: the last leader named before."""
    clause = candidate.analysis.clause(candidate.unit.clause)
    grammar = candidate.analysis.grammar
    stands = any(unit.cls == TITLE or (unit.kind == "word" and unit.low in grammar.pronouns) for unit in clause)
    governing = candidate.analysis.governing(candidate.unit.clause)
    if not stands and governing is None:
        return
    known = {filler.country for filler in candidate.roles.get("participant", ())}
    earlier = [
        unit
        for unit in candidate.analysis.units
        if unit.clause < candidate.unit.clause and unit.cls == LEADER and not unit.attribute
    ]
    for unit in [*reversed(earlier), *reversed(candidate.analysis.leaders)]:
        if unit.country not in known:
            _take(candidate, [unit])
            candidate.score -= 0.1
            candidate.notes.append("pronoun")
            return


def _take_destination(candidate: Candidate, world: World) -> None:
    """`A zu Gesprächen in C`, `A in C for talks`: the leader of the country is the other side, named or not."""
    clause = candidate.analysis.clause(candidate.unit.clause)
    subjects = [u for u in _leaders(clause) if u.link in ("", "subject") and u.end <= candidate.unit.start]
    if not subjects:
        return
    place = next(
        (u for u in clause if u.cls in (COUNTRY, PLACE) and u.link == "in" and u.country != subjects[0].country), None
    )
    if place is None or place.country is None:
        return
    _take(candidate, subjects[:1])
    candidate.used.append(place)
    for filler in _host(world, place.country, candidate):
        add_filler(candidate.roles["participant"], filler)
    candidate.score = 0.62
    candidate.notes.append("host not named")


def _take_across_break(candidate: Candidate) -> None:
    """`Meeting with A: B travels to C`: the other half of a headline names the other side as its subject."""
    analysis, number = candidate.analysis, candidate.unit.clause
    known = {filler.country for filler in candidate.roles.get("participant", ())}
    halves = [number + 1] if number + 1 < len(analysis.kinds) and analysis.kinds[number + 1] == "break" else []
    if analysis.kinds[number] == "break":
        halves.append(number - 1)
    for half in halves:
        leaders = _leaders(analysis.clause(half))
        if not known and len(countries_of(leaders)) >= 2 and _coordinated(candidate, leaders):
            _take(candidate, leaders)
            candidate.notes.append("other half of the headline")
            candidate.score = 0.6
            return
        for unit in leaders if known else ():
            if unit.country not in known and unit.link in ("", "subject", "bare", "of") and unit.cls == LEADER:
                _take(candidate, [unit])
                candidate.notes.append("other half of the headline")
                candidate.score -= 0.08
                return


def _take_groups(candidate: Candidate) -> None:
    """`World leaders meet`: a group of leaders without names is a leaders' meeting too."""
    clause = candidate.analysis.clause(candidate.unit.clause)
    groups = candidate.analysis.grammar.markers.get("groups")
    for unit in clause:
        start = candidate.analysis.start
        whole = candidate.analysis.text[max(0, unit.start - start - 24) : unit.end - start]
        if (
            unit.cls == PLURAL
            and not unit.attribute
            and groups is not None
            and groups.search(whole)
            and unit.link in ("", "subject", "between", "of")
        ):
            candidate.notes.append("group")
            return


def _distance(candidate: Candidate) -> int:
    """Units between the head and the farthest name used."""
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    places = [abs(units.index(unit) - head) for unit in candidate.used if unit in units]
    return min(max(places, default=0), 20)


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
