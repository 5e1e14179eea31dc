//! Packed files, made of parts that are packed by themselves.
//!
//! gzip (RFC 1952) and Zstandard (RFC 8878) files may be several members, or frames, one after the
//! other. So each part is packed where it was made, on any thread, and the bytes do not depend on it.

use std::io::Write as _;

use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::settings::Compression;

pub(super) fn pack(bytes: Vec<u8>, compression: Compression) -> anyhow::Result<Vec<u8>> {
    if bytes.is_empty() {
        return Ok(bytes);
    }
    match compression {
        Compression::None => Ok(bytes),
        Compression::Gz => {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&bytes)?;
            Ok(encoder.finish()?)
        }
        Compression::Zst => Ok(compress_to_vec(bytes.as_slice(), CompressionLevel::Fastest)),
    }
}

/// What a packed file's name ends with.
pub(super) fn ending(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "",
        Compression::Gz => ".gz",
        Compression::Zst => ".zst",
    }
}
