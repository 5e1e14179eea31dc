-- The planner needs to know how long the logs of the touched members are.
analyze
warehouse.work_sources,
warehouse.work_members,
warehouse.work_instants;
