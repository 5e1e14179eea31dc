-- After a load that changed much, the planner of the next stage needs to know how much.
analyze
production.categories,
production.suppliers,
production.customers,
production.products,
production.stores,
production.sales_representatives,
production.transactions,
production.transaction_items,
production.payments,
production.shipments,
production.inventory_movements,
production.inventory_snapshots,
production.web_events,
production.customers_changes,
production.products_changes,
production.stores_changes;
