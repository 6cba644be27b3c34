"""Statements of sentences that commas do not divide: Arabic joins them by a letter, Korean by the endings of verbs."""

from streams.detection.grammar import Grammar
from streams.detection.units import Unit

_COMMAS = frozenset({",", "،"})
_FINITE = frozenset({"present", "past", "future"})


def arabic_border(units: list[Unit], place: int, grammar: Grammar) -> str:
    """How a statement begins at a unit: `و` and a verb, a conjunction, a relative pronoun; `back` where a relative
    clause ends at a comma.
    """
    unit = units[place]
    if unit.kind == "punct" and unit.low in _COMMAS:
        return _after_comma(units, place, grammar)
    before = units[place - 1] if place else None
    if before is None or before.low in _COMMAS:
        return ""
    if unit.kind == "word":
        return _opening(units, place, grammar)
    head = unit.trigger
    if head is not None and not unit.cls and head.entry.tense in _FINITE and head.start == head.word_start + 1:
        return "main" if _told_already(units, place) else ""
    return ""


def _after_comma(units: list[Unit], place: int, grammar: Grammar) -> str:
    """What opens after a comma; the end of a relative clause where nothing does."""
    after = units[place + 1] if place + 1 < len(units) else None
    if after is None:
        return ""
    if after.kind == "word":
        found = _opening(units, place + 1, grammar)
        if found:
            return found
    head = after.trigger
    if head is not None and not after.cls and head.entry.tense in _FINITE and _told_already(units, place):
        return "main"
    return "back"


def _opening(units: list[Unit], place: int, grammar: Grammar) -> str:
    """The kind of clause that a word opens: a verb of saying with `و`, a conjunction, a relative pronoun."""
    word = units[place].low
    if word in grammar.clauses.get("coordinator", ()):
        return "main"
    if word in grammar.clauses.get("relative", ()):
        noun = units[place - 1] if place else None
        return (
            "" if noun is not None and noun.trigger is not None and noun.trigger.entry.tense == "noun" else "relative"
        )
    if word in grammar.clauses.get("subordinator", ()):
        return "main" if word.startswith("ان") and _quotes(units, place) else "that"
    return ""


_SAYING = frozenset({"قال", "قالت", "وقال", "وقالت", "يقول", "تقول", "ويقول", "وتقول", "قالوا"})


def _quotes(units: list[Unit], place: int) -> bool:
    """Whether what follows `ان` is what somebody says: no plan, wish or denial governs it."""
    clause = units[place - 1].clause if place else 0
    return any(unit.low in _SAYING for unit in units[max(0, place - 14) : place] if unit.clause == clause)


def _told_already(units: list[Unit], place: int) -> bool:
    """Whether the clause so far has a head or says so much that it must have a verb."""
    clause = units[place - 1].clause
    words = [unit for unit in units[:place] if unit.clause == clause and unit.kind != "punct"]
    return len(words) >= 3


def korean_border(units: list[Unit], place: int, grammar: Grammar) -> str:
    """A statement ends with a verb whose ending joins it to the next: `만났고`, `회담한 뒤`, `밝히며`."""
    if not place:
        return ""
    before, unit = units[place - 1], units[place]
    if unit.kind == "punct" or before.cls or before.kind not in ("word", "trigger"):
        return ""
    joining = grammar.clauses.get("coordinator", frozenset())
    verb = before.kind == "word" or (before.trigger is not None and before.trigger.entry.tense != "noun")
    ends = verb and any(before.low.endswith(ending) and len(before.low) > len(ending) for ending in joining)
    return "main" if ends else ""
