from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textrail.domain.contacts.rules import Verdict, read_consent
from textrail.domain.contacts.rules.consent_spelling import correct, distance
from textrail.domain.contacts.tests.corpus import FIRST, FOLDER, cases, files, first_read

LEAVES = {"opt_out", "probable_opt_out"}

# A busy machine stalls for longer than a reading takes.
PATIENT = settings(deadline=None)


@pytest.mark.parametrize(
    "text",
    [
        "please take me off your list",
        "do not text me again",
        "I do not wish to be contacted",
        "remove me",
        "lose my number",
        "who is this? stop texting me",
        "cease and desist",
        "unsuscribe",
        "no más",
        "ALTO",
        "STOPPP",
        "S T O P",
        "“Stop.”",
        "exit",
    ],
)
def test_whoever_asks_in_whatever_words_leaves(text: str) -> None:
    assert read_consent(text).leaves


@pytest.mark.parametrize(
    "text",
    [
        "We have got to STOP this bill",
        "stop by tomorrow?",
        "can you stop at the store",
        "I can't stop laughing",
        "end of the day works",
        "cancel my appointment for Tuesday",
        "quit smoking tips?",
        "don't stop texting me",
    ],
)
def test_a_mention_is_no_request(text: str) -> None:
    assert read_consent(text).verdict == "none"


@pytest.mark.parametrize("text", ["S", "no", "not interested", "I’m not Jessica", "he died"])
def test_what_may_be_a_goodbye_is_held(text: str) -> None:
    assert read_consent(text).verdict == "ambiguous"


def test_a_bare_answer_to_a_question_of_ours_is_an_answer() -> None:
    assert read_consent("no", asked="Shall we come at 9?").verdict == "none"
    assert read_consent("Yes!", asked="Shall we come at 9?").verdict == "none"
    assert read_consent("no", asked="Spring sale, 20% off.").verdict == "ambiguous"
    assert read_consent("stop", asked="Shall we stop or go on?").verdict == "opt_out"


@pytest.mark.parametrize(
    "text", ["don't text me before 9am", "stop texting me at work", "Do not text me so early"]
)
def test_a_wish_about_when_is_for_a_person(text: str) -> None:
    assert read_consent(text).verdict == "ambiguous"


def test_a_reading_says_why() -> None:
    reading = read_consent("Hi! Could you please STOP texting me??")
    assert reading.reason == "asks us to stop texting"
    assert reading.matched == ("stop texting",)


@pytest.mark.parametrize("name", files())
def test_the_corpus_is_read_as_it_is_labelled(name: str) -> None:
    """benchmarks/consent.py prints precision and recall. What must not happen is an opt-out taken
    for small talk, or small talk for an opt-out."""
    confused: Counter[str] = Counter()
    total = 0
    for case in cases(name):
        total += 1
        said = read_consent(case.text).verdict
        confused["wrong"] += said not in case.accepted
        confused["missed"] += case.accepted <= LEAVES and said == "none"
        confused["taken"] += case.verdict == "none" and said in LEAVES
    assert confused["wrong"] / total < 0.02, confused
    assert confused["missed"] / total < 0.01, confused
    assert confused["taken"] / total < 0.01, confused


KEYWORDS = st.sampled_from(
    ["stop", "end", "cancel", "unsubscribe", "quit", "revoke", "opt out", "stop all", "arrêt"]
)


@PATIENT
@given(KEYWORDS, st.data())
def test_case_punctuation_and_manners_change_nothing(word: str, data: st.DataObject) -> None:
    spelled = "".join(data.draw(st.sampled_from([c, c.upper()])) for c in word)
    before = data.draw(st.sampled_from(["", " ", "please ", "\n", "“", "* ", "hey, ", "🛑 "]))
    after = data.draw(
        st.sampled_from(["", ".", "!!", " please", " thanks", "”", " 😡", " now", "?"])
    )
    assert read_consent(before + spelled + after).verdict == "opt_out"


