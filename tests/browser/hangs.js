// The harness's own test: a suite that never comes to its tests.
await new Promise(() => {});
