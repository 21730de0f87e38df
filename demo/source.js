// Where the arrays come from: the server that serves this page, or NumPy behind aiohttp.

/** @typedef {import("./dist/byteferry.js").ReadOptions} ReadOptions */
/**
 * An array as `GET /arrays` tells of it.
 * @typedef {object} Listing
 * @property {string} name
 * @property {string} title
 * @property {string} about
 * @property {string} dtype
 * @property {number[]} shape
 * @property {"C" | "F"} order
 * @property {{ npy: string, raw: string, frame: string }} files
 * @property {string} [units]
 * @property {[number, number]} [range]  smallest and largest value
 * @property {{ first?: string | number, last?: string, stepDays?: number }[]} [axes]
 * @property {{ west: number, east: number, south: number, north: number }} [extent]
 * @property {string} source
 * @property {string} licence
 */

/** An environment of its own, because Debian's and Homebrew's Python refuse to install into theirs. */
const START = `python3 -m venv target/backend
target/backend/bin/pip install -r demo/backend/requirements.txt
target/backend/bin/python demo/backend/app.py`;

/** Whether the page lies on a host that has nothing but files: arrays as they are stored, and no others. */
export const PUBLISHED = "published" in document.body.dataset;

/**
 * @param {HTMLFormElement} form
 */
export function sourceOf(form) {
  /** @typedef {{ from: RadioNodeList, format: HTMLSelectElement, order: HTMLSelectElement, url: HTMLInputElement }} Controls */
  const controls = /** @type {Controls} */ (/** @type {unknown} */ (form.elements));
  const atBackend = () => form.from.value === "backend";
  /** @type {Promise<Record<string, Listing>> | undefined} */
  let listings;
  /** Of files there are no other formats and orders to choose. */
  const fewer = () => (controls.format.disabled = controls.order.disabled = PUBLISHED && !atBackend());
  fewer();

  /** @param {Listing} listing */
  const formatOf = ({ name }) => {
    const value = PUBLISHED && !atBackend() ? "own" : controls.format.value;
    return /** @type {"raw" | "npy" | "frame"} */ (value === "own" ? (name === "co2" ? "raw" : "npy") : value);
  };

  return {
    /** What there is; asked once. */
    listings() {
      listings ??= list().catch((error) => {
        listings = undefined;
        throw error;
      });
      return listings;
    },

    /**
     * @param {Listing} listing
     * @returns {Promise<{ url: string, options: ReadOptions }>}
     */
    async locate(listing) {
      const { name, dtype, shape, order, files } = listing;
      const format = formatOf(listing);
      if (atBackend()) {
        const url = new URL(controls.url.value);
        const query = { name, format, order: controls.order.value };
        for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
        return { url: url.href, options: format === "raw" ? await described(url) : { format } };
      }
      const byteOrder = PUBLISHED ? "big" : controls.order.value;
      const url = `.${files[format]}${PUBLISHED ? "" : `?order=${byteOrder}`}`;
      // Raw bytes tell nothing of themselves; the list does.
      const mark = byteOrder === "big" ? ">" : "<";
      if (format === "raw") return { url, options: { format, dtype: dtype.replace(/^[<>=]/, mark), shape, order } };
      return { url, options: { format } };
    },

    /**
     * What to tell when it failed, where more is known than the error says.
     * @param {unknown} error
     */
    explain(error) {
      if (!atBackend() || /** @type {{ code?: string }} */ (error)?.code !== "network") return;
      const { origin } = new URL(controls.url.value);
      const text = `Nothing answers at ${origin}. The NumPy backend is a program of its own: start it in byteferry's folder`;
      return { text: `${text} by the lines below, then fetch again.`, command: START };
    },

    /** @param {() => void} load */
    onchange(load) {
      form.addEventListener("change", ({ target }) => {
        const backend = /** @type {HTMLElement} */ (form.querySelector("#backend"));
        backend.hidden = !atBackend();
        fewer();
        if (target !== controls.url && controls.url.validity.valid) {
          const url = new URL(controls.url.value);
          url.searchParams.set("format", controls.format.value === "own" ? "raw" : controls.format.value);
          url.searchParams.set("order", controls.order.value);
          controls.url.value = url.href;
        }
        if (form.checkValidity()) load();
      });
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        load();
      });
    },
  };
}

/** @returns {Promise<Record<string, Listing>>} */
async function list() {
  const response = await fetch(PUBLISHED ? "./arrays/arrays.json" : "./arrays");
  if (!response.ok) throw new Error(`the list of arrays: the server answered ${response.status} ${response.statusText}`);
  const all = /** @type {(Listing & { file: string, format: string })[]} */ (await response.json());
  if (PUBLISHED) for (const listing of all) listing.files = /** @type {any} */ ({ [listing.format]: `/arrays/${listing.file}` });
  return Object.fromEntries(all.map((listing) => [listing.name, listing]));
}

/**
 * What the backend says that its raw bytes are.
 * @param {URL} url
 * @returns {Promise<ReadOptions>}
 */
async function described(url) {
  let response;
  try {
    response = await fetch(url, { method: "HEAD" });
    // There is nothing in it, but left unread it is listed as a failure by Chromium's developer tools.
    await response.arrayBuffer();
  } catch (cause) {
    throw Object.assign(new Error(`${url} could not be fetched`, { cause }), { code: "network" });
  }
  const { headers, ok, status, statusText } = response;
  if (!ok) throw Object.assign(new Error(`${url}: the server answered ${status} ${statusText}`), { code: "http" });
  const order = headers.get("X-Array-Order") === "F" ? "F" : "C";
  const shape = headers.get("X-Array-Shape")?.split(",").filter(Boolean).map(Number);
  return { format: "raw", dtype: headers.get("X-Array-Dtype") ?? undefined, shape, order };
}
