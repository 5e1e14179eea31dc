-- After a load that changed much, the planner of whoever reads next needs to know how much.
analyze
warehouse.fact_sales;
