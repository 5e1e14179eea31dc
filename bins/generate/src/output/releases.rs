//! What is delivered when: everything at once, or a change stream.

use crate::output::File;
use crate::settings::Settings;
use crate::time::{Clock, Moment};

/// The deliveries. The first holds all that was known on its day, each further one what changed.
#[derive(Debug)]
pub(crate) struct Releases {
    first_day: i32,
    count: usize,
    is_stream: bool,
}

impl Releases {
    pub(crate) fn new(settings: &Settings) -> Self {
        let last_day = settings.day_count() as i32 - 1;
        let count = settings.days.max(1);
        Self {
            first_day: last_day - (count as i32 - 1),
            count: count as usize,
            is_stream: settings.days > 0,
        }
    }

    pub(crate) fn is_stream(&self) -> bool {
        self.is_stream
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The files of each delivery: only a stream tells what is gone.
    pub(crate) fn files(&self) -> impl Iterator<Item = File> {
        let is_stream = self.is_stream;
        File::ALL
            .into_iter()
            .filter(move |&file| file != File::Deletes || is_stream)
    }

    /// The delivery in which something of that day comes, if there is one.
    pub(crate) fn of(&self, day: i32) -> Option<usize> {
        let release = (day - self.first_day).max(0) as usize;
        (release < self.count).then_some(release)
    }

    /// The last day that a delivery knows of.
    pub(crate) fn last_day(&self, release: usize) -> i32 {
        self.first_day + release as i32
    }

    /// The day of the first delivery.
    pub(crate) fn first_day(&self) -> i32 {
        self.first_day
    }

    /// The folder of a delivery, with a slash; nothing where there is only one.
    pub(crate) fn folder(&self, release: usize, clock: &Clock) -> String {
        if !self.is_stream {
            return String::new();
        }
        let date = clock.date(self.last_day(release));
        format!("business_date={date}/")
    }

    /// The deliveries in which a thing comes, if it changes at these moments and is told of so many
    /// days late: each one with the last moment that it knows of.
    pub(crate) fn changes(
        &self,
        moments: impl IntoIterator<Item = Moment>,
        late_days: i32,
    ) -> impl Iterator<Item = (usize, Moment)> {
        let mut last = None;
        moments.into_iter().filter_map(move |moment| {
            let release = self.of(moment.known()?.day + late_days)?;
            if last.is_some_and(|last| last >= release) {
                return None;
            }
            last = Some(release);
            Some((release, Moment::end_of(self.last_day(release) - late_days)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn releases(days: u32) -> Releases {
        let mut settings = Settings::of_size(10);
        settings.days = days;
        Releases::new(&settings)
    }

    fn days(releases: &Releases, changed_on: &[i32], late_days: i32) -> Vec<(usize, i32)> {
        let moments = changed_on.iter().map(|&day| Moment::new(day, 9));
        releases
            .changes(moments, late_days)
            .map(|(release, known)| (release, known.day))
            .collect()
    }

    #[test]
    fn one_delivery_knows_all_up_to_the_last_day() {
        let all = releases(0);

        assert_eq!(days(&all, &[3, 200, 364, 380], 0), [(0, 364)]);
        assert_eq!(days(&all, &[365], 0), []);
    }

    #[test]
    fn a_stream_tells_each_change_once() {
        // The year has days 0 to 364, so the deliveries are of the days 355 to 364.
        let stream = releases(10);

        let changed_on = [3, 200, 355, 357, 357, 360, 365];
        assert_eq!(
            days(&stream, &changed_on, 0),
            [(0, 355), (2, 357), (5, 360)]
        );
        assert_eq!(days(&stream, &[354, 357], 2), [(1, 354), (4, 357)]);
    }
}
