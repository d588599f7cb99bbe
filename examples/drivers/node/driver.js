#!/usr/bin/env node
// A driver for printers that take plain text on a TCP port, without any library of
// Shopwright's: the protocol is gRPC after a short handshake. docs/drivers/handshake.md
// describes each step.
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

// 1. Started by hand? Then this is not a driver's process.
if (process.env.SHOPWRIGHT_DRIVER !== "shopwright.hw.v1") {
  console.error("this is a device driver; Shopwright starts it");
  process.exit(1);
}

// 2. End with the program that started us.
const parent = Number(process.env.SHOPWRIGHT_DRIVER_PARENT) || process.ppid;
setInterval(() => process.ppid === parent || process.exit(3), 500);
if (process.ppid !== parent) process.exit(3);

// Standard output belongs to the handshake; logs are JSON on standard error.
const log = (level, message, more = {}) =>
  process.stderr.write(JSON.stringify({ "@level": level, "@message": message, "@timestamp": new Date().toISOString(), ...more }) + "\n");

// ---- The printer ----

const State = { UNKNOWN: 0, PENDING: 1, SENDING: 2, SENT: 3, FAILED: 5, UNCERTAIN: 6, CANCELLED: 7 };
const jobs = new Map(); // what became of each attempt of each job: none is printed twice
const keyOf = (r) => `${r.job_id}#${r.attempt}`;
let address = { host: "", port: 0 };
let away = ""; // why the printer cannot be reached
let line = Promise.resolve(); // one job after another

const render = (doc) =>
  (doc?.blocks ?? [])
    .map((b) => {
      if (b.columns) return b.columns.rows.map((r) => r.cells.join("  ")).join("\n");
      return b.text?.text ?? b.qr?.content ?? b.barcode?.content ?? "";
    })
    .map((s) => s + "\n")
    .join("");

// send answers the state: FAILED up to the first byte, UNCERTAIN after it.
const send = (job, data, signal) =>
  new Promise((resolve) => {
    const end = (state, reason = "") => {
      socket.destroy();
      resolve({ state, reason });
    };
    const failed = (why) => end(job.state === State.SENDING ? State.UNCERTAIN : State.FAILED, why);
    const socket = net.connect({ ...address, timeout: 10_000 });
    socket.on("connect", () => {
      if (job.state !== State.PENDING) return end(State.CANCELLED);
      job.state = State.SENDING;
      socket.end(data);
    });
    socket.on("data", () => {});
    socket.on("end", () => (socket.writableFinished ? end(State.SENT) : failed("the printer hung up")));
    socket.on("error", (e) => failed(e.message));
    socket.on("timeout", () => failed("the printer does not answer"));
    if (signal.aborted) failed("too late");
    signal.addEventListener("abort", () => failed("the caller's deadline has passed"));
  });

async function submit(call) {
  const r = call.request;
  if (!r.job_id || !(r.attempt >= 1)) throw Object.assign(new Error("a job needs an id and an attempt from 1"), { code: grpc.status.INVALID_ARGUMENT });
  const known = jobs.get(keyOf(r));
  if (known && known.state !== State.FAILED && known.state !== State.CANCELLED) return known.outcome;
  const job = { state: State.PENDING, reason: "" };
  jobs.set(keyOf(r), job);
  const gone = new AbortController(); // the caller's deadline ends every wait
  call.on("cancelled", () => gone.abort());
  job.outcome = line
    .then(() => (job.state === State.PENDING ? send(job, r.raw?.length ? r.raw : render(r.document), gone.signal) : job))
    .then((done) => Object.assign(job, { state: done.state, reason: done.reason }));
  line = job.outcome;
  return job.outcome;
}

const jobStatus = (r) => jobs.get(keyOf(r)) ?? { state: State.UNKNOWN, reason: "" };
function cancel(r) {
  const job = jobs.get(keyOf(r));
  if (job?.state === State.PENDING) job.state = State.CANCELLED;
  return jobStatus(r);
}

