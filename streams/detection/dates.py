"""Months and weekdays against the day of the article.

"On 12 June", read in October, is past; "in July", read in June, lies ahead.
"""

import re
from datetime import date

from streams.detection.candidate import Analysis, Candidate, Cue

COUNTED = (
    r"\s?(?:km\b|км\b|kilom|miles?\b|кілом|килом|миль|公里|킬로|كيلو|ton|тонн|吨|톤|euro|dollar|dólar|dolar|долл|руб|грн|元|"
    r"people|persons|troops|soldiers|menschen|personen|soldaten|personnes|soldats|personas|soldados|человек|людей|осіб|人|名|명|شخص)"
)
"""What follows a number that counts something and is no year, as a pattern."""
_AHEAD, _BEHIND = range(1, 6), range(6, 11)


def month_cues(candidate: Candidate, day: date | None) -> tuple[list[Cue], list[Cue]]:
    """Months of the head's clause that lie behind and ahead of the article's, as cues; its own and the last say
    nothing.
    """
    behind: list[Cue] = []
    ahead: list[Cue] = []
    if day is None:
        return behind, ahead
    analysis = candidate.analysis
    clause = analysis.clause(candidate.unit.clause)
    start, end = clause[0].start - analysis.start, clause[-1].end - analysis.start
    for number, pattern in enumerate(analysis.grammar.months, start=1):
        match = pattern.search(analysis.text, start, end)
        if match is None or _is_word(analysis, number, analysis.start + match.start()):
            continue
        cue_place = analysis.start + match.start(), analysis.start + match.end()
        distance = (number - day.month) % 12
        if distance in _AHEAD:
            ahead.append(Cue("future_time", *cue_place, match.group()))
        elif distance in _BEHIND:
            behind.append(Cue("background", *cue_place, match.group()))
    return behind, ahead


def week_cues(candidate: Candidate, day: date | None) -> list[Cue]:
    """Weekdays and words like `this week` that put what the present tells ahead: `meets B on Friday`."""
    if candidate.type.engine != "meeting" or candidate.tense not in ("present", "noun") or _is_over(candidate):
        return []
    analysis = candidate.analysis
    clause = analysis.clause(candidate.unit.clause)
    start, end = clause[0].start - analysis.start, clause[-1].end - analysis.start
    told = candidate.tense == "present" or _says(candidate, "under_way", start, end)
    found: list[re.Match[str]] = []
    if told or _says(candidate, "awaited", start, end):
        for kind in ("shortly", "today") if candidate.tense == "noun" else ("shortly",):
            pattern = analysis.grammar.discourse.get(kind)
            found.extend(pattern.finditer(analysis.text, start, end) if pattern is not None else ())
    for number, pattern in enumerate(analysis.grammar.weekdays):
        match = pattern.search(analysis.text, start, end)
        if match is None or _is_gone(analysis, match.start(), match.end()):
            continue
        if _comes(number, day, told=told):
            found.append(match)
    return [Cue("future_time", analysis.start + m.start(), analysis.start + m.end(), m.group()) for m in found]


_NEAR, _NEXT = range(1, 6), range(1, 4)
"""Days ahead that a weekday without more means beside a present and beside a noun; the days right before the
article's are meant as past.
"""
_BESIDE = 12
"""Letters around a weekday in which `last` belongs to it."""


def _comes(number: int, day: date | None, *, told: bool) -> bool:
    if day is None:
        return told
    return (number - day.weekday()) % 7 in (_NEAR if told else _NEXT)


def _is_over(candidate: Candidate) -> bool:
    """Whether a verb of the clause tells of the past: an auxiliary, or beside a noun any verb of meeting."""
    analysis = candidate.analysis
    clause = analysis.clause(candidate.unit.clause)
    perfect = analysis.grammar.discourse.get("perfect")
    if perfect is not None and any(unit.kind == "word" and perfect.fullmatch(unit.low) for unit in clause):
        return True
    return candidate.tense == "noun" and any(
        hit.entry.tense in ("past", "participle") for unit in clause for hit in unit.triggers
    )


def _says(candidate: Candidate, kind: str, start: int, end: int) -> bool:
    pattern = candidate.analysis.grammar.discourse.get(kind)
    return pattern is not None and pattern.search(candidate.analysis.text, start, end) is not None


def _is_gone(analysis: Analysis, start: int, end: int) -> bool:
    gone = analysis.grammar.discourse.get("gone")
    return gone is not None and gone.search(analysis.text, max(0, start - _BESIDE), end + _BESIDE) is not None


def _is_word(analysis: Analysis, number: int, start: int) -> bool:
    """`thousands march`, `may have sent`: where months are written with a capital letter, a small one is none."""
    unit = next((unit for unit in analysis.units if unit.start <= start < unit.end), None)
    month = analysis.grammar.language.months[number - 1]
    return (
        unit is not None and month[:1].isupper() and unit.cased[start - unit.start : start - unit.start + 1].islower()
    )
