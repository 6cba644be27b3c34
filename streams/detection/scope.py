"""Which words of doubt, wish or denial speak of an action's head, and not of something else in the sentence.

Meetings and transfers are told in a clause of their own, so any cue of it counts. Heads of the other types stand in
sentences about anything: there a cue counts close to the head, and an accusation leaves what was done done.
"""

import re
from collections.abc import Sequence

from streams.detection.arguments import is_passive
from streams.detection.candidate import Candidate, Cue
from streams.detection.dates import COUNTED
from streams.detection.scan import Hit
from streams.detection.units import Unit
from streams.event_types.definition import Trigger

_REACH = {"negation": 2, "cancel": 3, "deny": 4, "possible": 4, "request": 5, "planned": 6}


def speaking_of(candidate: Candidate, cues: list[Cue]) -> list[Cue]:
    """The cues of a list that speak of the head of a general event."""
    return [cue for cue in cues if _speaks(candidate, cue)]


def governing(candidate: Candidate, cues: list[Cue]) -> list[Cue]:
    """The cues of governing clauses that decide over a general event: all but accusations and matters of form."""
    kinds = {"deny", "possible", "request", "planned", "future_time"} - candidate.trigger.ignores
    return [cue for cue in cues if cue.kind in kinds and not _accuses(candidate, cue)]


_YEAR = re.compile(r"(?:19|20)\d\d\.?")
_COUNTED = re.compile(COUNTED)
_CHRONICLE = re.compile(r"[\s\"'*•–-]*(?:\d{1,2}\.?\s+[\w()\s]{3,30}\s)?(?:19|20)\d\d\s*(?:年|년)?\s*[:：]")


def court_cues(candidate: Candidate) -> list[Cue]:
    """Trials, verdicts, memorials and lines of a chronicle (`2004: …`): what they are about has become history."""
    analysis = candidate.analysis
    court = analysis.grammar.discourse.get("court")
    deaf = "court" in candidate.trigger.ignores
    found = [] if court is None or deaf else list(court.finditer(analysis.text))
    chronicle = _CHRONICLE.match(analysis.text)
    found.extend([chronicle] if chronicle else [])
    cues = [
        Cue("background", analysis.start + match.start(), analysis.start + match.end(), match.group())
        for match in found
    ]
    cues = [cue for cue in cues if not _within(candidate, cue)]
    return cues if analysis.dated else [*cues, *_years(candidate)]


def _years(candidate: Candidate) -> list[Cue]:
    """Without a date, a year in the head's clause: the day's news seldom names its own."""
    analysis = candidate.analysis
    years = [
        unit
        for unit in analysis.clause(candidate.unit.clause)
        if _YEAR.fullmatch(unit.low) and not _COUNTED.match(analysis.text, unit.end - analysis.start)
    ]
    return [Cue("background", unit.start, unit.end, unit.low) for unit in years]


def threat_cues(candidate: Candidate) -> list[Cue]:
    """What is feared, threatened or warned of, close to the head: what the type makes of it."""
    analysis = candidate.analysis
    threat = analysis.grammar.discourse.get("threat")
    if threat is None or "threat" in candidate.trigger.ignores or candidate.type.warned not in ("possible", "planned"):
        return []
    found = [
        Cue(candidate.type.warned, analysis.start + match.start(), analysis.start + match.end(), match.group())
        for match in threat.finditer(analysis.text)
    ]
    behind = candidate.type.warned != "possible" or _closes(candidate)
    return [
        cue
        for cue in found
        if _near(candidate, cue, _THREAT)
        and not _within(candidate, cue)
        and (behind or cue.start < candidate.hit.start)
    ]


_THREAT = 3


def is_occasion(candidate: Candidate) -> bool:
    """Whether a head is only why something else happens: `after the quake`, `because of sanctions`, `地震后`."""
    analysis = candidate.analysis
    occasion = analysis.grammar.discourse.get("occasion")
    if occasion is None:
        return False
    first = _reach_left(candidate)
    if candidate.tense != "noun" and _opens_clause(candidate, occasion):
        return True
    if occasion.search(analysis.text[first - analysis.start : candidate.hit.word_start - analysis.start]):
        return True
    if analysis.grammar.language.capitals:
        return False
    after = analysis.text[candidate.hit.end - analysis.start :][:_BEHIND].lstrip()
    found = occasion.match(after) if analysis.grammar.language.script in ("han", "hangul") else None
    return found is not None


def _opens_clause(candidate: Candidate, occasion: re.Pattern[str]) -> bool:
    """Whether the head's clause begins with such a word, or with the end of one (`после того, как`)."""
    analysis = candidate.analysis
    begin = analysis.clause(candidate.unit.clause)[0].start - analysis.start
    window = analysis.text[max(0, begin - _BEFORE) : begin + _BEFORE]
    edge = min(begin, _BEFORE)
    return any(match.end() > edge and match.start() <= edge + 2 for match in occasion.finditer(window))


_BEFORE = 24
"""Characters before a clause in which its conjunction may begin, and in it."""
_BEHIND = 6
"""Characters behind a head in which Chinese and Korean say `after`."""
_LEFT = 5


