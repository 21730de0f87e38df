// Takes a module apart into the streams of js/streams.mjs: node split.mjs FROM TO
import { readFileSync, writeFileSync } from "node:fs";
import { CODE, LANES, LOCALS, MASKS, OPCODES, REST, immediates, join } from "../../worker/js/streams.mjs";

const [, , from, to] = process.argv;
const module = readFileSync(from);
const streams = Array.from({ length: REST + 1 }, () => []);
let at = 0;

const byte = (stream) => {
  streams[stream]?.push(module[at] ^ (MASKS[stream] ?? 0));
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
      const op = byte(OPCODES);
      let [numbers, bytes] = immediates(op, op > 0xfb ? number(OPCODES) : 0);
      if (op === 0x0e || op === 0x1c) numbers = number(op) + (op === 0x0e ? 1 : 0);
      while (numbers--) number(op);
      while (bytes--) byte(op === 0xfd ? LANES : op);
    }
  }
}

const packed = [];
for (const { length } of streams.slice(0, REST)) {
  let rest = length;
  for (; rest > 127; rest >>>= 7) packed.push(128 | (rest & 127));
  packed.push(rest);
}
const bytes = Uint8Array.from(packed.concat(...streams));
// What comes out in a browser is what went in, or nothing is written.
if (Buffer.compare(join(bytes), module) !== 0) throw new Error(`${from} does not come back from its streams as it was`);
writeFileSync(to, bytes);
