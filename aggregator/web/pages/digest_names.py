"""Whose digests a request is about, and what all their pages say alike."""

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from aggregator.model.digest import DAILY, DigestLine, DigestPlan
from aggregator.publish.digest_feed import FORMATS
from aggregator.publish.digest_places import list_path
from aggregator.web import asked
from aggregator.web.desk import Desk
from aggregator.web.headers import FEED_AGE, kept_for


def main_name(desk: Desk) -> str:
    """Give the name of the digests that `/digests` lists: `daily`, unless feeds.yaml orders others alone."""
    names = [plan.name for plan in desk.digests.plans]
    return DAILY if DAILY in names or not names else names[0]


async def newest(desk: Desk) -> DigestLine | None:
    """Find the newest digest, for pages that lead to it."""
    return next(iter(await desk.digests.lines(main_name(desk), limit=1)), None)


def plan_of(desk: Desk, name: str) -> DigestPlan | None:
    """Find what feeds.yaml orders under a name; None for digests that are no longer made."""
    return next((plan for plan in desk.digests.plans if plan.name == name), None)


async def known(desk: Desk, name: str) -> str:
    """Take a name that has or will have digests.

    Raises:
        HTTPException: 404, where there are none of that name.
    """
    if plan_of(desk, name) or (asked.is_digest_name(name) and await desk.digests.lines(name, limit=1)):
        return name
    named = ", ".join(plan.name for plan in desk.digests.plans) or "none is made"
    raise HTTPException(404, f"{name[:80]!r} is neither a day like 2018-09-02 nor the name of a digest ({named}).")


def moved(desk: Desk, to: str) -> Response:
    """Lead to the one address that a page or document has, on whatever host was asked."""
    return RedirectResponse(desk.site.link(to), status_code=308, headers=kept_for(FEED_AGE))


def title_of(desk: Desk, name: str) -> str:
    """Give what the digests of a name are called together."""
    plan = plan_of(desk, name)
    return plan.title if plan and plan.title else f"{desk.site.title}: {name} digest"


def places(desk: Desk, name: str, *, query: str = "") -> dict[str, object]:
    """Collect what every page of digests says: whose they are, and where their list and feeds are.

    Args:
        desk: of the request.
        name: of the digests.
        query: of the feeds' addresses, with its question mark.
    """
    base = list_path(name)
    twins = [(each.name, each.media_type, desk.site.link(f"{base}.{each.suffix}{query}")) for each in FORMATS]
    return {"title": title_of(desk, name), "base": base, "twins": twins}
