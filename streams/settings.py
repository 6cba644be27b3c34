"""Settings that every process shares, and how all settings are read: defaults < tocsin.toml < environment < options.

Each package extends `Settings` with the sections that are its own; `deploy.settings.Settings` is all of them together.
"""

import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from streams.errors import UsageError

ENVIRONMENT_PREFIX = "TOCSIN_"
CONFIG_FILE = "tocsin.toml"
CONFIG_VARIABLE = "TOCSIN_CONFIG"
"""Names the settings file, so it is no setting itself."""


class Section(BaseModel):
    """One table of the settings file; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Kafka(Section):
    """Where the broker is. With empty `bootstrap_servers`, `tocsin up` starts a Kafka of its own under `data_dir`."""

    bootstrap_servers: str = ""
    topic_prefix: str = Field(default="", pattern=r"^[a-z0-9._-]*$")
    replication_factor: int = Field(default=1, ge=1)
    java: str = ""
    heap_mb: int = Field(default=384, ge=192)


class Database(Section):
    """Where rules, alerts and feeds are kept. Empty `url`: SQLite files under `data_dir`; else postgresql://…"""

    url: SecretStr = SecretStr("")


def _network(value: Any) -> IPv4Network | IPv6Network:
    """Read a network here, so that one sentence says what is wrong instead of one for each kind of network."""
    try:
        return ip_network(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{value} is no network; write one like 127.0.0.0/8 or fd00::/8") from error


class OutboundSettings(Section):
    """The way out: `allow` names private networks that fetches and webhooks may reach all the same."""

    allow: tuple[Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)], ...] = ()


class Detect(Section):
    """What is looked for: languages, and a folder with an operator's own event types, names and languages.

    `pipelines`: the operator's trained spaCy pipelines by language, as package name or folder.
    """

    languages: tuple[str, ...] = ("de", "en", "fr", "es", "ru", "uk", "zh", "ar", "ko")
    definitions: Path | None = Field(default=None, json_schema_extra={"path": True})
    pipelines: dict[str, str] = Field(default_factory=dict)


class Ports(Section):
    """The port of each process for health and metrics, on loopback; 0 takes a free one."""

    ingest: int = Field(default=9101, ge=0, le=65535)
    detect: int = Field(default=9102, ge=0, le=65535)
    match: int = Field(default=9103, ge=0, le=65535)
    deliver: int = Field(default=9104, ge=0, le=65535)
    web: int = Field(default=9105, ge=0, le=65535)


class Health(Section):
    """Where /livez, /readyz and /metrics are served."""

    host: str = "127.0.0.1"
    ports: Ports = Ports()


class Log(Section):
    """How much is logged, and in which form; `auto` is text on a terminal and JSON elsewhere."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "text", "json"] = "auto"


class Settings(Section):
    """What every process needs. `data_dir` holds all that lasts on this machine: Kafka's log, SQLite, caches."""

    data_dir: Path = Field(default=Path("data"), json_schema_extra={"path": True})
    kafka: Kafka = Kafka()
    database: Database = Database()
    outbound: OutboundSettings = OutboundSettings()
    detect: Detect = Detect()
    health: Health = Health()
    log: Log = Log()


S = TypeVar("S", bound=Settings)


def load(
    kind: type[S],
    *,
    file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    options: Mapping[str, Any] | None = None,
) -> S:
    """Read all settings of `kind`. `options` is nested like the file and wins over everything.

    Without `file`, `tocsin.toml` in the working directory is read if there is one. Raises UsageError: one line that
    names the key and where it was set.
    """
    path = file if file is not None else Path(CONFIG_FILE)
    from_file = _read_file(kind, path, required=file is not None)
    from_environment, variables = _read_environment(environment)
    merged = _merge(_merge(from_file, from_environment), options or {})
    try:
        return kind.model_validate(merged)
    except ValidationError as error:
        place = _Places(path, from_file, variables, options or {})
        raise UsageError("; ".join(_describe(e, place) for e in error.errors())) from error


