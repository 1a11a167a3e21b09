import ast
import os
import subprocess
import sys
from pathlib import Path

import fsm

ROOT = Path(__file__).parents[1]


def test_packages_keep_the_import_contracts():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_embedding_needs_only_the_core_dependencies():
    code = (
        "import sys; before = set(sys.modules);"  # what a `sitecustomize` may have loaded
        "import fsm.recording, fsm.engine;"
        "loaded = {name.split('.')[0] for name in sys.modules.keys() - before};"
        "print(*sorted(loaded - sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = {name for name in done.stdout.split() if not name.startswith("_")}
    assert loaded <= {"attr", "attrs", "fsm", "six", "transitions"}


def test_a_package_exports_the_names_that_it_imports():
    for package in (
        "engine",
        "recording",
        "translation",
        "verify",
        "scenario",
        "diagrams",
        "runtime",
    ):
        module = ast.parse((ROOT / "fsm" / package / "__init__.py").read_text(encoding="utf-8"))
        [names] = [
            ast.literal_eval(node.value)
            for node in module.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        ]
        imported = {
            alias.asname or alias.name
            for node in module.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        defined = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
        assert set(names) == (imported | defined) - {"annotations"}, package


def test_the_package_under_test_is_the_installed_one_if_required():
    installed = "site-packages" in Path(fsm.__file__).parts
    assert installed == bool(os.environ.get("FSM_INSTALLED"))
