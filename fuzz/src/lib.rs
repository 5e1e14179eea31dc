//! What the targets share: inputs that begin with a choice of options.
//!
//! An input is a head of single characters, each of which picks one of some options, and a body.
//! `0` picks the default everywhere, so that seeds can be written and read by people.

mod dialect;
mod numeric;

pub use dialect::{Packing, Trial};
pub use numeric::{decode_numeric, plain_decimal};

use std::io::{self, Cursor, Read};

/// Takes choices from the head of an input.
#[derive(Debug)]
pub struct Choices<'a> {
    rest: &'a [u8],
}

impl<'a> Choices<'a> {
    /// Choices from an input's beginning.
    pub fn new(input: &'a [u8]) -> Self {
        Self { rest: input }
    }

    /// One of some options; the first one where the input has ended.
    pub fn pick<T: Clone>(&mut self, options: &[T]) -> T {
        let byte = self.rest.split_off_first().copied().unwrap_or(b'0');
        let index = usize::from(byte.wrapping_sub(b'0')) % options.len();
        options[index].clone()
    }

    /// What follows the choices.
    pub fn body(self) -> &'a [u8] {
        self.rest
    }
}

/// A reader that gives at most so many bytes at a time.
#[derive(Debug)]
pub struct Chunked {
    bytes: Cursor<Vec<u8>>,
    chunk_bytes: usize,
}

impl Chunked {
    /// Gives `bytes` in chunks.
    pub fn new(bytes: &[u8], chunk_bytes: usize) -> Self {
        Self {
            bytes: Cursor::new(bytes.to_vec()),
            chunk_bytes,
        }
    }
}

impl Read for Chunked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.chunk_bytes);
        self.bytes.read(&mut buffer[..length])
    }
}
