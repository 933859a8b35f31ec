"""Durations and sizes as people write them."""

from datetime import timedelta

import pytest

from aggregator.config import durations, sizes


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("1w", timedelta(days=7)),
        ("0s", timedelta(0)),
        ("1h30m", timedelta(minutes=90)),
        (" 1d 12h ", timedelta(hours=36)),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, length: timedelta) -> None:
    assert durations.parse(text) == length


@pytest.mark.parametrize(
    "text", ["", "30", "m", "30 parsecs", "-5m", "1.5h", "30m1h", "1h1h", "30M", "PT30M", "٣m", "9999999h"]
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; write 30m, 2h or 1d"):
        durations.parse(text)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(minutes=90), "1h30m"),
        (timedelta(hours=48), "2d"),
        (timedelta(0), "0s"),
        (timedelta(days=1, seconds=1, milliseconds=5), "1d1s"),
    ],
)
def test_a_duration_is_spelt_in_its_greatest_units(length: timedelta, text: str) -> None:
    assert durations.spell(length) == text


@pytest.mark.parametrize(
    ("text", "size"), [("2GiB", 2_147_483_648), ("10MiB", 10_485_760), ("512 KiB", 524_288), ("1000", 1000), ("0", 0)]
)
def test_a_size_is_bytes_or_a_number_with_a_unit(text: str, size: int) -> None:
    assert sizes.parse(text) == size


@pytest.mark.parametrize("text", ["", "MiB", "10MB", "10mib", "-1", "1.5MiB", "ten"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size; write 10MiB, 512KiB or a number of bytes"):
        sizes.parse(text)


@pytest.mark.parametrize(
    ("size", "text"), [(2_147_483_648, "2GiB"), (10_485_760, "10MiB"), (1536, "1536"), (2048, "2KiB"), (0, "0")]
)
def test_a_size_is_spelt_in_the_greatest_unit_that_leaves_a_whole_number(size: int, text: str) -> None:
    assert sizes.spell(size) == text
