import { fileURLToPath } from "node:url";

const folder = (name) => fileURLToPath(new URL(name, import.meta.url));

export default {
  mode: "production",
  entry: folder("src/index.js"),
  output: { path: folder("public"), filename: "main.js", publicPath: "auto" },
  experiments: { topLevelAwait: true },
};
