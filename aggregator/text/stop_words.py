"""Words that say nothing of their own, in the languages most news is written in."""

from typing import Final

from aggregator.text.letters import fold


def is_stop_word(word: str) -> bool:
    """Tell whether a folded word says nothing of its own, whatever the language it stands in."""
    return word in _STOP_WORDS


def stop_words(language: str) -> frozenset[str]:
    """Give the folded stop words of a language (two letters); of a language without a list, those of all."""
    return BY_LANGUAGE.get(language, _STOP_WORDS)


_LISTS: Final = {
    "en": (
        "a about after again against all also am among an and any are as at back be became because been before being between but by "
        "can could d did do does doing down during each ever every for from further get gets getting go goes going got had has have "
        "having he her here hers him his how i if in into is isnt it its just like ll look m make makes many may me might more most "
        "much must my near need next no nor not now of off on once one only or other our out over own per re s said same say saying "
        "says says she should since so some still such t than that thats the their them then there these they this those through to "
        "too two under until up upon us ve very via was way we well were what whats when where which while who whom whos why will "
        "with without wont would yet you your dont cant didnt doesnt wasnt arent couldnt shouldnt wouldnt theyre youre hes shes new"
    ),
    "fr": (
        "a au aux avec ce ces cette c d dans de des du elle elles en est et etait etaient ete etre eux fait font il ils j je l la le "
        "les leur leurs lui m ma mais meme mes moins mon n ne ni nos notre nous on ont ou où par pas pendant peut plus pour qu quand "
        "que qui s sa sans se selon ses son sont sous sur t ta tes toi ton tous tout toute toutes tres tu un une vers vos votre vous "
        "y été être après avant chez comme contre depuis deux dont entre"
    ),
    "de": (
        "ab aber alle als also am an auch auf aus bei beim bis da damit das dass dem den denn der des die dies diese dieser dieses "
        "doch durch ein eine einem einen einer eines er es fur für gegen hat hatte haben ich ihr ihre ihren im in ins ist ja jetzt "
        "kann kein keine konnte könnte man mehr mit muss nach neue neuen neuer nicht noch nun nur ob oder ohne schon sein seine "
        "seinen seit sich sie sind so soll sollen über um und uns unter vom von vor war waren warum was weil wegen weiter wenn wer "
        "werden wie wieder will wir wird wo wurde wurden zu zum zur zwei zwischen"
    ),
    "es": (
        "a al ante antes así asi como con contra cual cuando de del desde donde dos durante e el él ella ellos en entre era es esa ese "
        "eso esta este esto estos está están fue fueron ha han hasta hay la las le les lo los más mas me mi muy ni no nos o os otra "
        "otro para pero por porque puede que qué quien se según ser si sí sin sobre son su sus también tan tiene todo todos tras un "
        "una uno unos y ya"
    ),
    "it": (
        "a ad al alla alle agli ai anche che chi ci col come con contro cosa d da dal dalla dalle dai degli dei del della delle dello "
        "di dopo due e è ed era fra gli ha hanno i il in io l la le lei lo loro lui ma mai mi ne nei nel nella nelle noi non o ora per "
        "perché piu più poi prima quando questa questo qui se senza si sia solo sono su sua sue sugli sui sul sulla suo suoi tra un "
        "una uno voi"
    ),
    "pt": (
        "a à ao aos as até com como contra da das de dela dele depois do dos durante e é em entre era essa esse esta este está foi "
        "foram há isso já lhe mais mas me mesmo muito na nas não no nos nós o os ou para pela pelas pelo pelos por porque pode quando "
        "que quem se sem ser seu seus só sobre sua suas são também tem têm um uma vai"
    ),
    "nl": (
        "aan al alle als bij dan dat de deze die dit door dus een en er geen had heb hebben heeft het hij hoe hun ik in is je kan maar "
        "meer met mijn moet na naar niet nieuwe nog nu of om onder ons ook op over te tegen tot tussen u uit van veel voor was wat we "
        "weer wel werd wie wij wil worden wordt ze zich zij zijn zo zonder"
    ),
    "sv": (
        "alla att av blir de den det detta dig din du efter en ett för från ha han har här hon i in inte jag kan man med men mot nu när "
        "och också om på sig sin ska som så till under upp ut var vi vid är över"
    ),
    "pl": (
        "a aby ale bez bo być był była było czy dla do go i ich jak jako jego jej jest już która które który lub ma między mnie może na "
        "nad nie o od on ona oni oraz po pod przed przez przy są się tak tego też to tu tym w we więc z za ze że"
    ),
    "tr": (
        "ama ancak bir bu çok da daha de değil diye en gibi göre hem her için ile ise kadar ki mi ne o olan olarak oldu olduğu önce "
        "sonra şu tüm var ve veya ya yok"
    ),
    "ru": (
        "а без более бы был была были было быть в вам во вот все всех вы где для до его ее если еще ещё же за и из или им их к как ко "
        "когда кто ли мы на над не него нее нет ни но о об он она они от по под после при про с со так также там то только у уже что "
        "чтобы эта эти это этого"
    ),
    "uk": (
        "а або але без бути в вже від він вона вони все всі для до є за з зі і й його із їх її коли ми на не ні про при після по під "
        "що щоб та так також те то у через це цей ця чи як яка який які"
    ),
    "el": (
        "ο η το οι τα του της των τον την και να θα με για από στο στη στην στον στα σε που είναι ως ότι δεν μετά κατά μας τους μια ένα "
        "ένας αλλά πριν τι πως"
    ),
    "ar": (
        "في من على إلى الى عن مع هذا هذه ذلك تلك التي الذي الذين ما لا لم لن إن أن ان كان كانت قد بعد قبل بين كل أو او ثم حتى عند غير "
        "هو هي هم نحو منذ خلال حول ضد أي اي كما لكن عبر دون يوم و"
    ),
    "fa": "از با به در را که این آن برای تا بر یا است شد شده می و هم یک پس پیش روی زیر کرد کردند خود ها های بود نیز چه",
    "he": "של את על לא כי הוא היא זה זו עם גם או אם אל יותר אחרי לפני בין כל הם מה מי היה היו יש אין רק עוד כמו",
    "hi": "के का की में से है हैं को पर ने और यह वह कि भी नहीं तो ही था थे थी हो एक लिए बाद साथ कर किया गया",
    "id": "yang di dan ke dari untuk dengan pada ini itu akan tidak dalam oleh adalah juga karena saat telah sudah bisa atau",
    "vi": "và của là có cho không được trong với các một những người này khi đã để từ về ở tại ra sẽ vào bị do đến",
    "ja": "する した して いる ある こと これ それ ため から まで など",
}  # fmt: skip

