"""Reads the rows of a table: cells between tabs, forms, terms and dates in them, and every mistake with its place."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType

from streams.errors import Problem
from streams.knowledge.records import NO_FORMS, OFFICE_RANK, Forms, Term

_LANGUAGE = re.compile(r"\*|[a-z]{2,3}")
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


@dataclass(slots=True)
class Row:
    """One line of a table: its cells by column name; mistakes found in it are collected in `problems`."""

    file: str
    line: int
    cells: dict[str, str]
    problems: list[Problem] = field(default_factory=list)

    def complain(self, column: str, message: str) -> None:
        """Note a mistake in one cell, with the position at which the cell begins."""
        before = list(self.cells)[: list(self.cells).index(column)] if column in self.cells else []
        position = 1 + sum(len(self.cells[name]) + 1 for name in before)
        self.problems.append(Problem(self.file, self.line, position, f"{column}: {message}"))

    def text(self, column: str) -> str:
        """A cell that must not be empty."""
        value = self.cells.get(column, "").strip()
        if not value:
            self.complain(column, "is empty, a value is wanted")
        return value

    def optional(self, column: str) -> str | None:
        """A cell that may be empty."""
        return self.cells.get(column, "").strip() or None

    def choice(self, column: str, allowed: frozenset[str]) -> str:
        """A cell that holds one word of a closed list."""
        value = self.text(column)
        if value and value not in allowed:
            self.complain(column, f"{value!r} is unknown, one of these is wanted: {', '.join(sorted(allowed))}")
        return value

    def flag(self, column: str, *, default: bool) -> bool:
        """A cell that holds yes, no or nothing."""
        value = self.cells.get(column, "").strip()
        if value not in ("", "yes", "no"):
            self.complain(column, f"{value!r} is neither yes nor no")
        return value == "yes" if value else default

    def number(self, column: str) -> int | None:
        """A cell that holds a whole number above zero, or nothing."""
        value = self.cells.get(column, "").strip()
        if value and not (value.isascii() and value.isdigit() and int(value) > 0):
            self.complain(column, f"{value!r} is no whole number above zero")
            return None
        return int(value) if value else None

    def languages(self, column: str) -> frozenset[str]:
        """A cell that lists languages, `*` for all, with blanks between."""
        codes = self.cells.get(column, "").split()
        for code in codes:
            if not _LANGUAGE.fullmatch(code):
                self.complain(column, f"{code!r} is no language code")
        return frozenset(codes)

    def forms(self, column: str) -> Forms:
        """A cell of surface forms: `*=Kim Jong-un|Kim Jong Un; ru=Ким Чен Ын`."""
        cell = self.cells.get(column, "").strip()
        if not cell:
            return NO_FORMS
        found: dict[str, tuple[str, ...]] = {}
        for part in cell.split(";"):
            code, mark, listed = part.partition("=")
            code = code.strip()
            forms = tuple(form.strip() for form in listed.split("|"))
            if not mark or not _LANGUAGE.fullmatch(code):
                self.complain(column, f"{part.strip()!r} does not read as language=form|form")
            elif code in found:
                self.complain(column, f"the language {code} stands here twice")
            elif not all(forms):
                self.complain(column, f"an empty form under {code}")
            elif len(set(forms)) != len(forms):
                self.complain(column, f"a form stands twice under {code}")
            else:
                found[code] = forms
        return MappingProxyType(found)

    def terms(self, column: str) -> tuple[Term, ...]:
        """A cell of terms: `RU head_of_state 2012-05-07..; RU head_of_government 2008-05-08..2012-05-07`."""
        found = (self._term(column, part.strip()) for part in self.cells.get(column, "").split(";") if part.strip())
        return tuple(term for term in found if term)

    def _term(self, column: str, part: str) -> Term | None:
        words = part.split()
        first, dots, last = words[2].partition("..") if len(words) == 3 else ("", "", "")
        if not dots:
            self.complain(column, f"{part!r} does not read as COUNTRY OFFICE FROM..TO")
            return None
        country, office = words[0], words[1]
        if office not in OFFICE_RANK:
            self.complain(column, f"the office {office!r} is unknown, one of these is wanted: {', '.join(OFFICE_RANK)}")
        start, end = _day(first, last=False), _day(last, last=True) if last else None
        if start is None or (last and end is None):
            self.complain(column, f"{words[2]!r} holds a date that does not exist; 2012-05-07..2018-05-07 is wanted")
            return None
        if end and end < start:
            self.complain(column, f"{words[2]!r} ends before it begins")
        return Term("" if country == "-" else country, office, start, end)


def _day(text: str, *, last: bool) -> date | None:
    """A day; of a month or year alone the first or the last day."""
    match = _DATE.fullmatch(text)
    if not match:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        if month is None or year is None:
            return date(year or 0, 12, 31) if last else date(year or 0, 1, 1)
        return date(year, month, day or (monthrange(year, month)[1] if last else 1))
    except (ValueError, IndexError):
        return None


def read_rows(path: Path, columns: tuple[str, ...], found: list[Problem]) -> Iterator[Row]:
    """The rows of a table; what is no text, has too many cells or repeats a key is noted and left out."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        found.append(Problem(str(path), 0, 0, f"is not UTF-8 text: {error.reason} at byte {error.start}"))
        return
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = line.rstrip("\r").split("\t")
        row = Row(str(path), number, dict(zip(columns, cells, strict=False)), found)
        key = cells[0].strip()
        if len(cells) > len(columns):
            row.complain(columns[0], f"{len(cells)} cells, but the columns are only {', '.join(columns)}")
        elif key in seen:
            row.complain(columns[0], f"{key!r} stands in line {seen[key]} too")
        elif row.text(columns[0]):
            seen[key] = number
            yield row
