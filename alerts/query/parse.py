"""Text → tree: reads a query within its limits, and says every mistake with its place."""

import unicodedata
from functools import cache
from pathlib import Path

from lark import Lark
from lark.exceptions import UnexpectedInput

from alerts.query import syntax
from alerts.query.building import Builder
from alerts.query.complaints import explain
from alerts.query.errors import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_TERMS,
    QueryError,
    QueryRefusedError,
    error_at,
)

BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that make a text read otherwise than it is written."""


def parse(text: str) -> syntax.Node:
    """Read a query. Raises QueryRefusedError with every mistake that can be told at once."""
    _check_text(text)
    try:
        tree = _grammar().parse(text)
    except UnexpectedInput as error:
        raise QueryRefusedError([explain(text, error)]) from error
    builder = Builder(text)
    node: syntax.Node = builder.transform(tree)
    if node.depth > MAX_DEPTH:
        message = f"the query is nested {node.depth} levels deep, {MAX_DEPTH} are allowed"
        builder.errors = [error_at(text, node.start, node.start + 1, message, "write it flatter, or as several rules")]
    if builder.terms > MAX_TERMS:
        message = f"the query has {builder.terms} terms, {MAX_TERMS} are allowed"
        builder.errors = [error_at(text, 0, 1, message, "split it into several rules")]
    if builder.errors:
        raise QueryRefusedError(builder.errors)
    return node


@cache
def _grammar() -> Lark:
    return Lark.open(str(Path(__file__).with_name("grammar.lark")), parser="lalr", propagate_positions=False)


def _check_text(text: str) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        message = f"the query has {size:,} bytes, {MAX_BYTES:,} are allowed"
        raise QueryRefusedError([QueryError(1, 1, message, "split it into several rules")])
    errors = [
        error_at(text, position, position + 1, _bad_character(char), "delete it")
        for position, char in enumerate(text)
        if char in BIDI or (unicodedata.category(char) in ("Cc", "Cs") and char not in "\t\n\r")
    ]
    if errors:
        raise QueryRefusedError(errors)
    if not text.strip():
        raise QueryRefusedError([QueryError(1, 1, "the query is empty", "write at least one word or field")])


def _bad_character(char: str) -> str:
    kind = "a character that turns the direction of writing" if char in BIDI else "a control character"
    return f"U+{ord(char):04X} is {kind} and is not allowed in a query"
