"""The units of a sentence: names, titles, trigger heads, words and punctuation, in order."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.detection.lexicon import Entry
from streams.detection.normalise import Folded
from streams.detection.scan import Hit
from streams.knowledge import Person, Weapon
from streams.languages.language import Language
from streams.messages import Filler

LEADER, FORMER, MINISTER, COUNTRY, ADJECTIVE, PLACE, WEAPON, GROUP, OTHER = "L", "X", "M", "C", "A", "K", "W", "O", "R"
TITLE, PLURAL, BODY, WEAK = "T", "P", "B", "N"
"""Classes: leader in office, former or future one, minister and the like, country, adjective, capital or seat,
weapon, armed
group, somebody else; title without a name, leaders of several states, organization, family name that needs support."""

STATES = frozenset({COUNTRY, ADJECTIVE, PLACE})
NAMED = frozenset({LEADER, WEAK, FORMER, MINISTER, OTHER})


@dataclass(slots=True, eq=False)
class Unit:
    """One piece of a sentence. `link` is what ties it to its head; `country` is the state it stands for, ISO
    alpha-2.
    """

    start: int
    end: int
    low: str
    kind: str
    cased: str = ""
    cls: str = ""
    readings: tuple[Hit, ...] = ()
    link: str = ""
    case: str = "bare"
    possessive: bool = False
    joined: bool = False
    swallowed: bool = False
    attribute: bool = False
    quoted: bool = False
    clause: int = 0
    country: str | None = None
    person: Person | None = None
    weapon: Weapon | None = None
    acts: bool = True
    office: str | None = None
    name: str = ""
    fillers: tuple[Filler, ...] = ()
    triggers: tuple[Hit, ...] = ()
    parts: list["Unit"] = field(default_factory=list)

    @property
    def trigger(self) -> Hit | None:
        """The first reading as a head."""
        return self.triggers[0] if self.triggers else None

    @property
    def entry(self) -> Entry | None:
        """The likeliest reading."""
        return self.readings[0].entry if self.readings else None


def build_units(
    folded: Folded, tokens: Iterable[tuple[int, int]], groups: list[list[Hit]], language: Language
) -> list[Unit]:
    """Units of one sentence: groups of hits win over tokens, tokens give the words between."""
    units: list[Unit] = []
    queue = iter(groups)
    group = next(queue, None)
    for start, end in tokens:
        place = start
        while group is not None and group[0].start < end:
            if group[0].start > place:
                _add_words(units, folded, place, group[0].start)
            if group[0].start >= place:
                units.append(_name(folded, group))
                place = group[0].end
            group = next(queue, None)
        place = max(place, units[-1].end if units else place)
        if place < end:
            _add_words(units, folded, place, end)
    _mark(units, folded, language)
    return [unit for unit in units if unit.kind != "dropped"]


def _add_words(units: list[Unit], folded: Folded, start: int, end: int) -> None:
    piece = folded.low[start:end]
    if piece.isalnum():
        units.append(Unit(start, end, piece, "word", folded.cased[start:end]))
        return
    place = start
    while place < end:
        stop = place
        alnum = _in_word(folded.low[place])
        while stop < end and _in_word(folded.low[stop]) == alnum:
            stop += 1
        text = folded.low[place:stop]
        if text.strip():
            kind = "word" if alnum and text.strip("._'") else "punct"
            units.append(Unit(place, stop, text.strip(), kind, folded.cased[place:stop]))
        place = stop


def _in_word(char: str) -> bool:
    return char.isalnum() or char in "'_."


def _name(folded: Folded, group: list[Hit]) -> Unit:
    hit = group[0]
    heads = {
        (hit.entry.referent, hit.entry.tense == "noun"): hit for hit in reversed(group) if hit.entry.kind == "trigger"
    }
    triggers = tuple(reversed(heads.values()))
    rest = tuple(reading for reading in group if reading.entry.kind != "trigger")
    if rest:
        hit = rest[0]
    if rest and rest[0].entry.kind in _NAMES and hit.end < hit.word_end:
        triggers = ()
    kind = "trigger" if triggers and not rest else hit.entry.kind
    return Unit(
        hit.start, hit.end, folded.low[hit.start : hit.end], kind, folded.cased[hit.start : hit.end],
        readings=rest, link=hit.link, case=hit.case, triggers=triggers,
    )  # fmt: skip


_NAMES = frozenset({"person", "country", "place"})
"""What is certainly a name is no head; a bare Korean word may be both (India, to hand over): see `pairs`."""


def _mark(units: list[Unit], folded: Folded, language: Language) -> None:
    """Possessive endings go into the name before; hyphens join."""
    for before, unit in itertools.pairwise(units):
        touching = before.end == unit.start
        if touching and before.readings and unit.low in language.possessive:
            before.possessive = True
            before.case = "of"
            unit.kind = "dropped"
        elif (
            touching and (unit.readings or unit.triggers) and before.kind == "word" and before.low in language.prefixes
        ):
            before.kind = "dropped"
        elif unit.low.startswith("-") and touching and len(unit.low) > 1:
            unit.joined = True
    previous: Unit | None = None
    hyphen = False
    for unit in units:
        if unit.low == "-":
            hyphen = previous is not None and previous.end == unit.start
            unit.kind = "dropped" if hyphen else unit.kind
            continue
        if hyphen and folded.low[unit.start - 1] == "-":
            unit.joined = True
        hyphen = False
        previous = unit
