"""What all tests of ingest need: logs that go where the running test listens."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def fresh_logs() -> Iterator[None]:
    """A command that ran in this process leaves a log on a stream that is closed by now."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
