//! Plants faults among the rows of one block of one file.

use std::sync::Arc;

use csv::ByteRecord;
use rand_chacha::ChaCha8Rng;

use super::change;
use super::gaps::Gaps;
use super::json::json_line;
use super::kind::Kind;
use super::label::{Label, natural_key, position, text};
use super::spots::{How, Spot, of};
use crate::output::File;
use crate::random::{Weighted, below};

/// What is written where a row was to be.
#[derive(Debug)]
pub(crate) struct Planted {
    pub(crate) row: PlantedRow,
    /// Whether the row as it was follows on the next line.
    pub(crate) is_additional: bool,
    pub(crate) label: Label,
}

/// A row with a fault.
#[derive(Debug)]
pub(crate) enum PlantedRow {
    /// Values in the order of the file's columns; of CSV they may be too few, too many or no UTF-8,
    /// which a flexible writer of bytes takes.
    Record(ByteRecord),
    /// A line of JSON that no writer would write, with the line feed at its end.
    Line(Vec<u8>),
}

/// What may be planted in one file.
#[derive(Debug)]
pub(super) struct Bed {
    file: File,
    gaps: Gaps,
    kinds: Vec<(Kind, Vec<&'static Spot>)>,
    weights: Weighted,
    customer_count: u64,
}

impl Bed {
    /// None where no kind has a share of the rows.
    pub(super) fn new(file: File, shares: &[(Kind, f64)], customer_count: u64) -> Option<Self> {
        let kinds: Vec<_> = shares
            .iter()
            .map(|&(kind, _)| {
                let spots: Vec<_> = of(file).filter(|spot| spot.how.kind() == kind).collect();
                (kind, spots)
            })
            .collect();
        let total: f64 = shares.iter().map(|(_, share)| share).sum();
        // Weights are whole numbers; a share of one in a billion still has one of its own.
        let weights = Weighted::new(shares.iter().map(|(_, share)| (share * 1e12) as u64));
        (total > 0.0).then(|| Self {
            file,
            gaps: Gaps::of_share(total),
            kinds,
            weights,
            customer_count,
        })
    }
}

/// The faults of one block, in the order of its rows.
#[derive(Debug)]
pub(crate) struct Planter {
    bed: Arc<Bed>,
    rng: ChaCha8Rng,
    /// Rows to pass before the next fault.
    gap: u64,
    /// A fault that waits for a row that can have it.
    waiting: Option<usize>,
}

impl Planter {
    pub(super) fn new(bed: Arc<Bed>, mut rng: ChaCha8Rng) -> Self {
        let gap = bed.gaps.draw(&mut rng);
        Self {
            bed,
            rng,
            gap,
            waiting: None,
        }
    }

    /// To be called with each row in order; none leaves it as it is.
    #[inline]
    pub(crate) fn plant(&mut self, row: &ByteRecord) -> Option<Planted> {
        if self.gap > 0 {
            self.gap -= 1;
            return None;
        }
        self.plant_here(row)
    }

    #[cold]
    fn plant_here(&mut self, row: &ByteRecord) -> Option<Planted> {
        let bed = Arc::clone(&self.bed);
        let kind = match self.waiting {
            Some(kind) => kind,
            None => bed.weights.pick(&mut self.rng),
        };
        let (_, spots) = &bed.kinds[kind];
        let first = below(&mut self.rng, spots.len() as u64) as usize;
        let planted = (0..spots.len())
            .map(|step| spots[(first + step) % spots.len()])
            .find_map(|spot| self.damage(spot, row));
        if planted.is_none() {
            self.waiting = Some(kind);
            return None;
        }
        self.waiting = None;
        self.gap = bed.gaps.draw(&mut self.rng);
        planted
    }

    /// The row as that spot makes it, if it can.
    fn damage(&mut self, spot: &Spot, row: &ByteRecord) -> Option<Planted> {
        let damage = Damage {
            spot,
            row,
            at: spot.column.and_then(|column| position(spot.file, column)),
            customer_count: self.bed.customer_count,
        };
        let (planted, is_additional) = damage.of(&mut self.rng)?;
        let key = match &planted {
            PlantedRow::Record(record) if is_additional => natural_key(self.bed.file, record),
            _ => natural_key(self.bed.file, row),
        };
        let clean = damage.at.filter(|_| !is_additional);
        Some(Planted {
            row: planted,
            is_additional,
            label: Label {
                key: Some(key),
                kind: spot.how.kind(),
                field: spot.column,
                clean: clean.and_then(|at| row.get(at)).map(text),
                expected: spot.expected,
            },
        })
    }
}

/// A row on its way to be damaged in one spot.
struct Damage<'a> {
    spot: &'a Spot,
    row: &'a ByteRecord,
    /// Position of the spot's column.
    at: Option<usize>,
    customer_count: u64,
}

