-- Grain: one row. Reads: a setting of the server. Writes: nothing. Rerunnable: reads only.
select current_setting('server_version') as server_version
