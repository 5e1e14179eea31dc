-- Pages that a batch looks up are mostly in memory or on a disk without a moving head: reading one
-- by an index costs about what it costs in a scan.
set local random_page_cost = 1.1;
