"""What every handler works with. `create_app` lays it out once; handlers find it through their request."""

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from aggregator.publish.site import Site
from aggregator.services.digest import Digests
from aggregator.services.read import Reader
from aggregator.web.rendering import Templates


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The services behind the pages, and the templates before them."""

    reader: Reader
    digests: Digests
    site: Site
    templates: Templates


def desk_of(request: Request) -> Desk:
    """Find the desk of the application that answers this request."""
    return cast("Desk", request.app.state.desk)
