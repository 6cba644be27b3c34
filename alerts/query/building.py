"""Makes our tree of the parser's: counts terms, measures levels, collects mistakes within words and values."""

import re
from typing import Any

from lark import Token, Transformer_NonRecursive

from alerts.query import syntax
from alerts.query.complaints import WANTED
from alerts.query.errors import QueryError, error_at
from alerts.query.folding import tokens


class Builder(Transformer_NonRecursive[Token, syntax.Node]):
    """Makes our tree of lark's, from the leaves up, and collects mistakes; counts terms and levels."""

    def __init__(self, text: str) -> None:
        super().__init__(visit_tokens=False)
        self.text = text
        self.errors: list[QueryError] = []
        self.terms = 0

    # One method for each rule of the grammar, named like it, with what stands in it: tokens, and parts made before.

    def start(self, children: list[Any]) -> syntax.Node:
        """The whole query."""
        node: syntax.Node = children[0]
        return node

    def or_expr(self, children: list[Any]) -> syntax.Node:
        """Parts between OR."""
        nodes = _nodes(children)
        return syntax.Or(nodes=nodes, start=nodes[0].start, end=nodes[-1].end, depth=_deeper(*nodes))

    def and_expr(self, children: list[Any]) -> syntax.Node:
        """Parts between AND or blanks."""
        nodes = _nodes(children)
        return syntax.And(nodes=nodes, start=nodes[0].start, end=nodes[-1].end, depth=_deeper(*nodes))

    def negation(self, children: list[Any]) -> syntax.Node:
        """A part after NOT or -."""
        mark: Token = children[0]
        node: syntax.Node = children[1]
        return syntax.Not(node=node, start=_start(mark), end=node.end, depth=_deeper(node))

    def near(self, children: list[Any]) -> syntax.Node:
        """Parts between NEAR/n, the left ones first."""
        node: syntax.Node = children[0]
        for mark, right in zip(children[1::2], children[2::2], strict=True):
            distance = int(mark.partition("/")[2][:9])
            if not 1 <= distance <= 100:
                self._complain(_start(mark), _end(mark), "NEAR counts words from 1 to 100", "write for example NEAR/5")
            node = syntax.Near(
                left=node, right=right, distance=distance, start=node.start, end=right.end, depth=_deeper(node, right)
            )
        return node

    def brackets(self, children: list[Any]) -> syntax.Node:
        """A part in brackets, which belong to its place."""
        opening, node, closing = children
        match node:
            case syntax.And():
                return syntax.And(
                    nodes=node.nodes, bracketed=True, start=_start(opening), end=_end(closing), depth=node.depth
                )
            case syntax.Or():
                return syntax.Or(nodes=node.nodes, start=_start(opening), end=_end(closing), depth=node.depth)
        inner: syntax.Node = node
        return inner

    def scoped(self, children: list[Any]) -> syntax.Node:
        """Words after title: or text:."""
        field, *inner = children
        node = _nodes(inner)[0]
        end = _end(children[-1]) if isinstance(children[-1], Token) else node.end
        return syntax.Scoped(field=field[:-1].lower(), node=node, start=_start(field), end=end, depth=_deeper(node))

    def word(self, children: list[Any]) -> syntax.Node:
        """A word, perhaps with = before or * after it."""
        token, exact = children[-1], len(children) == 2
        self.terms += 1
        bare = token.rstrip("*")
        prefix = token.endswith("*")
        if problem := _misspelt(token, bare):
            self._complain(_start(token), _end(token), *problem)
        else:
            self._check_words(token, bare)
        return syntax.Word(text=bare, prefix=prefix, exact=exact, start=_start(children[0]), end=_end(token))

    def phrase(self, children: list[Any]) -> syntax.Node:
        """Words in quotation marks."""
        token, exact = children[-1], len(children) == 2
        self.terms += 1
        text = _unquote(token)
        self._check_words(token, text)
        return syntax.Phrase(text=text, exact=exact, start=_start(children[0]), end=_end(token))

    def pattern(self, children: list[Any]) -> syntax.Node:
        """A regular expression between slashes."""
        token, exact = children[-1], len(children) == 2
        self.terms += 1
        text = token[1:-1].replace("\\/", "/")
        return syntax.Pattern(text=text, exact=exact, start=_start(children[0]), end=_end(token))

    def value(self, children: list[Any]) -> syntax.Value:
        """One value of a field."""
        token = children[0]
        self.terms += 1
        text = _unquote(token) if token.type == "STRING" else str(token)
        if not text.strip():
            self._complain(_start(token), _end(token), "an empty value", "write what the field shall be")
        return syntax.Value(text=text.strip(), start=_start(token), end=_end(token))

    def values(self, children: list[Any]) -> tuple[syntax.Value, ...]:
        """Values between commas."""
        first, last = children[0], children[-1]
        before = first if isinstance(first, tuple) else ()
        return (*before, last)

    def condition(self, children: list[Any]) -> syntax.Node:
        """A field with its values."""
        field, values = children
        return syntax.Condition(field=field[:-1].lower(), values=values, start=_start(field), end=values[-1].end)

    def group(self, children: list[Any]) -> syntax.Node:
        """event: with conditions in brackets."""
        field, closing, node = children[0], children[-1], children[-2]
        opening = children[-3]
        listed = children[1] if isinstance(children[1], tuple) else ()
        self.terms += 1
        last = syntax.Value(text=opening[:-1], start=_start(opening), end=_end(opening) - 1)
        condition = syntax.Condition(
            field=field[:-1].lower(), values=(*listed, last), start=_start(field), end=last.end
        )
        return syntax.Group(condition=condition, node=node, start=_start(field), end=_end(closing), depth=_deeper(node))

    def comparison(self, children: list[Any]) -> syntax.Node:
        """A field compared with a value."""
        mark, value = children
        operator = mark[-2:] if mark.endswith(("<=", ">=")) else mark[-1:]
        field = mark[: -len(operator)].strip().lower()
        return syntax.Comparison(field=field, operator=operator, value=value, start=_start(mark), end=value.end)

    def _check_words(self, token: Token, text: str) -> None:
        if any(tokens(text)):
            return
        hint = "write words, or AND, OR, NOT in capital letters"
        self._complain(_start(token), _end(token), f"{str(token)!r} holds neither letter nor digit", hint)

    def _complain(self, start: int, end: int, message: str, hint: str) -> None:
        self.errors.append(error_at(self.text, start, end, message, hint))


def _misspelt(word: str, bare: str) -> tuple[str, str] | None:
    """What is wrong with a word that was not meant as one: message and hint."""
    if "*" in word[:-1]:
        return "* can stand only once, at the end of a word", "write word*"
    if word in ("AND", "OR") or (word.startswith("NEAR/") and word[5:].isdigit()):
        return f"before {word} something is missing", f"expected {WANTED}"
    if word == "NEAR" or word.upper().startswith("NEAR/"):
        return "NEAR wants a number of words", "write for example NEAR/5"
    if word.endswith("*") and len(bare) == 1 and bare.isascii():
        return f"{word} finds nearly every text", "write two letters or more"
    return None


def _nodes(children: list[Any]) -> tuple[syntax.Node, ...]:
    return tuple(child for child in children if not isinstance(child, Token))


def _deeper(*nodes: syntax.Node) -> int:
    return 1 + max(node.depth for node in nodes)


def _start(token: Token) -> int:
    return token.start_pos or 0


def _end(token: Token) -> int:
    return token.end_pos or 0


def _unquote(token: Token) -> str:
    inner = token[1:-1]
    return re.sub(r"\\(.)", r"\1", inner, flags=re.DOTALL) if token[0] == '"' else inner
