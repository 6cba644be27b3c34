"""What is measured of an event before its confidence is told: few features, the same in every language."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from streams.detection.candidate import Candidate
from streams.detection.participants import farthest
from streams.detection.units import LEADER, PLURAL, TITLE

_MISSING = frozenset({"no recipient", "no supplier", "one side only", "host not named"})
_INFERRED = frozenset({"pronoun", "other half of the headline", "group", "pair"})
_LATE = 400
"""A sentence that begins behind so many characters stands late."""


@dataclass(frozen=True, slots=True)
class Feature:
    """`sign` is what more of it must mean for an event: 1 likelier, -1 unlikelier, 0 whatever the labels say."""

    sign: int
    words: str


FEATURES: Mapping[str, Feature] = MappingProxyType(
    {
        "pattern": Feature(1, "the pattern fits well"),
        "weak_word": Feature(-1, "the word by itself may mean something else"),
        "deep": Feature(-1, "the word stands deep in its sentence: news begins with its event"),
        "distance": Feature(-1, "the parties stand far from the word"),
        "people": Feature(1, "the people are named"),
        "unnamed": Feature(0, "a title or a group stands for people"),
        "parties": Feature(1, "several parties are told"),
        "missing_side": Feature(-1, "one side is not told"),
        "inferred": Feature(-1, "a party is inferred"),
        "unplaced": Feature(-1, "nothing says that they met in person"),
        "weakened": Feature(-1, "words around it point elsewhere"),
        "quoted": Feature(-1, "the word stands in quotation marks"),
        "retold": Feature(1, "it is told more than once"),
        "title_and_text": Feature(1, "title and text both tell it"),
        "late": Feature(-1, "it stands late in the text"),
        "long": Feature(-1, "the sentence is long"),
        "crowded": Feature(-1, "the text tells of other events too"),
        "evidence": Feature(1, "words of the matter stand beside it"),
        "headline": Feature(0, "it is a headline"),
    }
)
"""The features that every type shares. Beside them each status and each type counts for itself."""

_KINDS: Mapping[str, str] = MappingProxyType({"status": "told as", "type": "event of the type"})


def words_of(name: str) -> str:
    """What a feature says, in words."""
    kind, colon, value = name.partition(":")
    return f"{_KINDS[kind]} {value.replace('_', ' ')}" if colon and kind in _KINDS else FEATURES[name].words


def sign_of(name: str) -> int:
    """The sign that a feature's weight must have, 0 where the labels decide."""
    return FEATURES[name].sign if name in FEATURES else 0


def measure(group: Sequence[Candidate], groups: int) -> dict[str, float]:
    """The features of an event that a group of candidates tells of, each from 0 to 1 (`pattern` from -1 to 1).

    `groups` is how many events the article tells of.
    """
    first = group[0]
    analysis, notes = first.analysis, set(first.notes)
    fillers = [filler for items in first.roles.values() for filler in items]
    found = {
        "pattern": _logit(first.score),
        "weak_word": float(first.trigger.strength == "weak"),
        "deep": _share(analysis.units.index(first.unit), 20),
        "distance": farthest(first) / 20,
        "people": _share(sum(unit.cls == LEADER and unit.person is not None for unit in first.used), 2),
        "unnamed": float(any(unit.cls in (TITLE, PLURAL) for unit in first.used)),
        "parties": _share(len(fillers), 3),
        "missing_side": float(bool(notes & _MISSING)),
        "inferred": float(bool(notes & _INFERRED)),
        "unplaced": float("unplaced" in notes),
        "weakened": float(any(note.startswith("weakened by") for note in notes)),
        "quoted": float(first.unit.quoted),
        "retold": _share(len(group) - 1, 2),
        "title_and_text": float(len({item.analysis.field for item in group}) > 1),
        "late": float(analysis.start > _LATE),
        "long": _share(len(analysis.units), 60),
        "crowded": _share(groups - 1, 3),
        "evidence": _share(len(set(first.evidence)), 3),
        "headline": float(analysis.headline),
        f"status:{first.status}": 1.0,
        f"type:{first.type.name}": 1.0,
    }
    return {name: round(value, 3) for name, value in found.items() if value}


def _share(count: int, enough: int) -> float:
    return min(count, enough) / enough


def _logit(score: float) -> float:
    """The rules' own score on a scale on which evidence adds up, cut to -1 … 1."""
    bounded = min(max(score, 0.03), 0.97)
    return math.log(bounded / (1 - bounded)) / math.log(0.97 / 0.03)
