-- Grain: that of analytics.mv_top_products_by_revenue.
-- Reads: warehouse. Writes: analytics.mv_top_products_by_revenue.
-- Rerunnable: only rows that differ are replaced, and readers never wait.
refresh materialized view concurrently analytics.mv_top_products_by_revenue;
