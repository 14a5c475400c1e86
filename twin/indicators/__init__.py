"""The 35 indicators of the action plan: target, value, status, trend, and why each number is what it is.

What the shown layers allow is computed; the rest is entered by hand with its source and date, or there are no data.
Nothing is made up. ::

    desk = Desk(store, Studies(store), Runs(store))
    report.rows(desk)                   # 35 rows
    report.one(desk, 21)                # a row with its history
    entered.enter(store, 7, 62.5, as_of="2023-12-31", source="区经委")

A further computed indicator is one more function in :mod:`counted` or :mod:`analysed`.
"""

from twin.indicators.computed import Desk

__all__ = ["Desk"]
