-- The demo's table: a million rows, each a pair of points with coordinates in [0, 100).
-- In one transaction, so that a table that is there is whole.
BEGIN;

CREATE TABLE points (
    id SERIAL UNIQUE NOT NULL,
    x1 FLOAT,
    y1 FLOAT,
    x2 FLOAT,
    y2 FLOAT
);

-- A fixed seed, so that every copy of the table has the same answer.
SELECT setseed(0.42);

INSERT INTO points (x1, y1, x2, y2)
SELECT random() * 100, random() * 100, random() * 100, random() * 100
FROM generate_series(1, 1000000);

COMMIT;

-- Else the rows may be counted as inserted after the ANALYZE, and its statistics be taken for
-- stale.
SELECT pg_stat_force_next_flush();

-- The planner cuts chunks by the statistics that this writes.
ANALYZE points;
