"""Clauses: where one statement ends and the next begins, so that cues and arguments stay where they belong."""

import itertools

from streams.detection.grammar import Grammar
from streams.detection.statements import arabic_border, korean_border
from streams.detection.units import BODY, LEADER, STATES, WEAPON, Unit

_BREAKS = frozenset({":", ";", "\u2013", '"', "(", ")", "|", "-", "...", "- ", " -", "!", "?", "。", "؛", "："})
_SHORT = 6
"""Units of a phrase that stands before the first comma and only says when."""
_NAMING = frozenset({*STATES, BODY})
_COMMAS = frozenset({",", "،", "，", "、"})


def split_clauses(units: list[Unit], grammar: Grammar) -> list[str]:
    """Number the clause of every unit; the result says how each clause began (`start`, `break`, `that`, `relative`,
    `main`).
    """
    kinds = ["start"]
    aside = _asides(units)
    current, main = 0, 0
    for place, unit in enumerate(units):
        kind = "" if place in aside else _border(units, place, grammar)
        if kind == "back":
            current = main
        elif kind and place and units[place - 1].clause == current and _has_content(units, place, current):
            main = current if kind == "relative" and kinds[current] != "relative" else len(kinds)
            kinds.append(kind)
            current = len(kinds) - 1
        unit.clause = current
    return kinds


def _asides(units: list[Unit]) -> set[int]:
    """Places of quotes and brackets around at most four units: they set off a word or a party, no statement."""
    found: set[int] = set()
    opened: int | None = None
    for place, unit in enumerate(units):
        if unit.kind != "punct" or unit.low not in _PAIRED:
            continue
        if opened is not None and place - opened <= 5 and unit.low != "(":
            found.update((opened, place))
            opened = None
        else:
            opened = place
    return found


_PAIRED = frozenset({'"', "(", ")"})


def _has_content(units: list[Unit], place: int, clause: int) -> bool:
    return any(unit.kind != "punct" for unit in units[max(0, place - 12) : place] if unit.clause == clause)


def _border(units: list[Unit], place: int, grammar: Grammar) -> str:
    unit = units[place]
    if unit.low[:1] in "-\u2013" and (_pairs_leaders(units, place) or _spans_numbers(units, place)):
        return ""
    if unit.kind == "punct" and (unit.low in _BREAKS or unit.low[:1] in ':;–"'):
        return "break"
    found = _by_script(units, place, grammar)
    if found is not None:
        return found
    if unit.kind == "punct" and unit.low in _COMMAS:
        return _after_comma(units, place, grammar)
    if unit.kind != "word" or not place:
        return ""
    if unit.low in grammar.clauses.get("subordinator", ()) and units[place - 1].low not in _COMMAS:
        return _bare_subordinator(units, place, grammar)
    if unit.low in grammar.clauses.get("coordinator", ()):
        return _coordinated(units, place, grammar)
    return ""


def _by_script(units: list[Unit], place: int, grammar: Grammar) -> str | None:
    """Borders that a script has in its own way; None where the common rules decide."""
    script = grammar.language.script
    if script in ("han", "hangul") and units[place].low in ("...", "……"):
        return "break"
    if script == "han":
        return "break" if _set_off(units, place) else None
    if script == "arabic":
        return arabic_border(units, place, grammar)
    return (korean_border(units, place, grammar) or None) if script == "hangul" else None


_SHORTEST = 4
"""Chinese headlines set statements apart with blanks; what is shorter than this many letters is none."""


def _set_off(units: list[Unit], place: int) -> bool:
    """A blank between two Chinese letters, with a statement on both of its sides."""
    if not place or units[place].start == units[place - 1].end or units[place - 1].possessive:
        return False
    if not (_is_han(units[place].low[:1]) and _is_han(units[place - 1].low[-1:])):
        return False
    first, last = place - 1, place + 1
    while first and (units[first].start == units[first - 1].end or units[first - 1].possessive):
        first -= 1
    while last < len(units) and (units[last].start == units[last - 1].end or units[last - 1].possessive):
        last += 1
    return min(units[place - 1].end - units[first].start, units[last - 1].end - units[place].start) >= _SHORTEST


def _is_han(letter: str) -> bool:
    return "\u3400" <= letter <= "\u9fff"


def _pairs_leaders(units: list[Unit], place: int) -> bool:
    """`A-B summit`: a hyphen without blanks between two leaders; `summit A – B`: a dash between what names a head."""
    if not 0 < place < len(units) - 1:
        return False
    before, after = units[place - 1], units[place + 1]
    named = units[place - 2].trigger if place > 1 else None
    if named is not None and named.entry.tense == "noun" and {before.cls, after.cls} <= _NAMING:
        return True
    return before.cls == after.cls == LEADER and before.end == units[place].start and units[place].end == after.start


def _spans_numbers(units: list[Unit], place: int) -> bool:
    """`18-19 June`: a dash between two numbers."""
    return 0 < place < len(units) - 1 and units[place - 1].low[-1:].isdigit() and units[place + 1].low[:1].isdigit()


