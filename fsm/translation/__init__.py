"""The catalogue of words: every text of the program that people read in English or in Chinese.

The key of a text is its English form. Rules have their Chinese titles beside the English ones, in
``fsm/recording/rules.py``.
"""

from fsm.translation.translator import ENGLISH, LANGS, RULE_TITLES, Lang, Translator

__all__ = ["ENGLISH", "LANGS", "RULE_TITLES", "Lang", "Translator"]
