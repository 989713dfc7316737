-- Two databases, each with a role of its own that can reach nothing else. PostgreSQL 15 or newer; as a superuser, once:
--   PREFECT_DB_PASSWORD=... FINEWS_DB_PASSWORD=... psql -f infra/postgres/roles.sql
\set ON_ERROR_STOP on
\getenv prefect_password PREFECT_DB_PASSWORD
\getenv finews_password FINEWS_DB_PASSWORD

CREATE ROLE prefect LOGIN PASSWORD :'prefect_password';
CREATE DATABASE prefect OWNER prefect;
REVOKE ALL ON DATABASE prefect FROM PUBLIC;

CREATE ROLE finews LOGIN PASSWORD :'finews_password';
CREATE DATABASE finews OWNER finews;
REVOKE ALL ON DATABASE finews FROM PUBLIC;
