"""Scenarios as the input of commands, and JSON as their output."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import click

from fsm.cli.errors import BadInput, printable
from fsm.scenario import Scenario, ScenarioFileError, load_file


def load_scenarios(files: Iterable[str]) -> list[Scenario]:
    """Loads scenario files.

    Raises:
        BadInput: a file is faulty; one line for each such file.
    """
    files = list(files)
    if files.count("-") > 1:
        raise click.UsageError("- is given twice (standard input can be read once)")
    scenarios: list[Scenario] = []
    faults = []
    for file in files:
        try:
            scenarios += load_file(file)
        except ScenarioFileError as error:
            faults.append(str(error))
    if faults:
        raise BadInput("\n".join(map(printable, faults)))
    return scenarios


def echo_json(data: dict[str, Any]) -> None:
    """Prints a JSON object as a line."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    click.echo(json.dumps(data, ensure_ascii=not utf8))
