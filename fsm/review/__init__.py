"""The review of a change of the rules: two versions, explored in step.

Each version runs in a process of its own (:mod:`fsm.review.worker`), so this package itself imports
nothing. A review begins with :func:`fsm.review.report.review`.
"""
