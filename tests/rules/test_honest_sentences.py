"""Sentences that newspapers' readers write every day, and their dark twins.

Judged by the shipped policy, with languages told as the service tells them.
"""

import pytest

from moderation_rules import Comment, Facts, Judge, Verdict, compile_policy, default_policy
from moderation_rules.language.detection import load_detector

WRITER = Facts(approved_before=3, form_token="valid", form_age=60.0)

# By kind: what nobody should have to wait for.
HONEST = {
    "water": [
        "The dykes on the flood plain held this time.",
        "Engineers walked the dyke at dawn looking for seepage.",
        "My grandfather mended drystane dykes in Galloway all his life.",
        "Volcanic dykes of basalt cut across the granite.",
    ],
    "light": [
        "A chink of light at the end of the tunnel for commuters.",
        "There are chinks in the government's armour.",
        "There is one chink in this budget and the opposition found it.",
        "I heard the chink of bottles from the milk float.",
    ],
    "food": [
        "Faggots and peas for a fiver at the market.",
        "West Bromwich market sells the best faggots in England.",
        "Spotted dick, cock-a-leekie and coq au vin on one menu.",
        "Shitake mushrooms are two pounds.",
        "Prick the sausages before you fry them and prick the potatoes too.",
    ],
    "tobacco": [
        "Fag packets and beer cans all over the war memorial.",
        "He was gasping for a fag after the meeting.",
        "My nan gave up the fags at eighty.",
    ],
    "growth": [
        "Too much salt retards growth in tomatoes.",
        "Retarding the flame was the whole point of that cladding.",
        "Growth-retarded babies are born near that smelter.",
        "The ignition timing was retarded by two degrees.",
        "The Association for Retarded Citizens changed its name in 1992.",
    ],
    "machines": [
        "The tranny on my old Ford needs new fluid.",
        "Use a bastard file for the rough work.",
        "The slag heap slid onto the school at Aberfan.",
    ],
    "animals": [
        "Our Maine Coon cat weighs nine kilos.",
        "The coon cat next door has kittens.",
        "My bitch whelped on Sunday: four dogs and three bitches.",
        "Great tits and blue tits at the feeder, boobies on the cliff, a shag on the rock.",
        "Sheep, sheep, sheep. Nothing but sheep, sheep dogs and more sheep on that hill. Sheep!",
        "Gypsy moth caterpillars are stripping the oaks.",
        "Gas the badgers or vaccinate them, but do something about TB.",
        "The dog should be put down.",
    ],
    "titles": [
        "'Tis Pity She's a Whore is at the Globe until June.",
        "The Best Little Whorehouse in Texas was on at the Gaiety.",
        "Bastard Out of Carolina was banned from the school library.",
        "Alison Bechdel drew Dykes to Watch Out For.",
        "Kill Bill is on tonight, and Killing Eve after it.",
        "To Kill a Mockingbird is still taught here.",
        "The Idiot is Dostoevsky's best novel.",
        "Pussy Riot and the Pussycat Dolls on one bill.",
        "Jackass Forever made more money than Jackass Number Two.",
        "Conrad's The Nigger of the 'Narcissus' is on the reading list.",
        "21 Jump Street was funnier than this cabinet.",
        "My favourite film is 10 Rillington Place, after 84 Charing Cross Road.",
    ],
    "names": [
        "Dikshit and Shittu were on the team sheet, with Harshit Rana bowling.",
        "Kiké Hernández hit a homer for the Dodgers.",
        "Tuheitia Paki, the Maori king, has died.",
        "Dick Van Dyke is 100. Greg Dyke ran the BBC.",
        "Fuqing is a city in Fujian, and Fuqua a business school in Durham.",
    ],
    "places": [
        "The village of Fucking, Austria, was renamed Fugging because signs were stolen.",
        "The roadworks on Dyke Road start on Monday.",
        "Cockermouth flooded again, and Bell End in Rowley Regis will not be renamed.",
        "Twatt in Orkney is on the map; Bitche in Lorraine has a citadel.",
    ],
    "medicine": [
        "She was diagnosed with a spastic colon.",
        "My finger prick test came back clear; one prick and the blood is in the tube.",
        "Suicide prevention gets less money than potholes.",
    ],
    "history": [
        "The Nazis called Slavs Untermenschen.",
        "Operation Wetback deported a million people in 1954.",
        "William was a bastard, the son of a duke, and became king.",
        "Fans chanted Sieg Heil and the club was fined.",
        "The heretic was made to carry a faggot to the stake.",
    ],
    "words": [
        "He was called a paki at school every day.",
        "They called my brother a faggot and the teacher did nothing.",
        'The word "retard" used to be on hospital charts.',
    ],
    "other-languages": [
        "Das Spiel war scheiße langweilig, aber drei Punkte sind drei Punkte.",
        "「保育園落ちた日本死ね」というブログが話題になった。",
        "簡単には死ねない。",
    ],
    "crime": [
        "The rape trial was adjourned because the jury was tired.",
        "The police killed him.",
        "Terrorists want to kill us.",
        "He said he would kill her and the police did nothing.",
    ],
    "no-threat": [
        "Nobody deserves to die.",
        "I don't believe anyone deserves to die for shoplifting.",
        "Did she deserve to die?",
        "This deadline is killing me.",
        "I'll kill for a coffee.",
        "Please do not kill yourself over a job. Talk to somebody.",
        "You could kill yourself on that bend.",
        "Smoking will kill you.",
        "People drop dead of heart attacks every day.",
        "A drop-dead gorgeous coastline.",
        "I'll shoot you an email tomorrow.",
        "You're dead right about the budget, and you are next in line.",
        "Watch your back when lifting those boxes.",
        "Niemand verdient es zu sterben.",
        "Personne ne mérite de mourir comme ça.",
        "Никто не заслуживает смерти.",
    ],
    "threat-denied": [
        "I never said I will kill you.",
        "Nobody thinks that I know where you live.",
        "Did I say I will hurt you? No.",
        "Please don't just kill yourself at work.",
        "No creo que te voy a matar.",
        "That k*ller bend will k*ll somebody.",
    ],
    "threat-mentioned": [
        'A "kill yourself" comment is never funny.',
        "“Go kill yourself” isn't a joke.",
        "Hashtags like #killyourself were taken down.",
    ],
    "reported-threat": [
        'He told her "I know where you live", and got two years.',
        "She received messages such as “you should be shot” and “we know where you live”.",
        "My mother was told to go back to where she came from.",
        "Strangers shouted 'go back to your own country' at my father.",
        "Er schrieb ihr: „Ich weiß, wo du wohnst“, und bekam ein Jahr.",
        "Le dijo «te voy a matar» y fue condenado.",
        "Он написал ей: «Я тебя убью».",
        "「お前を殺す」とのメールが届いた。",
        '그는 "죽여버리겠다"라고 협박했다.',
        "他威胁说“我要杀了你”。",
    ],
    "addresses": [
        "The fire at 12 King Street took the roof.",
        "The shooting was outside 115 Harrow Road, the police statement says.",
        "Der Brand in der Hauptstraße 12 war um drei Uhr gelöscht.",
        "L'incendie au 12 rue de la République a fait deux morts.",
        "El incendio en la calle Mayor 5 dejó dos heridos.",
        "The library at 12 Church Street closes in May.",
    ],
    "hosts": [
        "HMRC's own gov.uk pages contradict nhs.uk and ons.gov.uk.",
        "Amazon.com and Booking.com are taxed elsewhere, so is Expedia.com.",
        "Written in Node.js, ASP.NET and Vue.js by the council itself.",
        "I was tired.So I went home.Then it rained.",
        "bit.ly links rot; so do goo.gl links.",
    ],
}