impl Damage<'_> {
    /// The row with its fault, and whether it comes on top of the row as it was.
    fn of(&self, rng: &mut ChaCha8Rng) -> Option<(PlantedRow, bool)> {
        let value = self.value()?;
        let file = self.spot.file;
        let in_place = match self.spot.how {
            How::Again => return Some((PlantedRow::Record(self.row.clone()), true)),
            How::AgainOtherDigit => return self.again(change::other_digit(value)?),
            How::AgainOtherText => return self.again(change::other_text(value)?),
            How::AgainOneMore => return self.again_with_one_more(),
            How::AgainSameEmail => {
                return self.again_as(value, "email", "first_name", change::initial);
            }
            How::AgainSamePerson => {
                return self.again_as(value, "postal_code", "email", change::other_email);
            }
            How::Further(own) => return self.further(value, own),
            How::Latin1 => {
                let damaged = self.with(self.at?, &change::latin_1(value.as_bytes(), rng)?);
                return Some((as_written(file, damaged)?, false));
            }
            How::FieldMissing => {
                let kept = self.row.len().checked_sub(1)?;
                let short: ByteRecord = self.row.iter().take(kept).collect();
                return Some((PlantedRow::Record(short), false));
            }
            How::FieldExtra => {
                let mut long = self.row.clone();
                long.push_field(b"");
                return Some((PlantedRow::Record(long), false));
            }
            How::Unclosed => return Some((PlantedRow::Line(self.unclosed()?), false)),
            How::Empty => change::emptied(value)?,
            How::Unknown => change::unknown(value)?,
            How::Negative => change::negative(value)?,
            How::NegativePayment if self.is_paid() => change::negative(value)?,
            How::Zero => nonzero(value, "0")?,
            How::OverHundred => nonempty(value, "150.00")?,
            How::Off => change::off(value, rng)?,
            How::WithoutAt => change::without_at(value)?,
            How::SlashDate => change::slash_date(value)?,
            How::Masked => change::masked(value)?,
            How::Word => change::word(value, rng)?,
            How::YearsAhead => change::years_ahead(value)?,
            // A line that costs nothing hides what a unit costs.
            How::HundredfoldPrice if self.hundredths("line_total")? != 0 => {
                change::hundredfold(value)?
            }
            How::HundredfoldPayment if self.is_paid() => change::hundredfold(value)?,
            How::NegativePayment | How::HundredfoldPrice | How::HundredfoldPayment => return None,
        };
        let damaged = self.with(self.at?, in_place.as_bytes());
        Some((PlantedRow::Record(damaged), false))
    }

    /// The spot's value, "" where it has no column.
    fn value(&self) -> Option<&str> {
        match self.at {
            None => Some(""),
            Some(at) => std::str::from_utf8(self.row.get(at)?).ok(),
        }
    }

    fn field(&self, column: &str) -> Option<&str> {
        let at = position(self.spot.file, column)?;
        std::str::from_utf8(self.row.get(at)?).ok()
    }

    fn hundredths(&self, column: &str) -> Option<i64> {
        change::hundredths(self.field(column)?)
    }

    /// Amounts that failed or went back do not count, or may be negative.
    fn is_paid(&self) -> bool {
        self.field("status") == Some("paid")
    }

    /// The row with another value at that position.
    fn with(&self, at: usize, value: &[u8]) -> ByteRecord {
        replaced(self.row, at, value)
    }

    fn again(&self, value: String) -> Option<(PlantedRow, bool)> {
        let copy = self.with(self.at?, value.as_bytes());
        Some((PlantedRow::Record(copy), true))
    }

    fn again_with_one_more(&self) -> Option<(PlantedRow, bool)> {
        let (quantity, total) = change::one_unit_more(
            self.field("quantity")?,
            self.field("unit_price")?,
            self.field("discount_percentage")?,
        )?;
        let copy = self.with(self.at?, quantity.as_bytes());
        let total_at = position(self.spot.file, "line_total")?;
        let copy = replaced(&copy, total_at, total.as_bytes());
        Some((PlantedRow::Record(copy), true))
    }

    /// The customer under an id beyond the last one, alike in one column and not in another.
    fn again_as(
        &self,
        id: &str,
        alike: &str,
        other: &str,
        change: impl Fn(&str) -> Option<String>,
    ) -> Option<(PlantedRow, bool)> {
        let further = change::further_id(id, self.customer_count)?;
        let is_known = !self.field(alike)?.is_empty();
        let changed = change(self.field(other)?).filter(|_| is_known)?;
        let copy = self.with(self.at?, further.as_bytes());
        let other_at = position(self.spot.file, other)?;
        let copy = replaced(&copy, other_at, changed.as_bytes());
        Some((PlantedRow::Record(copy), true))
    }

    /// One row more that belongs to nothing, so that what this row belongs to stays whole.
    fn further(&self, reference: &str, own: &[&str]) -> Option<(PlantedRow, bool)> {
        let mut row = self.with(self.at?, change::unknown(reference)?.as_bytes());
        for column in own {
            let id = change::unknown(self.field(column)?)?;
            row = replaced(&row, position(self.spot.file, column)?, id.as_bytes());
        }
        Some((PlantedRow::Record(row), true))
    }

    fn unclosed(&self) -> Option<Vec<u8>> {
        let mut line = json_line(self.spot.file, self.row)?;
        let brace = line.iter().rposition(|&byte| byte == b'}')?;
        line.remove(brace);
        Some(line)
    }
}

/// A row with bytes that are no UTF-8.
fn as_written(file: File, row: ByteRecord) -> Option<PlantedRow> {
    if file.is_json() {
        return json_line(file, &row).map(PlantedRow::Line);
    }
    Some(PlantedRow::Record(row))
}

fn replaced(row: &ByteRecord, position: usize, value: &[u8]) -> ByteRecord {
    let fields = row.iter().enumerate();
    fields
        .map(|(at, field)| if at == position { value } else { field })
        .collect()
}

fn nonempty(value: &str, instead: &str) -> Option<String> {
    (!value.is_empty()).then(|| instead.to_owned())
}

fn nonzero(value: &str, instead: &str) -> Option<String> {
    let is_nonzero = value.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    is_nonzero.then(|| instead.to_owned())
}
