"""Who does it and whom it befalls: subject and object of a head, by order, case, voice and particle."""

from dataclasses import dataclass

from streams.detection.candidate import Candidate
from streams.detection.units import ADJECTIVE, BODY, COUNTRY, GROUP, LEADER, PLACE, PLURAL, STATES, Unit
from streams.knowledge import Organization

_ACTORS = frozenset({COUNTRY, PLACE, LEADER, GROUP, PLURAL, ADJECTIVE})
_UNIONS = frozenset({"alliance", "union", "summit"})
_BARE = frozenset({"", "bare", "subject"})
_OWNING = frozenset({"of", "of_or_to"})
_ADVERBIAL = frozenset({"in", "at", "near", "from", "with", "for", "about", "against", "to", "between"})
_LIST = frozenset({",", "\u3001", "\u060c", "/"})


@dataclass(frozen=True, slots=True)
class Arguments:
    """The names that are subject and object of a head; both may be empty."""

    subjects: tuple[Unit, ...] = ()
    objects: tuple[Unit, ...] = ()


def find_arguments(candidate: Candidate) -> Arguments:
    """Subject and object of a head among the states, leaders and armed groups of its clause."""
    actors = [
        unit
        for unit in candidate.analysis.clause(candidate.unit.clause)
        if (unit.cls in _ACTORS or is_union(unit))
        and not unit.attribute
        and not unit.quoted
        and unit is not candidate.unit
    ]
    if candidate.tense == "noun":
        return _of_noun(candidate, actors)
    subjects = _subjects(candidate, actors)
    objects = _objects(candidate, [unit for unit in actors if unit not in subjects])
    if candidate.trigger.frame == "undergo" or is_passive(candidate):
        agents = [unit for unit in actors if unit.link == "by" or _german_agent(candidate, unit)]
        befallen = [unit for unit in subjects or objects if unit not in agents]
        return Arguments(tuple(agents), tuple(befallen))
    return Arguments(tuple(subjects), tuple(objects))


def is_union(unit: Unit) -> bool:
    """Whether a name is that of a union or alliance of states, which acts as they do."""
    referent = unit.entry.referent if unit.cls == BODY and unit.entry else None
    return isinstance(referent, Organization) and referent.kind in _UNIONS


def is_passive(candidate: Candidate) -> bool:
    """A participle with an auxiliary of the passive; in English and Chinese close before it."""
    grammar = candidate.analysis.grammar
    if not grammar.passive or candidate.tense not in ("participle", "past", "present"):
        return False
    units = candidate.analysis.units
    place = units.index(candidate.unit)
    if grammar.language.compounds:
        clause = candidate.analysis.clause(candidate.unit.clause)
        # `bombardiert` is present and participle: the auxiliary decides
        return candidate.tense != "past" and any(unit.low in grammar.passive for unit in clause)
    if candidate.tense == "present" and grammar.language.script != "han":
        return False
    reach = 6 if grammar.language.script == "han" else 3
    return any(unit.kind == "word" and unit.low in grammar.passive for unit in units[max(0, place - reach) : place])


def _subjects(candidate: Candidate, actors: list[Unit]) -> list[Unit]:
    marked = [unit for unit in actors if unit.link == "subject"]
    if marked:
        return marked
    order = candidate.analysis.grammar.language.order
    before = [unit for unit in actors if unit.end <= candidate.unit.start]
    bare = [unit for unit in before if unit.link in _BARE]
    after = [unit for unit in actors if unit.start >= candidate.unit.end and unit.link in _BARE]
    if order == "vso" and not (bare and _near(candidate, bare[-1])):
        return after[:1]
    if bare:
        first = bare[0]
        return [first, *(unit for unit in bare[1:] if _listed(candidate, first, unit))]
    if candidate.analysis.grammar.language.compounds and after and candidate.tense in ("present", "past"):
        return after[:1]
    if after and any(unit.link == "object" for unit in before):
        return after[:1]
    return [unit for unit in before if unit.link in _OWNING][:1]


def _objects(candidate: Candidate, actors: list[Unit]) -> list[Unit]:
    """Accusatives, and bare names behind the head, or before it where the verb closes the clause."""
    marked = [unit for unit in actors if unit.link == "object"]
    if marked:
        return marked
    language = candidate.analysis.grammar.language
    last = language.order == "sov" or (language.compounds and candidate.tense in ("participle", "infinitive"))
    if last:
        before = [unit for unit in actors if unit.end <= candidate.unit.start]
        return [unit for unit in before if unit.link in ("", "bare") or (language.order == "sov" and unit.link == "to")]
    after = [unit for unit in actors if unit.start >= candidate.unit.end]
    found = [unit for unit in after if unit.link in ("", "bare")]
    return found[:1] + [unit for unit in found[1:] if _listed(candidate, found[0], unit)]


