"""Which words of doubt, wish or denial speak of an action's head, and not of something else in the sentence.

Meetings and transfers are told in a clause of their own, so any cue of it counts. Heads of the other types stand in
sentences about anything: there a cue counts close to the head, and an accusation leaves what was done done.
"""

from streams.detection.candidate import Candidate, Cue
from streams.detection.units import Unit

_REACH = {"negation": 2, "cancel": 3, "deny": 4, "possible": 4, "request": 5, "planned": 6}


def speaking_of(candidate: Candidate, cues: list[Cue]) -> list[Cue]:
    """The cues of a list that speak of the head of a general event."""
    return [cue for cue in cues if _speaks(candidate, cue)]


def governing(candidate: Candidate, cues: list[Cue]) -> list[Cue]:
    """The cues of governing clauses that decide over a general event: all but accusations and matters of form."""
    kinds = ("deny", "possible", "request", "planned", "future_time")
    return [cue for cue in cues if cue.kind in kinds and not _accuses(candidate, cue)]


def _speaks(candidate: Candidate, cue: Cue) -> bool:
    if cue.kind in ("call", "official", "report"):
        return False
    reach = _REACH.get(cue.kind)
    if reach is None:
        return True
    if cue.kind in ("possible", "planned") and _accuses(candidate, cue):
        return False
    before = cue.end <= candidate.hit.start
    between = _between(candidate, cue, before=before)
    if any(unit.kind == "punct" for unit in between):
        return False
    content = sum(not unit.cls and unit.kind != "punct" for unit in between)
    return content <= (reach if before or _closes(candidate) else 2)


def _closes(candidate: Candidate) -> bool:
    """Languages whose verb may close the clause put the cue after the head."""
    language = candidate.analysis.grammar.language
    return language.compounds or language.order == "sov"


def _between(candidate: Candidate, cue: Cue, *, before: bool) -> list[Unit]:
    first, last = (cue.end, candidate.hit.start) if before else (candidate.hit.end, cue.start)
    return [unit for unit in candidate.analysis.units if first <= unit.start and unit.end <= last]


def _accuses(candidate: Candidate, cue: Cue) -> bool:
    """`accuses B of shelling`, `allegedly hacked`: who did it is in doubt, not that it was done."""
    discourse = candidate.analysis.grammar.discourse
    return any(
        pattern.fullmatch(cue.text) is not None
        for pattern in (discourse.get("hearsay"), discourse.get("control"))
        if pattern is not None
    )
