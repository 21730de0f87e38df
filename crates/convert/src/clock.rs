//! Datetimes and timedeltas as milliseconds, which is what JavaScript's `Date` counts.

use byteferry_header::{TimeBase, TimeUnit};
use byteferry_kernels::Word;
use bytemuck::{cast_slice, cast_slice_mut};

/// How ticks of a unit become milliseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Clock {
    count: f64,
    base: Base,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Base {
    /// So many months, by the calendar.
    Months(i64),
    /// So many milliseconds.
    Times(f64),
    /// So many to a millisecond.
    PerMillisecond(i64),
}

impl Clock {
    /// The clock of a unit; none if it has no length. Only for a date is a month so many days.
    pub fn new(unit: TimeUnit, is_date: bool) -> Option<Self> {
        let base = match unit.base {
            TimeBase::Year if is_date => Base::Months(12),
            TimeBase::Month if is_date => Base::Months(1),
            TimeBase::Year | TimeBase::Month | TimeBase::Generic => return None,
            TimeBase::Week => Base::Times(604_800_000.0),
            TimeBase::Day => Base::Times(86_400_000.0),
            TimeBase::Hour => Base::Times(3_600_000.0),
            TimeBase::Minute => Base::Times(60_000.0),
            TimeBase::Second => Base::Times(1000.0),
            TimeBase::Millisecond => Base::Times(1.0),
            TimeBase::Microsecond => Base::PerMillisecond(1000),
            TimeBase::Nanosecond => Base::PerMillisecond(1_000_000),
            TimeBase::Picosecond => Base::PerMillisecond(1_000_000_000),
            TimeBase::Femtosecond => Base::PerMillisecond(1_000_000_000_000),
            TimeBase::Attosecond => Base::PerMillisecond(1_000_000_000_000_000),
        };
        Some(Self { count: f64::from(unit.count), base })
    }

    /// Converts the first `len` ticks. NaT becomes NaN.
    pub fn run(&self, ticks: &[Word], milliseconds: &mut [Word], len: usize) {
        let ticks = cast_slice::<_, i64>(ticks).iter().take(len);
        for (to, &tick) in cast_slice_mut::<_, f64>(milliseconds).iter_mut().zip(ticks) {
            *to = if tick == i64::MIN { f64::NAN } else { self.milliseconds(tick) };
        }
    }

    fn milliseconds(&self, tick: i64) -> f64 {
        match self.base {
            Base::Months(months) => {
                let months = months * self.count as i64;
                if (tick as f64 * months as f64).abs() < 9e15 {
                    month(tick * months) * 86_400_000.0
                } else {
                    // So far away no float64 tells one month from the next: they are all as long as the average.
                    tick as f64 * (months as f64 * 2_629_746_000.0)
                }
            }
            Base::Times(milliseconds) => tick as f64 * (self.count * milliseconds),
            Base::PerMillisecond(ticks) => {
                let all = tick as f64 * self.count;
                if all.abs() < 9_007_199_254_740_992.0 {
                    // Exact up to here: rounded once.
                    return all / ticks as f64;
                }
                // Whole and rest apart: a float64 has no room for nanoseconds since 1970.
                (tick / ticks) as f64 * self.count + (tick % ticks) as f64 * self.count / ticks as f64
            }
        }
    }
}

/// Days from 1970-01-01 to the first of the month that is so many after it, by the Gregorian calendar.
fn month(months: i64) -> f64 {
    // Years begin in March here, so that the leap day is the last.
    let (year, month) = ((months - 2).div_euclid(12) + 1970, (months - 2).rem_euclid(12));
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day = (153 * month + 2) / 5 + 365 * year + year / 4 - year / 100;
    era as f64 * 146_097.0 + (day - 719_468) as f64
}
