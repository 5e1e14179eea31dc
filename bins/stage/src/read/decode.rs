//! A file's bytes into UTF-8.
//!
//! Invariant: a byte that is no text never becomes a character. It reaches the record as a byte that
//! is no UTF-8, so that exactly this record is rejected.

use common::Failure;

use super::input::Input;
use crate::source::Encoding;

/// Most bytes that one step needs in its output: a character of UTF-8, and what encoding_rs asks
/// for beside it.
pub(super) const OUTPUT_BYTES_MIN: usize = 16;
const ENCODED_BUFFER_BYTES: usize = 64 * 1024;
/// Stands for what is no text; no UTF-8 holds it.
const NO_TEXT: u8 = 0xff;
/// Most bytes that a character of a single-byte encoding takes in UTF-8.
const CHARACTER_BYTES_MAX: usize = 3;

/// Windows-1252 from 0x80 to 0x9f; five bytes are no character.
const WINDOWS_1252: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    Some('ƒ'),
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    Some('ˆ'),
    Some('‰'),
    Some('Š'),
    Some('‹'),
    Some('Œ'),
    None,
    Some('Ž'),
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    Some('˜'),
    Some('™'),
    Some('š'),
    Some('›'),
    Some('œ'),
    None,
    Some('ž'),
    Some('Ÿ'),
];

/// A file's text in UTF-8.
#[derive(Debug)]
pub(super) struct Text {
    input: Input,
    /// First bytes of the file that are still to come.
    head: Vec<u8>,
    decoder: Decoder,
    encoded: Vec<u8>,
    start: usize,
    end: usize,
    is_input_over: bool,
    is_over: bool,
}

#[derive(Debug)]
enum Decoder {
    /// UTF-8 goes through as it is.
    None,
    Latin1,
    Windows1252,
    Utf16(Box<encoding_rs::Decoder>),
}

impl Text {
    /// Looks at the byte-order mark.
    ///
    /// # Errors
    /// When the reader fails; exit code 2 where the mark is not that of the declared encoding.
    pub(super) fn new(mut input: Input, declared: Encoding) -> anyhow::Result<Self> {
        let mut head = Vec::new();
        let mut byte = [0];
        while head.len() < 3 && input.read(&mut byte)? > 0 {
            head.push(byte[0]);
        }
        let mark = Mark::of(&head);
        let decoder = decoder_of(declared, mark)?;
        head.drain(..mark.map_or(0, Mark::len));
        let encoded_bytes = match decoder {
            Decoder::None => 0,
            _ => ENCODED_BUFFER_BYTES,
        };
        Ok(Self {
            input,
            head,
            decoder,
            encoded: vec![0; encoded_bytes],
            start: 0,
            end: 0,
            is_input_over: false,
            is_over: false,
        })
    }

    /// Text into at least `OUTPUT_BYTES_MIN` bytes of `output`; 0 at the end.
    ///
    /// # Errors
    /// As [`Input::read`].
    pub(super) fn read(&mut self, output: &mut [u8]) -> anyhow::Result<usize> {
        if matches!(self.decoder, Decoder::None) {
            return self.read_encoded(output);
        }
        while !self.is_over {
            if self.start == self.end && !self.is_input_over {
                let mut encoded = std::mem::take(&mut self.encoded);
                let count = self.read_encoded(&mut encoded);
                self.encoded = encoded;
                (self.start, self.end) = (0, count?);
                self.is_input_over = self.end == 0;
            }
            let written = self.decode(output);
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }

    pub(super) fn input(&self) -> &Input {
        &self.input
    }

    pub(super) fn into_input(self) -> Input {
        self.input
    }

    fn read_encoded(&mut self, buffer: &mut [u8]) -> anyhow::Result<usize> {
        if self.head.is_empty() {
            return self.input.read(buffer);
        }
        let count = self.head.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.head[..count]);
        self.head.drain(..count);
        Ok(count)
    }

