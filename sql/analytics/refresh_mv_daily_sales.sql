-- Grain: that of analytics.mv_daily_sales.
-- Reads: warehouse. Writes: analytics.mv_daily_sales.
-- Rerunnable: only rows that differ are replaced, and readers never wait.
refresh materialized view concurrently analytics.mv_daily_sales;
