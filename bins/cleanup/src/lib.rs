//! Remove what the retention rules say is due.
