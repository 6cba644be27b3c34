"""The way out to the internet: deadlines, size limits, and no private addresses.

Every name is resolved here, every address is checked, and the checked address is the one that is dialled, so neither a
redirect nor a name server that changes its mind leads into the operator's own network. Nothing of the environment
(proxies, netrc) is used, cookies are not kept, and only what can be inflated within bounds is asked for.
"""

import asyncio
import contextlib
import os
import re
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpcore
import httpx

from streams.errors import PermanentError, TemporaryError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host and port → the textual addresses of the host. Raises OSError when there are none."""

REDIRECTS = frozenset((301, 302, 303, 307, 308))
MAX_HEADERS = 200
CONNECT_SECONDS = 10.0
"""For one address: a host with a dead address among its addresses is still reached by the next one."""

KEPT_CONNECTIONS = 8
"""httpcore looks through all idle connections for every request: many cost more than they save."""

READ_BYTES = 64 * 1024

TUNNELS = tuple(IPv6Network(prefix) for prefix in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))
"""NAT64, 6to4, Teredo, IPv4-compatible: addresses that lead on to an IPv4 address which nobody would have checked."""

# Ports of protocols that take commands in a line of text; the list of the Fetch standard (fetch.spec.whatwg.org).
# fmt: off
BAD_PORTS = frozenset((
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103,
    104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514,
    515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723,
    2049, 3659, 4045, 4190, 5060, 5061, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
))
# fmt: on


class AddressRefusedError(PermanentError):
    """The host has no address that may be reached; nothing was dialled."""


class UrlRefusedError(PermanentError):
    """The URL (or one that a redirect names) is none that may be asked."""


class BodyTooLargeError(PermanentError):
    """The answer is larger, inflated, than the request allows."""


class TooManyRedirectsError(PermanentError):
    """More redirects than the request allows, or a loop of them."""


class ConnectionFailedError(TemporaryError):
    """No connection, no valid certificate, or an answer that broke off or is no HTTP."""


class DeadlineError(TemporaryError):
    """Not done within the request's deadline."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask. `deadline` is seconds for everything, redirects and body included.

    `max_bytes` limits the inflated body: beyond it BodyTooLargeError, or with `truncate` the body is cut.
    `redirects=0` returns a 3xx as it is.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    deadline: float = 30.0
    max_bytes: int = 10_000_000
    truncate: bool = False
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. Header names are in lower case; `redirects` are (status, URL it named), in order."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    redirects: tuple[tuple[int, str], ...] = ()
    truncated: bool = False


