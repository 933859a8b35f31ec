"""Put together what looks after the database."""

from pathlib import Path

from aggregator.bootstrap import open_application
from aggregator.clock import SystemClock
from aggregator.config.model import Configuration
from aggregator.services.pruning import Pruned
from aggregator.services.pruning import prune as prune_store
from aggregator.storage.sqlite.backing_up import Backup
from aggregator.storage.sqlite.backing_up import back_up as back_up
from aggregator.storage.sqlite.inspecting import Finding
from aggregator.storage.sqlite.inspecting import inspect as inspect
