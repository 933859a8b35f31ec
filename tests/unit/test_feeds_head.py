"""What a document calls its icon."""

from time import process_time

import pytest

from aggregator.feeds.head import named_icon

ICON = "https://news.example/icon.png"


def channel(*parts: str) -> str:
    return (
        f"<rss version='2.0'><channel><title>News</title>{''.join(parts)}<item><title>1</title></item></channel></rss>"
    )


def sized(width: str, height: str, url: str = ICON) -> str:
    return f"<image><url>{url}</url><title>News</title><width>{width}</width><height>{height}</height></image>"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"<feed><icon>{ICON}</icon><entry/></feed>", ICON),
        (f"<atom:feed><atom:icon xml:base='/x'>\n {ICON}\n</atom:icon></atom:feed>", ICON),
        (channel(f"<webfeeds:icon><![CDATA[{ICON}?a=1&b=2]]></webfeeds:icon>"), f"{ICON}?a=1&b=2"),
        ("<feed><icon>/i.png?a=1&amp;b=2</icon></feed>", "/i.png?a=1&b=2"),
        ("<feed><icon></icon></feed>", None),
        ("<feed><icon>  </icon></feed>", None),
        (f"<feed><logo>{ICON}</logo></feed>", None),
        (f"<feed><!-- <icon>{ICON}</icon> --></feed>", None),
        (f"<feed><entry><icon>{ICON}</icon></entry></feed>", None),
        (channel(), None),
        ("", None),
    ],
)
def test_an_icon_is_one_that_the_head_names(text: str, found: str | None) -> None:
    assert named_icon(text) == found


@pytest.mark.parametrize(
    ("width", "height"), [("32", "32"), (" 16\n", "16"), ("144", "144"), ("48", "32"), ("32", "48")]
)
def test_the_image_of_a_channel_that_says_it_is_small_is_its_icon(width: str, height: str) -> None:
    assert named_icon(channel(sized(width, height))) == ICON
    assert named_icon(channel(sized(width, height, f"<![CDATA[{ICON}]]>"))) == ICON


@pytest.mark.parametrize(
    ("width", "height"),
    [
        ("145", "145"),
        ("88", "31"),
        ("0", "0"),
        ("0", "32"),
        ("-32", "32"),
        ("", ""),
        ("32", ""),
        ("9" * 9, "32"),
        ("a", "b"),
    ],
)
def test_a_banner_is_no_icon(width: str, height: str) -> None:
    assert named_icon(channel(sized(width, height))) is None


def test_an_image_that_does_not_say_how_large_it_is_is_no_icon() -> None:
    assert named_icon(channel(f"<image><url>{ICON}</url></image>")) is None
    assert named_icon(channel(f"<itunes:image href='{ICON}'/>")) is None


@pytest.mark.parametrize(
    "piece", ["<icon><![CDATA[", "<icon ", "<a:icon>", "<image>", "<image><url>", "<url><![CDATA[", "<width>"]
)
def test_no_head_takes_long_to_look_through(piece: str) -> None:
    before = process_time()
    assert named_icon(piece * (64 * 1024 // len(piece))) is None
    assert process_time() - before < 0.5