@pytest.mark.parametrize("name", files())
def test_a_part_tells_how_it_was_read_first(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8").startswith(FIRST)


def test_the_guide_quotes_how_the_last_part_was_read_first() -> None:
    guide = Path(__file__).parents[5] / "docs" / "reference" / "consent.md"
    assert first_read(files()[-1]) in guide.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        # A wrong number goes on getting nothing; a name denied may be a spouse: a person reads it.
        ("wrong number", "probable_opt_out"),
        ("Sorry, you have the wrong number", "probable_opt_out"),
        ("Jessica no longer has this phone", "probable_opt_out"),
        ("número equivocado", "probable_opt_out"),
        ("I'm not Jessica", "ambiguous"),
        ("This isn’t Jessica", "ambiguous"),
        ("Hi this is Jessica, not John. See you at 3", "none"),
        ("I'm not sure", "none"),
        ("I'm not picky", "none"),
        # Who texts us by mistake, or finds something else wrong, wants no less of us.
        ("I think I have the wrong number, is this Joe's Pizza?", "none"),
        ("you sent the wrong part", "none"),
        # What a campaign is told may be a wish for it or against it.
        ("Stop Trump", "ambiguous"),
        ("We have got to STOP this bill", "none"),
        # The keyword of a programme, alone; not in a sentence.
        ("JOIN", "opt_in"),
        ("join us for dinner", "none"),
        # The keyword is answered with whatever question comes after it.
        ("HELP what is this", "help"),
        ("HELP the basement is flooding", "none"),
        ("HELP STOP", "opt_out"),
        # Deaths and sold houses: nothing automatic until somebody has read it.
        ("My husband died in April", "ambiguous"),
        ("My phone died sorry", "none"),
        ("we sold the house", "ambiguous"),
        ("We sold the house so we need to transfer service", "none"),
    ],
)
def test_what_was_decided(text: str, verdict: str) -> None:
    assert read_consent(text).verdict == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("STOP - sent from my iPhone", "opt_out"),
        ("> Reply STOP to opt out  STOP", "probable_opt_out"),
        ("for the tenth time, you people, STOP", "probable_opt_out"),
        ("where is the bus STOP", "none"),
        ("Stop™", "opt_out"),
        ("stoptextingme", "opt_out"),
        ("🛑 texting me", "opt_out"),
        ("take 612-555-0142 off your list", "opt_out"),
        ("stop texting me, I work at night", "opt_out"),
        ("stop texting me at night", "ambiguous"),
        ("My daughter signed me up by mistake, please unsubscribe this number", "opt_out"),
        ("I unsubscribed by mistake, please add me back", "opt_in"),
        ("only text about deliveries, no ads", "ambiguous"),
        ("why was I unsubscribed? I want the texts", "none"),
        ("ya no me escriban", "opt_out"),
        ("basta ya", "probable_opt_out"),
        ("remove me as cosigner", "none"),
    ],
)
def test_what_was_read_wrong_in_the_later_rounds(text: str, verdict: str) -> None:
    assert read_consent(text).verdict == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        # The keyword with a name, a number or a blessing after it, and beside a quotation.
        ("STOP - Karen", "opt_out"),
        ("Stop. Denise M.", "opt_out"),
        ("Stop, I'm 12", "probable_opt_out"),
        ("STOP 555-0123", "opt_out"),
        ("Stop 22453", "opt_out"),
        ("remove 2", "none"),
        ("STOP thanks, have a blessed day", "opt_out"),
        ("“Spring sale! 20% off, reply STOP to opt out” stop", "opt_out"),
        ("I saw “Spring sale! 20% off, reply STOP to opt out” yesterday", "none"),
        ("what happens if I reply STOP", "none"),
        ("Lose. My. Number.", "probable_opt_out"),
        # Two letters of a short word have changed places.
        ("tkae me off ur lsit", "opt_out"),
        ("form the list I take the first", "none"),
        # A condition that threatens is no limit.
        ("I will sue you if you contact me again", "probable_opt_out"),
        ("stop texting me if it is late", "ambiguous"),
        # Whose number or name it is.
        ("Not Linda", "ambiguous"),
        ("Not Monday", "none"),
        ("no power here", "none"),
        ("You had the wrong number on the invoice", "none"),
        # Something else stopped, is ended or exchanged.
        ("the fridge quit so text my wife", "none"),
        ("my lease ended, stop texting me", "opt_out"),
        ("take my dad off the team list and add my aunt", "none"),
        ("why did I stop getting reminders", "none"),
        ("don't text my wife, it's a surprise", "none"),
        ("can I stop getting these and still get the reminders?", "ambiguous"),
        # Spanish and French.
        ("no me escriban tan tarde", "ambiguous"),
        ("ya no quiero estar en su lista", "opt_out"),
        ("no me contactaron ayer", "none"),
        ("nunca más me escriban", "opt_out"),
        ("como doy de baja mi seguro", "none"),
        ("quiero darme de baja", "opt_out"),
        ("llámeme, no me mande textos", "ambiguous"),
        ("sí quiero recibirlos", "opt_in"),
        ("Je retire mon consentement", "opt_out"),
        ("on peut arrêter les travaux lundi?", "none"),
        ("j'ai arrêté de fumer", "none"),
        ("arrête tes sms", "opt_out"),
        ("ne m'écrivez pas la nuit", "ambiguous"),
        ("je ne veux pas de la garantie", "none"),
        ("on ne veut plus de vos textos", "opt_out"),
        ("oui", "opt_in"),
        ("ALTO NO MAS", "opt_out"),
        ("no me escriba los domingos", "ambiguous"),
        ("no contacten al inquilino todavía", "none"),
        ("no message", "none"),
        ("yes stop", "opt_out"),
        ("please remove both my numbers", "opt_out"),
        ("I already bought one", "ambiguous"),
        ("I already bought one from you, what is the warranty?", "none"),
        ("this is illegal parking again", "none"),
    ],
)
def test_what_was_read_wrong_from_round_15_on(text: str, verdict: str) -> None:
    assert read_consent(text).verdict == verdict


