//! How many checks passed and failed, read from what test programs print.

use std::ops::AddAssign;

/// Checks that passed, failed, and were left out by their own word (`#[ignore]`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Tally {
    /// A check without parts: clippy, say.
    pub(crate) fn one(passed: bool) -> Self {
        Self { passed: passed.into(), failed: (!passed).into(), ignored: 0 }
    }

    /// The sum of all lines that libtest, or wasm-bindgen's runner in the same words, closes a test program with:
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
}
