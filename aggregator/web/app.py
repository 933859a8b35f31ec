"""Put the web together: addresses, handlers, and what lies around them."""

from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from aggregator.errors import DatabaseUnusable, QueryError
from aggregator.ports import Clock
from aggregator.publish.site import Site
from aggregator.services.digest import Digests
from aggregator.services.read import Reader
from aggregator.web.desk import Desk
from aggregator.web.errors import broken, not_understood, refused, unavailable
from aggregator.web.finishing import Finishing
from aggregator.web.health import healthz
from aggregator.web.pages import category, digest, entry, feed_documents, feeds, front, search, static
from aggregator.web.rendering import Templates
from aggregator.web.representations import Representations


def create_app(reader: Reader, digests: Digests, clock: Clock, site: Site) -> Starlette:
    """Make the ASGI application. It reads through these services alone, and has neither start-up nor shut-down."""
    templates = Templates(site)
    app = Starlette(
        routes=_routes(),
        middleware=[
            Middleware(Finishing, broken=partial(broken, templates), representations=Representations(clock)),
        ],
        exception_handlers={HTTPException: refused, QueryError: not_understood, DatabaseUnusable: unavailable},
    )
    # Starlette would redirect /feeds/ to /feeds on the host that the request names, which anyone can forge.
    app.router.redirect_slashes = False
    app.state.desk = Desk(reader=reader, digests=digests, site=site, templates=templates)
    return app


def _routes() -> list[Route]:
    return [
        Route("/", front.page),
        Route("/entries/{entry_id}", entry.page),
        *feed_documents.routes(),
        Route("/categories/{slug}", category.page),
        Route("/feeds", feeds.page),
        Route("/feeds.opml", feeds.opml_document),
        Route("/feeds/{feed_id}", feeds.feed_page),
        Route("/digests", digest.days_page),
        Route("/digests/{day}", digest.page),
        Route("/search", search.page),
        Route("/healthz", healthz),
        Route("/robots.txt", static.robots),
        Route("/favicon.ico", static.favicon),
        Route("/static/{name}", static.file),
    ]
