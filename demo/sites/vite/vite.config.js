export default {
  // Wherever the site lies.
  base: "./",
  build: { target: "es2022" },
  // For the dev server: the package finds its worker by where it lies, so it must stay there.
  optimizeDeps: { exclude: ["byteferry"] },
  // The packages of all these sites lie one folder up.
  server: { fs: { allow: [".."] } },
};
