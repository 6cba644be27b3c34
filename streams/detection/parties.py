"""Who can be a side of a transfer, and which of them is the subject of its head."""

from streams.detection.arabic import stem_of
from streams.detection.candidate import Candidate
from streams.detection.grammar import Grammar
from streams.detection.links import link_before
from streams.detection.sides import ACTORS, BARE, COMMAS, TO
from streams.detection.units import ADJECTIVE, BODY, GROUP, MINISTER, PLACE, TITLE, Unit
from streams.knowledge import Organization
from streams.languages.language import Title

_STANDING = frozenset({"company", "military", "union", "alliance", "legislature"})
"""Organizations that supply or receive: makers of arms, armies and parliaments stand for their state."""


def actors_of(candidate: Candidate) -> list[Unit]:
    """Names of the clause that can be a side: states, leaders, ministers, armies, makers of arms, armed groups."""
    clause = candidate.analysis.clause(candidate.unit.clause)
    grammar = candidate.analysis.grammar
    return [
        unit
        for place, unit in enumerate(clause)
        if not (unit.attribute or unit.quoted)
        and _may_act(clause, place, grammar)
        and not _beyond_border(clause, place, grammar)
    ]


def _may_act(clause: list[Unit], place: int, grammar: Grammar) -> bool:
    unit = clause[place]
    if unit.kind == "word":
        return _is_rebels(clause, place, grammar)
    if unit.cls == ADJECTIVE:
        return _of_forces(clause, place, grammar)
    if unit.link == "of" and place + 1 < len(clause) and clause[place + 1].low in grammar.forces:
        unit.link = link_before(clause, place, grammar) if not unit.possessive else ""
        unit.link = "" if unit.link == "of" else unit.link
    if unit.cls == BODY:
        referent = unit.entry.referent if unit.entry else None
        return isinstance(referent, Organization) and referent.kind in _STANDING
    if unit.cls == MINISTER:
        return bool(unit.country) and _governs(unit)
    if unit.cls == PLACE and not unit.acts and unit.link in BARE:
        return False  # Brussels as a subject is the Union more often than Belgium
    return unit.cls in ACTORS or (unit.cls == TITLE and bool(unit.country))


def _is_rebels(clause: list[Unit], place: int, grammar: Grammar) -> bool:
    """`weapons for the rebels`: fighters without a name and without a state's adjective receive under their word."""
    unit = clause[place]
    case = grammar.rebels.get(unit.low)
    if case is None or any(other.cls == ADJECTIVE for other in clause[max(0, place - 2) : place + 2]):
        return False
    unit.link = unit.link or link_before(clause, place, grammar) or ("" if case == "bare" else case)
    unit.cls = GROUP
    return True


def _governs(unit: Unit) -> bool:
    """A minister in office speaks for the state; envoys, deputies and heads of bodies do not."""
    titles = [part.entry.referent for part in unit.parts if part.entry and isinstance(part.entry.referent, Title)]
    if titles:
        return any(title.kind == "minister" for title in titles)
    return unit.office is not None


def _of_forces(clause: list[Unit], place: int, grammar: Grammar) -> bool:
    """`the Ukrainian army`, `rebelles syriens`: an adjective at a word for forces is its state, in that word's case."""
    unit = clause[place]
    near = clause[place + 1 : place + 3] if not grammar.language.adjective_after else clause[max(0, place - 1) : place]
    words = [stem_of(other.low, grammar) for other in near]
    case = next((found for word in words if (found := grammar.forces.get(word) or grammar.rebels.get(word))), None)
    if case is None:
        return False
    if near[0].low.startswith("لل"):
        case = "to"
    if not unit.link and case != "bare":
        unit.link = case
    return True


def _beyond_border(clause: list[Unit], place: int, grammar: Grammar) -> bool:
    """`an der Grenze zu Belarus`, `to the Ukraine border`: a state that only says where."""
    border = grammar.discourse.get("border")
    if border is None:
        return False
    after = clause[place + 1 : place + 2]
    if after and after[0].kind == "word" and border.fullmatch(after[0].low) is not None:
        return True
    before = [unit for unit in clause[max(0, place - 3) : place] if unit.low not in grammar.articles]
    return len(before) > 1 and before[-1].low in grammar.adpositions and border.fullmatch(before[-2].low) is not None


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
    if (meant := _by_pronoun(candidate)) is not None:
        return meant
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


def _by_pronoun(candidate: Candidate) -> list[Unit] | None:
    """`… A and B: together they hand C tanks`: German puts the pronoun that is the subject right behind the head."""
    analysis = candidate.analysis
    place = analysis.units.index(candidate.unit)
    after = analysis.units[place + 1 : place + 2]
    finite = candidate.tense in ("present", "past")
    if not analysis.grammar.language.compounds or not finite or not after or after[0].kind != "word":
        return None
    if after[0].low not in analysis.grammar.subjects:
        return None
    earlier = [u for u in analysis.units if u.clause < candidate.unit.clause and u.cls in ACTORS and u.link in BARE]
    return earlier or analysis.leaders[-1:]


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
    urging = [
        u
        for u in clause
        if u.end <= candidate.unit.start and u.kind in ("word", "trigger") and control.fullmatch(u.low)
    ]
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
    if not between and candidate.analysis.grammar.language.compounds:
        return False  # `hat A B Panzer geliefert`: what touches the subject is whom it delivers to
    return (
        all(unit.low in conjunctions | articles | COMMAS or unit.cls in ACTORS for unit in between)
        and len(between) <= 5
    )


def describes_weapon(candidate: Candidate, actors: list[Unit]) -> bool:
    """`A lost track of weapons sent to B`: the participle only says which weapons something else is told of."""
    units = candidate.analysis.units
    if candidate.tense not in ("past", "participle") or candidate.analysis.grammar.language.code != "en":
        return False
    place = units.index(candidate.unit)
    if not place or units[place - 1].weapon is None:
        return False
    told = [
        u for u in actors if u.end <= units[place - 1].start and u.link in BARE and u.clause == candidate.unit.clause
    ]
    between = [u for u in units if told and told[0].end <= u.start and u.end <= units[place - 1].start]
    return any(u.kind == "word" and u.cased.islower() and not u.cls for u in between)
