//! One plain check for each kind of faults of rows; none knows a label.
//!
//! A row that no reader would take is `encoding` or `ragged` and nothing else. Of the others, each
//! check says how it tells its kind from those that look like it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::columns::{DATES, KEYS, NEEDED, NOT_NEGATIVE, NUMBERS, REFERENCES};
use super::raw::{RawShop, Row, Table};
use super::totals;

/// The shops of the tests trade in 2025; what is due later than this is no delivery or return.
const LAST_YEAR: &str = "2027";

/// Where a fault was found: a file and a physical line.
pub(super) type Place = (String, u64);

/// All files of one folder.
pub(super) struct Files {
    tables: HashMap<&'static str, Table>,
}

impl Files {
    pub(super) fn read(shop: &RawShop) -> anyhow::Result<Self> {
        let mut tables = HashMap::new();
        for (file, _) in KEYS {
            tables.insert(file, shop.table(file)?);
        }
        Ok(Self { tables })
    }

    pub(super) fn table(&self, file: &str) -> &Table {
        &self.tables[file]
    }

    /// Everything that is wrong, by kind.
    pub(super) fn faults(&self) -> BTreeMap<&'static str, BTreeSet<Place>> {
        let mut found = BTreeMap::new();
        let mut add = |kind: &'static str, places: BTreeSet<Place>| {
            if !places.is_empty() {
                found.insert(kind, places);
            }
        };
        add("encoding", self.lines(|row| !row.is_text));
        add("ragged", self.lines(|row| row.is_text && !row.is_whole));
        let (exact, conflicting) = self.duplicates();
        add("duplicate_exact", exact);
        add("duplicate_key", conflicting);
        add("duplicate_near", self.near_duplicates());
        add("null", self.values(&NEEDED, |_, value| value.is_empty()));
        add("orphan", self.orphans());
        add("range", self.out_of_range());
        add(
            "wrong_type",
            self.values(&NUMBERS, |_, value| is_word(value)),
        );
        add("bad_format", self.badly_formatted());
        add("future_date", self.in_the_future());
        add("inconsistent_total", totals::inconsistent(self));
        add("unit_change", totals::hundredfold(self));
        found
    }

    fn lines(&self, is_wrong: impl Fn(&Row) -> bool) -> BTreeSet<Place> {
        let mut found = BTreeSet::new();
        for (file, table) in &self.tables {
            let wrong = table.rows.iter().filter(|row| is_wrong(row));
            found.extend(wrong.map(|row| ((*file).to_owned(), row.line)));
        }
        found
    }

    /// Lines with a wrong value in one of the columns.
    fn values(
        &self,
        columns: &[(&str, &[&str])],
        is_wrong: impl Fn(&str, &str) -> bool,
    ) -> BTreeSet<Place> {
        let mut found = BTreeSet::new();
        for (file, columns) in columns {
            let table = self.table(file);
            for row in table.rows.iter().filter(|row| row.is_readable()) {
                if columns
                    .iter()
                    .any(|column| is_wrong(column, table.value(row, column)))
                {
                    found.insert(((*file).to_owned(), row.line));
                }
            }
        }
        found
    }

    /// Of rows with one key, all but the last: copies of it, and those that say something else.
    fn duplicates(&self) -> (BTreeSet<Place>, BTreeSet<Place>) {
        let (mut exact, mut conflicting) = (BTreeSet::new(), BTreeSet::new());
        for (file, key) in KEYS {
            let table = self.table(file);
            let mut rows: HashMap<Vec<&str>, Vec<&Row>> = HashMap::new();
            for row in table.rows.iter().filter(|row| row.is_readable()) {
                rows.entry(table.values(row, key)).or_default().push(row);
            }
            for rows in rows.values() {
                let (last, others) = rows.split_last().expect("a row");
                for row in others {
                    let found = if row.bytes == last.bytes {
                        &mut exact
                    } else {
                        &mut conflicting
                    };
                    found.insert((file.to_owned(), row.line));
                }
            }
        }
        (exact, conflicting)
    }

    /// Customers of another id with the same e-mail, or the same name, birth date and postal code.
    fn near_duplicates(&self) -> BTreeSet<Place> {
        let file = "customers.csv";
        let table = self.table(file);
        let alike: [&[&str]; 2] = [
            &["email"],
            &["first_name", "last_name", "birth_date", "postal_code"],
        ];
        let mut found = BTreeSet::new();
        for columns in alike {
            let mut seen: HashMap<Vec<&str>, &Row> = HashMap::new();
            for row in table.rows.iter().filter(|row| row.is_readable()) {
                let values = table.values(row, columns);
                if values.iter().any(|value| value.is_empty()) {
                    continue;
                }
                if let Some(earlier) = seen.insert(values, row)
                    && table.value(earlier, "customer_id") != table.value(row, "customer_id")
                {
                    found.insert((file.to_owned(), earlier.line));
                }
            }
        }
        found
    }

    fn orphans(&self) -> BTreeSet<Place> {
        let mut found = BTreeSet::new();
        for (file, column, target, key) in REFERENCES {
            let members = self.table(target);
            // A member whose row cannot be read is known all the same.
            let known: HashSet<&str> =
                (members.rows.iter().map(|row| members.value(row, key))).collect();
            let is_unknown = |_: &str, value: &str| !value.is_empty() && !known.contains(value);
            found.extend(self.values(&[(file, &[column])], is_unknown));
        }
        found
    }

    fn out_of_range(&self) -> BTreeSet<Place> {
        let mut found = self.values(&NOT_NEGATIVE, |_, value| {
            number(value).is_some_and(|it| it < 0.0)
        });
        let lines: (&str, &[&str]) = (
            "transaction_items.csv",
            &["quantity", "discount_percentage"],
        );
        found.extend(self.values(&[lines], |column, value| match column {
            "quantity" => number(value) == Some(0.0),
            _ => number(value).is_some_and(|it| !(0.0..=100.0).contains(&it)),
        }));
        let costs: (&str, &[&str]) = ("inventory_movements.csv", &["unit_cost"]);
        found.extend(self.values(&[costs], |_, value| {
            number(value).is_some_and(|it| it < 0.0)
        }));
        // Money that goes back is marked as such.
        let payments = self.table("payments.csv");
        for row in payments.rows.iter().filter(|row| row.is_readable()) {
            let is_negative = number(payments.value(row, "amount")).is_some_and(|it| it < 0.0);
            if is_negative && payments.value(row, "status") != "refunded" {
                found.insert(("payments.csv".to_owned(), row.line));
            }
        }
        found
    }

    fn badly_formatted(&self) -> BTreeSet<Place> {
        let mut found = self.values(&DATES, |_, value| !value.is_empty() && !is_date(value));
        let people: [(&str, &[&str]); 2] = [
            ("customers.csv", &["email", "phone"]),
            ("sales_representatives.csv", &["email"]),
        ];
        found.extend(self.values(&people, |column, value| match column {
            "email" => !value.is_empty() && !value.contains('@'),
            _ => value.bytes().any(|byte| byte.is_ascii_alphabetic()),
        }));
        let events: (&str, &[&str]) = ("web_events.ndjson", &["occurred_at"]);
        found.extend(self.values(&[events], |_, value| !value.is_empty() && !is_date(value)));
        found
    }

    fn in_the_future(&self) -> BTreeSet<Place> {
        let is_ahead = |_: &str, value: &str| is_date(value) && value > LAST_YEAR;
        let mut found = self.values(&DATES, is_ahead);
        found.extend(self.values(&[("web_events.ndjson", &["occurred_at"])], is_ahead));
        found
    }
}

pub(super) fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// A word stands where a number should; nothing at all is `null`.
fn is_word(text: &str) -> bool {
    !text.is_empty() && number(text).is_none()
}

fn is_date(text: &str) -> bool {
    let date = text.get(..10).unwrap_or_default().as_bytes();
    date.len() == 10
        && date.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}
