"""Fillers of roles: each once, a person rather than the bare state that he or she leads."""

from collections.abc import Iterable

from streams.detection.units import Unit
from streams.messages import Filler


def countries_of(units: Iterable[Unit]) -> set[str]:
    """The states for which units stand."""
    return {filler.country for unit in units for filler in unit.fillers if filler.country}


def add_filler(fillers: list[Filler], filler: Filler) -> None:
    """Add a filler once; of a state and a person of it, the person stays. A state's own filler has its name twice
    known.
    """
    for place, known in enumerate(fillers):
        if same_filler(known, filler):
            return
        if known.country == filler.country and known.country is not None:
            if is_state(filler):
                return
            if is_state(known):
                fillers[place] = filler
                return
    fillers.append(filler)


def same_filler(first: Filler, second: Filler) -> bool:
    """Whether two fillers are one: one id, or without ids one name and country."""
    if first.entity and second.entity:
        return first.entity == second.entity
    return first.name == second.name and first.country == second.country


def is_state(filler: Filler) -> bool:
    """Whether a filler is a state and not somebody of it."""
    return isinstance(filler, StateFiller)


class StateFiller(Filler, frozen=True):
    """A state in a role; on the wire it is a filler like any other."""