def refusal(address: Address, allow: Sequence[Network]) -> str | None:
    """Why an address may not be reached, or None. `allow` holds networks that may be, private or not."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return refusal(address.ipv4_mapped, allow)
    allowed = any(address.version == network.version and address in network for network in allow)
    if isinstance(address, IPv6Address) and address in TUNNELS[0] and allowed:
        return refusal(IPv4Address(int(address) & 0xFFFFFFFF), allow)
    if allowed:
        return None
    if isinstance(address, IPv6Address) and any(address in tunnel for tunnel in TUNNELS):
        return "an address of this machine or of a tunnel into IPv4"
    if address.is_multicast or address.is_unspecified:
        return "a multicast or unspecified address"
    if address.is_loopback:
        return "an address of this machine"
    if not address.is_global or address.is_reserved or (isinstance(address, IPv6Address) and address.is_site_local):
        return "a private or reserved address"
    return None


def check_url(url: str) -> httpx.URL:
    """The URL as it will be asked. Raises UrlRefusedError for what is no plain http or https URL."""
    try:
        parsed = httpx.URL(url.strip())
        _ = parsed.host  # the name is decoded here: an invalid international name fails now
    except (httpx.InvalidURL, UnicodeError, ValueError, TypeError) as error:
        raise UrlRefusedError(f"{_short(url)} is no valid URL ({error})") from error
    if parsed.scheme not in ("http", "https"):
        raise UrlRefusedError(f"{_short(url)} is no http or https URL")
    if not parsed.host:
        raise UrlRefusedError(f"{_short(url)} names no host")
    if not re.fullmatch(rb"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+", parsed.raw_host):
        raise UrlRefusedError(f"{_short(url)} names no valid host")
    if parsed.userinfo:
        raise UrlRefusedError(f"the URL of {parsed.host} carries a user name or password; leave them out of the URL")
    if parsed.port in BAD_PORTS:
        raise UrlRefusedError(f"port {parsed.port} of {parsed.host} is no port for web pages")
    return parsed.copy_with(fragment=None)


def _short(url: str) -> str:
    """A URL for a message: printable and not endless."""
    shown = "".join(c if c.isprintable() else "?" for c in url.strip())
    return shown if len(shown) <= 120 else shown[:119] + "…"


def _numeric(host: str) -> Address | None:
    """The address that a host of digits means, in every spelling that C libraries read (2130706433, 0x7f.1, 0177.1).

    Raises UrlRefusedError when its last part is a number, so that it can only be an address, and it is none.
    """
    bare = host.strip("[]").partition("%")[0]
    with contextlib.suppress(ValueError):
        return ip_address(bare)
    last = bare.rstrip(".").rpartition(".")[2]
    if not re.fullmatch(r"[0-9]+|0[xX][0-9a-fA-F]*", last):
        return None
    try:
        return IPv4Address(socket.inet_aton(bare.rstrip(".")))
    except OSError as error:
        raise UrlRefusedError(f"{host} is neither a host name nor a valid address") from error


class _Guard(httpcore.AsyncNetworkBackend):
    """Opens connections to checked addresses only."""

    def __init__(self, allow: Sequence[Network], resolver: Resolver) -> None:
        self._allow = allow
        self._resolver = resolver
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- the signature of httpcore
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Resolve, check, and dial the first checked address that answers."""
        addresses = self._checked(host, await self._addresses(host, port))
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._sockets.connect_tcp(str(address), port, timeout=CONNECT_SECONDS)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise ConnectionFailedError(f"{host} does not answer on port {port} ({_cause(failure)})")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 -- the signature of httpcore
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Sockets of this machine are never opened."""
        raise AddressRefusedError(f"{path} is a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore does between its own attempts."""
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> Sequence[Address]:
        literal = _numeric(host)
        if literal is not None:
            return [literal]
        if re.fullmatch(r"(.*\.)?localhost\.?", host, re.IGNORECASE):  # RFC 6761: never asked of a name server
            return [IPv4Address("127.0.0.1"), IPv6Address("::1")]
        try:
            found = await self._resolver(host, port)
            return [ip_address(text.partition("%")[0]) for text in found]
        except (OSError, UnicodeError, ValueError) as error:
            raise ConnectionFailedError(f"{host} has no address (name resolution failed: {_cause(error)})") from error

    def _checked(self, host: str, addresses: Sequence[Address]) -> list[Address]:
        reasons = {address: refusal(address, self._allow) for address in addresses}
        checked = [address for address, reason in reasons.items() if reason is None]
        if checked:
            return checked
        if not reasons:
            raise ConnectionFailedError(f"{host} has no address")
        address, reason = next(iter(reasons.items()))
        raise AddressRefusedError(
            f"{host} is at {address}, {reason}; to allow it, add its network to outbound.allow in the settings"
        )


class _Transport(httpx.AsyncBaseTransport):
    """httpx over our own pool; httpcore's errors pass as they are."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; its body is read by the caller."""
        url = request.url
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Stream(answer), request=request)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


