-- When the Shopify order was made, where that was long before the export was recorded: it was found or linked.
alter table export add column shop_created bigint;
