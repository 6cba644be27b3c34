"""`field:value` → clause: each value is looked up, and what is unknown or stands for several things is a mistake."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import re2

from alerts.query import facts
from alerts.query.clauses import Clause
from alerts.query.errors import MAX_PATTERN_BYTES, QueryError, error_at
from alerts.query.folding import fold, tokens
from alerts.query.prepared import host
from alerts.query.syntax import Comparison, Condition, Part, Pattern, Value
from alerts.query.vocabulary import MANY, STATUSES, Candidate, Vocabulary, closest
from alerts.query.words import Expression
from streams.messages import utc

EVENT_FIELDS = frozenset({"event", "status", "confidence"})
"""Fields that speak of an event, besides `role.…`."""

ARTICLE_FIELDS = ("entity", "person", "country", "weapon", "org", "language", "source", "feed", "tag")
FIELDS = (*("event", "status", "role.supplier", "confidence", "published", "title", "text"), *ARTICLE_FIELDS)
_TABLES = {
    "country": ("countries",),
    "person": ("people",),
    "org": ("organizations",),
    "weapon": ("weapons",),
    "entity": ("people", "organizations", "weapons", "places", "countries"),
}
_EXAMPLES = {"confidence": "confidence>0.8", "published": "published>2026-01-01"}
_ID = re.compile(r"Q[1-9]\d*|[a-z]+[:_][\w.:-]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2,4})?")
_MAX_PATTERN_MEMORY = 2 << 20


@dataclass(slots=True)
class Values:
    """Turns the conditions of one query into clauses and collects the mistakes."""

    text: str
    vocabulary: Vocabulary
    errors: list[QueryError]

    def condition(self, node: Condition, *, in_group: bool) -> Clause:
        """The clause for `field:value,value`; within `event:…( )` also the bare names of roles."""
        field = node.field
        if field in ("event", "status"):
            return self._of_event(node)
        role = field.removeprefix("role.") if field.startswith("role.") else ""
        if in_group and not role and field not in ARTICLE_FIELDS and field in self.vocabulary.roles:
            role = field
        if in_group and not role and field == "weapon":
            return facts.RoleIs("", self._meaning(node, _TABLES["weapon"]))
        if role:
            return facts.RoleIs(role, self._role_meaning(node, role))
        if field in _TABLES:
            meaning = self._meaning(node, _TABLES[field])
            return facts.RoleIs("", meaning) if in_group else facts.About(meaning)
        if field in ARTICLE_FIELDS and not in_group:
            return self._origin(node)
        self._unknown_field(node, node.field, in_group=in_group)
        return facts.Tagged(frozenset())

    def comparison(self, node: Comparison) -> Clause:
        """The clause for `confidence>0.8` and `published>2026-01-01`."""
        if node.field == "confidence":
            return facts.Confidence(facts.Range(node.operator, self._number(node.value)))
        if node.field == "published":
            start, end = self._time(node.value)
            return facts.Published(start, end, node.operator)
        if node.field in FIELDS or node.field.startswith("role."):
            hint = f"write {node.field}:{node.value.text}"
            self._complain(node, f"{node.field} is not compared with {node.operator}", hint)
        else:
            self._unknown_field(node, node.field, in_group=False)
        return facts.Tagged(frozenset())

    def pattern(self, node: Pattern) -> Expression:
        """The compiled `/regular expression/`; one that finds nothing stands in for a wrong one."""
        options = re2.Options()
        options.case_sensitive = node.exact
        options.log_errors = False
        options.max_mem = _MAX_PATTERN_MEMORY
        if len(node.text.encode()) > MAX_PATTERN_BYTES:
            size = len(node.text.encode())
            message = f"the regular expression has {size:,} bytes, {MAX_PATTERN_BYTES:,} are allowed"
            self._complain(node, message, "write it shorter, or use words and OR")
            return Expression(re2.compile("[^\\s\\S]"))
        try:
            compiled = re2.compile(node.text, options)
        except re2.error as error:
            reason = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
            self._complain(node, f"the regular expression is wrong: {reason}", "it is read by RE2, without look-around")
            return Expression(re2.compile("[^\\s\\S]"))
        if compiled.search("") is not None:
            self._complain(node, "the regular expression finds the empty text", "write + instead of *, or more letters")
        return Expression(compiled)

    def _of_event(self, node: Condition) -> Clause:
        if node.field == "status":
            found = frozenset(self._known(value, STATUSES, "status") for value in node.values)
            return facts.StatusIs(found)
        if any(value.text in ("any", "*") for value in node.values):
            return facts.EventIs(None)
        types = self.vocabulary.event_types
        return facts.EventIs(frozenset(self._known(value, types, "event type") for value in node.values))

    def _known(self, value: Value, known: Iterable[str], what: str) -> str:
        word = value.text.lower().replace("-", "_").replace(" ", "_")
        if word in known:
            return word
        meant = closest(word, known)
        hint = f"did you mean {meant}?" if meant else f"known are {', '.join(known)}"
        self._complain(value, f"there is no {what} “{value.text}”", hint)
        return word

    def _meaning(self, node: Condition, tables: tuple[str, ...]) -> facts.Meaning:
        countries: set[str] = set()
        entities: set[str] = set()
        for value in node.values:
            for found in self._lookup(value, tables, node.field):
                if found.table == "countries":
                    countries.add(found.key)
                elif found.table == "weapons":
                    entities |= self.vocabulary.below(found.key)
                else:
                    entities.add(found.key)
        return facts.Meaning(frozenset(countries), frozenset(entities))

    def _role_meaning(self, node: Condition, role: str) -> facts.Meaning:
        if role not in self.vocabulary.roles:
            meant = closest(role, self.vocabulary.roles)
            hint = f"did you mean role.{meant}?" if meant else f"known are {', '.join(self.vocabulary.roles)}"
            self._complain(node, f"there is no role “{role}”", hint)
            return facts.Meaning()
        others = ("countries", "people", "organizations")
        tables = ("weapons", *others) if role in self.vocabulary.weapon_roles else others
        return self._meaning(node, tables)

    def _lookup(self, value: Value, tables: tuple[str, ...], field: str) -> list[Candidate]:
        found = self.vocabulary.find(tables, value.text)
        if len(found) == 1:
            return found
        what = field.removeprefix("role.")
        if len(found) > 1:
            listed = ", ".join(str(candidate) for candidate in found[:MANY])
            more = f" and {len(found) - MANY} more" if len(found) > MANY else ""
            self._complain(value, f"{what} “{value.text}” may be {listed}{more}", "write the id of the one you mean")
            return []
        if tables != _TABLES["country"] and _ID.fullmatch(value.text):
            return [Candidate("ids", value.text, value.text)]
        similar = self.vocabulary.similar(tables, value.text)
        hint = "did you mean " + " or ".join(map(str, similar)) + "?" if similar else ""
        hint = hint or f'write "{value.text}" without {field}: to look for the words'
        self._complain(value, f"there is no {what} “{value.text}”", hint)
        return []

    def _origin(self, node: Condition) -> Clause:
        make: dict[str, Callable[[Condition], Clause]] = {
            "language": self._language,
            "source": _source,
            "feed": _feed,
            "tag": lambda node: facts.Tagged(frozenset(fold(value.text) for value in node.values)),
        }
        return make[node.field](node)

    def _language(self, node: Condition) -> Clause:
        for value in node.values:
            if not _LANGUAGE.fullmatch(value.text.lower()):
                self._complain(
                    value, f"“{value.text}” is no language code", "write two letters, for example language:de"
                )
        return facts.Language(frozenset(value.text.lower() for value in node.values))

    def _number(self, value: Value) -> float:
        try:
            number = float(value.text)
        except ValueError:
            number = -1.0
        if not 0 <= number <= 1:
            self._complain(value, f"“{value.text}” is no confidence", "write a number from 0 to 1")
        return number

    def _time(self, value: Value) -> tuple[datetime, datetime]:
        """The day, or the moment, from its first until after its last second."""
        try:
            moment = datetime.fromisoformat(value.text)
        except ValueError:
            hint = "write a day like 2026-01-31 or a time like 2026-01-31T12:00Z"
            self._complain(value, f"“{value.text}” is no date", hint)
            return datetime.max.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
        if len(value.text) <= len("2026-01-31"):
            start = datetime.combine(moment.date(), time(), UTC)
            return start, start + timedelta(days=1)
        return utc(moment), utc(moment) + timedelta(microseconds=1)

    def _unknown_field(self, node: Condition | Comparison, field: str, *, in_group: bool) -> None:
        end = node.start + len(field) + 1
        if in_group:
            known = (*self.vocabulary.roles, "status", "confidence", "country", "person", "entity", "org")
            where, where_hint = f"in event:…( ) there is no field {field}:", f"known there are {', '.join(known)}"
        else:
            known, where, where_hint = FIELDS, f"there is no field {field}:", f"known are {', '.join(FIELDS)}"
        if field in ("confidence", "published"):
            where, hint = f"{field} is compared, not listed", f"write {_EXAMPLES[field]}"
        elif not in_group and field in self.vocabulary.roles:
            hint = f"write role.{field}:"
        elif meant := closest(field, known):
            hint = f"did you mean {meant}:?"
        else:
            hint = f"{where_hint}; put words with a colon in quotation marks"
        self.errors.append(error_at(self.text, node.start, end, where, hint))

    def _complain(self, node: Part, message: str, hint: str) -> None:
        self.errors.append(error_at(self.text, node.start, node.end, message, hint))


def _source(node: Condition) -> Clause:
    hosts: set[str] = set()
    titles: list[str] = []
    for value in node.values:
        name = host(value.text if "://" in value.text else f"https://{value.text}")
        if "." in name and " " not in value.text:
            hosts.add(name.removeprefix("www."))
        titles.append(f" {' '.join(form for token in tokens(value.text) for form in token.forms[:1])} ")
    return facts.SourceIs(frozenset(hosts), tuple(title for title in titles if title.strip()))


def _feed(node: Condition) -> Clause:
    whole = frozenset(value.text for value in node.values if not value.text.endswith("*"))
    beginnings = tuple(value.text[:-1] for value in node.values if value.text.endswith("*"))
    return facts.FeedIs(whole, beginnings)
