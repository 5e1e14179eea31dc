-- Grain: one row per shop that was ever published.
-- Reads: production.retailers. Writes: nothing. Rerunnable: reads only.
select retailers.source
from production.retailers
order by retailers.source
