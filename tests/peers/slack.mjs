// Slack, played by the package emulate, on a port of loopback; it ends when its standard input does.
// usage: PORT=4001 INNER=4002 EVENTS=http://127.0.0.1:8003/webhook SEED='{"slack": {...}}' node slack.mjs
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createEmulator } from "emulate";

const { PORT, INNER, EVENTS, SEED } = process.env;

// It subscribes nobody to events by itself; its Slack is an object that we may add to.
const dist = dirname(fileURLToPath(import.meta.resolve("emulate"))) + "/";
const file = readdirSync(dist).find(
  (name) => name.endsWith(".js") && readFileSync(dist + name, "utf8").includes("function slackWebhookHeaders("),
);
const { slackPlugin } = await import(pathToFileURL(dist + file));
const register = slackPlugin.register;
slackPlugin.register = (app, store, webhooks, ...rest) => {
  webhooks.register({ url: EVENTS, events: ["*"], active: true, owner: "slack" });
  return register.call(slackPlugin, app, store, webhooks, ...rest);
};
const emulator = await createEmulator({
  service: "slack",
  port: Number(INNER),
  baseUrl: `http://127.0.0.1:${PORT}`,
  seed: JSON.parse(SEED),
});

// Slack answers reads by GET, and lists what one takes part in; emulate knows POST and the whole list.
createServer(async (asked, answer) => {
  const url = new URL(asked.url, `http://127.0.0.1:${INNER}`);
  const reads = asked.method === "GET" && url.pathname.startsWith("/api/");
  const headers = { ...asked.headers, host: `127.0.0.1:${PORT}` };
  delete headers["content-length"];
  delete headers["connection"];
  let body;
  if (reads) {
    body = url.searchParams.toString();
    headers["content-type"] = "application/x-www-form-urlencoded";
    url.search = "";
    url.pathname = url.pathname.replace("users.conversations", "conversations.list");
  } else if (asked.method !== "GET") {
    const pieces = [];
    for await (const piece of asked) pieces.push(piece);
    body = Buffer.concat(pieces);
  }
  const method = reads ? "POST" : asked.method;
  const got = await fetch(url, { method, headers, body, redirect: "manual" });
  const told = Object.fromEntries(got.headers);
  delete told["content-encoding"];
  delete told["content-length"];
  delete told["transfer-encoding"];
  answer.writeHead(got.status, told).end(Buffer.from(await got.arrayBuffer()));
}).listen(Number(PORT), "127.0.0.1", () => process.stdout.write("ready\n"));
process.stdin.resume().on("end", () => emulator.close().then(() => process.exit(0)));
