//! Load raw files into landing and staging, every row once or rejected with its reason.
