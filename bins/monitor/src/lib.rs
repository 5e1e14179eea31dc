//! Tell how the pipeline and its data are doing.
