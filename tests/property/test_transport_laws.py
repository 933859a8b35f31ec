"""Laws of httpx over the guarded connection: both read an address alike, and no answer makes httpx fail."""

import asyncio
import contextlib
from datetime import timedelta

import httpx
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.fetch.answers import Answer, OpenBody
from aggregator.fetch.courier import Courier, Deadline
from aggregator.fetch.failures import FetchProblem
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.proxies import Proxy
from aggregator.fetch.transport import GuardedTransport, client_over, url_of
from aggregator.fetch.urls import Target

HOSTS = st.text(alphabet="ab.:@[]01xé%\\ -_", max_size=20)
PATHS = st.text(alphabet="/?#aé%&=\\ '\"\r\n.", max_size=20)
ADDRESSES = st.text(max_size=60) | st.builds(
    "{}://{}{}".format, st.sampled_from(["http", "HTTPS", "ftp"]), HOSTS, PATHS
)
LATIN = st.characters(max_codepoint=255, exclude_characters="\r\n\0")
HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "content-length", "content-encoding", "set-cookie", "link", "etag"]),
    st.text(LATIN, max_size=30),
)


class Scripted(Courier):
    """Brings the same answer from wherever it is sent to."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(pace=HostPacing(gap=timedelta()))
        self._answer = answer

    async def bring(
        self,
        target: Target,
        request: bytes,
        open_body: OpenBody,
        *,
        deadline: Deadline,
        private: bool,
        proxy: Proxy | None = None,
    ) -> Answer:
        assert request.startswith(b"GET ")
        return self._answer


async def asked(answer: Answer) -> httpx.Response:
    transport = GuardedTransport(
        Scripted(answer), user_agent="a/1", timeout=timedelta(seconds=1), open_body=lambda status, headers: None
    )
    async with client_over(transport, headers={}) as client:
        return await client.get("https://a.example/b?c")


@given(ADDRESSES)
@example("http://Bücher.example:8080/ü?b=%zz&a=2#top")
@example("http://u:p@[2606:4700::1]:8080")
def test_httpx_reads_the_same_server_from_an_address_or_none(text: str) -> None:
    with contextlib.suppress(FetchProblem):
        target = Target.from_text(text)
        again = Target.from_text(str(url_of(target)))
        assert (again.scheme, again.host, again.port, again.authority) == (
            target.scheme,
            target.host,
            target.port,
            target.authority,
        )
        assert again.login is None


@given(
    status=st.sampled_from([200, 201, 204, 301, 302, 303, 307, 308, 404, 599, 999]),
    headers=HEADERS,
    location=st.none() | st.binary(max_size=40) | ADDRESSES.map(lambda text: text.encode("utf-8", "ignore")),
    body=st.binary(max_size=50),
)
@example(status=302, headers={}, location=b"mailto:a@b.example", body=b"")
@example(status=302, headers={}, location=b"http://0177.0.0.1/", body=b"")
@example(status=302, headers={}, location=b"http://a.example/", body=b"")
def test_no_answer_makes_httpx_fail_and_none_leads_out_of_encryption(
    status: int, headers: dict[str, str], location: bytes | None, body: bytes
) -> None:
    response = asyncio.run(asked(Answer(status=status, headers=headers, location=location, body=body)))
    assert (response.status_code, response.content) == (status, body)
    assert response.headers.get("location", "https://").startswith("https://")
    assert response.headers.get("link") == headers.get("link")
