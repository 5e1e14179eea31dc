-- The planner needs to know how many versions a load looks at.
analyze
warehouse.work_versions;
