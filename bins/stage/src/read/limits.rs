//! Limits on what is read.

/// What a file may ask for.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Longest record in bytes of UTF-8, quoted line breaks included; at most 1 GiB.
    pub record_bytes_max: usize,
    /// Most bytes that a packed file may unpack to.
    pub unpacked_bytes_max: u64,
    /// Most bytes that one packed byte may unpack to, once it is 16 MiB of them.
    pub unpacked_ratio_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            record_bytes_max: 1024 * 1024,
            unpacked_bytes_max: 256 * 1024 * 1024 * 1024,
            unpacked_ratio_max: 200,
        }
    }
}
