from fsm.recording.rules import RULE_IDS, RULES


def test_every_rule_has_a_title_of_its_own():
    assert set(RULE_IDS) == set(RULES)
    assert len(set(RULES.values())) == len(RULES)
    assert all(line and "\n" not in line for line in RULES.values())
