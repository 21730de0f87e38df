// A worker of gloo-worker's: `gloo-worker.js?bytes` or `?handles`.
const { default: init, register } = await import(new URL("./vendor/gloo/byteferry_bench_gloo.js", import.meta.url).href);

await init();
register(location.search.slice(1));