    fn decode(&mut self, output: &mut [u8]) -> usize {
        let source = &self.encoded[self.start..self.end];
        let (taken, written) = match &mut self.decoder {
            Decoder::Utf16(decoder) => {
                let is_last = self.is_input_over;
                let (taken, written, is_done) = decode_utf16(decoder, source, output, is_last);
                self.is_over = is_done && is_last;
                (taken, written)
            }
            Decoder::Latin1 => decode_bytes(source, output, |it| Some(char::from(it))),
            Decoder::Windows1252 | Decoder::None => decode_bytes(source, output, windows_1252),
        };
        if !matches!(self.decoder, Decoder::Utf16(_)) {
            self.is_over = self.is_input_over;
        }
        self.start += taken;
        written
    }
}

/// A byte-order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Mark {
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0xef, 0xbb, 0xbf, ..] => Some(Self::Utf8),
            [0xff, 0xfe, ..] => Some(Self::Utf16Le),
            [0xfe, 0xff, ..] => Some(Self::Utf16Be),
            _ => None,
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Utf8 => 3,
            Self::Utf16Le | Self::Utf16Be => 2,
        }
    }
}

fn decoder_of(declared: Encoding, mark: Option<Mark>) -> anyhow::Result<Decoder> {
    let utf16 = |encoding: &'static encoding_rs::Encoding| {
        Ok(Decoder::Utf16(Box::new(
            encoding.new_decoder_without_bom_handling(),
        )))
    };
    match (declared, mark) {
        (Encoding::Utf8, None | Some(Mark::Utf8)) => Ok(Decoder::None),
        (Encoding::Latin1, None) => Ok(Decoder::Latin1),
        (Encoding::Windows1252, None) => Ok(Decoder::Windows1252),
        (Encoding::Utf16, Some(Mark::Utf16Le))
        | (Encoding::Utf16Le, None | Some(Mark::Utf16Le)) => utf16(encoding_rs::UTF_16LE),
        (Encoding::Utf16, Some(Mark::Utf16Be))
        | (Encoding::Utf16Be, None | Some(Mark::Utf16Be)) => utf16(encoding_rs::UTF_16BE),
        (Encoding::Utf16, None) => Err(Failure::usage(
            "it has no byte-order mark, so which byte of UTF-16 comes first is a guess; set \
             encoding = \"utf-16le\" or \"utf-16be\"",
        )
        .into()),
        (_, Some(Mark::Utf8)) => Err(other_mark("UTF-8", "utf-8")),
        (_, Some(Mark::Utf16Le | Mark::Utf16Be)) => Err(other_mark("UTF-16", "utf-16")),
    }
}

fn other_mark(found: &str, encoding: &str) -> anyhow::Error {
    Failure::usage(format!(
        "it begins with the byte-order mark of {found}, which is not the encoding that source.toml \
         declares; set encoding = \"{encoding}\""
    ))
    .into()
}

/// Bytes taken, bytes written, and whether all were taken.
fn decode_utf16(
    decoder: &mut encoding_rs::Decoder,
    source: &[u8],
    output: &mut [u8],
    is_last: bool,
) -> (usize, usize, bool) {
    let room = output.len().saturating_sub(1);
    let (result, taken, mut written) =
        decoder.decode_to_utf8_without_replacement(source, &mut output[..room], is_last);
    if matches!(result, encoding_rs::DecoderResult::Malformed(..)) {
        output[written] = NO_TEXT;
        written += 1;
    }
    let is_done = result == encoding_rs::DecoderResult::InputEmpty;
    (taken, written, is_done)
}

fn windows_1252(byte: u8) -> Option<char> {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => Some(char::from(byte)),
    }
}

/// Bytes taken and bytes written.
fn decode_bytes(
    source: &[u8],
    output: &mut [u8],
    character: impl Fn(u8) -> Option<char>,
) -> (usize, usize) {
    let (mut taken, mut written) = (0, 0);
    while taken < source.len() && output.len() - written >= CHARACTER_BYTES_MAX {
        let room = (output.len() - written).min(source.len() - taken);
        let run = &source[taken..taken + room];
        let plain = run.iter().position(|it| !it.is_ascii()).unwrap_or(room);
        output[written..written + plain].copy_from_slice(&run[..plain]);
        taken += plain;
        written += plain;
        if plain == room || output.len() - written < CHARACTER_BYTES_MAX {
            continue;
        }
        match character(source[taken]) {
            Some(character) => written += character.encode_utf8(&mut output[written..]).len(),
            None => {
                output[written] = NO_TEXT;
                written += 1;
            }
        }
        taken += 1;
    }
    (taken, written)
}
