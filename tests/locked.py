"""Sites that are closed: their guards, and a browser that knows its way."""

import re
from datetime import timedelta
from functools import cache
from ipaddress import ip_network

import httpx

from aggregator.config.access import Mode
from aggregator.text.passwords import hashed
from aggregator.web.attempts import Password
from aggregator.web.guard import Guard
from aggregator.web.sessions import Sessions

PASSWORD = "correct horse battery staple"
TOKEN = "feed-token-feed-token-feed-token"
PROXY = "10.1.2.3"


class MemorySecret:
    """Fake of the file."""

    def __init__(self) -> None:
        self.number = 0

    def current(self) -> bytes:
        return str(self.number).encode()

    def renew(self) -> None:
        self.number += 1


@cache
def password_hash(password: str = PASSWORD) -> str:
    return hashed(password, salt=b"0123456789abcdef", log_n=14, p=1)  # a sixth of the work


def by_password(*, secret: MemorySecret | None = None, password: str = PASSWORD, secure: bool = False) -> Guard:
    kept = password_hash(password)
    return Guard(
        mode=Mode.PASSWORD,
        password=Password(kept),
        sessions=Sessions(secret or MemorySecret(), password=kept, lasting=timedelta(days=30)),
        feed_token=TOKEN,
        secure=secure,
    )


def by_proxy() -> Guard:
    return Guard(mode=Mode.PROXY, feed_token=TOKEN, trusted=(ip_network("10.0.0.0/8"),))


def form_token(page: httpx.Response) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


async def log_in(client: httpx.AsyncClient, *, password: str = PASSWORD, wanted: str = "/") -> httpx.Response:
    token = form_token(await client.get("/login"))
    return await client.post("/login", data={"password": password, "next": wanted, "token": token})
