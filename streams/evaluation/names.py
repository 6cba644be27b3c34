"""Whether two spellings name the same person or state: case, marks, transliteration and endings aside."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property
from typing import TypeVar

from streams.knowledge import Knowledge, Person

_CYRILLIC: dict[str, str] = dict(
    re.findall(
        r"(\S):(\S*)",
        """
    а:a б:b в:v г:g ґ:g д:d е:e ё:e є:ye ж:zh з:z и:i і:i ї:yi й:y к:k
    л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:kh ц:ts ч:ch ш:sh щ:shch ъ:
    ы:y ь: э:e ю:yu я:ya ў:u
    """,
    )
)
_LATIN = {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae"}
_TITLES = frozenset(
    re.findall(
        r"\S+",
        """
    president presidents prime minister chancellor king queen pope emperor emir prince crown mr mrs ms sir dr lord
    leader präsident praesident prasident bundeskanzler bundeskanzlerin kanzler kanzlerin koenig konig konigin papst
    ministerprasident premier regierungschef staatschef us der die das von the prezident kantsler premer ministr
    """,
    )
)
_FAMILY_FIRST = frozenset(
    re.findall(r"\S+", "xi hu wen li lee kim moon park yoon tsai lai nguyen tran pham abe roh ban jiang zhu")
)
"""Names of East Asia that are written before the given name."""

_SOUNDS = (
    ("tsch", "k"), ("shch", "k"), ("dsch", "j"), ("dzh", "j"), ("sch", "s"), ("tch", "k"), ("sh", "s"), ("ch", "k"),
    ("zh", "s"), ("kh", "h"), ("gh", "g"), ("ts", "s"), ("tz", "s"), ("z", "s"), ("w", "v"), ("ph", "f"), ("ck", "k"),
    ("c", "k"), ("q", "k"), ("th", "t"), ("x", "ks"),
)  # fmt: skip
"""Spellings of one sound, the longer first."""

_FIGHTERS = {
    "kurds": re.compile(r"kurd|ypg|peshmerga|курд|كرد", re.IGNORECASE),
    "rebels": re.compile(r"rebel|opposition|повстан|المعارض", re.IGNORECASE),
    "separatists": re.compile(r"separat|сепарат", re.IGNORECASE),
}
"""Sides that have no row of their own: fighters of a people or a cause, in whatever language."""

T = TypeVar("T")
U = TypeVar("U")

_ARTICLE = re.compile(r"^(the|die|der|das|la|le|les|el|los|republic of|republik) ")


def fold(name: str) -> str:
    """A name in small plain Latin letters, as far as a table reaches."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    plain = "".join(_LATIN.get(char, _CYRILLIC.get(char, char)) for char in plain)
    return "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))


def same_person(labelled: str, found: str) -> bool:
    """Whether a found name in Latin or Cyrillic letters may be the labelled one: the family name decides."""
    first, second = _tokens(labelled), _tokens(found)
    if not first or not second:
        return False
    if "".join(first) == "".join(second) or _ratio(" ".join(first), " ".join(second)) >= 0.9:
        return True
    if first[0] in _FAMILY_FIRST or (len(first) == 2 and first[1] in _FAMILY_FIRST):
        return _same_family_first(first, second)
    if (
        len(first) == len(second) == 2
        and not _near(first[0], second[0])
        and _skeleton(first[0])[0] != _skeleton(second[0])[0]
    ):
        return False  # the same family name, another person
    return any(_near(first[-1], token) for token in second)


def _same_family_first(labelled: list[str], found: list[str]) -> bool:
    family = labelled[0] if labelled[0] in _FAMILY_FIRST else labelled[1]
    given = "".join(token for token in labelled if token != family)
    rest = "".join(token for token in found if not _near(token, family))
    return any(_near(token, family) for token in found) and (not rest or _ratio(given, rest) >= 0.85)


def _tokens(name: str) -> list[str]:
    tokens = [token for token in re.split(r"[^a-z0-9]+", re.sub(r"['’`]s?\b", "", fold(name))) if token]
    plain = [token for token in tokens if token not in _TITLES]
    return [
        token for at, token in enumerate(plain) if not (at and re.fullmatch(r"[ivx]+|\d+", token))
    ] or tokens  # fmt: skip


def _ratio(first: str, second: str) -> float:
    return SequenceMatcher(None, first, second).ratio()


def _skeleton(token: str) -> str:
    """The consonants of a name as they sound, whatever the spelling (Jeschow, Yezhov)."""
    for spelling, sound in _SOUNDS:
        token = token.replace(spelling, sound)
    first = "a" if token[:1] in "aeiou" else ("j" if token[:1] in "yj" else token[:1])
    return re.sub(r"(.)\1+", r"\1", first + re.sub(r"[aeiouyjh]", "", token[1:]))