def _after_comma(units: list[Unit], place: int, grammar: Grammar) -> str:
    """A comma ends the clause before a subordinator, a relative pronoun, a purpose clause or a new subject with its
    verb.
    """
    following = units[place + 1 : place + 4]
    for unit in following[:2]:
        if unit.kind not in ("word", "trigger"):
            break
        if unit.low in grammar.clauses.get("subordinator", ()):
            return "that"
        if unit.low in grammar.clauses.get("relative", ()):
            article = grammar.language.compounds and unit.low in grammar.articles
            return "purpose" if article and _infinitive_ahead(units, place, grammar) else "relative"
        if unit.low in grammar.clauses.get("purpose", ()) or unit.low in grammar.infinitive:
            return "purpose"
        if unit.low in grammar.clauses.get("coordinator", ()) and unit.low not in grammar.conjunctions:
            return "main"
    if grammar.language.compounds and _infinitive_ahead(units, place, grammar):
        return "purpose"
    if _reports(following, grammar):
        return "main"
    if _finite_after_name(following, grammar) and _verb_before(units, place, grammar):
        return "main"
    return ""


def _reports(following: list[Unit], grammar: Grammar) -> bool:
    """`…, said X`: who is quoted takes no part in what is told. Only where the verb comes before its subject."""
    report = grammar.cues.get("report")
    words = [unit.low for unit in itertools.takewhile(lambda unit: unit.kind == "word", following[:2])]
    if report is None or grammar.language.compounds or not words:
        return False
    return any(report.fullmatch(" ".join(words[: count + 1])) is not None for count in range(len(words)))


def _infinitive_ahead(units: list[Unit], place: int, grammar: Grammar) -> bool:
    """German infinitive clauses end in `zu` and a verb before the next comma: `bestreitet, Drohnen geliefert zu
    haben`.
    """
    for number, unit in enumerate(units[place + 1 : place + 26]):
        if unit.kind == "punct":
            return False
        if (
            unit.kind == "trigger"
            and unit.low.startswith("zu ")
            and unit.trigger
            and unit.trigger.entry.tense == "infinitive"
        ):
            return True
        if unit.low in grammar.infinitive:
            after = units[place + 2 + number] if place + 2 + number < len(units) else None
            return after is not None and after.kind in ("word", "trigger") and after.cased.islower() and number > 0
    return False


def _finite_after_name(following: list[Unit], grammar: Grammar) -> bool:
    """A name and right after it a head in a finite form: `…, USA schicken Waffen`."""
    if not any(unit.cls and unit.cls != WEAPON for unit in following[:2]):
        return False
    report = grammar.cues.get("report")
    for unit in following[1:3]:
        if unit.kind == "punct":
            return False
        if unit.trigger is not None:
            return unit.trigger.entry.tense in ("present", "past")
        if unit.kind == "word" and report is not None and report.fullmatch(unit.low):
            return True
    return False


def _verb_before(units: list[Unit], place: int, grammar: Grammar) -> bool:
    """Whether the piece before a comma can stand alone: it holds a head, or a word that is neither name nor function
    word.
    """
    clause = units[place - 1].clause
    piece = [unit for unit in units[:place] if unit.clause == clause]
    if any(unit.trigger is not None and unit.trigger.entry.tense in ("present", "past") for unit in piece):
        return True
    if not grammar.language.capitals or _only_time(piece, grammar):
        return False
    return any(
        unit.kind == "word"
        and unit.low.isalpha()
        and unit.cased.islower()
        and unit.low not in grammar.adpositions
        and unit.low not in grammar.articles
        and unit.low not in grammar.fillers
        and unit.low not in grammar.conjunctions
        for unit in piece
    )


def _only_time(piece: list[Unit], grammar: Grammar) -> bool:
    """`Ten years ago, …`, `Last year, …`: a few words that say when, and no statement."""
    text = " ".join(unit.low for unit in piece)
    cues = (grammar.cues.get(kind) for kind in ("background", "future_time"))
    return len(piece) <= _SHORT and any(cue is not None and cue.match(text) is not None for cue in cues)


def _bare_subordinator(units: list[Unit], place: int, grammar: Grammar) -> str:
    """English and the like need no comma before `that`, `after`; a preposition of the same form needs a verb to be
    one.
    """
    language = grammar.language
    if language.compounds or not language.capitals:
        return ""
    if units[place].low in grammar.adpositions or units[place].low in ("as", "so", "como", "que"):
        return "that" if units[place].low in ("as", "que") and _name_then_verb(units[place + 1 : place + 4]) else ""
    return "that"


def _name_then_verb(following: list[Unit]) -> bool:
    if not following or not following[0].cls:
        return False
    verb = following[1:2]
    finite = bool(verb) and verb[0].kind == "word" and verb[0].cased.islower() and verb[0].low.endswith("ed")
    return finite or any(unit.trigger is not None for unit in following[1:])


def _coordinated(units: list[Unit], place: int, grammar: Grammar) -> str:
    """A conjunction with a new subject and its verb begins a clause."""
    following = units[place + 1 : place + 4]
    if _joins_leaders(units, place, grammar):
        return ""
    return "main" if _finite_after_name(following, grammar) and _verb_before(units, place, grammar) else ""


def _joins_leaders(units: list[Unit], place: int, grammar: Grammar) -> bool:
    """`yesterday A, B and C met`: the conjunction joins leaders, unless a head before it already has its verb."""
    if place < 1 or units[place - 1].cls != LEADER:
        return False
    after = next((unit for unit in units[place + 1 : place + 3] if unit.low not in grammar.articles), None)
    if after is None or after.cls != LEADER:
        return False
    clause = units[place - 1].clause
    return not any(
        unit.trigger is not None and unit.trigger.entry.tense in ("present", "past")
        for unit in units[:place]
        if unit.clause == clause
    )
