-- Grain: one row per label. Writes: ops.fault_labels.
-- Rerunnable: the table was empty before.
copy ops.fault_labels (
    label_line,
    source_file,
    source_line,
    natural_key,
    kind,
    field,
    clean_value,
    expected
) from stdin
