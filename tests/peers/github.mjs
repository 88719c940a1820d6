// GitHub, played by the package emulate, on a port of loopback; it ends when its standard input does.
// usage: PORT=4001 SEED='{"github": {...}}' node github.mjs
import { createEmulator } from "emulate";

const emulator = await createEmulator({
  service: "github",
  port: Number(process.env.PORT),
  baseUrl: `http://127.0.0.1:${process.env.PORT}`,
  seed: JSON.parse(process.env.SEED),
});
process.stdout.write("ready\n");
process.stdin.resume().on("end", () => emulator.close().then(() => process.exit(0)));
