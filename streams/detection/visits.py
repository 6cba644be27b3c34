"""Visits and journeys: whose country a leader comes to, and who is the host where nobody is named."""

from streams.detection.arabic import visits_other
from streams.detection.candidate import Candidate
from streams.detection.fillers import add_filler, countries_of
from streams.detection.participants import (
    SIDES,
    coordinated,
    hosts_of,
    leaders_in_reach,
    leaders_of,
    may_host,
    take,
    take_pronoun,
    take_with_host,
    verb_closes,
)
from streams.detection.units import COUNTRY, FORMER, LEADER, MINISTER, OTHER, PLACE, WEAK, Unit
from streams.detection.world import World
from streams.messages import Filler

_HEADLINE = 14
"""A sentence of at most so many units reads like a headline: it says the main thing and no more."""
_VERB_FIRST = 7
"""Where the verb comes first sentences are long, and its subject stands within so many units."""
_VISIT_LINKS = frozenset({"", "object", "in", "to", "bare", "of", "of_or_to", "dative", "about"})


def visit(candidate: Candidate, world: World) -> None:
    """`A visits country B`: its leader is the host, named or not."""
    analysis = candidate.analysis
    reason = _no_visit(candidate)
    if reason is not None:
        candidate.refuse(reason)
        return
    clause = analysis.clause(candidate.unit.clause)
    leaders = [
        unit
        for unit in leaders_in_reach(candidate)
        if unit.link in (*SIDES, "of", "of_or_to", "from") and unit.clause <= candidate.unit.clause
    ]
    visitor = _who_comes(candidate, leaders, clause)
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
    stated = official is not None and official.search(candidate.analysis.text) is not None
    if place is None and (stated or _abroad(candidate)):
        candidate.notes.append("host not named")
        candidate.score = 0.55
        return
    if place is None or place.country is None:
        candidate.refuse("no foreign country is visited")
        return
    for other in (place, *_listed(clause, place, visitor)):
        candidate.used.append(other)
        for filler in hosts_of(world, str(other.country), candidate):
            add_filler(candidate.roles["participant"], filler)
    candidate.score = 0.72 if candidate.trigger.strength == "strong" else 0.5
    candidate.notes.append("host not named")


def _no_visit(candidate: Candidate) -> str | None:
    """Why a head tells of no leader's visit, None where it may."""
    if candidate.tense == "noun" and candidate.unit.link == "about":
        return "the visit is what is talked of"
    return "the visitor is no leader" if visits_other(candidate) else None


def _who_comes(candidate: Candidate, leaders: list[Unit], clause: list[Unit]) -> Unit | None:
    """The visitor, in the clause or in a headline's other half."""
    found = _arrival(candidate) or _visitor(candidate, leaders) or _short_named(candidate, clause)
    return found or _across_break(candidate) or _subject_before(candidate)


def _short_named(candidate: Candidate, clause: list[Unit]) -> Unit | None:
    """`Lee begins state visit`: a name that needs support has it in an official visit, if its bearer is in office."""
    official = candidate.analysis.grammar.cues.get("official")
    if not candidate.analysis.dated or official is None or official.search(candidate.analysis.text) is None:
        return None
    found = next((unit for unit in clause if unit.cls == WEAK and unit.end <= candidate.unit.start), None)
    if found is not None and not found.fillers and found.person is not None:
        found.fillers = (Filler(entity=found.person.id, name=found.person.name, country=found.country),)
    return found


def _across_break(candidate: Candidate) -> Unit | None:
    """`Visit to C: A calls for …`: the subject of a headline's other half, where its first half names nobody."""
    analysis, number = candidate.analysis, candidate.unit.clause
    if (
        candidate.tense != "noun"
        or number + 1 >= len(analysis.kinds)
        or analysis.kinds[number + 1] not in ("break", "main")
    ):
        return None
    if any(unit.cls in (LEADER, MINISTER, FORMER, OTHER) for unit in analysis.clause(number)):
        return None
    content = [unit for unit in analysis.clause(number + 1) if unit.kind != "punct"]
    first = content[0] if content else None
    opens = first is not None and first.cls == LEADER and not first.attribute and first.link in ("", "subject", "bare")
    return first if opens else None


