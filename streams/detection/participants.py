"""Who takes part in a meeting: leaders in reach of a head, and those whom a pronoun, a headline's half or a place
stands for.
"""

import itertools
from collections.abc import Iterable

from streams.detection.candidate import Candidate
from streams.detection.fillers import add_filler, countries_of
from streams.detection.units import BODY, COUNTRY, FORMER, LEADER, MINISTER, OTHER, PLACE, PLURAL, TITLE, WEAK, Unit
from streams.detection.world import World
from streams.knowledge import Organization, Place
from streams.messages import Filler

SIDES = frozenset({"", "subject", "object", "with", "between", "dative", "by", "bare", "to"})


def leaders_of(units: Iterable[Unit]) -> list[Unit]:
    """Leaders, and groups of them, among units; whose noun belongs to somebody else are left out."""
    return [unit for unit in units if unit.cls in (LEADER, PLURAL) and not unit.attribute]


def leaders_in_reach(candidate: Candidate) -> list[Unit]:
    """Leaders of the head's clause; of the governing clause too where the head's own is dependent and has too few."""
    analysis, number = candidate.analysis, candidate.unit.clause
    found = leaders_of(analysis.clause(number))
    governing = analysis.governing(number)
    while governing is not None and len(countries_of(found)) < 2:
        above = [unit for unit in leaders_of(analysis.clause(governing)) if unit.link in SIDES]
        if above:
            found = [*above[-2:], *found] if analysis.kinds[number] == "relative" else [*above[:2], *found]
            break
        number, governing = governing, analysis.governing(governing)
    return found


def take(candidate: Candidate, units: Iterable[Unit]) -> None:
    """Add what units stand for to the participants."""
    fillers = candidate.roles.setdefault("participant", [])
    for unit in units:
        candidate.used.append(unit)
        for filler in unit.fillers:
            add_filler(fillers, filler)


def count_states(candidate: Candidate) -> int:
    """How many states take part so far."""
    return len({filler.country for filler in candidate.roles.get("participant", ()) if filler.country})


def coordinated(candidate: Candidate, leaders: list[Unit]) -> bool:
    """Two leaders joined by `and` before or after the head."""
    units = candidate.analysis.units
    for first, second in itertools.pairwise(leaders):
        between = [unit for unit in units if first.end <= unit.start and unit.end <= second.start]
        if len(between) <= 3 and any(
            unit.low in candidate.analysis.grammar.conjunctions or unit.low in (",", "-") for unit in between
        ):
            return True
        if len(between) <= 3 and any(_written_and(candidate, unit) for unit in (*between, second)):
            return True
        if not between:
            return True
    return any(unit.cls == PLURAL and len(unit.fillers) > 1 for unit in leaders)


def _written_and(candidate: Candidate, unit: Unit) -> bool:
    """Arabic writes `and` as the first letter of the next word."""
    place = unit.start - candidate.analysis.start
    return (
        candidate.analysis.grammar.language.script == "arabic"
        and "و" in candidate.analysis.text[max(0, place - 1) : place + 1]
    )


def stands_near(candidate: Candidate, unit: Unit) -> bool:
    """A name tied to the noun: before it as a genitive, or after it within its own phrase."""
    units = candidate.analysis.units
    head, place = units.index(candidate.unit), units.index(unit)
    if place < head:
        letters = candidate.analysis.grammar.language.script == "han"
        return unit.link in ("of", "with") and head - place <= (10 if verb_closes(candidate) or letters else 4)
    return place - head <= 14


def leaders_beside(candidate: Candidate) -> list[Unit]:
    """`A-B summit`, `A and B talks`: two leaders of two states right before the noun, joined to it."""
    units = candidate.analysis.units
    place, found = units.index(candidate.unit) - 1, list[Unit]()
    links = candidate.analysis.grammar.conjunctions | {"-", "\u2013", "/"}
    while place >= 0 and (units[place].cls == LEADER or (found and units[place].low in links)):
        if units[place].cls == LEADER:
            found.insert(0, units[place])
        place -= 1
    return found if len(countries_of(found)) >= 2 else []


