// Takes a module apart into the streams of js/streams.mjs, and writes down what becomes of them: node split.mjs MODULE STREAMS
import { readFileSync, writeFileSync } from "node:fs";
import { CODE, LANES, LOCALS, MASKS, OPCODES, REST, immediates, join } from "../../worker/js/streams.mjs";

const [, , from, to] = process.argv;

/** What `i8x16.swizzle` with a constant order has become on its way through LLVM: a shuffle with zeros, `v128.const 0; i8x16.shuffle`. */
const SHUFFLED = Buffer.from([0xfd, 12, ...Array(16).fill(0), 0xfd, 13]);

/**
 * Streams, with their lengths before them. Shuffles with zeros become swizzles again: Chromium makes one instruction of a swizzle, and
 * up to six of a shuffle that turns bytes round.
 */
function split(module) {
  const streams = Array.from({ length: REST + 1 }, () => []);
  let at = 0;

  const put = (stream, value) => streams[stream]?.push(value ^ (MASKS[stream] ?? 0));
  const byte = (stream) => {
    put(stream, module[at]);
    return module[at++];
  };
  const number = (stream) => {
    let [value, shift, next] = [0, 1, 0];
    do {
      next = byte(stream);
      value += (next & 127) * shift;
      shift *= 128;
    } while (next > 127);
    return value;
  };

  for (let i = 0; i < 8; i++) byte(REST);
  while (at < module.length) {
    if (byte(REST) !== CODE) {
      for (let length = number(REST); length--; ) byte(REST);
      continue;
    }
    number();
    for (let functions = number(LOCALS); functions--; ) {
      const size = number();
      const end = at + size;
      for (let pairs = 2 * number(LOCALS); pairs--; ) number(LOCALS);
      while (at < end) {
        const lanes = module.subarray(at + SHUFFLED.length, at + SHUFFLED.length + 16);
        if (SHUFFLED.equals(module.subarray(at, at + SHUFFLED.length)) && lanes.every((lane) => lane < 16)) {
          for (const code of [0xfd, 12, 0xfd, 14]) put(OPCODES, code);
          lanes.forEach((lane) => put(LANES, lane));
          at += SHUFFLED.length + lanes.length;
          continue;
        }
        const op = byte(OPCODES);
        let [numbers, bytes] = immediates(op, op > 0xfb ? number(OPCODES) : 0);
        if (op === 0x0e || op === 0x1c) numbers = number(op) + (op === 0x0e ? 1 : 0);
        while (numbers--) number(op);
        while (bytes--) byte(op === 0xfd ? LANES : op);
      }
    }
  }

  const lengths = [];
  for (const { length } of streams.slice(0, REST)) {
    let rest = length;
    for (; rest > 127; rest >>>= 7) lengths.push(128 | (rest & 127));
    lengths.push(rest);
  }
  return Uint8Array.from(lengths.concat(...streams));
}

const streams = split(readFileSync(from));
const module = Buffer.from(join(streams));
// What comes out in a browser is this module, byte for byte, or nothing is written.
if (!WebAssembly.validate(module)) throw new Error(`${from} is no module any more`);
if (Buffer.compare(split(module), streams) !== 0) throw new Error(`${from} does not come back from its streams as it was`);
writeFileSync(from, module);
writeFileSync(to, streams);
