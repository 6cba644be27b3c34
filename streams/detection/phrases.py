"""Noun phrases: titles, adjectives, countries and names that belong together become one unit."""

from dataclasses import dataclass, field
from datetime import date

from streams.detection.grammar import Grammar
from streams.detection.names import NameReader
from streams.detection.pairs import PairReader
from streams.detection.units import (
    ADJECTIVE,
    BODY,
    COUNTRY,
    FORMER,
    LEADER,
    MINISTER,
    NAMED,
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
_MANY = ("ы", "и", "ов", "ам", "ами", "ах", "ів")
"""Endings that make a Russian or Ukrainian title of a man a plural, whatever the case."""


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
    bearers: list[Unit] = field(default_factory=list)
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
        units = PairReader(self.grammar, self.world, self._office_filler).join(units)
        names = NameReader(self.grammar, self.world, self.day)
        names.short_names(units)
        names.combining(units)
        names.sides(units)
        result, place = list(units), 0
        while place < len(result):
            if result[place].kind in ("title", "office"):
                place = self._merge(result, place)
            else:
                place += 1
        names.lone_names(result)
        names.attributes(result)
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
        if kind == "leader" and self._of_several(units, place):
            kind = "plural"
        phrase = _Phrase(place, place, kind, unit.office, unit.country)
        if unit.country:
            phrase.countries.append(unit.country)
        self._look_left(units, phrase)
        self._look_right(units, phrase)
        self._look_beyond_comma(units, phrase)
        merged = self._decide(units, phrase)
        units[phrase.low : phrase.high + 1] = [merged]
        return phrase.low + 1

    def _of_several(self, units: list[Unit], place: int) -> bool:
        """A form that is also a plural is one where two states follow it: `президентов России и Турции`."""
        referents = [reading.entry.referent for reading in units[place].readings]
        plural = [referent for referent in referents if isinstance(referent, Title) and referent.kind == "plural"]
        if not plural:
            return False
        first = units[place].low.split()[0]
        feminine = any(
            isinstance(r, Title) and r.kind == "leader" and r.form.split()[0].endswith("а") for r in referents
        )
        if self.grammar.language.script == "cyrillic" and first.endswith(_MANY) and not feminine:
            return True
        following = units[place + 1 : place + 4]
        states = [unit for unit in following if unit.cls in STATES]
        return len(states) == 2 and any(unit.low in self.grammar.conjunctions for unit in following)

    # ------------------------------------------------------------------ what stands around a title
    def _look_left(self, units: list[Unit], phrase: _Phrase) -> None:
        place = phrase.low - 1
        for _ in range(5):
            if place < 0 or not self._belongs_left(units, phrase, place):
                return
            place -= 1

    def _belongs_left(self, units: list[Unit], phrase: _Phrase, place: int) -> bool:
        """Whether a unit on the left belongs to the phrase, or may stand inside it."""
        unit, following = units[place], units[place + 1]
        if phrase.kind == "plural" and phrase.countries and unit.low == ",":
            return place > 0 and units[place - 1].cls in (COUNTRY, ADJECTIVE, PLACE)
        capital = phrase.kind == "plural" and unit.acts and self.grammar.language.code == "en"
        if unit.cls in STATES and (unit.cls != PLACE or unit.possessive or unit.joined or following.joined or capital):
            return self._country_left(units, phrase, place)
        if unit.kind == "word":
            return self._word_left(units, phrase, place)
        if (
            self.grammar.language.name_before_title
            and unit.cls in NAMED
            and phrase.name is None
            and place == phrase.low - 1
        ):
            phrase.name, phrase.low = unit, place
            return True
        if (
            unit.cls == BODY
            and phrase.kind != "plural"
            and (following.joined or unit.possessive or place == phrase.low - 1)
        ):
            phrase.kind, phrase.low, phrase.foreign_body = "body", place, True
            return True
        return False

    def _word_left(self, units: list[Unit], phrase: _Phrase, place: int) -> bool:
        """Words before a title: markers (`former`), fillers (`new`), regions and unknown first parts of compounds."""
        unit = units[place]
        if self._marks(units, place, phrase):
            phrase.low = place
            return True
        if self._region(unit):
            phrase.kind, phrase.low = "subnational", place
            return True
        if unit.low in self.grammar.fillers or unit.low.strip("-") == "ex":
            return True
        if phrase.kind == "leader" and self._joined_name(units, place):
            phrase.kind, phrase.low = "body", place
            return True
        return unit.low in self.grammar.conjunctions and phrase.kind == "plural" and bool(phrase.countries)

    def _country_left(self, units: list[Unit], phrase: _Phrase, place: int) -> bool:
        """Take a country on the left, where it is an adjective, a genitive, a compound's first part, or merely
        precedes.
        """
        unit, language = units[place], self.grammar.language
        adjacent = unit.cls == ADJECTIVE or unit.possessive or unit.case == "of" or units[place + 1].joined
        listed = phrase.kind == "plural" and bool(phrase.countries)
        bare = (
            listed
            or language.script in ("han", "hangul")
            or (unit.cls in (COUNTRY, PLACE) and place == phrase.low - 1 and language.code == "en")
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
            elif (
                phrase.kind == "plural"
                and (unit.low in self.grammar.conjunctions or unit.low == ",")
                and phrase.countries
                and any(later.cls == ADJECTIVE and later.country for later in units[place + 1 : place + 2])
            ):
                place += 1
                continue
            elif phrase.kind == "plural" and phrase.countries and unit.cls in NAMED:
                phrase.bearers.append(unit)
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
                unit.low in self.grammar.conjunctions
                or unit.low in (",", "、")
                or unit.low in self.grammar.articles
                or self.grammar.adpositions.get(unit.low) == "of"
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
            if unit.cls in NAMED:
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
        if self._name_beyond_comma(units, phrase):
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

    def _name_beyond_comma(self, units: list[Unit], phrase: _Phrase) -> bool:
        """`the president of C, Name`: the name after the comma, if it is of the same country."""
        beyond = units[phrase.high + 1 : phrase.high + 3]
        if not phrase.country or len(beyond) < 2 or beyond[0].low not in (",", "،"):
            return False
        name = beyond[1]
        if name.cls not in (LEADER, WEAK, FORMER) or name.country != phrase.country:
            return False
        phrase.name, phrase.high = name, phrase.high + 2
        return True

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
            bearers = {unit.country: self._filler(unit) for unit in phrase.bearers if unit.cls == LEADER}
            merged.fillers = tuple(
                bearers.get(country) or self._office_filler(country, None)
                for country in dict.fromkeys(phrase.countries)
            )
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
