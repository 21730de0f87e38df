// Parts of files, by HTTP's ranges or out of a Blob: rows of an array, a member of an archive, and what is missing of a file that broke off.
import { checkCount, delay, passes, pause } from "./again.js";
import { inflate, members } from "./archive.js";
import { pour, request } from "./arrive.js";
import { LIMIT, failure } from "./bootstrap.js";
import { Intake } from "./intake.js";
import { teller } from "./progress.js";
import { lengthOf } from "./response.js";
import { told } from "./told.js";

/**
 * @typedef {import("./bootstrap.js").Message} Message
 * @typedef {{ version: string | null, total?: number }} File  what all parts must have in common: ETag or date, and length
 */

/** Bytes that are asked for to get a header: most are shorter. */
const HEAD = 2 ** 12;
/** Two parts that are at most so many bytes apart come with one request. */
const GAP = 2 ** 16;

/**
 * Asks for a part of a file.
 * @param {Message} message
 * @param {AbortSignal} signal
 * @param {{ begin?: number, end?: number, version?: string | null }} part  the byte range and file version wanted; the server may send the whole
 *   file instead
 */
async function ask(message, signal, { begin = 0, end, version }) {
  const { url = "", buffer } = message;
  if (buffer instanceof Blob) return { response: new Response(buffer.slice(begin, end)), partial: true, version: null, resumable: false, total: buffer.size };
  const range = begin || end !== undefined ? { Range: `bytes=${begin}-${end === undefined ? "" : end - 1}` } : {};
  const response = await request(message, signal, version ? { ...range, "If-Range": version } : range);
  const { status, headers } = response;
  const told = (/** @type {string} */ name) => headers.get(name);
  const partial = status === 206;
  const [, from, , total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(told("Content-Range") ?? "") ?? [];
  if (partial && (Number(from ?? NaN) !== begin || told("Content-Encoding"))) {
    response.body?.cancel().catch(() => {});
    const range = told("Content-Range");
    const where = range ?? "none that this page may read; from another origin, the server must name it in Access-Control-Expose-Headers";
    throw failure("http", `${url} answered with another part than bytes ${begin} and following (Content-Range: ${where})`, { url, status });
  }
  // A weak ETag says that bytes may differ.
  const strong = told("ETag")?.startsWith("W/") ? null : told("ETag");
  return {
    response,
    partial,
    version: strong ?? told("Last-Modified"),
    /** Whether a download that breaks off can be resumed. */
    resumable: !!strong && (partial || (told("Accept-Ranges") === "bytes" && !told("Content-Encoding"))),
    total: partial ? Number(total) || undefined : lengthOf(response),
  };
}

/** @param {Message} message  @param {Response} response @returns {never} */
function changed({ url }, { body }) {
  body?.cancel().catch(() => {});
  throw failure("http", `${url} changed while it was read`, { url });
}

/**
 * @param {import("./bootstrap.js").Tools} tools
 * @param {import("./bootstrap.js").Jobs} jobs  which decode whole arrays
 * @returns {import("./bootstrap.js").Jobs}
 */
export function parts(tools, { decode: whole }) {
  return { decode, fetch, open, rows, member };

  /**
   * Decodes an array; of rows in a Blob, no other bytes are read.
   * @param {Message} message
   */
  async function decode(message) {
    const { buffer, rows } = message;
    if (!rows || !(buffer instanceof Blob)) return whole(message);
    const signal = tools.signalOf(message);
    const { head, file } = await headOf(message, signal, await ask(message, signal, { end: firstOf(message) }));
    const { stream, collect } = told(tools, message, head, { peek: true, available: buffer.size });
    // The first bytes do not always tell where the rows are.
    if (!stream || collect) return whole(message);
    return only(await some({ ...message, head, file, ranges: [rows] }, signal));
  }

  /**
   * Fetches an array, or some of its rows. A download that breaks off is resumed if possible, at most `retries` times.
   * @param {Message} message
   */
  async function fetch(message) {
    const { retries = 0, init } = message;
    checkCount("retries", retries);
    const signal = tools.signalOf(message);
    const began = performance.now();
    /** @type {Intake | undefined} */
    let intake;
    /** @type {string | null | undefined} */
    let version;
    for (let attempt = 0; ; attempt++) {
      try {
        const begin = message.rows ? 0 : (intake?.loaded ?? 0);
        if (!begin) intake = version = undefined;
        // For some rows, only the header at first.
        const answer = await ask(message, signal, { begin, end: message.rows && firstOf(message), version });
        if (answer.partial && message.rows) {
          const array = only(await some({ ...message, ...(await headOf(message, signal, answer)), ranges: [message.rows] }, signal));
          const { milliseconds } = array.stats;
          milliseconds.fetch = Math.max(0, performance.now() - began - milliseconds.header - milliseconds.convert);
          return array;
        }
        if (begin && (!answer.partial || answer.version !== version)) {
          // The server sent the whole file, or has another version by now: begin anew.
          intake = version = undefined;
          if (answer.partial) {
            answer.response.body?.cancel().catch(() => {});
            attempt--;
            continue;
          }
        }
        intake ??= new Intake(tools, message, answer.total);
        version = answer.resumable ? answer.version : undefined;
        await pour(answer.response.body, message, signal, intake.take);
        return intake.end(began);
      } catch (/** @type {any} */ error) {
        const again = error.url && passes(error) && attempt < retries;
        if (!again || signal.aborted || (init?.method ?? "GET") !== "GET") throw error;
        if (!version) intake = undefined;
        intake?.tell("retry");
        await pause(delay(attempt), signal);
      }
    }
  }

  /**
   * Reads what a file says of itself: the header of an array, the directory of an .npz.
   * @param {Message} message
   */
  async function open(message) {
    const signal = tools.signalOf(message);
    const { url = "" } = message;
    const answer = await ask(message, signal, { end: firstOf(message) });
    const { head, file } = await headOf(message, signal, answer);
    if (String(head.subarray(0, 4)) === "80,75,3,4") {
      if (!answer.partial || !file.total) throw failure("http", `${url} comes from a server without ranges: fetch the archive and have it decoded by decodeAll`, { url });
      const found = await members(archiveAt(message, signal, file));
      return { members: found.map(({ name, nbytes, compressed }) => ({ name, nbytes, compressed })), file };
    }
    const { stream, ...array } = described(message, head, file);
    return { array, head: head.buffer, file };
  }

  /** How many first bytes are asked for. @param {Message} message */
  function firstOf({ format, offset }) {
    return format !== "raw" && offset > 0 ? HEAD + Math.min(offset, 4 * GAP) : HEAD;
  }

  /**
   * The first bytes of a file: its whole header, if it has one.
   * @param {Message} message
   * @param {AbortSignal} signal
   * @param {{ response: Response, version: string | null, total?: number }} answer  to a question for the first of them
   */
  async function headOf(message, signal, { response, version, total }) {
    const file = { version, total };
    let head = await beginning(response, message, signal, firstOf(message));
    for (;;) {
      try {
        described(message, head, file);
        return { head, file };
      } catch (/** @type {any} */ error) {
        const expected = error.code === "truncated" && error.expected + (message.offset ?? 0);
        if (!(expected > head.length) || expected > 4 * GAP || head.length >= (total ?? Infinity)) return { head, file };
        const { response, ...longer } = await ask(message, signal, { end: expected, version });
        if (longer.version !== version) changed(message, response);
        const more = await beginning(response, message, signal, expected);
        // There is no more: the header is cut.
        if (more.length <= head.length) return { head, file };
        head = more;
      }
    }
  }

  /**
   * What an array is, or rows of it are, by the file's first bytes alone.
   * @param {Message} message
   * @param {Uint8Array} head
   * @param {File} file
   */
  function described(message, head, { total }) {
    const reply = told(tools, message, head, { peek: true, available: total });
    if (!reply.stream || reply.collect) {
      const { url } = message;
      throw failure("bad-argument", `${url ?? "the Blob"} does not tell its length, or what its long doubles are: open it with a shape, or longdouble`, { url });
    }
    return reply;
  }

  /**
   * Rows of an array that was opened, several ranges of them at once. Ranges that lie near each other come with one request.
   * @param {Message} message
   */
  async function rows(message) {
    return some({ ...message, head: new Uint8Array(message.head) }, tools.signalOf(message));
  }

  /**
   * @param {Message} message
   * @param {AbortSignal} signal
   */
  async function some({ head, file, ranges, progress, ...message }, signal) {
    /** @type {{ intake?: Intake | Whole, error?: any, begin: number, end: number }[]} */
    const jobs = ranges.map((/** @type {any} */ rows) => {
      try {
        const options = { ...message, rows };
        const { collect } = told(tools, options, head, { available: file.total });
        const intake = collect ? new Whole(tools, options, described(options, head, file)) : new Intake(tools, options, file.total);
        intake.push(head);
        const [begin, end] = intake.window ?? [0, file.total];
        return { intake, begin: intake.complete ? end : Math.max(begin, head.byteLength), end };
      } catch (error) {
        return { error, begin: 0, end: 0 };
      }
    });
    /** @type {(typeof jobs)[]} */
    const groups = [];
    let reach = -Infinity;
    for (const job of jobs.filter(({ begin, end }) => begin < end).sort((a, b) => a.begin - b.begin)) {
      if (job.begin > reach + GAP) groups.push([]);
      groups[groups.length - 1].push(job);
      reach = Math.max(reach, job.end);
    }
    // Of all that comes, the head included, and of nothing that is skipped.
    let loaded = head.byteLength;
    const total = groups.flat().reduce((sum, { begin, end }) => sum + end - begin, loaded);
    const tell = teller({ id: message.id, progress });
    const came = (/** @type {number} */ nbytes) => tell((loaded += nbytes), total);
    if (loaded === total) came(0);
    await Promise.all(groups.map((group) => take(group, message, signal, file, came).catch((error) => group.forEach((job) => (job.error ??= error)))));
    return {
      arrays: jobs.map(({ intake, error }) => {
        try {
          if (error) throw error;
          return [null, /** @type {Intake | Whole} */ (intake).end()];
        } catch (/** @type {any} */ error) {
          return [typeof error.code === "string" ? error : failure("worker-crash", String(error)), {}];
        }
      }),
    };
  }

  /**
   * @param {{ intake?: Intake | Whole, error?: any, begin: number, end: number }[]} group
   * @param {Message} message
   * @param {AbortSignal} signal
   * @param {File} file
   * @param {(nbytes: number) => void} came  told how many bytes of the group's did
   */
  async function take(group, message, signal, { version, total }, came) {
    const begin = group[0].begin;
    const end = Math.max(...group.map(({ end }) => end));
    const answer = await ask(message, signal, { begin, end, version });
    if (answer.version !== version || (answer.total ?? total) !== total) changed(message, answer.response);
    let at = answer.partial ? begin : 0;
    await pour(answer.response.body, message, signal, (piece) => {
      for (const job of group) {
        const [from, to] = [job.begin, job.end].map((place) => Math.min(piece.length, Math.max(0, place - at)));
        if (from >= to || job.error) continue;
        const intake = /** @type {Intake | Whole} */ (job.intake);
        try {
          intake.loaded = at + from;
          intake.push(piece.subarray(from, to));
        } catch (error) {
          job.error = error;
        }
      }
      const wanted = Math.min(end, at + piece.length) - Math.max(begin, at);
      if (wanted > 0) came(wanted);
      at += piece.length;
      return at >= end;
    });
  }

  /**
   * A member of an .npz that was opened.
   * @param {Message} message
   */
  async function member(message) {
    const { file, member: name, maxBytes = LIMIT ?? Infinity } = message;
    const archive = archiveAt(message, tools.signalOf(message), file);
    const found = (await members(archive)).find((member) => member.name === name);
    if (!found) throw failure("bad-argument", `there is no array '${name}' (open's members names those there are)`);
    const { at, limit, nbytes, crc32 } = found;
    // The whole member with one request.
    archive.ahead = [at, limit];
    const buffer = await inflate(archive, found, maxBytes);
    return tools.decode({ ...message, buffer, byteOffset: 0, byteLength: nbytes, crc32 });
  }

  /**
   * An archive that stays where it is.
   * @param {Message} message
   * @param {AbortSignal} signal
   * @param {File} file
   */
  function archiveAt(message, signal, { version, total = 0 }) {
    let [from, held] = [0, new Uint8Array()];
    return {
      size: total,
      /** What is read next. @type {number[]} */
      ahead: [],
      /** @param {number} begin  @param {number} end */
      async read(begin, end) {
        if (begin < from || end > from + held.length) {
          const part = begin === this.ahead[0] ? { begin, end: Math.max(end, this.ahead[1]) } : { begin, end };
          const answer = await ask(message, signal, { ...part, version });
          if (!answer.partial || answer.version !== version || answer.total !== total) changed(message, answer.response);
          [from, held] = [begin, await beginning(answer.response, message, signal, part.end - begin)];
          const [expected, actual] = [end - begin, held.length];
          if (actual < expected) throw failure("truncated", `${message.url} broke off: of ${expected} bytes ${actual} came`, { expected, actual, url: message.url });
        }
        return held.slice(begin - from, end - from).buffer;
      },
    };
  }
}

/**
 * @param {{ arrays: any[] }} answer  with one array, or the error in its place
 */
function only({ arrays: [[error, array]] }) {
  if (error) throw error;
  return array;
}

/** Collects the bytes of rows that cannot be converted while they come, such as text. */
class Whole {
  #tools;
  #message;
  #array;
  #bytes;
  #taken = 0;
  /** Offset in the file of the next byte that is pushed. */
  loaded = 0;

  /**
   * @param {import("./bootstrap.js").Tools} tools
   * @param {Message} message  the options
   * @param {any} array  what they will be, without data
   */
  constructor(tools, message, { stream, ...array }) {
    this.#tools = tools;
    this.#message = message;
    this.#array = array;
    this.#bytes = new Uint8Array(stream.nbytes);
    /** @type {[number, number]} */
    this.window = [stream.payload, stream.payload + stream.nbytes];
  }

  get complete() {
    return this.#taken === this.#bytes.length;
  }

  /** @param {Uint8Array} bytes */
  push(bytes) {
    const [begin, end] = this.window;
    const part = bytes.subarray(Math.max(0, begin - this.loaded), Math.max(0, end - this.loaded));
    this.#bytes.set(part, this.#taken);
    this.#taken += part.length;
    this.loaded += bytes.length;
  }

  end() {
    const { source, shape, name, sequence } = this.#array;
    const [expected, actual] = [this.#bytes.length, this.#taken];
    if (actual < expected) throw failure("truncated", `the array has ${expected} bytes, ${actual} came`, { expected, actual });
    // Without the header they are raw.
    const { rows, offset, ...options } = this.#message;
    const reply = this.#tools.decode({ ...options, format: "raw", dtype: source.dtype, shape, order: "C", buffer: this.#bytes.buffer });
    return { ...reply, source, name, sequence };
  }
}

/**
 * The first bytes of a body, so many of them or all there are.
 * @param {Response} response
 * @param {Message} message
 * @param {AbortSignal} signal
 * @param {number} most
 */
async function beginning({ body }, message, signal, most) {
  const bytes = new Uint8Array(most);
  let length = 0;
  await pour(body, message, signal, (piece) => {
    const part = piece.subarray(0, most - length);
    bytes.set(part, length);
    length += part.length;
    return length === most;
  });
  return bytes.slice(0, length);
}
