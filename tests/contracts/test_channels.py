"""What every channel must do; a channel that is added to CHANNELS runs through here without a further line."""

import pydantic
import pytest

from alerts.channels import CHANNELS, Channel, Target, TargetError, open_channels, parse_target
from alerts.settings import Settings

EXAMPLES: dict[str, dict[str, object]] = {
    "webhook": {"url": "https://example.org/hook", "secret": "whsec_" + "QUFB" * 11},
    "email": {"to": "desk@example.org"},
}

kinds = pytest.mark.parametrize("kind", sorted(CHANNELS))


@kinds
def test_a_channel_is_listed_by_its_kind(kind: str) -> None:
    channel: type[Channel] = CHANNELS[kind]
    assert channel.kind == kind
    assert issubclass(channel.Target, Target)
    assert channel.__doc__
    assert channel.Target.__doc__


@kinds
def test_a_target_is_read_and_is_a_value(kind: str) -> None:
    target = parse_target(kind, EXAMPLES[kind])
    assert target == parse_target(kind, EXAMPLES[kind])
    assert type(target) is CHANNELS[kind].Target
    with pytest.raises(pydantic.ValidationError):
        setattr(target, next(iter(type(target).model_fields)), "other")


@kinds
def test_a_target_comes_through_json_as_it_was(kind: str) -> None:
    """Channels in the store are JSON; whoever writes them there reveals the secrets on purpose."""
    target = parse_target(kind, EXAMPLES[kind])
    stored = {
        name: value.get_secret_value() if isinstance(value, pydantic.SecretStr) else value
        for name, value in target.model_dump().items()
    }
    assert parse_target(kind, stored) == target


@kinds
def test_unknown_and_missing_fields_are_named(kind: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse_target(kind, {"colour": "red"})
    assert dict(caught.value.problems)["colour"].startswith("is no field of this channel; it has ")
    assert "is missing" in dict(caught.value.problems).values()


@kinds
def test_secrets_are_not_printed(kind: str) -> None:
    target = parse_target(kind, EXAMPLES[kind])
    for name, field in type(target).model_fields.items():
        if "SecretStr" in str(field.annotation):
            assert str(EXAMPLES[kind][name]) not in repr(target) + str(target.model_dump_json())


@kinds
def test_each_recipient_can_be_addressed_alone(kind: str) -> None:
    target = parse_target(kind, EXAMPLES[kind])
    for recipient in target.recipients():
        alone = target.only(recipient)
        assert alone is not None
        assert alone.recipients() == (recipient,)
    assert target.only("nobody@example.org") is None


async def test_all_channels_open_and_close_without_anything_being_set() -> None:
    channels = open_channels(Settings())
    assert sorted(channels) == sorted(CHANNELS)
    for channel in channels.values():
        await channel.aclose()


def test_a_kind_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(TargetError, match="there is no kind of channel 'pigeon'; there are email, webhook"):
        parse_target("pigeon", {})


@pytest.mark.parametrize(
    ("kind", "values", "field", "what"),
    [
        ("webhook", {"url": "ftp://example.org"}, "url", "is no http or https URL; write https://host/path"),
        ("webhook", {"url": "https://user:pass@example.org"}, "url", "carries a user name or password"),
        ("webhook", {"url": 5}, "url", "string"),
        ("webhook", {"url": "https://example.org", "secret": "hunter2"}, "secret", "begins with whsec_"),
        ("email", {"to": "desk"}, "to", "is no e-mail address"),
        ("email", {"to": "Desk <desk@example.org>"}, "to", "is no e-mail address"),
        ("email", {"to": "a@example.org, b@example.org"}, "to", "is no e-mail address"),
        ("email", {"to": "a@example.org\r\nBcc: b@example.org"}, "to", "is no e-mail address"),
        ("email", {"to": []}, "to", "names nobody"),
        ("email", {"to": ["a@example.org", "b@"]}, "to", "'b@' is no e-mail address"),
    ],
)
def test_wrong_fields_are_told_in_words(kind: str, values: dict[str, object], field: str, what: str) -> None:
    with pytest.raises(TargetError) as caught:
        parse_target(kind, values)
    assert what in dict(caught.value.problems)[field]
    assert "hunter2" not in str(caught.value)
