//! Check the staged batch against its contracts and hold bad rows back.
