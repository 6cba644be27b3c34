"""YAML read as text, node by node, so that each mistake is told with its file and line."""

from pathlib import Path

import yaml

from streams.errors import DefinitionError, Problem

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""The same loader written in C where libyaml is there: ten times faster."""


def compose(file: Path) -> yaml.Node | None:
    """The root node of a file; raises DefinitionError for one that is unreadable or no YAML. The language `no` stays
    "no".
    """
    try:
        return yaml.compose(file.read_text(encoding="utf-8"), Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise DefinitionError.at(file, line, f"is not YAML: {error.problem}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DefinitionError.at(file, 0, f"cannot be read: {error}") from error


class Reader:
    """Walks the nodes of one file and collects its problems."""

    def __init__(self, file: Path) -> None:
        self.file = str(file)
        self.problems: list[Problem] = []

    def complain(self, node: yaml.Node | None, message: str) -> None:
        """Note a mistake at a node, or of the whole file."""
        if node is None:
            self.problems.append(Problem(self.file, 0, 0, message))
        else:
            self.problems.append(Problem(self.file, node.start_mark.line + 1, node.start_mark.column + 1, message))

    def word(self, node: yaml.Node) -> str:
        """A scalar that is not empty."""
        if isinstance(node, yaml.ScalarNode) and node.value.strip():
            return str(node.value)
        self.complain(node, "a word is wanted here (a text with a comma, colon or bracket needs quotes)")
        return ""

    def choice(self, node: yaml.Node, allowed: tuple[str, ...]) -> str:
        """A scalar out of a closed list."""
        value = self.word(node)
        if value and value not in allowed:
            self.complain(node, f"{value!r} is unknown, one of these is wanted: {', '.join(allowed)}")
        return value

    def words(self, node: yaml.Node) -> tuple[str, ...]:
        """A list of scalars."""
        if isinstance(node, yaml.SequenceNode):
            return tuple(self.word(item) for item in node.value)
        self.complain(node, "a list of words is wanted here")
        return ()

    def pairs(self, node: yaml.Node | None) -> list[tuple[yaml.Node, str, yaml.Node]]:
        """Key node, key and value node of a mapping, in order."""
        if isinstance(node, yaml.MappingNode):
            return [(key, self.word(key), value) for key, value in node.value]
        self.complain(node, "a mapping is wanted here")
        return []

    def items(self, node: yaml.Node) -> list[yaml.Node]:
        """The nodes of a list."""
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.complain(node, "a list is wanted here")
        return []

    def finish(self) -> None:
        """Raise all problems at once, if there are any."""
        if self.problems:
            raise DefinitionError(self.problems)
