"""Made sentences: one line in the reader's language from an event's type, status and roles, whatever the article's.

An unknown role is left out, never guessed. A type without forms of its own gets a general sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from streams.messages import Alert, Event, Filler, Status

Arrow = Literal["→", "↔", ","]


@dataclass(frozen=True, slots=True)
class Wording:
    """How one event type is told: who does it (`actor`), at least how many of them, to whom, with what.

    `base` stands after “may” and “to”; `occurred` and `denied` are (one actor, several actors). `noun` names the event
    where the actor is not known.
    """

    actor: str
    least: int
    target: str
    thing: str
    default_thing: str
    arrow: Arrow
    base: str
    past: str
    occurred: tuple[str, str]
    denied: tuple[str, str]
    noun: str
    noun_link: str


WORDINGS: Mapping[str, Wording] = MappingProxyType(
    {
        "leader_meeting": Wording(
            actor="participant",
            least=2,
            target="",
            thing="",
            default_thing="",
            arrow="↔",
            base="meet",
            past="met",
            occurred=("has met", "have met"),
            denied=("it will meet", "they will meet"),
            noun="meeting",
            noun_link="with",
        ),
        "arms_transfer": Wording(
            actor="supplier",
            least=1,
            target="recipient",
            thing="weapon",
            default_thing="arms",
            arrow="→",
            base="deliver",
            past="delivered",
            occurred=("delivers", "deliver"),
            denied=("it delivers", "they deliver"),
            noun="delivery",
            noun_link="of",
        ),
    }
)

UNCOUNTED = frozenset({"aid", "ammunition", "artillery", "equipment", "gas", "gear", "phosphorus"})
"""Last words of weapons' names that have no plural."""

GENERAL: Mapping[Status, tuple[str, str]] = MappingProxyType(
    {
        "occurred": ("is reported", "are reported"),
        "planned": ("is planned", "are planned"),
        "possible": ("is possible", "are possible"),
        "denied": ("is denied", "are denied"),
        "background": ("lies in the past", "lie in the past"),
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """Who → whom, with what: the parts of a row, each with its country, for a page to draw."""

    left: tuple[Filler, ...]
    arrow: Arrow
    right: tuple[Filler, ...]
    things: tuple[Filler, ...]


def lead(alert: Alert) -> Event | None:
    """The event that an alert is about: the first whose type a clause of the rule names, else the first."""
    named = {clause for m in alert.matched if (clause := m.clause.casefold()).startswith("event:")}
    return next((e for e in alert.events if f"event:{e.type}" in named), alert.events[0] if alert.events else None)


def sentence(event: Event) -> str:
    """“Kim Jong-un and Vladimir Putin plan to meet”: no full stop, names as the event has them."""
    wording = WORDINGS.get(event.type)
    if wording is None:
        return _general_sentence(event)
    actors = _names(event, wording.actor)
    if len(actors) < wording.least:
        return _capital(f"{_article(wording.noun)} {_noun_phrase(event, wording)} {GENERAL[event.status][0]}")
    several = len(actors) > 1
    return f"{_listed(actors)} {_predicate(event.status, wording, several, _objects(event, wording))}"


def headline(event: Event) -> str:
    """The same for a subject that names the status before it: “Kim Jong-un and Vladimir Putin to meet”."""
    wording = WORDINGS.get(event.type)
    if wording is None:
        names = _all_names(event)
        return f"{label(event.type)}: {', '.join(names)}" if names else label(event.type)
    actors = _names(event, wording.actor)
    if len(actors) < wording.least:
        return _capital(_noun_phrase(event, wording))
    if event.status in ("occurred", "background"):
        return sentence(event)
    return f"{_listed(actors)} to {wording.base}{_objects(event, wording)}"


def line(event: Event) -> Line:
    """The parts of a row; a type without forms of its own has all its names on the left, in the roles' order."""
    wording = WORDINGS.get(event.type)
    if wording is None:
        return Line(tuple(f for fillers in event.roles.values() for f in fillers), ",", (), ())
    roles = event.roles
    return Line(
        roles.get(wording.actor, ()), wording.arrow, roles.get(wording.target, ()), roles.get(wording.thing, ())
    )


def label(event_type: str) -> str:
    """“Arms transfer” for `arms_transfer`."""
    return _capital(event_type.replace("_", " ").strip()) or "Event"


def _predicate(status: Status, wording: Wording, several: bool, objects: str) -> str:
    if status == "occurred":
        return f"{wording.occurred[several]}{objects}"
    if status == "planned":
        return f"{'plan' if several else 'plans'} to {wording.base}{objects}"
    if status == "possible":
        return f"may {wording.base}{objects}"
    if status == "denied":
        return f"{'deny' if several else 'denies'} that {wording.denied[several]}{objects}"
    return f"{wording.past}{objects} in the past"


def _objects(event: Event, wording: Wording) -> str:
    """“ artillery ammunition to Russia”, with the blank in front, or nothing."""
    things = _listed([_several(name) for name in _names(event, wording.thing)]) or wording.default_thing
    targets = _listed(_names(event, wording.target))
    return (f" {things}" if things else "") + (f" to {targets}" if targets else "")


def _noun_phrase(event: Event, wording: Wording) -> str:
    if wording.thing:
        return f"{wording.noun} {wording.noun_link}{_objects(event, wording)}"
    actors = _names(event, wording.actor)
    return f"{wording.noun} {wording.noun_link} {_listed(actors)}" if actors else wording.noun


def _general_sentence(event: Event) -> str:
    noun = label(event.type)
    several = noun.endswith("s") and not noun.endswith("ss")
    subject = noun if several else f"{_article(noun)} {noun[:1].lower()}{noun[1:]}"
    names = _all_names(event)
    return _capital(f"{subject} {GENERAL[event.status][several]}") + (f": {', '.join(names)}" if names else "")


def _names(event: Event, role: str) -> list[str]:
    names = (filler.name.strip() for filler in event.roles.get(role, ()))
    return list(dict.fromkeys(name for name in names if name))


def _all_names(event: Event) -> list[str]:
    return list(dict.fromkeys(name for role in event.roles for name in _names(event, role)))


def _several(name: str) -> str:
    """“howitzers” for “howitzer”; proper names (Leopard 2) and what cannot be counted stay as they are."""
    last = name.rpartition(" ")[2]
    return name if last in UNCOUNTED or last.endswith("s") or not name[:1].islower() else f"{name}s"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else " and ".join((", ".join(names[:-1]), names[-1])) if names else ""


def _article(noun: str) -> str:
    return "an" if noun[:1].lower() in "aeiou" else "a"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
