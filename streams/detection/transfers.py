"""Frames of arms transfers: who supplies whom with what."""

from streams.detection.arabic import receiver, within_deal
from streams.detection.candidate import Candidate
from streams.detection.fillers import add_filler
from streams.detection.makers import add_makers, add_owners
from streams.detection.parties import actors_of, describes_weapon, is_passive, subjects_of
from streams.detection.plausible import announced, check_transfer, comments, says
from streams.detection.sides import ARRIVING, BARE, FROM, TAKE_TO, TO, Sides
from streams.detection.units import ADJECTIVE, BODY, COUNTRY, GROUP, LEADER, PLACE, STATES, Unit
from streams.detection.weapons import arms_near, weapons_handed
from streams.detection.world import World
from streams.knowledge import Weapon
from streams.messages import Filler


def find_transfer(candidate: Candidate, world: World) -> Candidate:
    """Fill supplier, recipient and weapon of a transfer candidate, or refuse it."""
    weapons = weapons_handed(candidate, world)
    if not weapons:
        return candidate.refuse("no weapon is what is handed over")
    if within_deal(candidate):
        return candidate.refuse("the deal before it tells this")
    sides = Sides()
    actors = actors_of(candidate)
    _FRAMES[candidate.trigger.frame](candidate, actors, sides)
    if describes_weapon(candidate, actors):
        candidate.status = "background"
    _asked(candidate, sides)
    add_makers(candidate, sides)
    add_owners(candidate, sides)
    _from_governing(candidate, sides)
    _from_dependent(candidate, sides)
    _from_heading(candidate, sides)
    _fill(candidate, sides, weapons, world)
    return check_transfer(candidate, sides)


def _give(candidate: Candidate, actors: list[Unit], sides: Sides) -> None:
    """`A sends B weapons`, `A liefert Waffen an B`, passive `weapons are sent to B by A`."""
    candidate.score = max(candidate.score, 0.6) if candidate.score == 0.6 else 0.88
    passive = is_passive(candidate)
    subjects = [] if passive else subjects_of(candidate, actors)
    handed = receiver(candidate, actors)
    if handed is not None:
        sides.recipient.append(handed)
        subjects = [unit for unit in actors if unit.end <= candidate.unit.start and unit.link in BARE][-1:]
    sides.supplier.extend(subjects)
    for unit in actors:
        if unit in sides.supplier or unit in sides.recipient:
            continue
        if unit.link == "of" and candidate.analysis.grammar.language.order == "sov":
            sides.supplier.extend([] if sides.supplier else [unit])
        elif unit.link in TO or (unit.link in ("of_or_to", "of") and not unit.possessive and unit.cls != LEADER):
            sides.recipient.append(unit)
        elif unit.link in FROM:
            sides.supplier.append(unit)
        elif _is_object(candidate, unit, passive=passive) or (
            unit.link == "in"
            and (unit.start >= candidate.unit.end or _into(candidate, unit))
            and _only_place(candidate, sides)
        ):
            sides.recipient.append(unit)
    if candidate.analysis.grammar.language.order == "sov":
        _talked_about(candidate, actors, sides)


def _announce(candidate: Candidate, actors: list[Unit], sides: Sides) -> None:
    """`A announces tanks for B`: what is announced must be the arms themselves, followed by whom they are for."""
    candidate.score = 0.8
    units = candidate.analysis.units
    sides.supplier.extend(subjects_of(candidate, actors))
    for unit in actors:
        near = units[max(0, units.index(unit) - 4) : units.index(unit)]
        if unit.link == "for" and unit not in sides.supplier and any(other.weapon is not None for other in near):
            sides.recipient.append(unit)
    if not sides.recipient or not sides.supplier:
        candidate.refuse("not arms for somebody are announced")


def _arm(candidate: Candidate, actors: list[Unit], sides: Sides) -> None:
    """`A arms B`: the word is a noun too, so that both sides must stand right beside it."""
    units = candidate.analysis.units
    place = units.index(candidate.unit)
    beside = units[max(0, place - 1) : place], units[place + 1 : place + 2]
    before, after = ([unit for unit in near if unit in actors] for near in beside)
    if not before or not after:
        candidate.refuse("not who arms whom")
        return
    candidate.score = 0.8
    sides.supplier.extend(before)
    sides.recipient.extend(after)


