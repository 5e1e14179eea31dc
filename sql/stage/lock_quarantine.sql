-- Writes: nothing. Waits for rejects that a killed load may still be about to commit; nobody writes
-- others until the transaction ends.
lock table ops.quarantine in share row exclusive mode;