class _Stream(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._answer.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._answer.aclose()


class _Inflater:
    """Undoes a Content-Encoding in pieces that never exceed what may still come."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._zlib: "zlib._Decompress | None" = None  # noqa: UP037 -- exists for type checkers only
        self._plain = coding == "identity"
        self._ended = False

    def feed(self, data: bytes, room: int) -> tuple[bytes, bool]:
        """At most `room` bytes of the inflated data, and whether there would have been more."""
        if self._plain:
            return data[:room], len(data) > room
        if self._zlib is None and not self._start(data):
            return self.feed(data, room)
        pieces: list[bytes] = []
        while data and self._zlib is not None:
            piece = self._zlib.decompress(data, room + 1)
            pieces.append(piece[:room])
            if len(piece) > room:
                return b"".join(pieces), True
            room -= len(piece)
            data = self._zlib.unconsumed_tail or self._next_member()
        return b"".join(pieces), False

    def complete(self) -> bool:
        """Whether the compressed data came to their end."""
        return self._plain or self._ended or self._zlib is None

    def _start(self, data: bytes) -> bool:
        """Choose the decoder by the first bytes; False when the data are not compressed, whatever the header says."""
        if self._coding == "gzip":
            self._plain = data[:1] != b"\x1f"
            self._zlib = None if self._plain else zlib.decompressobj(zlib.MAX_WBITS | 16)
        else:  # "deflate" is zlib data by RFC 9110, and bare deflate from some servers
            bare = data[0] & 0x0F != 8 or (len(data) > 1 and (data[0] << 8 | data[1]) % 31 != 0)
            self._zlib = zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS)
        return not self._plain

    def _next_member(self) -> bytes:
        """What follows the end of a gzip member: another one, or padding, which is ignored."""
        if self._zlib is None or not self._zlib.eof:
            return b""
        rest = self._zlib.unused_data
        self._ended = True
        if self._coding == "gzip" and rest[:2] == b"\x1f\x8b":
            self._zlib, self._ended = zlib.decompressobj(zlib.MAX_WBITS | 16), False
            return rest
        return b""


class Outbound:
    """The one HTTP client: what it cannot reach safely it refuses, in a sentence.

    `max_connections` bounds the requests under way; a request that waits for its turn does not yet use up its
    deadline. `resolver` and `tls` are for tests and for operators' own certificate authorities.
    """

    def __init__(
        self,
        allow: Sequence[Network] = (),
        *,
        user_agent: str,
        resolver: Resolver | None = None,
        max_connections: int = 8,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._turns = asyncio.Semaphore(max_connections)
        # Threads of our own: name servers that hang would otherwise use up those of the event loop.
        self._threads = ThreadPoolExecutor(max_workers=max_connections, thread_name_prefix="resolver")
        pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(),
            max_connections=None,
            max_keepalive_connections=min(KEPT_CONNECTIONS, max_connections),
            keepalive_expiry=30.0,
            network_backend=_Guard(tuple(allow), resolver or self._resolve),
        )
        # Not an httpx.AsyncClient: that one keeps cookies and works out redirects before anybody could check them.
        self._transport = _Transport(pool)
        self._headers = {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}

    async def send(self, request: Request) -> Response:
        """Ask, follow redirects, read the body. Raises the errors of this module, each of them one sentence."""
        url = check_url(request.url)
        async with self._turns:
            try:
                async with asyncio.timeout(request.deadline):
                    return await self._follow(request, url)
            except TimeoutError as error:
                raise DeadlineError(f"{url.host} did not finish its answer in {request.deadline:g} s") from error
            except httpcore.LocalProtocolError as error:
                raise UrlRefusedError(f"the request to {url.host} cannot be sent: {error}") from error
            except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
                raise ConnectionFailedError(f"the connection to {url.host} failed: {_cause(error)}") from error
            except zlib.error as error:
                raise ConnectionFailedError(f"{url.host} sent compressed data that are damaged ({error})") from error

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _resolve(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, host, port)
        return list(dict.fromkeys(found))

    async def _follow(self, request: Request, url: httpx.URL) -> Response:
        method, body = request.method, request.body
        headers = httpx.Headers(self._headers)
        headers.update(dict(request.headers))
        hops: list[tuple[int, str]] = []
        while True:
            message = httpx.Request(method, url, headers=headers, content=body)
            answer = await self._transport.handle_async_request(message)
            try:
                target = answer.headers.get("location")
                if answer.status_code not in REDIRECTS or not target or request.redirects == 0:
                    return await self._read(answer, request, tuple(hops))
            finally:
                await answer.aclose()
            if len(hops) >= request.redirects:
                raise TooManyRedirectsError(f"{url.host} redirects more than {request.redirects} times")
            following = _join(url, target)
            method, headers, body = _redirected(answer.status_code, method, headers, body, url, following)
            hops.append((answer.status_code, str(following)))
            url = following

    async def _read(self, answer: httpx.Response, request: Request, hops: tuple[tuple[int, str], ...]) -> Response:
        host = answer.request.url.host
        if len(answer.headers) > MAX_HEADERS:
            raise ConnectionFailedError(f"{host} answers with more than {MAX_HEADERS} headers")
        coding = _coding(answer.headers.get("content-encoding", ""), host)
        declared = answer.headers.get("content-length", "")
        too_large = f"the answer of {host} is larger than {request.max_bytes:,} bytes"
        if declared.isdecimal() and int(declared[:18]) > request.max_bytes and not request.truncate:
            raise BodyTooLargeError(too_large)
        inflater, pieces, room, cut = _Inflater(coding), [], request.max_bytes, False
        async for chunk in answer.aiter_raw():
            piece, cut = inflater.feed(chunk, room)
            pieces.append(piece)
            room -= len(piece)
            if cut and not request.truncate:
                raise BodyTooLargeError(too_large)
            if cut:
                break
        if not cut and not inflater.complete():
            raise ConnectionFailedError(f"the answer of {host} broke off")
        names = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, str(answer.request.url), names, b"".join(pieces), hops, cut)


def _look_up(host: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _join(url: httpx.URL, target: str) -> httpx.URL:
    scheme = re.match(r"\s*([a-zA-Z][a-zA-Z0-9+.-]*):", target)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise UrlRefusedError(f"{url.host} redirects to {_short(target)}, which is no http or https URL")
    try:
        return check_url(str(url.join(target.strip())))
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise UrlRefusedError(f"{url.host} redirects to {_short(target)}, which is no valid URL") from error


def _redirected(
    status: int, method: str, headers: httpx.Headers, body: bytes | None, old: httpx.URL, new: httpx.URL
) -> tuple[str, httpx.Headers, bytes | None]:
    """Method, headers and body for the next hop, as browsers do; secrets go to no other origin (RFC 9110, 15.4).

    From https to http only what is public anyhow is taken along: a GET without credentials.
    """
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        method, body = "GET", None
    secret = [name for name in ("authorization", "cookie", "proxy-authorization") if name in headers]
    if old.scheme == "https" and new.scheme == "http" and (secret or body is not None):
        raise UrlRefusedError(f"{old.host} redirects from https to http, where secrets would be readable")
    if (old.scheme, old.host, old.port) != (new.scheme, new.host, new.port):
        headers = httpx.Headers([(k, v) for k, v in headers.items() if k.lower() not in secret])
    return method, headers, body


def _coding(header: str, host: str) -> str:
    """The one coding of a body: what we asked for, or none. Raises ConnectionFailedError for others."""
    codings = [part.strip().lower() for part in header.split(",")]
    codings = [part for part in codings if part not in ("", "identity", "none", "utf-8")]
    if not codings:
        return "identity"
    coding = codings[0].removeprefix("x-")
    if len(codings) > 1 or coding not in ("gzip", "deflate"):
        raise ConnectionFailedError(f"{host} sent its answer encoded as {_short(header)}, which was not asked for")
    return coding


def _cause(error: BaseException | None) -> str:
    """The innermost reason in words."""
    while error is not None and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, TimeoutError | httpcore.TimeoutException):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).strip() or type(error).__name__