def _is_object(candidate: Candidate, unit: Unit, *, passive: bool) -> bool:
    """A bare name that the active head takes: after it, or before it where the verb closes the clause."""
    if passive or unit.link not in ("", "object", "bare"):
        return False
    if unit.start < candidate.unit.end:
        return _verb_last(candidate)
    return unit.link == "object" or candidate.analysis.grammar.language.compounds or _right_after(candidate, unit)


def _right_after(candidate: Candidate, unit: Unit) -> bool:
    """`sends B tanks`: only articles, adjectives and other receivers stand between a head and who receives."""
    grammar = candidate.analysis.grammar
    between = [u for u in candidate.analysis.units if candidate.unit.end <= u.start and u.end <= unit.start]
    return all(u.low in grammar.articles | grammar.conjunctions | grammar.fillers or u.cls in STATES for u in between)


def _verb_last(candidate: Candidate) -> bool:
    """German infinitives and participles and every Korean verb close the clause: objects stand before them."""
    language = candidate.analysis.grammar.language
    return language.order == "sov" or (
        language.compounds and candidate.tense in ("infinitive", "participle", "present")
    )


def _into(candidate: Candidate, unit: Unit) -> bool:
    """`in die Ukraine`, `in den Irak`: the accusative after a German preposition of place says where to."""
    grammar, units = candidate.analysis.grammar, candidate.analysis.units
    place = units.index(unit)
    if not grammar.language.compounds or not place:
        return False
    article = units[place - 1].low
    return article == "die" or (article == "den" and unit.low in grammar.masculine)


def _only_place(candidate: Candidate, sides: Sides) -> bool:
    return not sides.recipient and candidate.analysis.grammar.language.code in ("de", "ru", "uk", "fr", "es")


def _get(candidate: Candidate, actors: list[Unit], sides: Sides) -> None:
    """`B gets weapons from A`, `B buys A's jets`."""
    candidate.score = 0.8
    passive = is_passive(candidate)
    subjects = [] if passive else subjects_of(candidate, actors)
    sides.recipient.extend(subjects)
    for unit in actors:
        if unit in sides.recipient:
            continue
        if (
            unit.link == "from"
            or (unit.link in ("at", "with") and not passive)
            or (unit.possessive and unit.cls in STATES)
            or _seller(candidate, unit, passive=passive or not subjects)
        ):
            sides.supplier.append(unit)
        elif unit.link == "by":
            (sides.recipient if passive else sides.supplier).append(unit)
        elif unit.link == "in" and subjects and not sides.supplier and unit.country != subjects[0].country:
            sides.supplier.append(unit)
        elif unit.link in ("to", "dative", "for") and not subjects:
            sides.recipient.append(unit)


def _seller(candidate: Candidate, unit: Unit, *, passive: bool) -> bool:
    """`achète à B`, `compra a B`, `reçoit de B`, `向B订购`, `收到B提供的`: from whom, without a word for from."""
    language, units = candidate.analysis.grammar.language, candidate.analysis.units
    if passive or unit.cls not in (*STATES, BODY):
        return False
    if language.code in TAKE_TO:
        return unit.link in ("to", "of") and unit.start >= candidate.unit.end
    if language.script == "han" and unit.link == "to":
        return True
    following = units[units.index(unit) + 1 : units.index(unit) + 2]
    return language.script == "han" and any(
        getattr(hit.entry.referent, "frame", "") == "give" for other in following for hit in other.triggers
    )


def _supply(candidate: Candidate, actors: list[Unit], sides: Sides) -> None:
    """A noun: `A's delivery of weapons to B`, `US-Waffenlieferungen an B`, `A approves the sale to B`."""
    if candidate.unit.link in ("at", "against") and candidate.analysis.grammar.language.compounds:
        candidate.refuse("the transfer is only the occasion of something else")
        return
    candidate.score = 0.78
    units = candidate.analysis.units
    head = units.index(candidate.unit)
    own: list[Unit] = []
    near = 1 if comments(candidate) else 4
    handed = receiver(candidate, actors)
    if handed is not None and not any(unit.link in TO for unit in actors):
        sides.recipient.append(handed)
        actors = [unit for unit in actors if unit is not handed]
    for unit in actors:
        after = unit.start >= candidate.unit.end
        if unit.link in TO or (
            unit.link in ("in", "object") and after and unit.cls in (COUNTRY, PLACE) and _adjacent(units, head, unit)
        ):
            sides.recipient.append(unit)
        elif unit.link in FROM or (unit.link in ("of", "of_or_to") and not after and head - units.index(unit) <= near):
            sides.supplier.append(unit)
        elif (
            unit.link in ("of", "of_or_to", "dative")
            and after
            and candidate.analysis.grammar.language.script == "cyrillic"
        ):
            (sides.recipient if unit.link != "of" else own).append(unit)
        elif unit.link in ("of", "of_or_to") and after:
            own.append(unit)
    sides.supplier.extend(unit for unit in own if not sides.supplier and unit.country is not None)
    _talked_about(candidate, actors, sides)
    if not sides.supplier and not comments(candidate):
        subjects = [unit for unit in subjects_of(candidate, actors) if unit not in sides.recipient]
        sides.supplier.extend(subjects)
        if len({unit.country for unit in subjects}) == _PAIR and not sides.recipient and says(candidate, "agreement"):
            candidate.notes.append("pair")


