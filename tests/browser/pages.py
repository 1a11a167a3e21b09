"""Steps that tests of pages share."""


def settle(page):
    """Lets a page run the timers that are due, and report their errors."""
    page.evaluate("new Promise(done => setTimeout(done))")
