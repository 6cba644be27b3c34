"""What becomes of candidates: those that tell of one event are merged, weighed, and told with exact places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streams.detection.candidate import Candidate
from streams.detection.confidence import Weights
from streams.detection.features import measure
from streams.detection.merge import merge
from streams.detection.normalise import Folded
from streams.messages import Event, Field, Filler, Span

Texts = Mapping[Field, Folded]
"""The folded fields of an article."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One event that candidates tell of, with what was measured of it; refused where that makes it improbable."""

    candidate: Candidate
    features: Mapping[str, float]
    confidence: float

    @property
    def reported(self) -> bool:
        """Whether it is told as an event."""
        return not self.candidate.refused


def weigh(found: Sequence[Candidate], weights: Weights) -> list[Outcome]:
    """The events of an article; those below the threshold are refused and say so."""
    groups = merge([candidate for candidate in found if not candidate.refused])
    outcomes: list[Outcome] = []
    for group in groups:
        features = measure(group, len(groups))
        confidence = weights.probability(features)
        if confidence < weights.threshold:
            group[0].refuse(f"too uncertain: {confidence:.2f}, and {weights.threshold:.2f} is wanted")
        outcomes.append(Outcome(group[0], features, confidence))
    return outcomes


def event_of(texts: Texts, outcome: Outcome) -> Event:
    """An outcome as it travels."""
    candidate = outcome.candidate
    return Event(
        type=candidate.type.name,
        status=candidate.status,
        roles={role: tuple(_plain(filler) for filler in fillers) for role, fillers in candidate.roles.items()},
        trigger=span_of(texts, candidate, candidate.hit.start, candidate.hit.end),
        evidence=span_of(texts, candidate, candidate.analysis.start, candidate.analysis.end),
        confidence=outcome.confidence,
    )


def span_of(texts: Texts, candidate: Candidate, start: int, end: int) -> Span:
    """A piece of a candidate's field in its own offsets, without blanks at its ends."""
    field = candidate.analysis.field
    text = texts[field].text
    first, last = texts[field].back(start, end)
    while first < last and text[first].isspace():
        first += 1
    while last > first and text[last - 1].isspace():
        last -= 1
    return Span(field=field, start=first, end=last, text=text[first:last])


def _plain(filler: Filler) -> Filler:
    return Filler(entity=filler.entity, name=filler.name, country=filler.country)
