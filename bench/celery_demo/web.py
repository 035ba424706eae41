"""The web process: reads the table, sends it to the tasks, and returns their result."""

import itertools
import os
import uuid

import numpy
import pandas
import sqlalchemy
from celery import chord, group
from flask import Flask, jsonify

from celery_demo.tasks import ORIENT, least, least_distance
from celery_demo.tasks import app as celery

QUARTERS = 4

app = Flask(__name__)
engine = sqlalchemy.create_engine(os.environ["DATABASE_URL"])
select = f"SELECT * FROM {os.environ['TABLE']}"


@app.get("/")
def hello():
    """Greet whoever asks whether the service is up."""
    return "Hello, World!"


@app.post("/compute_min_distance")
def compute_min_distance():
    """Start a job over the table as it is now."""
    rows = pandas.read_sql(select, engine)
    bounds = numpy.linspace(0, len(rows), QUARTERS + 1, dtype=int)
    quarters = [
        rows.iloc[start:end].to_json(orient=ORIENT) for start, end in itertools.pairwise(bounds)
    ]
    task_id = f"agg_{uuid.uuid4()}"
    chord(group(map(least_distance.s, quarters)))(least.s().set(task_id=task_id))
    return jsonify(status="task submitted", task_id=task_id)


@app.get("/get_min_distance/<task_id>")
def get_min_distance(task_id: str):
    """The answer of a job; 204 without a body until there is one."""
    result = celery.AsyncResult(task_id)
    if not result.ready():
        return "", 204
    if result.failed():
        return jsonify(status="something went wrong", error=str(result.result)), 500
    return jsonify(status="task completed", result=str(result.result))
