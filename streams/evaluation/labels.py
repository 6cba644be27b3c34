"""Labelled texts: JSON lines that say of each text which events it tells of. Whatever is wrong with a line is told by
file and line.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal

import msgspec

from streams.errors import Problem, UsageError
from streams.messages import Annotated, Article, Message, Status, UnreadableError, decode

MeetingStatus = Literal["happened", "planned", "possible", "denied", "background"]
TransferStatus = Literal[
    "planned", "announced", "approved", "contracted", "delivered", "ongoing", "considered", "requested", "denied",
    "halted", "embargo", "background", "happened", "possible",
]  # fmt: skip
OtherStatus = Literal["happened", "planned", "called_for", "threatened", "withdrawn", "ended", "possible", "denied"]

MAIN_TYPES = ("leader_meeting", "arms_transfer")
"""The types that have labels of their own; of the others a text names one."""

RAISED = ("occurred", "planned")
"""Statuses of events that a text is raised for."""

OPEN = frozenset({"called_for", "threatened", "withdrawn", "ended"})
"""Other events with these statuses are neither hits nor misses for their own type."""

_NAMES = {"missile_or_nuclear_test": "missile_test"}
_REQUIRED = ("id", "text", "lang")


class Told(Message, frozen=True):
    """An event that a text tells of, where the labels list all of them."""

    type: str
    status: Status | None = None


class Label(Message, frozen=True):
    """One labelled text. `is_leader_meeting` and `is_arms_transfer`: such an event has occurred or is planned; None
    where
    nobody looked. `event_type` names the main other event, `none` where there is none, None where nobody looked.
    `borderline`: a real judgement call. `args_implied`: the roles are not in the words.
    """

    id: str
    text: str
    lang: str
    title: str = ""
    date: str | None = None
    set: str = ""
    is_leader_meeting: bool | None = None
    leaders: tuple[str, ...] = ()
    meeting_status: MeetingStatus | None = None
    meeting_mode: Literal["in_person", "phone", "video", "letter", "unclear"] | None = None
    is_arms_transfer: bool | None = None
    supplier: tuple[str, ...] = ()
    recipient: tuple[str, ...] = ()
    transfer_status: TransferStatus | None = None
    args_implied: bool = False
    borderline: bool = False
    event_type: str | None = None
    event_status: OtherStatus | None = None
    events: tuple[Told, ...] = ()
    category: str | None = None
    variant: str | None = None

    def raised(self, kind: str) -> bool | None:
        """Whether an event of a main type has occurred or is planned; None where nobody looked."""
        return self.is_leader_meeting if kind == "leader_meeting" else self.is_arms_transfer

    def stage(self, kind: str) -> str | None:
        """The label's status of a main type."""
        return self.meeting_status if kind == "leader_meeting" else self.transfer_status

    @property
    def other(self) -> str | None:
        """The main other event by the product's name of its type."""
        return None if self.event_type is None else _NAMES.get(self.event_type, self.event_type)

    def verdict(self, kind: str) -> bool | None:
        """Whether an event of a type that has occurred or is planned would be right; None where the label does not say:
        a text with one labelled event may tell of a second.
        """
        if kind in MAIN_TYPES:
            return self.raised(kind)
        if self.other == kind:
            return None if self.event_status in OPEN else True
        told = {_NAMES.get(event.type, event.type): event.status for event in self.events}
        if told or self.other == "none":
            return told.get(kind) in RAISED
        return None

    def article(self) -> Article:
        """The text as the detector reads it, at noon of its day."""
        day = date.fromisoformat(self.date) if self.date else None
        published = datetime.combine(day, time(12), UTC) if day else None
        return Article(id=self.id, title=self.title, text=self.text, published=published, language=self.lang)


def read_labels(files: Iterable[Path]) -> tuple[list[Label], list[Problem]]:
    """The labelled texts of files, and what is wrong with the lines that cannot be used."""
    labels: list[Label] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for file in files:
        for number, line in _lines(file):
            try:
                label = _label(line, file)
            except UnreadableError as error:
                problems.append(Problem(str(file), number, 1, str(error)))
                continue
            if label.id in seen:
                problems.append(Problem(str(file), number, 1, f"id {label.id!r} stands at {seen[label.id]} already"))
                continue
            seen[label.id] = f"{file}:{number}"
            labels.append(label)
    return labels, problems


def read_predictions(file: Path) -> tuple[dict[str, Annotated], list[Problem]]:
    """Annotated articles by id, as `tocsin detect` writes them, and what is wrong with the other lines."""
    found: dict[str, Annotated] = {}
    problems: list[Problem] = []
    for number, line in _lines(file):
        try:
            annotated = decode(line, Annotated)
        except UnreadableError as error:
            problems.append(Problem(str(file), number, 1, str(error)))
            continue
        found[annotated.id] = annotated
    return found, problems


def _label(line: bytes, file: Path) -> Label:
    label = decode(line, Label)
    for name in _REQUIRED:
        if not getattr(label, name):
            raise UnreadableError(f"{name} is empty")
    if label.date:
        try:
            date.fromisoformat(label.date)
        except ValueError:
            raise UnreadableError(f"date {label.date!r} is no day; write it like 2023-09-05") from None
    if label.is_leader_meeting is None and label.is_arms_transfer is None and label.event_type is None:
        raise UnreadableError("nothing is labelled: is_leader_meeting, is_arms_transfer or event_type is wanted")
    return label if label.set else msgspec.structs.replace(label, set=file.name.split(".")[0])


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with file.open("rb") as source:
            yield from ((number, line) for number, line in enumerate(source, 1) if line.strip())
    except OSError as error:
        raise UsageError(f"{file}: cannot be read ({error.strerror}); name a file of labelled texts") from error
