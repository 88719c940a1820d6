// Pictures of the pages for the documentation, in the light and in the dark; see `make screenshots`.
import { mkdirSync } from "node:fs";
import { start } from "./chromium.mjs";
import { at, deliver, post, world } from "./world.mjs";

const folder = new URL("../../docs/screenshots/", import.meta.url).pathname;
const story = async (simulator) => {
  const told = await (await fetch(`${simulator}/_simulator`)).json();
  for (const step of Object.keys(told.story)) await post(`${simulator}/_simulator/story/${step}`, "");
};

mkdirSync(folder, { recursive: true });
const browser = await start();
const size = { width: 1200, height: 720 };
const context = await browser.newContext({ viewport: size, deviceScaleFactor: 1.25, reducedMotion: "reduce" });
const page = await context.newPage();
const picture = async (name) => {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.mouse.move(0, 0);
    await page.screenshot({ path: `${folder}${name}-${colorScheme}.png` });
  }
};

await page.goto(at("/console/"));
await page.getByLabel("API key").fill(world.key);
await page.getByRole("button", { name: "Sign in" }).click();

const connect = async (user, title) => {
  await page.goto(at("/console/connect"));
  await page.getByLabel("User", { exact: true }).fill(user);
  await page.getByRole("button", { name: "Make a link" }).click();
  await page.getByRole("link", { name: "Open it here" }).click();
  await page.getByRole("button", { name: `Connect ${title}` }).click();
  await page.locator("a, button").first().click(); // the simulated provider's page has nothing else
  await page.getByText(`${title}: Connected.`).waitFor();
};
for (const [user, title] of [["ana", "Slack"], ["ana", "Google"], ["bo", "GitHub"], ["chris", "GitHub"]]) await connect(user, title);
await page.goto(at("/console/syncs"));
await page.getByText("No sync is under way.").waitFor({ timeout: 60000 });
await post(`${world.simulators.github}/_simulator/faults`,
  JSON.stringify({ kind: "status", path: "/repos/", status: 429, headers: { "retry-after": "3" } }));
await connect("ana", "GitHub");
await page.getByText(/[1-9]\d* items read/).waitFor();
await page.setViewportSize({ width: 1200, height: 900 });
await picture("connect");
await page.setViewportSize(size);
await page.goto(at("/console/syncs"));
await picture("syncs");
await page.getByText("No sync is under way.").waitFor({ timeout: 60000 });

await deliver("72d3162e-cc78-11e3-81ab-4c9367dc0958", "{\"action\": 1}");
await page.goto(at("/console/events"));
for (const simulator of Object.values(world.simulators)) await story(simulator);
await page.locator("[data-stream] tbody tr", { hasText: "slack" }).first().waitFor();
await page.waitForTimeout(2500);
await picture("events");
await page.getByRole("link", { name: /^Trace event/ }).first().click();
await page.getByLabel("Delivery id or event id").fill("72d3162e-cc78-11e3-81ab-4c9367dc0958");
await page.getByRole("button", { name: "Trace" }).click();
await page.getByRole("heading", { name: /^GitHub/ }).waitFor();
await picture("trace");
for (const [path, name] of [["/console/", "overview"], ["/console/dead-letters", "dead-letters"]]) {
  await page.goto(at(path));
  await picture(name);
}
await browser.close();
