"""Images from real servers: what is asked, and what is not taken."""

import asyncio
import gzip
import resource
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import ip_address, ip_network

import pytest

from aggregator.fetch.addresses import Address
from aggregator.fetch.dial import Dialler
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.images import ACCEPT, MOST_REDIRECTS, ImageClient
from aggregator.fetch.resolve import Resolver
from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.media import Image, ImageOutcome, NotAnImage
from tests.diallers import NotingDialler
from tests.loopback import Answer, LoopbackServer
from tests.pictures import AVIF, GIF, HTML, ICO, JPEG, SVG, WEBP, png

pytestmark = pytest.mark.anyio

LOOPBACK = ip_network("127.0.0.0/8")
CAP = 100_000


@asynccontextmanager
async def client(
    *,
    seconds: float = 5.0,
    icons: bool = False,
    home: bool = True,
    resolve: Resolver | None = None,
    dialler: Dialler | None = None,
) -> AsyncIterator[ImageClient]:
    made = ImageClient(
        user_agent="aggregator/0.1",
        timeout=timedelta(seconds=seconds),
        max_bytes=CAP,
        pace=HostPacing(gap=timedelta()),
        icons=icons,
        allow_networks=[LOOPBACK] if home else [],
        resolve=resolve,
        dialler=dialler,
    )
    try:
        yield made
    finally:
        await made.aclose()


def of_type(media_type: str, body: bytes) -> Answer:
    return Answer(body=body, headers={"Content-Type": media_type})


async def fetched(answer: Answer, *, icons: bool = False, seconds: float = 5.0) -> ImageOutcome:
    async with LoopbackServer() as server, client(icons=icons, seconds=seconds) as images:
        server.answers["/a.png"] = answer
        return await images.fetch(server.url("/a.png"))


@pytest.mark.parametrize(
    ("declared", "body", "media_type"),
    [
        ("image/png", png(), "image/png"),
        ("IMAGE/PNG; charset=utf-8", png(), "image/png"),
        ("image/jpg", JPEG, "image/jpeg"),
        ("image/png", JPEG, "image/jpeg"),
        ("image/gif", GIF, "image/gif"),
        ("image/webp", WEBP, "image/webp"),
        ("image/avif", AVIF, "image/avif"),
        ("application/octet-stream", png(), "image/png"),
        ("", GIF, "image/gif"),
    ],
)
async def test_an_image_is_what_its_bytes_say(declared: str, body: bytes, media_type: str) -> None:
    assert await fetched(of_type(declared, body)) == Image(media_type=media_type, body=body)


@pytest.mark.parametrize(
    ("declared", "body"),
    [
        ("image/svg+xml", SVG),
        ("image/png", SVG),
        ("image/svg+xml", png()),
        ("image/png", HTML),
        ("text/html", HTML),
        ("text/html", png()),
        ("text/plain; charset=x", GIF),
        ("image/png, text/html", png()),
        ("multipart/form-data", png()),
        ("application/json", b"{}"),
        ("application/octet-stream", HTML),
        ("image/png", b""),
        ("", HTML),
        ("image/bmp", b"BM\x36\x00\x00\x00"),
    ],
)
async def test_a03_what_is_no_image_or_says_it_is_none_is_not_taken(declared: str, body: bytes) -> None:
    outcome = await fetched(of_type(declared, body))
    assert isinstance(outcome, NotAnImage)
    assert "alert" not in outcome.message


async def test_an_icon_file_is_taken_as_an_icon_alone() -> None:
    assert await fetched(of_type("image/x-icon", ICO), icons=True) == Image(media_type="image/x-icon", body=ICO)
    assert isinstance(await fetched(of_type("image/x-icon", ICO)), NotAnImage)


async def test_a17_an_svg_icon_is_not_taken() -> None:
    assert isinstance(await fetched(of_type("image/svg+xml", SVG), icons=True), NotAnImage)