def _talked_about(candidate: Candidate, actors: list[Unit], sides: Sides) -> None:
    """`talks with B about deliveries`: open yet, and B receives unless the arms are B's make."""
    clause = candidate.analysis.clause(candidate.unit.clause)
    head = clause.index(candidate.unit)
    verb_last = candidate.analysis.grammar.language.order == "sov"
    near = clause[head + 1 : head + 4] if verb_last else clause[:head]
    frames = {getattr(hit.entry.referent, "frame", "") for unit in near if unit.link != "near" for hit in unit.triggers}
    talks = frames & ({"talk"} if verb_last else {"talk", "meet", "meeting"})
    if says(candidate, "agreement"):
        return
    if not talks or (candidate.unit.link != "about" and "talk" not in talks):
        return
    candidate.status = "possible"
    if sides.recipient or sides.supplier:
        return
    made = {unit.country for unit in clause if unit.cls == ADJECTIVE}
    for unit in actors:
        if unit.cls == LEADER and unit.link == "with":
            (sides.supplier if unit.country in made else sides.recipient).append(unit)


def _adjacent(units: list[Unit], head: int, unit: Unit) -> bool:
    return 0 < units.index(unit) - head <= 4


def _arrive(candidate: Candidate, actors: list[Unit], sides: Sides) -> None:
    """`Weapons from A have arrived in B`."""
    candidate.score = 0.72
    clause = candidate.analysis.clause(candidate.unit.clause)
    if not any(u.weapon is not None and not u.weapon.ambiguous and u.link in ARRIVING for u in clause):
        candidate.refuse("it is no weapon that arrives")
        return
    for unit in actors:
        beside = candidate.analysis.grammar.language.script == "han" and unit.start >= candidate.unit.end
        reached = candidate.trigger.id.endswith(".reach") and unit.start >= candidate.unit.end
        if unit.link in ("in", "to", "at", "near", "for") or ((beside or reached) and unit.link in (*BARE, "object")):
            sides.recipient.append(unit)
        elif unit.link in ("from", "by", "of"):
            sides.supplier.append(unit)


def _deal(candidate: Candidate, actors: list[Unit], sides: Sides) -> None:
    """`A and B sign an arms deal`: the larger exporter sells."""
    candidate.score = 0.7
    clause = candidate.analysis.clause(candidate.unit.clause)
    pair = [unit for unit in actors if unit.link in (*BARE, "with", "between", "of", "object")]
    adjectives = [unit for unit in clause if unit.cls == ADJECTIVE]
    for unit in actors:
        if unit.link in TO and unit.cls != LEADER:
            sides.recipient.append(unit)
        elif unit.link == "from":
            sides.supplier.append(unit)
    if not sides.recipient and not sides.supplier:
        candidate.notes.append("pair")
        sides.supplier.extend([*pair, *adjectives])
    elif not sides.supplier:
        sides.supplier.extend(unit for unit in pair if unit not in sides.recipient)
    elif not sides.recipient:
        sides.recipient.extend(unit for unit in subjects_of(candidate, actors) if unit not in sides.supplier)


def _request(candidate: Candidate, actors: list[Unit], sides: Sides) -> None:
    """`A asks B for weapons`: who asks would receive, who is asked would supply; both must be named."""
    candidate.score = 0.72
    sides.recipient.extend(subjects_of(candidate, actors))
    rest = [unit for unit in actors if unit not in sides.recipient and unit.link in (*BARE, *FROM, "object", "at")]
    sides.supplier.extend(rest)
    if not sides.recipient or not sides.supplier:
        candidate.refuse("a request names who asks and who is asked")


