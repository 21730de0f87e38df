// A thread that sleeps takes longer to begin with a message than a small job takes altogether.

/** @type {MessageChannel | undefined} */
let channel;
/** When it was told of the last one. */
let last = 0;
/** Messages to itself that are to come. */
let left = 0;

/**
 * Told of jobs that come one by one: where one comes within 1 ms of another, keeps this thread awake for some 0.4 ms, by messages to itself.
 * In Firefox alone, where small jobs take a third to a half less by it: Chromium gains nothing, and in WebKit each of these messages takes 0.2 ms.
 */
export function stayAwake() {
  const now = performance.now();
  if (/Firefox/.test(navigator.userAgent) && now - last < 1) {
    const { port1, port2 } = (channel ??= new MessageChannel());
    port1.onmessage = () => --left && port2.postMessage(0);
    if (!left) port2.postMessage(0);
    left = 64;
  }
  last = now;
}