async def test_p22_nothing_is_told_of_who_reads() -> None:
    async with LoopbackServer() as server, client() as images:
        server.answers["/a"] = Answer(status=302, headers={"Location": "/b?c=d", "Set-Cookie": "id=1; Path=/"})
        server.answers["/b"] = Answer(body=png(), headers={"Content-Type": "image/png", "Set-Cookie": "id=2"})
        assert isinstance(await images.fetch(server.url("/a#fragment")), Image)
        await images.fetch(server.url("/b"))
        for request in server.requests:
            sent = {name.decode().lower(): value.decode() for name, value in request.headers}
            assert sent == {
                "host": f"127.0.0.1:{server.port}",
                "user-agent": "aggregator/0.1",
                "accept": ACCEPT,
                "accept-encoding": "gzip",
                "connection": "close",
            }
        assert [request.target for request in server.requests] == ["/a", "/b?c=d", "/b"]


async def test_redirects_are_followed_so_far_and_no_farther() -> None:
    async with LoopbackServer() as server, client() as images:
        for number in range(MOST_REDIRECTS + 1):
            server.answers[f"/{number}"] = Answer(status=302, headers={"Location": f"/{number + 1}"})
        server.answers[f"/{MOST_REDIRECTS + 1}"] = of_type("image/png", png())
        assert isinstance(await images.fetch(server.url("/1")), Image)
        failed = await images.fetch(server.url("/0"))
        assert isinstance(failed, Failed)
        assert failed.kind is FailureKind.BAD_RESPONSE
        assert f"more than {MOST_REDIRECTS} redirects" in failed.message


async def names(host: str, port: int) -> list[Address]:
    """Look up: every name is this machine's, but for those of the inside."""
    inside = {"inside.example": "10.0.0.7", "cloud.example": "169.254.169.254"}
    return [ip_address(inside.get(host, "127.0.0.1"))]


@pytest.mark.parametrize(
    "inside",
    [
        "http://10.0.0.7/a.png",
        "http://inside.example/a.png",
        "http://cloud.example/latest/meta-data/",
        "http://[::1]/a.png",
        "http://[::ffff:10.0.0.7]/a.png",
        "http://169.254.169.254/",
        "http://0.0.0.0/",
        "http://127.0.0.1:6379/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//[bad",
        "http://192.168.0.1:22/",
    ],
)
async def test_a05_a29_a_redirect_into_the_network_at_home_is_not_followed(inside: str) -> None:
    dialler = NotingDialler(instead="127.0.0.1")
    async with LoopbackServer() as server, client(dialler=dialler, resolve=names) as images:
        server.answers["/a"] = Answer(status=302, headers={"Location": inside})
        outcome = await images.fetch(server.url("/a", host="public.example"))
        assert isinstance(outcome, Failed)
        assert dialler.dialled == [("127.0.0.1", server.port)]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.png",
        "http://localhost/a.png",
        "http://127.1/a.png",
        "http://2130706433/a.png",
        "http://[::1]/a.png",
        "http://[::ffff:127.0.0.1]/a.png",
        "http://inside.example/a.png",
        "http://169.254.169.254/latest/meta-data/",
        "http://127。0。0。1/a.png",
        "file:///etc/passwd",
        "ftp://127.0.0.1/a.png",
        "javascript:alert(1)",
        "",
        "http://",
        "http:a<script>",
    ],
)
async def test_a05_an_image_of_this_machine_or_network_is_not_fetched(url: str) -> None:
    dialler = NotingDialler()
    async with client(home=False, dialler=dialler, resolve=names) as images:
        outcome = await images.fetch(url)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.REFUSED_ADDRESS
    assert "allow_private_address" not in outcome.message, "who wrote the address must not be helped"
    assert dialler.dialled == []


async def test_a06_a_name_that_turns_to_this_machine_between_two_looks_is_not_followed() -> None:
    answers = iter(["93.184.215.14", "127.0.0.1"])
    dialler = NotingDialler()

    async def turning(host: str, port: int) -> list[Address]:
        return [ip_address(next(answers))]

    async with client(home=False, dialler=dialler, resolve=turning) as images:
        await images.fetch("http://turning.example/a.png")
        await images.fetch("http://turning.example/a.png")
    assert dialler.dialled == [("93.184.215.14", 80)]


async def test_s2_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with LoopbackServer() as proxy, LoopbackServer() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        server.answers["/a.png"] = of_type("image/png", png())
        async with client() as images:
            assert isinstance(await images.fetch(server.url("/a.png")), Image)
        assert proxy.connections == 0


