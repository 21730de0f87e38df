// Makes big-endian float32 numbers away from the main thread, so that only their decoding is measured.
self.onmessage = ({ data: count }) => {
  try {
    const view = new DataView(new ArrayBuffer(4 * count));
    for (let i = 0; i < count; i++) view.setFloat32(4 * i, i & 0xffffff, false);
    self.postMessage(view.buffer, { transfer: [view.buffer] });
  } catch (error) {
    self.postMessage(String(error));
  }
};
