//! One line of JSON into the fields that a table's columns name.
//!
//! Invariant: numbers keep the digits that were written, and of a key that comes twice no value is
//! chosen.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::fmt;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use super::record::{Fault, Field, Kind, Record};

/// Most keys of a file's objects that may become columns.
pub(crate) const UNKNOWN_KEYS_MAX: usize = 1_000;

/// Finds the fields of a record by their paths.
#[derive(Debug)]
pub(super) struct Picker {
    root: Node,
    /// The line, as a stamp, that last gave each field a value or a null.
    given: Vec<u64>,
    /// Fields that no good line gave so far; all of them before the first one.
    missing: Vec<usize>,
    has_records: bool,
    /// Lines that were read, so that a node knows which of them it saw last.
    stamp: u64,
    ignored: HashSet<String>,
    unknown: IndexMap<String, u64>,
}

/// A key that leads to fields.
#[derive(Debug, Default)]
struct Node {
    field: Option<usize>,
    children: HashMap<String, Node>,
    seen: u64,
}

/// What is wrong, and with which field.
type Problem = (Fault, usize);

impl Picker {
    /// Fields in the order of `paths`; a dot leads into an object.
    pub(super) fn new(paths: &[String], ignored: &[String]) -> Self {
        let mut root = Node::default();
        for (index, path) in paths.iter().enumerate() {
            let mut node = &mut root;
            for key in path.split('.') {
                node = node.children.entry(key.to_owned()).or_default();
            }
            node.field = Some(index);
        }
        Self {
            root,
            given: vec![0; paths.len()],
            missing: (0..paths.len()).collect(),
            has_records: false,
            stamp: 0,
            ignored: ignored.iter().cloned().collect(),
            unknown: IndexMap::new(),
        }
    }

    /// Keys that lead to no field and are not ignored, with the first line of each; at most one
    /// more than the limit, which tells that it was passed.
    pub(super) fn unknown_keys(&self) -> &IndexMap<String, u64> {
        &self.unknown
    }

    /// Fields that no line without a fault gave, though there is such a line. An object that is null
    /// gives all of its fields.
    pub(super) fn missing(&self) -> &[usize] {
        if self.has_records { &self.missing } else { &[] }
    }

    /// Fills the record from its line.
    pub(super) fn pick(&mut self, line: &[u8], record: &mut Record) {
        self.stamp += 1;
        let null = Field::new(0, 0, Kind::Null);
        record.fields.resize(self.given.len(), null);
        if let Ok(text) = std::str::from_utf8(line) {
            let mut walk = Walk {
                stamp: self.stamp,
                given: &mut self.given,
                ignored: &self.ignored,
                unknown: &mut self.unknown,
                record,
                prefix: String::new(),
            };
            if let Err((fault, field)) = walk.object(text.trim_ascii(), &mut self.root, 0) {
                let number = record.line;
                record.note(fault, field, number);
            }
        }
        record.keep(line, Fault::JsonNotUtf8, None);
        if record.fault.is_none() {
            self.has_records = true;
            let (given, stamp) = (&self.given, self.stamp);
            self.missing.retain(|it| given[*it] != stamp);
        }
    }
}

/// One line on its way into a record.
struct Walk<'a> {
    stamp: u64,
    given: &'a mut [u64],
    ignored: &'a HashSet<String>,
    unknown: &'a mut IndexMap<String, u64>,
    record: &'a mut Record,
    /// Keys that led here, each with a dot behind it.
    prefix: String,
}