def test_a_bare_si_or_oui_answers_a_question_of_ours() -> None:
    assert read_consent("Sí", asked="¿Le va bien el martes?").verdict == "none"
    assert read_consent("Oui !", asked="Mardi vous convient ?").verdict == "none"


TALK = "We had the inspection on Tuesday and the roof is fine, thank you for asking. "


def test_a_wish_in_the_middle_of_a_very_long_text_is_found() -> None:
    text = f"{TALK * 40}Please unsubscribe me from these texts. {TALK * 40}"
    assert read_consent(text).verdict == "opt_out"
    assert read_consent(TALK * 80).verdict == "none"


@pytest.mark.parametrize(
    "piece",
    [
        "a@",
        "🛑",
        "“",
        "stop\n",
        "i dont want to get the texts ",
        "no quiero que me manden mas de los mensajes ",
        "ne veux plus recevoir de vos tous les messages ",
        "a-",
        "a b ",
        "ﬁ",
        TALK,
    ],
)
def test_a_very_long_body_is_read_at_once(piece: str) -> None:
    """A few milliseconds; the bound leaves room for a busy machine. One pattern over all of such a
    body took seconds."""
    body = piece * (50_000 // len(piece))
    begun = time.process_time()
    read_consent(body)
    assert time.process_time() - begun < 0.25


SENTENCES = st.sampled_from(
    [
        "stop texting me",
        "take me off your list",
        "do not text me again",
        "remove my number from your list",
        "I no longer want to get these texts",
        "put a stop to these messages",
        "my permission to contact me has been withdrawn",
        "can you not send me these",
        "no me manden más mensajes",
        "arrêtez de m’envoyer des textos",
    ]
)


@PATIENT
@given(SENTENCES, st.data())
def test_manners_and_decoration_never_hide_a_sentence_of_leaving(
    sentence: str, data: st.DataObject
) -> None:
    spelled = data.draw(st.sampled_from([sentence, sentence.upper(), sentence.capitalize()]))
    spelled = spelled.replace(" ", data.draw(st.sampled_from([" ", "  ", " \n"])))
    before = data.draw(
        st.sampled_from(
            ["", "Hi, ", "Hello! ", "Good morning. ", "please ", "🙏 ", "¡", "omg ", "- "]
        )
    )
    after = data.draw(
        st.sampled_from(
            ["", "!!!", "...", " 😡😡", " thanks", ". Thank you so much!", " please", "?"]
        )
    )
    assert read_consent(before + spelled + after).leaves


@PATIENT
@given(
    st.sampled_from(
        [
            "my son yelled stop texting me at his brother",
            "I told him to stop texting her",
            "the sign said stop",
            "we had to stop the project",
            "he asked them to take him off the roster",
            "they should remove the roof",
            "we have got to STOP this bill",
            "she does not want to quit the team",
        ]
    ),
    st.lists(
        st.sampled_from(
            [
                "My husband fell off the ladder last week.",
                "The insurance people came by on Tuesday.",
                "We are fine, God bless you.",
                "The kids start school in the fall.",
                "Could you text me a new quote?",
                "I left the key under the mat.",
            ]
        ),
        min_size=2,
        max_size=8,
    ),
    st.integers(0, 8),
)
def test_a_mention_in_a_story_sends_nobody_away(mention: str, story: list[str], place: int) -> None:
    text = " ".join([*story[:place], f"{mention}.", *story[place:]])
    assert not read_consent(text).leaves


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Please remove my appointment on the 5th", "none"),
        ("please remove my wife from the policy", "none"),
        ("can you text me again? I lost the address", "none"),
        ("please do not reply to me or text me again", "opt_out"),
        ("turn my texts back on", "opt_in"),
        ("Take me off this list before I call my lawyer", "opt_out"),
        ("stop texting me if you don't mind", "opt_out"),
        ("I already voted stop texting", "opt_out"),
        ("plz take my # off ur list", "opt_out"),
        ("Don't text, just call me", "ambiguous"),
        ("Please don't text after 9pm", "ambiguous"),
        ("Is this you? “Spring sale. Reply STOP to opt out”", "none"),
        ("Reply STOP", "opt_out"),
        ("My husband said he already paid. Stop texting me.", "opt_out"),
        ("and then my son said stop texting me to his brother", "ambiguous"),
        ("Please. Stop. Texting. Me.", "opt_out"),
        ("take me\noff your\nlist", "opt_out"),
        ("why? what? who?", "none"),
        ("I want to confirm that I have been removed from your contacts", "opt_out"),
    ],
)
def test_what_was_read_wrong_once(text: str, verdict: str) -> None:
    assert read_consent(text).verdict == verdict


