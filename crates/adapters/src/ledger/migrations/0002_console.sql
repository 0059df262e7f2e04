-- The ledger, version 2: people who sign in, what they did, and orders as lists that are searched and sorted.
-- Only text and bigint columns, as in version 1. Where an index says `nulls first`, only PostgreSQL is told so: on SQLite
-- it is so by itself. What is indexed is short, since PostgreSQL refuses a long index entry.

insert into counter (name, value) values ('api_token', 0), ('audit', 0);

-- The name is in lower case. The role is viewer, operator or admin.
create table person (
    name text not null primary key,
    role text not null,
    password_hash text not null,
    created bigint not null,
    disabled bigint,
    failures bigint not null,
    locked_until bigint
);

create table session (
    hash text not null primary key,
    person text not null references person (name),
    created bigint not null,
    seen bigint not null,
    expires bigint not null,
    agent text not null,
    address text not null
);
create index session_of_person on session (person);
create index session_expires on session (expires);

-- made_by is a person's name, or that of somebody on the command line.
create table api_token (
    id bigint not null primary key,
    name text not null,
    hash text not null,
    role text not null,
    made_by text not null,
    created bigint not null,
    used bigint,
    revoked bigint
);
create unique index api_token_once on api_token (hash);

-- Append-only: who did what. connection is '' for what concerns none.
create table audit (
    id bigint not null primary key,
    at bigint not null,
    done_by text not null,
    connection text not null,
    what text not null,
    subject text not null,
    detail text not null
);

-- Raised by everything that is stored about a connection.
alter table connection add column pulse bigint not null default 0;

alter table joor_order add column ship_end text;
-- When the order was first seen approved.
alter table joor_order add column approval_seen bigint;
-- The rank of the least finished part of the current generation; an approved order without any counts as seen.
alter table joor_order add column state_rank bigint;
-- Beginnings of number, retailer and PO number in lower case.
alter table joor_order add column found_by text;
-- Beginnings of the retailer in lower case and of the linesheet, to sort and to choose by.
alter table joor_order add column retailer_key text;
alter table joor_order add column linesheet_key text;
-- The value times 10000, whatever its currency.
alter table joor_order add column value_sort bigint;

update joor_order set
    approval_seen = case when status = 'approved' or exists (select 1 from export e
        where e.connection = joor_order.connection and e.joor_order = joor_order.id) then first_seen end,
    state_rank = coalesce((select min(e.state_rank) from export e where e.connection = joor_order.connection
        and e.joor_order = joor_order.id and e.generation = joor_order.generation),
        case when status = 'approved' then 3 end),
    found_by = lower(substr(id, 1, 40) || ' ' || substr(retailer, 1, 100) || ' ' || substr(po_number, 1, 100)),
    retailer_key = lower(substr(retailer, 1, 60)),
    linesheet_key = substr(linesheet, 1, 100),
    value_sort = case when abs(cast(value_amount as numeric)) < 900000000000000
        then cast(round(cast(value_amount as numeric) * 10000) as bigint) end;

create index order_by_approval on joor_order (approved/*nulls first*/, connection, id);
create index order_by_ship on joor_order (ship_start/*nulls first*/, connection, id);
create index order_by_value on joor_order (value_sort/*nulls first*/, connection, id);
create index order_by_retailer on joor_order (retailer_key, connection, id);
create index order_by_number on joor_order (length(id), id, connection);
create index order_by_state on joor_order (state_rank/*nulls first*/, approved/*nulls first*/, connection, id);
create index order_linesheet on joor_order (connection, linesheet_key);
-- Everything that a search looks at, so that no order is read that it does not show.
create index order_search on joor_order (connection, id, state_rank, approved, ship_start, value_sort, linesheet_key,
    retailer_key, found_by);

create index event_exported on export_event (at, connection) where state = 'exported';
create index cycle_started on cycle (started);
create index problem_closed on problem (closed) where closed is not null;

-- What Shopify answered to a request, and what the decision behind it had seen (JSON).
alter table attempt add column answer text;
alter table attempt add column decided text;
