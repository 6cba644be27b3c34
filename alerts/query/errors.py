"""What is wrong with a query: where, in words, and with a caret below the place."""

import unicodedata
from dataclasses import dataclass

from streams.errors import PermanentError

MAX_BYTES = 8192
MAX_TERMS = 500
MAX_DEPTH = 32
MAX_PATTERN_BYTES = 1024

SHOWN = 120
"""Of a long line, so many characters around the mistake are shown."""


@dataclass(frozen=True, slots=True)
class QueryError:
    """One mistake. `line` and `column` count from 1, `length` code points are wrong; `hint` says what to write."""

    line: int
    column: int
    message: str
    hint: str = ""
    length: int = 1
    source: str = ""

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.sentence}"

    @property
    def sentence(self) -> str:
        """The message with its hint, without the place."""
        return f"{self.message}; {self.hint}" if self.hint else self.message

    def caret(self) -> str:
        """The line of the query and below it a mark under the wrong piece; wide letters take two columns."""
        at = self.column - 1
        first = max(0, at - 60) if len(self.source) > SHOWN else 0
        shown = self.source[first : first + SHOWN]
        before, wrong = shown[: at - first], shown[at - first : at - first + self.length]
        blanks = "".join("\t" if char == "\t" else " " * _width(char) for char in before)
        return f"{shown}\n{blanks}{'^' * max(1, sum(map(_width, wrong)))}"


class QueryRefusedError(PermanentError):
    """A query that cannot be used, with all of its mistakes."""

    def __init__(self, errors: list[QueryError]) -> None:
        super().__init__("\n".join(f"{error}\n{error.caret()}" if error.source else str(error) for error in errors))
        self.errors = tuple(errors)


def error_at(text: str, start: int, end: int, message: str, hint: str = "") -> QueryError:
    """A mistake in text[start:end], with its line and column."""
    line = text.count("\n", 0, start) + 1
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", begin)
    source = text[begin : stop if stop >= 0 else len(text)].rstrip("\r")
    length = max(1, min(end, begin + len(source)) - start)
    return QueryError(line, start - begin + 1, message, hint, length, source)


def _width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
