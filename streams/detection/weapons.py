"""What is handed over: the weapons of a clause, and what kind of weapons they are."""

from streams.detection.candidate import Candidate
from streams.detection.units import GROUP, STATES, Unit
from streams.detection.world import World
from streams.event_types.definition import Trigger
from streams.knowledge import Weapon

_CRAFT = frozenset(
    {"warplane", "fighter-jet", "jet", "warship", "submarine", "helicopter", "military-helicopter", "bomber"}
)


def weapons_handed(candidate: Candidate, world: World) -> list[Weapon]:
    """The weapons that a head hands over: of its clause, inside it as a compound, or of a clause that hangs together
    with its own.
    """
    clause = candidate.analysis.clause(candidate.unit.clause)
    found = [unit.weapon for unit in clause if unit.weapon is not None and is_arms(unit, clause)]
    inside = candidate.unit.weapon or world.knowledge.weapons.get(candidate.trigger.weapon or "")
    if inside is not None:
        found.insert(0, inside)
    if not found:
        found.extend(_inside_heads(clause, world))
    if not found:
        for number in (candidate.unit.clause - 1, candidate.unit.clause + 1):
            if 0 <= number < len(candidate.analysis.kinds) and _connected(candidate, number):
                near = candidate.analysis.clause(number)
                found.extend(unit.weapon for unit in near if unit.weapon is not None and is_arms(unit, near))
                candidate.score = 0.6
            if found:
                break
    return _most_specific(found)


def _inside_heads(clause: list[Unit], world: World) -> list[Weapon]:
    """`a deal on arms deliveries`: weapons that other heads of the clause name."""
    named = [unit.weapon for unit in clause if unit.triggers and unit.weapon is not None]
    heads = [hit.entry.referent for unit in clause for hit in unit.triggers]
    ids = [head.weapon for head in heads if isinstance(head, Trigger) and head.weapon is not None]
    return [*named, *(world.knowledge.weapons[known] for known in ids if known in world.knowledge.weapons)]


def _connected(candidate: Candidate, number: int) -> bool:
    """Whether a clause hangs together with the head's: one is the other's dependent, or a headline's two halves."""
    later = max(number, candidate.unit.clause)
    return candidate.analysis.kinds[later] in ("that", "purpose", "relative", "break")


def is_arms(unit: Unit, clause: list[Unit]) -> bool:
    """A word that is a weapon only beside other evidence (tank, rocket) needs a state or an unambiguous weapon."""
    if unit.weapon is None or not unit.weapon.ambiguous:
        return unit.weapon is not None
    if _modifies(unit, clause):
        return False
    return any(other.cls in STATES or other.cls == GROUP for other in clause) or any(
        other.weapon is not None and not other.weapon.ambiguous for other in clause
    )


def _modifies(unit: Unit, clause: list[Unit]) -> bool:
    """`bomb threat`, `tank company`: an ambiguous word right before another noun only describes it."""
    place = clause.index(unit)
    after = clause[place + 1] if place + 1 < len(clause) else None
    if after is None or after.kind != "word" or after.cls or after.triggers:
        return False
    return after.low.isalpha() and len(after.low) > 4 and not after.low.endswith(("ed", "ing"))


def _most_specific(weapons: list[Weapon]) -> list[Weapon]:
    """Each weapon once; a class falls away where a member of it is named."""
    unique = list({weapon.id: weapon for weapon in weapons}.values())
    parents = {weapon.parent for weapon in unique}
    return [weapon for weapon in unique if weapon.id not in parents]


def all_crewed(candidate: Candidate) -> bool:
    """Whether all that is handed over are aircraft or ships, which armies also move with their own crews."""
    weapons = [unit.weapon for unit in candidate.analysis.clause(candidate.unit.clause) if unit.weapon is not None]
    return bool(weapons) and all({weapon.id, weapon.parent} & _CRAFT for weapon in weapons)


def arms_near(candidate: Candidate) -> bool:
    """A weapon within a few units of the head, or inside it."""
    clause = candidate.analysis.clause(candidate.unit.clause)
    head = clause.index(candidate.unit)
    near = clause[max(0, head - 4) : head + 8]
    return candidate.unit.weapon is not None or any(is_arms(unit, clause) for unit in near if unit.weapon is not None)


def weapon_beside(candidate: Candidate) -> bool:
    """A weapon that is certainly one, within a few units of the head."""
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    near = units[max(0, head - 6) : head + 7]
    return (
        candidate.unit.weapon is not None
        or candidate.trigger.weapon is not None
        or any(u.weapon is not None and not u.weapon.ambiguous for u in near)
    )
