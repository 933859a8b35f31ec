"""Everything that can be wrong with feeds.yaml, and how it is said."""

import time
from pathlib import Path

import pytest

from aggregator.config.read import MAX_BYTES, load, parse
from aggregator.errors import ConfigurationError


def complaints(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, file="feeds.yaml")
    return str(caught.value).splitlines()


def complaint(text: str) -> str:
    (only,) = complaints(text)
    return only


def test_every_problem_is_reported_at_once_in_the_order_of_the_file() -> None:
    assert complaints(
        """\
site:
  titel: News
  timezone: Asia/Beirt
polling:
  concurrency: many
feeds:
  - url: htp://x
    catgory: World
    interval: 30 parsecs
  - title: 2024
  - url: https://a.example/rss
    url: https://b.example/rss
    tags: english
  - url: https://a.example/rss
    langage: en
"""
    ) == [
        "feeds.yaml:2:3: site: unknown key 'titel'; did you mean 'title'?",
        "feeds.yaml:3:13: site.timezone: 'Asia/Beirt' is not a time zone; did you mean 'Asia/Beirut'?",
        "feeds.yaml:5:16: polling.concurrency: 'many' is not a whole number",
        "feeds.yaml:7:10: feeds[0].url: 'htp://x' is not an http(s) address",
        "feeds.yaml:8:5: feeds[0]: unknown key 'catgory'; did you mean 'category'?",
        "feeds.yaml:9:15: feeds[0].interval: '30 parsecs' is not a duration; write 30m, 2h or 1d",
        "feeds.yaml:10:5: feeds[1].url: is required",
        "feeds.yaml:12:5: duplicate key 'url'; it stands on line 11 already",
        "feeds.yaml:13:11: feeds[2].tags: expected a list, found 'english'; write '- ' before each item, or [one, two]",
        "feeds.yaml:14:10: feeds[3].url: 'https://a.example/rss' is listed already, on line 11",
        "feeds.yaml:15:5: feeds[3]: unknown key 'langage'; did you mean 'language'?",
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("site: {title: ''}", "1:15: site.title: is empty"),
        ("site: {title: [a]}", "1:15: site.title: expected one value, found a list"),
        ("site: {title: {a: b}}", "1:15: site.title: expected one value, found keys and values"),
        ("site: {url: localhost}", "1:13: site.url: 'localhost' is not an http(s) address"),
        ("site: {timezone: ../../passwd}", "1:18: site.timezone: '../../passwd' is not a time zone; "),
        ("site: {timezone: Europe}", "1:18: site.timezone: 'Europe' is not a time zone; "),
        ("site: {contact: nobody}", "1:17: site.contact: 'nobody' is neither a mail address nor an http(s) address"),
        ("polling: {interval: 30s}", "1:21: polling.interval: '30s' is out of bounds; 1m to 30d is possible"),
        ("polling: {interval: 31d}", "1:21: polling.interval: '31d' is out of bounds; 1m to 30d is possible"),
        ("polling: {timeout: 0s}", "1:20: polling.timeout: '0s' is out of bounds; 1s to 5m is possible"),
        ("polling: {max_bytes: 11MiB}", "1:22: polling.max_bytes: '11MiB' is out of bounds; 1KiB to 10MiB is possible"),
        ("polling: {max_bytes: much}", "1:22: polling.max_bytes: 'much' is not a size; write 10MiB"),
        ("polling: {concurrency: 0}", "1:24: polling.concurrency: '0' is out of bounds; 1 to 256 is possible"),
        ("polling: {allow_networks: [lan]}", "1:28: polling.allow_networks[0]: 'lan' is not a network; write one like"),
        (
            "polling: {allow_networks: [10.0.0.1/8]}",
            "1:28: polling.allow_networks[0]: '10.0.0.1/8' has bits beyond its prefix; did you mean '10.0.0.0/8'?",
        ),
        (
            "polling: {gaps: {old.reddit.com: 2m}}",
            "1:18: polling.gaps.old.reddit.com: 'old.reddit.com' is not a registrable domain; did you mean 'reddit.com'?",
        ),
        ("polling: {gaps: {a b: 2m}}", "1:18: polling.gaps.a b: 'a b' is not a domain; write one like example.org"),
        ("polling: {gaps: {a.org/b: 2m}}", "1:18: polling.gaps.a.org/b: 'a.org/b' is not a domain; write one like"),
        ("polling: {gaps: {a.org: 11m}}", "1:25: polling.gaps.a.org: '11m' is out of bounds; 0s to 10m is possible"),
        ("polling: {gaps: {a.org: }}", "1:18: polling.gaps.a.org: is empty"),
        ("polling: {gaps: {'[key]': 1s}}", "1:18: polling.gaps.[key]: '[key]' is not a domain; write one like"),
        ('polling: {gaps: {"a\\nb": 5s}}', "1:18: polling.gaps.'a\\nb': 'a\\nb' is not a domain; write one like"),
        ("polling: {gaps: 5s}", "1:17: polling.gaps: expected keys with values, found '5s'"),
        ("polling: {'[key]': 5s}", "1:11: polling: unknown key '[key]'; possible are "),
        ("polling: {unconditional_interval: 1s}", "1:35: polling.unconditional_interval: '1s' is out of bounds; "),
        ("media: {images: hotlinked}", "1:17: media.images: 'hotlinked' is none of proxied, none"),
        ("media: {cache: 2TiB}", "1:16: media.cache: '2TiB' is not a size; write 10MiB"),
        ("polling: {websub: yes}", "1:19: polling.websub: 'yes' is none of auto, on, off"),
        ("polling: fast", "1:10: polling: expected keys with values, found 'fast'"),
        ("copies: {window: 1m}", "1:18: copies.window: '1m' is out of bounds; 1h to 30d is possible"),
        ("stories: {late: 31d}", "1:17: stories.late: '31d' is out of bounds; 0s to 30d is possible"),
        (
            "stories: {embeddings_share: 0.7}",
            "1:29: stories.embeddings_share: '0.7' is out of bounds; 0 to 0.5 is possible",
        ),
        (
            "stories: {embeddings_share: much}",
            "1:29: stories.embeddings_share: 'much' is not a share; write one like 0.3",
        ),
        ("sites: {}", "1:1: unknown key 'sites'; did you mean 'site'?"),
        (
            "qqq: {}",
            "1:1: unknown key 'qqq'; possible are site, polling, copies, stories, media, access, metrics, care, mail, digest, digests, defaults, categories, include, feeds",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(value: str, expected: str) -> None:
    assert complaint(f"{value}\nfeeds: []").startswith(f"feeds.yaml:{expected}")


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ("id: Arab News", "feeds[0].id: 'Arab News' is not an id; write up to 80 of a-z, 0-9 and -"),
        ("language: english", "feeds[0].language: 'english' is not a language tag; write one like en, ar or zh-Hant"),
        ("enabled: yes", "feeds[0].enabled: 'yes' is neither true nor false"),
        ("interval: 1s", "feeds[0].interval: '1s' is out of bounds; 1m to 30d is possible"),
        ("tags: [a, ~]", "feeds[0].tags[1]: is empty"),
        ("tags: {a: b}", "feeds[0].tags: expected a list, found keys with values; write '- ' before each item"),
    ],
)
def test_a_wrong_value_of_a_feed_is_named_with_what_was_expected(item: str, expected: str) -> None:
    assert expected in complaint(f"feeds:\n- url: https://a.example/\n  {item}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: the file is empty; it needs at least 'feeds:' and a feed below it"),
        ("# nothing yet\n", "1:1: the file is empty; it needs at least 'feeds:' and a feed below it"),
        ("- url: https://a.example/", "1:1: expected keys with values (site, feeds ...) at the top of the file"),
        ("just words", "1:1: expected keys with values (site, feeds ...) at the top of the file"),
        ("site: {}", "1:1: feeds: is required"),
        ("site: {}\nfeeds:\n", "2:1: feeds: has no value"),
        ("feeds: {url: x}", "1:8: feeds: expected a list, found keys with values; write '- ' before each item"),
        ("feeds:\n- https://a.example/", "2:3: feeds[0]: expected keys with values, found 'https://a.example/'"),
        ("feeds:\n- url:\n", "2:3: feeds[0].url: has no value"),
    ],
)
def test_a_file_of_another_shape_is_told_what_it_lacks(text: str, expected: str) -> None:
    assert complaint(text).startswith(f"feeds.yaml:{expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("feeds:\n\t- url: x", "2:1: not YAML: a tab; YAML is indented with spaces"),
        ("site:\n  title: News: world", "2:14: not YAML: a ':' where none can be; is the indentation right?"),
        ("site: {title: 'News}\nfeeds: []", "1:15: not YAML: a quote is opened and never closed"),
        ("feeds: [a\nsite: {}", "2:5: not YAML: expected ',' or ']'"),
        ("site: {title: @home}", "1:15: not YAML: text that begins with @ needs quotes"),
        ("site: {title: \x07}", "1:15: character U+0007 can't stand in YAML"),
        ("feeds: []\n---\nfeeds: []", "2:1: a second document begins here"),
        ("? [a]\n: b", "1:3: a key must be a word"),
        ('feeds: ["\\U00110000"]', "1:8: not YAML from somewhere after here on: "),
    ],
)
def test_what_is_no_yaml_is_told_where_and_why(text: str, expected: str) -> None:
    assert complaint(text).startswith(f"feeds.yaml:{expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("site: &s {title: a}\nfeeds: []", "1:7: anchors (&s) are not used in this file; leave it out"),
        ("feeds: []\ncopies: {window: *s}", "2:18: aliases (*s) are not used in this file; write the value again"),
        ("site: {title: !!str 1}\nfeeds: []", "1:15: tags (!!str) are not used in this file; leave it out"),
        ("site: !!python/object:os.system {}\nfeeds: []", "1:7: tags (!!python/object:os.system) are not used"),
    ],
)
def test_s10_aliases_anchors_and_tags_are_refused(text: str, expected: str) -> None:
    assert complaint(text).startswith(f"feeds.yaml:{expected}")


