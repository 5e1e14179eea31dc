-- Grain: one row per row that a batch of the source replaced: those of published batches are gone
-- for good, the others are back in landing.
-- Writes: ops.replaced_rows. Rerunnable: what is gone is not found again.
delete from ops.replaced_rows
where source = $1;
