"""The channels that alerts can take: one file each, and a line here."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import ValidationError

from alerts.channels.channel import Attempt, Channel, NotNowError, NotReadyError, Receipt, RefusedError, Target
from alerts.channels.email import Email
from alerts.channels.webhook import Webhook
from alerts.settings import Settings

CHANNELS: Mapping[str, type[Channel]] = MappingProxyType({kind.kind: kind for kind in (Webhook, Email)})
"""Each kind of channel by its name, as `type` in a rules file gives it."""

__all__ = [
    "CHANNELS",
    "Attempt",
    "Channel",
    "NotNowError",
    "NotReadyError",
    "Receipt",
    "RefusedError",
    "Target",
    "TargetError",
    "open_channels",
    "parse_target",
]


class TargetError(ValueError):
    """Fields of a channel that do not fit; `problems` are (field or "", what is wrong with it)."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{field}: {what}" if field else what for field, what in problems))
        self.problems = problems


def parse_target(kind: str, values: Mapping[str, object]) -> Target:
    """The target of a channel from the fields that a user wrote. Raises TargetError, which names each wrong field."""
    channel = CHANNELS.get(kind)
    if channel is None:
        known = ", ".join(sorted(CHANNELS))
        raise TargetError((("type", f"there is no kind of channel {kind!r}; there are {known}"),))
    try:
        target: Target = channel.Target.model_validate(dict(values))
    except ValidationError as error:
        allowed = ", ".join(channel.Target.model_fields)
        raise TargetError(
            tuple(
                (".".join(map(str, one["loc"][:1])), _told(one["type"], one["msg"], allowed)) for one in error.errors()
            )
        ) from error
    return target


def open_channels(settings: Settings) -> Mapping[str, Channel]:
    """One channel of each kind, ready to send; close each with `aclose`."""
    return {kind: channel.open(settings) for kind, channel in CHANNELS.items()}


def _told(code: str, text: str, allowed: str) -> str:
    if code == "extra_forbidden":
        return f"is no field of this channel; it has {allowed}"
    if code == "missing":
        return "is missing"
    return text.removeprefix("Value error, ")
