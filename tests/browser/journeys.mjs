// What people do in the console and on the connect pages, done by a real browser against a demo fleet.
// Given the world as JSON in WORLD; prints one line of JSON for each journey.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { start } from "./chromium.mjs";
import { at, deliver, post, world } from "./world.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const journeys = [];
const journey = (name, walk) => journeys.push({ name, walk });

// --- what the world is told

const happens = (name) => post(`${world.simulators.github}/_simulator/story/${name}`, "");
const slow = (path) => post(`${world.simulators.github}/_simulator/faults`,
  JSON.stringify({ kind: "status", path, status: 503 }));

// --- what a person does

const signIn = async (page) => {
  await page.goto(at("/console/"));
  await page.getByLabel("API key").fill(world.key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
};
const connect = async (page, user) => {
  await page.goto(at("/console/connect"));
  await page.getByLabel("User", { exact: true }).fill(user);
  await page.getByRole("button", { name: "Make a link" }).click();
  await page.getByRole("link", { name: "Open it here" }).click();
  await page.getByRole("heading", { name: "Your connections" }).waitFor();
  await page.getByRole("button", { name: "Connect GitHub" }).click();
  await page.getByRole("link", { name: "Authorize" }).click();
  await page.getByText("GitHub: Connected.").waitFor();
};
const settled = async (page) => {
  await page.goto(at("/console/syncs"));
  await page.getByText("No sync is under way.").waitFor();
};
const passes = async (page, rules) => {
  const runOnly = rules ?? ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const { violations } = await page.evaluate((given) => axe.run({ runOnly: given, resultTypes: ["violations"] }), runOnly);
  const told = violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
  assert.deepEqual(told, [], page.url());
};

journey("an operator signs in with a key and sees the services", async (page) => {
  await page.goto(at("/console/accounts"));
  await page.getByLabel("API key").fill("not a key");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("does not look like an API key").waitFor();
  await signIn(page);
  for (const title of ["GitHub", "Google", "Slack"]) await page.getByRole("heading", { name: title, level: 3 }).waitFor();
});

journey("a user connects through the provider's page and sees messages arrive by themselves", async (page) => {
  await signIn(page);
  await slow("/user/repos");
  await connect(page, "ana");
  await page.getByRole("progressbar", { name: "Reading your history at GitHub" }).waitFor();
  await page.locator("[data-stream] tbody tr:not(.connection)").first().waitFor();
  await page.getByText(/items of your history read/).waitFor();
});

journey("a sync is watched from its start to its end without a reload", async (page) => {
  await signIn(page);
  await settled(page);
  await page.getByRole("link", { name: "GitHub" }).first().click();
  await slow("/user/repos");
  await page.getByRole("button", { name: "Sync everything again" }).click();
  await page.getByText("The sync is under way.").waitFor();
  await page.goto(at("/console/syncs"));
  await page.getByText("1 sync under way.").waitFor();
  await page.getByText("No sync is under way.").waitFor();
  await page.locator("progress.success").first().waitFor();
});

journey("events appear as they happen, by filter, and wait while the page is paused", async (page) => {
  await signIn(page);
  await page.goto(at("/console/events?source=github&type=issue"));
  await page.getByText("New events appear on top").waitFor();
  await happens("opened");
  const rows = page.locator("[data-stream] tbody tr");
  await rows.filter({ hasText: "The demo has begun" }).first().waitFor();
  await page.getByRole("button", { name: "Live" }).click();
  await happens("edited");
  await page.getByText(/Paused; \d+ newer wait/).waitFor();
  assert.equal(await rows.filter({ hasText: "The demo goes on" }).count(), 0);
  await page.getByRole("button", { name: "Paused" }).click();
  await rows.filter({ hasText: "The demo goes on" }).first().waitFor();
  await happens("commented");
  assert.equal(await rows.filter({ hasText: "And somebody answered" }).count(), 0);
});

journey("what cannot be read becomes a dead letter and is replayed", async (page) => {
  await signIn(page);
  await deliver("broken-1", "{\"action\": 1}");
  await page.goto(at("/console/"));
  await page.getByRole("link", { name: /GitHub: 1 dead letter/ }).waitFor();
  await page.goto(at("/console/dead-letters"));
  await page.getByRole("button", { name: "Replay broken-1" }).click();
  await page.getByRole("status").getByText("in the inbox again").waitFor();
});

journey("somebody asks where an event is", async (page) => {
  await signIn(page);
  await page.goto(at("/console/events"));
  await page.getByRole("link", { name: /^Trace event/ }).first().click();
  await page.getByText(/is in the stream at sequence \d+/).waitFor();
  await page.getByLabel("Delivery id or event id").fill("broken-1");
  await page.getByRole("button", { name: "Trace" }).click();
  await page.getByText("has been replayed").waitFor();
});

journey("everything is reached by the keyboard alone", async (page) => {
  await page.goto(at("/console/"));
  await page.keyboard.type(world.key); // the field has the focus
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
  await page.keyboard.press("Tab");
  await page.waitForFunction(() => document.activeElement.textContent.trim() === "Skip to the content");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.id === "main");
  await page.goto(at("/console/")); // not #main, whose turn to take the focus comes some time after the load
  for (let n = 0; (await focused()) !== "Accounts"; n++) {
    assert.ok(n < 20, "the link is not reached");
    await page.keyboard.press("Tab");
    await page.waitForFunction(() => {
      const it = document.activeElement;
      return it !== document.body && getComputedStyle(it).outlineStyle === "solid";
    });
  }
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Accounts", level: 1 }).waitFor();
  const details = page.getByText("Disconnect", { exact: true });
  await page.getByRole("link", { name: "mona" }).first().press("Enter");
  await details.press("Enter");
  await page.getByRole("button", { name: /^Disconnect/ }).waitFor();
});

