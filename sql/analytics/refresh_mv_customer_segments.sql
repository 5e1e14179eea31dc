-- Grain: that of analytics.mv_customer_segments.
-- Reads: warehouse. Writes: analytics.mv_customer_segments.
-- Rerunnable: only rows that differ are replaced, and readers never wait.
refresh materialized view concurrently analytics.mv_customer_segments;
