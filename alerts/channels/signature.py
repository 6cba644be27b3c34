"""Signatures of webhooks by Standard Webhooks 1.0, symmetric: HMAC-SHA256 over id, timestamp and body."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret; the standard's bounds."""

TOLERANCE = timedelta(minutes=5)
"""How far a webhook's timestamp may be from now: beyond it, it may be somebody's replay."""


class SignatureError(ValueError):
    """A secret that is none, or a webhook that was not signed with it; the text says why."""


def key(secret: str) -> bytes:
    """The bytes of a `whsec_…` secret. Raises SignatureError, which never holds the secret itself."""
    if not secret.startswith(PREFIX):
        raise SignatureError(f"a signing secret begins with {PREFIX}, followed by base64")
    encoded = secret[len(PREFIX) :]
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureError(f"what follows {PREFIX} is not base64") from error
    if not SHORTEST <= len(decoded) <= LONGEST:
        raise SignatureError(f"a signing secret holds {SHORTEST} to {LONGEST} bytes, this one {len(decoded)}")
    return decoded


def sign(keys: Sequence[bytes], message_id: str, time: datetime, body: bytes) -> Mapping[str, str]:
    """The three headers of a signed webhook; one signature for each key, so that secrets can be changed at leisure."""
    timestamp = str(int(time.timestamp()))
    signatures = (_signature(one, message_id, timestamp, body) for one in keys)
    headers = {"webhook-id": message_id, "webhook-timestamp": timestamp}
    return headers | ({"webhook-signature": " ".join(signatures)} if keys else {})


def verify(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raise SignatureError unless one of the signatures was made with one of the keys, at about this time.

    Header names in lower case.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split()
    if not (message_id and timestamp and given):
        raise SignatureError("the webhook is not signed")
    _check_time(timestamp, now)
    expected = [_signature(one, message_id, timestamp, body).encode() for one in keys]
    matches = [hmac.compare_digest(a, b.encode("utf-8", "replace")) for a in expected for b in given]
    if not any(matches):
        raise SignatureError("no signature was made with this secret for this body")


def _check_time(timestamp: str, now: datetime) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        raise SignatureError("webhook-timestamp is no number of seconds")
    age = now - datetime.fromtimestamp(int(timestamp), UTC)
    if abs(age) > TOLERANCE:
        raise SignatureError(f"the webhook's timestamp is {abs(age).total_seconds():.0f} s away from now")


def _signature(one: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return "v1," + base64.b64encode(hmac.new(one, signed, hashlib.sha256).digest()).decode()
