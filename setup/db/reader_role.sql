-- The role that pgfold logs in as: it can read the tables it is given and nothing else. The owner
-- of the tables runs this with psql, again whenever the tables change:
--
--   psql "$OWNER_URL" -v tables='points, geo.trips' -f setup/db/reader_role.sql
--
--   tables            what jobs read, as in the parameter Sources
--   role              its name (pgfold_reader)
--   connection_limit  connections it may hold, twice the parameter ConnectionBudget: those of
--                     functions that Lambda has ended take a minute to go (30)
--   iam               off if it logs in with a password although this is RDS (on)
--   read_only         off if it changes its own password, as Secrets Manager's single-user
--                     rotation has it do, which no read-only transaction may (on)
--
-- SELECT must be on whole tables: a snapshot is kept by LOCK TABLE … IN ACCESS SHARE MODE, which
-- takes no grant on columns for one. What else pgfold calls, every role may: pg_stats (of tables
-- that it can read), pg_export_snapshot, pg_current_snapshot. Of a partitioned table the parent is
-- enough; name the partitions too if snapshots are to read blocks, which policies of the parent
-- do not guard.
\set ON_ERROR_STOP on

\if :{?tables}
\else
    DO $$ BEGIN RAISE EXCEPTION 'say which tables: psql … -v tables=points'; END $$;
\endif
\if :{?role}
\else
    \set role pgfold_reader
\endif
\if :{?connection_limit}
\else
    \set connection_limit 30
\endif
\if :{?iam}
\else
    \set iam on
\endif
\if :{?read_only}
\else
    \set read_only on
\endif

BEGIN;

SELECT format('CREATE ROLE %I LOGIN', :'role')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec

ALTER ROLE :"role" LOGIN CONNECTION LIMIT :connection_limit;

-- What it can do no harm with. These are what a session begins with, whoever opens it: pgfold's
-- own set theirs, shorter for planning and as long as a mapper may take for reading a chunk, so
-- none of these ends a chunk's read. They are for the credentials in anybody else's hands.
ALTER ROLE :"role" SET default_transaction_read_only = :read_only;
ALTER ROLE :"role" SET statement_timeout = '60s';
ALTER ROLE :"role" SET lock_timeout = '5s';
ALTER ROLE :"role" SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE :"role" SET idle_session_timeout = '5min';

-- On RDS this member logs in by IAM, and no longer by password.
SELECT format('GRANT rds_iam TO %I', :'role')
WHERE :'iam' AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') \gexec
SELECT format('REVOKE rds_iam FROM %I', :'role')
WHERE NOT :'iam' AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') \gexec

GRANT CONNECT ON DATABASE :"DBNAME" TO :"role";

-- What an earlier run granted, and this one may not.
SELECT DISTINCT format('REVOKE ALL ON %s FROM %I', c.oid::regclass, :'role')
FROM pg_class c, aclexplode(c.relacl) granted
WHERE granted.grantee = :'role'::regrole \gexec
SELECT DISTINCT format('REVOKE ALL ON SCHEMA %I FROM %I', n.nspname, :'role')
FROM pg_namespace n, aclexplode(n.nspacl) granted
WHERE granted.grantee = :'role'::regrole \gexec

SELECT DISTINCT format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, :'role')
FROM string_to_table(:'tables', ',') listed
JOIN pg_class c ON c.oid = trim(listed)::regclass
JOIN pg_namespace n ON n.oid = c.relnamespace \gexec
SELECT format('GRANT SELECT ON %s TO %I', trim(listed)::regclass, :'role')
FROM string_to_table(:'tables', ',') listed \gexec

-- A role that was there before, or grants to everybody, may let it do more than that.
SELECT set_config('pgfold.role', :'role', true), set_config('pgfold.tables', :'tables', true)
\g /dev/null
DO $$
DECLARE
    reader CONSTANT oid := current_setting('pgfold.role')::regrole;
    too_much text;
BEGIN
    SELECT string_agg(what, '; ') INTO too_much FROM (
        SELECT 'it is more than a login: ' || rolname FROM pg_roles
        WHERE oid = reader
            AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)
        UNION ALL
        SELECT 'it is a member of ' || roleid::regrole FROM pg_auth_members
        WHERE member = reader AND roleid::regrole::text <> 'rds_iam'
        UNION ALL
        SELECT 'it can create in schema ' || nspname FROM pg_namespace
        WHERE has_schema_privilege(reader, oid, 'CREATE')
        UNION ALL
        SELECT 'it can write to ' || oid::regclass FROM pg_class
        WHERE relkind IN ('r', 'p', 'v', 'f') AND relnamespace <> 'pg_catalog'::regnamespace
            AND relnamespace <> 'information_schema'::regnamespace
            AND has_table_privilege(reader, oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
        UNION ALL
        SELECT 'it can read ' || oid::regclass FROM pg_class
        WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace <> 'pg_catalog'::regnamespace
            AND relnamespace <> 'information_schema'::regnamespace
            -- Extensions open their views to everybody.
            AND NOT EXISTS (
                SELECT FROM pg_depend
                WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'
            )
            AND has_schema_privilege(reader, relnamespace, 'USAGE')
            AND has_any_column_privilege(reader, oid, 'SELECT')
            AND oid NOT IN (
                SELECT trim(listed)::regclass
                FROM string_to_table(current_setting('pgfold.tables'), ',') listed
            )
    ) found(what);
    IF too_much IS NOT NULL THEN
        RAISE EXCEPTION 'role % can do more than read its tables: %',
            reader::regrole, too_much
            USING HINT = 'Revoke that, from the role or from PUBLIC, and run this again.';
    END IF;
END $$;

COMMIT;
