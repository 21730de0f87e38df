// Describes an array before it is converted. Only in byteferry-worker.full.js.
import { Host } from "./host.js";

/**
 * What an array will be, by its first bytes. No memory is allocated for it.
 * @param {import("./bootstrap.js").Tools} tools
 * @param {import("./bootstrap.js").Message} message  the options
 * @param {Uint8Array} head
 * @param {object} more  how many bytes are `available`, and `peek` for a description of what cannot be converted while it comes, too
 */
export function told({ run }, message, head, more) {
  const { buffer, init, ...options } = message;
  const host = new Host();
  host.inputs[0] = head;
  host.allocate = () => new Uint8Array();
  return run("decode", { ...options, ...more, streamed: true }, host, message);
}
