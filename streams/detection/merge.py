"""One event for each event: candidates of one type and the same parties become one, the text correcting its
headline.
"""

from streams.detection.candidate import Candidate
from streams.detection.fillers import add_filler, is_state
from streams.messages import Filler

GENERAL_WEAPONS = frozenset({"weapon", "armament", "military-aid"})
"""Weapons that say no more than that arms are meant: anything more specific takes their place."""

_LOOSE = frozenset({"talk", "trip", "joint", "stay"})
"""Frames of meetings whose heads say less than a word for meeting."""

_STATUS_RANK = {"occurred": 0, "planned": 1, "denied": 2, "possible": 3, "background": 4}


def merge(candidates: list[Candidate]) -> list[list[Candidate]]:
    """Groups of candidates that tell of one event; the first of a group is the one that represents it."""
    groups: list[list[Candidate]] = []
    for candidate in sorted(candidates, key=lambda item: -_weight(item)):
        home = next((group for group in groups if _same_event(group[0], candidate)), None)
        if home is None:
            groups.append([candidate])
        else:
            home.append(candidate)
    return [_represent(group) for group in groups]


def _weight(candidate: Candidate) -> float:
    fillers = sum(len(items) for items in candidate.roles.values())
    return candidate.score + 0.05 * min(fillers, 4)


def _same_event(first: Candidate, second: Candidate) -> bool:
    if first.type.name != second.type.name:
        return False
    if (first.status == "background") != (second.status == "background"):
        return False
    if first.type.engine == "meeting":
        return _overlap(first.roles.get("participant", []), second.roles.get("participant", []), 2)
    if first.type.engine == "transfer":
        return all(
            _compatible(first.roles.get(role, []), second.roles.get(role, [])) for role in ("supplier", "recipient")
        )
    return any(
        _overlap(first.roles.get(role.name, []), second.roles.get(role.name, []), 1) for role in first.type.roles
    )


def _keys(fillers: list[Filler]) -> set[str]:
    return {filler.country or filler.name for filler in fillers}


def _overlap(first: list[Filler], second: list[Filler], wanted: int) -> bool:
    one, other = _keys(first), _keys(second)
    return len(one & other) >= min(wanted, len(one), len(other))


def _compatible(first: list[Filler], second: list[Filler]) -> bool:
    one, other = _keys(first), _keys(second)
    return not one or not other or bool(one & other)


def _represent(group: list[Candidate]) -> list[Candidate]:
    """Choose who stands for a group, give it the roles of all and the status that the text as a whole says."""
    best = group[0]
    deciding = _deciding(group)
    best.status, best.cues = deciding.status, deciding.cues
    for other in group[1:]:
        _add_roles(best, other)
    if best.type.engine == "meeting":
        best.roles["participant"] = _without_states(best.roles.get("participant", []))
    if len(group) > 1:
        best.score = min(best.score + 0.03 * (len(group) - 1), 0.97)
    front = deciding if deciding.analysis.field == "text" or deciding is best else best
    front = _by_head(group, front)
    front.roles, front.score, front.status = best.roles, best.score, best.status
    front.cues = best.cues
    return [front, *(item for item in group if item is not front)]


def _by_head(group: list[Candidate], front: Candidate) -> Candidate:
    """A word for meeting in the same sentence stands for a meeting before a word for talking or travelling."""
    if front.trigger.frame not in _LOOSE:
        return front
    better = [item for item in group if item.analysis is front.analysis and item.trigger.frame not in _LOOSE]
    return better[0] if front.type.engine == "meeting" and better else front


def _add_roles(best: Candidate, other: Candidate) -> None:
    """Fillers that another candidate of the same event names; a side of a transfer is taken only where it is
    missing.
    """
    for role, fillers in other.roles.items():
        known = best.roles.setdefault(role, [])
        if best.type.engine == "transfer":
            if known and not (role == "weapon" and {filler.entity for filler in known} <= GENERAL_WEAPONS):
                continue
            if role == "weapon" and fillers:
                known.clear()
            opposite = {f.country for side, items in best.roles.items() if side != role for f in items if f.country}
            known.extend(filler for filler in fillers if filler.country not in opposite)
        else:
            for filler in fillers:
                add_filler(known, filler)


def _deciding(group: list[Candidate]) -> Candidate:
    """Whose status counts: an explicit word of the text before the title's bare tense, else the best founded.

    A general event has several heads in a sentence (quake, tsunami): what one of them tells as done was done.
    """
    if group[0].type.engine == "action":
        return min(group, key=lambda item: (_STATUS_RANK[item.status], item.analysis.start, -item.score))
    title = [item for item in group if item.analysis.field == "title"]
    text = [item for item in group if item.analysis.field == "text"]
    explicit = [item for item in text if item.explicit]
    said = [item.status for item in title if item.explicit]
    decided = set(said) == {"possible"} and all(item.status == "planned" for item in explicit)
    if title and explicit and (not said or decided):
        return min(explicit, key=lambda item: (item.analysis.start, -item.score))
    pool = title or text
    if (
        not title
        and any(item.status == "denied" for item in pool)
        and all(item.status in ("denied", "possible") for item in pool)
    ):
        pool = [item for item in pool if item.status == "denied"]
    if pool[0].type.engine == "meeting":
        pool = [item for item in pool if not _rests_on(item, pool)]
    first = min(item.analysis.start for item in pool)
    return min(
        pool, key=lambda item: (item.analysis.start != first, not item.explicit, _STATUS_RANK[item.status], -item.score)
    )


def _rests_on(item: Candidate, pool: list[Candidate]) -> bool:
    """A loose head behind a word for meeting in its sentence tells what came of the meeting, not whether it was."""
    return item.trigger.frame in _LOOSE and any(
        other.analysis is item.analysis and other.trigger.frame not in _LOOSE and other.hit.end <= item.hit.start
        for other in pool
    )


def _without_states(fillers: list[Filler]) -> list[Filler]:
    named = {filler.country for filler in fillers if not is_state(filler)}
    return [filler for filler in fillers if not is_state(filler) or filler.country not in named]