def _reach_left(candidate: Candidate) -> int:
    """Where the words that may govern a head begin: at most five units before it, up to a sign or a verb."""
    units = candidate.analysis.units
    place = units.index(candidate.unit)
    noun = candidate.tense == "noun"
    for unit in reversed(units[max(0, place - (_LEFT if noun else 2 * _LEFT)) : place]):
        if unit.kind == "punct" or (unit.trigger is not None and unit.trigger.entry.tense != "noun"):
            break
        place -= 1
    return units[place].start


def demote(candidate: Candidate) -> None:
    """An infinitive is a plan where a word or a headline says so, else an aim; relative clauses tell what is known."""
    if candidate.status not in ("occurred", "planned"):
        return
    analysis, told = candidate.analysis, candidate.type.relative
    if candidate.tense == "infinitive" and not candidate.cues and not analysis.headline:
        candidate.status = "possible"
        candidate.notes.append("an infinitive, and nothing says that it is planned")
    elif told is not None and _in_relative(candidate):
        candidate.status = told
        candidate.notes.append("told in a relative clause")


def _in_relative(candidate: Candidate) -> bool:
    """Whether a head stands in a relative clause, or in one about a place (`near Goma, where fighting …`)."""
    analysis = candidate.analysis
    if analysis.kinds[candidate.unit.clause] == "relative":
        return True
    whereabouts = analysis.grammar.discourse.get("whereabouts")
    words = [unit.low for unit in analysis.clause(candidate.unit.clause) if unit.kind != "punct"]
    return whereabouts is not None and candidate.unit.clause > 0 and whereabouts.fullmatch(words[0]) is not None


def settle(found: Sequence[Candidate]) -> None:
    """What is only the occasion of another event in its sentence is background to that one."""
    told = [item for item in found if not item.refused and item.status in ("occurred", "planned")]
    for item in told:
        if item.type.engine != "action" or not is_occasion(item):
            continue
        if any(other.type is not item.type and not _occasioned(other) for other in told):
            item.status = "background"
            item.notes.append("only the occasion of another event")


def _occasioned(candidate: Candidate) -> bool:
    return candidate.type.engine == "action" and is_occasion(candidate)


def _speaks(candidate: Candidate, cue: Cue) -> bool:
    if cue.kind in ("call", "official", "report") or cue.kind in candidate.trigger.ignores:
        return False
    if not cue.text[0].isalnum():
        return False
    if _within(candidate, cue) or (cue.kind in ("cancel", "negation", "deny") and _told(candidate, cue)):
        return False
    if cue.kind == "planned" and cue.text in candidate.analysis.grammar.passive and is_passive(candidate):
        return False
    reach = _REACH.get(cue.kind)
    if reach is None:
        return not _measures(candidate, cue)
    if cue.kind in ("possible", "planned") and _accuses(candidate, cue):
        return False
    if cue.kind == "negation" and candidate.tense == "noun" and candidate.unit.link in ("in", "by", "with"):
        reach = _ADJUNCT  # `did not target the base in a drone strike`
    return _near(candidate, cue, reach)


_ADJUNCT = 7


def _near(candidate: Candidate, cue: Cue, reach: int) -> bool:
    before = cue.end <= candidate.hit.start
    between = _between(candidate, cue, before=before)
    subordinators = candidate.analysis.grammar.clauses.get("subordinator", ())
    if any(unit.kind == "punct" or (not before and unit.low in subordinators) for unit in between):
        return False
    content = sum(not unit.cls and unit.kind != "punct" for unit in between)
    if candidate.analysis.grammar.language.script == "han":
        reach *= 2
    return content <= (reach if before or _closes(candidate) else 2)


def _measures(candidate: Candidate, cue: Cue) -> bool:
    """`signs a pact 25 years after the war`: behind a verb such words date something else."""
    after = candidate.analysis.grammar.cues.get("after")
    if cue.kind != "background" or candidate.tense == "noun" or cue.start < candidate.hit.end or after is None:
        return False
    return after.fullmatch(cue.text.split()[-1]) is not None


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
    first = cue.text.split()[0]
    return any(
        pattern.fullmatch(text) is not None
        for pattern in (discourse.get("suspicion"), discourse.get("hearsay"), discourse.get("control"))
        if pattern is not None
        for text in (cue.text, first)
    )


def _within(candidate: Candidate, cue: Cue) -> bool:
    """Whether a cue is only a piece of a word that shows the event (Chinese has no blanks)."""
    return any(
        start <= cue.start and cue.end <= end and cue.end - cue.start < end - start for start, end in candidate.shown
    )


def _told(candidate: Candidate, cue: Cue) -> bool:
    """What ends something is no denial where that is the news itself: an embargo, a freeze, `setzt … aus`."""
    if cue.kind == "cancel" and cue.start < candidate.hit.word_end and candidate.hit.word_start < cue.end:
        return True
    if any(start <= cue.start and cue.end <= end for start, end in candidate.shown):
        return True
    return any(
        unit.start <= cue.start < unit.end and any(_type_of(hit) == candidate.type.name for hit in unit.triggers)
        for unit in candidate.analysis.units
    )


def _type_of(hit: Hit) -> str:
    return hit.entry.referent.type if isinstance(hit.entry.referent, Trigger) else ""
