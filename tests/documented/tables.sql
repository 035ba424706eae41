-- The tables of the pages, with the same rows each time.

-- A trip each half minute from the first of October. What looks random is of a digest, because
-- PostgreSQL's own random numbers and hashes may differ between versions. There are so few riders
-- that `distinct` counts them without an error.
CREATE TABLE trips (
    id bigint PRIMARY KEY,
    city text,
    rider integer NOT NULL,
    fare numeric(6, 2) NOT NULL,
    started_at timestamptz NOT NULL
);
INSERT INTO trips
SELECT id,
       CASE WHEN random % 150 > 0 THEN (ARRAY['Lima', 'Oslo', 'Rome'])[1 + random % 3] END,
       random / 3 % 100,
       3 + (random / 7 % 4000) / 100.0,
       timestamptz '2026-10-01 00:00:00Z' + (id - 1) * interval '30 seconds'
FROM generate_series(1, 200000) AS id,
    LATERAL (SELECT ('x' || left(md5(id::text), 8))::bit(32)::bigint) AS made (random);
CREATE INDEX trips_started_at_idx ON trips (started_at);

CREATE TABLE orders (
    id bigint PRIMARY KEY,
    amount numeric(10, 2) NOT NULL,
    customer_id integer NOT NULL,
    payload jsonb
);
INSERT INTO orders SELECT id, 10 + id * 37 % 90, id % 7 FROM generate_series(1, 3) AS id;

-- It has no key, because a unique column may be NULL.
CREATE SCHEMA geo;
CREATE TABLE geo.trips (trip_id bigint UNIQUE, distance double precision);

-- Else the rows may be counted as inserted after the ANALYZE, as in setup/db/init.sql.
SELECT pg_stat_force_next_flush();
VACUUM (ANALYZE) trips, orders, geo.trips;
