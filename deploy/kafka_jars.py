"""The jars of Apache Kafka: resolved once into a cache, and checked one by one at every start."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from streams.errors import UsageError

VERSION = "4.3.1"

COORDINATES = "+".join(
    (
        f"org.apache.kafka:kafka_2.13:{VERSION}!",
        "org.apache.logging.log4j:log4j-slf4j-impl:2.25.1!",  # Kafka speaks slf4j 1.7: not log4j-slf4j2-impl
        "org.apache.logging.log4j:log4j-core:2.25.1!",
    )
)
"""`!` keeps each to its own versions: else log4j's parent would bring kafka-clients 3.9.1 into a Kafka 4.3.1."""

SUMS = Path(__file__).parent / "kafka_files" / "jars.sha256"

Progress = Callable[[str], None]


def default_cache() -> Path:
    """The user's cache folder, shared by all data folders: a second one needs no download."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tocsin"


def expected() -> Mapping[str, str]:
    """The sha256 of each jar by its name, in the order of the class path."""
    pairs = (line.split() for line in SUMS.read_text(encoding="ascii").splitlines() if line.strip())
    return {name: digest for digest, name in pairs}


def obtain(cache: Path, progress: Progress) -> list[Path]:
    """All jars, each with the digest that the repository names; they are resolved first where any is not.

    Raises UsageError when they cannot be had or are not the ones that the repository names.
    """
    folder = cache / f"kafka-{VERSION}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            if wrong := differing(folder, expected()):
                progress(f"Resolving Apache Kafka {VERSION} ({len(wrong)} jars, some 44 MB; only this once)")
                _resolve(folder)
    except OSError as error:
        raise UsageError(
            f"Apache Kafka's jars cannot be had ({error}): go online once, check that {cache} is writable, "
            "or name a Kafka of your own as kafka.bootstrap_servers"
        ) from error
    if wrong := differing(folder, expected()):
        raise UsageError(
            f"{folder / wrong[0]} is not the jar whose sha256 tocsin knows ({len(wrong)} such); "
            "Kafka is not started with it. Remove the folder to resolve it anew"
        )
    return [folder / name for name in expected()]


def differing(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    """The names of the jars that are missing from the folder or have another digest."""
    return [name for name, digest in wanted.items() if _digest(folder / name) != digest]


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _resolve(folder: Path) -> None:
    """Resolve next to the folder and move over what came, so that a broken download leaves nothing half."""
    from jgo.config import GlobalSettings
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.env import EnvironmentBuilder, LinkStrategy
    from jgo.maven import MavenContext

    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="resolving-") as name:
        work = Path(name)
        repositories = {"central": MAVEN_CENTRAL_URL, **GlobalSettings.load().repositories}
        context = MavenContext(repo_cache=work / "repository", remote_repos=repositories, timeout=30)
        builder = EnvironmentBuilder(context=context, cache_dir=work / "cache", link_strategy=LinkStrategy.COPY)
        try:
            environment = builder.from_endpoint(COORDINATES)
        except (RuntimeError, ValueError, LookupError) as error:
            raise OSError(str(error)) from error
        for jar in Path(environment.path).rglob("*.jar"):
            shutil.move(jar, folder / jar.name)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
