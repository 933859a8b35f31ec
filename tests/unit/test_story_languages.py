"""Stories in other languages and scripts: each is grouped by its own words, none by words of another."""

from collections.abc import Sequence

import pytest

from aggregator.model.ids import EntryId, StoryId
from aggregator.stories.engine import StoryEngine
from tests.story_entries import story_entry

ONE_EVENT: tuple[tuple[str, str, str], ...] = (
    ("de", "Zugunglück bei Garmisch: Mindestens vier Tote", "Vier Tote und viele Verletzte bei Zugunglück in Garmisch"),
    ("de", "Bundestag beschließt Haushalt nach langer Debatte", "Haushalt vom Bundestag nach Debatte beschlossen"),
    ("fr", "Incendie à Marseille : deux immeubles évacués dans la nuit", "Marseille : deux immeubles évacués après un incendie"),
    ("fr", "Le Sénat adopte la réforme des retraites", "Réforme des retraites adoptée par le Sénat"),
    ("fr", "Grève des contrôleurs aériens : des centaines de vols annulés", "Des vols annulés par la grève des contrôleurs aériens"),
    ("es", "Un terremoto de magnitud 6,2 sacude el norte de Chile", "Terremoto de 6,2 en el norte de Chile deja cortes de luz"),
    ("es", "El Congreso aprueba los presupuestos tras un largo debate", "Presupuestos aprobados en el Congreso tras largo debate"),
    ("ru", "В Екатеринбурге обрушился мост, погибли три человека", "Три человека погибли при обрушении моста в Екатеринбурге"),
    ("ru", "Госдума приняла закон о бюджете", "Закон о бюджете принят Госдумой"),
    ("ru", "Самолёт совершил аварийную посадку в Перми", "Аварийная посадка самолета в Перми"),
    ("ar", "انهيار جسر في القاهرة ومقتل ثلاثة أشخاص", "مقتل ثلاثة أشخاص في انهيار الجسر بالقاهرة"),
    ("ar", "البرلمان التونسي يقر قانون الموازنة", "اَلْبَرْلَمَانُ التُّونِسِيُّ يُقِرُّ قَانُونَ المُوَازَنَةِ"),
    ("ar", "إضراب الأطباء في مستشفيات الإسكندرية", "اضراب اطباء مستشفيات الاسكندريه"),
    ("ar", "حريق كبير في مصنع للبلاستيك بالرباط", "الحريق الكبير في المصنع: إجلاء عمال البلاستيك بالرباط"),
    ("zh", "四川泸定发生6.8级地震 已致46人遇难", "四川泸定6.8级地震致46人死亡"),
    ("zh", "央行宣布下调存款准备金率", "存款准备金率下调 央行释放流动性"),
    ("zh", "长沙居民自建房倒塌 多人被困", "长沙自建房倒塌事故 救援人员搜救被困者"),
    ("ja", "北海道で震度6強の地震 津波の心配なし", "北海道で地震、震度6強を観測 津波なし"),
    ("ja", "新幹線が脱線 乗客にけがなし", "新幹線脱線、乗客けがなし 運転見合わせ"),
    ("ja", "参院で補正予算が成立", "補正予算成立 参院本会議で可決"),
    ("th", "ไฟไหม้โรงงานพลาสติกที่สมุทรปราการ เสียชีวิต 3 ราย", "โรงงานพลาสติกสมุทรปราการไฟไหม้ ดับ 3 ราย"),
    ("th", "รัฐสภาผ่านร่างงบประมาณวาระแรก", "ร่างงบประมาณผ่านรัฐสภาวาระแรก"),
    ("th", "น้ำท่วมเชียงใหม่ ชาวบ้านอพยพนับพัน", "ชาวบ้านนับพันอพยพหนีน้ำท่วมเชียงใหม่"),
    ("hi", "मुंबई में इमारत गिरने से पांच लोगों की मौत", "मुंबई: इमारत गिरी, पांच लोगों की मौत"),
    ("hi", "संसद में रेल बजट पेश", "रेल बजट संसद में पेश किया गया"),
    ("hi", "असम में बाढ़ से हजारों लोग बेघर", "असम की बाढ़ में हजारों बेघर हुए"),
)  # fmt: skip

