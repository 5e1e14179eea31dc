-- The planner needs to know how large the dimensions have become.
analyze
warehouse.work_transactions,
warehouse.dim_customers,
warehouse.dim_products,
warehouse.dim_stores,
warehouse.dim_suppliers,
warehouse.dim_sales_representatives,
warehouse.dim_locations;
