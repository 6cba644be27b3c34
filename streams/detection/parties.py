"""Who can be a side of a transfer, and which of them is the subject of its head."""

from streams.detection.candidate import Candidate
from streams.detection.sides import ACTORS, BARE, COMMAS, TO
from streams.detection.units import TITLE, Unit


def actors_of(candidate: Candidate) -> list[Unit]:
    """Names of the clause that can be a side: states, leaders, armed groups; not a place that only says where."""
    clause = candidate.analysis.clause(candidate.unit.clause)
    return [
        unit
        for unit in clause
        if (unit.cls in ACTORS or (unit.cls == TITLE and unit.country)) and not (unit.attribute or unit.quoted)
    ]


def _before(candidate: Candidate, units: list[Unit]) -> list[Unit]:
    return [unit for unit in units if unit.end <= candidate.unit.start]


def _after(candidate: Candidate, units: list[Unit]) -> list[Unit]:
    return [unit for unit in units if unit.start >= candidate.unit.end]


def is_passive(candidate: Candidate) -> bool:
    """A participle with an auxiliary of the passive in its clause."""
    if candidate.tense not in ("participle", "past"):
        return False
    grammar = candidate.analysis.grammar
    clause = candidate.analysis.clause(candidate.unit.clause)
    if candidate.tense == "past" and grammar.language.code != "en":
        return False
    auxiliaries = [unit for unit in clause if unit.kind == "word" and unit.low in grammar.passive]
    if grammar.language.code == "en":
        return any(
            0 < candidate.analysis.units.index(candidate.unit) - candidate.analysis.units.index(unit) <= 3
            for unit in auxiliaries
        )
    return bool(auxiliaries)


def subjects_of(candidate: Candidate, actors: list[Unit]) -> list[Unit]:
    """Bare names before the head, or right after it where the language turns order; with their list."""
    if _infinite(candidate) and candidate.analysis.kinds[candidate.unit.clause] == "purpose":
        return []
    if urged := _urged(candidate, actors):
        return urged
    marked = [unit for unit in actors if unit.link == "subject"]
    if marked:
        return marked
    order = candidate.analysis.grammar.language.order
    before = [unit for unit in _before(candidate, actors) if unit.link in BARE]
    after = [unit for unit in _after(candidate, actors) if unit.link in BARE]
    if order == "vso":
        return _arabic_subject(candidate, before, after)
    if before:
        first = before[0]
        return [first, *(unit for unit in before[1:] if _same_list(candidate, first, unit))]
    if candidate.analysis.grammar.language.compounds and after and candidate.tense in ("present", "past"):
        return after[:1]
    return []


def _infinite(candidate: Candidate) -> bool:
    """An infinitive, also that of the perfect: `geliefert zu haben`."""
    if candidate.tense == "infinitive":
        return True
    units = candidate.analysis.units
    after = units[units.index(candidate.unit) + 1 :][:1]
    return candidate.tense == "participle" and bool(after) and after[0].low in candidate.analysis.grammar.infinitive


def _urged(candidate: Candidate, actors: list[Unit]) -> list[Unit]:
    """`A urges B to sell`, `A accuses B of selling`: who is urged or accused would act."""
    control = candidate.analysis.grammar.discourse.get("control")
    if control is None or candidate.analysis.grammar.language.compounds:
        return []
    clause = candidate.analysis.clause(candidate.unit.clause)
    urging = [u for u in clause if u.end <= candidate.unit.start and u.kind == "word" and control.fullmatch(u.low)]
    return [u for u in _before(candidate, actors) if urging and u.start >= urging[-1].end and u.link not in TO][:1]


def _arabic_subject(candidate: Candidate, before: list[Unit], after: list[Unit]) -> list[Unit]:
    """After the verb; before it in headlines (`A supplies B`) and where a verbal noun takes only its object."""
    units = candidate.analysis.units
    beside = bool(before) and units.index(candidate.unit) - units.index(before[-1]) <= 2
    if before and (beside or (candidate.tense == "infinitive" and len(after) < 2)):
        return before[-1:]
    return after[:1] or before[-1:]


def _same_list(candidate: Candidate, first: Unit, second: Unit) -> bool:
    between = [unit for unit in candidate.analysis.units if first.end <= unit.start and unit.end <= second.start]
    conjunctions = candidate.analysis.grammar.conjunctions
    articles = candidate.analysis.grammar.articles
    return (
        all(unit.low in conjunctions | articles | COMMAS or unit.cls in ACTORS for unit in between)
        and len(between) <= 5
    )
