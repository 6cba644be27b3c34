"""The general frame: a head, what shows that it is meant, and the names that its roles ask for.

Event types without an engine of their own use it, an operator's too.
"""

from streams.detection.arguments import Arguments, find_arguments, tie_of
from streams.detection.candidate import Candidate
from streams.detection.evidence import Evidence, satisfies, shown
from streams.detection.fillers import add_filler
from streams.detection.scope import is_occasion
from streams.detection.units import (
    ADJECTIVE,
    BODY,
    COUNTRY,
    FORMER,
    GROUP,
    LEADER,
    MINISTER,
    PLACE,
    PLURAL,
    WEAPON,
    Unit,
)  # fmt: skip
from streams.detection.world import World
from streams.event_types.definition import Role
from streams.messages import Filler

_FILLS: dict[str, frozenset[str]] = {
    "leader": frozenset({LEADER, PLURAL}),
    "minister": frozenset({MINISTER}),
    "person": frozenset({LEADER, MINISTER, FORMER}),
    "country": frozenset({COUNTRY, ADJECTIVE, PLACE, LEADER}),
    "place": frozenset({COUNTRY, PLACE}),
    "organization": frozenset({BODY}),
    "weapon": frozenset({WEAPON}),
    "group": frozenset({GROUP}),
}
_STRONG, _WEAK, _SHOWN = 0.7, 0.62, 0.05


def find_action(candidate: Candidate, world: World, evidence: Evidence, text: str) -> Candidate:
    """Fill the roles of a general event, or refuse it where what the head wants is not shown or a role stays empty."""
    arguments = find_arguments(candidate)
    found = shown(candidate, arguments, evidence, text)
    if found is None:
        return candidate.refuse(f"the head {candidate.unit.low!r} may mean something else: nothing shows the event")
    candidate.evidence = found
    if candidate.type.occasion and is_occasion(candidate) and not satisfies(candidate.type.occasion, found):
        return candidate.refuse("it is only the occasion of something else")
    base = _STRONG if candidate.trigger.strength == "strong" else _WEAK
    candidate.score = base + _SHOWN * min(len(found), 3)
    for role in candidate.type.roles:
        fillers = _fill(candidate, arguments, role, world)
        if len(fillers) < role.least:
            return candidate.refuse(f"role {role.name} wants {role.least}, {len(fillers)} found")
    return candidate


def _fill(candidate: Candidate, arguments: Arguments, role: Role, world: World) -> list[Filler]:
    fillers = candidate.roles.setdefault(role.name, [])
    if _named_by_head(candidate, role) and candidate.unit.country:
        add_filler(fillers, world.country_filler(candidate.unit.country))
    for unit in candidate.analysis.clause(candidate.unit.clause):
        if unit.cls and not unit.attribute and unit not in candidate.used and _fits(candidate, arguments, role, unit):
            for filler in unit.fillers if len(unit.fillers) > 1 else (_filler(role, unit, world),):
                add_filler(fillers, filler)
            candidate.used.append(unit)
    return fillers


def _named_by_head(candidate: Candidate, role: Role) -> bool:
    """`US-Angriff`, `ataque israelí`: the first role that a state inside the head or at it may fill."""
    named = any(filler.country == candidate.unit.country for items in candidate.roles.values() for filler in items)
    return not named and bool({"country", "place"} & set(role.fill)) and _takes(role, "subject", "of", "in")


def _takes(role: Role, *ties: str) -> bool:
    return not role.links or bool(set(ties) & set(role.links))


def _fits(candidate: Candidate, arguments: Arguments, role: Role, unit: Unit) -> bool:
    """Whether a name is of a wanted class and tied to the head as the role says."""
    if not any(unit.cls in _FILLS.get(fill, ()) for fill in role.fill) or unit.quoted:
        return False
    return _takes(role, tie_of(candidate, arguments, unit))


def _filler(role: Role, unit: Unit, world: World) -> Filler:
    if unit.cls == WEAPON and unit.weapon is not None:
        return Filler(entity=unit.weapon.id, name=unit.weapon.name)
    if "country" in role.fill and unit.country and unit.cls not in (GROUP, BODY):
        return world.country_filler(unit.country)
    if unit.fillers:
        return unit.fillers[0]
    entry = unit.entry
    referent = entry.referent if entry else None
    return Filler(
        entity=getattr(referent, "id", None), name=getattr(referent, "name", unit.cased), country=unit.country
    )
