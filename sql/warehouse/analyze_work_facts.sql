-- The planner needs to know how many facts a load touches.
analyze
warehouse.work_movements,
warehouse.work_inventory_days,
warehouse.work_fulfilments,
warehouse.work_visitors;