def _acquire(candidate: Candidate, actors: list[Unit], sides: Sides) -> None:
    """A noun: `the purchase of weapons from A by B`, `B erwägt Kauf von Panzern`."""
    if candidate.unit.link in ("at", "against"):
        candidate.refuse("the purchase is only the occasion of something else")
        return
    if not arms_near(candidate):
        candidate.refuse("it is no weapon that is bought")
        return
    candidate.score = 0.75
    for unit in actors:
        beyond = unit.start >= candidate.unit.end
        if unit.link in ("from", "at") or (
            beyond and unit.link == "to" and candidate.analysis.grammar.language.code in TAKE_TO
        ):
            sides.supplier.append(unit)
        elif unit.link in ("by", "for"):
            sides.recipient.append(unit)
    if not sides.recipient:
        sides.recipient.extend(unit for unit in subjects_of(candidate, actors) if unit not in sides.supplier)
    clause = candidate.analysis.clause(candidate.unit.clause)
    certain = any(unit.cls == ADJECTIVE or (unit.weapon is not None and unit.weapon.maker) for unit in clause)
    if not sides.supplier and not certain and not announced(candidate):
        candidate.status = "possible"


# ---------------------------------------------------------------- what else says who
def _asked(candidate: Candidate, sides: Sides) -> None:
    """`A asks B for arms`: who asks would receive, who is asked would supply."""
    analysis = candidate.analysis
    request = analysis.grammar.cues.get("request")
    if request is None or candidate.trigger.frame not in ("supply", "give") or sides.recipient:
        return
    clause = analysis.clause(candidate.unit.clause)
    asking = next((unit for unit in clause if unit.kind == "word" and request.fullmatch(unit.low)), None)
    if asking is None:
        return
    actors = [unit for unit in actors_of(candidate) if unit.link in (*BARE, "from", "object", "dative", "of_or_to")]
    askers = [unit for unit in actors if unit.end <= asking.start][:1]
    asked = [
        unit for unit in actors if unit.start >= asking.end and unit.country != (askers[0].country if askers else None)
    ][:1]
    if askers and asked:
        sides.recipient, sides.supplier = askers, asked


def _from_governing(candidate: Candidate, sides: Sides) -> None:
    """`A meets B to buy arms`: the governing clause names the sides that a purpose clause leaves out."""
    analysis, number = candidate.analysis, candidate.unit.clause
    frame = candidate.trigger.frame
    above: list[Unit] = []
    while (governing := analysis.governing(number)) is not None and analysis.kinds[number] in (
        "purpose",
        "that",
        "relative",
    ):
        above = [
            u
            for u in analysis.clause(governing)
            if u.cls in (LEADER, COUNTRY, PLACE)
            and not u.attribute
            and not u.quoted
            and u.link in (*BARE, "with", "object", "dative", "by")
        ]
        above = [*_pronoun_in(candidate, governing, above), *above]
        number = governing
        if above:
            break
    control = analysis.grammar.discourse.get("control")
    below = analysis.clause(number)
    if (
        len(above) > 1
        and control is not None
        and any(control.fullmatch(u.low) for u in below if u.kind in ("word", "trigger"))
    ):
        above = above[1:]
    known = {unit.country for unit in (*sides.supplier, *sides.recipient)}
    free = [unit for unit in above if unit.country and unit.country not in known]
    if not free:
        return
    first, second = (sides.recipient, sides.supplier) if frame in ("get", "buy") else (sides.supplier, sides.recipient)
    if not first:
        first.append(free.pop(0))
    if free and not second and free[0].cls == LEADER:
        second.append(free[0])


def _from_dependent(candidate: Candidate, sides: Sides) -> None:
    """`a package that holds munitions for B`: a clause that hangs on the head's names who receives."""
    analysis, number = candidate.analysis, candidate.unit.clause + 1
    if sides.recipient or candidate.tense != "noun" or number >= len(analysis.kinds):
        return
    if analysis.kinds[number] not in ("relative", "that"):
        return
    known = {unit.country for unit in sides.supplier}
    sides.recipient.extend(
        unit
        for unit in analysis.clause(number)
        if unit.link == "for" and unit.cls in (COUNTRY, PLACE) and unit.country not in known
    )


