"""Leaders' summits: whose they are by what stands around the word, with or without the names of those who come."""

from dataclasses import dataclass, field

from streams.detection.candidate import Candidate
from streams.detection.fillers import add_filler
from streams.detection.gatherings import says
from streams.detection.participants import (
    SIDES,
    hosts_of,
    is_club,
    is_gathering,
    leaders_of,
    of_money,
    sets_the_scene,
    take,
)
from streams.detection.units import COUNTRY, LEADER, MINISTER, PLACE, PLURAL, STATES, Unit
from streams.detection.world import World

_REACH = 5
"""Units beside the word for a summit that can say whose it is."""
_AROUND = 40
"""Letters around the head in which a region or a kind of states says whose summit it is, where adjectives follow."""
_TOPICS = frozenset({"about", "against", "for"})


@dataclass(slots=True)
class _Owners:
    """Whose a summit is: states, bodies and words for several states beside the head; `barred` by another word."""

    states: list[str] = field(default_factory=list)
    body: bool = False
    club: bool = False
    several: bool = False
    topic: bool = False
    barred: bool = False
    ministers: bool = False


def summit(candidate: Candidate, world: World) -> None:
    """A summit of several states, as news or as the frame of news: `EU summit backs …`, `A and B at the G20 summit`."""
    if candidate.unit.link in ("about", "against"):
        candidate.refuse("the summit is what is talked of, not what happens")
        return
    owners = _owners(candidate)
    plain = candidate.trigger.strength == "strong"
    of_leaders = (owners.club or len(owners.states) > 1) and not any(
        unit.cls == MINISTER for unit in candidate.analysis.units
    )
    of_leaders = of_leaders and not of_money(candidate)
    candidate.score = _weight(candidate, owners) if plain or of_leaders else 0.0
    if not candidate.score:
        candidate.refuse("nothing says that this is a summit of several states")
        return
    leaders = [unit for unit in _attending(candidate) if unit.link not in _TOPICS]
    if _says_when(candidate) and len({unit.country for unit in leaders}) < 2:
        candidate.refuse("the summit only says when something else is")
        return
    if not _told(candidate, leaders):
        candidate.refuse("nothing says that the summit is held or who comes to it")
        return
    take(candidate, leaders)
    for country in owners.states if len(owners.states) > 1 else ():
        for filler in hosts_of(world, country, candidate):
            add_filler(candidate.roles["participant"], filler)
    candidate.notes.append("group")


def _says_when(candidate: Candidate) -> bool:
    """`峰会期间`: a word for during right behind the head."""
    moment = candidate.analysis.grammar.discourse.get("moment")
    postposed = candidate.analysis.grammar.language.script in ("han", "hangul")
    after = candidate.analysis.text[candidate.hit.end - candidate.analysis.start :].lstrip()
    return postposed and moment is not None and moment.match(after) is not None


def _weight(candidate: Candidate, owners: _Owners) -> float:
    """How sure it is that leaders meet, 0 for not at all."""
    analysis = candidate.analysis
    named = any(unit.cls in (LEADER, PLURAL) and not unit.attribute for unit in analysis.units)
    if owners.ministers:
        return 0.0
    if owners.body or owners.several or len(owners.states) > 1:
        return 0.66
    if owners.barred:
        return 0.0
    elsewhere = any(is_gathering(unit) for unit in analysis.units)
    if owners.topic or elsewhere:
        return 0.52
    place = _placed(candidate)
    if place is None:
        return 0.0
    return 0.52 if named or analysis.leaders or place.cls else 0.0


def _owners(candidate: Candidate) -> _Owners:
    owners = _Owners()
    _look_inside(candidate, owners)
    _look_left(candidate, owners)
    _look_right(candidate, owners)
    if "convened" in candidate.analysis.grammar.discourse:
        _look_around(candidate, owners)
    return owners


