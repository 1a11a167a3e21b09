"""The words of the book with names of the rules: plans and timers."""

from typing import get_args

import pytest

from fsm.book.words import recording_word, word
from fsm.recording import Plan
from fsm.recording.plan import STARTER_WORDS
from fsm.recording.vocabulary import TIMERS, Starter
from fsm.translation.rule_texts import CHINESE_NAMES


@pytest.mark.parametrize("starter", get_args(Starter))
def test_the_words_of_a_cloud_plan_name_its_starter_in_each_language(starter):
    name = recording_word(Plan("cloud", starter))
    assert word(name, "en") == f"cloud, by {STARTER_WORDS[starter]}'s join"
    assert word(name, "zh") == f"云录制，{CHINESE_NAMES['starter'][starter]}入会开启"


def test_only_a_cloud_plan_has_words_for_its_starter():
    assert recording_word(Plan("local")) == "plan local"
    assert recording_word(Plan(None)) == "plan none"


@pytest.mark.parametrize("timer", TIMERS)
def test_a_timer_has_its_name_in_each_language(timer):
    assert word(f"timer {timer}", "en") == timer
    assert word(f"timer {timer}", "zh") == CHINESE_NAMES["timer"][timer]
