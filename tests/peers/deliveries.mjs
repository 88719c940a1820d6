// Every delivery that GitHub's own examples hold, signed by GitHub's own library, one JSON line each.
// usage: SECRET=... node deliveries.mjs
import { createRequire } from "node:module";
import { sign } from "@octokit/webhooks-methods";

const events = createRequire(import.meta.url)("@octokit/webhooks-examples");
for (const { name, examples } of events) {
  for (const example of examples) {
    const body = JSON.stringify(example);
    const signature = await sign(process.env.SECRET, body);
    process.stdout.write(JSON.stringify({ event: name, body, signature }) + "\n");
  }
}
