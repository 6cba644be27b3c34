"""The leaders that an article has named so far: whom a pronoun or a half sentence may mean."""

from collections.abc import Callable
from dataclasses import dataclass, field

from streams.detection.units import Unit

_LAST = 6

Named = Callable[[], list[Unit]]
"""Takes a sentence apart and gives the leaders that it names."""


@dataclass(slots=True)
class Recall:
    """What sentences named, in order. One that names somebody but tells of no event is taken apart only when asked for:
    most never are.
    """

    _told: list[list[Unit] | Named] = field(default_factory=list)

    def add(self, named: list[Unit] | Named) -> None:
        """The leaders of the next sentence, or how to find them."""
        self._told.append(named)

    def last(self) -> list[Unit]:
        """The last leaders named, the last one last."""
        found: list[Unit] = []
        for place in reversed(range(len(self._told))):
            told = self._told[place]
            units = told if isinstance(told, list) else told()
            self._told[place] = units
            found[:0] = units
            if len(found) >= _LAST:
                break
        return found[-_LAST:]
