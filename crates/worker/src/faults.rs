//! What no options can ask for: a panic, a trap, memory and stack that run out. For tests alone; nothing that ships has it.

use crate::options::Options;
use alloc::vec::Vec;

/// Stops the instance in the way that the dtype names, if it does.
pub(crate) fn provoke(options: &Options) {
    match options.text("dtype") {
        #[expect(clippy::panic, reason = "what it is for")]
        Some("a panic") => panic!("as was asked for"),
        Some("a trap") => core::arch::wasm32::unreachable(),
        Some("no memory") => {
            let mut taken = Vec::new();
            loop {
                taken.push(Vec::<u8>::with_capacity(1 << 30));
            }
        }
        Some("no stack") => deeper(&mut 0),
        _ => {}
    }
}

/// Never comes back: it is called again while `depth` is still needed.
fn deeper(depth: &mut u64) {
    *depth += 1;
    let mut next = *depth;
    if core::hint::black_box(next) > 0 {
        deeper(&mut next);
    }
    core::hint::black_box(depth);
}
