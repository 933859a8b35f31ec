"""Put the web together: addresses, handlers, and what lies around them."""

from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from aggregator.errors import DatabaseUnusable, QueryError
from aggregator.ports import Clock, Versions
from aggregator.publish.site import Site
from aggregator.services.read import Reader
from aggregator.services.watch import Watch
from aggregator.web.desk import Callbacks, Collectors, Desk, Media
from aggregator.web.digest_shelf import DigestShelf
from aggregator.web.errors import broken, not_understood, refused, unavailable
from aggregator.web.finishing import Finishing
from aggregator.web.gate import Gate
from aggregator.web.guard import Guard
from aggregator.web.health import healthz, readyz
from aggregator.web.journal import Journal
from aggregator.web.kept import OnceATurn, Shelf
from aggregator.web.metrics import metrics
from aggregator.web.pages import (
    category,
    digest,
    digest_documents,
    digest_lists,
    entry,
    feed_documents,
    feeds,
    front,
    login,
    media,
    problems,
    push,
    search,
    static,
    story,
    story_documents,
)
from aggregator.web.rendering import Templates
from aggregator.web.representations import Representations


def create_app(  # noqa: PLR0913 -- by name, each a service that may be missing
    reader: Reader,
    digests: DigestShelf,
    clock: Clock,
    site: Site,
    *,
    callbacks: Callbacks | None = None,
    watch: Watch | None = None,
    collectors: Collectors | None = None,
    images: Media | None = None,
    versions: Versions | None = None,
    guard: Guard | None = None,
    live: bool = True,
) -> Starlette:
    """Make the ASGI application. It reads through these services alone, and has neither start-up nor shut-down.

    Args:
        reader: answers pages and feeds.
        digests: answers what was worth telling of a day.
        clock: dates answers.
        site: what is published.
        callbacks: answers hubs; None where hubs are not asked.
        watch: what the process knows of its polls; None where it does not poll.
        collectors: who may read /metrics; None: this machine, while the site is not public.
        images: shows images of third parties; None where pages show none.
        versions: tells when answers that were made before are no longer right; None: none are kept.
        guard: whom to let in; None: everybody.
        live: False to make pages for a copy as files (`web.export`).
    """
    watch = watch or Watch()
    templates = Templates(
        site, picture=images.addresses.link if images else None, live=live, guarded=bool(guard and guard.sessions)
    )
    gate = [Middleware(Gate, guard=guard, templates=templates, clock=clock, site=site)] if guard else []
    app = Starlette(
        routes=routes(),
        middleware=gate,
        exception_handlers={HTTPException: refused, QueryError: not_understood, DatabaseUnusable: unavailable},
    )
    # Around all that Starlette does itself, which is a fifth of what a kept answer costs.
    finishing = Finishing(
        app.build_middleware_stack(),
        broken=partial(broken, templates),
        representations=Representations(clock),
        # What is kept is given to whoever asks: of a closed site nothing is.
        shelf=Shelf(OnceATurn(versions), clock) if versions and not (guard and guard.closes) else None,
    )
    app.middleware_stack = Journal(finishing, tally=watch.requests)
    # Starlette would redirect /feeds/ to /feeds on the host that the request names, which anyone can forge.
    app.router.redirect_slashes = False
    app.state.desk = Desk(
        reader=reader,
        digests=digests,
        site=site,
        templates=templates,
        clock=clock,
        watch=watch,
        callbacks=callbacks,
        collectors=collectors or Collectors(),
        media=images,
        guard=guard,
    )
    return app


def routes() -> list[Route]:
    """List every address, in the order in which they are looked through."""
    return [
        Route("/", front.page),
        Route("/entries/{entry_id}", entry.page),
        *problems.routes(),  # before the documents of a feed, whose name could be any
        *feed_documents.routes(),
        *story_documents.routes(),
        Route("/stories", story.list_page),
        Route("/stories-since.json", front.new_stories),
        Route("/stories/{story_id}", story.page),
        Route("/categories/{slug}", category.page),
        Route("/feeds", feeds.page),
        Route("/feeds.opml", feeds.opml_document),
        Route("/feeds.schema.json", static.schema_document),
        Route("/feeds/{feed_id}", feeds.feed_page),
        Route("/feeds/{feed_id}/icon", media.icon),
        Route("/media/{signature}/{address}", media.image),
        *digest_documents.routes(),
        Route("/digests", digest_lists.list_page),
        Route("/digests/{which}", digest.page),
        Route("/digests/{name}/{day}", digest.named_page),
        Route("/search", search.page),
        Route("/websub/{token}", push.callback, methods=["GET", "POST"]),
        Route("/login", login.page),
        Route("/login", login.enter, methods=["POST"]),
        Route("/logout", login.leave, methods=["POST"]),
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        Route("/robots.txt", static.robots),
        Route("/favicon.ico", static.favicon),
        Route("/static/{name}", static.file),
    ]