TWO_EVENTS: tuple[tuple[str, str, str], ...] = (
    ("de", "Bundestag beschließt Haushalt nach langer Debatte", "Bundestag debattiert über Wehrpflicht"),
    ("de", "Schweres Zugunglück bei Garmisch: Mindestens vier Tote", "Schwerer Unfall auf der A8 bei Ulm: Zwei Verletzte"),
    ("de", "Bayern München gewinnt gegen Leipzig", "Bayern plant neues Polizeigesetz"),
    ("fr", "Le Sénat adopte la réforme des retraites", "Le Sénat rejette le projet de loi sur l'immigration"),
    ("fr", "Incendie à Marseille : deux immeubles évacués dans la nuit", "Marseille : le port signe un accord avec Alger"),
    ("fr", "Séisme de magnitude 5,1 au large du Japon", "Séisme de magnitude 6,4 au large du Chili"),
    ("es", "El Congreso aprueba los presupuestos tras un largo debate", "El Congreso rechaza la moción de censura contra el ministro"),
    ("es", "Un terremoto de magnitud 6,2 sacude el norte de Chile", "Un terremoto de magnitud 5,1 sacude el sur de Perú"),
    ("es", "El Real Madrid gana en Sevilla", "Sevilla inaugura un museo del flamenco"),
    ("ru", "Госдума приняла закон о бюджете", "Госдума обсудила индексацию пенсий"),
    ("ru", "В Екатеринбурге обрушился мост", "В Екатеринбурге открыли новую станцию метро"),
    ("ru", "Землетрясение магнитудой 5,1 произошло у берегов Японии", "Землетрясение магнитудой 6,4 произошло у берегов Чили"),
    ("ar", "البرلمان التونسي يقر قانون الموازنة", "البرلمان التونسي يناقش أزمة المياه"),
    ("ar", "انهيار جسر في القاهرة ومقتل ثلاثة أشخاص", "القاهرة تستضيف معرض الكتاب الدولي"),
    ("ar", "رئيس الوزراء اللبناني يستقيل من منصبه", "رئيس الوزراء العراقي يزور أنقرة"),
    ("zh", "四川泸定发生6.8级地震", "四川成都举行世界大学生运动会"),
    ("zh", "央行宣布下调存款准备金率", "央行宣布发行生肖纪念币"),
    ("zh", "国务院总理会见法国外长", "国务院发布节能减排方案"),
    ("ja", "北海道で震度6強の地震", "北海道でヒグマ目撃相次ぐ"),
    ("ja", "参院で補正予算が成立", "参院選の投票率が過去最低に"),
    ("ja", "東京株式市場が大幅下落", "東京スカイツリーで花火イベント"),
    ("th", "ฝนตกหนักที่ภูเก็ต ดินถล่มทับบ้าน", "ภูเก็ตจัดงานดนตรีริมหาด"),
    ("th", "รัฐสภาผ่านร่างงบประมาณวาระแรก", "รัฐสภาถกแก้ปัญหาฝุ่น"),
    ("th", "ทีมชาติไทยชนะเวียดนาม", "ราคาทองวันนี้ปรับขึ้น"),
    ("hi", "मुंबई में इमारत गिरने से पांच लोगों की मौत", "मुंबई में मेट्रो की नई लाइन शुरू"),
    ("hi", "संसद में रेल बजट पेश", "संसद में विपक्ष का हंगामा"),
    ("hi", "प्रधानमंत्री ने जापान का दौरा किया", "प्रधानमंत्री ने अस्पताल का उद्घाटन किया"),
)  # fmt: skip

TWO_LANGUAGES: tuple[tuple[str, str, str, str], ...] = (
    ("de", "Gift in Wein gefunden", "en", "Why wine makes a fine gift"),
    ("de", "Rat stellt Wald unter Schutz", "en", "Rat plague spreads in the old town"),
    ("fr", "Le ministre visite la centrale nucléaire", "en", "Minister pays visit to Central Bank"),
    ("fr", "Le pain coûte plus cher en janvier", "en", "Back pain cost employers more in January"),
    ("ru", "Президент подписал закон о выборах", "uk", "Президент відвідав завод у Харкові"),
    ("ar", "وزير الخارجية يزور طهران", "fa", "وزیر بهداشت از بیمارستان تهران بازدید کرد"),
    ("zh", "北海道大学发布研究成果", "ja", "北海道でヒグマ目撃相次ぐ"),
    ("zh", "日本首相会见记者", "ja", "首相、日本海側の大雪被災地を視察"),
    ("hi", "प्रधानमंत्री ने जापान का दौरा किया", "ne", "प्रधानमन्त्रीले अस्पताल उद्घाटन गरे"),
    ("de", "Berlin: Parlament stimmt über Etat ab", "tr", "Berlin film festivali açıldı"),
)  # fmt: skip


