import pytest

from fsm.recording.vocabulary import check_complete


def test_a_table_with_an_entry_for_each_name_is_complete():
    check_complete({"cloud": 1, "local": 2, "more": 3}, ("cloud", "local"), "TABLE", "a number")


def test_a_table_without_an_entry_for_some_names_is_refused_with_what_to_write_where():
    message = r"^TABLE in a\.py lacks 'cloud', 'tape' \(write a number\)$"
    with pytest.raises(ValueError, match=message):
        check_complete({"local": 2}, ("cloud", "local", "tape"), "TABLE in a.py", "a number")