def take_titles(candidate: Candidate, world: World) -> None:
    """`Berlin and Paris …: chancellor and president meet`: titles without names, of the two states beside them."""
    analysis = candidate.analysis
    clause = analysis.clause(candidate.unit.clause)
    titled = [unit for unit in clause if unit.cls == TITLE or (unit.cls == LEADER and unit.person is None)]
    states = list(
        dict.fromkeys(unit.country for unit in analysis.units if unit.cls in (COUNTRY, PLACE) and unit.country)
    )
    if len(titled) < 2 or len(states) != 2 or not coordinated(candidate, titled):
        return
    known = {unit.country: unit for unit in titled if unit.country in states}
    open_ = [unit for unit in titled if unit not in known.values()]
    fillers = candidate.roles.setdefault("participant", [])
    for country in states:
        unit = known.get(country) or (open_.pop(0) if open_ else None)
        holder = world.holder(country, unit.office, analysis.day) if unit is not None else None
        add_filler(fillers, world.person_filler(holder, country) if holder else world.country_filler(country))
    candidate.used.extend(titled)
    candidate.notes.append("titles")


def verb_closes(candidate: Candidate) -> bool:
    """Whether verbs close the clause, so that names stand before them."""
    return candidate.analysis.grammar.language.order == "sov"


def take_pronoun(candidate: Candidate) -> None:
    """A pronoun or a bare title as the missing side: the last leader named before."""
    clause = candidate.analysis.clause(candidate.unit.clause)
    grammar = candidate.analysis.grammar
    stands = any(unit.cls == TITLE or (unit.kind == "word" and unit.low in grammar.pronouns) for unit in clause)
    governing = candidate.analysis.governing(candidate.unit.clause)
    if not stands and governing is None:
        return
    known: set[str | None] = {filler.country for filler in candidate.roles.get("participant", ())}
    earlier = [
        unit
        for unit in candidate.analysis.units
        if unit.clause < candidate.unit.clause and unit.cls == LEADER and not unit.attribute
    ]
    later = [
        unit
        for unit in candidate.analysis.units
        if unit.clause > candidate.unit.clause and unit.cls == LEADER and not unit.attribute
        if unit.link in ("", "subject") and governing is not None
    ]
    wanted = 2 if not known and any(unit.low in grammar.plural_pronouns for unit in clause) else 1
    for unit in [*reversed(earlier), *reversed(candidate.analysis.leaders), *later]:
        if unit.country not in known:
            take(candidate, [unit])
            known.add(unit.country)
            candidate.score -= 0.1
            candidate.notes.append("pronoun")
            if len(known) >= wanted:
                return


def take_omitted(candidate: Candidate) -> None:
    """`A arrived in C and met B`: where a clause may go without a subject, that of the clause before is meant."""
    analysis, number = candidate.analysis, candidate.unit.clause
    if analysis.grammar.language.script not in _DROPPING or analysis.kinds[number] not in ("main", "that"):
        return
    if any(unit.cls in (LEADER, MINISTER, FORMER) and unit.link == "subject" for unit in analysis.clause(number)):
        return
    known = {filler.country for filler in candidate.roles.get("participant", ())}
    before = [unit for unit in analysis.units if unit.clause < number and unit.cls in (LEADER, MINISTER, FORMER)]
    subject = next((unit for unit in before if unit.link in ("", "subject", "bare") and not unit.attribute), None)
    if subject is not None and subject.cls == LEADER and subject.country not in known and not subject.quoted:
        take(candidate, [subject])
        candidate.score -= 0.06
        candidate.notes.append("subject of the clause before")


_DROPPING = frozenset({"han", "hangul", "arabic"})
"""Scripts of the languages that leave out a subject that is clear."""


def take_across_break(candidate: Candidate) -> None:
    """`Meeting with A: B travels to C`: the other half of a headline names the other side as its subject."""
    analysis, number = candidate.analysis, candidate.unit.clause
    known = {filler.country for filler in candidate.roles.get("participant", ())}
    halves = [number + 1] if number + 1 < len(analysis.kinds) and analysis.kinds[number + 1] == "break" else []
    if analysis.kinds[number] == "break":
        halves.append(number - 1)
    for half in halves:
        leaders = leaders_of(analysis.clause(half))
        if not known and len(countries_of(leaders)) >= 2 and coordinated(candidate, leaders):
            take(candidate, leaders)
            candidate.notes.append("other half of the headline")
            candidate.score = 0.6
            return
        for unit in leaders if known else ():
            if unit.country not in known and unit.link in ("", "subject", "bare", "of") and unit.cls == LEADER:
                take(candidate, [unit])
                candidate.notes.append("other half of the headline")
                candidate.score -= 0.08
                return


def meets_with(candidate: Candidate, unit: Unit) -> bool:
    """`trifft auf B`: the preposition of a German verb of meeting."""
    units = candidate.analysis.units
    place = units.index(unit)
    ties = candidate.analysis.grammar.discourse.get("ties")
    return ties is not None and place > 0 and ties.fullmatch(units[place - 1].low) is not None


