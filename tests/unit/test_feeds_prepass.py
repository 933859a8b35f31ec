import gzip
import time

import pytest

from aggregator.feeds.limits import MAX_BODY, MAX_START_TAG
from aggregator.feeds.prepass import Prepared, prepare, unpack, without_sections
from aggregator.model.fetch import Failed, FailureKind


def prepared(text: str) -> Prepared:
    result = prepare(text)
    assert isinstance(result, Prepared), result
    return result


def refused(text: str) -> Failed:
    result = prepare(text)
    assert isinstance(result, Failed), result
    return result


def test_everything_before_the_first_element_goes() -> None:
    assert prepared('<?xml version="1.0"?>\n\n<!-- <a --> <?pi <rss?>\n<rss>x</rss>').text == "<rss>x</rss>"


def test_the_lines_that_went_are_counted() -> None:
    assert prepared('<?xml version="1.0"?>\n\n\n<rss/>').skipped_lines == 3


def test_text_before_the_first_element_is_complained_of() -> None:
    assert "Warning: x.php" in prepared('Warning: x.php\n<?xml version="1.0"?><rss/>').complaint


def test_blank_lines_and_byte_order_marks_are_no_complaint() -> None:
    assert prepared("\ufeff \n\n <rss/>").complaint == ""


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE rss [<!ENTITY a "lol">]>',
        '<!DOCTYPE rss [\n  <!-- x --> <!entity a "lol">\n]>',
        '<!-- <a --><!DOCTYPE rss [<!ENTITY a "lol">]>',
        '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:9/evil.dtd"> %p;]>',
        '<!DOCTYPE rss SYSTEM "a>b" [<!ELEMENT rss ANY><!ENTITY a SYSTEM "file:///etc/passwd">]>',
        'text first <!DOCTYPE rss [<!ENTITY a "lol">]>',
    ],
)
def test_a_document_that_declares_entities_is_refused(prolog: str) -> None:
    failed = refused(f'<?xml version="1.0"?>{prolog}<rss><channel><title>&a;</title></channel></rss>')
    assert failed.kind is FailureKind.HOSTILE_DOCUMENT
    assert "entities" in failed.message


def test_a_declaration_inside_a_comment_declares_nothing() -> None:
    assert prepared('<!-- <!DOCTYPE rss [<!ENTITY a "lol">]> --><rss/>').text == "<rss/>"


def test_a_comment_inside_the_internal_subset_declares_nothing() -> None:
    assert prepared("<!DOCTYPE rss [<!-- it's no <!ENTITY --><!ELEMENT rss ANY>]><rss/>").text == "<!DOCTYPE rss><rss/>"


@pytest.mark.parametrize(
    ("doctype", "kept"),
    [
        (
            '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"\n  "http://my.netscape.com/rss-0.91.dtd">',
            '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/rss-0.91.dtd">',
        ),
        ('<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/evil.dtd">', '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/evil.dtd">'),
        ("<!DOCTYPE html>", "<!DOCTYPE html>"),
    ],
)
def test_a_harmless_doctype_stays(doctype: str, kept: str) -> None:
    assert prepared(f"{doctype}<rss/>").text == f"{kept}<rss/>"


def test_entities_after_the_first_element_are_the_parsers_own_affair() -> None:
    text = '<rss><!DOCTYPE rss [<!ENTITY a "lol">]></rss>'
    assert prepared(text).text == text


@pytest.mark.parametrize(
    "prolog", ["\n" * 60_000, "<!--" * 60_000, "<?" * 60_000, "<!DOCTYPE [" * 20_000, "<" * 200_000]
)
def test_no_prolog_takes_long(prolog: str) -> None:
    started = time.process_time()
    prepare(prolog + "<rss/>")
    assert time.process_time() - started < 1


def test_a_document_without_any_element_is_empty() -> None:
    assert prepared("just text").text == ""


ATTRIBUTES = " ".join(f'a{number}="1"' for number in range(20_000))


