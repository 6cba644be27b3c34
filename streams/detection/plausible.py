"""Whether what a transfer frame found is enough for an event."""

from streams.detection.candidate import Candidate
from streams.detection.merge import GENERAL_WEAPONS
from streams.detection.sides import BARE, Sides
from streams.detection.units import ADJECTIVE, BODY, Unit
from streams.detection.weapons import all_crewed, weapon_beside


def comments(candidate: Candidate) -> bool:
    """Whether the clause tells what somebody thinks of a transfer: its subject supplies nothing."""
    return candidate.tense == "noun" and says(candidate, "attitude")


def says(candidate: Candidate, kind: str) -> bool:
    """Whether a discourse word of a kind stands in the head's clause."""
    pattern = candidate.analysis.grammar.discourse.get(kind)
    clause = candidate.analysis.clause(candidate.unit.clause)
    start = candidate.analysis.start
    return pattern is not None and bool(
        pattern.search(candidate.analysis.text[clause[0].start - start : clause[-1].end - start])
    )


def _bodies_alone(candidate: Candidate, sides: Sides) -> bool:
    """An army that orders, a maker that delivers, nobody else named and no foreign make: most likely at home."""
    alone = sides.recipient if not sides.supplier else sides.supplier if not sides.recipient else []
    if not alone or any(unit.cls not in (BODY, ADJECTIVE) and not _of_forces(candidate, unit) for unit in alone):
        return False
    own = {unit.country for unit in alone}
    return not any(maker and maker not in own for maker in candidate.makers)


def _of_forces(candidate: Candidate, unit: Unit) -> bool:
    """`俄罗斯军队`, `한국 해군`: a word for forces right behind a state that has no adjective."""
    if candidate.analysis.grammar.language.script not in ("han", "hangul"):
        return False
    following = candidate.analysis.text[unit.end - candidate.analysis.start :].lstrip()
    return following.startswith(tuple(candidate.analysis.grammar.forces))


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
    names = _names(candidate)
    loose = candidate.trigger.frame in ("supply", "deal") and all(unit.link in BARE for unit in sides.supplier)
    if not candidate.analysis.grammar.language.compounds:
        return (candidate.trigger.frame != "deal" or loose) and not _known_model(candidate)
    general = names <= GENERAL_WEAPONS
    return candidate.trigger.frame != "give" and (general or (loose and not announced(candidate)))


def _known_model(candidate: Candidate) -> bool:
    """`A to supply Leopard tanks`: arms of a known make are handed over, if only to somebody who is not named."""
    if candidate.trigger.id.endswith((".send", ".fund")) or not candidate.makers or not candidate.roles.get("supplier"):
        return False
    if candidate.trigger.frame == "give":
        return weapon_beside(candidate)
    return candidate.trigger.frame == "supply" and announced(candidate)


def announced(candidate: Candidate) -> bool:
    """Whether the clause says that the transfer was decided: `erteilt Genehmigung`, `gibt … frei`."""
    planned = candidate.analysis.grammar.cues.get("planned")
    clause = candidate.analysis.clause(candidate.unit.clause)
    start = candidate.analysis.start
    text = candidate.analysis.text[clause[0].start - start : clause[-1].end - start]
    return planned is not None and planned.search(text) is not None


_MASS_DESTRUCTION = frozenset({"nuclear-weapon", "chemical-weapon"})


def check_transfer(candidate: Candidate, sides: Sides) -> Candidate:
    """Refuse a transfer without parties, within one state, or too vague; weaken it where a side is missing."""
    if candidate.refused:
        return candidate
    reason = _why_not(candidate, sides)
    if reason is not None:
        return candidate.refuse(reason)
    if not candidate.roles.get("recipient"):
        candidate.score -= 0.2
        candidate.notes.append("no recipient")
    if not candidate.roles.get("supplier"):
        candidate.score -= 0.15
        candidate.notes.append("no supplier")
    return candidate


def _why_not(candidate: Candidate, sides: Sides) -> str | None:
    """The reason why sides and weapons make no event, None if they do."""
    suppliers, recipients = candidate.roles.get("supplier", []), candidate.roles.get("recipient", [])
    compounds = candidate.analysis.grammar.language.compounds
    doubts = (
        (not suppliers and not recipients, "neither supplier nor recipient is named"),
        (_at_home(candidate, sides), "supplier and recipient are one country: a domestic matter"),
        (_bodies_alone(candidate, sides), "an army or a maker of arms alone: a domestic matter"),
        (_names(candidate) <= _MASS_DESTRUCTION, "nobody hands over weapons of mass destruction"),
        (
            comments(candidate) and ((not suppliers and not compounds) or _names(candidate) <= GENERAL_WEAPONS),
            "a comment on deliveries, and nothing tells of one",
        ),
        (_moved(candidate, sides), "own arms or crewed craft are moved, not handed over"),
        (not suppliers and _bought_in_general(candidate), "purchases in general and no supplier: no specific transfer"),
        (not suppliers and not compounds and _given_in_general(candidate), "arms in general and no supplier"),
        (not recipients and _vague(candidate, sides), "arms in general and no recipient: no specific transfer"),
        (
            not suppliers and not compounds and not candidate.trigger.weapon and not weapon_beside(candidate),
            "no supplier, and the weapon stands far from the head",
        ),
    )
    return next((reason for doubt, reason in doubts if doubt), None)


def _names(candidate: Candidate) -> set[str | None]:
    return {filler.entity for filler in candidate.roles.get("weapon", ())}


def _given_in_general(candidate: Candidate) -> bool:
    return candidate.trigger.frame in ("give", "supply") and _names(candidate) <= GENERAL_WEAPONS


def _bought_in_general(candidate: Candidate) -> bool:
    return candidate.trigger.frame in ("buy", "acquire") and _names(candidate) <= GENERAL_WEAPONS


def _at_home(candidate: Candidate, sides: Sides) -> bool:
    """Both sides are of one state, or a state buys what it makes itself."""
    if candidate.roles.get("supplier"):
        return False
    own = {filler.country for filler in candidate.roles.get("recipient", ())}
    return bool(sides.supplier and sides.recipient) or bool(candidate.makers and candidate.makers <= own)


def _moved(candidate: Candidate, sides: Sides) -> bool:
    """Heads of sending want somebody who is handed what they send: `sends jets to B` may be a mere deployment."""
    if not candidate.trigger.id.endswith(".send"):
        return False
    if all_crewed(candidate):
        return not _handed(candidate, sides)
    return not sides.recipient and not any(unit.link in BARE for unit in sides.supplier)
