"""What feeds.yaml may say of looking after the database."""

from datetime import time
from typing import Annotated

from aggregator.config.digests import Daytime
from aggregator.config.fields import Folder, Number, Switch, counting
from aggregator.config.section import Section


class Care(Section):
    """What `serve` does every night."""

    time: Daytime = time(3, 30)
    """In `site.timezone`."""
    backups: Folder | None = None
    """Where a copy is put; None: nowhere."""
    keep: Annotated[Number, counting(1, 365)] = 7
    """Copies that stay there."""
    check: Switch = True
    """Whether the database is looked through."""
