-- The planner needs to know how many members a load touches.
analyze
warehouse.work_sources,
warehouse.work_customers,
warehouse.work_products,
warehouse.work_stores,
warehouse.work_changed_members;
