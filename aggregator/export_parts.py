"""Put together what writes the site as files. Used by `bootstrap`."""

from pathlib import Path

from aggregator.ports import Clock, Store
from aggregator.publish.site import Site
from aggregator.services.digest import Digests
from aggregator.services.read import Reader
from aggregator.storage.files.site_folder import open_site_folder
from aggregator.web.app import create_app
from aggregator.web.export.crawl import Report, Show, SiteExport


async def export(  # noqa: PLR0913 -- by name, what the command says
    store: Store, digests: Digests, site: Site, folder: Path, *, clock: Clock, url: str, full: bool, show: Show
) -> Report:
    """Write everything that is published, without images of third parties.

    Raises:
        UserError: the folder can't be used.
    """
    app = create_app(Reader(store), digests, clock, site, live=False)
    with open_site_folder(folder) as files:
        return await SiteExport(app=app, files=files, url=url, full=full, show=show).run()
