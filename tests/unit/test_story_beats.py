"""One beat, several events: headlines that share the words of a beat, a series or a name, and must not be one story."""

import pytest

from aggregator.model.ids import EntryId
from aggregator.stories.conflicts import conflict
from aggregator.stories.engine import StoryEngine
from aggregator.text.claims import Claims
from tests.story_entries import placed, story_entry

BEATS = (
    ("Magnitude 5.2 quake strikes near Tonga, USGS says", "Magnitude 5.3 quake strikes near Vanuatu, USGS says"),
    ("USGS: 4.4-magnitude quake shakes Anchorage", "USGS: 4.9-magnitude quake shakes Reno"),
    ("Malaysia reports 18,547 new Covid-19 infections", "Thailand reports 14,555 new Covid-19 infections"),
    ("Norway logs 1,204 new Covid cases, three deaths", "Denmark logs 611 new Covid cases, five deaths"),
    ("Ministry confirms 23,871 new dengue cases; 184,112 active", "New dengue cases reach 19,446, ministry confirms; 178,903 active"),
    ("Unemployment in Portugal falls to 6.1 per cent", "Unemployment in Austria falls to 6.2 per cent"),
    ("Heavy snow closes schools in Oslo", "Heavy snow closes schools in Bergen"),
    ("Gunman opens fire in shopping centre in Malmo", "Gunman opens fire in shopping centre in Utrecht"),
)  # fmt: skip

SERIES = (
    ("Gridle 1234 answer and hints", "Gridle 1235 answer and hints"),
    ("Siege of Marrow: what happened on day 935", "Siege of Marrow: what happened on day 936"),
    ("Harbour Tales podcast, episode 41: the keeper", "Harbour Tales podcast, episode 42: the keeper"),
    ("Inside the Brandt archive, part 2", "Inside the Brandt archive, part 3"),
    ("Miners' strike at Kolm enters 100th day", "Miners' strike at Kolm enters 101st day"),
    ("Ostmark Open: Lindqvist through to round 3", "Ostmark Open: Lindqvist through to round 4"),
    ("Orchard releases oakOS 17.1 with mended sync", "Orchard releases oakOS 17.2 with mended sync"),
    ("Kestrel cup final, game 3: how the teams line up", "Kestrel cup final, game 4: how the teams line up"),
    ("Council lottery results for 16 September", "Council lottery results for 17 September"),
)  # fmt: skip

NAMED = (
    ("Hurricane Petra makes landfall on Gulf coast", "Hurricane Quentin makes landfall on Gulf coast"),
    ("Tropical storm Petra drenches coast, cuts power", "Tropical storm Quentin drenches coast, cuts power"),
    ("Typhoon Hanako nears coast as thousands flee", "Typhoon Isamu nears coast as thousands flee"),
    ("Troops begin Operation Granite against rebels", "Troops begin Operation Thistle against rebels"),
    ("Lindqvist beats Moreau to reach Ostmark final", "Lindqvist beats Tanaka to reach Ostmark final"),
)  # fmt: skip

OPPOSED = (
    ("Supreme Court upholds water rights law", "Supreme Court strikes down water rights law"),
    ("Jury convicts banker Halvorsen of fraud", "Jury finds banker Halvorsen not guilty of fraud"),
    ("President arrives in Lestria for summit talks", "President leaves Lestria summit talks early"),
    ("Parliament approves border treaty with Ostmark", "Parliament votes down border treaty with Ostmark"),
    ("Missing climber Jonas Reyk found alive on Mount Varn", "Missing climber Jonas Reyk found dead on Mount Varn"),
    ("Regulator allows Norvik takeover of Lumenta", "Regulator bans Norvik takeover of Lumenta"),
)  # fmt: skip

FOREIGN = (
    ("de", "Aktie von Norvik steigt nach Quartalszahlen", "Aktie von Norvik fällt nach Quartalszahlen"),
    ("de", "Gericht spricht: Bankier Halvorsen verurteilt wegen Betrugs", "Gericht spricht: Bankier Halvorsen freigesprochen wegen Betrugs"),
    ("de", "Zahl der Arbeitslosen im Mai gesunken", "Zahl der Arbeitslosen im Juni gesunken"),
    ("fr", "Le Parlement adopte la loi sur l'eau", "Le Parlement rejette la loi sur l'eau"),
    ("fr", "Le banquier Halvorsen condamné pour fraude", "Le banquier Halvorsen acquitté pour fraude"),
    ("fr", "L'inflation en Norvège atteint 2,1 % en mars", "L'inflation en Norvège atteint 2,1 % en avril"),
    ("es", "El precio de la luz sube el lunes", "El precio de la luz baja el martes"),
    ("es", "El Supremo absuelve al banquero Halvorsen", "El Supremo condena al banquero Halvorsen"),
    ("es", "Huracán Petra toca tierra en la costa del Golfo", "Huracán Quentin toca tierra en la costa del Golfo"),
)  # fmt: skip

