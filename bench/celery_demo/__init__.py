"""The smallest distance the Celery way: a design to compare with, written afresh.

The web process reads the whole table into a data frame, cuts it in four and sends each quarter as
JSON through Redis to a task; a chord reduces what the four return. It is the design of a demo of
map-reduce with Flask, Celery, Redis and pandas, on current versions of them, with no work added
and the arithmetic vectorised.

By default `DataFrame.to_json` writes column by column, the name of its row before each value, and
so does the demo. `JSON_ORIENT=split` leaves these names out, which saves a third of the time. Both
are measured.

`to_json` rounds to ten decimals, so the answer is right to about as many. It could write fifteen,
but then more bytes would go through Redis: the demo's ten are the faster choice.
"""
