-- Grain: one row per false alarm that can be put to a kind of fault.
-- Reads and writes: ops.fault_findings.
-- Rerunnable: the same findings give the same kinds.
-- A rule belongs to the kind of which it found most planted rows; where it found none, its false
-- alarms count against no kind, and in the sum alone.
with

votes as (

    select
        broken.rule,
        finding.kind,
        count(*) as row_count
    from ops.fault_findings as finding
    cross join lateral unnest(finding.rules) as broken (rule)
    where finding.standing = 'planted'
    group by
        broken.rule,
        finding.kind

),

rule_kinds as (

    select distinct on (votes.rule)
        votes.rule,
        votes.kind
    from votes
    order by votes.rule asc, votes.row_count desc, votes.kind collate "C" asc

),

blamed as (

    select distinct on (finding.finding_id)
        finding.finding_id,
        rule_kinds.kind
    from ops.fault_findings as finding
    cross join lateral unnest(finding.rules) with ordinality as broken (rule, place)
    inner join rule_kinds
        on broken.rule = rule_kinds.rule
    where finding.standing = 'false alarm'
    order by finding.finding_id asc, broken.place asc

),

written as (

    update ops.fault_findings as finding set
        kind = blamed.kind
    from blamed
    where finding.finding_id = blamed.finding_id
    returning 1

)

select count(*) as row_count
from written
