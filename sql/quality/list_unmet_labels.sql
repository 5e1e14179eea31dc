-- Grain: one row per kind of fault, expected verdict and verdict, of labels that were not met.
-- Reads: ops.fault_labels. Writes: nothing. Rerunnable: reads only.
-- $1 most rows.
select
    label.kind,
    label.expected,
    label.outcome,
    label.verdict,
    label.dataset,
    label.field,
    count(*) as labels,
    (array_agg(label.source_file order by label.label_line asc))[1] as source_file,
    (array_agg(label.source_line order by label.label_line asc))[1] as source_line
from ops.fault_labels as label
where
    label.source_line is not null
    and label.outcome in ('missed', 'otherwise')
group by
    label.kind,
    label.expected,
    label.outcome,
    label.verdict,
    label.dataset,
    label.field
order by
    count(*) desc,
    label.kind collate "C" asc,
    label.dataset collate "C" asc,
    label.field collate "C" asc,
    label.expected collate "C" asc,
    label.verdict collate "C" asc
limit $1
