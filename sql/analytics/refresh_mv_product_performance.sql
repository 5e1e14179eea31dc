-- Grain: that of analytics.mv_product_performance.
-- Reads: warehouse. Writes: analytics.mv_product_performance.
-- Rerunnable: only rows that differ are replaced, and readers never wait.
refresh materialized view concurrently analytics.mv_product_performance;
