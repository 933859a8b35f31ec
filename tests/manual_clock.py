"""Time that moves when a test says so."""

from datetime import datetime, timedelta

from tests.factories import NOON


class ManualClock:
    """Implements `ports.Clock`."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        self.at += by