def origins(
    kind: type[S],
    *,
    file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    options: Mapping[str, Any] | None = None,
) -> Callable[[str], str]:
    """Where a dotted key got its value, for the same arguments as `load`: `default`, the file, a variable, `option`."""
    path = file if file is not None else Path(CONFIG_FILE)
    _, variables = _read_environment(environment)
    place = _Places(path, _read_file(kind, path, required=file is not None), variables, options or {})
    return lambda dotted: place.find(tuple(dotted.split("."))) or "default"


@dataclass(frozen=True, slots=True)
class _Places:
    """What was read from where, to name the origin of a value."""

    path: Path
    from_file: Mapping[str, Any]
    variables: Mapping[tuple[str, ...], str]
    options: Mapping[str, Any]

    def find(self, keys: tuple[str, ...]) -> str | None:
        """The place of the highest rank that says anything about these keys."""
        if _says(self.options, keys):
            return "option"
        for set_keys, variable in self.variables.items():
            if keys[: len(set_keys)] == set_keys:
                return variable
        return str(self.path) if _says(self.from_file, keys) else None


def _says(values: Any, keys: tuple[str, ...]) -> bool:
    """Tell whether nested values hold something at these keys, or a plain value on the way to them."""
    for key in keys:
        if not isinstance(values, Mapping):
            return True
        if key not in values:
            return False
        values = values[key]
    return True


def _read_file(kind: type[Settings], path: Path, *, required: bool) -> dict[str, Any]:
    if not required and not path.exists():
        return {}
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); name another file with --config") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: is not valid TOML: {error}") from error
    return _absolute(kind, data, path.resolve().parent)


def _absolute(kind: type[BaseModel], data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Make the relative paths of a file's values absolute, by the fields that say they hold paths."""
    result = dict(data)
    for name, field in kind.model_fields.items():
        value = data.get(name)
        if isinstance(value, dict) and isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            result[name] = _absolute(field.annotation, value, folder)
        elif isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("path"):
            if isinstance(value, str):
                result[name] = str(folder / Path(value).expanduser())
            elif isinstance(value, list):
                result[name] = [str(folder / Path(v).expanduser()) if isinstance(v, str) else v for v in value]
    return result


def _read_environment(environment: Mapping[str, str]) -> tuple[dict[str, Any], dict[tuple[str, ...], str]]:
    """Nested values of TOCSIN_SECTION__KEY, and which variable set which key.

    `…_FILE` names a file that holds the value.
    """
    values: dict[str, Any] = {}
    variables: dict[tuple[str, ...], str] = {}
    for variable in sorted(environment):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable == CONFIG_VARIABLE:
            continue
        name, text = variable[len(ENVIRONMENT_PREFIX) :], environment[variable]
        if name.endswith("_FILE"):
            name, text = name[: -len("_FILE")], _read_secret(variable, text)
        keys = tuple(name.lower().split("__"))
        variables[keys] = variable
        put(values, keys, parse_value(text), variable)
    return values, variables


def put(values: dict[str, Any], keys: Sequence[str], value: Any, origin: str) -> None:
    """Set a nested value; `origin` names what asked for it, for the error that a section is no plain value."""
    at = values
    for key in keys[:-1]:
        below = at.setdefault(key, {})
        if not isinstance(below, dict):
            raise UsageError(f"{origin}: {key} is given both as a value and as a section; keep one of them")
        at = below
    at[keys[-1]] = value


def _read_secret(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{variable}: the file {path} cannot be read: {error}") from error


def parse_value(text: str) -> Any:
    """A list or table is written as in TOML (`["a", "b"]`); all else is text, which the field converts."""
    if text[:1] in "[{" and text[:1]:
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return text


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


def _describe(error: ErrorDetails, places: _Places) -> str:
    keys = tuple(str(part) for part in error["loc"])
    origin = places.find(keys) or "default"
    if error["type"] == "extra_forbidden":
        return f"{origin}: {'.'.join(keys)} is no setting that tocsin knows"
    if error["type"] == "model_type":
        return f"{origin}: {'.'.join(keys)} is a section; set one of its keys"
    message = error["msg"].removeprefix("Value error, ")
    return f"{origin}: {'.'.join(keys)}: {message[:1].lower()}{message[1:]}"
