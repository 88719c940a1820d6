// Starts a Chromium: the one that CHROMIUM names, one that is installed, else the one that npm carries (CHROMIUM=npm).
import { accessSync, constants } from "node:fs";
import { chromium } from "playwright-core";

const INSTALLED = process.env.CHROMIUM === "npm" ? [] : [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb", "--font-render-hinting=none"];

const there = (path) => {
  try { accessSync(path, constants.X_OK); return true; } catch { return false; }
};

const carried = async () => {
  // Its libraries unpack themselves where they believe that a machine has none.
  process.env.AWS_EXECUTION_ENV ??= "AWS_Lambda_nodejs22.x";
  const { default: packed } = await import("@sparticuz/chromium");
  return packed.executablePath();
};

export async function start() {
  const installed = INSTALLED.filter((path) => path && there(path));
  const problems = [];
  for (const find of [...installed.map((path) => async () => path), carried]) {
    try {
      const executablePath = await find();
      return await chromium.launch({ executablePath, args: FLAGS });
    } catch (error) {
      problems.push(String(error.message).split("\n")[0]);
    }
  }
  console.error(`no Chromium starts here: ${problems.join("; ")}; on Debian: apt install chromium`);
  process.exit(77);
}
