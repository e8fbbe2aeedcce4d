// Builds what is not a JupyterLab extension: the widget's module, the page to look at the view with, and the tests.
// Refuses to reach outside the repository: everything is bundled, nothing is loaded from elsewhere at run time.
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import esbuild from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const widget = path.resolve(root, "../automl_lab/notebook/static");
const shared = { absWorkingDir: root, bundle: true, format: "esm", charset: "utf8", logLevel: "warning", logOverride: { "ignored-bare-import": "error" } };

const jobs = {
  widget: () =>
    esbuild.build({ ...shared, entryPoints: { live: "src/live.ts", panel: "src/panel.ts" }, outdir: widget, minify: true, target: "es2022", legalComments: "none" }),
  demo: () => esbuild.build({ ...shared, entryPoints: { demo: "dev/demo.ts" }, outdir: "lib/demo", sourcemap: true }),
  test: () =>
    esbuild.build({ ...shared, entryPoints: { tests: "tests/index.ts" }, outdir: "lib/test", outExtension: { ".js": ".mjs" }, platform: "node" }),
  clean: async () => {
    // A bundle left over from before would be shipped as if it were new.
    const built = [path.join(root, "lib"), path.resolve(root, "../automl_lab/labextension"), widget];
    await Promise.all(built.map(folder => rm(folder, { recursive: true, force: true })));
  }
};

const job = jobs[process.argv[2]];
if (!job) {
  console.error(`bundle.mjs: choose one of ${Object.keys(jobs).join(", ")}`);
  process.exit(2);
}
await job();
