"""Languages guessed from script and stop words."""

import pytest

from aggregator.text.tongue import guess


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("Iraq hosts military chiefs from Iran", None, "en"),
        ("Le président de la République est à Beyrouth", None, "fr"),
        ("Der Kanzler und die Minister sind in Berlin", None, "de"),
        ("El presidente de los Estados Unidos y la crisis", None, "es"),
        ("القوات العراقية تستعيد الموصل", None, "ar"),
        ("نخست وزیر پاکستان گفت", None, "fa"),
        ("東京で五輪が開会", None, "ja"),
        ("北京举行会议", None, "zh"),
        ("Путин прибыл в Пекин", None, "ru"),
        ("La policía detiene a dos hombres", None, "es"),
        ("Dos heridos en un accidente", None, "es"),
        ("Polizei nimmt zwei Männer fest, die aus Kassel kommen", None, "de"),
        ("Bundesregierung plant neue Förderung für Familien", None, "de"),
        ("Tornado hits Colorado en route to Nevada", None, "en"),
        ("El Niño returns as oceans warm", None, "en"),
        ("São Paulo floods kill ten", None, "en"),
        ("Police release man over stabbing in Bristol", None, "en"),
        ("Man dies as war reaches Playa del Rey", None, "en"),
        ("Un incendio forestal en Zamora obliga a evacuar varios pueblos", None, "es"),
        ("Huelga de trenes: Renfe cancela cientos de servicios", None, "es"),
        ("Ukraine’s president — “no deal”", None, "en"),
        ("Macron", None, "en"),
        ("", None, "en"),
        ("Macron", "fr-FR", "fr"),
        ("القوات العراقية", "en", "ar"),
        ("北京举行会议", "zh-Hant", "zh"),
        ("Iraq hosts military chiefs", "ar", "en"),
        ("پاکستان کا وزیر اعظم", "ur", "ur"),
    ],
)
def test_a_language_is_believed_where_the_script_bears_it_out(text: str, given: str | None, expected: str) -> None:
    assert guess(text, given) == expected
