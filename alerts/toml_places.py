"""Where things stand in a TOML file: tables, keys, and each character of a string value; tomllib tells none of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_STRING = (
    r'"""(?:[^"\\]+|\\.|"{1,2}(?!"))*"{3,5}' r"|'''(?:[^']+|'{1,2}(?!'))*'{3,5}" r'|"(?:[^"\\\n]+|\\.)*"' r"|'[^'\n]*'"
)
_HEADER = re.compile(r"\[\[?[ \t]*([^\[\]\n]*?)[ \t]*\]\]?")
_KEY = re.compile(rf"((?:{_STRING}|[A-Za-z0-9_.\- \t])+?)[ \t]*=[ \t]*", re.DOTALL)
_BLANK = re.compile(r"(?:\s|#[^\n]*)*")
_VALUE_PART = re.compile(rf"{_STRING}|[\[{{]|[\]}}]|#[^\n]*|\n|[^\[\]{{}}\"'#\n]+", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|[ \t]*\n\s*|(.))")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


@dataclass(slots=True)
class Table:
    """A table as written: its name, where its header begins, and where each key and its value begin."""

    name: str
    start: int
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """A line and column, counted from 1."""

    line: int
    column: int


class Places:
    """The places of a text that tomllib has read without complaint; its lines end in a single line feed."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tables = list(_tables(text))
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def named(self, name: str) -> list[Table]:
        """The tables of one name, in order."""
        return [table for table in self.tables if table.name == name]

    def at(self, offset: int) -> Place:
        """Line and column of an offset."""
        from bisect import bisect_right

        line = bisect_right(self._lines, offset)
        return Place(line, offset - self._lines[line - 1] + 1)

    def inside(self, start: int, value: str, index: int) -> int:
        """The offset of value[index], where the string that reads `value` begins at `start`; `start` when in doubt."""
        decoded, offsets = _decode(self.text, start)
        return offsets[min(index, len(offsets) - 1)] if decoded == value else start


def _tables(text: str) -> Iterator[Table]:
    table = Table("", 0)
    position = _skip(text, 0)
    while position < len(text):
        if text[position] == "[" and (header := _HEADER.match(text, position)):
            yield table
            table = Table(header[1], position)
            position = header.end()
        elif key := _KEY.match(text, position):
            name = key[1].strip()
            table.keys.setdefault(name.strip("\"'"), (position, key.end()))
            position = _value_end(text, key.end())
        else:
            break
        position = _skip(text, position)
    yield table


def _skip(text: str, position: int) -> int:
    match = _BLANK.match(text, position)
    return match.end() if match else position


def _value_end(text: str, position: int) -> int:
    depth = 0
    while match := _VALUE_PART.match(text, position):
        part = match.group()
        if part == "\n" and depth == 0:
            break
        if part in "[{":
            depth += 1
        elif part in "]}":
            depth -= 1
        position = match.end()
    return position


def _decode(text: str, start: int) -> tuple[str, list[int]]:
    """The string that begins at `start`, and the offset of each of its characters and of its end."""
    mark = next((m for m in ('"""', "'''", '"', "'") if text.startswith(m, start)), "")
    if not mark:
        return "", [start]
    match = re.compile(_STRING, re.DOTALL).match(text, start)
    end = match.end() - len(mark) if match else len(text)
    position = start + len(mark)
    if len(mark) == 3 and text.startswith("\n", position):
        position += 1
    letters: list[str] = []
    offsets: list[int] = []
    while position < end:
        letter, after = text[position], position + 1
        if letter == "\\" and mark[0] == '"' and (escape := _ESCAPE.match(text, position)):
            letter, after = _unescape(escape), escape.end()
        letters.append(letter)
        offsets.extend([position] * len(letter))
        position = after
    return "".join(letters), [*offsets, end]


def _unescape(escape: re.Match[str]) -> str:
    short, long, letter = escape.groups()
    if short or long:
        return chr(int(short or long, 16))
    return _ESCAPED.get(letter, "") if letter else ""