def _look_around(candidate: Candidate, owners: _Owners) -> None:
    """`sommet franco-allemand`, `cumbre de las Américas`, `саммит Россия – …`: a pair, a region, a dash cut off."""
    units, analysis = candidate.analysis.units, candidate.analysis
    head = units.index(candidate.unit)
    near = units[max(0, head - 3) : head + 6]
    if any(is_gathering(unit) and unit.clause == candidate.unit.clause for unit in units[head + 1 : head + 4]):
        owners.body = True
        return
    for place, one in enumerate(near[:-1]):
        dashed = near[place + 1].low in ("-", "\u2013")
        other = near[min(place + 1 + dashed, len(near) - 1)]
        both = one.cls in STATES and other.cls in STATES and one.country != other.country
        if both and (dashed or other.joined) and one.country and other.country:
            owners.states = [one.country, other.country]
            return
    several = analysis.grammar.discourse.get("multilateral")
    first = max(0, candidate.hit.start - analysis.start - _AROUND // 2)
    around = analysis.text[first : candidate.hit.end - analysis.start + _AROUND]
    cut = [unit.cls or unit.low for unit in units[head + 1 : head + 3]] == [COUNTRY, "\u2013"]
    owners.several = owners.several or cut or (several is not None and several.search(around) is not None)


def _told(candidate: Candidate, leaders: list[Unit]) -> bool:
    """Whether the summit is news: it is held, leaders come to it or act there. A language without words for that lets
    all pass.
    """
    units = _statement(candidate)
    if "convened" not in candidate.analysis.grammar.discourse:
        return True
    attended = bool(leaders) and says(candidate, units, "attending")
    if sets_the_scene(candidate) and not attended and len({unit.country for unit in leaders}) < 2:
        return any(unit.cls == PLURAL and unit.link in ("", "subject") and not unit.attribute for unit in units)
    if not leaders and any(unit.cls == MINISTER for unit in units):
        return False
    group = any(unit.cls == PLURAL and not unit.attribute for unit in units)
    return attended or group or says(candidate, units, "convened")


def _statement(candidate: Candidate) -> list[Unit]:
    """The head's clause, with the other half of a headline."""
    analysis, number = candidate.analysis, candidate.unit.clause
    units = analysis.clause(number)
    if number + 1 < len(analysis.kinds) and analysis.kinds[number + 1] in ("break", "relative"):
        units = [*units, *analysis.clause(number + 1)]
    return units


def _look_inside(candidate: Candidate, owners: _Owners) -> None:
    """The first part of a compound: a number or a kind of summit, a state, or a matter that is no affair of leaders."""
    if candidate.unit.country is not None:
        owners.topic = True
        return
    start = candidate.analysis.start
    _judge(candidate, candidate.analysis.text[candidate.hit.word_start - start : candidate.hit.start - start], owners)


def _judge(candidate: Candidate, word: str, owners: _Owners) -> None:
    """What a word before the head makes of it: of several states, a plain summit, or one of others."""
    if not word:
        return
    owners.ministers |= any(
        title.kind == "minister" and word.endswith(title.form.lower())
        for title in candidate.analysis.grammar.language.titles
    )
    discourse = candidate.analysis.grammar.discourse
    several, plain = discourse.get("multilateral"), discourse.get("plain_summit")
    if several is not None and several.fullmatch(word):
        owners.several = True
    elif plain is None or not plain.fullmatch(word):
        owners.barred = True


def _look_left(candidate: Candidate, owners: _Owners) -> None:
    """Bodies, states and words before the head, as far as they belong to its phrase."""
    units, grammar = candidate.analysis.units, candidate.analysis.grammar
    head = units.index(candidate.unit)
    for place in range(head - 1, max(head - 1 - _REACH, -1), -1):
        unit, following = units[place], units[place + 1]
        if is_gathering(unit):
            owners.body, owners.club = True, is_club(unit)
            return
        joined = unit.end == following.start or following.joined
        if unit.cls in STATES and unit.country:
            adjacent = joined or unit.possessive or place == head - 1 or len(owners.states) == 1
            if adjacent and unit.country not in owners.states:
                owners.states.append(unit.country)
                owners.topic = owners.topic or joined
        elif unit.cls == MINISTER:
            owners.ministers = True
            return
        elif unit.cls == PLURAL:
            owners.several = True
        elif unit.low in grammar.conjunctions or unit.low in ("-", "\u2013", "/"):
            continue
        elif not _passes(candidate, unit, owners, joined=joined):
            return


def _passes(candidate: Candidate, unit: Unit, owners: _Owners, *, joined: bool) -> bool:
    """Whether what stands farther left still belongs to the head; a word of the phrase is judged."""
    grammar, language = candidate.analysis.grammar, candidate.analysis.grammar.language
    if unit.kind != "word" or unit.low in grammar.articles or unit.low in grammar.adpositions:
        return False
    if unit.low in grammar.fillers or unit.low.strip("'.").isdigit():
        return True
    holding = grammar.discourse.get("holding")
    if language.adjective_after or not language.capitals or (holding is not None and holding.fullmatch(unit.low)):
        return False
    if language.nouns_capital and not joined:
        return unit.cased[:1].islower()
    _judge(candidate, unit.low, owners)
    return True


def _look_right(candidate: Candidate, owners: _Owners) -> None:
    """`summit of the African Union`, `summit between A and B`, `summit on Syria`."""
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    ahead = [unit for unit in units[head + 1 : head + 1 + _REACH] if unit.clause == candidate.unit.clause]
    states: list[str] = []
    for unit in ahead:
        if unit.trigger is not None and unit.trigger.entry.tense != "noun":
            return
        if unit.cls == MINISTER:
            owners.barred = True
            return
        if is_gathering(unit) and unit.link in ("of", "between", "with", "of_or_to"):
            owners.body, owners.club = True, is_club(unit)
        elif unit.cls == PLURAL and unit.link in ("of", "between", "with", "of_or_to"):
            owners.several = True
        elif unit.cls == COUNTRY and unit.country and unit.link in ("of", "between", "with", "of_or_to"):
            states.append(unit.country)
        elif unit.cls == COUNTRY and unit.link in ("about", "for", "to", "against"):
            owners.topic = True
        elif _of_others(candidate, unit):
            owners.barred = True
    if len(set(states)) > 1:
        owners.states = list(dict.fromkeys(states))


def _of_others(candidate: Candidate, unit: Unit) -> bool:
    """`Gipfeltreffen der Weltmarktführer`: an unknown noun in the genitive right after the head."""
    units, grammar = candidate.analysis.units, candidate.analysis.grammar
    before = units[units.index(unit) - 1]
    tied = grammar.adpositions.get(before.low) == "of" or before.low in grammar.genitive_articles
    return unit.kind == "word" and tied and before.start - candidate.unit.end <= 1


def _placed(candidate: Candidate) -> Unit | None:
    """`at the summit in Paris`: a state, a capital or an unknown name with a capital after `in` or `at`."""
    units, grammar = candidate.analysis.units, candidate.analysis.grammar
    head = units.index(candidate.unit)
    for before, unit in zip(units[head + 1 : head + 4], units[head + 2 : head + 5], strict=False):
        if grammar.adpositions.get(before.low) in ("in", "at", "to"):
            known = unit.cls in (COUNTRY, PLACE)
            return unit if known or (unit.kind == "word" and unit.cased[:1].isupper()) else None
    return None


def _attending(candidate: Candidate) -> list[Unit]:
    """Leaders of the head's clause, and of the other half of its headline, who take part."""
    analysis, number = candidate.analysis, candidate.unit.clause
    units = analysis.clause(number)
    for other in (number - 1, number + 1):
        if 0 <= other < len(analysis.kinds) and analysis.kinds[max(other, number)] == "break":
            units = [*units, *analysis.clause(other)]
    return [unit for unit in leaders_of(units) if unit.link in (*SIDES, "of", "of_or_to", "in", "at", "near")]
