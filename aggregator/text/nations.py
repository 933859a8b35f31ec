"""Nations: countries and parts of the world, with what their inhabitants are called and what stands for their governments.

A line is one concept, called by its first word, see `text.concepts`.
"""

from typing import Final

COUNTRIES: Final = """
afghanistan afghan afghans afghani
albania albanian
algeria algerian
argentina argentine argentinian
armenia armenian
australia australian aussie
austria austrian
azerbaijan azerbaijani azeri
bahrain bahraini
bangladesh bangladeshi
belarus belarusian belarusan
belgium belgian
bolivia bolivian
bosnia bosnian
brazil brazilian
britain british uk briton britons
bulgaria bulgarian
cambodia cambodian
cameroon cameroonian
canada canadian
chechnya chechen
chile chilean
china chinese beijing
colombia colombian
congo congolese drc
croatia croatian croat
cuba cuban
cyprus cypriot
czechia czech
denmark danish dane danes
ecuador ecuadorian ecuadorean
egypt egyptian
eritrea eritrean
estonia estonian
ethiopia ethiopian
europe european
finland finnish finn finns
france french
georgia georgian
germany german
ghana ghanaian
greece greek
greenland greenlandic greenlander
guatemala guatemalan
haiti haitian
honduras honduran
hungary hungarian
iceland icelandic
india indian
indonesia indonesian
iran iranian tehran
iraq iraqi
ireland irish
israel israeli
italy italian
jamaica jamaican
japan japanese
jordan jordanian
kashmir kashmiri
kazakhstan kazakh
kenya kenyan
korea korean
kosovo kosovar
kurdistan kurd kurdish kurds
kuwait kuwaiti
laos laotian
latvia latvian
lebanon lebanese
libya libyan
lithuania lithuanian
malaysia malaysian
mali malian
mexico mexican
mongolia mongolian
morocco moroccan
mozambique mozambican
myanmar burmese burma
nepal nepali nepalese
netherlands dutch
nicaragua nicaraguan
nigeria nigerian
norway norwegian
oman omani
pakistan pakistani
palestine palestinian palestinians
panama panamanian
paraguay paraguayan
peru peruvian
philippines filipino filipinos philippine
poland polish pole poles
portugal portuguese
qatar qatari
romania romanian
russia russian kremlin moscow
rwanda rwandan
saudi saudis ksa
scotland scottish scot scots
senegal senegalese
serbia serbian serb serbs
singapore singaporean
slovakia slovak
slovenia slovenian slovene
somalia somali somalis
spain spanish spaniard
sudan sudanese
sweden swedish swede
switzerland swiss
syria syrian
taiwan taiwanese
tajikistan tajik
tanzania tanzanian
thailand thai thais
tunisia tunisian
turkey turkish turk turks
uganda ugandan
ukraine ukrainian
uruguay uruguayan
uzbekistan uzbek
venezuela venezuelan
vietnam vietnamese
wales welsh
yemen yemeni
zambia zambian
zimbabwe zimbabwean
vatican papal
"""

REGIONS: Final = (
    "alabama alaska arizona arkansas california colorado connecticut delaware florida hawaii idaho illinois indiana iowa kansas kentucky "
    "louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana nebraska nevada ohio oklahoma oregon "
    "pennsylvania tennessee texas utah vermont virginia wisconsin wyoming alberta manitoba ontario quebec saskatchewan queensland tasmania "
    "victoria bavaria saxony hesse catalonia andalusia brittany normandy tuscany sicily sardinia lombardy gujarat kerala punjab assam bihar "
    "rajasthan maharashtra sindh balochistan sichuan xinjiang tibet hokkaido java sumatra sulawesi mindanao luzon siberia crimea donbas "
    "gaza darfur tigray africa asia"
)
"""Parts of countries, and what is larger than one, in one word: what happens in a town may be said to happen there."""
