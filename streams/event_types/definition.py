"""The shape of an event type: what it is called, what triggers it in which language, its roles, needs and filters."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from streams.languages.language import CUE_KINDS
from streams.messages import Status

TENSES = ("present", "past", "participle", "infinitive", "noun", "future")
ENGINES = ("meeting", "transfer", "action")
FRAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "meeting": (
            *("meet", "receive", "visit", "talk", "meeting", "trip"),
            *("summit", "joint", "guest", "stay", "beside", "agree"),
        ),
        "transfer": ("give", "announce", "arm", "get", "buy", "supply", "arrive", "deal", "request", "acquire"),
        "action": ("do", "undergo", "noun"),
    }
)
"""What a head does with the names around it, by engine. See detection.meetings, detection.transfers,
detection.actions.
"""
IGNORABLE = (*CUE_KINDS, "court", "threat")
"""What a head may be deaf to: cues, trials and memorials in its sentence, and threats."""
STRENGTHS = ("strong", "weak")
WINDOWS = ("head", "clause", "sentence", "text")
PROOFS = (
    "state", "states", "subject", "object", "group", "weapon", "leader", "minister", "organization", "number", "title",
    "pair", "powers", "never",
)  # fmt: skip
"""What a head may want beside the evidence groups of its type: `state` (a country, capital, adjective or leader in the
sentence), `states` (two different states, or a state and a union of states), `subject` and `object` (a state, armed
group or leader is who does it or whom it befalls), `pair` (two states do it), `powers` (a state or armed group, no
person, does it to another), `group` (an armed group), `number` (more than one), `title` (a headline), names of the
other kinds, and `never`, which nothing shows.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Trigger:
    """Heads with one frame. `forms` by tense; `id` names the pattern in explanations.

    `weapon` is the id of a weapon that the head itself names (arms deal). `status` is the event's where no word says
    another. `wants` are alternatives, each of names that must all be shown (evidence groups of the type, or PROOFS).
    `ignores` are kinds of cues that say nothing about the event: who protests demands something, and is there all the
    same.
    `closing` are particles of which one must end the clause (`sagt … zu`).
    """

    id: str
    type: str
    frame: str
    strength: str
    forms: Mapping[str, tuple[str, ...]]
    needs: tuple[str, ...] = ()
    status: Status | None = None
    weapon: str | None = None
    wants: tuple[tuple[str, ...], ...] = ()
    ignores: frozenset[str] = frozenset()
    closing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """A role: `fill` is what may stand in it (leader, country, weapon, …), `links` what ties it to the head."""

    name: str
    fill: tuple[str, ...]
    least: int = 0
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """Words that refuse or weaken an event. `strength` is veto or penalty; `window` is where the words are looked
    for; `head`: they hold the head itself (an idiom).
    """

    name: str
    window: str
    strength: str
    forms: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class EvidenceGroup:
    """Words that show that a head is meant literally; `window` is where they are looked for."""

    name: str
    window: str
    forms: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence that must (`hit`) or must not (`miss`) raise the type; a hit may name the status."""

    language: str
    text: str
    hit: bool
    status: str | None = None


@dataclass(frozen=True, slots=True)
class EventType:
    """One event type, as a file defines it. `engine` says how its frames find their roles.

    `occasion` is what must be shown where a head is only the reason for something else (`flights cancelled after …`).
    `warned` is the status of what is feared or warned of: a storm that is warned of is on its way, an attack is not.
    `relative` is the status of what only a relative clause tells (`the ban, which the council lifted, …`).
    """

    name: str
    label: str
    engine: str
    roles: tuple[Role, ...]
    triggers: Mapping[str, tuple[Trigger, ...]]
    filters: tuple[Filter, ...]
    examples: tuple[Example, ...]
    evidence: tuple[EvidenceGroup, ...] = ()
    occasion: tuple[tuple[str, ...], ...] = ()
    warned: Status = "possible"
    relative: Status | None = None
