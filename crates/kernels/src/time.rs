//! Ticks of a clock as milliseconds.

use crate::Word;
use bytemuck::{cast_slice, cast_slice_mut};

/// Converts `len` ticks to milliseconds; a tick is `times` / `per` milliseconds. The least int64 is NaT, and becomes
/// NaN.
///
/// The result is rounded once where ticks * `times` is less than 2^53. Beyond, whole milliseconds and the rest are
/// computed separately: a float64 has no room for nanoseconds since 1970.
///
/// ```
/// use bytemuck::{cast, cast_slice};
/// use byteferry_kernels::{Word, ticks_to_f64};
///
/// // Nanoseconds.
/// let ticks: [Word; 1] = cast([1_500_000_i64, 1_700_000_000_123_456_789]);
/// let mut milliseconds = [0 as Word];
/// ticks_to_f64(&ticks, &mut milliseconds, 2, 1.0, 1_000_000);
/// assert_eq!(cast_slice::<Word, f64>(&milliseconds), [1.5, 1_700_000_000_123.456_8]);
/// ```
pub fn ticks_to_f64(source: &[Word], result: &mut [Word], len: usize, times: f64, per: i64) {
    let divisor = per as f64;
    let inverse = 1.0 / divisor;
    let ticks = cast_slice::<_, i64>(source).iter().take(len);
    for (to, &tick) in cast_slice_mut::<_, f64>(result).iter_mut().zip(ticks) {
        let all = tick as f64 * times;
        *to = if all.abs() < 9_007_199_254_740_992.0 {
            all / divisor
        } else if tick == i64::MIN {
            f64::NAN
        } else {
            // It may be off by one, which does no harm. Dividing integers takes as long, and brings in a panic for 0.
            let whole = (tick as f64 * inverse) as i64;
            let rest = tick.wrapping_sub(whole.wrapping_mul(per));
            whole as f64 * times + rest as f64 * times / divisor
        };
    }
}
