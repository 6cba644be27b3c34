"""What the parser stumbled over, as a sentence: what stands there, and what was expected."""

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from alerts.query.errors import QueryError, error_at

QUOTES = '"“„«'
_LEADING = '"“„«/-:<>('
WANTED = "a word, a phrase in quotation marks, a field like event: or an opening bracket"


def explain(text: str, error: UnexpectedInput) -> QueryError:
    """The sentence for what lark could not read."""
    match error:
        case UnexpectedToken(token=token) if token.type != "$END":
            return _at_token(text, token, error.accepts or error.expected)
        case UnexpectedToken() | UnexpectedEOF():
            return _at_end(text, set(error.accepts or error.expected) if isinstance(error, UnexpectedToken) else set())
        case UnexpectedCharacters():
            return _at_character(text, error.pos_in_stream or 0, set(error.allowed or ()))
    return error_at(text, 0, 1, "the query cannot be read", f"expected {WANTED}")


def _at_token(text: str, token: Token, expected: set[str]) -> QueryError:
    start, end = token.start_pos or 0, token.end_pos or 0
    word = str(token)
    if word[0] in _LEADING:
        return _at_character(text, start, expected)
    if "VALUE" in expected:
        return error_at(text, start, end, f"{word} stands where a value was expected", _value_hint(text, start))
    match token.type:
        case "RPAR" if _depth(text, start) <= 0:
            return error_at(text, start, end, "this bracket closes none", "delete it, or open one before")
        case "RPAR":
            return error_at(text, start, end, "nothing stands before this bracket", f"expected {WANTED}")
        case "OR" | "AND" | "NEAR":
            return error_at(text, start, end, f"before {word} something is missing", f"expected {WANTED}")
        case "COMMA":
            hint = "write AND or OR between words; with a comma, put the words in quotation marks"
            return error_at(text, start, end, "a comma stands only between the values of a field", hint)
    return error_at(text, start, end, f"{word} is not expected here", f"expected {WANTED}")


def _at_end(text: str, expected: set[str]) -> QueryError:
    end = len(text.rstrip())
    if "VALUE" in expected:
        return error_at(text, end, end + 1, "the value of the field is missing", _value_hint(text, end))
    if expected == {"RPAR"}:
        opened = _last_open(text)
        return error_at(text, opened, opened + 1, "this bracket is never closed", "expected ) before the end")
    last = text[:end].split()[-1:] or [""]
    return error_at(text, end, end + 1, f"after {last[0][-20:]} something is missing", f"expected {WANTED}")


def _at_character(text: str, position: int, expected: set[str]) -> QueryError:
    char = text[position : position + 1]
    where = (text, position, position + 1)
    if char in QUOTES:
        return error_at(*where, "this quotation mark is never closed", f"expected {_closing(char)} before the end")
    if "VALUE" in expected and char == "(":
        return error_at(*where, "values stand without brackets", "write several with commas: country:DE,FR")
    if "VALUE" in expected:
        return error_at(*where, f"{char} stands where a value was expected", _value_hint(text, position))
    match char:
        case "/":
            hint = "expected / after the regular expression, then a blank; put other words with / in quotation marks"
            return error_at(*where, "this regular expression is never closed", hint)
        case "-":
            hint = "write -word without a blank, or put the words in quotation marks"
            return error_at(*where, "- excludes what stands directly after it, and nothing stands there", hint)
        case ":":
            hint = "put the words in quotation marks, or write a field like event: before it"
            return error_at(*where, "before the colon stands no field", hint)
        case "<" | ">":
            hint = "write for example confidence>0.8 or published>2026-01-01"
            return error_at(*where, f"before {char} stands no field that can be compared", hint)
    return error_at(*where, f"{char!r} is not expected here", f"expected {WANTED}")


def _value_hint(text: str, position: int) -> str:
    field = text[:position].split()[-1:] or [""]
    examples = {"event:": "event:leader_meeting", "country:": "country:DE", "status:": "status:planned"}
    return f"expected a value, for example {examples.get(field[0].lower(), 'country:DE')}"


def _closing(quote: str) -> str:
    return {"“": "”", "„": "“", "«": "»"}.get(quote, quote)


def _outside_quotes(text: str) -> list[tuple[int, str]]:
    """The brackets of a query that stand outside quotation marks, with their positions."""
    found, closing = [], ""
    for position, char in enumerate(text):
        if closing:
            closing = "" if char == closing else closing
        elif char in QUOTES:
            closing = _closing(char)
        elif char in "()":
            found.append((position, char))
    return found


def _depth(text: str, before: int) -> int:
    return sum(1 if char == "(" else -1 for position, char in _outside_quotes(text) if position < before)


def _last_open(text: str) -> int:
    opened: list[int] = []
    for position, char in _outside_quotes(text):
        if char == "(":
            opened.append(position)
        elif opened:
            opened.pop()
    return opened[-1] if opened else 0
