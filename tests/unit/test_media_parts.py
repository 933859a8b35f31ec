"""What shows images, put together as feeds.yaml says."""

from pathlib import Path

import pytest

from aggregator.config.read import parse
from aggregator.errors import UserError
from aggregator.media_parts import open_media
from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.media import NotAnImage
from tests.loopback import Answer, LoopbackServer
from tests.pictures import ICO, image, png
from tests.published import make_site

pytestmark = pytest.mark.anyio


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


async def outcomes(tmp_path: Path, settings: str, answer: Answer, path: str = "/a.png") -> object:
    configuration = parse(f"{settings}\nfeeds: []", file="feeds.yaml")
    async with (
        LoopbackServer() as server,
        open_media(configuration, tmp_path / "news.db", site=make_site(), user_agent="test/1") as media,
    ):
        server.answers[path] = answer
        assert media is not None
        return await media.images.get(server.url(path))


PNG = Answer(body=png(), headers={"Content-Type": "image/png"})
HOME = "polling: {allow_networks: [127.0.0.0/8]}"


async def test_images_are_brought_kept_and_signed_beside_the_database(tmp_path: Path) -> None:
    assert await outcomes(tmp_path, HOME, PNG) == image()
    assert names(tmp_path / "news.db-media") == ["images", "key"]
    assert [len(each.name) for each in (tmp_path / "news.db-media" / "images").rglob("*") if each.is_file()] == [64]


async def test_a05_without_leave_no_image_of_this_machine_is_brought(tmp_path: Path) -> None:
    failed = await outcomes(tmp_path, "", PNG)
    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.REFUSED_ADDRESS


async def test_the_settings_hold(tmp_path: Path) -> None:
    large = Answer(body=png() + bytes(2000), headers={"Content-Type": "image/png"})
    failed = await outcomes(tmp_path, f"{HOME}\nmedia: {{max_bytes: 1KiB}}", large)
    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.TOO_LARGE
    slow = Answer(body=png(), headers={"Content-Type": "image/png"}, delay=1.2)
    late = await outcomes(tmp_path, "polling: {allow_networks: [127.0.0.0/8], timeout: 1s}", slow, "/b.png")
    assert isinstance(late, Failed)
    assert late.kind is FailureKind.TIMEOUT


async def test_icons_are_let_through_as_icons_alone(tmp_path: Path) -> None:
    icon = Answer(body=ICO, headers={"Content-Type": "image/x-icon"})
    assert isinstance(await outcomes(tmp_path, HOME, icon), NotAnImage)


async def test_links_outlive_the_process(tmp_path: Path) -> None:
    configuration, links = parse("feeds: []", file="feeds.yaml"), set[str | None]()
    for _ in range(2):
        async with open_media(configuration, tmp_path / "n.db", site=make_site(), user_agent="test/1") as media:
            assert media is not None
            links.add(media.addresses.link("https://img.example/a.png"))
    assert len(links) == 1


async def test_without_images_nothing_is_opened_and_no_file_is_made(tmp_path: Path) -> None:
    configuration = parse("media: {images: none}\nfeeds: []", file="feeds.yaml")
    async with open_media(configuration, tmp_path / "n.db", site=make_site(), user_agent="test/1") as media:
        assert media is None
    assert names(tmp_path) == []


@pytest.mark.parametrize("usually", ["none", "proxied"])
async def test_a_feed_s_own_word_on_images_goes_before_that_for_all(tmp_path: Path, usually: str) -> None:
    told = f"media: {{images: {usually}}}\nfeeds:\n- {{url: https://a.example/, images: proxied}}\n- {{url: https://b.example/, images: none}}\n- url: https://c.example/"
    configuration = parse(told, file="feeds.yaml")
    assert [feed.shows_images for feed in configuration.enabled_feeds()] == [True, False, usually == "proxied"]
    async with open_media(configuration, tmp_path / "n.db", site=make_site(), user_agent="test/1") as media:
        assert media is not None
        assert media.usual is (usually == "proxied")


async def test_where_the_only_feed_that_shows_images_is_not_polled_none_are_shown(tmp_path: Path) -> None:
    told = "media: {images: none}\nfeeds:\n- {url: https://a.example/, images: proxied, enabled: false}"
    configuration = parse(told, file="feeds.yaml")
    async with open_media(configuration, tmp_path / "n.db", site=make_site(), user_agent="test/1") as media:
        assert media is None


async def test_where_no_file_can_be_kept_a_person_is_told(tmp_path: Path) -> None:
    (tmp_path / "n.db-media").write_text("in the way")
    configuration = parse("feeds: []", file="feeds.yaml")
    with pytest.raises(UserError, match=r"the key can.t be kept"):
        async with open_media(configuration, tmp_path / "n.db", site=make_site(), user_agent="test/1"):
            pass