@PATIENT
@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    reading = read_consent(text)
    assert reading.verdict in get_args(Verdict)
    assert reading == read_consent(text)
    assert (reading.verdict == "none") or reading.reason


@PATIENT
@given(
    st.lists(
        st.sampled_from(
            ["stop", "dont", "text", "me", "i", "want", "you", "to", "my", "off", "list", "not"]
        ),
        max_size=400,
    )
)
def test_long_runs_of_our_own_words_are_read_in_bounded_time(words: list[str]) -> None:
    assert read_consent(" ".join(words)).verdict in get_args(Verdict)


@pytest.mark.parametrize("word", ["shop", "massage", "contract", "subscribe", "testing", "least"])
def test_words_of_their_own_are_not_mended(word: str) -> None:
    assert correct(word) == word


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [("stop", "stpo", 1), ("stop", "stop", 0), ("stop", "shop", 1), ("stop", "pots", 3)],
)
def test_a_swap_is_one_slip(one: str, other: str, steps: int) -> None:
    assert distance(one, other, most=2) == min(steps, 3)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("wtf stop", "opt_out"),
        ("wtf is this", "none"),
        ("lemme off this list", "opt_out"),
        ("lemme know when you are here", "none"),
        ("2stop", "opt_out"),
        ("2 stop valves please", "none"),
        ("dnd", "probable_opt_out"),
        ("👎🛑", "probable_opt_out"),
        ("🛑👎🙏", "probable_opt_out"),
        ("👎", "ambiguous"),
    ],
)
def test_slang_digits_and_emoji_beside_a_word_for_leaving(text: str, verdict: str) -> None:
    assert read_consent(text).verdict == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Здравствуйте! Отпишите меня пожалуйста!!", "opt_out"),
        ("Больше не пишите, я занят", "probable_opt_out"),
        ("Не пишите мне до утра", "ambiguous"),
        ("Не пишите мне, звоните после 9", "ambiguous"),
        ("Прекратите подачу газа", "none"),
        ("хватит", "probable_opt_out"),
        ("お願いします、配信停止", "opt_out"),
        ("やめて!やめて!", "opt_out"),
        ("やめてよかった", "none"),
        ("Hören Sie bitte auf!", "opt_out"),
        ("Hören Sie auf den Techniker", "none"),
        ("cancellatemi", "opt_out"),
        ("cancellatemi l’appuntamento", "none"),
        ("لا ترسلوا لي الفاتورة", "none"),
        ("배송 보내지 마세요", "none"),
        # Words together, in a clause that asks nothing.
        ("Я прошу вас прекратить рассылку", "probable_opt_out"),
        ("прекратить рассылку после 21", "ambiguous"),
        ("Как отключить рассылку?", "none"),
        ("Отмените заказ, пришлите смс", "none"),
        ("문자 좀 그만 보내요", "probable_opt_out"),
        ("कीमत का मैसेज करो", "none"),
    ],
)
def test_other_languages_are_read_by_phrases(text: str, verdict: str) -> None:
    assert read_consent(text).verdict == verdict


def test_a_phrase_of_another_language_is_named_with_its_language() -> None:
    reading = read_consent("пожалуйста, отпишите меня")
    assert reading.reason == "asks us to stop (Russian)"
    assert reading.matched == ("отпишите меня",)


def test_a_phrase_that_begins_a_very_long_text_is_probable() -> None:
    assert read_consent("отпишите меня " * 2_000).verdict == "probable_opt_out"
