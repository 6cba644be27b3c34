"""The web page as an application, and as a process: read-only, without scripts, nothing from elsewhere."""

import asyncio
import contextlib
import functools
import hashlib
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
import structlog
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from alerts.outbox import Ledger
from alerts.quotes import plain
from alerts.settings import Settings
from alerts.web import words
from alerts.web.lag import Lag, Measure
from alerts.web.pages import front
from streams import broker
from streams.errors import InfrastructureError, UsageError
from streams.messages import utc
from streams.service import Service

HERE = Path(__file__).parent
LOOPBACK_NAMES = frozenset(("localhost", "127.0.0.1", "::1"))
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

log = structlog.get_logger()


def create_app(
    settings: Settings,
    store: Ledger,
    measure: Measure,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> FastAPI:
    """The application: `/` shows everything, `/alerts/ID` one alert (the permanent link in mails)."""
    app = FastAPI(title="tocsin", openapi_url=None, docs_url=None, redoc_url=None)
    assets = {path.name: _asset(path) for path in (HERE / "static").iterdir()}
    templates = _templates(assets)
    lag = Lag(measure, clock)
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.middleware("http")(functools.partial(_guarded, _host_names(settings)))

    def page(template: str, status: int = 200, **values: object) -> HTMLResponse:
        headers = {"Cache-Control": "no-store"} | ({"Retry-After": "5"} if status == 503 else {})
        return HTMLResponse(templates.get_template(template).render(values), status, headers)

    @app.get("/", response_class=HTMLResponse)
    async def show_front(before: str = "") -> HTMLResponse:
        shown = await front.front(store, lag, clock(), _moment(before))
        return page("front.html", 503 if shown.trouble else 200, front=shown, paged=bool(_moment(before)))

    @app.get("/alerts/{alert_id}", response_class=HTMLResponse)
    async def show_alert(alert_id: str) -> HTMLResponse:
        record = await store.alert_record(alert_id)
        if record is None:
            text = "It may have been deleted, or the address is not complete."
            return page("trouble.html", 404, head="There is no such alert", text=text)
        return page("alert.html", row=front.row(record), now=clock())

    @app.exception_handler(InfrastructureError)
    async def show_trouble(_request: Request, error: InfrastructureError) -> HTMLResponse:
        return page(
            "trouble.html", 503, head="The database does not answer", text=f"Try again soon. ({plain(str(error))})"
        )

    @app.exception_handler(HTTPException)
    async def show_error(_request: Request, error: HTTPException) -> HTMLResponse:
        head = "There is no such page" if error.status_code == 404 else plain(error.detail)
        return page("trouble.html", error.status_code, head=head, text="The alerts are on the front page.")

    return app


async def _guarded(
    names: frozenset[str], request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Refuse foreign host names, so that no other site can read the page by name rebinding; add the headers."""
    host = request.headers.get("host", "")
    if names and (urlsplit(f"//{host}").hostname or "") not in names:
        text = "This address is not the page's. Set web.base_url to the address that readers use.\n"
        return Response(text, 421, media_type="text/plain; charset=utf-8")
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.url.path.startswith("/static/") and request.url.query and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def _host_names(settings: Settings) -> frozenset[str]:
    """The names under which the page may be asked for; empty, for any, when it serves more than this machine."""
    if settings.web.host not in LOOPBACK_NAMES:
        return frozenset()
    outside = urlsplit(settings.web.base_url).hostname
    return LOOPBACK_NAMES | ({outside} if outside else set())


def _asset(path: Path) -> str:
    """The URL of a static file, which changes when its content does."""
    return f"/static/{path.name}?{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"


def _templates(assets: Mapping[str, str]) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["assets"] = dict(assets)
    environment.filters |= {
        "age": words.age,
        "clock": words.clock,
        "country": words.country,
        "exactly": words.clock_exactly,
        "iso": lambda moment: utc(moment).isoformat(timespec="seconds"),
        "line": plain,
        "number": words.number,
        "past": words.past,
        "plural": words.plural,
        "upcoming": words.upcoming,
    }
    return environment


def _moment(text: str) -> datetime | None:
    """The time of a paging parameter; what is none is taken as the newest page."""
    try:
        return utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


async def serve(service: Service, settings: Settings, store: Ledger) -> None:
    """Serve the page until `service.stopping` is set. Raises UsageError when its port cannot be had."""
    app = create_app(settings, store, functools.partial(broker.measure, settings))
    listening = _listen(settings.web.host, settings.web.port)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=5
    )
    server = _Server(config)
    host, port = listening.getsockname()[:2]
    log.info("page.served", url=f"http://{f'[{host}]' if ':' in host else host}:{port}/")
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    stopping = asyncio.create_task(service.stopping.wait())
    try:
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        stopping.cancel()
        listening.close()


class _Server(uvicorn.Server):
    """Leaves the signals to the process, which ends everything in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"web.port: port {port} on {host} is in use or not allowed ({error.strerror or error}); "
            "stop what uses it or choose another (0 takes a free one)"
        ) from error
    listening.setblocking(False)
    return listening
