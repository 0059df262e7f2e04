-- The ledger, version 3: what people read about one order. Only text and bigint columns, as in version 1.

insert into counter (name, value) values ('deed', 0);

-- What the last check of an order saw: its lines with their stock and the parts of its total (JSON). One row an order,
-- written only when a check saw something else.
create table sight (
    connection text not null,
    joor_order text not null,
    at bigint not null,
    seen text not null,
    primary key (connection, joor_order),
    foreign key (connection, joor_order) references joor_order (connection, id) deferrable initially deferred
);

-- An exported order as JOOR shows it since it was edited there: one fact a line, as in joor_order.exported_content.
create table edit (
    connection text not null,
    joor_order text not null,
    at bigint not null,
    content text not null,
    primary key (connection, joor_order),
    foreign key (connection, joor_order) references joor_order (connection, id) deferrable initially deferred
);

-- Append-only: what was done about an order beside the events of its exports.
create table deed (
    id bigint not null primary key,
    connection text not null,
    joor_order text not null,
    at bigint not null,
    what text not null,
    detail text not null,
    foreign key (connection, joor_order) references joor_order (connection, id) deferrable initially deferred
);
create index deed_of_order on deed (connection, joor_order, id);

-- The order that a command is about; null: none, or asked for before this version.
alter table command add column joor_order text;
create index command_of_order on command (connection, joor_order, id);
