"""Digests for tests: one that uses everything, and ones of given days."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aggregator.model.digest import DAILY, Digest, DigestItem, DigestLink, DigestSection, SectionKind
from aggregator.model.ids import EntryId, StoryId

BEIRUT = ZoneInfo("Asia/Beirut")
SUNDAY = date(2018, 9, 2)


def make_item(
    number: int = 1,
    *,
    headline: str = "",
    teaser: str = "Senior commanders met in Baghdad on Sunday. They spoke about the border.",
    url: str | None = "",
    publisher: str = "Example",
    others: tuple[str, ...] = (),
    category: str = "World",
    language: str | None = "en",
    at: datetime | None = None,
    changed: str = "",
    formerly: str = "",
    related: tuple[DigestLink, ...] = (),
) -> DigestItem:
    return DigestItem(
        story=StoryId(number),
        entry=EntryId(100 + number),
        headline=headline or f"Headline number {number}",
        teaser=teaser,
        url=f"https://example.org/{number}" if url == "" else url,
        publisher=publisher,
        others=others,
        category=category,
        language=language,
        at=at or datetime(2018, 9, 1, 13, 7, tzinfo=BEIRUT),
        changed=changed,
        formerly=formerly,
        related=related,
    )


def make_section(kind: SectionKind, title: str, *items: DigestItem) -> DigestSection:
    return DigestSection(kind=kind, title=title, items=items)


def make_digest(
    *sections: DigestSection, day: date = SUNDAY, name: str = DAILY, title: str = "Related Stories", days: int = 1
) -> Digest:
    end = datetime.combine(day, time(6), BEIRUT)
    return Digest(
        name=name,
        date=day,
        title=title,
        start=datetime.combine(day - timedelta(days=days), time(6), BEIRUT),
        end=end,
        sections=sections or (make_section(SectionKind.TOP, "Top stories", make_item()),),
        stories=312,
        entries=1204,
        publishers=60,
    )


def whole_digest() -> Digest:
    """Every kind of section, and in them what is hardest to write."""
    return make_digest(
        make_section(
            SectionKind.TOP,
            "Top stories",
            make_item(
                1,
                headline='Iraq hosts "military chiefs" & <others> from Iran, Russia and Syria',
                publisher="Arab News",
                others=("AFP", "الشرق", "B & C", "Daily <Mail>", "Echo", "Figaro"),
                category="Middle East",
                related=(
                    DigestLink(story=StoryId(71), headline="قائد الجيش في بغداد", publisher="الشرق", language="ar"),
                    DigestLink(story=StoryId(72), headline="Talks [1] about *Idlib*", publisher="Echo"),
                ),
            ),
            make_item(
                2,
                headline="واشنطن: US says قائد الجيش في بغداد",
                teaser="قال قائد الجيش إن القوات ستبقى.",
                language="ar",
            ),
        ),
        make_section(
            SectionKind.DEVELOPING,
            "Developing",
            make_item(
                3,
                headline="3. Flood in Kerala",
                changed="3 more publishers: AFP, Echo, Figaro; another headline",
                formerly="Rain in *Kerala*",
                others=("Echo",),
            ),
        ),
        make_section(
            SectionKind.CATEGORY,
            "Économie & Cie",
            make_item(
                4,
                headline="中国人民银行周一宣布下调存款准备金率以支持实体经济的发展并增加市场流动性这是今年第三次",
                teaser="",
                language="zh",
                url=None,
            ),
        ),
        make_section(
            SectionKind.QUIET,
            "From quiet feeds",
            make_item(5, headline="- A dash begins it", url="https://example.org/a_(b)?c=1&d=<2>"),
        ),
        make_section(
            SectionKind.BRIEF,
            "In brief",
            make_item(6, headline="Short", others=("Echo",)),
            make_item(7, headline="", teaser="", language="!"),
            make_item(8, headline="Again", changed="another headline", formerly="Before"),
        ),
    )