ONE_EVENT = (
    ("Hurricane Petra makes landfall on Gulf coast", "Petra, now a hurricane, makes landfall on Gulf coast"),
    ("Hurricane Petra Makes Landfall On Gulf Coast", "Hurricane Makes Landfall On Gulf Coast"),
    ("Explosion in Houston injures four workers at refinery", "Explosion in Texas injures workers at Houston refinery"),
    ("Quake of magnitude 6.1 strikes Lestria", "Lestria struck by quake of magnitude 6.2"),
    ("Malaysia reports 18,547 new infections", "Malaysia reports 18,500 new infections"),
    ("Lindqvist beats teenager Moreau to reach Ostmark final", "Lindqvist beats Moreau to reach Ostmark final"),
    ("Norvik ousts chief over 1,200 faulty trains", "Norvik chief out after 1,215 trains prove faulty"),
    ("Theatre in Lisbon burns down", "Lisbon theatre goes up in flames, burns to the ground"),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [*BEATS, *SERIES, *NAMED, *OPPOSED])
def test_two_events_of_one_beat_are_two_stories(one: str, other: str) -> None:
    assert len(set(placed(StoryEngine(), [one, other], hours=20))) == 2
    assert len(set(placed(StoryEngine(), [other, one], hours=20))) == 2


@pytest.mark.parametrize(("language", "one", "other"), FOREIGN)
def test_two_events_of_one_beat_are_two_stories_in_other_languages(language: str, one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        engine = StoryEngine()
        stories = {
            engine.add(story_entry(number, headline, hours=20 * number, language=language))
            for number, headline in enumerate((first, second), 1)
        }
        assert len(stories) == 2


@pytest.mark.parametrize(("one", "other"), ONE_EVENT)
def test_one_event_of_a_beat_is_no_conflict(one: str, other: str) -> None:
    assert conflict(Claims(one), Claims(other)) is None
    assert conflict(Claims(other), Claims(one)) is None


ROUND_UPS = (
    ("Your Monday briefing: A vote in Lestria, a storm off Ostmark", "Lestria votes as storm nears Ostmark"),
    ("Coronavirus briefing: what happened today", "Coronavirus briefing: what happened today"),
    ("News in brief: Kolm mine, Varn bridge", "Kolm mine floods after Varn bridge dam gives way"),
    ("Covid-19 wrap: what happened on Monday", "Covid-19 outbreak closes Kolm school on Monday"),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ROUND_UPS)
def test_a_round_up_of_several_events_joins_none(one: str, other: str) -> None:
    assert len(set(placed(StoryEngine(), [one, other], hours=3))) == 2
    assert len(set(placed(StoryEngine(), [other, one], hours=3))) == 2


def test_a_round_up_is_related_to_nothing() -> None:
    engine = StoryEngine()
    placed(engine, ["Halvorsen trial and Kolm mine: morning briefing", "Halvorsen trial hears of Kolm mine deal"])
    assert not any(engine.changes().related.values())


def test_one_round_up_that_two_publish_is_one_story() -> None:
    engine = StoryEngine()
    body = "The vote in Lestria, the storm off Ostmark, a strike at the Kolm mine, and why beekeepers of Varn rejoice this week."
    for number in (1, 2):
        engine.add(story_entry(number, "Your Monday briefing", hours=number, body=body))
    assert engine.story_of(EntryId(1)) == engine.story_of(EntryId(2))


def test_a_live_blog_that_names_its_event_is_a_report() -> None:
    headlines = (
        "Live updates: Panama Canal shut as tugs try to refloat freighter",
        "Tugs try to refloat freighter in Panama Canal",
    )
    assert len(set(placed(StoryEngine(), headlines, hours=1))) == 1


def test_what_contradicts_the_lead_is_kept_out_though_most_entries_are_silent() -> None:
    engine = StoryEngine()
    headlines = (
        "Rovers beat United 2-1 in derby at Kolm stadium",
        "Rovers win derby against United at Kolm stadium",
        "Derby at Kolm stadium: Rovers celebrate win against United",
        "Rovers fans celebrate derby win against United at Kolm stadium",
        "Rovers beat United 4-0 in derby at Kolm stadium",
    )
    for number, headline in enumerate(headlines, 1):
        engine.add(story_entry(number, headline, hours=number))
    engine.advance(story_entry(9, "", hours=9).at)
    stories = [engine.story_of(EntryId(number)) for number in range(1, 6)]
    assert len(set(stories[:4])) == 1
    assert stories[4] not in stories[:4]


def test_two_reports_on_one_named_storm_are_one_story() -> None:
    headlines = (
        "Storm Petra: ferries cancelled, coastal towns told to evacuate",
        "Lestria braces for record winds as Storm Petra nears",
    )
    assert len(set(placed(StoryEngine(), headlines, hours=3))) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Quiz: test your wits for September 17, 2021", "Prize quiz for September 17, 2021"),
        ("Latest drawings from artist Ada Brandt", "Latest drawings from artist Jonas Reyk"),
    ],
)
def test_what_recurs_under_one_phrase_is_no_event(one: str, other: str) -> None:
    assert len(set(placed(StoryEngine(), [one, other], hours=3))) == 2