def _near(first: str, second: str) -> bool:
    if first == second:
        return True
    if min(len(first), len(second)) < 3:
        return False
    ratio = _ratio(first, second)
    if ratio >= 0.85 or _inflected(first, second) or _inflected(second, first):
        return True
    one, other = _skeleton(first), _skeleton(second)
    if min(len(first), len(second)) >= 6 and ratio >= 0.75 and one[0] == other[0]:
        return True
    if len(one) >= 2 and one == other:
        return ratio >= 0.45
    return len(one) >= 4 and len(other) >= 4 and ratio >= 0.6 and _ratio(one, other) >= 0.85


def _inflected(longer: str, shorter: str) -> bool:
    """The German genitive and Slavic cases put up to three letters behind a name."""
    return longer.startswith(shorter) and len(longer) - len(shorter) <= 3 and len(shorter) >= 4


@dataclass(frozen=True)
class Names:
    """Names of states, groups and people as the tables know them, in all languages."""

    knowledge: Knowledge
    unscored: frozenset[str] = field(default=frozenset({"gulf states", "allies"}))

    @cached_property
    def _states(self) -> dict[str, str]:
        found = {fold(iso): iso for iso in self.knowledge.countries}
        for iso, country in self.knowledge.countries.items():
            for form in _forms(country.name, *country.names.values()):
                found.setdefault(fold(form), iso)
        return found

    @cached_property
    def _adjectives(self) -> dict[str, str]:
        return {
            fold(form): iso
            for iso, country in self.knowledge.countries.items()
            for form in country.adjectives.get("en", ())
        }

    @cached_property
    def _groups(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for organization in self.knowledge.organizations.values():
            found.setdefault(organization.id, organization.id)
            for form in _forms(organization.name, *organization.forms.values()):
                found.setdefault(fold(form), organization.id)
        return found

    @cached_property
    def _people(self) -> dict[str, list[Person]]:
        found: dict[str, list[Person]] = {}
        for person in self.knowledge.people.values():
            for form in {fold(form) for form in _forms(person.name, *person.forms.values())}:
                found.setdefault(form, []).append(person)
        return found

    def state(self, *values: str | None) -> str | None:
        """The state or known group that the first fitting value names: an ISO code or a group's id."""
        for value in values:
            plain = _ARTICLE.sub("", fold(value or "").strip(" ."))
            if plain in self._states:
                return self._states[plain]
        known = (self._groups.get(value or "") or self._groups.get(fold(value or "").strip(" .")) for value in values)
        fighters = (key for value in values for key in _fighters(value or ""))
        return next((group for group in (*known, *fighters) if group), None)

    def party(self, labelled: str) -> frozenset[str]:
        """All keys that count as a labelled party, empty where it is not scored; a group counts by its country too."""
        if labelled.casefold() in self.unscored:
            return frozenset()
        key = self.state(labelled)
        fighters = set(_fighters(labelled))
        if key is None or key in fighters:
            return frozenset({labelled.casefold(), *fighters, *self._states_within(labelled)})
        group = self.knowledge.organizations.get(key)
        return frozenset({key, group.country, *fighters} if group and group.country else {key, *fighters})

    def _states_within(self, labelled: str) -> Iterable[str]:
        """`Syrian rebels`, `Iraq (Kurds)`: a party without a row of its own counts by the state that it is of."""
        for word in re.findall(r"\w+", fold(labelled)):
            state = self._states.get(word) or self._adjectives.get(word)
            if state is not None:
                yield state

    def is_person(self, labelled: str, found: str) -> bool:
        """Whether a found name in any script is the labelled person."""
        if not found:
            return False
        if same_person(labelled, found):
            return True
        low = found.casefold()
        forms = (
            form.casefold()
            for person in self._people.get(fold(labelled), ())
            for form in _forms(*person.forms.values(), *person.family.values())
        )
        return any(form in low or (len(low) >= 2 and low in form) for form in forms if len(form) >= 2)


def _fighters(name: str) -> Iterable[str]:
    return (key for key, pattern in _FIGHTERS.items() if pattern.search(name))


def _forms(*parts: str | Iterable[str]) -> Iterable[str]:
    for part in parts:
        yield from ((part,) if isinstance(part, str) else part)


def count_matches(labelled: Iterable[T], found: Iterable[U], same: Callable[[T, U], bool]) -> int:
    """How many of the labelled have a partner of their own among the found."""
    left, hits = list(found), 0
    for one in labelled:
        partner = next((other for other in left if same(one, other)), None)
        if partner is not None:
            left.remove(partner)
            hits += 1
    return hits
