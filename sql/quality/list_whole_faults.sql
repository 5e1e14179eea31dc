-- Grain: one row per fault of a whole file or day, and what became of it.
-- Reads: ops.fault_labels. Writes: nothing. Rerunnable: reads only.
-- $1 whether the gate blocked the batch, $2 why a file was refused, $3 most rows.
select
    label.kind,
    label.source_file,
    label.natural_key,
    label.expected,
    case
        when position(label.source_file in coalesce($2::text, '')) > 0 then 'file refused'
        when $1::boolean then 'gate'
        else 'not seen'
    end as verdict
from ops.fault_labels as label
where label.source_line is null
order by label.label_line asc
limit $3
