//! Datetimes and timedeltas as milliseconds, which is what JavaScript's `Date` counts.

use byteferry_header::{TimeBase, TimeUnit};
use byteferry_kernels::{self as kernels, Word};
use bytemuck::{cast_slice, cast_slice_mut};

/// How ticks of a unit become milliseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Clock {
    /// A tick is this many calendar months.
    Months(i64),
    /// `Ratio(times, per)`: a tick is `times` / `per` milliseconds.
    Ratio(f64, i64),
}

impl Clock {
    /// The clock of a unit. `None` for generic units, and for months and years of a timedelta, which have no fixed
    /// length.
    pub fn new(unit: TimeUnit, is_date: bool) -> Option<Self> {
        let (times, per) = match unit.base {
            TimeBase::Year if is_date => return Some(Self::Months(12 * i64::from(unit.count))),
            TimeBase::Month if is_date => return Some(Self::Months(i64::from(unit.count))),
            TimeBase::Year | TimeBase::Month | TimeBase::Generic => return None,
            TimeBase::Week => (604_800_000.0, 1),
            TimeBase::Day => (86_400_000.0, 1),
            TimeBase::Hour => (3_600_000.0, 1),
            TimeBase::Minute => (60_000.0, 1),
            TimeBase::Second => (1000.0, 1),
            TimeBase::Millisecond => (1.0, 1),
            TimeBase::Microsecond => (1.0, 1000),
            TimeBase::Nanosecond => (1.0, 1_000_000),
            TimeBase::Picosecond => (1.0, 1_000_000_000),
            TimeBase::Femtosecond => (1.0, 1_000_000_000_000),
            TimeBase::Attosecond => (1.0, 1_000_000_000_000_000),
        };
        Some(Self::Ratio(times * f64::from(unit.count), per))
    }

    /// Converts the first `len` ticks. NaT becomes NaN.
    pub fn run(&self, ticks: &[Word], milliseconds: &mut [Word], len: usize) {
        let months = match *self {
            Self::Ratio(times, per) => return kernels::ticks_to_f64(ticks, milliseconds, len, times, per),
            Self::Months(months) => months,
        };
        let ticks = cast_slice::<_, i64>(ticks).iter().take(len);
        for (to, &tick) in cast_slice_mut::<_, f64>(milliseconds).iter_mut().zip(ticks) {
            *to = if tick == i64::MIN {
                f64::NAN
            } else if (tick as f64 * months as f64).abs() < 9e15 {
                month(tick * months) * 86_400_000.0
            } else {
                // So far away, float64 cannot tell one month from the next: all get the average length.
                tick as f64 * (months as f64 * 2_629_746_000.0)
            };
        }
    }
}

/// Days from 1970-01-01 to the first of the month `months` later, by the Gregorian calendar.
fn month(months: i64) -> f64 {
    // Years begin in March here, so that the leap day is the last.
    let (year, month) = ((months - 2).div_euclid(12) + 1970, (months - 2).rem_euclid(12));
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day = (153 * month + 2) / 5 + 365 * year + year / 4 - year / 100;
    era as f64 * 146_097.0 + (day - 719_468) as f64
}
