"""States side by side that stand for their leaders: `中日韩领导人会议`, `한미일 정상`, `قمة مصرية تركية`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from streams.detection.chinese import AMONG, COUNTERS
from streams.detection.grammar import Grammar
from streams.detection.units import ADJECTIVE, COUNTRY, LEADER, NAMED, PLURAL, Unit
from streams.detection.world import World
from streams.knowledge import LEADER_OFFICES, Organization
from streams.languages.language import Title
from streams.messages import Filler

_MOST = 5
"""So many states at most are written side by side."""


@dataclass(frozen=True, slots=True)
class PairReader:
    """Joins states that stand before (in Arabic after) a word for leaders or for a meeting that only leaders hold.

    `holder` gives the filler for the leader of a country in an office, or in any.
    """

    grammar: Grammar
    world: World
    holder: Callable[[str, str | None], Filler]

    def join(self, units: list[Unit]) -> list[Unit]:
        """The units with each such group of states, and the word for its leaders, as one unit."""
        script = self.grammar.language.script
        find = {"han": self._han, "hangul": self._hangul, "arabic": self._arabic}.get(script)
        if find is None:
            return units
        for number, unit in enumerate(units if script == "hangul" else ()):
            self._visited(unit)
            _name_or_head(units, number)
        result: list[Unit] = []
        place = 0
        while place < len(units):
            found = find(units, place)
            if found is None:
                result.append(units[place])
                place += 1
            else:
                unit, place = found
                result.append(unit)
        return result

    # ------------------------------------------------------------------ one script after the other
    def _han(self, units: list[Unit], place: int) -> tuple[Unit, int] | None:
        """`中日韩`, `苏丹和南苏丹`: short names touch, long ones want a conjunction between them."""
        if (group := self._gathering(units, place)) is not None:
            return group
        states, end = self._run(units, place)
        office = units[end] if end < len(units) else None
        if states and office is not None and self._of_office(states[-1], office):
            countries = [*(self._among(unit, states) for unit in states), str(office.country)]
            return self._merged(units[place : end + 1], countries, office.office, ""), end + 1
        if len(states) < 2:
            return None
        countries = [self._among(unit, states) for unit in states]
        after = end
        while after < len(units) and units[after].kind == "word" and units[after].low in COUNTERS:
            after += 1
        return self._close(units, place, end, after, countries)

    def _gathering(self, units: list[Unit], place: int) -> tuple[Unit, int] | None:
        """`欧盟领导人`, `上合组织成员国元首`: the leaders of a union, none of them by name."""
        body = units[place]
        referent = body.entry.referent if body.entry is not None else None
        if not isinstance(referent, Organization) or referent.kind not in ("union", "alliance", "summit"):
            return None
        after = place + 1
        while after < len(units) and units[after].kind == "word" and units[after].low in COUNTERS:
            after += 1
        closing = units[after] if after < len(units) else None
        title = closing.entry.referent if closing is not None and closing.entry is not None else None
        if closing is None or not isinstance(title, Title) or title.kind not in ("leader", "plural") or title.office:
            return None
        beyond = units[after + 1] if after + 1 < len(units) else None
        if beyond is not None and beyond.cls in NAMED and beyond.start == closing.end:
            return None
        return self._merged(units[place : after + 1], [], None, ""), after + 1

    def _run(self, units: list[Unit], place: int) -> tuple[list[Unit], int]:
        states: list[Unit] = []
        while place < len(units) and len(states) < _MOST and units[place].cls == COUNTRY:
            unit = units[place]
            states.append(unit)
            place += 1
            if place >= len(units) - 1 or units[place].start != unit.end:
                break
            following = units[place]
            joined = following.low in self.grammar.conjunctions or following.low in ("、", ",")
            if joined and units[place + 1].cls == COUNTRY:
                place += 1
            elif not (_is_short(unit) and _is_short(following)):
                break
        return states, place

    def _of_office(self, state: Unit, office: Unit) -> bool:
        """`俄美总统`: the last state stands in the word for its office."""
        known = self.world.shorts(self.grammar.language.code)
        return (
            office.kind == "office"
            and office.office in LEADER_OFFICES
            and _is_short(state)
            and state.end == office.start
            and known.get(office.low[:1]) == office.country
        )

    def _among(self, unit: Unit, states: Iterable[Unit]) -> str:
        """Which state a short name of several means beside the others (`巴`: Pakistan beside India)."""
        for other in states:
            found = AMONG.get((unit.low, other.low)) if other is not unit else None
            if found is not None:
                return found
        return AMONG.get((unit.low, "")) or str(unit.country)

    def _hangul(self, units: list[Unit], place: int) -> tuple[Unit, int] | None:
        """`한미일`, `한·미·일`: one syllable for each state."""
        if place and units[place - 1].cls and units[place - 1].end == units[place].start:
            return None  # a particle
        shorts = self.world.shorts(self.grammar.language.code)
        countries: list[str] = []
        end = place
        while end < len(units) and len(countries) < _MOST:
            unit = units[end]
            if unit.low in ("·", "-", "ㆍ") and countries:
                end += 1
                continue
            if unit.cls == COUNTRY and unit.country and not unit.link:
                countries.append(unit.country)
                end += 1
                continue
            syllables = [shorts[letter] for letter in unit.low if letter in shorts]
            if unit.kind not in ("word", "short") or len(syllables) != len(unit.low) or not syllables:
                break
            countries.extend(syllables)
            end += 1
        if len(set(countries)) < 2 or end >= len(units):
            return None
        return self._close(units, place, end, end, countries)

    def _visited(self, unit: Unit) -> None:
        """`방중`: a visit whose second syllable is the state visited."""
        head = unit.trigger.entry if unit.trigger is not None else None
        if head is None or getattr(head.referent, "frame", "") != "visit" or len(head.stems[0].text) != 2:
            return
        unit.country = self.world.shorts(self.grammar.language.code).get(head.stems[0].text[1])

    def _arabic(self, units: list[Unit], place: int) -> tuple[Unit, int] | None:
        """`قمة مصرية تركية`: two adjectives after a word for a summit."""
        if not place or not self._is_summit(units[place - 1]):
            return None
        end = place
        while end < len(units) and (
            units[end].cls == ADJECTIVE or (end > place and units[end].low in ("-", *self.grammar.conjunctions))
        ):
            end += 1
        countries = [str(unit.country) for unit in units[place:end] if unit.country]
        if len(set(countries)) < 2:
            return None
        return self._merged(units[place:end], countries, None, "of"), end

    # ------------------------------------------------------------------ what closes a group
    def _close(
        self, units: list[Unit], place: int, end: int, after: int, countries: list[str]
    ) -> tuple[Unit, int] | None:
        """With the word for leaders that follows, or before a meeting of leaders; None where neither follows."""
        if after >= len(units):
            return None
        closing = units[after]
        if self._is_summit(closing):
            return self._merged(units[place:after], countries, None, "between"), after
        title = closing.entry.referent if closing.entry is not None else None
        if not isinstance(title, Title) or title.kind not in ("leader", "plural"):
            return None
        beyond = units[after + 1] if after + 1 < len(units) else None
        if beyond is not None and beyond.cls in NAMED and beyond.cls != LEADER and beyond.start == closing.end:
            return None
        if beyond is not None and beyond.cls == LEADER and beyond.country in countries:
            return None
        return self._merged(units[place : after + 1], countries, title.office, closing.link), after + 1

    def _is_summit(self, unit: Unit) -> bool:
        pattern = self.grammar.markers.get("summits")
        return bool(unit.triggers) and pattern is not None and pattern.match(unit.low) is not None

    def _merged(self, parts: list[Unit], countries: list[str], office: str | None, link: str) -> Unit:
        first, last = parts[0], parts[-1]
        unit = Unit(first.start, last.end, " ".join(part.low for part in parts), "phrase", first.cased, cls=PLURAL)
        unit.parts, unit.office, unit.link = parts, office, link
        unit.fillers = tuple(self.holder(country, office) for country in dict.fromkeys(countries))
        return unit


def _name_or_head(units: list[Unit], place: int) -> None:
    """`전차 10대 인도`: a word for a state and for handing over is a head where it closes what tells of a weapon."""
    unit = units[place]
    if unit.cls != COUNTRY or not unit.triggers:
        return
    after = units[place + 1] if place + 1 < len(units) else None
    closes = after is None or after.kind == "punct" or after.low.startswith("...")
    if closes and any(other.weapon is not None for other in units[:place]):
        unit.cls, unit.country, unit.kind, unit.readings = "", None, "trigger", ()
    else:
        unit.triggers = ()


def _is_short(unit: Unit) -> bool:
    return unit.entry is not None and unit.entry.kind == "short"
