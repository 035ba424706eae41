-- Proposes what jobs may read: a value of the parameter Sources, from what the database says of its
-- tables. Writes the JSON to stdout, and to stderr what it left out and why. Changes nothing.
--
--   psql "$DATABASE_URL" -At -f setup/db/discover.sql > sources.json
--
--   tables  the tables to propose, in this order: -v tables='orders geo.trips' (all)
--
-- Run it as the role that pgfold logs in as: it proposes what that role may SELECT. A key is a
-- column that is NOT NULL and alone in a unique index, of a type that keys may have; the primary
-- key comes first. Columns are those that kernels read as values, numbers first, because a job that
-- names no columns reads the first ones. `make sources` runs this and checks the result.
\set ON_ERROR_STOP on
\set QUIET on

\if :{?tables}
\else
    \set tables ''
\endif

WITH RECURSIVE
asked (name, place) AS (
    SELECT name, min(place)
    FROM regexp_split_to_table(:'tables', '[\s,]+') WITH ORDINALITY AS word (name, place)
    WHERE name <> ''
    GROUP BY name
),
-- What a domain is made of, in the end.
made_of (type, base) AS (
    SELECT oid, oid FROM pg_type
    UNION ALL
    SELECT made_of.type, t.typbasetype
    FROM made_of JOIN pg_type t ON t.oid = made_of.base
    WHERE t.typtype = 'd'
),
base_type AS (
    SELECT made_of.type, made_of.base
    FROM made_of JOIN pg_type t ON t.oid = made_of.base
    WHERE t.typtype <> 'd'
),
relation AS (
    SELECT c.oid,
           c.relkind AS kind,
           c.relhassubclass AND c.relkind = 'r' AS has_heirs,
           format('%I.%I', n.nspname, c.relname) AS name,
           CASE count(*) OVER (PARTITION BY c.relname)
               WHEN 1 THEN c.relname::text
               ELSE n.nspname || '.' || c.relname
           END AS source,
           has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
               AS is_readable,
           (SELECT min(place) FROM asked WHERE name IN (c.relname, n.nspname || '.' || c.relname))
               AS place
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f')
      AND NOT c.relispartition
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND NOT EXISTS (
          SELECT FROM pg_depend d
          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
      )
      AND (NOT EXISTS (SELECT FROM asked)
           OR EXISTS (SELECT FROM asked
                      WHERE name IN (c.relname, n.nspname || '.' || c.relname)))
),
readable AS (
    SELECT r.oid, a.attnum, a.attname::text AS name, a.attnotnull, b.base,
           format_type(a.atttypid, a.atttypmod) AS type,
           b.base IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'float4'::regtype,
                      'float8'::regtype, 'numeric'::regtype) AS is_number,
           b.base IN ('bool'::regtype, 'text'::regtype, 'varchar'::regtype, 'bpchar'::regtype,
                      'name'::regtype, 'uuid'::regtype, 'timestamptz'::regtype,
                      'timestamp'::regtype, 'date'::regtype) AS is_other
    FROM relation r
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN base_type b ON b.type = a.atttypid
    WHERE r.is_readable AND has_column_privilege(r.oid, a.attnum, 'SELECT')
),
unique_column AS (
    SELECT DISTINCT ON (i.indrelid) i.indrelid AS oid, c.attnum, c.name,
           c.attnotnull AND NOT EXISTS (
               -- A NOT NULL that holds from now on (PostgreSQL 18).
               SELECT FROM pg_constraint n
               WHERE n.conrelid = i.indrelid AND n.conkey = ARRAY[c.attnum]
                 AND n.contype = 'n' AND NOT n.convalidated
           ) AS is_not_null
    FROM pg_index i
    JOIN readable c ON c.oid = i.indrelid AND c.attnum = i.indkey[0]
    JOIN pg_class x ON x.oid = i.indexrelid
    WHERE i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
      AND i.indnkeyatts = 1
      AND c.base IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype,
                     'text'::regtype, 'varchar'::regtype, 'date'::regtype, 'timestamp'::regtype,
                     'timestamptz'::regtype, 'numeric'::regtype)
    ORDER BY i.indrelid, is_not_null DESC, i.indisprimary DESC, x.relname
),
described AS (
    SELECT r.*, k.name AS key, k.is_not_null,
           (SELECT string_agg(to_json(c.name)::text, ', ' ORDER BY c.is_number DESC, c.attnum)
            FROM readable c
            WHERE c.oid = r.oid AND (c.is_number OR c.is_other)
              AND c.attnum IS DISTINCT FROM k.attnum) AS columns,
           (SELECT string_agg(format('%s (%s)', c.name, c.type), ', ' ORDER BY c.attnum)
            FROM readable c
            WHERE c.oid = r.oid AND NOT c.is_number AND NOT c.is_other) AS others
    FROM relation r LEFT JOIN unique_column k ON k.oid = r.oid
),
judged AS (
    SELECT d.*,
           CASE
               WHEN NOT is_readable THEN 'this role may not SELECT from it'
               WHEN kind = 'v' THEN
                   'PostgreSQL does not know the key of a view; add it by hand, with "key" and '
                   '"trusted_key": true'
               WHEN kind = 'f' THEN
                   'PostgreSQL does not know the key of a foreign table; add it by hand, with '
                   '"key" and "trusted_key": true'
               WHEN kind = 'm' AND key IS NOT NULL THEN format(
                   'PostgreSQL does not know whether %s has a NULL in a materialized view; if it '
                   'has none, add it by hand, with "key": %s and "trusted_key": true',
                   key, to_json(key))
               WHEN has_heirs THEN
                   'other tables inherit from it, and no index is unique over all of them'
               WHEN key IS NULL THEN
                   'no key: no column of a key''s type has a unique index by itself; without a '
                   'key it can be added by hand, and read with consistency "snapshot" alone'
               WHEN NOT is_not_null THEN format('no key: %s is unique, but not NOT NULL', key)
               WHEN columns IS NULL THEN
                   'no readable column: besides its key it has none that kernels read as a value'
           END AS why_not
    FROM described d
),
left_out (line, place, source) AS (
    SELECT format('left out %s: %s', name, why_not), place, source FROM judged
    WHERE why_not IS NOT NULL
    UNION ALL
    SELECT format('left out of %s: %s, which only the kernel distinct could read', name, others),
           place, source
    FROM judged WHERE why_not IS NULL AND others IS NOT NULL
    UNION ALL
    SELECT format('left out %s: there is no such table; a partition is read with its parent', asked.name),
           asked.place, asked.name
    FROM asked WHERE NOT EXISTS (SELECT FROM relation WHERE relation.place = asked.place)
)
SELECT coalesce(
           (SELECT E'{\n' || string_agg(
                format('  %s: {"table": %s, "key": %s, "columns": [%s]}', to_json(source),
                       to_json(name), to_json(key), columns),
                E',\n' ORDER BY place, source) || E'\n}'
            FROM judged WHERE why_not IS NULL),
           '{}') AS proposal,
       coalesce((SELECT string_agg(line, E'\n' ORDER BY place, source) FROM left_out), '')
           AS left_out
\gset

\echo :proposal
SELECT :'left_out' <> '' AS has_left_out \gset
\if :has_left_out
    \warn :left_out
\endif
