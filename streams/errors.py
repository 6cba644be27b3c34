"""Errors as verdicts: what to do with what failed, and a message that a person can act on.

A message says what was being done, to what, and what to do. Nothing else in the project raises for control flow.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


class TocsinError(Exception):
    """Any failure that tocsin itself describes; its text is one sentence for a person."""


class TemporaryError(TocsinError):
    """Try again; `after` is the least time to wait where the other side named one (Retry-After)."""

    def __init__(self, message: str, *, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class PermanentError(TocsinError):
    """Never try again with the same input."""


class InfrastructureError(TocsinError):
    """Broker or database is out of reach beyond the bounded retries: the process ends non-zero and is restarted."""


class UsageError(TocsinError):
    """Wrong settings, options or environment: one line that names the key and the file; exit status 2."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file that a person wrote. `line` and `column` count from 1; 0 means the whole file."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.message}"


class DefinitionError(TocsinError):
    """A file of rules, event types, names or languages is wrong: all of its problems at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems

    @classmethod
    def at(cls, file: str | Path, line: int, message: str, column: int = 1) -> "DefinitionError":
        """One problem at a place, as an error of its own."""
        return cls([Problem(str(file), line, column, message)])
