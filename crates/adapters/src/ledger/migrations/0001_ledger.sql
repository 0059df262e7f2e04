-- The ledger, version 1. Portable between SQLite and PostgreSQL: only text and bigint columns.
-- Moments are milliseconds since 1970 in UTC, days are YYYY-MM-DD, decimals and JSON are text, truth is 0 or 1.
-- Never edited after release: a later schema is a later file.

-- Numbers for rows that have no key of their own; never given twice.
create table counter (
    name text not null primary key,
    value bigint not null
);
insert into counter (name, value) values ('command', 0), ('cycle', 0), ('mail', 0), ('problem', 0);

create table connection (
    name text not null primary key,
    settings_version bigint not null,
    paused bigint not null,
    live_since bigint,
    shop_id text,
    created bigint not null,
    next_due bigint not null,
    epoch bigint not null,
    lease_owner text,
    lease_until bigint,
    last_good bigint,
    last_daily text
);

create table setting_version (
    connection text not null references connection (name),
    version bigint not null,
    document text not null,
    changed_by text not null,
    at bigint not null,
    primary key (connection, version)
);

create table secret (
    connection text not null references connection (name),
    name text not null,
    sealed text not null,
    at bigint not null,
    primary key (connection, name)
);

create table joor_order (
    connection text not null references connection (name),
    id text not null,
    head text not null,
    status text not null,
    export_state text not null,
    approved text,
    modified text,
    retailer text not null,
    retailer_id text not null,
    po_number text not null,
    linesheet text not null,
    ship_start text,
    value_amount text,
    value_currency text,
    units bigint,
    first_seen bigint not null,
    last_seen bigint not null,
    generation bigint not null,
    track_acknowledged bigint not null,
    track_seen bigint not null,
    track_undefined_since bigint,
    track_left_approved bigint not null,
    track_approved_at_export text,
    reported_state text,
    reported_description text,
    report_in_flight bigint not null,
    report_tries bigint not null,
    report_due bigint,
    exported_content text,
    export_anyway bigint not null,
    prices_confirmed bigint not null,
    primary key (connection, id)
);
create index report_due on joor_order (connection, report_due) where report_due is not null;

-- Orders and exports of one commit may come in any order, hence the deferred check.
create table export (
    connection text not null,
    joor_order text not null,
    generation bigint not null,
    part bigint not null,
    token text not null,
    -- State words as in the domain; state_rank tells how far from finished, 0 is the furthest.
    state text not null,
    state_rank bigint not null,
    wait_until bigint,
    sending_epoch bigint,
    deadline bigint,
    unclear_cause text,
    looks bigint,
    empty_looks bigint,
    next_look bigint,
    shop_order text,
    shop_name text,
    attempts bigint not null,
    version bigint not null,
    request_body text,
    request_fingerprint text,
    request_expected_amount text,
    request_expected_currency text,
    request_units bigint,
    total_amount text,
    total_currency text,
    cancelled bigint not null,
    changed bigint not null,
    primary key (connection, joor_order, generation, part),
    foreign key (connection, joor_order) references joor_order (connection, id) deferrable initially deferred
);
-- One JOOR order, one export: over all connections, since a token names the JOOR account and not the connection.
create unique index export_token on export (token);
create index export_state on export (connection, state);

-- Append-only: one row for every version that an export ever had.
create table export_event (
    connection text not null,
    joor_order text not null,
    generation bigint not null,
    part bigint not null,
    version bigint not null,
    at bigint not null,
    epoch bigint not null,
    word text not null,
    state text not null,
    detail text not null,
    primary key (connection, joor_order, generation, part, version),
    foreign key (connection, joor_order, generation, part) references export (connection, joor_order, generation, part)
);

-- Every request that was written down, by the version of the export that wrote it; attempt is null if it was written
-- down without leaving.
create table attempt (
    connection text not null,
    joor_order text not null,
    generation bigint not null,
    part bigint not null,
    version bigint not null,
    attempt bigint,
    at bigint not null,
    body text not null,
    fingerprint text not null,
    expected_amount text not null,
    expected_currency text not null,
    units bigint not null,
    primary key (connection, joor_order, generation, part, version),
    foreign key (connection, joor_order, generation, part) references export (connection, joor_order, generation, part)
);
create unique index attempt_once on attempt (connection, joor_order, generation, part, attempt);

create table refusal (
    connection text not null,
    joor_order text not null,
    generation bigint not null,
    part bigint not null,
    fingerprint text not null,
    times bigint not null,
    at bigint not null,
    code text not null,
    severity text not null,
    who text not null,
    sentence text not null,
    resolution text not null,
    primary key (connection, joor_order, generation, part),
    foreign key (connection, joor_order, generation, part) references export (connection, joor_order, generation, part)
);

create table follow_up (
    connection text not null,
    joor_order text not null,
    generation bigint not null,
    part bigint not null,
    kind text not null,
    subject text not null,
    shop_order text not null,
    tries bigint not null,
    due bigint not null,
    done bigint not null,
    primary key (connection, joor_order, generation, part, kind, subject),
    foreign key (connection, joor_order, generation, part) references export (connection, joor_order, generation, part)
);
create index follow_up_due on follow_up (connection, done, due);

-- joor_order is '' for a problem of the connection itself.
create table problem (
    id bigint not null primary key,
    connection text not null references connection (name),
    joor_order text not null,
    code text not null,
    severity text not null,
    who text not null,
    sentence text not null,
    resolution text not null,
    opened bigint not null,
    closed bigint,
    mailed text,
    closing_mailed bigint not null
);
create unique index problem_open_once on problem (connection, joor_order, code) where closed is null;
create index problem_of_order on problem (connection, joor_order, code);
create index problem_open on problem (connection, code) where closed is null;
create index problem_closing_untold on problem (connection) where closed is not null and mailed is not null and closing_mailed = 0;

create table link (
    connection text not null references connection (name),
    kind text not null,
    joor_id text not null,
    shop_id text not null,
    linked_by text not null,
    at bigint not null,
    primary key (connection, kind, joor_id)
);

create table command (
    id bigint not null primary key,
    connection text not null references connection (name),
    verb text not null,
    arguments text not null,
    asked_by text not null,
    at bigint not null,
    applied bigint,
    done bigint,
    words text
);
create index command_pending on command (connection, id) where applied is null;

create table cycle (
    id bigint not null primary key,
    connection text not null references connection (name),
    started bigint not null,
    finished bigint not null,
    outcome text not null,
    counts text not null,
    joor_credits bigint not null,
    joor_requests bigint not null,
    shopify_points bigint not null,
    shopify_requests bigint not null
);
create index cycle_latest on cycle (connection, id);

-- recipients is a JSON list of addresses.
create table mail (
    id bigint not null primary key,
    connection text not null references connection (name),
    letter_id text not null,
    recipients text not null,
    subject text not null,
    body text not null,
    queued bigint not null,
    tries bigint not null,
    due bigint not null,
    outcome text
);
create unique index mail_once on mail (connection, letter_id);
create index mail_waiting on mail (due) where outcome is null;
create index mail_latest on mail (connection, id);

-- What the probe found out about the two accounts, the last result of each fact.
create table measured (
    connection text not null references connection (name),
    fact text not null,
    verdict text not null,
    amount bigint,
    detail text not null,
    api_version text not null,
    at bigint not null,
    primary key (connection, fact)
);

-- Test orders of the probe that may be in the shop: noted before they are sent.
create table test_order (
    connection text not null references connection (name),
    token text not null,
    at bigint not null,
    primary key (connection, token)
);
