"""The one place that asks the operating system what time it is."""

from datetime import UTC, datetime


class SystemClock:
    """Implements `ports.Clock`."""

    def now(self) -> datetime:
        """Give the time: aware, UTC."""
        return datetime.now(UTC)  # noqa: TID251 -- this is the place
