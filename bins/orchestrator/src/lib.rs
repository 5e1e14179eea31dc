//! Run the pipeline's programs in order, under one lock.
