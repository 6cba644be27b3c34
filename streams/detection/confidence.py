"""Confidence of an event: the probability that it is right, from features that a small linear model weighs.

The weights are in `event_types/confidence.tsv`, one feature a line, and are written by `make train`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import streams.event_types
from streams.detection.candidate import Candidate
from streams.detection.features import words_of
from streams.errors import DefinitionError

WEIGHTS_FILE = Path(streams.event_types.__file__).parent / "confidence.tsv"
_LEAST_SCORE = 0.3
"""What a pattern itself finds weaker than this is no candidate."""

_BOUNDS = (0.02, 0.98)
_STRONGEST = 5


@dataclass(frozen=True, slots=True)
class Reason:
    """A feature of an event: what it adds to its log-odds, in words."""

    feature: str
    words: str
    adds: float


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic model: what each feature adds to the log-odds. Events below `threshold` are not reported."""

    bias: float
    threshold: float
    weights: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """The probability that an event with these features is right."""
        odds = self.bias + sum(self.weights.get(name, 0.0) * value for name, value in features.items())
        low, high = _BOUNDS
        return round(min(max(1 / (1 + math.exp(-odds)), low), high), 2)

    def reasons(self, features: Mapping[str, float]) -> tuple[Reason, ...]:
        """The features that say most, the strongest first."""
        found = [
            Reason(name, words_of(name), round(self.weights[name] * value, 2))
            for name, value in features.items()
            if abs(self.weights.get(name, 0.0) * value) >= 0.05
        ]
        return tuple(sorted(found, key=lambda reason: (-abs(reason.adds), reason.feature))[:_STRONGEST])


@cache
def load_weights(file: Path = WEIGHTS_FILE) -> Weights:
    """The weights of a file; DefinitionError with file and line where it cannot be read as such."""
    numbers: dict[str, float] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.partition("\t")
        try:
            words_of(name) if name not in ("bias", "threshold") else None
            numbers[name] = float(rest.partition("\t")[0])
        except KeyError:
            raise DefinitionError.at(file, number, f"{name!r} is no feature") from None
        except ValueError:
            raise DefinitionError.at(file, number, f"{rest!r} begins with no number") from None
    missing = {"bias", "threshold"} - numbers.keys()
    if missing:
        raise DefinitionError.at(file, 0, f"{' and '.join(sorted(missing))} missing; run make train")
    return Weights(numbers.pop("bias"), numbers.pop("threshold"), numbers)


def reportable(candidate: Candidate) -> bool:
    """Whether a pattern found enough to be looked at."""
    return candidate.score >= _LEAST_SCORE
