-- Writes: statistics for the planner. Rerunnable: always.
analyze ops.fault_labels, ops.fault_findings
