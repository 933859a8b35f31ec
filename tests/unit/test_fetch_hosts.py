import asyncio
from datetime import timedelta

import pytest

from aggregator.fetch.hosts import HostPacing
from aggregator.text.urls import host_and_port

pytestmark = pytest.mark.anyio

GAP = timedelta(milliseconds=30)


class Log:
    """When each turn began and ended, in loop time."""

    def __init__(self, pacing: HostPacing) -> None:
        self._pacing = pacing
        self.turns: list[tuple[str, float, float]] = []

    async def take(self, url: str, *, name: str = "", length: float = 0.0) -> None:
        loop = asyncio.get_running_loop()
        async with self._pacing.turn(url):
            began = loop.time()
            await asyncio.sleep(length)
            self.turns.append((name or url, began, loop.time()))


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://News.Example/feed", "news.example:80"),
        ("https://news.example/feed?a", "news.example:443"),
        ("https://user:pass@news.example:8443/", "news.example:8443"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("http://Bücher.example/", "xn--bcher-kva.example:80"),
        ("http://xn--bcher-kva.example/", "xn--bcher-kva.example:80"),
        ("http://news.example:99999/", "http://news.example:99999/"),
        ("http://[bad/", "http://[bad/"),
        ("nonsense", "nonsense"),
        ("", ""),
    ],
)
def test_a_host_is_its_name_and_port(url: str, key: str) -> None:
    assert host_and_port(url) == key


async def test_p15_requests_to_one_host_come_one_after_another_with_a_gap() -> None:
    log = Log(HostPacing(gap=GAP))
    await asyncio.gather(*(log.take("http://a.example/", length=0.005) for _ in range(3)))
    pauses = [later[1] - earlier[2] for earlier, later in zip(log.turns, log.turns[1:], strict=False)]
    assert len(pauses) == 2
    assert all(pause >= 0.029 for pause in pauses)


async def test_p15_the_gap_counts_from_the_end_also_for_who_comes_later() -> None:
    log = Log(HostPacing(gap=GAP))
    await log.take("http://a.example/1")
    await log.take("http://a.example/2")
    assert log.turns[1][1] - log.turns[0][2] >= 0.029


async def test_p15_other_hosts_and_ports_do_not_wait() -> None:
    log = Log(HostPacing(gap=timedelta(hours=1)))
    async with asyncio.timeout(1):
        await asyncio.gather(*(log.take(f"http://{host}/") for host in ("a.example", "a.example:81", "b.example")))
    assert len(log.turns) == 3


async def test_p15_hosts_of_one_registrable_domain_share_a_turn() -> None:
    log = Log(HostPacing(gap=GAP))
    await asyncio.gather(*(log.take(f"http://{name}.tumblr.com/rss", length=0.005) for name in "abc"))
    pauses = [later[1] - earlier[2] for earlier, later in zip(log.turns, log.turns[1:], strict=False)]
    assert len(pauses) == 2
    assert all(pause >= 0.029 for pause in pauses)


async def test_p15_a_gap_of_its_own_counts_for_that_group_alone() -> None:
    pacing = HostPacing(gap=timedelta(), gaps={"Reddit.com": GAP})
    log = Log(pacing)
    await asyncio.gather(*(log.take(f"https://{host}/") for host in ("www.reddit.com", "old.reddit.com", "a.example")))
    times = {url: (began, ended) for url, began, ended in log.turns}
    assert times["https://old.reddit.com/"][0] - times["https://www.reddit.com/"][1] >= 0.029
    assert times["https://a.example/"][0] < times["https://old.reddit.com/"][0]


@pytest.mark.parametrize(
    ("url", "seconds"),
    [
        ("https://www.reddit.com/r/news/.rss", 60),
        ("http://reddit.com/", 60),
        ("https://notreddit.com/", 2),
        ("http://slow.example:8080/feed", 9),
        ("http://slow.example/feed", 2),
        ("http://127.0.0.1:8080/", 5),
        ("http://[::1]:8080/", 4),
        ("http://instant.example/", 0),
        ("nonsense", 2),
    ],
)
def test_p15_gap_of_says_the_gap_of_an_address(url: str, seconds: int) -> None:
    names = {"reddit.com": 60, "slow.example:8080": 9, "127.0.0.1": 5, "[::1]": 4, "instant.example": 0}
    pacing = HostPacing(
        gap=timedelta(seconds=2), gaps={name: timedelta(seconds=length) for name, length in names.items()}
    )
    assert pacing.gap_of(url) == timedelta(seconds=seconds)


async def test_groups_with_long_gaps_do_not_keep_those_with_short_ones_in_memory() -> None:
    pacing = HostPacing(gap=timedelta(milliseconds=5), gaps={"slow.example": timedelta(hours=1)})
    log = Log(pacing)
    await log.take("http://slow.example/")
    for number in range(50):
        await log.take(f"http://host-{number}.example/")
    await asyncio.sleep(0.01)
    await log.take("http://last.example/")
    assert len(pacing) == 2


async def test_turns_are_taken_in_the_order_of_asking() -> None:
    log = Log(HostPacing(gap=timedelta()))
    await asyncio.gather(*(log.take("http://a.example/", name=str(number)) for number in range(20)))
    assert [name for name, _, _ in log.turns] == [str(number) for number in range(20)]


async def test_without_gap_there_is_still_one_request_at_a_time() -> None:
    log = Log(HostPacing(gap=timedelta()))
    await asyncio.gather(*(log.take("http://a.example/", length=0.002) for _ in range(5)))
    assert all(later[1] >= earlier[2] for earlier, later in zip(log.turns, log.turns[1:], strict=False))


async def test_a_turn_that_fails_gives_way_to_the_next() -> None:
    pacing = HostPacing(gap=timedelta())
    with pytest.raises(RuntimeError):
        async with pacing.turn("http://a.example/"):
            raise RuntimeError("in its turn")
    async with asyncio.timeout(1), pacing.turn("http://a.example/"):
        pass


async def test_who_is_cancelled_while_waiting_is_not_waited_for() -> None:
    pacing = HostPacing(gap=timedelta())
    log = Log(pacing)
    first = asyncio.create_task(log.take("http://a.example/", name="first", length=0.02))
    second = asyncio.create_task(log.take("http://a.example/", name="second"))
    third = asyncio.create_task(log.take("http://a.example/", name="third"))
    await asyncio.sleep(0.005)
    second.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert [name for name, _, _ in log.turns] == ["first", "third"]
    assert len(pacing) == 0


async def test_hosts_are_forgotten_when_their_gap_is_over() -> None:
    pacing = HostPacing(gap=GAP)
    log = Log(pacing)
    await asyncio.gather(*(log.take(f"http://host-{number}.example/") for number in range(100)))
    assert len(pacing) == 100
    await asyncio.sleep(0.04)
    await log.take("http://last.example/")
    assert len(pacing) == 1
