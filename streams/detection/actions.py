"""The general frame: a head and the names that its roles ask for. Event types without an engine of their own use it."""

from streams.detection.candidate import Candidate
from streams.detection.fillers import add_filler
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


def find_action(candidate: Candidate, world: World) -> Candidate:
    """Fill the roles of a general event from the head's clause, or refuse it where a role lacks its least number."""
    clause = [unit for unit in candidate.analysis.clause(candidate.unit.clause) if unit.cls and not unit.attribute]
    candidate.score = 0.7 if candidate.trigger.strength == "strong" else 0.5
    for role in candidate.type.roles:
        fillers = candidate.roles.setdefault(role.name, [])
        for unit in clause:
            if unit not in candidate.used and _fits(candidate, role, unit):
                add_filler(fillers, _filler(role, unit, world))
                candidate.used.append(unit)
        if len(fillers) < role.least:
            return candidate.refuse(f"role {role.name} wants {role.least}, {len(fillers)} found")
    return candidate


def _fits(candidate: Candidate, role: Role, unit: Unit) -> bool:
    """Whether a name is of a wanted class and tied as the role says: `subject` before the head, `object` after it."""
    if not any(unit.cls in _FILLS.get(fill, ()) for fill in role.fill):
        return False
    if not role.links or unit.link in role.links:
        return True
    if unit.link not in ("", "bare"):
        return False
    before = unit.end <= candidate.unit.start
    passive = candidate.trigger.frame == "undergo"
    return ("subject" if before != passive else "object") in role.links


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
