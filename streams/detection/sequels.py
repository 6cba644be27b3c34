"""What later words say of a transfer told before: its supplier denies it, or its weapons are named at last."""

import re
from collections.abc import Mapping

from streams.detection.candidate import Analysis, Candidate, Cue
from streams.detection.merge import GENERAL_WEAPONS
from streams.detection.units import ADJECTIVE, COUNTRY, LEADER, MINISTER, PLACE, TITLE, Unit
from streams.event_types.definition import Trigger
from streams.messages import Filler

REACH = 2
"""So many sentences later a transfer can still be denied or told more of."""

_SPEAKERS = frozenset({COUNTRY, PLACE, LEADER, MINISTER, ADJECTIVE, TITLE})


def opens(candidate: Candidate) -> bool:
    """Whether later sentences may say more of a candidate."""
    return candidate.type.engine == "transfer" and not candidate.refused and candidate.status != "background"


def may_follow(analysis_text: str, patterns: Mapping[str, re.Pattern[str]]) -> bool:
    """Whether a sentence holds a word that ties it to a transfer before it."""
    return any(kind in patterns and patterns[kind].search(analysis_text) for kind in ("disavow", "contents"))


def follow(analysis: Analysis, candidate: Candidate) -> None:
    """Let a sentence say more of a transfer of its own or of an earlier sentence."""
    denial = _denial(analysis, candidate)
    if denial is not None:
        candidate.status, candidate.cues, candidate.explicit = "denied", [denial], True
        candidate.notes.append("the supplier denies it")
    if analysis is not candidate.analysis:
        _name_weapons(analysis, candidate)


def _denial(analysis: Analysis, candidate: Candidate) -> Cue | None:
    disavow = analysis.grammar.discourse.get("disavow")
    suppliers = {filler.country for filler in candidate.roles.get("supplier", ()) if filler.country}
    if disavow is None or not suppliers or not _alleged(candidate):
        return None
    for match in disavow.finditer(analysis.text):
        start = analysis.start + match.start()
        if analysis is candidate.analysis and start < candidate.hit.end:
            continue
        segment = _segment(analysis, start)
        speaker = _speaker(segment) or _speaker(analysis.units)
        if speaker is not None and speaker.country in suppliers and _about(analysis, candidate, segment):
            return Cue("deny", start, analysis.start + match.end(), match.group())
    return None


def _alleged(candidate: Candidate) -> bool:
    """What is only claimed: possible, or told with a source."""
    report = candidate.analysis.grammar.cues.get("report")
    told = report is not None and report.search(candidate.analysis.text) is not None
    return candidate.status == "possible" or (candidate.status in ("occurred", "planned") and told)


def _segment(analysis: Analysis, start: int) -> list[Unit]:
    """The units between the comma before a verb and the end of its clause."""
    first = 0
    for place, unit in enumerate(analysis.units):
        if unit.start >= start:
            break
        if unit.low in (",", ";", ":", "\u2013"):
            first = place + 1
    last = next((place for place in range(first, len(analysis.units)) if analysis.units[place].start >= start), first)
    while last < len(analysis.units) and analysis.units[last].low not in (",", ";", ":", "\u2013"):
        last += 1
    return analysis.units[first:last]


def _speaker(units: list[Unit]) -> Unit | None:
    """Who denies: the first that stands for a state."""
    return next((unit for unit in units if unit.cls in _SPEAKERS and unit.country), None)


def _about(analysis: Analysis, candidate: Candidate, segment: list[Unit]) -> bool:
    """Whether what is denied is what was told: a word for it stands with the denial, or the transfer is told again."""
    anaphor = analysis.grammar.discourse.get("anaphor")
    if anaphor is not None and any(unit.kind == "word" and anaphor.fullmatch(unit.low) for unit in segment):
        return True
    return analysis is not candidate.analysis and _tells_transfer(analysis, candidate)


def _tells_transfer(analysis: Analysis, candidate: Candidate) -> bool:
    return any(unit.weapon is not None for unit in analysis.units) and any(
        isinstance(hit.entry.referent, Trigger) and hit.entry.referent.type == candidate.type.name
        for unit in analysis.units
        for hit in unit.triggers
    )


def _name_weapons(analysis: Analysis, candidate: Candidate) -> None:
    """`The package includes howitzers`: weapons by name take the place of arms in general."""
    contents = analysis.grammar.discourse.get("contents")
    known = {filler.entity for filler in candidate.roles.get("weapon", ())}
    match = contents.search(analysis.text) if contents is not None and known <= GENERAL_WEAPONS else None
    if match is None:
        return
    weapons = {
        unit.weapon.id: unit.weapon
        for unit in analysis.units
        if unit.weapon is not None and unit.start >= analysis.start + match.start()
    }
    named = [Filler(entity=weapon.id, name=weapon.name) for weapon in weapons.values() if weapon.id not in known]
    if named:
        candidate.roles["weapon"] = named
