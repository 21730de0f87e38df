// byteferry's worker for an app on gloo-worker 0.6: speaks gloo's messages, as JsCodec writes them, and has byteferry-worker.full.js, which
// is imported below, do the work. That script's own messages go through here.
//
//   to the worker      { Connected: handler }, { ProcessInput: [handler, { id, message }] }, { Disconnected: handler }, "Destroy"
//   from the worker    "WorkerLoaded", { ProcessOutput: [handler, { id, reply }] }
{
  const post = self.postMessage.bind(self);
  /** Who asked, by the job's number here. @type {Map<number, { handler: number, id: number }>} */
  const jobs = new Map();
  let last = 0;
  /** @type {(event: { data: any }) => void} */
  let deliver = () => {};

  self.onmessage = ({ data }) => {
    if (data === "Destroy") return self.close();
    if (data.ProcessInput) {
      const [handler, { id, message }] = data.ProcessInput;
      jobs.set(++last, { handler, id });
      deliver({ data: { ...message, id: last } });
    }
    if ("Disconnected" in data) {
      for (const [job, { handler }] of jobs) {
        if (handler !== data.Disconnected) continue;
        jobs.delete(job);
        deliver({ data: { id: job, op: "abort" } });
      }
    }
  };

  self.addEventListener = (/** @type {string} */ type, /** @type {any} */ listener) => {
    if (type === "message") deliver = listener;
  };

  self.postMessage = (/** @type {any} */ reply, /** @type {any} */ transfer) => {
    if (reply.ready) return post("WorkerLoaded");
    // gloo-worker has no way to say so, but shows what a worker throws.
    if (reply.failed) throw new Error(reply.failed.message);
    const job = jobs.get(reply.id);
    if (!job) return;
    if (!reply.progress) jobs.delete(reply.id);
    // Moved: what gloo-worker itself posts would be cloned.
    post({ ProcessOutput: [job.handler, { id: job.id, reply }] }, transfer);
  };
}
