"""A small WebSub hub on loopback (https://www.w3.org/TR/websub/): verifies intent, enforces leases, signs what it sends.

async with Hub(clock) as hub:
    ... a subscriber posts to hub.url ...
    await hub.settle()                         until every request has been verified
    await hub.publish(topic, b"<rss ...>", "application/rss+xml")
"""

import asyncio
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

import httpx

from tests.loopback import Answer, LoopbackServer, Request
from tests.manual_clock import ManualClock

GONE = 410


@dataclass(slots=True)
class Lease:
    """Whom the hub sends a topic to, and until when."""

    until: datetime
    secret: str | None = None


@dataclass
class Hub:
    """The hub; an async context manager. What it does next may be changed while it runs."""

    clock: ManualClock
    longest: timedelta = timedelta(days=10)
    """Asked-for leases are cut to it."""
    refuses: Answer | None = None
    """Answers requests instead of taking them."""
    denies: str = ""
    """Sends this reason instead of verifying."""
    verifies: bool = True
    method: str = "sha256"
    leases: dict[tuple[str, str], Lease] = field(default_factory=dict)
    """(topic, callback) -> lease."""
    asked: list[dict[str, str]] = field(default_factory=list)
    confirmed: list[bool] = field(default_factory=list)
    """One a verification: whether the subscriber answered it rightly."""
    _server: LoopbackServer = field(default_factory=LoopbackServer)
    _client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(trust_env=False))
    _verifying: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return self._server.url("/hub")

    async def __aenter__(self) -> Self:
        self._server.answers["/hub"] = self._request
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.settle()
        await self._client.aclose()
        await self._server.__aexit__(kind, error, trace)

    async def settle(self) -> None:
        """Wait until what was asked for so far has been verified."""
        await asyncio.gather(*self._verifying)

    async def publish(self, topic: str, body: bytes, content_type: str, *, secret: str | None = None) -> list[int]:
        """Send a topic to everybody whose lease holds, and give their answers; `secret` signs instead of theirs."""
        statuses = []
        for (of, callback), lease in list(self.leases.items()):
            if of != topic or lease.until <= self.clock.now():
                continue
            headers = {"Content-Type": content_type, "Link": f'<{self.url}>; rel="hub", <{topic}>; rel="self"'}
            if signing := secret or lease.secret:
                digest = hmac.new(signing.encode(), body, self.method).hexdigest()
                headers["X-Hub-Signature"] = f"{self.method}={digest}"
            answer = await self._client.post(callback, content=body, headers=headers)
            statuses.append(answer.status_code)
            if answer.status_code == GONE:
                del self.leases[of, callback]
        return statuses

    def _request(self, request: Request) -> Answer:
        if self.refuses:
            return self.refuses
        form = dict(parse_qsl(request.body.decode("ascii"), keep_blank_values=True))
        self.asked.append(form)
        if request.method != "POST" or form.get("hub.mode") not in {"subscribe", "unsubscribe"}:
            return Answer(status=400, body=b"hub.mode is neither subscribe nor unsubscribe")
        if self.verifies:
            task = asyncio.get_running_loop().create_task(self._verify(form))
            self._verifying.add(task)
            task.add_done_callback(self._verifying.discard)
        return Answer(status=202)

    async def _verify(self, form: dict[str, str]) -> None:
        mode, topic, callback = form["hub.mode"], form["hub.topic"], form["hub.callback"]
        if self.denies:
            fields = {"hub.mode": "denied", "hub.topic": topic, "hub.reason": self.denies}
            await self._client.get(callback, params=fields)
            self.leases.pop((topic, callback), None)
            return
        lease = min(timedelta(seconds=int(form.get("hub.lease_seconds", "864000"))), self.longest)
        challenge = secrets.token_urlsafe(20)
        fields = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": challenge}
        if mode == "subscribe":
            fields["hub.lease_seconds"] = str(int(lease.total_seconds()))
        answer = await self._client.get(callback, params=fields)
        agreed = answer.is_success and answer.content == challenge.encode()
        self.confirmed.append(agreed)
        if not agreed:
            return
        if mode == "subscribe":
            self.leases[topic, callback] = Lease(self.clock.now() + lease, form.get("hub.secret"))
        else:
            self.leases.pop((topic, callback), None)