BY_LANGUAGE: Final = {language: frozenset(fold(words).split()) for language, words in _LISTS.items()}

# Left out where another language tells something by it: war, man, hat, dies, son.
_STOP_WORDS = frozenset(
    fold(
        "a about after again against all also an and any are as at be because been before being between but by can could "
        "did do does doing down during each for from further had has have having he her here him his how i if in into is "
        "it its just may me more most my new no nor not now of off on once one only or other our out over own said says say "
        "she should so some still such than that the their them then there these they this those through to too two "
        "under until up us very via was we were what when where which while who whom why will with would you your s t "
        "au aux avec ce ces cette dans de des du elle en est et eux il ils je la le les leur lui mais meme ne nos notre nous ont ou "
        "où par pas pour plus qu que qui sa se ses sont sur ta te tes toi ton tu un une vos votre vous été être après "
        "aber als am auch auf aus bei bis das dass dem den der die diese dieser durch ein eine einem einen einer eines er es "
        "für gegen haben ich ihr im ist kein keine mehr mit nach nicht noch nur oder sein sich sie sind so über um und uns "
        "unter vom von vor was wegen wenn werden wie will wird wurde zu zum zur zwischen "
        "al como con contra cuando del desde donde el ella ellos entre era ese esta este esto estos está están fue ha han hasta "
        "hay la las lo los más muy no nos o os para pero por porque que quien se según ser si sin sobre su sus también tras una uno "
        "unos y ya "
        "في من على إلى الى عن مع هذا هذه ذلك تلك التي الذي الذين ما لا لم لن إن أن ان كان كانت قد بعد قبل بين كل أو او ثم حتى عند غير "
        "هو هي هم نحو منذ خلال حول ضد أي اي كما لكن عبر دون يوم و"
    ).split()
)
