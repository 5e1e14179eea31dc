-- Writes: ops.fault_labels, ops.fault_findings. Rerunnable: what is empty stays so.
-- The files that are emptied are new ones, which go with the transaction: no dead row stays behind.
truncate ops.fault_labels, ops.fault_findings
