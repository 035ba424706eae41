"""The tasks of the worker: the least distance of a quarter, and of all quarters."""

import os
from io import StringIO

import numpy
import pandas
from celery import Celery

ORIENT = os.environ["JSON_ORIENT"]

app = Celery(broker=os.environ["BROKER_URL"], backend=os.environ["BROKER_URL"])


@app.task
def least_distance(quarter: str) -> float:
    """The least distance among the rows of a data frame in JSON."""
    rows = pandas.read_json(StringIO(quarter), orient=ORIENT)
    return float(numpy.sqrt((rows.x2 - rows.x1) ** 2 + (rows.y2 - rows.y1) ** 2).min())


@app.task
def least(distances: list[float]) -> float:
    """The least of the distances of the quarters."""
    return min(distances)
