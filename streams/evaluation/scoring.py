"""Precision, recall, statuses and roles of predictions against labels. Pure: values in, a report out.

Detection: a text is raised for a type when an event of it has occurred or is planned.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from streams.evaluation.labels import MAIN_TYPES, OPEN, RAISED, Label
from streams.evaluation.names import Names
from streams.evaluation.roles import RoleScore, score_roles
from streams.messages import Annotated, Event, Message

_RIGHT: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "leader_meeting": {"happened": ("occurred",), "planned": ("planned",)},
        "arms_transfer": {
            "planned": ("planned",),
            **dict.fromkeys(("announced", "approved", "contracted", "delivered", "ongoing"), RAISED),
        },
    }
)
"""Predicted statuses that are right for a label's. The label says how far a transfer is: an announcement has occurred,
and
its delivery is planned."""

_STRICT: Mapping[str, tuple[str, ...]] = MappingProxyType({"delivered": ("occurred",), "ongoing": ("occurred",)})


@dataclass(frozen=True, slots=True)
class Item:
    """A labelled text with what was found in it; `found` is None where the predictions have no line for it."""

    label: Label
    found: Annotated | None

    def raised(self, kind: str) -> list[Event]:
        """Events of a type that have occurred or are planned, the surest first."""
        events = self.found.events if self.found else ()
        chosen = [event for event in events if event.type == kind and event.status in RAISED]
        return sorted(chosen, key=lambda event: -event.confidence)


@dataclass(frozen=True, slots=True)
class Counts:
    """Right and wrong decisions about whether texts tell of an event."""

    n: int = 0
    positive: int = 0
    hit: int = 0
    false_alarm: int = 0
    missed: int = 0

    @classmethod
    def of(cls, decisions: Iterable[tuple[bool, bool]]) -> "Counts":
        """Count pairs of labelled and raised."""
        pairs = Counter(decisions)
        hit, missed, alarm = pairs[True, True], pairs[True, False], pairs[False, True]
        return cls(sum(pairs.values()), hit + missed, hit, alarm, missed)

    @property
    def precision(self) -> float | None:
        """The share of what was raised that is right."""
        return share(self.hit, self.hit + self.false_alarm)

    @property
    def recall(self) -> float | None:
        """The share of what is there that was raised."""
        return share(self.hit, self.hit + self.missed)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both."""
        return share(2 * self.hit, 2 * self.hit + self.false_alarm + self.missed)


@dataclass(frozen=True, slots=True)
class Detection:
    """How well a main type is raised. `near_misses`: kind of label without an event → (raised, all)."""

    all: Counts
    clear: Counts
    by_language: Mapping[str, Counts]
    by_set: Mapping[str, Counts]
    near_misses: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class StatusScore:
    """Statuses of what was rightly raised; `strict` also wants a delivery to have occurred."""

    n: int
    right: int
    strict: int
    pairs: Mapping[str, int]

    @property
    def accuracy(self) -> float | None:
        """The share of right statuses."""
        return share(self.right, self.n)


@dataclass(frozen=True, slots=True)
class OtherScore:
    """One of the types of which a text names the main one. `on_none`: raised where there is no event, `on_other` where
    another type is the main one (it may be a true second event). `open`: (raised, all) of called for, threatened and
    ended.
    """

    counts: Counts
    on_none: int
    on_other: int
    open: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Report:
    """All figures. `macro` is the mean F1 of the other types that have any."""

    texts: int
    missing: int
    sets: Mapping[str, int]
    detection: Mapping[str, Detection]
    status: Mapping[str, StatusScore]
    roles: Mapping[str, RoleScore]
    other: Mapping[str, OtherScore]
    other_by_language: Mapping[str, Mapping[str, Counts]]
    macro: float | None
    micro: Counts
    variants: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def share(part: int, whole: int) -> float | None:
    """A share, None of nothing."""
    return part / whole if whole else None


def score(items: Sequence[Item], types: Sequence[str], names: Names) -> Report:
    """Score what was found in labelled texts; `types` are those besides the main ones."""
    labelled = [item for item in items if item.label.is_leader_meeting is not None]
    others = [item for item in items if item.label.other is not None]
    other = {kind: _other(others, kind) for kind in types}
    figures = [item.counts.f1 for item in other.values() if item.counts.f1 is not None]
    return Report(
        texts=len(items),
        missing=sum(item.found is None for item in items),
        sets=Counter(item.label.set for item in items),
        detection={kind: _detection(labelled, kind) for kind in MAIN_TYPES},
        status={kind: _status(labelled, kind) for kind in MAIN_TYPES},
        roles=score_roles([(item.label, item.raised) for item in labelled], names),
        other=other,
        other_by_language={
            kind: {
                code: _other([item for item in others if item.label.lang == code], kind).counts
                for code in _languages(others)
            }
            for kind in types
        },
        macro=sum(figures) / len(figures) if figures else None,
        micro=Counts.of(pair for kind in types for pair in _decisions(others, kind)),
        variants=_variants(items),
    )


