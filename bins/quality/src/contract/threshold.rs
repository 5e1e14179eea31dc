//! The operators of the standard: what a contract, or a source, tolerates.

use serde_json::Value;

use super::compile::Outcome;
use super::document::{Quality, Unit};
use super::problem::Problem;
use crate::check::{Operator, Threshold};

const PERCENT_MAX: f64 = 100.0;

/// The one operator of a check, where it has any.
pub(super) fn read(line: u64, item: &Quality) -> Outcome<Option<Threshold>> {
    let problem = |message: &str| Problem::new(line, message);
    let mut operators = equalities(line, item)?;
    operators.extend(inequalities(item));
    if operators.len() > 1 {
        return Err(problem("a check has one operator; write two checks"));
    }
    let is_percent = item.unit == Some(Unit::Percent);
    let Some(operator) = operators.pop() else {
        return match item.unit {
            Some(_) => Err(problem(
                "`unit` needs an operator, such as `mustBeLessThan`",
            )),
            None => Ok(None),
        };
    };
    refuse_nonsense(line, &operator, is_percent)?;
    Ok(Some(Threshold {
        operator,
        is_percent,
    }))
}

fn equalities(line: u64, item: &Quality) -> Outcome<Vec<Operator>> {
    let mut operators = Vec::new();
    for (expected, is_negated) in [(&item.must_be, false), (&item.must_not_be, true)] {
        let Some(expected) = expected else { continue };
        operators.push(match (expected, expected.as_f64(), is_negated) {
            (Value::Bool(expected), _, _) => Operator::Is(*expected != is_negated),
            (_, Some(bound), false) => Operator::Equal(bound),
            (_, Some(bound), true) => Operator::NotEqual(bound),
            _ => {
                let message = "`mustBe` and `mustNotBe` take a number or a boolean";
                return Err(Problem::new(line, message));
            }
        });
    }
    Ok(operators)
}

fn inequalities(item: &Quality) -> impl Iterator<Item = Operator> {
    let between = |[low, high]: [f64; 2]| Operator::Between(low, high);
    let not_between = |[low, high]: [f64; 2]| Operator::NotBetween(low, high);
    [
        item.must_be_greater_than.map(Operator::Greater),
        item.must_be_greater_or_equal_to
            .map(Operator::GreaterOrEqual),
        item.must_be_less_than.map(Operator::Less),
        item.must_be_less_or_equal_to.map(Operator::LessOrEqual),
        item.must_be_between.map(between),
        item.must_not_be_between.map(not_between),
    ]
    .into_iter()
    .flatten()
}

/// A bound that no value can be compared with would pass or fail everything without a word.
fn refuse_nonsense(line: u64, operator: &Operator, is_percent: bool) -> Outcome<()> {
    let problem = |message: &str| Err(Problem::new(line, message));
    let bounds = match *operator {
        Operator::Is(_) if is_percent => {
            return problem("a boolean has no `unit`");
        }
        Operator::Is(_) => return Ok(()),
        Operator::Equal(bound)
        | Operator::NotEqual(bound)
        | Operator::Greater(bound)
        | Operator::GreaterOrEqual(bound)
        | Operator::Less(bound)
        | Operator::LessOrEqual(bound) => [bound, bound],
        Operator::Between(low, high) | Operator::NotBetween(low, high) => {
            if low >= high {
                return problem("the smaller of the two bounds comes first");
            }
            [low, high]
        }
        Operator::Age { warn_s, error_s } => [warn_s, error_s],
    };
    if bounds.iter().any(|bound| !bound.is_finite()) {
        return problem("a bound is a finite number");
    }
    if is_percent
        && bounds
            .iter()
            .any(|bound| !(0.0..=PERCENT_MAX).contains(bound))
    {
        return problem("a bound in percent lies between 0 and 100");
    }
    Ok(())
}
