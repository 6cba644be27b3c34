"""Who took part: labelled leaders, suppliers and recipients against the fillers of the events found."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from streams.evaluation.labels import Label
from streams.evaluation.names import Names, count_matches, fold
from streams.messages import Event

Raised = Callable[[str], list[Event]]
"""Gives the events of a type that a text was raised for."""

_SIDES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "supplier": frozenset({"supplier", "seller", "exporter", "donor", "provider", "sender", "source", "from"}),
        "recipient": frozenset(
            {"recipient", "buyer", "importer", "customer", "beneficiary", "destination", "receiver", "target", "to"}
        ),
    }
)
"""Names that other detectors give the two sides of a transfer."""

_NOT_PEOPLE = re.compile(r"loc|place|venue|city|time|date|topic|subject|country|format|org", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RoleScore:
    """Fillers of a role over texts that were rightly raised: labelled, found and the same."""

    texts: int
    labelled: int
    found: int
    hit: int

    @property
    def precision(self) -> float | None:
        """The share of found fillers that are right."""
        return self.hit / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """The share of labelled fillers that were found."""
        return self.hit / self.labelled if self.labelled else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both."""
        return 2 * self.hit / (self.found + self.labelled) if self.found + self.labelled else None


def score_roles(items: Sequence[tuple[Label, Raised]], names: Names) -> dict[str, RoleScore]:
    """Scores by role, without and with the texts whose roles are not in their words."""
    scores: dict[str, RoleScore] = {}
    for role in ("leaders", "supplier", "recipient"):
        kind = "leader_meeting" if role == "leaders" else "arms_transfer"
        for implied in (False, True):
            pairs = [
                _compare(label, events, role, names)
                for label, raised in items
                if label.raised(kind) and (events := raised(kind)) and (implied or not label.args_implied)
            ]
            counted = [pair for pair in pairs if pair is not None]
            totals = [sum(pair[place] for pair in counted) for place in range(3)]
            scores[f"{role} with implied" if implied else role] = RoleScore(len(counted), *totals)
    return scores


def _compare(label: Label, events: list[Event], role: str, names: Names) -> tuple[int, int, int] | None:
    """Labelled, found, hit of one text; None where nothing is labelled that can be scored."""
    if role == "leaders":
        if not label.leaders:
            return None
        people = _people(events, names)
        hits = count_matches(
            label.leaders, people, lambda one, two: any(names.is_person(one, spelling) for spelling in two)
        )
        return len(label.leaders), len(people), hits
    wanted = [keys for name in getattr(label, role) if (keys := names.party(name))]
    if not wanted:
        return None
    found = _parties(events, _SIDES[role], names)
    return len(wanted), len(found), count_matches(wanted, found, lambda keys, key: key in keys)


def _people(events: Iterable[Event], names: Names) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for event in events:
        for role, fillers in event.roles.items():
            for filler in fillers if not _NOT_PEOPLE.search(role) else ():
                spelling = (filler.name, _readable(filler.entity))
                if any(spelling) and names.state(filler.name) is None and spelling not in found:
                    found.append(spelling)
    return found


def _readable(entity: str | None) -> str:
    """An id that is itself a name (`tocsin:olaf_scholz`); a number of Wikidata says nothing."""
    if entity is None or re.fullmatch(r"[QPL]\d+", entity):
        return ""
    return re.sub(r"^\w+:", "", entity).replace("_", " ")


def _parties(events: Iterable[Event], roles: frozenset[str], names: Names) -> list[str]:
    found: list[str] = []
    for event in events:
        for role, fillers in event.roles.items():
            for filler in fillers if role.casefold() in roles else ():
                key = names.state(filler.country, filler.name, filler.entity) or fold(filler.name or "?")
                if key not in found:
                    found.append(key)
    return found
