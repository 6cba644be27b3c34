"""Settings of alerts: rules, mail, delivery and the web page."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from streams import settings


class Rules(settings.Section):
    """Rule files, read at the start and when they change, besides rules added by command."""

    files: tuple[Path, ...] = Field(default=(), json_schema_extra={"path": True})


class Smtp(settings.Section):
    """The mail server that alerts are handed to. An empty `host` means: no mail."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = Field(default="tocsin@localhost", alias="from")
    username: str = ""
    password: SecretStr = SecretStr("")


class Delivery(settings.Section):
    """How deliveries are made: attempts under way at once, in all and to one endpoint; seconds an attempt may take."""

    concurrency: int = Field(default=64, ge=1)
    per_endpoint: int = Field(default=4, ge=1)
    timeout: float = Field(default=15, gt=0, le=30)


class Web(settings.Section):
    """Where the page is served; `base_url` is how readers reach it from outside, for links in alerts."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    base_url: str = ""


class Settings(settings.Settings):
    """What `tocsin serve match|deliver|web` and `tocsin rules` need."""

    rules: Rules = Rules()
    smtp: Smtp = Smtp()
    delivery: Delivery = Delivery()
    web: Web = Web()
