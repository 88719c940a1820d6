// The demo fleet, as world.py told of it in WORLD, and what can be sent to it.
import { createHmac } from "node:crypto";

export const world = JSON.parse(process.env.WORLD);
export const at = (path) => world.url + path;

export const post = async (url, body, headers = {}) => {
  const answer = await fetch(url, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
};

export const deliver = (id, body) => {
  const signature = "sha256=" + createHmac("sha256", world.secret).update(body).digest("hex");
  return post(at("/github/webhook"), body,
    { "x-hub-signature-256": signature, "x-github-delivery": id, "x-github-event": "issues" });
};
