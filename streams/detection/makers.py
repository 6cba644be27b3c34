"""Whose arms they are: the maker that stands at a weapon supplies it where nobody else does."""

from streams.detection.candidate import Candidate
from streams.detection.chinese import BETWEEN
from streams.detection.parties import is_passive
from streams.detection.sides import BARE, Sides
from streams.detection.units import ADJECTIVE, BODY, COUNTRY, STATES, Unit


def add_makers(candidate: Candidate, sides: Sides) -> None:
    """An adjective or `-made` at the weapon or the noun: whose arms they are."""
    clause = candidate.analysis.clause(candidate.unit.clause)
    makers: list[Unit] = []
    for place, unit in enumerate(clause):
        before_arms = _bare_maker(candidate, clause, place)
        if not (unit.cls == ADJECTIVE or unit.joined or unit.link == "made" or unit.possessive or before_arms):
            continue
        if (
            before_arms
            or (
                unit.cls in STATES
                and any(other.weapon is not None or other is candidate.unit for other in clause[place + 1 : place + 5])
            )
            or (
                unit.cls == ADJECTIVE
                and place
                and (clause[place - 1].weapon is not None or clause[place - 1] is candidate.unit)
            )
        ):
            makers.append(unit)
    makers = [unit for unit in makers if unit not in sides.recipient and unit not in sides.supplier]
    if not makers:
        return
    recipients = {unit.country for unit in sides.recipient}
    foreign = [unit for unit in makers if unit.country not in recipients]
    if candidate.trigger.frame in ("get", "buy", "arrive", "acquire") or not sides.supplier:
        sides.supplier.extend(foreign)


def _bare_maker(candidate: Candidate, clause: list[Unit], place: int) -> bool:
    """`gets US missiles`: English puts the state's bare name before what it makes; not what somebody is given."""
    unit = clause[place]
    if candidate.trigger.frame not in ("get", "buy", "arrive", "acquire") or place + 1 >= len(clause):
        return False
    language = candidate.analysis.grammar.language
    if language.script == "han" and unit.cls == COUNTRY:
        return _before_weapon(clause, place, candidate.unit)
    english = language.code == "en"
    return english and unit.cls in (COUNTRY, BODY) and bool(unit.country) and clause[place + 1].weapon is not None


def _before_weapon(clause: list[Unit], place: int, head: Unit) -> bool:
    """`法国阵风战机`, `韩国首批K2坦克`, `法国制造的导弹`: words for made, for a batch or a number may stand between."""
    for unit in clause[place + 1 : place + 8]:
        if unit.weapon is not None:
            return True
        if unit is head or unit.kind != "word" or not (unit.low.isdigit() or set(unit.low) <= BETWEEN):
            return False
    return False


def add_owners(candidate: Candidate, sides: Sides) -> None:
    """`tanks from Bundeswehr stocks`, `aus slowakischer Produktion`, `Russian planes brought …`: whose they are."""
    if sides.supplier:
        return
    clause = candidate.analysis.clause(candidate.unit.clause)
    own = {unit.country for unit in sides.recipient}
    foreign = [unit for unit in clause if unit.country and unit.country not in own]
    found = [
        unit
        for unit in foreign
        if (unit.cls == ADJECTIVE and unit.link == "from")
        or (unit.cls == BODY and unit.link in ("of", "of_or_to", "from") and unit.end <= candidate.unit.start)
    ]
    first = next((unit for unit in clause if unit.kind != "punct"), None)
    if not found and first in foreign and candidate.trigger.frame == "give" and not is_passive(candidate):
        found = [first] if first.cls == ADJECTIVE and first.link in BARE else []
    sides.supplier.extend(found[:1])
