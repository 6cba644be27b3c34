"""Names outside titles: which of them count, and which belong to somebody or something else."""

import itertools
import re
from dataclasses import dataclass
from datetime import date

from streams.detection.chinese import AMBIVALENT, MADE, NEW, NO_STATE
from streams.detection.grammar import Grammar
from streams.detection.units import ADJECTIVE, BODY, COUNTRY, FORMER, LEADER, MINISTER, STATES, TITLE, WEAK, Unit
from streams.detection.world import World
from streams.knowledge import Country, Person
from streams.languages.language import Title


@dataclass(frozen=True, slots=True)
class NameReader:
    """Reads the names of a sentence beside their neighbours: one language, one day."""

    grammar: Grammar
    world: World
    day: date | None

    def sides(self, units: list[Unit]) -> None:
        """`the Polish side`: an adjective before a word for a party is the state, with the case of that word."""
        for unit, after in itertools.pairwise(units):
            link = self.grammar.sides.get(after.low) if unit.cls == ADJECTIVE else None
            if link is not None:
                unit.cls, unit.link = COUNTRY, "" if link == "bare" else link

    def combining(self, units: list[Unit]) -> None:
        """`franco-` before an adjective is a state, alone it is a word or a name."""
        for unit, after in itertools.zip_longest(units, units[1:]):
            found = next((reading for reading in unit.readings if reading.entry.kind == "combining"), None)
            if found is None or not isinstance(found.entry.referent, Country):
                continue
            if after is not None and after.joined and (after.cls == ADJECTIVE or unit.entry is found.entry):
                unit.cls, unit.country, unit.person = ADJECTIVE, found.entry.referent.iso, None
            elif unit.entry is found.entry:
                unit.cls, unit.country, unit.kind = "", None, "word"

    def short_names(self, units: list[Unit]) -> None:
        """Names of one syllable (\u7f8e, \ud55c) count in pairs, before a title or a head, and after an adposition."""
        short = [unit.entry is not None and unit.entry.kind == "short" for unit in units]
        for place, unit in enumerate(units):
            if not short[place]:
                continue
            after = units[place + 1] if place + 1 < len(units) and units[place + 1].start == unit.end else None
            before = units[place - 1] if place and units[place - 1].end == unit.start else None
            counts = after is not None and (short[place + 1] or after.kind in ("title", "trigger"))
            counts = counts or (
                before is not None
                and (
                    short[place - 1]
                    or before.low in self.grammar.adpositions
                    or (before.trigger is not None and self._takes_short(before, unit))
                )
            )
            counts = counts or self._opens(units, place, after)
            counts = counts or (after is not None and after.low in MADE and self._arms_follow(units, place))
            if (
                not counts
                or (after is not None and f"{unit.low}{after.low[:1]}" in NO_STATE)
                or (before is not None and f"{before.low[-1:]}{unit.low}" in NO_STATE)
                or (before is not None and unit.low in NEW and before.cls in STATES)
            ):
                unit.cls, unit.country, unit.kind = "", None, "word"

    def _arms_follow(self, units: list[Unit], place: int) -> bool:
        """`俄制战机`: a weapon soon after the word for made."""
        return any(unit.weapon is not None for unit in units[place + 2 : place + 5])

    def _takes_short(self, head: Unit, unit: Unit) -> bool:
        """`访美`, `售台`: a short name right after a head, where it is no part of the next word (`提供新…`)."""
        referent = head.trigger.entry.referent if head.trigger is not None else None
        if getattr(referent, "type", "") != "leader_meeting" and head.low[-1:] not in "售援":
            return self.grammar.language.script != "han"
        return unit.low not in AMBIVALENT

    def _opens(self, units: list[Unit], place: int, after: Unit | None) -> bool:
        """`美将向印度…`: first in its clause, before a word for what will or may be done or for whom."""
        if after is None or (place and units[place - 1].kind != "punct"):
            return False
        coming = (self.grammar.cues.get("planned"), self.grammar.cues.get("possible"))
        return after.low in self.grammar.adpositions or any(
            cue is not None and cue.fullmatch(after.low) is not None for cue in coming
        )

    def lone_names(self, units: list[Unit]) -> None:
        """`ex-President`-less names: a marker before, a country before or a name that needs support."""
        self._paired(units)
        self._supported(units, sure=any(unit.cls == LEADER for unit in units))
        if any(unit.cls == WEAK for unit in units) and any(unit.cls == LEADER for unit in units):
            self._supported(units, sure=True)

    def _paired(self, units: list[Unit]) -> None:
        """`Xi-Lee summit`, `Xi and Lee meet`: two names in office on the day, side by side, support each other."""
        if self.day is None or not any(unit.triggers for unit in units):
            return
        links = self.grammar.conjunctions | {"-", "\u2013", "/"}
        for place, first in enumerate(units):
            following = units[place + 1 : place + 3]
            second = following[-1] if following and following[0].low in links else next(iter(following), None)
            if first.cls == WEAK and second is not None and second.cls == WEAK and first.country != second.country:
                tied = second.joined or following[0].low in links
                first.cls = second.cls = LEADER if tied else WEAK

    def _supported(self, units: list[Unit], *, sure: bool) -> None:
        for place, unit in enumerate(units):
            if unit.cls not in (WEAK, LEADER) or unit.kind == "phrase":
                continue
            before = units[place - 1] if place else None
            if before is not None and before.kind == "word":
                former = self.grammar.markers.get("former")
                if former is not None and former.fullmatch(before.low.rstrip("-")):
                    unit.cls = FORMER
                    continue
            if before is not None and before.cls == BODY and self.grammar.language.script != "cyrillic":
                unit.cls = MINISTER
                continue
            if before is not None and before.cls in STATES and before.country and before.country != unit.country:
                self._prefer(unit, before.country)
            country_before = before is not None and before.country == unit.country and before.cls in STATES
            if self.grammar.language.script == "han" and before is not None and before.end < unit.start:
                country_before = False
            if unit.cls == WEAK:
                supported = sure and self._alone(units, place) and self._likely(unit)
                unit.cls = LEADER if country_before or supported else WEAK
            if country_before and before is not None and unit.cls == LEADER:
                before.cls = ""

    def _likely(self, unit: Unit) -> bool:
        """Whether a bare name is likelier its leader's than anybody's: in office on the day, or known in many
        languages.
        """
        person = unit.person
        return self.day is not None or (person is not None and len({*person.forms, *person.family}) > 1)

    def _alone(self, units: list[Unit], place: int) -> bool:
        """Whether no unknown capitalised word stands beside a name, with which it would be another name."""
        if self.grammar.language.script == "arabic":
            return not any(
                self._part_of_name(unit) for unit in (*units[max(0, place - 1) : place], *units[place + 1 : place + 2])
            )
        if self.grammar.language.nouns_capital or not self.grammar.language.capitals:
            return True
        beside = [*units[max(0, place - 1) : place], *units[place + 1 : place + 2]]
        return not any(u.kind == "word" and u.cased[:1].isupper() and u.low.isalpha() and u.start > 0 for u in beside)

    def _prefer(self, unit: Unit, country: str) -> None:
        """Of several bearers of a name the one of the country before it, if she or he leads it."""
        people = {r.entry.referent.id: r.entry.referent for r in unit.readings if isinstance(r.entry.referent, Person)}
        own = [person for person in people.values() if any(term.country == country for term in person.terms)]
        if not own:
            return
        person = self.world.prefer(own, self.day, country)
        cls, home, office = self.world.standing(person, self.day)
        if home == country:
            unit.person, unit.country, unit.office = person, home, office
            unit.cls = WEAK if cls == LEADER and unit.cls == WEAK else cls

    def _part_of_name(self, unit: Unit) -> bool:
        """Arabic names have no capitals: an unknown word beside a name of one word is most likely a part of it."""
        grammar = self.grammar
        known = grammar.adpositions.get(unit.low) or unit.low in grammar.fillers or unit.low in grammar.conjunctions
        known = known or any(unit.low in words for words in grammar.clauses.values())
        return unit.kind == "word" and unit.low.isalpha() and not known

    def attributes(self, units: list[Unit]) -> None:
        """`Putin's lawyer`, `spokesman for X`, `Biden-Berater`: the leader is not the one who acts."""
        relative = self.grammar.markers.get("relative")
        for place, unit in enumerate(units):
            if unit.cls not in (LEADER, TITLE, FORMER):
                continue
            after = self._noun_after(units, place)
            if (
                after is not None
                and after.cls in (MINISTER, FORMER)
                and (unit.possessive or unit.case == "of" or after.joined)
            ) or self._owned_side_by_side(unit, units[place + 1 : place + 2]):
                unit.attribute = True
            elif after is not None and after.kind == "word" and relative is not None and relative.fullmatch(after.low):
                unit.attribute = unit.possessive or after.joined or unit.case == "of"
            elif (
                after is not None
                and after.joined
                and self.grammar.language.script != "cyrillic"
                and after.trigger is None
                and after.cls != LEADER
                and place + 1 < len(units)
                and units[place + 1] is after
            ) or (after is not None and self._owns(units, place, after)):
                unit.attribute = True
            self._governed(units, place, relative)

    def _owned_side_by_side(self, unit: Unit, following: list[Unit]) -> bool:
        """`习近平特使`, `대통령 특사`: without case endings an envoy or relative follows the name he belongs to."""
        script, relative = self.grammar.language.script, self.grammar.markers.get("relative")
        if script not in ("han", "hangul") or not following or unit.link:
            return False
        after = following[0]
        if script == "han" and after.start != unit.end:
            return False
        title = after.entry.referent if after.entry is not None else None
        envoy = isinstance(title, Title) and title.kind in ("envoy", "party")
        envoy = envoy or (after.cls == MINISTER and after.kind == "phrase" and after.parts[0].kind == "title")
        return envoy or (relative is not None and after.kind in ("word", "trigger") and bool(relative.match(after.low)))

    def _owns(self, units: list[Unit], place: int, after: Unit) -> bool:
        """`Trump's capture of …`, `Putins Palast`: a possessor whose noun is no head is no participant."""
        unit, language = units[place], self.grammar.language
        if language.nouns_capital:
            genitive = unit.case == "of" or unit.possessive
            beyond = units[place + 2] if place + 2 < len(units) else None
            if beyond is not None and beyond.triggers and beyond.start == after.end:
                return False
            return genitive and after.kind == "word" and after.cased[:1].isupper() and after is units[place + 1]
        if not unit.possessive or not language.capitals:
            return False
        following = units[place + 1 : place + 4]
        return not any(other.triggers for other in following)

    def _noun_after(self, units: list[Unit], place: int) -> Unit | None:
        for unit in units[place + 1 : place + 4]:
            if (
                unit.kind == "word"
                and not unit.joined
                and unit.low[:1]
                and not unit.cased[:1].isupper()
                and self.grammar.language.nouns_capital
            ):
                continue
            return unit
        return None

    def _governed(self, units: list[Unit], place: int, relative: re.Pattern[str] | None) -> None:
        """`adviser to President X`, `Sprecher von X`, `wife of X`: M or a relative before, tied by of or from."""
        unit, back = units[place], place - 1
        tied = unit.case == "of" and not unit.possessive
        while back >= 0 and units[back].kind == "word" and place - back <= 3:
            low = units[back].low
            if (
                self.grammar.adpositions.get(low) in ("of", "to", "for", "from")
                or low in self.grammar.genitive_articles
            ):
                tied = True
            elif low not in self.grammar.articles and low not in self.grammar.fillers:
                break
            back -= 1
        if not tied or back < 0:
            return
        head = units[back]
        person = head.cls == MINISTER or (
            head.kind == "word" and relative is not None and bool(relative.fullmatch(head.low))
        )
        if person:
            unit.attribute = True
