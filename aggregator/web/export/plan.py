"""What is part of a copy of the site, and what is asked for next. Pure.

Lists are followed for `pages` pages. Entries and stories are followed up to `reach` links away from a list: each leads to
others on its subject, so that without a bound all that was ever kept would be part. Pages come in order of their distance:
when those at the bound are written, all others that are part are known.
"""

import heapq
from collections import deque
from itertools import count

from aggregator.web.export.addresses import Address, Place

MOST_PAGES = 20
"""Of a list: a thousand entries, 50 on each."""
REACH = 2
"""An entry of a list, and what that one's page leads to."""


class Plan:
    """The addresses that are part, each given out once.

    Args:
        pages: of each list.
        reach: links from a list to an entry or story.
    """

    def __init__(self, *, pages: float = MOST_PAGES, reach: float = REACH) -> None:
        self._pages, self._reach = pages, reach
        self._waiting: list[tuple[float, bool, int, Place]] = []
        self._documents: deque[Place] = deque()
        self._distances: dict[Address, float] = {}
        self._given: set[Address] = set()
        self._numbers = count()

    @property
    def size(self) -> int:
        """Count the addresses known so far."""
        return len(self._distances)

    @property
    def given(self) -> int:
        """Count the addresses given out."""
        return len(self._given)

    def begin(self, place: Place, *, distance: float = 0) -> None:
        """Make an address part."""
        address = place.address
        if address.is_document:
            if address not in self._distances:
                self._documents.append(place)
            self._distances.setdefault(address, distance)
        elif distance < self._distances.get(address, self._reach + 1):
            self._distances[address] = distance
            # A digest leads to the one before: which of them are part is known when the lists have been read.
            heapq.heappush(self._waiting, (distance, address.is_day, next(self._numbers), place))

    def next(self) -> Place | None:
        """Give what is to be asked for next, documents when there are no pages left; None at the end."""
        while self._waiting:
            place = heapq.heappop(self._waiting)[-1]
            if place.address not in self._given:
                self._given.add(place.address)
                return place
        if not self._documents:
            return None
        place = self._documents.popleft()
        self._given.add(place.address)
        return place

    def follow(self, found: Place, *, on: Place) -> Address | None:
        """Take a link.

        Args:
            found: where it leads.
            on: where it stands.

        Returns:
            None where that is no part of the copy.
        """
        address = found.address
        if on.address.is_document:
            return self._follow_in_document(found)
        distance = self._distances[on.address] + address.is_item
        if address not in self._distances:
            # Digests that no list names are not part: lists name all there are, so many pages back.
            is_beyond = found.depth > self._pages or (address.is_day and on.address.is_day)
            if is_beyond or distance > self._reach:
                return None
        self.begin(found, distance=distance)
        return address

    def _follow_in_document(self, found: Place) -> Address | None:
        """Documents lead to more of their history, and to their style sheet; pages they only mention."""
        address = found.address
        if address not in self._distances:
            is_more = address.is_document and 1 < found.depth <= self._pages
            if not is_more and (address.is_page or address.is_document):
                return None
            self.begin(found)
        return address
