"""The `fsm book` command: its file, its options, its errors."""

import re

import pytest

from fsm.book import walk
from fsm.cli import book
from fsm.recording.plan import Plan


@pytest.fixture
def few_plans(monkeypatch, tmp_path):
    """Explores one plan; the tests of the book itself explore all of them."""
    monkeypatch.setattr(book, "every_plan", lambda: (Plan("local"),))
    monkeypatch.chdir(tmp_path)


def test_the_book_is_written_alike_each_time_and_its_size_is_said(fsm, few_plans, tmp_path):
    code, out, err = fsm("book")
    assert (code, err) == (0, "")
    assert re.fullmatch(
        r"wrote book.html: \d\.\d MB, 1 plan, [\d,]+ situations, [\d,]+ events\n", out
    )
    html = (tmp_path / "book.html").read_text(encoding="utf-8")
    assert html.startswith('<!doctype html>\n<html lang="en" data-lang="en">')
    assert 'lang="zh"' not in html.partition("<body>")[2].partition('id="data"')[0]
    assert 'id="language"' not in html
    assert fsm("book", "-o", "folder/two.html")[0] == 0
    assert (tmp_path / "folder" / "two.html").read_text(encoding="utf-8") == html


def test_the_first_language_is_the_one_that_shows(fsm, few_plans, tmp_path):
    assert fsm("book", "--lang", "zh,en,zh")[0] == 0
    html = (tmp_path / "book.html").read_text(encoding="utf-8")
    assert '<html lang="zh" data-lang="zh">' in html
    assert "<title>自动录制手册</title>" in html
    assert html.count('id="language"') == 1


@pytest.mark.parametrize("langs", ["de", "en,de", "en,", ""])
def test_an_unknown_language_is_an_error(fsm, few_plans, langs):
    code, out, err = fsm("book", "--lang", langs)
    assert (code, out) == (2, "")
    assert re.fullmatch(r"fsm book: there is no language '.*' \(there are en, zh\)\n", err)


def test_a_folder_is_no_file(fsm, few_plans, tmp_path):
    assert fsm("book", "-o", tmp_path) == (
        2, "", f"fsm book: {tmp_path} is a folder (name a file, such as {tmp_path}/book.html)\n"
    )  # fmt: skip


def test_a_file_that_cannot_be_written_is_an_error_before_the_work(fsm, monkeypatch):
    monkeypatch.setattr(book, "explore_meetings", None)
    code, out, err = fsm("book", "-o", "/proc/none/book.html")
    assert (code, out) == (2, "")
    assert err.startswith("/proc/none/book.html: cannot be written: ")
    assert err.count("\n") == 1
    code, _, err = fsm("book", "-o", "/proc/version")
    assert code == 2
    assert err.startswith("/proc/version: cannot be written: ")


def test_a_file_that_is_there_stays_as_it_is_if_the_rules_have_a_fault(
    fsm, few_plans, monkeypatch, tmp_path
):
    def fail(plans, watch):
        raise walk.GraphError("rows 1 and 2 of 'stop' in 'paused' pass at once")

    monkeypatch.setattr(book, "explore_meetings", fail)
    (tmp_path / "book.html").write_text("the last good one")
    code, out, err = fsm("book")
    assert (code, out) == (1, "")
    assert err == "fsm book: rows 1 and 2 of 'stop' in 'paused' pass at once\n"
    assert (tmp_path / "book.html").read_text() == "the last good one"
