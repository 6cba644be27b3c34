"""Months against the day of the article: "on 12 June", read in October, is past; "in July", read in June, lies
ahead.
"""

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
        if match is None or _is_verb(analysis, analysis.start + match.start()):
            continue
        cue_place = analysis.start + match.start(), analysis.start + match.end()
        distance = (number - day.month) % 12
        if distance in _AHEAD:
            ahead.append(Cue("future_time", *cue_place, match.group()))
        elif distance in _BEHIND:
            behind.append(Cue("background", *cue_place, match.group()))
    return behind, ahead


def _is_verb(analysis: Analysis, start: int) -> bool:
    """`may have sent`: the name of a month that is also a word of possibility wants its capital letter."""
    possible = analysis.grammar.cues.get("possible")
    unit = next((unit for unit in analysis.units if unit.start == start), None)
    if unit is None or possible is None or not unit.cased[:1].islower():
        return False
    return possible.fullmatch(unit.low) is not None
