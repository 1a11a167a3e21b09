import runpy
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "explore_turnstile.py"


def test_the_turnstile_has_one_property_that_holds_and_one_that_does_not(capsys):
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert capsys.readouterr().out.splitlines() == [
        "4 situations, 8 events tried",
        "every turn is paid: holds",
        "no coin is left for the next person: does not hold",
        "    1 coin is left after coin, coin, coin, push",
        "guards that decide nothing: none",
    ]
