-- Between two loads the work tables are empty; a load that failed was rolled back with them.
truncate
warehouse.work_sources,
warehouse.work_customers,
warehouse.work_products,
warehouse.work_stores,
warehouse.work_changed_members,
warehouse.work_transactions,
warehouse.work_aggregates,
warehouse.work_movements,
warehouse.work_inventory_days,
warehouse.work_fulfilments,
warehouse.work_visitors,
warehouse.work_hours,
warehouse.work_days,
warehouse.work_date_bounds;