journey("dark and light follow the system until somebody chooses", async (page) => {
  const dark = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor === "rgb(13, 16, 22)");
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto(at("/console/sign-in"));
  assert.ok(await dark());
  await page.getByRole("button", { name: "Dark or light" }).click();
  assert.ok(!(await dark()));
  await page.reload();
  assert.ok(!(await dark()), "the choice is forgotten");
});

journey("without scripts the essentials work", async (_, browser) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await signIn(page);
  await page.goto(at("/console/events"));
  await page.locator("[data-stream] tbody tr").first().waitFor();
  await page.getByLabel("Source").selectOption("github");
  await page.getByRole("button", { name: "Show" }).click();
  await page.locator("[data-stream] tbody tr", { hasText: "github" }).first().waitFor();
  await connect(page, "bob");
  await page.reload();
  await page.getByText("mona").first().waitFor();
  await context.close();
});

journey("no page breaks a rule of accessibility, in the dark, in the light, or on a phone", async (page) => {
  await signIn(page);
  await page.goto(at("/console/accounts"));
  const account = await page.getByRole("link", { name: "mona" }).first().getAttribute("href");
  const paths = ["/console/", "/console/accounts", account, "/console/syncs", "/console/subscriptions", "/console/events",
    "/console/dead-letters", "/console/trace?id=broken-1", "/console/connect", "/console/nothing", "/connect/"];
  await connect(page, "cleo");
  for (const path of paths) {
    await page.emulateMedia({ colorScheme: "light" });
    await page.goto(at(path));
    await passes(page);
    await page.emulateMedia({ colorScheme: "dark" });
    await passes(page, ["color-contrast"]);
  }
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of paths) {
    await page.goto(at(path));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, `${path} is wider than a phone`);
  }
});

const expected = /status of (400|403|404)/; // a page that says no is a page all the same
const browser = await start();
for (const { name, walk } of journeys) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(20000);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (it) => { if (it.type() === "error" && it.location().url.startsWith(world.url) && !expected.test(it.text())) complaints.push(it.text()); });
  const told = { name, error: "" };
  const began = Date.now();
  try {
    await walk(page, browser);
    assert.deepEqual(complaints, [], "the browser's console");
  } catch (error) {
    const shown = await page.locator("body").innerText({ timeout: 500 }).catch(() => "");
    told.error = `${error.message}\n--- ${page.url()}\n${shown.slice(0, 1500)}\n${complaints.join("\n")}`;
  }
  console.log(JSON.stringify({ ...told, seconds: (Date.now() - began) / 1000 }));
  await context.close();
}
await browser.close();
