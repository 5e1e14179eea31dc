-- Grain: one row: labels of files that were not read, and findings that follow from others.
-- Reads: ops.fault_labels, ops.fault_findings. Writes: nothing. Rerunnable: reads only.
select
    (
        select count(*)
        from ops.fault_labels as label
        where
            label.source_line is not null
            and label.outcome = 'not read'
    ) as labels_not_read,
    (
        select count(*)
        from ops.fault_findings as finding
        where
            finding.standing = 'consequence'
            and finding.verdict = 'consequence'
    ) as rows_held_with_orders,
    (
        select count(*)
        from ops.fault_findings as finding
        where
            finding.standing = 'consequence'
            and finding.verdict not in ('consequence', 'warned')
    ) as rows_held_for_others,
    (
        select count(*)
        from ops.fault_findings as finding
        where
            finding.standing = 'consequence'
            and finding.verdict = 'warned'
    ) as rows_warned_for_others