def _from_heading(candidate: Candidate, sides: Sides) -> None:
    """`Help for B - A delivers tanks`: a heading without a verb before the head's clause names who receives."""
    analysis, number = candidate.analysis, candidate.unit.clause
    framed = candidate.trigger.frame in ("give", "supply")
    if sides.recipient or number != 1 or analysis.kinds[1] != "break" or not framed:
        return
    heading = analysis.clause(0)
    if any(hit.entry.tense != "noun" for unit in heading for hit in unit.triggers):
        return
    known = {unit.country for unit in sides.supplier}
    sides.recipient.extend(
        unit for unit in heading if unit.link == "for" and unit.cls in (COUNTRY, PLACE) and unit.country not in known
    )


def _pronoun_in(candidate: Candidate, number: int, named: list[Unit]) -> list[Unit]:
    """`as he meets Kim`: the leader that a pronoun before the first name of a clause stands for."""
    analysis = candidate.analysis
    clause = analysis.clause(number)
    until = named[0].start if named else clause[-1].end
    pronouns = analysis.grammar.pronouns
    if not any(unit.kind == "word" and unit.low in pronouns and unit.start < until for unit in clause):
        return []
    earlier = [
        u for u in analysis.units if u.clause < number and u.cls == LEADER and not u.attribute
    ] or analysis.leaders
    return [unit for unit in reversed(earlier) if unit.country not in {name.country for name in named}][:1]


def _fill(candidate: Candidate, sides: Sides, weapons: list[Weapon], world: World) -> None:
    if "pair" in candidate.notes:
        _split_pair(sides, weapons, world)
    made = []
    candidate.makers = {weapon.maker for weapon in weapons if weapon.maker}
    if not sides.supplier and candidate.trigger.frame in _BUYING:
        made = [world.country_filler(maker) for maker in candidate.makers if maker and len(candidate.makers) == 1]
        candidate.notes.extend(["supplier by the maker of the weapon"] if made else [])
    recipients = _states(sides.recipient, world)
    suppliers = [
        f
        for f in [*_states(sides.supplier, world), *made]
        if f.country is None or f.country not in {r.country for r in recipients}
    ]
    candidate.used.extend([*sides.supplier, *sides.recipient])
    candidate.roles = {
        "supplier": suppliers,
        "recipient": recipients,
        "weapon": [Filler(entity=weapon.id, name=weapon.name) for weapon in weapons],
    }
    makes_arms = all(world.exporter_rank(filler.country or "") <= _MAKERS for filler in recipients)
    if candidate.trigger.frame in _BUYING and not suppliers and not candidate.makers and recipients and makes_arms:
        candidate.refuse("a maker of arms buys from nobody named: a domestic matter")


def _split_pair(sides: Sides, weapons: list[Weapon], world: World) -> None:
    """Of two states that make a deal the maker of the weapon sells, else the larger exporter."""
    makers = {weapon.maker for weapon in weapons}
    states = sorted(
        {unit.country for unit in sides.supplier if unit.country},
        key=lambda state: (state not in makers, world.exporter_rank(state), state),
    )
    if len(states) < 2:
        if states and states[0] not in makers and (any(makers) or world.exporter_rank(states[0]) > _SELLERS):
            sides.recipient, sides.supplier = sides.supplier, []
        return
    sides.recipient = [unit for unit in sides.supplier if unit.country != states[0]]
    sides.supplier = [unit for unit in sides.supplier if unit.country == states[0]]


def _states(units: list[Unit], world: World) -> list[Filler]:
    fillers: list[Filler] = []
    for unit in units:
        if unit.cls == GROUP or (unit.cls == BODY and not unit.country):
            entry = unit.entry
            referent = entry.referent if entry else None
            add_filler(
                fillers,
                Filler(
                    entity=getattr(referent, "id", None),
                    name=getattr(referent, "name", unit.cased),
                    country=unit.country,
                ),
            )
            continue
        countries = [f.country for f in unit.fillers if f.country] or [unit.country or ""]
        for country in countries:
            if country:
                add_filler(fillers, world.country_filler(country))
    return fillers


_MAKERS = 9
"""So many largest exporters of arms make most of what they buy themselves."""
_PAIR = 2
_SELLERS = 12
"""A state that makes a deal with nobody named sells, if it is among so many largest exporters, and buys else."""
_BUYING = frozenset({"buy", "acquire", "deal"})
"""Frames of purchases: what is bought and not handed on comes from its maker."""

_FRAMES = {
    "give": _give,
    "announce": _announce,
    "arm": _arm,
    "get": _get,
    "buy": _get,
    "supply": _supply,
    "arrive": _arrive,
    "deal": _deal,
    "request": _request,
    "acquire": _acquire,
}
