-- One transaction sorts and hashes whole tables, and one runs at a time.
set local work_mem = '192MB';
