"""Whether confidence means something: of the events that are said to be right with probability p, p are right."""

from collections.abc import Iterable
from dataclasses import dataclass

from streams.evaluation.scoring import Item, share

SURE = 0.8
"""Events from here on are to be right nine times in ten."""

_BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Events whose confidence lies from `low` up to `high`: how sure they were on average, and how many are right."""

    low: float
    high: float
    n: int
    sureness: float | None
    right: int

    @property
    def precision(self) -> float | None:
        """The share that is right."""
        return share(self.right, self.n)


@dataclass(frozen=True, slots=True)
class Calibration:
    """The reliability table over judged events. `error` is the mean gap between confidence and truth."""

    bins: tuple[Bin, ...]
    sure: Bin
    error: float | None


def judged(items: Iterable[Item], types: Iterable[str]) -> list[tuple[float, bool]]:
    """Confidence and truth of the surest event of each type that a text was raised for, where its label says."""
    kinds = tuple(types)
    found: list[tuple[float, bool]] = []
    for item in items:
        for kind in kinds:
            events, verdict = item.raised(kind), item.label.verdict(kind)
            if events and verdict is not None:
                found.append((events[0].confidence, verdict))
    return found


def calibrate(events: Iterable[tuple[float, bool]]) -> Calibration:
    """Put judged events into ten bins by confidence."""
    pairs = list(events)
    bins = []
    for number in range(_BINS):
        inside = [pair for pair in pairs if min(int(pair[0] * _BINS), _BINS - 1) == number]
        if inside:
            bins.append(_bin(number / _BINS, (number + 1) / _BINS, inside))
    gaps = [one.n * abs(one.right / one.n - (one.sureness or 0.0)) for one in bins]
    sure = _bin(SURE, 1.0, [pair for pair in pairs if pair[0] >= SURE])
    return Calibration(tuple(bins), sure, sum(gaps) / len(pairs) if pairs else None)


def _bin(low: float, high: float, pairs: list[tuple[float, bool]]) -> Bin:
    right = sum(truth for _, truth in pairs)
    return Bin(low, high, len(pairs), share_of([sure for sure, _ in pairs]), right)


def share_of(values: list[float]) -> float | None:
    """The mean, None of nothing."""
    return sum(values) / len(values) if values else None