def _of_noun(candidate: Candidate, actors: list[Unit]) -> Arguments:
    """`Israeli strikes`, `US-Angriff`, `strikes by Israel`, `Israel carries out strikes`; bare names behind it."""
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    turned = _turned(candidate, actors)
    if turned is not None:
        return turned
    subjects = [unit for unit in actors if unit.link == "by" or _modifies(candidate, unit, units.index(unit) - head)]
    if not subjects:
        subjects = _beside(candidate, actors)
    if not subjects:
        subjects = [unit for unit in actors if unit.end <= candidate.unit.start and unit.link in _BARE][:1]
    rest = [unit for unit in actors if unit not in subjects]
    aimed = [unit for unit in rest if _aimed_at(candidate, unit, units.index(unit) - head)]
    owners = [unit for unit in rest if unit.link in _OWNING and 0 < units.index(unit) - head <= 2]
    if aimed and owners and not any(_modifies(candidate, unit, units.index(unit) - head) for unit in subjects):
        subjects = owners
    objects = [unit for unit in rest if unit.link == "object"] or aimed
    if not objects and candidate.analysis.grammar.language.order == "sov":
        objects = [unit for unit in rest if unit.end <= candidate.unit.start and unit.link in ("", "bare", "of")]
    if not objects:
        objects = [u for u in rest if u.start >= candidate.unit.end and u.link in ("", "bare") and u.cls != ADJECTIVE]
    return Arguments(tuple(subjects), tuple(objects[:2]))


def _aimed_at(candidate: Candidate, unit: Unit, distance: int) -> bool:
    """`strikes on Syria`, `Angriff auf Syrien`, `удар по Сирии`: what stands behind a noun with such a preposition."""
    if not 0 < distance <= 6 or unit.cls == ADJECTIVE:
        return False
    near = unit.link == "near" and candidate.analysis.grammar.language.compounds
    return unit.link in ("about", "against") or (near and _follows(candidate, unit, "auf"))


def _follows(candidate: Candidate, unit: Unit, word: str) -> bool:
    units = candidate.analysis.units
    place = units.index(unit)
    return any(other.low == word for other in units[max(0, place - 3) : place])


def _turned(candidate: Candidate, actors: list[Unit]) -> Arguments | None:
    """`叙利亚遭以色列空袭`, `시리아가 이스라엘의 공습을 받았다`: a noun with a word of the passive beside it."""
    grammar, units = candidate.analysis.grammar, candidate.analysis.units
    head = units.index(candidate.unit)
    if grammar.language.script == "han":
        marks = [unit for unit in units[:head] if unit.low in grammar.passive and unit.clause == candidate.unit.clause]
        if marks:
            befallen = [unit for unit in actors if unit.end <= marks[-1].start]
            agents = [unit for unit in actors if marks[-1].end <= unit.start < candidate.unit.start]
            return Arguments(tuple(agents), tuple(befallen[-1:]))
    if grammar.language.order == "sov" and any(unit.low in grammar.passive for unit in units[head + 1 : head + 2]):
        befallen = [unit for unit in actors if unit.link == "subject"]
        return Arguments(tuple(unit for unit in actors if unit not in befallen), tuple(befallen))
    return None


def _german_agent(candidate: Candidate, unit: Unit) -> bool:
    """`von Israel bombardiert`: in a German passive `von` names who does it."""
    return unit.link == "from" and candidate.analysis.grammar.language.compounds and is_passive(candidate)


def _modifies(candidate: Candidate, unit: Unit, distance: int) -> bool:
    """An adjective, possessive or first part of a compound right before a noun, or an adjective right after it."""
    if -3 <= distance < 0:
        if unit.cls == ADJECTIVE or unit.possessive or unit.joined:
            return True
        return unit.link == "of" and distance == -1
    return 0 < distance <= 2 and unit.cls == ADJECTIVE and candidate.analysis.grammar.language.adjective_after


def _beside(candidate: Candidate, actors: list[Unit]) -> list[Unit]:
    """`Russia condemns US military strikes`: of two bare states the one right before an English noun belongs to it."""
    if candidate.analysis.grammar.language.code != "en":
        return []
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    before = [unit for unit in actors if unit.end <= candidate.unit.start]
    last = before[-1] if len(before) > 1 else None
    return [last] if last is not None and last.link in _BARE and head - units.index(last) <= 2 else []


def _near(candidate: Candidate, unit: Unit) -> bool:
    units = candidate.analysis.units
    return units.index(candidate.unit) - units.index(unit) <= 3


def _listed(candidate: Candidate, first: Unit, second: Unit) -> bool:
    """Whether two names stand in one list."""
    between = [unit for unit in candidate.analysis.units if first.end <= unit.start and unit.end <= second.start]
    grammar = candidate.analysis.grammar
    return len(between) <= 5 and all(
        unit.low in grammar.conjunctions or unit.low in grammar.articles or unit.low in _LIST or unit.cls in STATES
        for unit in between
    )


def tie_of(candidate: Candidate, arguments: Arguments, unit: Unit) -> str:
    """What a role's `links` are compared with: subject, object, else what ties the name to its head."""
    if unit in arguments.subjects:
        return "subject"
    if unit in arguments.objects:
        return "object"
    return "of" if unit.link == "of_or_to" else unit.link
