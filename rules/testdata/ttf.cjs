// Makes many modules with Binaryen's translate-to-fuzz in one process: starting
// wasm-opt for each would take half a second, most of it for compiling itself.
//   node ttf.cjs path/to/wasm-opt folder first count options...
// reads folder/N.in and writes folder/N.wasm.
const fs = require("node:fs"), vm = require("node:vm");
const [tool, folder, first, count, ...options] = process.argv.slice(2);

let compiled;
const instantiate = WebAssembly.instantiate;
WebAssembly.instantiate = async (source, imports) => {
  compiled ??= await WebAssembly.compile(source);
  return { module: compiled, instance: await instantiate(compiled, imports) };
};

const source = fs.readFileSync(tool, "utf8").replace(/^#!.*/, "");
const script = new vm.Script("(function (Module, require, process, __dirname, __filename, done) {" + source +
  ";const finish = () => done(); Module.postRun = finish; Module.onAbort = finish; })", { filename: tool });
const start = script.runInThisContext();

function one(n) {
  return new Promise((done) => {
    const args = [folder + "/" + n + ".in", "-ttf", "-o", folder + "/" + n + ".wasm", ...options];
    const fake = Object.create(process, { argv: { value: ["node", tool, ...args] }, exitCode: { value: 0, writable: true } });
    fake.on = () => fake;
    const quiet = { print() {}, printErr() {}, quit: done };
    start(quiet, require, fake, "/", tool, done);
    setTimeout(done, 10000).unref();
  });
}

(async () => {
  for (let n = +first; n < +first + +count; n++) await one(n);
})();
