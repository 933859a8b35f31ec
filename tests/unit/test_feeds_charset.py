import codecs

import pytest

from aggregator.feeds.charset import decode

CHINESE = "中文标题：新闻"


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("gb18030", CHINESE),
        ("gb2312", "中文标题"),
        ("big5", "中文標題"),
        ("shift_jis", "日本語のニュース"),
        ("euc-jp", "日本語のニュース"),
        ("iso-2022-jp", "日本語のニュース"),
        ("euc-kr", "한국어 뉴스"),
        ("koi8-r", "Новости"),
        ("windows-1251", "Новости"),
        ("windows-1256", "أخبار"),
        ("iso-8859-8", "חדשות"),
        ("iso-8859-15", "12 €"),
        ("tis-620", "ข่าว"),
    ],
)
@pytest.mark.parametrize("content_type", ["", "text/xml", "application/rss+xml", "text/html"])
def test_the_declared_encoding_is_used(encoding: str, title: str, content_type: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><t>{title}</t>'
    assert decode(text.encode(encoding), content_type) == (text, "")


@pytest.mark.parametrize("charset", ['text/xml; charset="koi8-r"', "text/xml;charset=KOI8-R", "x; a=b; charset=koi8-r"])
def test_the_servers_charset_comes_before_the_declaration(charset: str) -> None:
    text = "<?xml version='1.0' encoding='windows-1251'?><t>Новости</t>"
    assert decode(text.encode("koi8-r"), charset) == (text, "")


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"", "utf-32-le"),
        (b"", "utf-32-be"),
    ],
)
def test_a_byte_order_mark_or_the_shape_of_the_first_characters_comes_first(mark: bytes, encoding: str) -> None:
    assert decode(mark + f"<t>{CHINESE}</t>".encode(encoding), "text/xml; charset=latin-1") == (f"<t>{CHINESE}</t>", "")


def test_without_any_word_it_is_utf_8() -> None:
    assert decode(f"<t>{CHINESE}</t>".encode()) == (f"<t>{CHINESE}</t>", "")


def test_utf_8_that_the_server_calls_latin_1_is_utf_8() -> None:
    text, complaint = decode("<t>Ünïcödé – Ж</t>".encode(), "text/xml; charset=ISO-8859-1")
    assert text == "<t>Ünïcödé – Ж</t>"
    assert complaint == "declared as ISO-8859-1, read as utf-8"


def test_latin_1_is_read_as_windows_1252_because_that_is_what_is_sent() -> None:
    assert decode(b"<t>caf\xe9 \x96 \x93q\x94</t>", "text/xml; charset=iso-8859-1") == ("<t>café – “q”</t>", "")


def test_windows_1252_that_is_declared_as_utf_8_is_readable() -> None:
    body = b'<?xml version="1.0" encoding="UTF-8"?><t>caf\xe9 \x96 \x93q\x94</t>'
    text, complaint = decode(body)
    assert text.endswith("<t>café – “q”</t>")
    assert complaint == "declared as UTF-8, read as windows-1252"


def test_utf_8_with_a_torn_character_stays_utf_8() -> None:
    text, complaint = decode(f"<t>{CHINESE}</t>".encode() + b"\xe4\xb8")
    assert text == f"<t>{CHINESE}</t>\ufffd"
    assert "1 broken" in complaint


@pytest.mark.parametrize(
    "label", ["x-klingon", "hex", "zlib", "idna", "punycode", "unicode_escape", "undefined", "\udcff"]
)
def test_a_label_that_is_no_encoding_is_passed_over(label: str) -> None:
    assert decode("<t>é</t>".encode(), f"text/xml; charset={label}")[0] == "<t>é</t>"


def test_utf_7_can_not_smuggle_markup_in() -> None:
    body = b'<?xml version="1.0" encoding="UTF-7"?><t>+ADw-script+AD4-</t>'
    assert decode(body)[0] == body.decode()
