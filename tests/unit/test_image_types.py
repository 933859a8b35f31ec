"""What passes for an image."""

import pytest

from aggregator.model.media import Image
from tests.pictures import AVIF, AVIF_SECOND, GIF, HTML, ICO, JPEG, SVG, WEBP, png


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (png(), "image/png"),
        (JPEG, "image/jpeg"),
        (GIF, "image/gif"),
        (GIF.replace(b"89a", b"87a"), "image/gif"),
        (WEBP, "image/webp"),
        (AVIF, "image/avif"),
        (AVIF.replace(b"avif", b"avis"), "image/avif"),
        (AVIF_SECOND, "image/avif"),
        (ICO, "image/x-icon"),
    ],
)
def test_an_image_is_told_by_its_first_bytes(body: bytes, media_type: str) -> None:
    assert Image.of(body) == Image(media_type=media_type, body=body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        SVG,
        b'<?xml version="1.0"?>' + SVG,
        HTML,
        b" " + png(),
        b"%PDF-1.7",
        b"BM\x36\x00\x00\x00",
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        b"\x00\x00\x01\x00\x00\x00",
        b"GIF88a",
        b"\xff\xd8",
        b"fLaC\x00\x00\x00",
    ],
)
def test_a03_what_is_no_raster_image_is_none(body: bytes) -> None:
    assert Image.of(body) is None


def test_brands_far_behind_the_first_box_make_no_avif() -> None:
    assert Image.of(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00" + b"isom" * 40 + b"avif") is None
