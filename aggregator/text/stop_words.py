"""Words that say nothing of their own, in the languages most news is written in."""

from aggregator.text.letters import fold


def is_stop_word(word: str) -> bool:
    """Tell whether a folded word says nothing of its own."""
    return word in _STOP_WORDS


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