def _arrival(candidate: Candidate) -> Unit | None:
    """`A在B抵达前 …`: in Chinese a time phrase may hold the visitor, and the subject outside of it the host."""
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    before = units[head - 1] if head else None
    if candidate.analysis.grammar.language.script != "han" or before is None:
        return None
    return before if before.cls == LEADER and before.link == "in" and not before.attribute else None


def _subject_before(candidate: Candidate) -> Unit | None:
    """`A抵达B 结束访华`: Chinese and Korean headlines name the subject of all their halves in the first one."""
    analysis, number = candidate.analysis, candidate.unit.clause
    if analysis.grammar.language.script not in ("han", "hangul") or analysis.kinds[number] not in ("break", "main"):
        return None
    if any(unit.cls in (LEADER, MINISTER, FORMER, OTHER) for unit in analysis.clause(number)):
        return None
    named = [unit for unit in analysis.clause(number - 1) if unit.cls in (LEADER, MINISTER, FORMER, OTHER)]
    first = named[0] if named else None
    return first if first is not None and first.cls == LEADER and not first.attribute else None


def _abroad(candidate: Candidate) -> bool:
    """`Europa-Besuch`, `Asienreise`, `Latin America trip`: a part of the world at the head."""
    abroad = candidate.analysis.grammar.discourse.get("abroad")
    if abroad is None:
        return False
    units, start = candidate.analysis.units, candidate.analysis.start
    head = units.index(candidate.unit)
    inside = candidate.analysis.text[candidate.hit.word_start - start : candidate.hit.start - start]
    near = candidate.analysis.text[
        units[max(0, head - 2)].start - start : units[min(head + 4, len(units) - 1)].end - start
    ]
    return abroad.fullmatch(inside) is not None or abroad.search(near) is not None


def _listed(clause: list[Unit], place: Unit, visitor: Unit) -> list[Unit]:
    """`visits A and B`: further countries in the list that begins with a place."""
    following = clause[clause.index(place) + 1 :] if place in clause and place.link else []
    found: list[Unit] = []
    for unit in following[:6]:
        foreign = unit.country not in (None, place.country, visitor.country)
        if unit.cls == COUNTRY and foreign and unit.link in (place.link, "in", "to"):
            found.append(unit)
        elif unit.cls or unit.trigger is not None:
            break
    return found


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
        if unit.start >= candidate.unit.end and unit.link in ("", "subject", "by", "of", "of_or_to", "bare", "from")
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
            or (place == head - 1 and (candidate.unit.joined or unit.link == "of"))
            or (
                0 < head - place <= (8 if candidate.unit.link == "for" else 5)
                and (unit.link in ("in", "to", "object") or verb_closes(candidate))
            )
        )
        foreign = unit.country is not None and unit.country != visitor.country
        if (
            unit.cls in (COUNTRY, PLACE)
            and foreign
            and close
            and (unit.link in _VISIT_LINKS or unit.joined or candidate.unit.joined)
            and not _visits_within(candidate, unit)
            and may_host(unit)
        ):
            return unit
    return None


def _visits_within(candidate: Candidate, place: Unit) -> bool:
    """`visits troops in Iraq`: somebody or something else is visited in the country."""
    language = candidate.analysis.grammar.language
    if candidate.tense == "noun" or candidate.trigger.frame != "visit":
        return False
    if _names_house(candidate, place):
        return True
    if place.link != "in" or not language.capitals:
        return False
    between = [u for u in candidate.analysis.units if candidate.unit.end <= u.start and u.end <= place.start]
    if language.nouns_capital:
        return any(unit.kind == "word" and unit.cased[:1].isupper() for unit in between)
    grammar = candidate.analysis.grammar
    plain = grammar.articles | frozenset(grammar.adpositions) | grammar.fillers
    return any(unit.kind == "word" and unit.low not in plain for unit in between)


