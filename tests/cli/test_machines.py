import sys

import pytest

from fsm.cli.errors import BadInput
from fsm.cli.machines import load_machine

from .machines import write_shop


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder, whose modules are forgotten after the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        del sys.modules[name]


def test_a_machine_is_found_in_the_current_folder(folder):
    write_shop(folder, "class Shop:\n    inner = machine\n")
    for name in ("shop:machine", "shop:Shop.inner"):
        module, machine = load_machine(name)
        assert module.__name__ == "shop"
        assert machine.title == "till"


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("shop", "'shop' names no machine (write MODULE:MACHINE as for an import, such as"),
        (":machine", "':machine' names no machine"),
        ("shop:", "'shop:' names no machine"),
        ("shop.py:machine", "'shop.py:machine' names no machine"),
        ("shap:machine", "there is no module 'shap' in "),
        ("shop.inner:machine", "there is no module 'shop.inner' in "),
        ("shop:machin", "the module 'shop' has no 'machin' (did you mean 'machine'?)"),
        ("shop:x", "the module 'shop' has no 'x' (did you mean 'machine' or 'unfrozen'?)"),
        ("empty:x", "the module 'empty' has no 'x' (it has no machine)"),
        ("shop:Till", "'shop:Till' is a type (name a frozen machine, declared with Machine of"),
        ("shop:unfrozen", "'shop:unfrozen' is not frozen (call its freeze() in the module)"),
        (
            "broken:x",
            "'broken' cannot be imported: ZeroDivisionError: division by zero (broken.py:2)",
        ),
        ("lost:x", "'lost' cannot be imported: ModuleNotFoundError: No module named 'nowhere'"),
        ("leaves:x", "'leaves' cannot be imported: SystemExit: 3 (leaves.py:1)"),
        ("unfinished:x", "'unfinished' cannot be imported: SyntaxError: '(' was never closed"),
        ("unsound:x", "'unsound' cannot be imported: DefinitionError: machine 'till' cannot be"),
    ],
)
def test_what_is_no_frozen_machine_is_one_line(folder, name, complaint):
    write_shop(folder, "")
    for module, text in {
        "empty": "", "unfinished": "x = (", "broken": "\n1 / 0",
        "lost": "import nowhere", "leaves": "raise SystemExit(3)",
        "unsound": "from shop import till, Till\ntill(['pull', 'nowhere', 'shut']).freeze(Till)",
    }.items():  # fmt: skip
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_machine(name)
    assert caught.value.message.startswith(complaint)
    assert "\n" not in caught.value.message
