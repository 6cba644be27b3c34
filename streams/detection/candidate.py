"""A possible event, as a frame found it in a sentence, with all that explains it."""

import dataclasses
from dataclasses import dataclass
from datetime import date

from streams.detection.grammar import Grammar
from streams.detection.recall import Recall
from streams.detection.scan import Hit
from streams.detection.units import Unit
from streams.event_types.definition import EventType, Trigger
from streams.messages import Field, Filler, Status


@dataclass(frozen=True, slots=True)
class Cue:
    """A word that says something about the status: its kind and place in the folded field."""

    kind: str
    start: int
    end: int
    text: str


@dataclass(slots=True)
class Analysis:
    """A sentence taken apart. `recall` holds the leaders of the article before this sentence."""

    field: Field
    start: int
    end: int
    text: str
    units: list[Unit]
    kinds: list[str]
    grammar: Grammar
    recall: Recall = dataclasses.field(default_factory=Recall)
    dated: bool = True
    day: date | None = None
    headline: bool = False

    @property
    def leaders(self) -> list[Unit]:
        """Leaders that the article named before this sentence, the last one last; asked for while it is read."""
        return self.recall.last()

    def clause(self, number: int) -> list[Unit]:
        """The units of one clause."""
        return [unit for unit in self.units if unit.clause == number]

    def governing(self, number: int) -> int | None:
        """The clause that a dependent clause hangs on: the one before it."""
        dependent = number > 0 and self.kinds[number] in ("that", "purpose", "relative")
        return number - 1 if dependent else None


@dataclass(slots=True)
class Candidate:
    """A trigger with what its frame found; `refused` says in words why it is no event."""

    type: EventType
    trigger: Trigger
    hit: Hit
    unit: Unit
    analysis: Analysis
    roles: dict[str, list[Filler]] = dataclasses.field(default_factory=dict)
    used: list[Unit] = dataclasses.field(default_factory=list)
    score: float = 0.5
    status: Status = "occurred"
    explicit: bool = False
    cues: list[Cue] = dataclasses.field(default_factory=list)
    filters: list[str] = dataclasses.field(default_factory=list)
    makers: set[str | None] = dataclasses.field(default_factory=set)
    notes: list[str] = dataclasses.field(default_factory=list)
    evidence: tuple[str, ...] = ()
    shown: tuple[tuple[int, int], ...] = ()
    refused: str | None = None

    @property
    def tense(self) -> str:
        """The tense of the trigger's form; a form of the present behind `to` is an infinitive."""
        tense = self.hit.entry.tense
        if tense != "present" or self.type.engine != "meeting":
            return tense
        place = self.analysis.units.index(self.unit)
        before = self.analysis.units[place - 1] if place else None
        particle = before is not None and before.low.rsplit(" ", 1)[-1] in self.analysis.grammar.infinitive
        return "infinitive" if particle and before is not None and before.kind in ("word", "trigger") else tense

    def refuse(self, reason: str) -> "Candidate":
        """Say why this is no event."""
        self.refused = reason
        return self
