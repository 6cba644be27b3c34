"""Whether what a transfer frame found is enough for an event."""

from streams.detection.candidate import Candidate
from streams.detection.merge import GENERAL_WEAPONS
from streams.detection.sides import BARE, Sides
from streams.detection.weapons import all_crewed, weapon_beside


def _handed(candidate: Candidate, sides: Sides) -> bool:
    """A recipient in the dative, as bare object or by `an`, receives; one by `nach` or `to` may be a mere
    destination.
    """
    units = candidate.analysis.units
    for unit in sides.recipient:
        before = [other.low for other in units[max(0, units.index(unit) - 3) : units.index(unit)]]
        if unit.link in ("dative", "of_or_to", "object", "", "bare", "for") or "an" in before:
            return True
    return False


def _vague(candidate: Candidate, sides: Sides) -> bool:
    """Without a recipient a transfer must name its weapon, and its supplier by more than standing first."""
    names = {filler.entity for filler in candidate.roles.get("weapon", ())}
    loose = candidate.trigger.frame in ("supply", "deal") and all(unit.link in BARE for unit in sides.supplier)
    if not candidate.analysis.grammar.language.compounds:
        return candidate.trigger.frame != "deal" or loose
    general = names <= GENERAL_WEAPONS
    return candidate.trigger.frame != "give" and (general or (loose and not _announced(candidate)))


def _announced(candidate: Candidate) -> bool:
    """Whether the clause says that the transfer was decided: `erteilt Genehmigung`, `gibt … frei`."""
    planned = candidate.analysis.grammar.cues.get("planned")
    clause = candidate.analysis.clause(candidate.unit.clause)
    start = candidate.analysis.start
    text = candidate.analysis.text[clause[0].start - start : clause[-1].end - start]
    return planned is not None and planned.search(text) is not None


def check_transfer(candidate: Candidate, sides: Sides) -> Candidate:
    """Refuse a transfer without parties, within one state, or too vague; weaken it where a side is missing."""
    suppliers, recipients = candidate.roles.get("supplier", []), candidate.roles.get("recipient", [])
    if candidate.refused:
        return candidate
    if not suppliers and not recipients:
        return candidate.refuse("neither supplier nor recipient is named")
    if sides.supplier and sides.recipient and not suppliers:
        return candidate.refuse("supplier and recipient are one country: a domestic matter")
    crewed = all_crewed(candidate)
    if crewed and candidate.trigger.id.endswith(".send") and not _handed(candidate, sides):
        return candidate.refuse("own crewed craft are moved, not handed over")
    if not recipients and _vague(candidate, sides):
        return candidate.refuse("arms in general and no recipient: no specific transfer")
    if not suppliers and not candidate.analysis.grammar.language.compounds and not weapon_beside(candidate):
        return candidate.refuse("no supplier, and the weapon stands far from the head")
    if not recipients:
        candidate.score -= 0.2
        candidate.notes.append("no recipient")
    if not suppliers:
        candidate.score -= 0.15
        candidate.notes.append("no supplier")
    return candidate
