-- Returns: name and hash of every applied migration.
select
    name,
    sha256
from ops.migrations
order by name collate "C";