GUESSED_AS_ANOTHER: tuple[tuple[str, str, str], ...] = (
    ("de", "Feuerwehr rettet Kinder aus brennendem Hochhaus in Kassel", "Kassel: Kinder aus brennenden Hochhäusern gerettet"),
    ("es", "Bomberos rescatan a mineros atrapados en Asturias", "Rescatados los mineros atrapados en una mina de Asturias"),
)  # fmt: skip

LONG_NAMES: tuple[tuple[str, str], ...] = (
    ("ไฟไหม้โรงงานพลาสติกที่สมุทรปราการ", "สมุทรปราการเปิดสวนสาธารณะแห่งใหม่"),
    ("นายกรัฐมนตรีเดินทางเยือนญี่ปุ่น", "นายกรัฐมนตรีเปิดโรงพยาบาลที่ขอนแก่น"),
)
"""A province, and "prime minister"."""


def stories(given: Sequence[tuple[str | None, str]]) -> list[StoryId]:
    engine = StoryEngine()
    return [
        engine.add(story_entry(number, headline, hours=number, language=language))
        for number, (language, headline) in enumerate(given, 1)
    ]


def both_ways(one: tuple[str | None, str], other: tuple[str | None, str]) -> set[int]:
    """Give how many stories two headlines make, whichever comes first."""
    return {len(set(stories(pair))) for pair in ((one, other), (other, one))}


def cases(given: Sequence[tuple[object, ...]]) -> list[object]:
    """Number the cases of each language: names of tests in other scripts are escaped beyond reading."""
    return [pytest.param(*case, id=f"{case[0]}-{number}") for number, case in enumerate(given)]


TOLD_OR_GUESSED = pytest.mark.parametrize("is_told", [True, False], ids=["told", "guessed"])


@TOLD_OR_GUESSED
@pytest.mark.parametrize(("language", "one", "other"), cases(ONE_EVENT))
def test_one_event_in_one_language_is_one_story(language: str, one: str, other: str, *, is_told: bool) -> None:
    told = language if is_told else None
    assert both_ways((told, one), (told, other)) == {1}


@TOLD_OR_GUESSED
@pytest.mark.parametrize(("language", "one", "other"), cases(TWO_EVENTS))
def test_two_events_in_one_language_are_two_stories(language: str, one: str, other: str, *, is_told: bool) -> None:
    told = language if is_told else None
    assert both_ways((told, one), (told, other)) == {2}


@TOLD_OR_GUESSED
@pytest.mark.parametrize(("language", "one", "foreign", "other"), cases(TWO_LANGUAGES))
def test_two_events_in_two_languages_are_two_stories(
    language: str, one: str, foreign: str, other: str, *, is_told: bool
) -> None:
    told, also_told = (language, foreign) if is_told else (None, None)
    assert both_ways((told, one), (also_told, other)) == {2}


@pytest.mark.parametrize(("language", "one", "other"), cases(GUESSED_AS_ANOTHER))
def test_one_event_whose_language_is_told_is_one_story(language: str, one: str, other: str) -> None:
    assert both_ways((language, one), (language, other)) == {1}


@pytest.mark.parametrize(("one", "other"), [case[1:] for case in GUESSED_AS_ANOTHER])
def test_one_event_whose_language_is_guessed_is_one_story(one: str, other: str) -> None:
    assert both_ways((None, one), (None, other)) == {1}


@pytest.mark.parametrize(("one", "other"), LONG_NAMES)
def test_a_long_name_in_a_script_without_spaces_is_no_event(one: str, other: str) -> None:
    assert both_ways(("th", one), ("th", other)) == {2}


@TOLD_OR_GUESSED
def test_two_words_spelt_alike_in_two_languages_are_no_event(*, is_told: bool) -> None:
    one, other = "El presidente visita el hospital central", "Il presidente apre il congresso centrale"
    assert both_ways(("es" if is_told else None, one), ("it" if is_told else None, other)) == {2}