function configure(json) {
  const m = /^(.+):(\d+)$/.exec(JSON.parse(json || "{}").address ?? "");
  if (!m) throw new Error("the address needs a host and a port: 192.168.1.20:9100");
  address = { host: m[1], port: Number(m[2]) };
  const look = () => {
    const probe = net.connect({ ...address, timeout: 1000 });
    const said = (why) => {
      if (why && !away) log("warn", "the printer is away", { reason: why });
      away = why;
      probe.destroy();
    };
    probe.on("connect", () => said("")).on("error", (e) => said(e.message || e.code)).on("timeout", () => said("no answer"));
  };
  look();
  setInterval(look, 1000); // so that Health answers at once
}

// ---- The services ----

const here = path.dirname(fileURLToPath(import.meta.url));
// A driver of your own has a copy of the protocol in its folder proto.
const protocol = [path.join(here, "proto"), path.join(here, "../../../sdk/driver/proto")].find((d) => fs.existsSync(d));
const load = (file) => grpc.loadPackageDefinition(protoLoader.loadSync(file, { keepCase: true, longs: Number, includeDirs: [here, protocol] }));
const hw = load(["shopwright/hw/v1/driver.proto", "shopwright/hw/v1/printer.proto"]).shopwright.hw.v1;
const host = load(["plugin.proto", "health.proto"]);
const answers = (f) => (call, callback) =>
  Promise.resolve()
    .then(() => f(call))
    .then((reply) => callback(null, reply), (e) => callback({ code: e.code ?? grpc.status.UNKNOWN, message: e.message }));

const server = new grpc.Server({ "grpc.max_receive_message_length": 32 << 20 });
server.addService(hw.Driver.service, {
  Info: answers(() => ({
    id: "sample-node-printer",
    version: "1.0.0",
    vendor: "Sample",
    classes: ["POSPrinter"],
    capabilities: ["shopwright.hw.v1.Driver", "shopwright.hw.v1.Printer"],
  })),
  ConfigSchema: answers(() => ({
    json_schema: JSON.stringify({ type: "object", required: ["address"], properties: { address: { type: "string", title: "Address" } } }),
  })),
  Configure: answers((call) => {
    try {
      configure(call.request.json);
      return {};
    } catch (e) {
      throw Object.assign(new Error(e.message), { code: grpc.status.INVALID_ARGUMENT }); // the text is for the shop
    }
  }),
  Devices: (call) => call.write({ devices: [{ id: "printer", class: "POSPrinter", health: away ? 2 : 1, reason: away }] }), // and stays open
  Events: () => {}, // nothing to report; the stream stays open
  Health: answers(() => ({ state: away ? 2 : 1, reason: away })),
});
server.addService(hw.Printer.service, {
  Submit: answers(submit),
  JobStatus: answers((call) => jobStatus(call.request)),
  Cancel: answers((call) => cancel(call.request)),
});
server.addService(host.grpc.health.v1.Health.service, { Check: answers(() => ({ status: 1 })) });
server.addService(host.plugin.GRPCController.service, {
  Shutdown: (_, callback) => {
    callback(null, {});
    setTimeout(() => process.exit(0), 50);
  },
});

// 3. Listen where the host says, and say where in one line.
const windows = process.platform === "win32";
const at = windows ? "127.0.0.1:0" : "unix:" + path.join(process.env.PLUGIN_UNIX_SOCKET_DIR ?? "", `driver-${process.pid}`);
server.bindAsync(at, grpc.ServerCredentials.createInsecure(), (e, port) => {
  if (e) {
    log("error", e.message);
    process.exit(1);
  }
  const said = windows ? `tcp|127.0.0.1:${port}` : `unix|${at.slice(5)}`;
  fs.writeSync(1, `1|1|${said}|grpc\n`);
});