def met_by_another(candidate: Candidate, leaders: list[Unit]) -> bool:
    """`The envoy meets A and B`: the subject right before the verb is somebody else, the leaders come after it."""
    units, head = candidate.analysis.units, candidate.analysis.units.index(candidate.unit)
    if candidate.analysis.grammar.language.code not in ("de", "en") or candidate.tense not in ("present", "past"):
        return False
    before = units[head - 1] if head else None
    other = (
        before is not None and before.cls in (WEAK, MINISTER, OTHER, FORMER, BODY) and before.link in ("", "subject")
    )
    return other and bool(leaders) and all(unit.start > candidate.hit.start for unit in leaders)


def take_gerund_subject(candidate: Candidate) -> None:
    """`After meeting A, B spoke of …`: who meets is the subject of the clause that follows."""
    analysis, number = candidate.analysis, candidate.unit.clause
    if not is_gerund(candidate) or number + 1 >= len(analysis.kinds):
        return
    known = {filler.country for filler in candidate.roles.get("participant", ())}
    subject = next((unit for unit in analysis.clause(number + 1) if unit.kind != "punct"), None)
    if subject is not None and subject.cls == LEADER and not subject.attribute and subject.country not in known:
        take(candidate, [subject])


def is_gerund(candidate: Candidate) -> bool:
    """An English verb in -ing that a preposition governs."""
    return (
        candidate.analysis.grammar.language.code == "en"
        and candidate.tense == "present"
        and candidate.unit.low.endswith("ing")
        and candidate.unit.link == "near"
    )


def take_groups(candidate: Candidate) -> None:
    """`World leaders meet`: a group of leaders without names is a leaders' meeting too, but for `before the summit`."""
    links = ("", "subject") if sets_the_scene(candidate) else ("", "subject", "between", "of")
    if candidate.trigger.frame == "receive":
        links = (*links, "to", "object")
    after = candidate.analysis.units[candidate.analysis.units.index(candidate.unit) + 1 :][:1]
    for unit in candidate.analysis.clause(candidate.unit.clause):
        owned = unit in after and unit.link in ("of", "of_or_to")
        tied = unit.link in links or owned
        if unit.cls == PLURAL and not unit.attribute and tied and _many(candidate, unit):
            candidate.notes.append("group")
            return
    if candidate.trigger.frame == "meet" and _club_meets(candidate):
        candidate.notes.append("group")


def _club_meets(candidate: Candidate) -> bool:
    """`G7 meets in Elmau`, `A attends G7`: a group that is nothing but the meetings of its leaders, if no ministers are
    spoken of.
    """
    units = candidate.analysis.units
    clause = candidate.analysis.clause(candidate.unit.clause)
    club = any(is_club(unit) and unit.link in ("", "subject", "at", "in", "to", "with", "object") for unit in clause)
    return club and not of_money(candidate) and not any(unit.cls == MINISTER for unit in units)


def of_money(candidate: Candidate) -> bool:
    """Whether the sentence speaks of markets: there a group's meeting is one of its ministers of finance."""
    markets = candidate.analysis.grammar.discourse.get("markets")
    return markets is not None and markets.search(candidate.analysis.text) is not None


def is_club(unit: Unit) -> bool:
    """A group that is nothing but the meetings of its leaders: G7, BRICS."""
    referent = unit.entry.referent if unit.entry is not None else None
    return isinstance(referent, Organization) and referent.kind == "summit"


def sets_the_scene(candidate: Candidate) -> bool:
    """`at the summit in C`, `before the meeting`: a noun that says when or where something else was said or done."""
    return candidate.tense == "noun" and candidate.unit.link in ("near", "in", "at")


def _many(candidate: Candidate, unit: Unit) -> bool:
    """Whether a plural title means leaders of several states: `world leaders`, `leaders of Nato`, `leaders of the
    four countries`.
    """
    units = candidate.analysis.units
    place = units.index(unit)
    around = [*units[max(0, place - 1) : place], *units[place + 1 : place + 5]]
    if any(is_gathering(other) and other.clause == unit.clause for other in around):
        return True
    groups = candidate.analysis.grammar.markers.get("groups")
    start, end = unit.start - candidate.analysis.start, unit.end - candidate.analysis.start
    first = max(0, start - 24)
    beside = candidate.analysis.text[first : end + 30]
    return groups is not None and any(
        first + found.start() < end and first + found.end() > start for found in groups.finditer(beside)
    )


def is_gathering(unit: Unit) -> bool:
    """An organization of states: a union, an alliance, a group that meets."""
    referent = unit.entry.referent if unit.entry is not None else None
    return isinstance(referent, Organization) and referent.kind in ("alliance", "union", "summit")


