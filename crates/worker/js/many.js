// Jobs with many arrays: archives, and runs of frames.
import { LOCAL, inflate, members } from "./archive.js";
import { pour, said } from "./arrive.js";
import { LIMIT, bytesIn, failure } from "./bootstrap.js";
import { teller } from "./progress.js";
import { told } from "./told.js";

/**
 * @typedef {import("./bootstrap.js").Message} Message
 */

/**
 * @param {import("./bootstrap.js").Tools} tools
 * @returns {import("./bootstrap.js").Jobs}
 */
export function many(tools) {
  const { decode } = tools;
  return {
    async list(message) {
      const { buffer, byteOffset, byteLength } = await complete(message);
      const listed = await members(archiveIn(bytesIn(buffer, byteOffset, byteLength)));
      return { members: listed.map(({ name, nbytes, compressed }) => ({ name, nbytes, compressed })) };
    },

    async decodeAll(given) {
      const message = await complete(given);
      const { buffer, byteOffset, byteLength, names, maxBytes = LIMIT ?? Infinity } = message;
      if (typeof maxBytes !== "number" || (names && !Array.isArray(names))) throw failure("bad-argument", "names must be a list of names, maxBytes a number");
      const bytes = bytesIn(buffer, byteOffset, byteLength);
      const magic = new Uint8Array(bytes instanceof Blob ? await bytesOf(bytes.slice(0, 4)) : bytes.slice(0, 4));
      const picked = (/** @type {string} */ name) => !names || names.includes(name);
      const arrays = `${magic}` === "147,66,70,89" ? (await frames(message)).filter(([name]) => picked(name)) : await unzipped(message, archiveIn(bytes), picked, maxBytes);
      const missing = names?.find((/** @type {string} */ name) => !arrays.some(([found]) => found === name));
      if (missing !== undefined) throw failure("bad-argument", `there is no array '${missing}'`);
      return { arrays };
    },
  };

  /**
   * The same, with all that a stream has as a Blob: an archive's directory comes last.
   * @param {Message} message
   * @returns {Promise<Message>}
   */
  async function complete({ stream, available, ...message }) {
    if (!stream) return message;
    /** @type {BlobPart[]} */
    const pieces = [];
    const tell = teller(message);
    let loaded = 0;
    await pour(stream, message, tools.signalOf(message), (piece) => {
      pieces.push(piece.slice());
      tell((loaded += piece.length), available);
    });
    if (loaded !== available) tell(loaded, loaded);
    // What is made of it then is not told: it is here.
    return { ...message, progress: false, buffer: new Blob(pieces) };
  }

  /**
   * @param {Message} message
   * @param {import("./archive.js").Archive} archive
   * @param {(name: string) => boolean} picked  whether that member is to be read
   * @param {number} maxBytes
   */
  async function unzipped(message, archive, picked, maxBytes) {
    const arrays = [];
    const wanted = (await members(archive)).filter(({ name }) => picked(name));
    const total = wanted.reduce((sum, { compressed }) => sum + LOCAL + compressed, 0);
    const tell = teller(message);
    let loaded = 0;
    const counted = {
      ...archive,
      read(/** @type {number} */ begin, /** @type {number} */ end) {
        tell((loaded += end - begin), total);
        return archive.read(begin, end);
      },
    };
    for (const member of wanted) {
      const { name, crc32, nbytes } = member;
      const inflated = await inflate(counted, member, maxBytes);
      maxBytes -= nbytes;
      arrays.push([name, of(`'${name}'`, () => decode({ ...message, buffer: inflated, byteOffset: 0, byteLength: nbytes, crc32 }))]);
    }
    return arrays;
  }

  /** @param {Message} message */
  async function frames(message) {
    const buffer = message.buffer instanceof Blob ? await bytesOf(message.buffer) : message.buffer;
    const { byteOffset: begin = 0, byteLength = buffer.byteLength - begin } = message;
    /** @type {[string, any][]} */
    const arrays = [];
    const names = new Set();
    let expected = 0;
    for (let at = 0; at < byteLength; ) {
      /** @type {string} */
      const position = String(arrays.length);
      // Not in place: if a later frame is refused, the whole buffer must go back unchanged.
      const part = { ...message, format: "frame", buffer, byteOffset: begin + at, byteLength: byteLength - at, writable: false };
      const [array, length] = of(`frame ${position}`, () => {
        const bytes = /** @type {Uint8Array} */ (bytesIn(buffer));
        const { payload, nbytes } = told(tools, part, bytes, { peek: true, strict: false, available: bytes.length }).stream;
        const length = payload + nbytes - part.byteOffset;
        return [decode({ ...part, byteLength: length }), length];
      });
      if (array.sequence > expected && arrays.length) {
        throw failure("gap", `frame ${position} is number ${array.sequence} of its stream, after number ${expected - 1}`, { expected, actual: array.sequence });
      }
      expected = array.sequence + 1;
      /** @type {string} */
      let name = array.name && !names.has(array.name) ? array.name : position;
      while (names.has(name)) name += "_";
      names.add(name);
      arrays.push([name, array]);
      at += Math.ceil(length / 64) * 64;
    }
    return arrays;
  }
}

/** @param {Blob} blob */
async function bytesOf(blob) {
  try {
    return await blob.arrayBuffer();
  } catch (error) {
    // A file that is gone, or has been written meanwhile.
    throw failure("network", `the Blob could not be read: ${said(error)}`);
  }
}

/**
 * @param {Uint8Array | Blob} bytes
 * @returns {import("./archive.js").Archive}
 */
const archiveIn = (bytes) =>
  bytes instanceof Blob
    ? { size: bytes.size, read: (begin, end) => bytesOf(bytes.slice(begin, end)) }
    : { size: bytes.length, read: async (begin, end) => /** @type {ArrayBuffer} */ (bytes.slice(begin, end).buffer) };

/**
 * Puts in front of an error's message what it is about.
 * @template T
 * @param {string} what
 * @param {() => T} work
 */
function of(what, work) {
  try {
    return work();
  } catch (/** @type {any} */ error) {
    error.message = `${what}: ${error.message}`;
    throw error;
  }
}
