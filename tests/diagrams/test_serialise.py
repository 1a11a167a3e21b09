import json

import pytest

from fsm.diagrams import DIAGRAM_NAMES, compare, diagram
from fsm.diagrams.serialise import from_data, to_data


@pytest.mark.parametrize("name", DIAGRAM_NAMES)
def test_a_diagram_survives_the_round_trip_through_json(name):
    shown = diagram(name)
    assert not compare(from_data(json.loads(json.dumps(to_data(shown)))), shown)


def test_unknown_keys_of_a_later_version_are_ignored():
    data = to_data(diagram("policy"))
    data["nodes"][0]["later"] = data["later"] = 1
    assert not compare(from_data(data), diagram("policy"))


def test_a_missing_key_is_an_error():
    data = to_data(diagram("policy"))
    del data["transitions"][0]["guards"]
    with pytest.raises(KeyError, match="guards"):
        from_data(data)
