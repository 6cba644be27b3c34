"""Confidence of an event: the probability that it is right, from the frame's score and what speaks for or against
it.
"""

from streams.detection.candidate import Candidate

_LEAST = 0.3
"""Below this nothing is reported."""


def confidence(candidate: Candidate) -> float:
    """A probability in 0…1."""
    score = candidate.score
    if "unplaced" in candidate.notes:
        score -= 0.1
    if candidate.trigger.strength == "weak":
        score -= 0.08
    if candidate.analysis.field == "title":
        score += 0.02
    return round(min(max(score, 0.05), 0.98), 2)


def reportable(candidate: Candidate) -> bool:
    """Whether a candidate is sure enough to be an event."""
    return confidence(candidate) >= _LEAST
