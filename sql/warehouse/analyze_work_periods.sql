-- The planner needs to know how many hours and days of aggregates a load touches.
analyze
warehouse.work_hours,
warehouse.work_days;
