"""Requests that no browser sends, to every route: values that no page of ours writes, headers that contradict each other."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from random import Random
from typing import Final
from urllib.parse import quote_from_bytes

from benchmarks.mutations import Mutate

METHODS: Final[Sequence[bytes]] = (b"GET " * 20 + b"HEAD HEAD POST POST PUT DELETE OPTIONS TRACE NEWS get").split()
PARAMETERS: Final[Sequence[bytes]] = (
    b"after archive at before category format hub.challenge hub.mode hub.topic next page password q since sort state token v window x"
).split()
VALUES: Final[Sequence[bytes]] = (
    b"",
    b"9" * 5000,
    b"a" * 9000,
    *b"""%00 a%00b %ed%a0%80 %ff%fe % %zz + %2b %25 * ' %22 %22%22 ( \\ %e2%80%ae %f0%9f%8f%bf <script> %d9%a1%d9%a2 %ef%bc%91 %c2%b2 %e2%85%a7
    -1 0 1e999 NaN 1_0 0x10 999999999999999999999999999999 9223372036854775807 9223372036854775808 18446744073709551616
    ..%2f..%2fetc%2fpasswd %2e%2e %0d%0aX-A:%20b //evil.example /a
    2026-02-30 0000-00-00 0001-01-01 9999-12-31 9999-12-31T23:59:59Z 1990-01-01T00:00:00%2b23:59 2018-09-02T07:50:00-99:99 20260310 2026-W10-1
    today daily 24h best newest all failing World world title: -a NOT a* site:x after:2018 before:9999-99 category:World""".split(),
)
MARKS: Final[Sequence[bytes]] = (
    b"1.1 1e400.5 -1.-1 nan.1 99999999999999.1 1.99999999999999999999 1+1 1+-1 0+99999999999999999999 \xd9\xa1.\xd9\xa2 1. . -"
).split()
"""What the marks of pages are made of."""
HEADERS: Final[Sequence[bytes]] = (
    b"Accept Accept-Encoding Authorization Content-Length Content-Type Cookie Expect Forwarded Host If-Match If-Modified-Since If-None-Match"
    b" Origin Range Referer Sec-Fetch-Site Transfer-Encoding Upgrade X-Forwarded-For X-Hub-Signature Remote-User"
).split()
SAID: Final[Sequence[bytes]] = (
    b"",
    b"\xff\xfe",
    b"\xc3\xa9",
    b"Bearer \xff",
    b"9" * 25,
    b"Basic " + b"Og==" * 3000,
    *b"""*
"
W/"
"a", W/"b"
[
a:b:c
localhost:99999
[::1
127.0.0.1:80
gzip;q=nan
gzip;q=1e9, *;q=0
Basic !!
Basic /////w==
Basic
bytes=0-
bytes=9-1
Sun, 31 Feb 2026 25:61:61 GMT
Mon, 01 Jan 0001 00:00:00 GMT
Fri, 31 Dec 9999 23:59:59 GMT
0
-1
5
chunked
websocket
100-continue
application/x-www-form-urlencoded
multipart/form-data
sha256=zz
1.2.3.4, ::1%lo, x
null
=;=;a
aggregator-session=a.b.c; aggregator-form=%ff
same-origin
https://evil.example
for="[::1
text/html;q=a""".split(b"\n"),
)


def request_of(paths: Sequence[str]) -> Mutate:
    """Give what makes requests to these routes, such as `/entries/{entry_id}`: each byte as it is sent."""

    def made(random: Random, _seeds: Sequence[bytes]) -> bytes:
        head = random.choice(METHODS) + b" " + _target(random, paths) + b" HTTP/1.1\r\n"
        body = b"&".join(_pair(random, PARAMETERS) for _ in range(random.randrange(4)))
        lines = [b"Host: localhost", b"Connection: close", b"Content-Length: %d" % len(body)]
        for _ in range(random.choice((0, 0, 1, 2, 5))):
            name = random.choice(HEADERS)
            lines = [line for line in lines if random.random() < 0.2 or not line.startswith(name + b":")]
            lines.append(name + b": " + random.choice(SAID))
        return head + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body

    return made


def _target(random: Random, paths: Sequence[str]) -> bytes:
    path = random.choice(paths).encode()
    while b"{" in path:
        before, _, rest = path.partition(b"{")
        path = before + _value(random) + rest.partition(b"}")[2]
    return path + b"?" + b"&".join(_pair(random, PARAMETERS) for _ in range(random.choice((0, 1, 1, 2, 3, 60))))


def _pair(random: Random, names: Sequence[bytes]) -> bytes:
    return random.choice(names) + random.choice((b"=", b"=", b"=", b"")) + _value(random)


def _value(random: Random) -> bytes:
    match random.randrange(8):
        case 0:
            return urlsafe_b64encode(random.choice(MARKS)).rstrip(b"=")
        case 1:
            return quote_from_bytes(random.randbytes(random.randrange(12))).encode()
        case 2:
            return random.choice(VALUES) + random.choice(VALUES)
        case 3:
            return b"%d" % random.randrange(1, 9)
        case _:
            return random.choice(VALUES)