INTERLEAVED: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("ar", ("حريق ضخم يلتهم سوقا شعبيا في طنطا", "إصابة العشرات في حريق سوق طنطا الشعبي", "السيطرة على حريق السوق الشعبي بطنطا بعد ساعات"), ("البرلمان الليبي يؤجل التصويت على الحكومة الجديدة", "تأجيل جلسة التصويت على الحكومة الجديدة في البرلمان الليبي", "ليبيا: البرلمان يرجئ منح الثقة للحكومة الجديدة")),
    ("ar", ("غرق مركب مهاجرين قبالة سواحل صفاقس", "مصرع مهاجرين إثر غرق مركبهم قبالة صفاقس", "تونس: انتشال جثث مهاجرين بعد غرق مركب قبالة صفاقس"), ("افتتاح مهرجان قرطاج السينمائي بحضور نجوم عرب", "نجوم عرب في افتتاح مهرجان قرطاج السينمائي", "انطلاق مهرجان قرطاج السينمائي في دورته الجديدة")),
    ("zh", ("广西梧州山体滑坡致多人失联", "梧州发生山体滑坡 多人失联救援进行中", "广西梧州山体滑坡：失联人员增至九人"), ("华为发布新款折叠屏手机", "华为新款折叠屏手机今日发布售价过万", "新款折叠屏手机亮相 华为重返高端市场")),
    ("zh", ("沪指收盘大涨逾百点 重回三千五", "A股大涨 沪指重回三千五百点", "沪指大涨百点收复三千五关口"), ("杭州地铁五号线突发故障停运", "杭州地铁五号线故障 早高峰乘客滞留", "地铁五号线停运两小时 杭州地铁致歉")),
    ("ru", ("Пожар на складе в Подольске потушили спустя сутки", "В Подольске потушен крупный пожар на складе", "Крупный пожар на складе в Подольске: эвакуированы жители"), ("Сборная Сербии обыграла Италию в финале Евробаскета", "Сербия обыграла Италию и выиграла Евробаскет", "Финал Евробаскета: сербы победили итальянцев")),
    ("ru", ("Центробанк повысил ключевую ставку до 8,5%", "Ключевая ставка ЦБ повышена до 8,5%", "ЦБ РФ поднял ключевую ставку до 8,5% годовых"), ("В Казани открылся саммит по искусственному интеллекту", "Саммит по искусственному интеллекту стартовал в Казани", "Казань принимает саммит по искусственному интеллекту")),
    ("es", ("Un incendio forestal en Zamora obliga a evacuar varios pueblos", "Evacuados varios pueblos por el incendio forestal de Zamora", "El incendio de Zamora arrasa dos mil hectáreas"), ("Argentina derrota a Uruguay y se clasifica para la final", "Argentina vence a Uruguay y jugará la final", "Uruguay cae ante Argentina, que se mete en la final")),
    ("es", ("El volcán de La Palma entra en erupción", "Entra en erupción el volcán de Cumbre Vieja en La Palma", "La erupción del volcán de La Palma obliga a evacuar a miles"), ("Huelga de trenes: Renfe cancela cientos de servicios", "Renfe cancela cientos de trenes por la huelga", "La huelga de Renfe deja cientos de trenes cancelados")),
    ("ja", ("熊本の阿蘇山が噴火 噴煙三千メートル", "阿蘇山が噴火、噴煙は三千メートルに", "熊本・阿蘇山が噴火 噴煙は三千メートル 入山規制"), ("名古屋市長選、現職の田辺氏が再選", "田辺氏が再選 名古屋市長選", "名古屋市長に田辺氏再選、新人破る")),
    ("ja", ("台風12号が沖縄に接近、空の便欠航", "沖縄に台風12号接近 航空便の欠航相次ぐ", "台風12号 沖縄で暴風警戒 欠航相次ぐ"), ("国会で新年度予算案の審議入り", "新年度予算案、国会で審議入り", "国会、新年度予算案の審議を開始")),
)  # fmt: skip
"""Two events of one day, as their reports come in by turns."""


@TOLD_OR_GUESSED
@pytest.mark.parametrize(("language", "one", "other"), cases(INTERLEAVED))
def test_reports_of_two_events_that_come_by_turns_are_two_stories(
    language: str, one: Sequence[str], other: Sequence[str], *, is_told: bool
) -> None:
    engine, told = StoryEngine(), language if is_told else None
    turns = [headline for pair in zip(one, other, strict=True) for headline in pair]
    for number, headline in enumerate(turns, 1):
        engine.add(story_entry(number, headline, hours=number, language=told))
    engine.advance(story_entry(1, "", hours=30).at)
    found = [engine.story_of(EntryId(number)) for number in range(1, len(turns) + 1)]
    assert len(set(found[::2])) == len(set(found[1::2])) == 1
    assert found[0] != found[1]
