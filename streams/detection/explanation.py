"""Why something is an event or none, in words a reader of news understands."""

from dataclasses import dataclass

from streams.detection.candidate import Candidate
from streams.messages import Event, Span


@dataclass(frozen=True, slots=True)
class Explanation:
    """One candidate: its event, or None and the reason why it was refused. `cues` are the words that set the status."""

    event: Event | None
    pattern: str
    trigger: Span
    evidence: Span
    status: str
    cues: tuple[Span, ...]
    filters: tuple[str, ...]
    notes: tuple[str, ...]
    reason: str


_WHY = {
    "occurred": "no word speaks against it",
    "planned": "it is announced or lies ahead",
    "possible": "it is considered, wished, offered or alleged",
    "denied": "it is denied, refused or called off",
    "background": "it is told as history",
}


def reason_of(candidate: Candidate) -> str:
    """One sentence: why refused, or what made the status."""
    if candidate.refused:
        return candidate.refused
    words = ", ".join(f"{cue.text!r}" for cue in candidate.cues[:4])
    why = _WHY[candidate.status]
    return f"{candidate.status}: {why}" + (f" ({words})" if words else "")
