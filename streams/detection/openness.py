"""What leaves an event open or puts it in the past beyond the cues: conditions, questions, wishes, the pluperfect."""

from streams.detection.candidate import Analysis, Candidate, Cue
from streams.detection.scope import court_cues, is_occasion


def open_cues(candidate: Candidate, *, done: bool) -> list[Cue]:
    """Cues that leave a head open: a condition beside what is not done yet, a question mark, a word of purpose."""
    return [*([] if done else _conditions(candidate)), *_question(candidate), *wished(candidate)]


def past_cues(candidate: Candidate) -> list[Cue]:
    """Cues that make history of a head: `hatte geliefert`; of a transfer also trials and what it only occasions."""
    found = _pluperfect(candidate)
    if candidate.type.engine != "transfer":
        return found
    found.extend(court_cues(candidate))
    if candidate.tense == "noun" and is_occasion(candidate):
        found.append(Cue("background", candidate.hit.start, candidate.hit.end, candidate.unit.low))
    found.extend(_in_relative(candidate))
    return found


def backshifted(analysis: Analysis, cue: Cue) -> bool:
    """`Biden said the US would send …`: after a word of saying, `would` is the future seen from then."""
    backshift, report = analysis.grammar.discourse.get("backshift"), analysis.grammar.cues.get("report")
    if backshift is None or report is None or backshift.fullmatch(cue.text) is None:
        return False
    before = analysis.text[: cue.start - analysis.start]
    condition = analysis.grammar.discourse.get("condition")
    return report.search(before) is not None and (condition is None or condition.search(analysis.text) is None)


def wished(candidate: Candidate) -> list[Cue]:
    """`чтобы они прислали`, `щоб надіслали`: the past after a word of purpose is a wish."""
    analysis = candidate.analysis
    if analysis.grammar.language.script != "cyrillic" or candidate.tense != "past":
        return []
    purposes = analysis.grammar.clauses.get("purpose", frozenset())
    words = [unit for unit in analysis.clause(candidate.unit.clause) if unit.kind == "word"][:1]
    return [Cue("possible", unit.start, unit.end, unit.low) for unit in words if unit.low in purposes]


def _conditions(candidate: Candidate) -> list[Cue]:
    """`will only send tanks if …`, `If … agrees, A will deliver`: the clause beside the head's says what must be."""
    analysis, number = candidate.analysis, candidate.unit.clause
    condition = analysis.grammar.discourse.get("condition")
    if condition is None:
        return []
    beside = [number + 1] if number + 1 < len(analysis.kinds) and analysis.kinds[number + 1] == "that" else []
    beside.extend([number - 1] if number and analysis.kinds[number] != "break" else [])
    for other in beside:
        words = [unit for unit in analysis.clause(other) if unit.kind != "punct"][:2]
        for unit in words:
            if condition.fullmatch(unit.low):
                return [Cue("possible", unit.start, unit.end, unit.low)]
    return []


def _question(candidate: Candidate) -> list[Cue]:
    """`Will A meet B?`: what is asked is open; the mark may stand after a clause that hangs on the head's."""
    analysis = candidate.analysis
    last = candidate.unit.clause
    while last + 1 < len(analysis.kinds) and analysis.kinds[last + 1] in ("that", "relative", "purpose"):
        last += 1
    end = analysis.clause(last)[-1].end
    for unit in analysis.units:
        if unit.end < end:
            continue
        if unit.low.startswith("?") or unit.low == "？":
            return [Cue("possible", unit.start, unit.end, unit.low)]
        if unit.start >= end and unit.low not in ('"', "'"):
            break
    return []


def _pluperfect(candidate: Candidate) -> list[Cue]:
    """`hatte … zugesagt`: told as what came before the news; not where it is what somebody says."""
    analysis = candidate.analysis
    pluperfect = analysis.grammar.discourse.get("pluperfect")
    if pluperfect is None or candidate.tense != "participle" or analysis.kinds[candidate.unit.clause] == "that":
        return []
    return [
        Cue("background", unit.start, unit.end, unit.low)
        for unit in analysis.clause(candidate.unit.clause)
        if unit.kind == "word" and pluperfect.fullmatch(unit.low)
    ]


def _in_relative(candidate: Candidate) -> list[Cue]:
    """`the weapons, which A supplied to B, …`: a relative clause in the past tells what is known."""
    analysis, number = candidate.analysis, candidate.unit.clause
    if analysis.kinds[number] != "relative" or candidate.tense not in ("past", "participle"):
        return []
    first = analysis.clause(number)[0]
    return [Cue("background", first.start, first.end, first.low)]
