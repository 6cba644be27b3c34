"""Names of a text as messages: kind, id, country and the office held on the day."""

from collections.abc import Iterable
from datetime import date

from streams.detection.normalise import Folded
from streams.detection.scan import Hit
from streams.detection.world import World
from streams.knowledge import Country, Organization, Person, Place, Weapon
from streams.messages import Field, Mention


def mention(folded: Folded, field: Field, group: list[Hit], world: World, day: date) -> Mention | None:
    """The mention that a chosen group of hits is, or None where it names nothing by itself (a title, a trigger
    head).
    """
    people = [r.entry.referent for r in group if isinstance(r.entry.referent, Person)]
    hit = group[0]
    start, end = folded.back(hit.start, hit.end)
    text = folded.text[start:end]
    if people:
        person = world.prefer({person.id: person for person in people}.values(), day)
        term = person.term_on(day)
        country = term.country if term else next((t.country for t in person.terms), None)
        office = term.office if term else None
        return Mention(
            field=field, start=start, end=end, text=text, kind="person", entity=person.id, name=person.name,
            country=country or None, office=office,
        )  # fmt: skip
    referent = hit.entry.referent
    if isinstance(referent, Country) and hit.entry.kind != "short":
        kind, entity, country = "country", referent.id, referent.iso
    elif isinstance(referent, Place):
        kind, entity, country = "place", referent.id, referent.country
    elif isinstance(referent, Organization):
        kind, entity, country = "organization", referent.id, referent.country or ""
    elif isinstance(referent, Weapon):
        kind, entity, country = "weapon", referent.id, ""
    else:
        return None
    return Mention(
        field=field,
        start=start,
        end=end,
        text=text,
        kind=kind,
        entity=entity,
        name=referent.name,
        country=country or None,
    )


def mentions(folded: Folded, field: Field, groups: Iterable[list[Hit]], world: World, day: date) -> tuple[Mention, ...]:
    """All names of a field in order."""
    found = (mention(folded, field, group, world, day) for group in groups)
    return tuple(item for item in found if item is not None)
