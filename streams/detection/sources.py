"""Who is quoted: `Seoul says`, `laut Seoul`, `according to Kyiv`. A source is no party to what it tells."""

from streams.detection.grammar import Grammar
from streams.detection.units import ADJECTIVE, BODY, COUNTRY, LEADER, MINISTER, PLACE, Unit

_QUOTED = frozenset({COUNTRY, PLACE, LEADER, MINISTER, BODY})
_VERBS = ("word", "trigger")
_ENDS = frozenset({",", ".", "-", "\u2013", ";", ":", "!", "?", '"'})


def mark_sources(units: list[Unit], grammar: Grammar) -> None:
    """Set `quoted` of every state or leader that only tells what the sentence says."""
    if grammar.language.script == "hangul":
        _mark_speaker(units)
        return
    report, attribution = grammar.cues.get("report"), grammar.discourse.get("attribution")
    for place, unit in enumerate(units):
        if unit.cls not in _QUOTED:
            continue
        before = _before(units, place, grammar)
        after = units[place + 1] if place + 1 < len(units) else None
        if attribution is not None:
            phrase = " ".join(other.low for other in before[-4:])
            found = [match for match in attribution.finditer(phrase) if match.end() == len(phrase)]
            if found or (after is not None and attribution.fullmatch(after.low) is not None):
                unit.quoted = True
                continue
        if report is None:
            continue
        says = after is not None and after.kind in _VERBS and report.fullmatch(after.low) is not None
        said = bool(before) and before[-1].kind in _VERBS and report.fullmatch(before[-1].low) is not None
        unit.quoted = (says and _tells(units, place, grammar)) or (said and _closes(units, place, before))


def _before(units: list[Unit], place: int, grammar: Grammar) -> list[Unit]:
    """The units before a name, without the articles and adjectives right before it."""
    last = place
    while last and (units[last - 1].low in grammar.articles or units[last - 1].cls == ADJECTIVE):
        last -= 1
    return units[max(0, last - 4) : last]


def _closes(units: list[Unit], place: int, before: list[Unit]) -> bool:
    """`…, says Kyiv`: verb and source stand alone behind a comma."""
    opened = len(before) > 1 and before[-2].low in _ENDS
    return opened and (place + 1 >= len(units) or units[place + 1].low in _ENDS)


def _tells(units: list[Unit], place: int, grammar: Grammar) -> bool:
    """`…, Seoul says` or `Seoul says North Korea has …`: nothing follows, or another name before the next verb."""
    rest = units[place + 2 : place + 7]
    opened = place == 0 or units[place - 1].low in _ENDS or units[place - 1].low in grammar.articles
    if not rest or rest[0].low in _ENDS:
        return opened and place > 0
    if grammar.language.compounds:
        return False  # German sets what is said off by a comma: `Berlin sagt Kiew Panzer zu` reports nothing
    for unit in rest:
        if unit.trigger is not None or unit.low in grammar.pronouns:
            return False
        if unit.cls in _QUOTED or unit.cls == ADJECTIVE:
            return unit.country != units[place].country
    return False


_QUOTING = ("다고", "라고", "냐고", "자고", "다며", "라며")
"""Endings of Korean verbs whose clause is what somebody says."""
_TOPIC = frozenset({"은", "는", "측은", "당국은", "정부는"})


def _mark_speaker(units: list[Unit]) -> None:
    """`B가 … 했다고 A가 밝혔다`, `A는 B가 … 했다고 밝혔다`: of two subjects the one outside what is said tells it."""
    said = next((place for place, unit in enumerate(units) if unit.low.endswith(_QUOTING) and not unit.cls), None)
    if said is None:
        return
    after = [unit for unit in units[said + 1 :] if unit.cls in _QUOTED and unit.link == "subject"]
    subjects = [place for place, unit in enumerate(units[:said]) if unit.cls in _QUOTED and unit.link == "subject"]
    for unit in after[:1]:
        unit.quoted = True
    if after or len(subjects) < 2:
        return
    first = subjects[0]
    if first + 1 < len(units) and units[first + 1].low in _TOPIC:
        units[first].quoted = True
