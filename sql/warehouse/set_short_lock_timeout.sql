-- Partitions for months to come can wait for another run; readers should not wait for them.
set local lock_timeout = '2s';