impl Walk<'_> {
    /// `field` is the one to blame.
    fn object(&mut self, text: &str, node: &mut Node, field: usize) -> Result<(), Problem> {
        if !text.starts_with('{') {
            let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
            let fault = if is_json {
                Fault::NotAnObject
            } else {
                Fault::InvalidJson
            };
            return Err((fault, field));
        }
        let mut problem = (Fault::InvalidJson, field);
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let entries = Entries(|key: &str, value: &str| {
            let outcome = self.entry(key, value, node);
            outcome.map_err(|it| problem = it)
        });
        let outcome = entries.deserialize(&mut deserializer);
        match outcome.and_then(|()| deserializer.end()) {
            Ok(()) => Ok(()),
            Err(_) => Err(problem),
        }
    }

    fn entry(&mut self, key: &str, value: &str, parent: &mut Node) -> Result<(), Problem> {
        let Some(node) = parent.children.get_mut(key) else {
            // An object that is a field as a whole has no unknown keys.
            if parent.field.is_none() {
                self.note_unknown(key);
            }
            return Ok(());
        };
        let blamed = node.first_field();
        if node.seen == self.stamp {
            return Err((Fault::DuplicateKey, blamed));
        }
        node.seen = self.stamp;
        if let Some(field) = node.field {
            self.set(field, value)?;
        }
        if value == "null" {
            node.give(self.given, self.stamp);
        }
        if node.children.is_empty() || value == "null" {
            return Ok(());
        }
        let length = self.prefix.len();
        self.prefix.push_str(key);
        self.prefix.push('.');
        let outcome = self.object(value, node, blamed);
        self.prefix.truncate(length);
        outcome
    }

    fn note_unknown(&mut self, key: &str) {
        let path: Cow<'_, str> = if self.prefix.is_empty() {
            Cow::Borrowed(key)
        } else {
            Cow::Owned(format!("{}{key}", self.prefix))
        };
        let is_known = self.unknown.contains_key(path.as_ref());
        if is_known || self.unknown.len() > UNKNOWN_KEYS_MAX || self.ignored.contains(path.as_ref())
        {
            return;
        }
        self.unknown.insert(path.into_owned(), self.record.line);
    }

    fn set(&mut self, field: usize, value: &str) -> Result<(), Problem> {
        let start = self.record.unescaped.len();
        let unescaped = &mut self.record.unescaped;
        let kind = match value.as_bytes().first() {
            Some(b'n') => Kind::Null,
            Some(b'"') if !value.contains('\\') => {
                unescaped.extend_from_slice(&value.as_bytes()[1..value.len() - 1]);
                Kind::QuotedUnescaped
            }
            Some(b'"') => {
                let text: String =
                    serde_json::from_str(value).map_err(|_| (Fault::InvalidJson, field))?;
                unescaped.extend_from_slice(text.as_bytes());
                Kind::QuotedUnescaped
            }
            Some(b'{' | b'[') => {
                check_json(value).map_err(|fault| (fault, field))?;
                unescaped.extend_from_slice(value.as_bytes());
                Kind::Unescaped
            }
            _ => {
                unescaped.extend_from_slice(value.as_bytes());
                Kind::Unescaped
            }
        };
        self.given[field] = self.stamp;
        self.record.fields[field] = Field::new(start, unescaped.len(), kind);
        Ok(())
    }
}

impl Node {
    /// Notes that a line gave all the fields that it leads to.
    fn give(&self, given: &mut [u64], stamp: u64) {
        if let Some(field) = self.field {
            given[field] = stamp;
        }
        for child in self.children.values() {
            child.give(given, stamp);
        }
    }

    /// The first of the fields that it leads to.
    fn first_field(&self) -> usize {
        let below = self.children.values().map(Self::first_field);
        self.field.into_iter().chain(below).min().unwrap_or(0)
    }
}

/// Hands over the entries of an object, each value as it is written.
struct Entries<F>(F);

impl<'de, F> DeserializeSeed<'de> for Entries<F>
where
    F: FnMut(&str, &'de str) -> Result<(), ()>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F> Visitor<'de> for Entries<F>
where
    F: FnMut(&str, &'de str) -> Result<(), ()>,
{
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let value: &'de RawValue = map.next_value()?;
            (self.0)(&key, value.get()).map_err(|()| A::Error::custom("refused"))?;
        }
        Ok(())
    }
}

/// A key, borrowed where it holds no escape.
#[derive(Deserialize, PartialEq, Eq, Hash)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// Whether a text is one JSON value, in which no object holds a key twice, at any depth.
///
/// # Errors
/// The fault, which is one of JSON.
pub(crate) fn check_json(text: &str) -> Result<(), Fault> {
    let is_twice = Cell::new(false);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Keys(&is_twice)
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|_| match is_twice.get() {
            true => Fault::DuplicateKey,
            false => Fault::InvalidJson,
        })
}

/// Any value, of which only the keys are looked at.
#[derive(Clone, Copy)]
struct Keys<'a>(&'a Cell<bool>);

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            if !keys.insert(key) {
                self.0.set(true);
                return Err(A::Error::custom("a key comes twice"));
            }
            map.next_value_seed(self)?;
        }
        Ok(())
    }
}
