//! What a file is made of, guessed: `stage inspect` tells it, `stage init` writes it down.
//!
//! Architecture invariant: guesses are made here and nowhere else. A load follows `source.toml`;
//! nothing of this module runs in it. Every guess is tried on the whole file, with the reader that
//! loads it, before it is told. Values of a file are shown on the terminal of whoever asks, and
//! never logged.

mod column;
mod conclude;
mod declare;
mod dialect;
mod flags;
mod inspect;
mod layout;
mod nulls;
mod numbers;
mod oddities;
mod profile;
mod split;
mod survey;
mod times;
