-- Compiling the long expressions of these statements costs more than it saves.
set local jit = off;
