-- What the orders in each state are worth, by currency, is read from this alone.
create index order_worth on joor_order (state_rank, value_currency, value_sort);
