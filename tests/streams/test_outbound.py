"""The way out: what may be reached, and that nothing hostile costs more than its limit."""

import asyncio
import gzip
import resource
import ssl
import subprocess
import time
import zlib
from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path

import httpcore
import pytest

from streams import outbound
from streams.outbound import Outbound, Request
from tests.fakes import answer, serve_site

LOOPBACK = (ip_network("127.0.0.0/8"),)


class Names:
    """A resolver with a table; each name's list of answers is used up one by one, the last stays."""

    def __init__(self, **table: Sequence[Sequence[str]]) -> None:
        self.table = {name.replace("_", "."): list(answers) for name, answers in table.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self.table.get(host)
        if answers is None:
            raise OSError("no such name")
        return answers.pop(0) if len(answers) > 1 else answers[0]


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address that a connection was opened to."""
    seen: list[str] = []
    real = httpcore.AnyIOBackend.connect_tcp

    async def spy(self: httpcore.AnyIOBackend, host: str, port: int, **rest: object) -> httpcore.AsyncNetworkStream:
        seen.append(host)
        return await real(self, host, port, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", spy)
    return seen


@pytest.fixture
async def out():
    client = Outbound(LOOPBACK, user_agent="test/1")
    yield client
    await client.aclose()


async def _error(client: Outbound, url: str, **options: object) -> Exception:
    with pytest.raises((outbound.PermanentError, outbound.TemporaryError)) as caught:
        await client.send(Request(url, **options))  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "feeds.localhost",
        "127.0.0.1.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "[fec0::1]",
        "[ff02::1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
    ],
)
async def test_private_addresses_are_refused_and_not_dialled(host: str, dialled: list[str]) -> None:
    client = Outbound(user_agent="test/1", resolver=Names())
    error = await _error(client, f"http://{host}:8080/feed")
    assert isinstance(error, outbound.AddressRefusedError)
    assert "outbound.allow" in str(error)
    assert dialled == []
    await client.aclose()


@pytest.mark.parametrize(
    ("address", "allowed", "refused"),
    [
        ("8.8.8.8", "", False),
        ("2a00:1450::1", "", False),
        ("::ffff:8.8.8.8", "", False),
        ("64:ff9b::808:808", "", True),
        ("64:ff9b::808:808", "64:ff9b::/96", False),
        ("64:ff9b::7f00:1", "64:ff9b::/96", True),
        ("10.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "192.168.0.0/16", True),
        ("::ffff:10.1.2.3", "10.0.0.0/8", False),
        ("fd00::1", "fd00::/8", False),
    ],
)
def test_refusal_of_addresses(address: str, allowed: str, refused: bool) -> None:
    networks = [ip_network(allowed)] if allowed else []
    assert (outbound.refusal(ip_address(address), networks) is not None) == refused


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "ftp://example.org/",
        "data:text/xml,<rss/>",
        "javascript:alert(1)",
        "gopher://example.org/",
        "http://",
        "http:///feed",
        "",
        "http://good.example@127.0.0.1/",
        "http://user:secret@example.org/",
        "http://example.org:22/",
        "http://example.org:6379/",
        "http://exa mple.org/",
        "http://example.org/\nHost: x",
        "http://999.1.1.1/",
        "http://0177.0.0.1/",
        "http://1.2.3.4.5/",
        "http://xn--/",
    ],
)
async def test_urls_that_are_refused(url: str, dialled: list[str]) -> None:
    client = Outbound(LOOPBACK, user_agent="test/1", resolver=Names())
    error = await _error(client, url)
    assert isinstance(error, outbound.PermanentError | outbound.ConnectionFailedError)
    assert "secret" not in str(error)
    assert dialled == []
    await client.aclose()


async def test_only_checked_addresses_are_dialled(dialled: list[str]) -> None:
    async with serve_site(feed=b"ok") as site:
        names = Names(mixed_example=[["10.0.0.1", "169.254.169.254", "127.0.0.1"]])
        client = Outbound(LOOPBACK, user_agent="test/1", resolver=names)
        response = await client.send(Request(f"http://mixed.example:{site.port}/feed"))
        assert (response.body, dialled) == (b"ok", ["127.0.0.1"])
        assert site.requests[0]["host"] == f"mixed.example:{site.port}"
        await client.aclose()


async def test_a_name_that_changes_its_address_is_checked_each_time(dialled: list[str]) -> None:
    async with serve_site(feed=b"ok") as site:
        names = Names(rebinds_example=[["127.0.0.1"], ["169.254.169.254"]])
        client = Outbound(LOOPBACK, user_agent="test/1", resolver=names)
        url = f"http://rebinds.example:{site.port}/feed"
        assert (await client.send(Request(url))).status == 200
        assert isinstance(await _error(client, url), outbound.AddressRefusedError)
        assert dialled == ["127.0.0.1"]
        await client.aclose()


async def test_a_dead_address_does_not_hide_a_living_one(dialled: list[str]) -> None:
    async with serve_site(feed=b"ok") as site:
        client = Outbound(LOOPBACK, user_agent="t", resolver=Names(two_example=[["127.0.0.2", "127.0.0.1"]]))
        assert (await client.send(Request(f"http://two.example:{site.port}/feed"))).body == b"ok"
        assert dialled == ["127.0.0.2", "127.0.0.1"]
        await client.aclose()


async def test_a_slow_name_server_ends_at_the_deadline() -> None:
    async def never(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    client = Outbound(LOOPBACK, user_agent="test/1", resolver=never)
    assert isinstance(await _error(client, "http://slow.example/", deadline=0.2), outbound.DeadlineError)
    await client.aclose()


async def test_an_unknown_name_is_a_temporary_failure() -> None:
    client = Outbound(user_agent="test/1", resolver=Names())
    error = await _error(client, "http://nowhere.example/")
    assert isinstance(error, outbound.ConnectionFailedError)
    assert "nowhere.example" in str(error)
    await client.aclose()


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
async def test_redirects_are_followed_and_told(out: Outbound, status: str) -> None:
    async with serve_site(new=b"here") as site:
        site.pages["/old"] = answer(b"", status=f"{status} Moved", Location="/new")
        response = await out.send(Request(site.url("/old")))
        assert response.body == b"here"
        assert response.url == site.url("/new")
        assert response.redirects == ((int(status), site.url("/new")),)


async def test_a_redirect_is_returned_when_none_may_be_followed(out: Outbound) -> None:
    async with serve_site(old=answer(b"", status="302 Found", Location="/new")) as site:
        response = await out.send(Request(site.url("/old"), redirects=0))
        assert (response.status, response.headers["location"], site.asked) == (302, "/new", ["/old"])


async def test_a_loop_of_redirects_ends(out: Outbound) -> None:
    async with serve_site(a=answer(b"", status="301 Moved", Location="/a")) as site:
        assert isinstance(await _error(out, site.url("/a")), outbound.TooManyRedirectsError)
        assert len(site.asked) == 6


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("http://169.254.169.254/latest/meta-data/", outbound.AddressRefusedError),
        ("http://[::ffff:10.0.0.1]/", outbound.AddressRefusedError),
        ("file:///etc/passwd", outbound.UrlRefusedError),
        ("ftp://example.org/feed", outbound.UrlRefusedError),
        ("data:text/plain,x", outbound.UrlRefusedError),
        ("http://user:pw@127.0.0.1/", outbound.UrlRefusedError),
        ("http://[", outbound.UrlRefusedError),
    ],
)
async def test_each_hop_is_checked(out: Outbound, dialled: list[str], target: str, error: type[Exception]) -> None:
    async with serve_site(old=answer(b"", status="302 Found", Location=target)) as site:
        assert isinstance(await _error(out, site.url("/old")), error)
        assert dialled == ["127.0.0.1"]


async def test_secrets_do_not_follow_to_another_origin(out: Outbound) -> None:
    async with serve_site(new=b"there") as other, serve_site() as site:
        site.pages["/far"] = answer(b"", status="302 Found", Location=other.url("/new"))
        site.pages["/near"] = answer(b"", status="302 Found", Location="/end")
        secrets = {"Authorization": "Bearer x", "Cookie": "a=b", "X-Kind": "feed"}
        await out.send(Request(site.url("/far"), headers=secrets))
        await out.send(Request(site.url("/near"), headers=secrets))
        assert "authorization" not in other.requests[0]
        assert "cookie" not in other.requests[0]
        assert other.requests[0]["x-kind"] == "feed"
        assert site.requests[2]["authorization"] == "Bearer x"


async def test_a_post_becomes_a_get_only_where_browsers_do_so(out: Outbound) -> None:
    async with serve_site(new=b"") as site:
        site.pages["/found"] = answer(b"", status="302 Found", Location="/new")
        site.pages["/kept"] = answer(b"", status="307 Kept", Location="/new")
        for path in ("/found", "/kept"):
            await out.send(Request(site.url(path), method="POST", body=b"data"))
        assert site.bodies == [b"data", b"", b"data", b"data"]


async def test_cookies_are_not_kept(out: Outbound) -> None:
    async with serve_site(feed=answer(b"", Set_Cookie="a=b; Path=/")) as site:
        for _ in range(2):
            await out.send(Request(site.url("/feed")))
        assert "cookie" not in site.requests[1]
        assert site.requests[0]["user-agent"] == "test/1"
        assert site.requests[0]["accept-encoding"] == "gzip, deflate"


def _deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"text" * 1000)),
        ("x-gzip", gzip.compress(b"text" * 500) + gzip.compress(b"text" * 500)),
        ("GZIP", gzip.compress(b"text" * 1000) + b"\0" * 9),
        ("gzip", b"text" * 1000),
        ("deflate", zlib.compress(b"text" * 1000)),
        ("deflate", _deflate(b"text" * 1000)),
        ("identity", b"text" * 1000),
        ("", b"text" * 1000),
    ],
)
async def test_bodies_are_inflated(out: Outbound, coding: str, body: bytes) -> None:
    async with serve_site(feed=answer(body, Content_Encoding=coding)) as site:
        assert (await out.send(Request(site.url("/feed")))).body == b"text" * 1000


@pytest.mark.parametrize(
    ("coding", "body", "error"),
    [
        ("gzip", gzip.compress(b"text" * 1000)[:-20], outbound.ConnectionFailedError),
        ("gzip", gzip.compress(b"text")[:12] + b"\xff" * 20, outbound.ConnectionFailedError),
        ("br", b"whatever", outbound.ConnectionFailedError),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x")), outbound.ConnectionFailedError),
    ],
)
async def test_damaged_bodies_are_no_answers(out: Outbound, coding: str, body: bytes, error: type[Exception]) -> None:
    async with serve_site(feed=answer(body, Content_Encoding=coding)) as site:
        assert isinstance(await _error(out, site.url("/feed")), error)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_bomb_costs_no_more_than_its_limit(out: Outbound, coding: str) -> None:
    packer = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(128)) + packer.flush()
    async with serve_site(feed=answer(bomb, Content_Encoding=coding)) as site:
        await _error(out, site.url("/feed"))
        before = _peak()
        assert isinstance(await _error(out, site.url("/feed")), outbound.BodyTooLargeError)
        assert _peak() - before < 20_000_000
        cut = await out.send(Request(site.url("/feed"), max_bytes=1000, truncate=True))
        assert (cut.body, cut.truncated) == (bytes(1000), True)


async def test_too_large_bodies_are_not_read(out: Outbound) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter, _headers: Mapping[str, str]) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(1600):
            writer.write(b"10000\r\n" + bytes(65536) + b"\r\n")
            await writer.drain()
            sent += 65536

    async def declared(writer: asyncio.StreamWriter, _headers: Mapping[str, str]) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")

    async with serve_site(endless=endless, declared=declared, exact=b"x" * 1000) as site:
        assert isinstance(await _error(out, site.url("/endless")), outbound.BodyTooLargeError)
        assert sent < 30_000_000
        assert isinstance(await _error(out, site.url("/declared")), outbound.BodyTooLargeError)
        cut = await out.send(Request(site.url("/endless"), max_bytes=70_000, truncate=True))
        assert (len(cut.body), cut.truncated) == (70_000, True)
        whole = await out.send(Request(site.url("/exact"), max_bytes=1000))
        assert (len(whole.body), whole.truncated) == (1000, False)


async def _drip(writer: asyncio.StreamWriter, data: bytes) -> None:
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def test_slow_drips_end_at_the_deadline(out: Outbound) -> None:
    async def slow_headers(writer: asyncio.StreamWriter, _headers: Mapping[str, str]) -> None:
        await _drip(writer, b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 100)

    async def slow_body(writer: asyncio.StreamWriter, _headers: Mapping[str, str]) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        await _drip(writer, bytes(1000))

    async def silent(_writer: asyncio.StreamWriter, _headers: Mapping[str, str]) -> None:
        await asyncio.sleep(30)

    async with serve_site(slow_headers=slow_headers, slow_body=slow_body, silent=silent) as site:
        for path in site.pages:
            started = time.monotonic()
            assert isinstance(await _error(out, site.url(path), deadline=0.5), outbound.DeadlineError)
            assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 300_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    ],
)
async def test_what_is_no_proper_answer_is_a_failed_connection(out: Outbound, raw: bytes) -> None:
    async def write(writer: asyncio.StreamWriter, _headers: Mapping[str, str]) -> None:
        writer.write(raw)

    async with serve_site(feed=write) as site:
        assert isinstance(await _error(out, site.url("/feed")), outbound.ConnectionFailedError)


async def test_a_header_that_would_split_the_request_is_refused(out: Outbound) -> None:
    async with serve_site(feed=b"") as site:
        error = await _error(out, site.url("/feed"), headers={"X-A": "b\r\nX-Evil: c"})
        assert isinstance(error, outbound.UrlRefusedError)
        assert site.asked == []


async def test_nobody_listening_is_said_in_words(out: Outbound) -> None:
    async with serve_site() as site:
        port = site.port
    error = await _error(out, f"http://127.0.0.1:{port}/")
    assert isinstance(error, outbound.ConnectionFailedError)
    assert "refused" in str(error).lower()


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    client = Outbound(LOOPBACK, user_agent="test/1")
    async with serve_site(feed=b"direct") as site:
        assert (await client.send(Request(site.url("/feed")))).body == b"direct"
    await client.aclose()


async def test_waiting_for_a_turn_does_not_use_up_the_deadline() -> None:
    async def slow(writer: asyncio.StreamWriter, headers: Mapping[str, str]) -> None:
        await asyncio.sleep(0.4)
        await answer(b"done")(writer, headers)

    client = Outbound(LOOPBACK, user_agent="test/1", max_connections=1)
    async with serve_site(slow=slow) as site:
        answers = await asyncio.gather(*(client.send(Request(site.url("/slow"), deadline=0.8)) for _ in range(3)))
        assert [a.body for a in answers] == [b"done"] * 3
    await client.aclose()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for feeds.example and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=feeds.example", "-addext", "subjectAltName=DNS:feeds.example", "-days", "2"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=30)
    return certificate, key


async def test_certificates_are_checked(certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    async with serve_site(feed=b"secret") as site:
        server = await asyncio.start_server(site.handle, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        names = Names(feeds_example=[["127.0.0.1"]], other_example=[["127.0.0.1"]])
        trusting = ssl.create_default_context(cafile=str(certificate[0]))
        cases = ((None, "feeds", "self-signed"), (trusting, "other", "mismatch"), (trusting, "feeds", ""))
        for tls, name, reason in cases:
            client = Outbound(LOOPBACK, user_agent="test/1", resolver=names, tls=tls)
            request = Request(f"https://{name}.example:{port}/feed")
            if not reason:
                assert (await client.send(request)).body == b"secret"
            else:
                assert reason in str(await _error(client, request.url))
            await client.aclose()
        server.close()


async def test_from_https_to_http_only_what_is_public(certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    async with serve_site(new=b"public") as site:
        site.pages["/old"] = answer(b"", status="307 Kept", Location=site.url("/new"))
        server = await asyncio.start_server(site.handle, "127.0.0.1", 0, ssl=context)
        url = f"https://feeds.example:{server.sockets[0].getsockname()[1]}/old"
        tls = ssl.create_default_context(cafile=str(certificate[0]))
        client = Outbound(LOOPBACK, user_agent="t", resolver=Names(feeds_example=[["127.0.0.1"]]), tls=tls)
        assert (await client.send(Request(url))).body == b"public"
        for options in ({"headers": {"Authorization": "Bearer x"}}, {"method": "POST", "body": b"data"}):
            assert isinstance(await _error(client, url, **options), outbound.UrlRefusedError)
        await client.aclose()
        server.close()