@pytest.mark.parametrize(
    ("long", "short"),
    [
        (f"<channel {ATTRIBUTES}>x</channel>", "<channel>x</channel>"),
        (f'<channel x=">" {ATTRIBUTES}>x</channel>', "<channel>x</channel>"),
        (f"<media:thumbnail {ATTRIBUTES} />x", "<media:thumbnail/>x"),
        (f"<link href='http://site.example/{'a' * 70_000}'/>x", "<link/>x"),
        (f"<a {ATTRIBUTES}><b {ATTRIBUTES}></b></a>", "<a><b></b></a>"),
        (f"<![CDATA[x]]><a {ATTRIBUTES}/><![CDATA[y]]>", "<![CDATA[x]]><a/><![CDATA[y]]>"),
    ],
)
def test_a_start_tag_beyond_the_limit_loses_its_attributes(long: str, short: str) -> None:
    result = prepared(f"<rss>{long}</rss>")
    assert result.text == f"<rss>{short}</rss>"
    assert "lost their attributes" in result.complaint


def test_a_start_tag_without_an_end_goes() -> None:
    result = prepared(f"<rss><a href='{'x' * 200_000}<b>")
    assert len(result.text) < 200_000
    assert result.text.startswith("<rss>")
    assert result.text.endswith("<b>")


def test_long_text_after_a_tag_is_no_long_tag() -> None:
    text = "<rss>" + "&lt;p&gt;" * MAX_START_TAG + "</rss>"
    assert prepared(text).text == text


def test_an_image_written_into_cdata_is_no_start_tag() -> None:
    image = f'<img src="data:image/png;base64,{"A" * 2 * MAX_START_TAG}">'
    text = f"<rss><![CDATA[ <![CDATA[ {image} ]]></rss>"
    assert prepared(text).text == text


@pytest.mark.parametrize(
    "reference",
    ["&#xD800;", "&#55296;", "&#0;", "&#x110000;", "&#99999999999;", f"&#{'9' * 9000};", "&#x1;", "&#65534;"],
)
def test_a_reference_to_no_character_goes(reference: str) -> None:
    assert prepared(f"<rss>a{reference}b</rss>").text == "<rss>ab</rss>"


@pytest.mark.parametrize("reference", ["&#8217;", "&#x1F600;", "&#10;", "&#0000065;", "&amp;#0;", "&#;", "&#x;"])
def test_any_other_reference_stays(reference: str) -> None:
    assert prepared(f"<rss>{reference}</rss>").text == f"<rss>{reference}</rss>"


def test_control_characters_go() -> None:
    assert prepared("<rss>a\x00b\x1fc\ufffe</rss>").text == "<rss>abc</rss>"


def test_gzip_that_nobody_declared_is_unpacked() -> None:
    assert unpack(gzip.compress(b"<rss/>")) == b"<rss/>"


def test_only_one_layer_of_gzip_is_unpacked() -> None:
    inner = gzip.compress(b"<rss/>")
    assert unpack(gzip.compress(inner)) == inner


def test_a_body_beyond_the_limit_is_too_large() -> None:
    failed = unpack(b" " * (MAX_BODY + 1))
    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.TOO_LARGE
    assert "10,485,761 bytes" in failed.message


def test_a_body_of_exactly_the_limit_is_not() -> None:
    assert unpack(b" " * MAX_BODY) == b" " * MAX_BODY


def test_gzip_that_would_unpack_beyond_the_limit_is_too_large() -> None:
    failed = unpack(gzip.compress(b" " * (MAX_BODY + 1)))
    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.TOO_LARGE


@pytest.mark.parametrize("body", [gzip.compress(b"<rss/>" * 100, mtime=0)[:-9], b"\x1f\x8b\x08rubbish that is no gzip"])
def test_broken_gzip_is_a_bad_response(body: bytes) -> None:
    failed = unpack(body)
    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.BAD_RESPONSE


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a(b)c", "ac"), ("a(b", "a"), ("a(b(c)d", "ad"), ("a)b", "a)b"), ("", "")],
)
def test_sections_go_from_opening_to_next_closing(text: str, kept: str) -> None:
    assert without_sections(text, "(", ")") == kept
