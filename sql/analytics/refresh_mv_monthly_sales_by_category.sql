-- Grain: that of analytics.mv_monthly_sales_by_category.
-- Reads: warehouse. Writes: analytics.mv_monthly_sales_by_category.
-- Rerunnable: only rows that differ are replaced, and readers never wait.
refresh materialized view concurrently analytics.mv_monthly_sales_by_category;
