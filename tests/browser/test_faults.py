"""A test of a page fails on the faults of the page, whatever else it checks."""

import pytest

from .pages import settle

FAULTS = {
    "setTimeout(() => { throw new Error('lost') })": "uncaught: lost",
    "Promise.reject(new Error('lost')); 0": "uncaught: lost",
    "console.error('lost')": "console: lost",
    "fetch('http://192.0.2.1/').catch(() => 0)": "request to another machine: http://192.0.2.1/",
    "fetch('https://example.com/').catch(() => 0)":
        "request to another machine: https://example.com/",
}  # fmt: skip


@pytest.mark.parametrize("program", FAULTS)
def test_a_fault_of_a_page_is_noted(service, page, faults, program):
    page.goto(f"{service}/health")
    page.evaluate(program)
    settle(page)
    assert any(fault.startswith(FAULTS[program]) for fault in faults), faults
    faults.clear()


def test_a_page_without_faults_has_none(service, page, faults):
    page.goto(f"{service}/health")
    page.evaluate("console.log('found')")
    assert faults == []


def test_a_new_page_knows_nothing_of_another_one(service, new_page):
    first, second = new_page(), new_page()
    for page in (first, second):
        page.goto(f"{service}/health")
    first.evaluate("localStorage.setItem('name', 'value')")
    assert second.evaluate("localStorage.length") == 0
