// Parts of files, by HTTP's ranges: rows of an array, a member of an archive, and what is missing of a file that broke off.
import { inflate, members } from "./archive.js";
import { lengthOf, pour, request } from "./arrive.js";
import { LIMIT, failure } from "./bootstrap.js";
import { Host } from "./host.js";
import { Intake } from "./intake.js";

/**
 * @typedef {import("./bootstrap.js").Message} Message
 * @typedef {{ version: string | null, total?: number }} File  what all parts must have in common: ETag or date, and length
 */

/** Bytes that are asked for when a header is wanted: most are shorter. */
const HEAD = 2 ** 12;
/** Bytes between two parts that are not worth a request of their own. */
const GAP = 2 ** 16;

/**
 * Asks for a part of a file.
 * @param {Message} message
 * @param {AbortSignal} signal
 * @param {{ begin?: number, end?: number, version?: string | null }} part  bytes that are wanted, and of which version; what the server has, it may
 *   answer with all
 */
async function ask(message, signal, { begin = 0, end, version }) {
  const { url = "" } = message;
  const range = begin || end !== undefined ? { Range: `bytes=${begin}-${end === undefined ? "" : end - 1}` } : {};
  const response = await request(message, signal, version ? { ...range, "If-Range": version } : range);
  const { status, headers } = response;
  const told = (/** @type {string} */ name) => headers.get(name);
  const partial = status === 206;
  const [, from, , total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(told("Content-Range") ?? "") ?? [];
  if (partial && (Number(from ?? NaN) !== begin || told("Content-Encoding"))) {
    response.body?.cancel().catch(() => {});
    throw failure("http", `${url} answered with another part than bytes ${begin} and following (Content-Range: ${told("Content-Range")})`, { url, status });
  }
  // A weak one means that bytes may differ.
  const strong = told("ETag")?.startsWith("W/") ? null : told("ETag");
  return {
    response,
    partial,
    version: strong ?? told("Last-Modified"),
    /** Whether it can be gone on with where it breaks off. */
    resumable: !!strong && (partial || (told("Accept-Ranges") === "bytes" && !told("Content-Encoding"))),
    total: partial ? Number(total) || undefined : lengthOf(response),
  };
}

/** @param {Message} message @returns {never} */
function changed({ url }) {
  throw failure("http", `${url} changed while it was read`, { url });
}

/**
 * @param {import("./bootstrap.js").Tools} tools
 * @returns {import("./bootstrap.js").Jobs}
 */
export function parts(tools) {
  return { fetch, open, rows, member };

  /**
   * Fetches an array, or some of its rows. What breaks off is gone on with where that can be, as often as the message's `retries` say.
   * @param {Message} message
   */
  async function fetch(message) {
    const { retries = 0, init } = message;
    const signal = tools.signalOf(message);
    const began = performance.now();
    /** @type {Intake | undefined} */
    let intake;
    /** @type {string | null | undefined} */
    let version;
    for (let attempt = 0; ; attempt++) {
      try {
        const begin = intake?.loaded ?? 0;
        // Of some rows, first the header alone.
        const answer = await ask(message, signal, { begin, end: message.rows && !begin ? HEAD : undefined, version });
        if (begin && (!answer.partial || answer.version !== version)) {
          // The server has no parts to give, or another version by now: all anew.
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
        if (answer.partial) await rest(message, signal, intake, answer);
        return intake.end(began);
      } catch (/** @type {any} */ error) {
        const { code, status, url } = error;
        const again = url && (code === "network" || code === "truncated" || status > 499 || status === 429);
        if (!again || signal.aborted || attempt >= retries || (init?.method ?? "GET") !== "GET") throw error;
        if (!version) intake = undefined;
        intake?.tell("retry");
        await new Promise((resolve) => setTimeout(resolve, Math.min(250 * 2 ** attempt, 8000)));
        signal.throwIfAborted();
      }
    }
  }

  /**
   * What the first part of a file did not have of the rows, or of a long header.
   * @param {Message} message
   * @param {AbortSignal} signal
   * @param {Intake} intake
   * @param {File} file
   */
  async function rest(message, signal, intake, { version, total = Infinity }) {
    while (!intake.complete && intake.loaded < total) {
      const { loaded, window } = intake;
      const begin = window ? Math.max(loaded, window[0]) : loaded;
      const answer = await ask(message, signal, { begin, end: window ? window[1] : loaded + GAP, version });
      if (!answer.partial || answer.version !== version) changed(message);
      intake.loaded = begin;
      await pour(answer.response.body, message, signal, intake.take);
      if (intake.loaded === begin) return;
    }
  }

  /**
   * Reads what a file says of itself: the header of an array, the directory of an .npz.
   * @param {Message} message
   */
  async function open(message) {
    const signal = tools.signalOf(message);
    const { url = "" } = message;
    const { response, partial, version, total } = await ask(message, signal, { end: HEAD });
    let head = await beginning(response, message, signal, HEAD);
    if (String(head.subarray(0, 4)) === "80,75,3,4") {
      if (!partial || !total) throw failure("http", `${url} comes from a server without ranges: fetch the archive and have it decoded by decodeAll`, { url });
      const found = await members(archiveAt(message, signal, { version, total }));
      return { members: found.map(({ name, nbytes, compressed }) => ({ name, nbytes, compressed })), file: { version, total } };
    }
    for (;;) {
      try {
        const host = new Host();
        host.inputs[0] = head;
        const { init, ...options } = message;
        const { stream, ...array } = tools.run("decode", { ...options, streamed: true, peek: true, available: total }, host, message);
        if (!stream || array.collect) throw failure("bad-argument", `${url} does not tell its length, or what its long doubles are: open it with a shape, or longdouble`, { url });
        return { array, head: head.buffer, file: { version, total } };
      } catch (/** @type {any} */ error) {
        if (error.code !== "truncated" || !(error.expected > head.length) || error.expected > 4 * GAP || head.length >= (total ?? Infinity)) throw error;
        const longer = await ask(message, signal, { end: error.expected });
        head = await beginning(longer.response, message, signal, error.expected);
      }
    }
  }

  /**
   * Rows of an array that was opened, several ranges of them at once. Ranges that lie near each other come with one request.
   * @param {Message} message
   */
  async function rows(message) {
    const signal = tools.signalOf(message);
    const { head, file, ranges, ...options } = message;
    /** @type {{ intake?: Intake, error?: any, begin: number, end: number, array?: any }[]} */
    const jobs = ranges.map((/** @type {any} */ rows) => {
      try {
        const intake = new Intake(tools, { ...options, rows }, file.total);
        intake.push(new Uint8Array(head));
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
    await Promise.all(groups.map((group) => take(group, { ...options, rows: true }, signal, file).catch((error) => group.forEach((job) => (job.error ??= error)))));
    return {
      arrays: jobs.map(({ intake, error }) => {
        try {
          if (error) throw error;
          return [null, /** @type {Intake} */ (intake).end()];
        } catch (/** @type {any} */ error) {
          return [typeof error.code === "string" ? error : failure("worker-crash", String(error)), {}];
        }
      }),
    };
  }

  /**
   * @param {{ intake?: Intake, error?: any, begin: number, end: number }[]} group
   * @param {Message} message
   * @param {AbortSignal} signal
   * @param {File} file
   */
  async function take(group, message, signal, { version, total }) {
    const begin = group[0].begin;
    const end = Math.max(...group.map(({ end }) => end));
    const answer = await ask(message, signal, { begin, end, version });
    if (answer.version !== version || (answer.total ?? total) !== total) changed(message);
    let at = answer.partial ? begin : 0;
    await pour(answer.response.body, message, signal, (piece) => {
      for (const job of group) {
        const [from, to] = [job.begin, job.end].map((place) => Math.min(piece.length, Math.max(0, place - at)));
        if (from >= to || job.error) continue;
        const intake = /** @type {Intake} */ (job.intake);
        try {
          intake.loaded = at + from;
          intake.push(piece.subarray(from, to));
        } catch (error) {
          job.error = error;
        }
      }
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
    if (!found) throw failure("bad-argument", `there is no array '${name}'`);
    const { at, limit, nbytes, crc32 } = found;
    // All of it with one request.
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
          if (!answer.partial || answer.version !== version || answer.total !== total) changed(message);
          [from, held] = [begin, await beginning(answer.response, message, signal, part.end - begin)];
        }
        return held.slice(begin - from, end - from).buffer;
      },
    };
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
