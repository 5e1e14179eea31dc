//! What is going to happen to the stock, day by day.

use std::collections::VecDeque;

use crate::stock::Kind;

/// Units that will come, or be found missing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) second: u32,
    pub(super) shelf: u32,
    pub(super) kind: Kind,
    pub(super) quantity: i32,
}

/// Events of today and of the days after it.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// Of today, in the order of time, the next one last.
    today: Vec<Event>,
    /// Tomorrow's first.
    later: VecDeque<Vec<Event>>,
}

impl Agenda {
    /// Adds an event `days` from today, at least 1.
    pub(super) fn add(&mut self, days: usize, event: Event) {
        if self.later.len() < days {
            self.later.resize_with(days, Vec::new);
        }
        self.later[days - 1].push(event);
    }

    /// Adds an event to today, however late it is.
    pub(super) fn add_today(&mut self, event: Event) {
        let position = self.today.partition_point(|it| it.second > event.second);
        self.today.insert(position, event);
    }

    /// Begins the next day.
    pub(super) fn turn(&mut self) {
        debug_assert!(self.today.is_empty(), "a day ends with all of its events");
        self.today = self.later.pop_front().unwrap_or_default();
        // The sort is stable, so that events of one second keep their order.
        self.today.sort_by_key(|event| event.second);
        self.today.reverse();
    }

    /// The next event of today that comes before that second.
    pub(super) fn next_before(&mut self, second: u32) -> Option<Event> {
        let is_due = self
            .today
            .last()
            .is_some_and(|event| event.second <= second);
        if is_due { self.today.pop() } else { None }
    }
}