def test_s10_an_alias_bomb_is_refused_without_being_expanded() -> None:
    layers = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))
    began = time.process_time()
    assert "feeds.yaml:2:10: aliases (*l0) are not used in this file" in "\n".join(complaints("l0: &l0 [x]\n" + layers))
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000])
def test_s10_nesting_is_bounded(text: str) -> None:
    began = time.process_time()
    assert complaint(text).endswith("nested more than 10 levels deep")
    assert time.process_time() - began < 1.0


def test_a_mistake_in_a_feed_does_not_hide_that_it_is_listed_twice() -> None:
    said = complaints("feeds:\n- url: https://a.example/\n- url: https://a.example/\n  interval: soon")
    assert [line.split(": ", 1)[0] for line in said] == ["feeds.yaml:3:8", "feeds.yaml:4:13"]


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    said = complaint("feeds:\n- url: https://me:secret@a.example/rss")
    assert said.startswith("feeds.yaml:2:8: feeds[0].url: holds a user name or password")
    assert "secret" not in said


def test_addresses_that_differ_in_their_fragment_are_one() -> None:
    text = "feeds:\n- url: https://a.example/rss\n- url: https://A.example/rss#top"
    assert complaint(text) == "feeds.yaml:3:8: feeds[1].url: 'https://a.example/rss' is listed already, on line 2"


