"""No language is suspicious: what its letters, marks and signs are used for is no costume."""

import unicodedata

import pytest

from moderation_rules import Comment, Facts, compile_policy, default_policy

SHAPES = {"spaced_letters", "hidden_text", "mixed_scripts", "styled_letters", "stretched", "shouting"}
JUDGE = compile_policy(default_policy())
FORMS = ("NFC", "NFD")


def found(text: str) -> set[str]:
    return {f.rule for f in JUDGE.judge(Comment(text), Facts()).findings} & SHAPES


HONEST = [
    pytest.param("पाकिस्तान में बारिश हो रही है।", id="Hindi"),
    pytest.param("বাংলাদেশের মানুষ শান্তি চায়।", id="Bengali"),
    pytest.param("பாதுகாப்பு மிகவும் முக்கியம்.", id="Tamil"),
    pytest.param("ഇന്ന് മഴ പെയ്യുന്നു, കുട്ടികൾ വീട്ടിലുണ്ട്.", id="Malayalam"),
    pytest.param("අද වැස්ස වැටෙනවා, ශ්‍රී ලංකාව ලස්සනයි.", id="Sinhala, with joiners"),
    pytest.param("ယနေ့ မိုးရွာနေသည်။ ကျွန်ုပ်တို့သည် အိမ်တွင်ရှိသည်။", id="Burmese"),
    pytest.param("ថ្ងៃនេះ\u200bមាន\u200bភ្លៀង\u200bធ្លាក់", id="Khmer, with breaks"),
    pytest.param("วันนี้\u200bฝน\u200bตก\u200bหนัก", id="Thai, with breaks"),
    pytest.param("ມື້ນີ້\u200bຝົນ\u200bຕົກ", id="Lao, with breaks"),
    pytest.param("དེ་རིང་ཆར་པ་བབས་སོང་། བསྒྲུབས་པ་རེད།", id="Tibetan"),
    pytest.param("ꦱꦸꦒꦼꦁ ꦫꦮꦸꦃ ꦲꦶꦁ ꦏꦸꦛ", id="Javanese"),
    pytest.param("Ẹ̀kọ́ àti Ọlọ́run wà fún gbogbo ènìyàn ní ilẹ̀ Yorùbá.", id="Yoruba"),
    pytest.param("Diné bizaad tʼáá ałtso yá\u2019áhootʼééh, jį́ įįʼ ąą́ʼ", id="Navajo"),
    pytest.param("Bato bánsɔ na mbotama bazalí nzómí mpé bakokání na limɛmya mpé makokí, bɛ̂ bɔ̌.", id="Lingala"),
    pytest.param("Mọi người sinh ra đều được tự do, những đường phố ấy rất đẹp.", id="Vietnamese"),
    pytest.param("בְּרֵאשִׁית בָּרָא אֱלֹהִים אֵת הַשָּׁמַיִם", id="Hebrew, with points"),
    pytest.param("الْحَمْدُ لِلَّهِ رَبِّ الْعَالَمِينَ", id="Arabic, with vowel signs"),
    pytest.param("مبـــــــــــروك يا شباب", id="Arabic, drawn out"),
    pytest.param("می\u200cخواهم به خانه\u200cام بروم", id="Persian, with joiners"),
    pytest.param("ᠮᠣᠩᠭᠣᠯ ᠬᠡᠯᠡ\u180e ᠪᠣᠯ", id="Mongolian"),
    pytest.param("ߒߞߏ ߓߊ߯ߙߊ ߞߍ߫ ߟߊ߫", id="N'Ko"),
    pytest.param("ዛሬ ዝናብ ጥሏል። ና እና ሂድ።", id="Ethiopic"),
    pytest.param("ᎤᏙᎯᏳᎯ ᎾᏍᎩ ᎠᏂᏴᏫ ᎤᏂᎮᏍᏗ ᏚᏳᎪᏛ", id="Cherokee, all capitals to Unicode"),
    pytest.param("დღეს წვიმს, ხვალ კი მზე იქნება.", id="Georgian"),
    pytest.param("Այսօր անձրև է, COVID-ը վերադարձավ։", id="Armenian"),
    pytest.param("𞤀𞤣𞤤𞤢𞤥 𞤫 𞤆𞤵𞤤𞤢𞤪", id="Adlam"),
    pytest.param("މިއަދު ވާރޭ ވެހެނީ", id="Thaana"),
    pytest.param("ꗞ ꕚ ꖏ ꗏ ꖺ ꗞ", id="Vai, words of one sign"),
    pytest.param("Мӣ ма̄ ня̄врамыт э̄лы хо̄лтэ̄гыт", id="Mansi, long vowels"),
    pytest.param("Аҙна һайын æз цæуын", id="Ossetian, typed with a Latin letter"),
    pytest.param("Taqbaylit d tutlayt n tεezzan d yiγerman", id="Kabyle, typed with Greek letters"),
    pytest.param("Donau\u00addampf\u00adschiff\u00adfahrt auf der Do\u00adnau", id="soft hyphens"),
    pytest.param("Hello \u200bworld,\u200b and\u200b so\u200b on and/\u200bor", id="breaks between words"),
    pytest.param("Rindfleisch\u200betikettierungs\u200büberwachungs\u200baufgabe", id="breaks in a long word"),
    pytest.param("Thanks \u2068@Anna\u2069 and \u2066@Omar\u2069!\u200e", id="isolates from a telephone"),
    pytest.param("Call \u202d+44 20 7946 0000\u202c or \u202a555\u202c", id="a number from a telephone"),
    pytest.param("\ufeffGood morning, ❤\ufe0f 👩\u200d🚀 0\ufe0f\u20e3", id="in front, and in emoji"),
    pytest.param(
        "5μg, 5µg, μmol, Ωmega, πr², TNFα, NFκB, ρgh, ΔT, kΩm, mΩcm, ΔΔG, αβT, sinθcosφ", id="units and symbols"
    ),
    pytest.param("Facebookом", id="a name with an ending"),
    pytest.param("BMWшник", id="a name with an ending, in capitals"),
    pytest.param("Zoomом і Viberом", id="names of letters that have doubles"),
    pytest.param("Я писал об этом в Facebookе и в Twitterа тоже", id="an ending of doubles, in its language"),
    pytest.param("IT-шник, e-mailом, X-лучи", id="hyphens"),
    pytest.param("① 増税 ② 減税 ③ 据え置き ④ その他", id="numbers in circles"),
    pytest.param("Mᵐᵉ Roux, Mˡˡᵉˢ Roux, XIXᵉ, 1ʳᵉ, nᵒˢ 3", id="French abbreviations"),
    pytest.param("40 m², № 5, 1ª, 2º, 20 ℃, 5 ℓ, 3 ㎏, Acme™", id="units and ordinals"),
    pytest.param("ＮＨＫ、ＴＢＳ！", id="full-width letters among Chinese signs"),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", HONEST)
def test_a_language_is_written_as_it_is_written(text: str, form: str) -> None:
    assert found(unicodedata.normalize(form, text)) == set()  # type: ignore[arg-type]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("text", "rule"),
    [
        pytest.param("Z̷̢̛͖a̸̡͔͛͝l̵̨̛̫g̶̢̛̦o̷̡̖͌ is here", "hidden_text", id="towers of marks"),
        pytest.param("g\u0336r\u0336a\u0336n\u0336d", "hidden_text", id="struck through"),
        pytest.param("g\u0332r\u0332a\u0332n\u0332d\u0332", "hidden_text", id="underlined letter by letter"),
        pytest.param("b\u20dde\u20ddt\u20dd", "hidden_text", id="circled by marks"),
        pytest.param("ส" + "\u0e47" * 12, "hidden_text", id="a tower of Thai marks"),
        pytest.param("ca\u200bsi\u200bno", "hidden_text", id="a word taken apart"),
        pytest.param("gra\u200bnd pri\u200bze", "hidden_text", id="words taken apart"),
        pytest.param("read \u202etfel ot\u202c this", "hidden_text", id="turned around"),
        pytest.param("hi\U000e0062\U000e0065\U000e0074 there", "hidden_text", id="invisible letters"),
        pytest.param("Log in to pаypal now", "mixed_scripts", id="one Cyrillic letter"),
        pytest.param("Log in to раypal now", "mixed_scripts", id="Cyrillic letters in front"),
        pytest.param("win at the casinо", "mixed_scripts", id="a Cyrillic letter at the end, in English"),
        pytest.param("Ну ты и сyкa", "mixed_scripts", id="Latin letters in a Russian word"),
        pytest.param("like a νirgin", "mixed_scripts", id="a Greek letter in front"),
        pytest.param("nothing but seҳ", "mixed_scripts", id="a Cyrillic letter with a hook at the end"),
        pytest.param("ΛLEXIS wins", "mixed_scripts", id="a Greek letter drawn for a Latin one"),
        pytest.param("ᵗʰⁱˢ ⁱˢ ᵃ ᵖʳⁱᶻᵉ", "styled_letters", id="raised words"),
        pytest.param("ᴘʀɪᴢᴇs here", "styled_letters", id="small capitals"),
    ],
)
def test_a_costume_stays_one(text: str, rule: str, form: str) -> None:
    assert rule in found(unicodedata.normalize(form, text))  # type: ignore[arg-type]


@pytest.mark.parametrize("hidden", "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2069\ufe0f\ufeff", ids=ascii)
def test_what_hides_nothing_exposes_a_listed_word_all_the_same(hidden: str) -> None:
    judge = compile_policy(default_policy().with_words("own", ["nincompoop"]))
    text = f"You nincom{hidden}poop!"
    (finding,) = judge.judge(Comment(text), Facts()).findings
    assert (finding.rule, text[finding.start : finding.end]) == ("word_list", f"nincom{hidden}poop")
