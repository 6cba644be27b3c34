"""What ties each name to its head: a preposition, a case, a particle, an article, or the name before it in a list."""

from streams.detection.grammar import Grammar
from streams.detection.units import ADJECTIVE, BODY, COUNTRY, LEADER, PLACE, STATES, Unit

_SEPARATORS = frozenset({",", "、", "،", "/"})
_REACH = 5
_MODIFYING = frozenset({BODY, *STATES})
"""What may stand before a head as its modifier: `at the NATO summit`, `after Paris talks`."""


def link_names(units: list[Unit], grammar: Grammar) -> None:
    """Set `link` of every unit that names something or is a trigger noun; bare ones stay without a link."""
    for place, unit in enumerate(units):
        if not unit.cls and unit.trigger is None:
            continue
        if unit.possessive:
            unit.link = unit.link or "of"
        elif _heads_compound(units, place) or _premodifies(units, place, grammar):
            unit.link = "of"
        elif not unit.link:
            unit.link = link_before(units, place, grammar) or _by_case(unit, grammar)
        listed = _listed_after(units, place, grammar)
        if listed is not None and not unit.link and unit.cls and listed.cls and listed.link != "about":
            unit.link = listed.link
    if grammar.language.postpositions:
        _link_backwards(units, grammar)


def link_before(units: list[Unit], place: int, grammar: Grammar) -> str:
    """The adposition before a name, over articles, fillers, numbers, adjectives and up to two more words."""
    named = units[place]
    if named.case == "of" and grammar.language.nouns_capital and not named.parts:
        return "of"
    if named.joined and not named.triggers:
        return "of" if place and units[place - 1].kind in ("word", "trigger") else ""
    place = _first_part(units, place) if named.triggers else place
    dative, words, begun = "", 0, False
    for unit in reversed(units[max(0, place - _REACH) : place]):
        link = _compound(units, units.index(unit), named, grammar) or _adposition(units, unit, grammar)
        if link is not None:
            if link == "about" and _opens_purpose(units, unit, grammar):
                return dative
            infinitive = words and unit.low in grammar.infinitive
            if words + place - units.index(unit) > 1 and _nominative(named, link, grammar):
                return ""
            return "" if infinitive else _by_case_too(link, named, grammar)
        if unit.low in grammar.articles and unit.kind == "word":
            begun = grammar.language.adjective_after
            dative = dative or _by_article(unit, named, grammar)
        elif not _passed_over(unit, named, words + begun, grammar):
            if begun or unit.kind != "word" or words >= 2 or not _may_stand(unit, named, words, grammar):
                break  # begun: in `en el aire la reunión` the words before the article belong to another noun
            words += 1
    return dative


def _first_part(units: list[Unit], place: int) -> int:
    """Where the compound begins whose head stands at a place: `beim EU-Gipfel`."""
    while place and units[place].joined:
        place -= 1
    return place


def _opens_purpose(units: list[Unit], unit: Unit, grammar: Grammar) -> bool:
    """`…, um Putin zu treffen`: the word opens a clause and governs no name in it."""
    place = units.index(unit)
    return place > 0 and units[place - 1].low == "," and unit.low in grammar.clauses.get("purpose", ())


def _compound(units: list[Unit], place: int, named: Unit, grammar: Grammar) -> str:
    """`en présence de`, `в честь`: a noun that makes another adposition of `of`, or of the genitive after it."""
    unit = units[place]
    if unit.kind not in ("word", "trigger"):
        return ""
    if grammar.language.script == "cyrillic":
        return grammar.compound.get(unit.low, "") if named.case != "bare" else ""
    tied = grammar.adpositions.get(unit.low) == "of" and place > 0
    return grammar.compound.get(units[place - 1].low, "") if tied else ""


def _nominative(named: Unit, link: str, grammar: Grammar) -> bool:
    """`В Кремле Путин …`: a person in the nominative is not what a preposition farther left governs."""
    return (
        grammar.language.script == "cyrillic"
        and named.cls == LEADER
        and named.case == "bare"
        and link not in ("with", "between", "by")
    )


def _passed_over(unit: Unit, named: Unit, words: int, grammar: Grammar) -> bool:
    """What stands between an adposition and its noun without counting."""
    owns = unit.cls in _MODIFYING or (unit.cls == LEADER and unit.link == "of")
    modifies = named.triggers and not words and owns
    return _transparent(unit, grammar) or _given_name(unit, named) or bool(modifies)


def _may_stand(unit: Unit, named: Unit, words: int, grammar: Grammar) -> bool:
    """Whether a word may stand between an adposition and its noun."""
    return _may_modify(unit, grammar) or bool(named.triggers and not words)


def _by_case_too(link: str, named: Unit, grammar: Grammar) -> str:
    """Russian and Ukrainian prepositions mean two things by case: `в Киев` to, `в Киеве` in, `с Путиным` with, `с
    Кипра` from.
    """
    if grammar.language.script == "cyrillic" and link == "in" and named.case == "object":
        return "to"
    if grammar.language.script == "cyrillic" and link == "with" and named.case == "of":
        return "from"
    return link


def _given_name(unit: Unit, named: Unit) -> bool:
    """An unknown word with a capital right before a family name: `с Ибрахимом Раиси`."""
    return named.kind == "family" and unit.kind == "word" and unit.cased[:1].isupper() and unit.end + 1 == named.start