_UNION_SEATS = frozenset({"brussels"})
"""Capitals that stand for a union of states: who comes there comes to the union, not to the country's leader."""


def may_host(place: Unit) -> bool:
    """Whether a place is of a state whose leader would be the host."""
    referent = place.entry.referent if place.entry is not None else None
    return not (isinstance(referent, Place) and referent.id in _UNION_SEATS)


def hosts_of(world: World, country: str, candidate: Candidate) -> list[Filler]:
    """Who hosts in a country: its leader where the sentence names one, else the state."""
    named = [
        f for unit in candidate.analysis.units if unit.cls == LEADER and unit.country == country for f in unit.fillers
    ]
    return named or [world.country_filler(country)]


def farthest(candidate: Candidate) -> int:
    """Units between the head and the farthest name used."""
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    places = [abs(units.index(unit) - head) for unit in candidate.used if unit in units]
    return min(max(places, default=0), 20)


def with_pronoun(candidate: Candidate) -> bool:
    """`speaks with him`."""
    grammar = candidate.analysis.grammar
    clause = candidate.analysis.clause(candidate.unit.clause)
    return any(
        grammar.adpositions.get(before.low) == "with" and unit.low in grammar.pronouns
        for before, unit in itertools.pairwise(clause)
    )


def has_passive(candidate: Candidate) -> bool:
    """An auxiliary of the passive in the head's clause: `wurde von X empfangen`."""
    auxiliaries = candidate.analysis.grammar.passive
    return any(unit.low in auxiliaries for unit in candidate.analysis.clause(candidate.unit.clause))


def take_destination(candidate: Candidate, world: World) -> None:
    """`A zu Gesprächen in C`, `A in C for talks`: the leader of the country is the other side, named or not."""
    clause = candidate.analysis.clause(candidate.unit.clause)
    subjects = [u for u in leaders_of(clause) if u.link in ("", "subject") and u.end <= candidate.unit.start]
    if not subjects:
        return
    place = next(
        (u for u in clause if u.cls in (COUNTRY, PLACE) and u.link == "in" and u.country != subjects[0].country), None
    )
    if place is None or place.country is None or not may_host(place):
        return
    take(candidate, subjects[:1])
    candidate.used.append(place)
    for filler in hosts_of(world, place.country, candidate):
        add_filler(candidate.roles["participant"], filler)
    candidate.score = 0.62
    candidate.notes.append("host not named")


def take_with_host(candidate: Candidate, world: World, guest: Unit, place: Unit) -> None:
    """A guest, and whoever leads the country of the place: the host that nobody names."""
    take(candidate, [guest])
    candidate.used.append(place)
    for filler in hosts_of(world, str(place.country), candidate):
        add_filler(candidate.roles["participant"], filler)
    candidate.notes.append("host not named")


def take_honoured(candidate: Candidate, world: World) -> None:
    """`state dinner at the palace in C for A`: the host is who leads the country of the place."""
    units = candidate.analysis.clause(candidate.unit.clause)
    after = [unit for unit in units if unit.start >= candidate.unit.end]
    guest = next((unit for unit in leaders_of(after) if unit.link == "for" and unit.cls == LEADER), None)
    place = next((unit for unit in after if unit.cls == PLACE and unit.acts), None)
    if guest is None or place is None or place.country in (None, guest.country) or candidate.trigger.strength == "weak":
        return
    take_with_host(candidate, world, guest, place)
    candidate.score = 0.6


def take_stay(candidate: Candidate, world: World) -> None:
    """`A received in C`: who is received in another country is received by its leader."""
    clause = candidate.analysis.clause(candidate.unit.clause)
    others = any(unit.cls in (MINISTER, BODY, OTHER, FORMER) for unit in clause)
    west = candidate.analysis.grammar.language.code in ("de", "en")
    passive = candidate.tense == "participle" or (west and has_passive(candidate))
    if not passive or others or not candidate.roles.get("participant"):
        return
    guest = candidate.used[0]
    place = next(
        (u for u in clause if u.cls in (COUNTRY, PLACE) and u.link == "in" and u.country != guest.country), None
    )
    if (
        place is None
        or place.country is None
        or not may_host(place)
        or guest.link not in ("", "subject")
        or guest.end > place.start
    ):
        return
    candidate.used.append(place)
    for filler in hosts_of(world, place.country, candidate):
        add_filler(candidate.roles["participant"], filler)
    candidate.score = 0.6
    candidate.notes.append("host not named")
