// Bytes as text and back.

/** By the engine's own way where it has one. @param {Uint8Array} bytes @returns {string} */
export function toBase64(bytes) {
  if ("toBase64" in bytes) return /** @type {any} */ (bytes).toBase64();
  let text = "";
  for (let at = 0; at < bytes.length; at += 8190) text += btoa(String.fromCharCode(...bytes.subarray(at, at + 8190)));
  return text;
}

/** @param {string} text @returns {Uint8Array} */
export function fromBase64(text) {
  if ("fromBase64" in Uint8Array) return /** @type {any} */ (Uint8Array).fromBase64(text);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
