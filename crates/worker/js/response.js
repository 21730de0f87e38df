// What the headers of a Response tell of its body. The page and the worker both ask.

/**
 * Whether it is a page, one that says "sign in", for example, and so no array.
 * @param {Response} response
 */
export const isPage = ({ headers }) => headers.get("Content-Type")?.startsWith("text/html");

/**
 * Bytes of the body, where they are known beforehand. Content-Length counts what is sent, which is less where that is compressed; and from
 * another origin, it can be read where Content-Encoding can't.
 * @param {Response} response
 */
export function lengthOf({ headers, type }) {
  const length = headers.get("Content-Length");
  return length && type !== "cors" && !headers.get("Content-Encoding") ? Number(length) : undefined;
}