def _names_house(candidate: Candidate, place: Unit) -> bool:
    """`visits Rome synagogue`: the place only says where what is visited stands."""
    errand = candidate.analysis.grammar.discourse.get("errand")
    units = candidate.analysis.units
    after = units[units.index(place) + 1 :][:1] if place in units else []
    return errand is not None and bool(after) and errand.fullmatch(after[0].low) is not None


def trip(candidate: Candidate, world: World) -> None:
    """`A travels to B`: B's leader stands beside it, the trip is official, or it is the news itself and serves nothing
    else.
    """
    visit(candidate, world)
    if candidate.refused or "host not named" not in candidate.notes:
        return
    analysis = candidate.analysis
    official = analysis.grammar.cues.get("official")
    if official is not None and official.search(analysis.text) is not None:
        return
    errand = analysis.grammar.discourse.get("errand")
    if errand is not None and errand.search(analysis.text) is not None:
        candidate.refuse("the journey serves something else")
        return
    place = candidate.used[-1]
    named_by = place is candidate.unit or place.joined or candidate.unit.joined or _abroad(candidate)
    main = analysis.headline or len(analysis.units) <= _HEADLINE
    if not (main and place.acts) and not (named_by and candidate.tense == "noun") and not _for_talks(candidate):
        candidate.refuse("a journey without a host is no meeting")


def _for_talks(candidate: Candidate) -> bool:
    """Whether the clause of a journey, or its purpose, speaks of talks, a meeting or a visit too."""
    analysis, number = candidate.analysis, candidate.unit.clause
    purposes = {later for later, kind in enumerate(analysis.kinds) if kind == "purpose" and later == number + 1}
    near = [unit for unit in analysis.units if unit.clause in {number, *purposes}]
    return any(
        getattr(hit.entry.referent, "frame", "") in ("meeting", "summit", "visit", "talk")
        for unit in near
        if unit is not candidate.unit and not unit.cls
        for hit in unit.triggers
        if hit.entry.tense != "noun" or unit.link not in ("", "of")
    )


def stay(candidate: Candidate, world: World) -> None:
    """`A in C: …`: a headline that begins with a leader in another country and says no more of it."""
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    rest = units[head + 1 : head + 3]
    analysis = candidate.analysis
    briefly = analysis.grammar.discourse.get("briefly")
    while head and briefly is not None and briefly.fullmatch(units[head - 1].low):
        head -= 1
    visitor = units[head - 1] if head else None
    conjunctions = analysis.grammar.conjunctions
    opens = visitor is not None and all(
        unit.kind == "punct" or unit.cls == LEADER or unit.low in conjunctions | analysis.grammar.articles
        for unit in units[: head - 1]
        if unit.clause == visitor.clause
    )
    if visitor is None or visitor.cls != LEADER or visitor.attribute or not opens or not rest:
        candidate.refuse("no leader opens the headline")
        return
    together = [u for u in leaders_of(units[:head]) if u.clause == visitor.clause]
    plain = candidate.unit.low == "in" or rest[0].cls in (COUNTRY, PLACE)
    if len(countries_of(together)) >= 2 and coordinated(candidate, together) and rest[0].cased[:1].isupper() and plain:
        take(candidate, together)
        candidate.score = 0.6
        return
    if len(together) > 1:
        candidate.refuse("several leaders open the headline, but not together")
        return
    place, after = rest[0], rest[1] if len(rest) > 1 else None
    closes = after is None or after.low in (":", "\u2013", "-") or after.clause != place.clause
    closes = closes or _new_heading(candidate, after)
    foreign = place.cls in (COUNTRY, PLACE) and place.country not in (None, visitor.country)
    if not foreign or not closes or not may_host(place):
        candidate.refuse("the headline does not place a leader in another country")
        return
    take_with_host(candidate, world, visitor, place)
    candidate.score = 0.58


def _new_heading(candidate: Candidate, after: Unit | None) -> bool:
    """`A in C B warns of …`: German sites set the kicker before the headline without a sign between."""
    capital = after is not None and after.cased[:1].isupper()
    return capital and candidate.analysis.headline and candidate.analysis.grammar.language.nouns_capital
