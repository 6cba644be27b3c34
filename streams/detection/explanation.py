"""Why something is an event or none, in words a reader of news understands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from streams.detection.candidate import Candidate
from streams.detection.confidence import Reason, Weights
from streams.detection.outcome import Outcome, Texts, event_of, span_of
from streams.detection.units import Unit
from streams.messages import Event, Span


@dataclass(frozen=True, slots=True)
class Party:
    """A name that fills a role: what it stands for, and how it is tied to the word for the event."""

    span: Span
    what: str
    tie: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One candidate: its event, or None and the reason why it was refused.

    `cues` are the words that set the status, `parties` the names that gave the roles, `reasons` the features that made
    the confidence; `confidence` is None where a rule refused it before it was weighed. `features` is all that was
    measured.
    """

    type: str
    event: Event | None
    pattern: str
    frame: str
    trigger: Span
    evidence: Span
    status: str
    cues: tuple[Span, ...]
    filters: tuple[str, ...]
    notes: tuple[str, ...]
    reason: str
    parties: tuple[Party, ...] = ()
    confidence: float | None = None
    reasons: tuple[Reason, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)


_WHY = {
    "occurred": "no word speaks against it",
    "planned": "it is announced or lies ahead",
    "possible": "it is considered, wished, offered or alleged",
    "denied": "it is denied, refused or called off",
    "background": "it is told as history",
}

_CLASSES = {
    "L": "leader in office", "P": "leaders of several states", "T": "office without a name", "X": "no longer in office",
    "M": "minister, deputy or the like", "C": "country", "A": "word for a country", "K": "capital or seat of power",
    "W": "weapon", "O": "armed group", "B": "organization", "N": "name", "R": "somebody else",
}  # fmt: skip

_TIES = {
    "": "named beside it", "bare": "named beside it", "subject": "who acts", "object": "whom it happens to",
    "of": "whose it is", "of_or_to": "whose it is, or who gets it", "dative": "who gets it", "to": "where it goes",
    "from": "where it comes from", "with": "with whom", "by": "by whom", "in": "where it is", "at": "where it is",
    "near": "where it is", "between": "between whom", "for": "for whom", "about": "about whom",
    "against": "against whom",
}  # fmt: skip


def explain_all(
    texts: Texts, outcomes: Sequence[Outcome], found: Sequence[Candidate], weights: Weights
) -> list[Explanation]:
    """Events first, then what was weighed and found too uncertain, then what a rule refused."""
    weighed = {id(outcome.candidate) for outcome in outcomes}
    told = [_weighed(texts, outcome, weights) for outcome in sorted(outcomes, key=lambda one: not one.reported)]
    return told + [_explain(texts, one) for one in found if one.refused and id(one) not in weighed]


def _weighed(texts: Texts, outcome: Outcome, weights: Weights) -> Explanation:
    event = event_of(texts, outcome) if outcome.reported else None
    return _explain(
        texts, outcome.candidate, event, outcome.confidence, weights.reasons(outcome.features), outcome.features
    )


def _explain(
    texts: Texts,
    candidate: Candidate,
    event: Event | None = None,
    confidence: float | None = None,
    reasons: tuple[Reason, ...] = (),
    features: Mapping[str, float] | None = None,
) -> Explanation:
    return Explanation(
        type=candidate.type.name,
        event=event,
        pattern=candidate.trigger.id,
        frame=candidate.trigger.frame,
        trigger=span_of(texts, candidate, candidate.hit.start, candidate.hit.end),
        evidence=span_of(texts, candidate, candidate.analysis.start, candidate.analysis.end),
        status=candidate.status,
        cues=tuple(span_of(texts, candidate, cue.start, cue.end) for cue in candidate.cues),
        filters=tuple(candidate.filters),
        notes=tuple(candidate.notes),
        reason=reason_of(candidate),
        parties=tuple(_party(texts, candidate, unit) for unit in _used(candidate)),
        confidence=confidence,
        reasons=reasons,
        features=features or {},
    )


def _used(candidate: Candidate) -> list[Unit]:
    """Each name that filled a role once; one of another sentence is named by its own event."""
    units = {id(unit): unit for unit in candidate.used if unit in candidate.analysis.units}
    return list(units.values())


def _party(texts: Texts, candidate: Candidate, unit: Unit) -> Party:
    tie = _TIES.get(unit.link, unit.link.replace("_", " "))
    what = _CLASSES.get(unit.cls, "name")
    return Party(span_of(texts, candidate, unit.start, unit.end), what, tie)


def reason_of(candidate: Candidate) -> str:
    """One sentence: why refused, or what made the status."""
    if candidate.refused:
        return candidate.refused
    words = ", ".join(f"{cue.text!r}" for cue in candidate.cues[:4])
    why = _WHY[candidate.status]
    return f"{candidate.status}: {why}" + (f" ({words})" if words else "")
