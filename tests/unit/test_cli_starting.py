"""What a command imports and reads is left alone by the garbage collector."""

import gc
from collections.abc import Iterator

import pytest

from aggregator.cli.starting import starting
from aggregator.errors import UserError


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_what_came_while_it_started_is_never_gone_over_again() -> None:
    gc.unfreeze()
    with starting():
        assert not gc.isenabled()
        stays = [[number] for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() > len(stays)


def test_a_start_that_fails_leaves_the_collector_on() -> None:
    with pytest.raises(UserError), starting():
        raise UserError("feeds.yaml is broken")
    assert gc.isenabled()
