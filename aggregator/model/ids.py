"""Names of things. A `guid` is the publisher's name for an entry; these are ours."""

from typing import NewType

FeedId = NewType("FeedId", str)
"""`id:` of a feed in feeds.yaml, or the slug of its address; `[a-z0-9-]{1,80}`."""

EntryId = NewType("EntryId", int)
"""Number of an entry in the database, given in order of arrival."""

CopySetId = NewType("CopySetId", int)
"""The `EntryId` of the first entry to arrive of those that are copies of one another.

It stays when an entry that was published earlier arrives later and leads the set, so that what is published
under it is not announced to subscribers a second time.
"""

RateGroup = NewType("RateGroup", str)
"""What politeness counts by: registrable domain and port, `tumblr.com:443` (`polling.groups` finds it)."""

StoryId = NewType("StoryId", int)
"""Number of a story, given in order of founding and never given twice. A story that joins another redirects to it."""
