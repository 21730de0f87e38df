//! Counts passed and failed checks in the output of test programs.

use std::ops::AddAssign;

/// Numbers of checks that passed, failed, and were skipped by `#[ignore]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Tally {
    /// A single check, such as clippy.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: passed.into(), failed: (!passed).into(), ignored: 0 }
    }

    /// Adds up the lines with which libtest and wasm-bindgen's runner close a test program:
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; ...`
    pub(crate) fn of_tests(output: &str) -> Self {
        let mut sum = Self::default();
        for line in output.lines() {
            let Some((_, counts)) = line.split_once("test result: ") else { continue };
            for count in counts.split(['.', ';']) {
                let mut words = count.split_whitespace();
                let (Some(number), Some(what)) =
                    (words.next().and_then(|word| word.parse::<u64>().ok()), words.next())
                else {
                    continue;
                };
                match what {
                    "passed" => sum.passed += number,
                    "failed" => sum.failed += number,
                    "ignored" => sum.ignored += number,
                    _ => {}
                }
            }
        }
        sum
    }

    /// Reads the last lines of Python's unittest; `None` if they are missing, or no test ran:
    /// `Ran 12 tests in 0.345s`, and `OK` or `FAILED (failures=1, errors=1, skipped=2)`.
    pub(crate) fn of_unittest(output: &str) -> Option<Self> {
        let ran: u64 =
            output.lines().find_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse().ok())?;
        let verdict =
            output.lines().rev().find(|line| line.starts_with("OK") || line.starts_with("FAILED"))?;
        let part = |name: &str| {
            let parts = verdict.split(['(', ')', ',', ' ']);
            parts
                .filter_map(|part| part.strip_prefix(name)?.strip_prefix('=')?.parse::<u64>().ok())
                .sum::<u64>()
        };
        let (failed, ignored) = (part("failures") + part("errors"), part("skipped"));
        let passed = ran.checked_sub(failed + ignored)?;
        // A module that can't be imported is an error without a test.
        (ran > 0 && (verdict.starts_with("OK") || failed > 0)).then_some(Self { passed, failed, ignored })
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_several_programs_add_up() {
        let output = "running 3 tests\n...\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.01s\n\
            \n   Doc-tests byteferry_header\n\
            test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.23s\n";
        assert_eq!(Tally::of_tests(output), Tally { passed: 7, failed: 2, ignored: 1 });
    }

    #[test]
    fn the_line_of_the_wasm_runner_is_read() {
        let output = "test result: ok. 5 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.02s\n";
        assert_eq!(Tally::of_tests(output), Tally { passed: 5, failed: 0, ignored: 0 });
    }

    #[test]
    fn a_program_that_broke_off_counts_nothing() {
        assert_eq!(Tally::of_tests("running 3 tests\ntest a ... ok\n"), Tally::default());
    }

    #[test]
    fn unittest_is_read() {
        let tally = |passed, failed, ignored| Some(Tally { passed, failed, ignored });
        assert_eq!(Tally::of_unittest("....\nRan 4 tests in 0.1s\n\nOK\n"), tally(4, 0, 0));
        assert_eq!(Tally::of_unittest("Ran 4 tests in 0.1s\n\nOK (skipped=1)\n"), tally(3, 0, 1));
        let failed = "Ran 9 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=1)\n";
        assert_eq!(Tally::of_unittest(failed), tally(5, 3, 1));
        assert_eq!(Tally::of_unittest("Ran 0 tests in 0.0s\n\nNO TESTS RAN\n"), None);
        assert_eq!(Tally::of_unittest("Traceback (most recent call last):\n"), None);
    }
}
