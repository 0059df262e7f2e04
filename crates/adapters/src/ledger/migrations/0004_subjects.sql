-- What exactly each problem is about, as JSON: a list of kind, id and label.
alter table problem add column subjects text not null default '[]';