def _languages(items: Iterable[Item]) -> list[str]:
    return sorted({item.label.lang for item in items})


def _detection(items: list[Item], kind: str) -> Detection:
    def count(chosen: Iterable[Item]) -> Counts:
        return Counts.of((bool(item.label.raised(kind)), bool(item.raised(kind))) for item in chosen)

    near: dict[str, tuple[int, int]] = {}
    for item in items:
        phoned = kind == "leader_meeting" and item.label.meeting_mode == "phone"
        near_miss = "phone" if phoned else item.label.stage(kind)
        if near_miss and not item.label.raised(kind):
            raised, all_ = near.get(near_miss, (0, 0))
            near[near_miss] = (raised + bool(item.raised(kind)), all_ + 1)
    return Detection(
        all=count(items),
        clear=count(item for item in items if not item.label.borderline),
        by_language={
            code: count(item for item in items if item.label.lang == code) for code in _languages(items)
        },
        by_set={
            name: count(item for item in items if item.label.set == name)
            for name in dict.fromkeys(item.label.set for item in items)
        },
        near_misses=dict(sorted(near.items())),
    )  # fmt: skip


def _status(items: list[Item], kind: str) -> StatusScore:
    pairs: Counter[tuple[str, str]] = Counter()
    for item in items:
        stage, events = item.label.stage(kind), item.raised(kind)
        if item.label.raised(kind) and events and stage is not None and stage in _RIGHT[kind]:
            pairs[stage, events[0].status] += 1
    right = {pair: count for pair, count in pairs.items() if pair[1] in _RIGHT[kind][pair[0]]}
    strict = {pair: count for pair, count in right.items() if pair[1] in _STRICT.get(pair[0], RAISED)}
    told = {f"{label} → {status}": count for (label, status), count in sorted(pairs.items())}
    return StatusScore(sum(pairs.values()), sum(right.values()), sum(strict.values()), told)


def _decisions(items: Iterable[Item], kind: str) -> list[tuple[bool, bool]]:
    return [
        (item.label.other == kind, bool(item.raised(kind)))
        for item in items
        if not (item.label.other == kind and item.label.event_status in OPEN)
    ]


def _other(items: Sequence[Item], kind: str) -> OtherScore:
    alarms = [item for item in items if item.label.other != kind and item.raised(kind)]
    unsettled = [item for item in items if item.label.other == kind and item.label.event_status in OPEN]
    return OtherScore(
        Counts.of(_decisions(items, kind)),
        on_none=sum(item.label.other == "none" for item in alarms),
        on_other=sum(item.label.other != "none" for item in alarms),
        open=(sum(bool(item.raised(kind)) for item in unsettled), len(unsettled)),
    )


def _variants(items: Iterable[Item]) -> dict[str, tuple[int, int]]:
    """Of texts written as a variant of something (phone, halted, sports): how many are right in all."""
    found: dict[str, tuple[int, int]] = {}
    for item in items:
        label = item.label
        if not label.variant:
            continue
        right = all(bool(label.raised(kind)) == bool(item.raised(kind)) for kind in MAIN_TYPES)
        if label.category == "other_event" and label.event_status not in OPEN:
            right = right and bool(item.raised(label.other or ""))
        name = f"{label.category}: {label.variant}"
        good, all_ = found.get(name, (0, 0))
        found[name] = (good + right, all_ + 1)
    return found


class Mistake(Message, frozen=True, omit_defaults=True):
    """A text whose label and events differ, by id; `text` is left out unless asked for: it is somebody else's."""

    id: str
    language: str
    type: str
    mistake: str
    label: str | None
    events: tuple[str, ...]
    borderline: bool = False
    text: str | None = None


def mistakes(items: Iterable[Item], types: Sequence[str], *, texts: bool = False) -> list[Mistake]:
    """Every false alarm and every miss."""
    found: list[Mistake] = []
    for item in items:
        label = item.label
        for kind in (*MAIN_TYPES, *types):
            decision = _decision(item, kind)
            if decision is None or decision[0] == decision[1]:
                continue
            events = item.found.events if item.found else ()
            stage = label.stage(kind) if kind in MAIN_TYPES else label.event_status
            told = tuple(f"{event.type} {event.status} {event.confidence:.2f}" for event in events)
            what = "missed" if decision[0] else "false alarm"
            text = f"{label.title}\n{label.text}".strip() if texts else None
            found.append(
                Mistake(
                    id=label.id, language=label.lang, type=kind, mistake=what, label=stage, events=told,
                    borderline=label.borderline, text=text,
                )
            )  # fmt: skip
    return sorted(found, key=lambda one: (one.type, one.mistake, one.language, one.id))


def _decision(item: Item, kind: str) -> tuple[bool, bool] | None:
    """What is labelled and what was raised; None where the label does not say."""
    if kind in MAIN_TYPES:
        labelled = item.label.raised(kind)
        return None if labelled is None else (labelled, bool(item.raised(kind)))
    found = _decisions([item], kind) if item.label.other is not None else []
    return found[0] if found else None
