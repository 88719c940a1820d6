// Microsoft's sign-in, played by the package emulate, on a port of loopback; it ends when its standard input does.
// usage: PORT=4001 INNER=4002 SEED='{"microsoft": {...}}' node microsoft.mjs
import { createServer } from "node:http";
import { createEmulator } from "emulate";

const { PORT, INNER, SEED } = process.env;
const emulator = await createEmulator({
  service: "microsoft",
  port: Number(INNER),
  baseUrl: `http://127.0.0.1:${PORT}`,
  seed: JSON.parse(SEED),
});

// It has its keys under no tenant, and of Graph only who somebody is: here the mailbox, the calendar and the drive are empty.
const PATHS = { "/common/discovery/v2.0/keys": "/discovery/v2.0/keys" };
const EMPTY = ["/v1.0/me/mailFolders/delta", "/v1.0/me/calendars", "/v1.0/me/drive/root/delta", "/v1.0/me/chats"];
const link = (path) => `http://127.0.0.1:${PORT}${path}?$deltatoken=1`;
const absent = { status: 404, body: { error: { code: "ErrorItemNotFound" } } };

function own(path, body) {
  if (EMPTY.includes(path)) return { value: [], "@odata.deltaLink": link(path) };
  if (path !== "/v1.0/$batch") return undefined;
  return { responses: JSON.parse(body).requests.map(({ id }) => ({ id, ...absent })) };
}

createServer(async (asked, answer) => {
  const url = new URL(asked.url, `http://127.0.0.1:${INNER}`);
  const pieces = [];
  for await (const piece of asked) pieces.push(piece);
  const body = Buffer.concat(pieces);
  const ours = own(url.pathname, body);
  if (ours) {
    answer.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(ours));
    return;
  }
  url.pathname = PATHS[url.pathname] ?? url.pathname;
  const headers = { ...asked.headers, host: `127.0.0.1:${PORT}` };
  for (const name of ["content-length", "connection"]) delete headers[name];
  const got = await fetch(url, { method: asked.method, headers, body: body.length ? body : undefined, redirect: "manual" });
  const told = Object.fromEntries(got.headers);
  for (const name of ["content-encoding", "content-length", "transfer-encoding"]) delete told[name];
  answer.writeHead(got.status, told).end(Buffer.from(await got.arrayBuffer()));
}).listen(Number(PORT), "127.0.0.1", () => process.stdout.write("ready\n"));
process.stdin.resume().on("end", () => emulator.close().then(() => process.exit(0)));
