//! What is paid for an order, and what goes back.

use crate::ids::TRANSACTION;
use crate::members::PAYMENT_METHODS;
use crate::money::percent_of;
use crate::orders::{Ending, Line, Order, OrderWriter};
use crate::output::{Chunk, File};
use crate::time::Moment;

const GIFT_CARD: &str = "Gift Card";

/// A row of `payments.csv`.
#[derive(Clone, Copy)]
struct Payment {
    moment: Moment,
    method: &'static str,
    instalments: u8,
    amount_cents: i64,
    status: &'static str,
}

impl OrderWriter<'_> {
    /// Writes all payments that are known by then whenever there is a new one: an order that is told
    /// of with some of its payments would have lost the others.
    pub(super) fn write_payments(
        &self,
        number: u64,
        order: &Order,
        lines: &[Line],
        chunk: &mut Chunk<'_>,
    ) -> anyhow::Result<()> {
        let payments = self.payments(order, lines);
        let moments = payments.iter().map(|payment| payment.moment);
        for (release, known) in self.releases.changes(moments, order.late_days.into()) {
            let sheet = chunk.sheet(release, File::Payments);
            for (payment, sequence) in payments.iter().zip(1..) {
                if payment.moment > known {
                    break;
                }
                sheet
                    .id(TRANSACTION, number)
                    .number(sequence)
                    .text(payment.method)
                    .number(payment.instalments.into());
                sheet
                    .hundredths(payment.amount_cents)
                    .text(payment.status)
                    .timestamp(payment.moment, self.clock);
                sheet.end_row()?;
            }
        }
        Ok(())
    }

    /// What is paid, and what goes back, in order: the sum is the total, or nothing when all went
    /// back.
    fn payments(&self, order: &Order, lines: &[Line]) -> Vec<Payment> {
        let full = self.amounts(order, lines, order.placed).total;
        let first = Payment {
            moment: order.paid,
            method: PAYMENT_METHODS[usize::from(order.payment_method)],
            instalments: order.instalments,
            amount_cents: full,
            status: "paid",
        };
        if order.ending == Ending::Unpaid {
            let failed = Payment {
                instalments: 1,
                status: "failed",
                ..first
            };
            return vec![failed];
        }
        let by_card = percent_of(full, i64::from(order.split_pct) * 100);
        let mut payments = vec![Payment {
            amount_cents: full - by_card,
            ..first
        }];
        if by_card > 0 {
            payments.push(Payment {
                method: GIFT_CARD,
                instalments: 1,
                amount_cents: by_card,
                ..first
            });
        }
        let back = if order.is_refunded() {
            full
        } else {
            full - self.amounts(order, lines, order.closed).total
        };
        if back > 0 {
            payments.push(Payment {
                moment: order.closed,
                instalments: 1,
                amount_cents: -back,
                status: "refunded",
                ..first
            });
        }
        payments
    }
}
