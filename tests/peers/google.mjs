// Google, played by the package emulate, on a port of loopback; it ends when its standard input does.
// usage: PORT=4001 INNER=4002 SEED='{"google": {...}}' node google.mjs
import { createServer } from "node:http";
import { createEmulator } from "emulate";

const { PORT, INNER, SEED } = process.env;
const emulator = await createEmulator({
  service: "google",
  port: Number(INNER),
  baseUrl: `http://127.0.0.1:${PORT}`,
  seed: JSON.parse(SEED),
});

// It has no profile of a mailbox, though it tells the parts of one elsewhere, and no log of what changes in a Drive:
// here that log stays empty. What Google has on hosts of their own, it has under other paths.
const ME = "/gmail/v1/users/me";
const PATHS = { "/v1/userinfo": "/oauth2/v2/userinfo", "/revoke": "/oauth2/revoke" };
const LOG = "/drive/v3/changes";
const EMPTY = { [`${LOG}/startPageToken`]: { startPageToken: "1" }, [LOG]: { newStartPageToken: "1" } };
const inner = (path) => new URL(path, `http://127.0.0.1:${INNER}`);

async function profile(headers) {
  const { authorization } = headers;
  const person = await fetch(inner("/oauth2/v2/userinfo"), { headers: { authorization } });
  const body = JSON.stringify({ topicName: "projects/p/topics/t" });
  const json = { authorization, "content-type": "application/json" };
  const watch = await fetch(inner(`${ME}/watch`), { method: "POST", headers: json, body });
  return { emailAddress: (await person.json()).email, historyId: (await watch.json()).historyId };
}

createServer(async (asked, answer) => {
  const url = inner(asked.url);
  const own = url.pathname === `${ME}/profile` ? await profile(asked.headers) : EMPTY[url.pathname];
  if (own) {
    answer.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(own));
    return;
  }
  url.pathname = PATHS[url.pathname] ?? url.pathname;
  const headers = { ...asked.headers, host: `127.0.0.1:${PORT}` };
  delete headers["content-length"];
  delete headers["connection"];
  const pieces = [];
  for await (const piece of asked) pieces.push(piece);
  const body = pieces.length ? Buffer.concat(pieces) : undefined;
  const got = await fetch(url, { method: asked.method, headers, body, redirect: "manual" });
  const told = Object.fromEntries(got.headers);
  for (const name of ["content-encoding", "content-length", "transfer-encoding"]) delete told[name];
  answer.writeHead(got.status, told).end(Buffer.from(await got.arrayBuffer()));
}).listen(Number(PORT), "127.0.0.1", () => process.stdout.write("ready\n"));
process.stdin.resume().on("end", () => emulator.close().then(() => process.exit(0)));
