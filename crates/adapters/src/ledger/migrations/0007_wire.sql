-- What was said with JOOR or Shopify at a step, beside the requests that create orders; null: nothing, or not kept. An
-- answer is null where none came.
alter table deed add column request text;
alter table deed add column answer text;
alter table export_event add column request text;
alter table export_event add column answer text;
