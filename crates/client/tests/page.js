// What the tests need of the page.

// Every message that goes to a worker, by its op.
const posted = [];
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...rest) {
  posted.push(message.op);
  return post.call(this, message, ...rest);
};
export const ops = () => posted.splice(0);

// And what the page posts to itself.
let count = 0;
const postToItself = MessagePort.prototype.postMessage;
MessagePort.prototype.postMessage = function (...given) {
  count++;
  return postToItself.apply(this, given);
};
export const posted_to_itself = () => count;

export const is_firefox = () => navigator.userAgent.includes("Firefox");
export const is_chromium = () => navigator.userAgent.includes("Chrom");
export const rest = () => new Promise((resolve) => setTimeout(resolve, 100));

export const response = (url) => fetch(url);
export const bytes = async (url) => (await fetch(url)).arrayBuffer();
export const blob = (bytes) => new Blob([bytes]);
export const file = (bytes) => new File([bytes], "f4.npy");

/** A stream that has these bytes, and then ends with an error, if one is given, or never. */
export function stream(bytes, error) {
  let given = false;
  const stream = new ReadableStream({
    pull(controller) {
      if (!given) controller.enqueue(bytes.slice());
      else if (error) controller.error(new Error(error));
      else return new Promise(() => {});
      given = true;
    },
    cancel() {
      stream.cancelled = true;
    },
  });
  return stream;
}
