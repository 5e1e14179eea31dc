-- Between two loads the work tables are empty; a load that failed was rolled back with them.
truncate
warehouse.work_sources,
warehouse.work_members,
warehouse.work_instants,
warehouse.work_versions,
warehouse.work_customers,
warehouse.work_products,
warehouse.work_stores,
warehouse.work_changed_members,
warehouse.work_transactions,
warehouse.work_aggregates;
