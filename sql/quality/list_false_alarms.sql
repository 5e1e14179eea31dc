-- Grain: one row per set of rules that rows break without a label, with the first of these rows.
-- Reads: ops.fault_findings. Writes: nothing. Rerunnable: reads only.
-- $1 most rows.
select
    finding.rules,
    finding.verdict,
    count(*) as row_count,
    (
        array_agg(
            finding.source_file
            order by finding.source_file collate "C" asc, finding.source_line asc
        )
    )[1] as source_file,
    (
        array_agg(
            finding.source_line
            order by finding.source_file collate "C" asc, finding.source_line asc
        )
    )[1] as source_line
from ops.fault_findings as finding
where finding.standing = 'false alarm'
group by
    finding.rules,
    finding.verdict
order by
    count(*) desc,
    finding.rules collate "C" asc,
    finding.verdict collate "C" asc
limit $1
