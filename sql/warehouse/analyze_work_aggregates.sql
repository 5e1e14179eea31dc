-- The planner needs to know how many rows of the aggregates a load touches.
analyze
warehouse.work_aggregates;