def _adposition(units: list[Unit], unit: Unit, grammar: Grammar) -> str | None:
    """The link of an adposition, of the one that ends a head (`arrived in`), or of one in two words (`ahead of`)."""
    link = _own_link(unit, grammar)
    if link != "of" or unit.kind != "word":
        return link
    place = units.index(unit)
    before = grammar.adpositions.get(units[place - 1].low) if place else None
    return before if before == "near" else link


def _own_link(unit: Unit, grammar: Grammar) -> str | None:
    if unit.kind == "trigger" and " " in unit.low:
        return grammar.adpositions.get(unit.low.rsplit(" ", 1)[1])
    return grammar.adpositions.get(unit.low) if unit.kind in ("word", "trigger") else None


def _transparent(unit: Unit, grammar: Grammar) -> bool:
    """What may stand between an adposition and its noun without counting."""
    return unit.low in grammar.fillers or unit.low.isdigit() or unit.cls == ADJECTIVE or _absorbed(unit)


def _heads_compound(units: list[Unit], place: int) -> bool:
    """`Putin-Gipfel`, `Trump-Kim summit`: the first part of a compound belongs to its head."""
    after = units[place + 1 : place + 3]
    return bool(units[place].cls) and any(
        unit.joined and unit.triggers and all(other.joined for other in after[: number + 1])
        for number, unit in enumerate(after)
    )


_GATHERINGS = frozenset({"meeting", "summit", "visit", "trip", "meet"})


def _premodifies(units: list[Unit], place: int, grammar: Grammar) -> bool:
    """`after Trump meeting`, `Kenya visit`: an English name right before a noun; where the noun is a verb too, only
    after a preposition or with nothing that could be its object.
    """
    unit, following = units[place], units[place + 1 : place + 3]
    if grammar.language.code != "en" or not following or unit.cls not in (LEADER, COUNTRY, PLACE) or unit.possessive:
        return False
    head = following[0]
    tenses = {hit.entry.tense for hit in head.triggers if getattr(hit.entry.referent, "frame", "") in _GATHERINGS}
    if "noun" not in tenses:
        return False
    if unit.cls != LEADER and head.low == "visit":
        return True
    if tenses == {"noun"} or (place and grammar.adpositions.get(units[place - 1].low) not in (None, "by")):
        return True
    after = following[1] if len(following) > 1 else None
    takes = after is not None and (bool(after.cls) or after.low in grammar.articles or after.low in grammar.adpositions)
    return head.low.endswith("ing") and not takes


def _absorbed(unit: Unit) -> bool:
    """A country that only says whose leader follows (`China's Xi`)."""
    return unit.possessive or (unit.kind in ("country", "place", "adjective") and not unit.cls)


def _by_article(article: Unit, unit: Unit, grammar: Grammar) -> str:
    """German articles say the case: `dem` dative, `des` genitive, `der` nominative of men and a few states, else
    either.
    """
    if article.low in grammar.dative_articles and article.low in grammar.genitive_articles:
        nominative = unit.low.split()[-1] in grammar.masculine if unit.cls in STATES else not _feminine(unit)
        return "" if nominative else "of_or_to"
    if article.low in grammar.dative_articles:
        return "dative"
    return "of" if article.low in grammar.genitive_articles else ""


def _feminine(unit: Unit) -> bool:
    """A woman's title, or a plural: `der Präsidentin`, `der Präsidenten`."""
    title = next((part.low for part in unit.parts if part.kind in ("title", "office")), "")
    return title.endswith("in") or unit.cls == "P"


def _may_modify(unit: Unit, grammar: Grammar) -> bool:
    """Whether a word can stand between a preposition and its noun: in German and English lower-case only."""
    if unit.low in grammar.conjunctions or unit.low in grammar.pronouns or unit.low in grammar.passive:
        return False
    if not grammar.language.capitals:
        return False
    return not unit.cased[:1].isupper() and unit.trigger is None


def _by_case(unit: Unit, grammar: Grammar) -> str:
    """The case alone. The locative never stands without its preposition, so a form like it is of another case."""
    if unit.case == "in" and grammar.language.script == "cyrillic":
        return "of_or_to"
    return "" if unit.case == "bare" else unit.case


def _listed_after(units: list[Unit], place: int, grammar: Grammar) -> Unit | None:
    """The name before this one in a list: `A, B and C`."""
    back = place - 1
    seen = False
    while back >= 0 and place - back <= 4:
        unit = units[back]
        if unit.low in grammar.conjunctions or unit.low in _SEPARATORS:
            seen = True
        elif unit.kind == "word" and unit.low in grammar.articles:
            pass
        else:
            alike = unit.cls == units[place].cls or {unit.cls, units[place].cls} <= STATES
            return unit if seen and alike and unit.cls and unit.clause == units[place].clause else None
        back -= 1
    return None


def _link_backwards(units: list[Unit], grammar: Grammar) -> None:
    """Postpositions and particles: in a list only the last name carries it; a headline's first name before a comma is
    its subject.
    """
    if len(units) > 1 and units[0].cls and not units[0].link and units[1].low in _SEPARATORS:
        units[0].link = "subject"
    following: Unit | None = None
    for place in range(len(units) - 1, -1, -1):
        unit = units[place]
        if unit.cls and not unit.link and following is not None and following.cls == unit.cls:
            unit.link = following.link
        following = (
            unit if unit.cls else (following if unit.low in grammar.conjunctions or unit.low in _SEPARATORS else None)
        )
