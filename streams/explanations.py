"""Explanations of an article for people at a terminal, and as one JSON line for programs."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from streams.detection.explanation import Explanation
from streams.detector import Detector
from streams.messages import Article, Filler, Message, encode
from streams.terminal import cell

_FRAMES: Mapping[str, str] = MappingProxyType(
    {
        "meet": "A meets B",
        "receive": "A receives B",
        "visit": "A visits B, or B's country",
        "talk": "A talks with B",
        "meeting": "a meeting of A and B",
        "trip": "A travels to B's country",
        "summit": "leaders at a summit",
        "joint": "A and B do something together",
        "guest": "A with B",
        "stay": "A in B's country",
        "give": "A gives arms to B",
        "get": "B gets arms from A",
        "supply": "arms go from A to B",
        "arrive": "arms arrive",
        "deal": "A and B agree on arms",
        "request": "B asks A for arms",
        "acquire": "B's purchase of arms",
        "do": "somebody does it",
        "undergo": "it happens to somebody",
        "noun": "a word for it",
    }
)


class Explained(Message, frozen=True):
    """All candidates of an article, the events first."""

    id: str
    title: str
    language: str | None
    candidates: tuple[Explanation, ...]


def explain(detector: Detector, article: Article) -> Explained:
    """What the detector makes of an article, and why."""
    found = detector.explain(article)
    return Explained(
        id=article.id, title=article.title, language=detector.identify(article), candidates=tuple(found)
    )  # fmt: skip


def in_words(explained: Message) -> bytes:
    """An article's explanations as lines for people; another message stays JSON."""
    if not isinstance(explained, Explained):
        return encode(explained)
    head = (explained.id, explained.language or "no language that is read", explained.title)
    lines = [cell(" · ".join(part for part in head if part))]
    for candidate in explained.candidates:
        lines += ["", *(f"  {name:<11}{cell(text)}" for name, text in _lines(candidate))]
    if not explained.candidates:
        lines.append("  no event: no word for one is found, or none in its meaning")
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")


def _lines(candidate: Explanation) -> Iterator[tuple[str, str]]:
    label = candidate.type.replace("_", " ")
    if candidate.event is not None:
        yield "event", f"{label}, {candidate.status}, right with probability {candidate.event.confidence:.2f}"
    else:
        yield "no event", f"{label}: {candidate.reason}"
    yield "sentence", candidate.evidence.text
    frame = _FRAMES.get(candidate.frame, candidate.frame)
    yield "found by", f"“{candidate.trigger.text}”: {frame} (pattern {candidate.pattern})"
    if candidate.parties:
        yield "parties", " · ".join(f"{party.span.text}: {party.what}, {party.tie}" for party in candidate.parties)
    if candidate.event is not None:
        yield from _roles(candidate.event.roles)
        yield "status", candidate.reason
    if candidate.notes:
        yield "besides", " · ".join(candidate.notes)
    if candidate.filters and candidate.event is not None:
        yield (
            "checked",
            ", ".join(name.replace("_", " ") for name in candidate.filters) + ": nothing of the kind is said",
        )
    if candidate.reasons:
        signed = (f"{'+' if reason.adds > 0 else '−'} {reason.words}" for reason in candidate.reasons)
        yield "how sure", " · ".join(signed)


def _roles(roles: Mapping[str, Iterable[Filler]]) -> Iterator[tuple[str, str]]:
    told = [
        f"{role.replace('_', ' ')}: {', '.join(map(_filler, fillers))}" for role, fillers in roles.items() if fillers
    ]
    if told:
        yield "roles", " · ".join(told)


def _filler(filler: Filler) -> str:
    name = filler.name or filler.entity or "?"
    return f"{name} ({filler.country})" if filler.country else name
