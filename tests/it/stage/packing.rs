//! Bytes packed as gzip and zstd.

use std::io::Write as _;

/// Longest block of zstd.
pub(super) const ZSTD_BLOCK_BYTES: usize = 128 * 1024;

/// As gzip.
pub(super) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("gzip in memory");
    encoder.finish().expect("gzip in memory")
}

/// A block of a zstd frame that needs no compressor.
#[derive(Debug)]
pub(super) enum Block {
    /// Bytes as they are.
    Bytes(Vec<u8>),
    /// One byte so many times.
    Repeated(u8, usize),
}

/// As zstd, in one frame.
pub(super) fn zstd_of(bytes: &[u8]) -> Vec<u8> {
    let blocks: Vec<Block> = bytes
        .chunks(ZSTD_BLOCK_BYTES)
        .map(|it| Block::Bytes(it.to_vec()))
        .collect();
    zstd_frame(&blocks)
}

/// RFC 8878: a frame without checksum, one segment, its size in eight bytes.
pub(super) fn zstd_frame(blocks: &[Block]) -> Vec<u8> {
    let size: usize = blocks.iter().map(Block::size).sum();
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0];
    frame.extend_from_slice(&(size as u64).to_le_bytes());
    for (index, block) in blocks.iter().enumerate() {
        let is_last = index + 1 == blocks.len();
        let kind = u32::from(matches!(block, Block::Repeated(..)));
        let size = u32::try_from(block.size()).expect("a small block");
        let header = u32::from(is_last) | kind << 1 | size << 3;
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        match block {
            Block::Bytes(bytes) => frame.extend_from_slice(bytes),
            Block::Repeated(byte, _) => frame.push(*byte),
        }
    }
    frame
}

impl Block {
    fn size(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Repeated(_, size) => *size,
        }
    }
}