# By kind: what a person has to see first.
HELD = {
    "called": [
        "You dyke.",
        "He's a retard.",
        "You are a chink.",
        "Fucking coons",
        "you stupid whore",
        "faggots like you",
        "what a faggot you are",
        "dirty tranny",
        "All these pakis",
        "You fucking bitch, you bastard",
    ],
    "threat": [
        "I know where you live, Sandra. Watch your back when you walk the dog.",
        "we'll burn your house down",
        "Go kill yourself.",
        "These people should be hanged.",
        "He deserves to die.",
        "Gas the Jews",
        "Go back to where you came from, you people are animals and should be put down.",
        "We know where you live. Sleep with one eye open.",
        "It would be a shame if something happened to your kids.",
        "No, I will kill you",
        "I hope you get cancer",
    ],
    "threat-among-harmless-words": [
        "Never forget that I will kill you",
        "You cannot hide I will kill you",
        "No one can save you I will kill you",
        "Did you know I know where you live",
        "Whether you like it or not I will kill you",
        "Without doubt I will kill you",
        "You don't like it but I know where you sleep",
        "Nunca olvides que te voy a matar",
        "Read this kill yourself",
        "Note: kill yourself",
        "Kill yourself, says everybody",
        "I will cut your throat pas",
        "Nie I will kill you",
    ],
    "threat-spelt-otherwise": [
        "kill\nyourself",
        "I will\nkill you",
        "Killyourself",
        "iknowwhereyoulive",
        "k*ll yourself",
        "Go and k**l y***self",
        "I w*ll k*ll you",
    ],
    "threat-elsewhere": [
        "Ich weiß, wo du wohnst.",
        "Te voy a matar",
        "Je sais où tu habites",
        "So dove abiti",
        "Eu sei onde você mora",
        "Ik weet waar je woont",
        "Wiem gdzie mieszkasz",
        "Я тебя убью",
        "Nerede oturduğunu biliyorum",
        "Gue tahu di mana lo tinggal",
        "我知道你住哪里",
        "お前を殺す",
        "죽여버린다",
        "سأقتلك",
        "मैं तुझे मार डालूंगा",
    ],
    "home": [
        "Sandra Miller lives at 27 Elm Grove Road",
        "I'll come to your house. 27 Elm Street, right?",
        "Seine Adresse ist Lindenstraße 7",
    ],
}


@pytest.fixture(scope="module")
def judge() -> Judge:
    return compile_policy(default_policy(), detect=load_detector())


def _rows(told: dict[str, list[str]]) -> list[object]:
    return [
        pytest.param(text, id=f"{kind}-{number}") for kind, texts in told.items() for number, text in enumerate(texts)
    ]


@pytest.mark.parametrize("text", _rows(HONEST))
def test_an_honest_sentence_waits_for_nobody(judge: Judge, text: str) -> None:
    judged = judge.judge(Comment(text), WRITER)
    assert judged.verdict is Verdict.APPROVE, judged.findings


@pytest.mark.parametrize("text", _rows(HELD))
def test_what_is_meant_for_somebody_is_held(judge: Judge, text: str) -> None:
    assert judge.judge(Comment(text), WRITER).verdict is Verdict.PENDING
