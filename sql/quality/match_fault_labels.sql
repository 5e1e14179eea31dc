-- Grain: one row per label of a row.
-- Reads: ops.raw_files, ops.fault_findings. Writes: ops.fault_labels.
-- Rerunnable: the same findings give the same outcomes.
-- $1 batch, $2 whether the gate blocked it.
with

files as (

    select distinct on (file.path)
        file.path,
        file.table_name
    from ops.raw_files as file
    where file.batch_id = $1
    order by file.path asc, file.file_id desc

),

strictest as (

    -- Where one record became several rows, the strictest verdict counts.
    select distinct on (finding.source_file, finding.source_line)
        finding.source_file,
        finding.source_line,
        finding.verdict
    from ops.fault_findings as finding
    where finding.source_line is not null
    order by
        finding.source_file asc,
        finding.source_line asc,
        array_position(
            array['rejected', 'quarantined', 'superseded', 'consequence', 'warned'],
            finding.verdict
        ) asc

),

matched as (

    select
        label.label_line,
        files.table_name as dataset,
        strictest.verdict,
        case
            when files.path is null then 'not read'
            when label.expected = 'gate' and $2::boolean then 'met'
            when strictest.verdict is null then 'missed'
            when label.expected = 'reject' and strictest.verdict = 'rejected' then 'met'
            when label.expected = 'quarantine' and strictest.verdict <> 'warned' then 'met'
            when label.expected = 'warning' then 'met'
            else 'otherwise'
        end as outcome
    from ops.fault_labels as label
    left join files
        on label.source_file = files.path
    left join strictest
        on
            label.source_file = strictest.source_file
            and label.source_line = strictest.source_line
    where label.source_line is not null

),

written as (

    update ops.fault_labels as label set
        dataset = matched.dataset,
        verdict = matched.verdict,
        outcome = matched.outcome
    from matched
    where label.label_line = matched.label_line
    returning 1

)

select count(*) as row_count
from written