def test_an_id_can_be_given_once() -> None:
    text = "feeds:\n- {url: 'https://a.example/', id: x}\n- {url: 'https://b.example/', id: x}"
    assert complaint(text) == "feeds.yaml:3:35: feeds[1].id: 'x' is the id of the feed on line 2; ids must differ"


def test_addresses_that_would_get_one_id_need_an_id_of_their_own() -> None:
    text = "feeds:\n- url: https://a.example/rss\n- url: https://www.a.example/feed"
    assert complaint(text) == (
        "feeds.yaml:3:8: feeds[1].url: its id would be 'a-example', which the feed on line 2 has; "
        "give this one an id: of its own"
    )
    assert len(parse(f"{text}\n  id: a-other", file="feeds.yaml").enabled_feeds()) == 2


def test_the_place_of_the_feed_of_problems_is_taken() -> None:
    assert complaint("feeds:\n- {url: 'https://a.example/', id: problems}") == (
        "feeds.yaml:2:35: feeds[0].id: 'problems' can't be an id, because /feeds/problems is the list of feeds with "
        "problems; choose another"
    )
    text = "feeds:\n- url: http://problems/rss.xml"
    assert complaint(text) == (
        "feeds.yaml:2:8: feeds[0].url: its id would be 'problems', but /feeds/problems is the list of feeds with "
        "problems; give this one an id: of its own"
    )
    assert parse(f"{text}\n  id: at-home", file="feeds.yaml").feeds


def test_of_a_thousand_problems_fifty_are_said_and_all_are_known() -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse("feeds:\n" + "- url: nowhere\n" * 1051, file="feeds.yaml")
    said = str(caught.value).splitlines()
    assert len(said) == 51
    assert said[0].startswith("feeds.yaml:2:8: feeds[0].url: ")
    assert said[-1] == "... and 1,001 more"
    assert len(caught.value.problems) == 1051


def test_disabled_feeds_keep_their_ids_to_themselves() -> None:
    text = "feeds:\n- {url: 'https://a.example/', enabled: false}\n- url: https://a.example/feed"
    assert "its id would be 'a-example'" in complaint(text)


def test_two_categories_can_not_share_a_page() -> None:
    text = "feeds:\n- {url: 'https://a.example/', category: A-B}\n- {url: 'https://b.example/', category: A B}"
    assert complaint(text) == (
        "feeds.yaml:3:41: feeds[1].category: 'A B' and 'A-B' (line 2) would share the page /categories/a-b; "
        "name one of them differently"
    )


def test_a_long_wrong_value_is_shown_short_and_on_one_line() -> None:
    said = complaint(f'feeds:\n- url: "x\\n\\e[31m{"y" * 500}"')
    assert len(said) < 200
    assert said.isprintable()


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_text("\ufefffeeds:\n- {url: 'https://a.example/', title: الشرق الأوسط}", encoding="utf-8")
    assert load(file).enabled_feeds()[0].title == "الشرق الأوسط"


def test_a_missing_file_is_named_with_the_way_to_name_another(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    assert (
        str(caught.value)
        == f"{file}: no such file; name yours with --config FILE or AGGREGATOR_CONFIG, or make one: aggregator init"
    )


def test_a_directory_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r": can't be read: Is a directory"):
        load(tmp_path)


def test_a_file_in_another_encoding_is_refused_at_the_first_wrong_byte(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_bytes("feeds:\n- title: El País".encode("latin-1"))
    with pytest.raises(ConfigurationError) as caught:
        load(file)
    assert str(caught.value) == f"{file}:2:15: byte 0xed is not UTF-8; save the file as UTF-8"


def test_s10_a_file_of_more_than_a_mebibyte_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_text("feeds: []\n" + "#" * MAX_BYTES, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="is longer than 1 MiB; is it the right file"):
        load(file)