async def test_an_image_that_says_it_is_too_large_is_not_read() -> None:
    answer = Answer(headers={"Content-Type": "image/png", "Content-Length": str(CAP + 1)}, body=png())
    outcome = await fetched(answer)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.TOO_LARGE


async def test_an_endless_image_is_cut_off() -> None:
    async def endless() -> AsyncGenerator[bytes, None]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + png()
        while True:
            yield b"x" * 65536

    outcome = await fetched(Answer(stream=endless))
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.TOO_LARGE


async def test_a_bomb_of_gzip_does_not_go_off() -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = packer.compress(png()) + b"".join(packer.compress(bytes(2**20)) for _ in range(128)) + packer.flush()
    headers = {"Content-Type": "image/png", "Content-Encoding": "gzip"}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = await fetched(Answer(headers=headers, body=bomb))
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.TOO_LARGE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024, "KiB"


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip"])
async def test_what_is_packed_in_another_way_is_not_unpacked(coding: str) -> None:
    answer = Answer(headers={"Content-Type": "image/png", "Content-Encoding": coding}, body=gzip.compress(png()))
    outcome = await fetched(answer)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.BAD_RESPONSE


async def test_an_image_packed_once_is_unpacked() -> None:
    answer = Answer(headers={"Content-Type": "image/png"}, body=png(), gzip=True)
    assert await fetched(answer) == Image.of(png())


async def test_the_deadline_holds_for_all_redirects_together_and_for_slow_bodies() -> None:
    async def slow() -> AsyncGenerator[bytes, None]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 9000\r\n\r\n"
        while True:
            yield b"x"
            await asyncio.sleep(0.02)

    started = time.monotonic()
    outcome = await fetched(Answer(stream=slow), seconds=0.15)
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.TIMEOUT
    async with LoopbackServer() as server, client(seconds=0.15) as images:
        server.answers["/a"] = Answer(status=302, headers={"Location": "/b"}, delay=0.1)
        server.answers["/b"] = Answer(body=png(), headers={"Content-Type": "image/png"}, delay=0.1)
        late = await images.fetch(server.url("/a"))
    assert isinstance(late, Failed)
    assert late.kind is FailureKind.TIMEOUT
    assert time.monotonic() - started < 2


async def test_one_request_at_a_time_goes_to_a_server() -> None:
    async with LoopbackServer() as server, client(seconds=30) as images:
        server.answers["/a.png"] = Answer(body=png(), headers={"Content-Type": "image/png"}, delay=0.02)
        outcomes = await asyncio.gather(*(images.fetch(server.url("/a.png")) for _ in range(6)))
        assert server.most_at_once == 1
    assert all(isinstance(outcome, Image) for outcome in outcomes)


async def test_waiting_for_the_turn_counts() -> None:
    """How many requests the server is at does not tell here: it goes on with those that were given up."""
    async with LoopbackServer() as server, client(seconds=0.3) as images:
        server.answers["/a.png"] = Answer(body=png(), headers={"Content-Type": "image/png"}, delay=0.12)
        outcomes = await asyncio.gather(*(images.fetch(server.url("/a.png")) for _ in range(6)))
    assert sum(isinstance(outcome, Image) for outcome in outcomes) <= 2
    assert {outcome.kind for outcome in outcomes if isinstance(outcome, Failed)} == {FailureKind.TIMEOUT}


@pytest.mark.parametrize("status", [301, 304, 401, 404, 410, 429, 500, 503])
async def test_any_other_status_brings_no_image(status: int) -> None:
    outcome = await fetched(Answer(status=status, headers={"Content-Type": "image/png"}, body=png()))
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.status) == (FailureKind.STATUS, status)


@pytest.mark.parametrize(
    "raw", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", b"\x89PNG"]
)
async def test_a_broken_answer_is_a_failure_and_no_surprise(raw: bytes) -> None:
    assert isinstance(await fetched(Answer(raw=raw)), Failed)


async def test_a25_what_is_said_of_a_failure_names_no_query() -> None:
    async with LoopbackServer() as server, client() as images:
        outcome = await images.fetch(server.url("/a.png?token=secret"))
    assert isinstance(outcome, Failed)
    assert "secret" not in outcome.message
