// The least that a worker can do: what is moved here is moved back.
self.onmessage = ({ data }) => self.postMessage(data, { transfer: [data] });
