-- After a load that changed much, the planner of whoever reads next needs to know how much.
analyze
warehouse.fact_sales,
warehouse.fact_inventory,
warehouse.fact_inventory_transactions,
warehouse.fact_fulfilment,
warehouse.fact_web_events,
warehouse.fact_web_sessions;
