"""Noun phrases: titles, adjectives, countries and names that belong together become one unit."""

import re
from dataclasses import dataclass, field
from datetime import date

from streams.detection.grammar import Grammar
from streams.detection.units import (
    ADJECTIVE,
    BODY,
    COUNTRY,
    FORMER,
    LEADER,
    MINISTER,
    OTHER,
    PLACE,
    PLURAL,
    STATES,
    TITLE,
    WEAK,
    Unit,
)  # fmt: skip
from streams.detection.world import World
from streams.knowledge import LEADER_OFFICES, Person
from streams.languages.language import Title
from streams.messages import Filler

_MINISTERIAL = frozenset({"minister", "deputy", "envoy", "party", "body", "subnational", "other"})
_NAMED = frozenset({LEADER, WEAK, FORMER, MINISTER, OTHER})


@dataclass(slots=True)
class _Phrase:
    """What has been found around a title so far: units `low` to `high` belong to it."""

    low: int
    high: int
    kind: str
    office: str | None
    country: str | None = None
    countries: list[str] = field(default_factory=list)
    name: Unit | None = None
    surname: str = ""
    foreign_body: bool = False


@dataclass(frozen=True, slots=True)
class PhraseBuilder:
    """Builds the noun phrases of sentences of one article: one language, one day."""

    grammar: Grammar
    world: World
    day: date | None

    def build(self, units: list[Unit]) -> list[Unit]:
        """Classify names, then merge each title with what belongs to it; the result has fewer units."""
        for unit in units:
            self.world.classify(unit, self.day, self.grammar.language.code)
        self._short_names(units)
        result, place = list(units), 0
        while place < len(result):
            if result[place].kind in ("title", "office"):
                place = self._merge(result, place)
            else:
                place += 1
        self._lone_names(result)
        self._attributes(result)
        for unit in result:
            if unit.cls == LEADER and not unit.fillers:
                unit.fillers = (self._filler(unit),)
        return result

    def _merge(self, units: list[Unit], place: int) -> int:
        unit = units[place]
        entry = unit.entry
        kind = "leader"
        if entry is not None and isinstance(entry.referent, Title):
            kind = entry.referent.kind
        elif unit.office not in LEADER_OFFICES:
            kind = "minister"
        phrase = _Phrase(place, place, kind, unit.office, unit.country)
        if unit.country:
            phrase.countries.append(unit.country)
        self._look_left(units, phrase)
        self._look_right(units, phrase)
        self._look_beyond_comma(units, phrase)
        merged = self._decide(units, phrase)
        units[phrase.low : phrase.high + 1] = [merged]
        return phrase.low + 1

    # ------------------------------------------------------------------ what stands around a title
    def _look_left(self, units: list[Unit], phrase: _Phrase) -> None:
        language, steps = self.grammar.language, 0
        place = phrase.low - 1
        while place >= 0 and steps < 5:
            unit = units[place]
            if unit.cls in STATES and (unit.cls != PLACE or unit.possessive or unit.joined or units[place + 1].joined):
                if not self._country_left(units, phrase, place):
                    break
            elif self._marks(units, place, phrase):
                phrase.low = place
            elif unit.kind == "word" and (unit.low in self.grammar.fillers or unit.low.strip("-") == "ex"):
                pass
            elif unit.kind == "word" and self._region(unit):
                phrase.kind, phrase.low = "subnational", place
            elif unit.kind == "word" and phrase.kind == "leader" and self._joined_name(units, place):
                phrase.kind, phrase.low = "body", place
            elif language.name_before_title and unit.cls in _NAMED and phrase.name is None and place == phrase.low - 1:
                phrase.name, phrase.low = unit, place
            elif unit.cls == BODY and (units[place + 1].joined or unit.possessive or place == phrase.low - 1):
                phrase.kind, phrase.low, phrase.foreign_body = "body", place, True
            elif (
                (unit.cls == ADJECTIVE or unit.low in self.grammar.conjunctions)
                and phrase.countries
                and phrase.kind == "plural"
            ):
                pass
            else:
                break
            place -= 1
            steps += 1

    def _country_left(self, units: list[Unit], phrase: _Phrase, place: int) -> bool:
        """Take a country on the left, where it is an adjective, a genitive, a compound's first part, or merely
        precedes.
        """
        unit, language = units[place], self.grammar.language
        adjacent = unit.cls == ADJECTIVE or unit.possessive or unit.case == "of" or units[place + 1].joined
        bare = language.script in ("han", "hangul") or (
            unit.cls == COUNTRY and place == phrase.low - 1 and language.code == "en"
        )
        genitive = unit.cls == COUNTRY and language.compounds and unit.low.endswith(("s", "x", "z"))
        if not (adjacent or bare or genitive) or unit.country is None:
            return False
        if phrase.country and phrase.kind != "plural":
            return False
        phrase.low = place
        phrase.country = phrase.country or unit.country
        phrase.countries.insert(0, unit.country)
        return True

    def _marks(self, units: list[Unit], place: int, phrase: _Phrase) -> bool:
        """Former, elect, deputy: words that change what the title makes of its bearer."""
        unit = units[place]
        if unit.kind != "word":
            return False
        for marker, kind in (("former", "former"), ("elect", "elect"), ("deputy", "deputy")):
            pattern = self.grammar.markers.get(marker)
            if pattern is not None and pattern.fullmatch(unit.low.rstrip("-")):
                phrase.kind = kind
                return True
        return False

    def _region(self, unit: Unit) -> bool:
        """A land, a state of a federation or a province: its president or premier is no leader of a state."""
        regions = self.grammar.markers.get("regions")
        return regions is not None and regions.fullmatch(unit.low) is not None

    def _joined_name(self, units: list[Unit], place: int) -> bool:
        """`Bayern-Präsident`: an unknown first part makes a club or a land of it."""
        return units[place + 1].joined and units[place].low not in self.grammar.fillers and units[place].low.isalpha()

    def _look_right(self, units: list[Unit], phrase: _Phrase) -> None:
        place = phrase.high + 1
        place = self._adjective_right(units, phrase, place)
        place = self._country_right(units, phrase, place)
        place = self._adjective_right(units, phrase, place)
        self._name_right(units, phrase, place)

    def _adjective_right(self, units: list[Unit], phrase: _Phrase, place: int) -> int:
        language = self.grammar.language
        while language.adjective_after and place < len(units):
            unit = units[place]
            marker = any(
                unit.kind == "word"
                and (pattern := self.grammar.markers.get(kind)) is not None
                and pattern.fullmatch(unit.low)
                for kind in ("former", "elect")
            )
            if unit.cls == ADJECTIVE and unit.country:
                phrase.country = phrase.country or unit.country
                phrase.countries.append(unit.country)
            elif marker:
                phrase.kind = "former"
            elif not (unit.kind == "word" and unit.low in self.grammar.fillers):
                break
            phrase.high = place
            place += 1
        return place

    def _country_right(self, units: list[Unit], phrase: _Phrase, place: int) -> int:
        """`of France`, `der Ukraine`, `von Kanada`, a bare genitive; `of` anything else makes a club or body of it."""
        if place >= len(units) or (phrase.country and phrase.kind != "plural"):
            return place
        start, tied = place, False
        unit = units[place]
        word = unit.low
        if unit.kind == "word" and self.grammar.adpositions.get(word) in ("of", "from") and not unit.joined:
            tied, place = True, place + 1
        while place < len(units) and units[place].kind == "word" and (units[place].low in self.grammar.articles):
            tied = tied or units[place].low in self.grammar.genitive_articles
            place += 1
        if place >= len(units):
            return start
        unit = units[place]
        bare = (
            unit.link == "of" or unit.case in ("of", "dative", "of_or_to") or self.grammar.language.script == "arabic"
        )
        if unit.cls in STATES and unit.cls != ADJECTIVE and unit.country and (tied or (bare and place == start)):
            return self._countries_right(units, phrase, place)
        if (
            tied
            and phrase.kind != "plural"
            and unit.cased[:1].isupper()
            and unit.cls in ("", BODY)
            and word in self.grammar.adpositions
            and unit.kind in ("word", "organization")
        ) and not (self.grammar.language.nouns_capital and unit.cls == ""):
            phrase.kind, phrase.high, phrase.foreign_body = "body", place, True
            return place + 1
        return start

    def _countries_right(self, units: list[Unit], phrase: _Phrase, place: int) -> int:
        """One country, or for a plural title a list of them."""
        first = units[place].country
        phrase.country = phrase.country or first
        phrase.countries.append(first or "")
        phrase.high = place
        place += 1
        while phrase.kind == "plural" and place < len(units):
            unit = units[place]
            if unit.cls in STATES and unit.country:
                phrase.countries.append(unit.country)
                phrase.high = place
            elif not (
                unit.low in self.grammar.conjunctions or unit.low in (",", "、") or unit.low in self.grammar.articles
            ):
                break
            place += 1
        return phrase.high + 1

    def _name_right(self, units: list[Unit], phrase: _Phrase, place: int) -> None:
        if phrase.kind == "plural" or phrase.name is not None:
            return
        skipped = 0
        while place < len(units) and skipped < 3:
            unit = units[place]
            if unit.cls in _NAMED:
                phrase.name, phrase.high = unit, place
                return
            title_again = unit.kind == "title" and unit.low == "general"
            capital = unit.kind == "word" and unit.cased[:1].isupper() and unit.low.isalpha() and not unit.joined
            particle = unit.kind == "word" and unit.low in self.grammar.particles and skipped > 0
            if not (capital or particle or title_again or (unit.kind == "word" and unit.low in self.grammar.fillers)):
                break
            skipped += 1
            place += 1
        self._unknown_name(units, phrase)

    def _unknown_name(self, units: list[Unit], phrase: _Phrase) -> None:
        """One to three unknown capitalised words after a title are its bearer's name."""
        place = phrase.high + 1
        words: list[Unit] = []
        while place < len(units) and len(words) < 3:
            unit = units[place]
            name_like = unit.kind == "word" and unit.cased[:1].isupper() and unit.low.isalpha() and not unit.joined
            if not (name_like or (words and unit.low in self.grammar.particles)):
                break
            words.append(unit)
            place += 1
        if words and self.grammar.language.capitals:
            text = " ".join(unit.cased for unit in words)
            phrase.surname = text
            phrase.high = place - 1

    def _look_beyond_comma(self, units: list[Unit], phrase: _Phrase) -> None:
        """`Name, president of C,` and `the president of C, Name`: the title says who the name beyond the comma is."""
        if phrase.name is not None or phrase.surname or phrase.kind == "plural":
            return
        after = units[phrase.high + 1 : phrase.high + 3]
        if phrase.country and len(after) == 2 and after[0].low in (",", "،") and after[1].cls in (LEADER, WEAK, FORMER):
            if after[1].country == phrase.country:
                phrase.name, phrase.high = after[1], phrase.high + 2
                return
        place = phrase.low - 1
        if place >= 0 and units[place].low in self.grammar.articles:
            place -= 1
        if place >= 1 and units[place].low in (",", "(") and units[place - 1].cls in (LEADER, WEAK, FORMER):
            before = units[place - 1]
            same = phrase.country is None or before.country == phrase.country
            after = units[phrase.high + 1] if phrase.high + 1 < len(units) else None
            closed = after is None or after.kind == "punct"
            if same and closed and (phrase.country or place == phrase.low - 1):
                phrase.name, phrase.low = before, place - 1

    # ------------------------------------------------------------------ what it makes of its bearer
    def _decide(self, units: list[Unit], phrase: _Phrase) -> Unit:
        first, last = units[phrase.low], units[phrase.high]
        inner = units[phrase.low : phrase.high + 1]
        title = next(unit for unit in inner if unit.kind in ("title", "office"))
        merged = Unit(
            first.start, last.end, " ".join(unit.low for unit in inner), "phrase", first.cased, parts=inner,
            office=phrase.office, country=phrase.country, case=title.case, link=first.link or title.link,
        )  # fmt: skip
        merged.possessive = last.possessive
        merged.joined = first.joined
        if phrase.name is not None:
            merged.case = phrase.name.case if phrase.name.case != "bare" else merged.case
            merged.link = merged.link or phrase.name.link
        if last.link and self.grammar.language.script == "hangul":
            merged.link = last.link
        if phrase.name is not None and not phrase.country and phrase.kind == "leader":
            merged.country = phrase.name.country
        if merged.country is None and phrase.name is None and not phrase.surname and phrase.kind == "leader":
            merged.country = self._usual_country(title)
        merged.cls = self._class(phrase, merged)
        return merged

    def _usual_country(self, title: Unit) -> str | None:
        """The state that a title means where none is named."""
        entry = title.entry
        return entry.referent.country if entry and isinstance(entry.referent, Title) else None

    def _class(self, phrase: _Phrase, merged: Unit) -> str:
        if phrase.kind in ("former", "elect"):
            return self._bearer(phrase, merged, FORMER)
        if phrase.kind in _MINISTERIAL or phrase.foreign_body:
            return self._bearer(phrase, merged, MINISTER)
        if phrase.kind == "plural":
            merged.fillers = tuple(self._office_filler(country, None) for country in dict.fromkeys(phrase.countries))
            return PLURAL
        if phrase.name is not None:
            return self._known(phrase, merged)
        if merged.country is None:
            merged.name = phrase.surname
            return TITLE
        merged.name = phrase.surname
        merged.fillers = (
            Filler(name=phrase.surname, country=merged.country)
            if phrase.surname
            else self._office_filler(merged.country, phrase.office),
        )
        return LEADER

    def _known(self, phrase: _Phrase, merged: Unit) -> str:
        name = phrase.name
        if name is None or name.person is None:
            merged.fillers = (Filler(name=name.name if name else "", country=merged.country),)
            return LEADER if merged.country else OTHER
        people = {
            reading.entry.referent.id: reading.entry.referent
            for reading in name.readings
            if isinstance(reading.entry.referent, Person)
        }
        person = self.world.prefer(people.values(), self.day, merged.country)
        cls, country, _ = self.world.standing(person, self.day)
        merged.person = person
        of_office = any(part.kind == "office" for part in merged.parts)
        if cls == LEADER and (merged.country in (None, country) or of_office):
            merged.country = country
            merged.fillers = (self.world.person_filler(person, country),)
            return LEADER
        ruled = {term.country for term in person.terms if term.office in LEADER_OFFICES}
        if phrase.country is None or (cls == FORMER and merged.country in ruled):
            return cls
        merged.person = None
        merged.fillers = (Filler(name=name.cased or name.name, country=merged.country),)
        return LEADER

    def _bearer(self, phrase: _Phrase, merged: Unit, cls: str) -> str:
        if phrase.name is not None:
            merged.person = phrase.name.person
            merged.country = phrase.country or phrase.name.country
        return cls

    def _office_filler(self, country: str, office: str | None) -> Filler:
        holder = self.world.holder(country, office, self.day)
        if holder is not None:
            return self.world.person_filler(holder, country)
        return self.world.country_filler(country)

    def _filler(self, unit: Unit) -> Filler:
        if unit.person is not None:
            return self.world.person_filler(unit.person, unit.country)
        return Filler(name=unit.name or unit.cased, country=unit.country)

    # ------------------------------------------------------------------ names without a title
    def _short_names(self, units: list[Unit]) -> None:
        """Names of one syllable (\u7f8e, \ud55c) count in pairs, before a title or a head, and after an adposition."""
        short = [unit.entry is not None and unit.entry.kind == "short" for unit in units]
        for place, unit in enumerate(units):
            if not short[place]:
                continue
            after = units[place + 1] if place + 1 < len(units) and units[place + 1].start == unit.end else None
            before = units[place - 1] if place and units[place - 1].end == unit.start else None
            counts = after is not None and (short[place + 1] or after.kind in ("title", "trigger"))
            counts = counts or (before is not None and (short[place - 1] or before.low in self.grammar.adpositions))
            if not counts:
                unit.cls, unit.country, unit.kind = "", None, "word"

    def _lone_names(self, units: list[Unit]) -> None:
        """`ex-President`-less names: a marker before, a country before or a name that needs support."""
        sure = any(unit.cls == LEADER for unit in units)
        for place, unit in enumerate(units):
            if unit.cls not in (WEAK, LEADER) or unit.kind == "phrase":
                continue
            before = units[place - 1] if place else None
            if before is not None and before.kind == "word":
                former = self.grammar.markers.get("former")
                if former is not None and former.fullmatch(before.low.rstrip("-")):
                    unit.cls = FORMER
                    continue
            if before is not None and before.cls in STATES and before.country and before.country != unit.country:
                self._prefer(unit, before.country)
            country_before = before is not None and before.country == unit.country and before.cls in STATES
            if unit.cls == WEAK:
                unit.cls = LEADER if country_before or (sure and self._alone(units, place)) else WEAK
            if country_before and before is not None and unit.cls == LEADER:
                before.cls = ""

    def _alone(self, units: list[Unit], place: int) -> bool:
        """Whether no unknown capitalised word stands beside a name, with which it would be another name."""
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

    def _attributes(self, units: list[Unit]) -> None:
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
            ):
                unit.attribute = True
            elif after is not None and after.kind == "word" and relative is not None and relative.fullmatch(after.low):
                unit.attribute = unit.possessive or after.joined or unit.case == "of"
            elif (
                after is not None
                and after.joined
                and after.trigger is None
                and place + 1 < len(units)
                and units[place + 1] is after
            ) or (after is not None and self._owns(units, place, after)):
                unit.attribute = True
            self._governed(units, place, relative)

    def _owns(self, units: list[Unit], place: int, after: Unit) -> bool:
        """`Trump's capture of …`, `Putins Palast`: a possessor whose noun is no head is no participant."""
        unit, language = units[place], self.grammar.language
        if language.nouns_capital:
            genitive = unit.case == "of" or unit.possessive
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
        """`adviser to President X`, `Sprecher von X`, `wife of X`: M or a relative before, tied by of."""
        unit, back = units[place], place - 1
        tied = unit.case == "of" and not unit.possessive
        while back >= 0 and units[back].kind == "word" and place - back <= 3:
            low = units[back].low
            if self.grammar.adpositions.get(low) in ("of", "to", "for") or low in self.grammar.genitive_articles:
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
