//! Provokes a panic, a trap, or memory or stack running out, which no valid job does. For tests alone; never shipped.

use crate::options::Options;
use alloc::vec::Vec;

/// Crashes the instance in the way that the `dtype` option names, if it names one.
pub(crate) fn provoke(options: &Options) {
    match options.text("dtype") {
        #[expect(clippy::panic, reason = "what it is for")]
        Some("a panic") => panic!("as was asked for"),
        Some("a trap") => core::arch::wasm32::unreachable(),
        Some("no memory") => {
            // 3 GiB at once, in pages of 64 KiB: WebKit copies the memory each time it grows.
            core::arch::wasm32::memory_grow::<0>(3 << 14);
            let mut taken = Vec::new();
            loop {
                taken.push(Vec::<u8>::with_capacity(1 << 30));
            }
        }
        Some("no stack") => deeper(&mut 0),
        _ => {}
    }
}

/// Recurses until the stack is full. `depth` is used after the call, so that it is no tail call.
fn deeper(depth: &mut u64) {
    *depth += 1;
    let mut next = *depth;
    if core::hint::black_box(next) > 0 {
        deeper(&mut next);
    }
    core::hint::black_box(depth);
}
