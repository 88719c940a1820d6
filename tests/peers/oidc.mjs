// The certified oidc-provider on a port of loopback: PKCE is required, refresh tokens are for single use, and one
// that is used again ends its whole grant; only persons named lasting-* keep theirs. Says on standard output, a
// JSON line each, what came of every grant. It ends when its standard input does.
// usage: PORT=4001 REDIRECT=http://127.0.0.1:8999/oauth/callback CLIENT=id SECRET=secret LATE=0 node oidc.mjs
import Provider from "oidc-provider";
import { setTimeout as sleep } from "node:timers/promises";

const { PORT, REDIRECT, CLIENT, SECRET, LATE } = process.env;
const HOUR = 3600, YEAR = 8760 * HOUR;

const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [
    {
      client_id: CLIENT,
      client_secret: SECRET,
      redirect_uris: [REDIRECT],
      application_type: "native",
      response_types: ["code"],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  routes: { authorization: "/authorize", token: "/token", userinfo: "/me", revocation: "/revoke" },
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: { devInteractions: { enabled: true }, revocation: { enabled: true } },
  issueRefreshToken: () => true,
  rotateRefreshToken: (ctx) => !ctx.oidc.entities.Account.accountId.startsWith("lasting-"),
  ttl: {
    // Every access token of a grant lives an hour longer than the one before it, so that a test can put its
    // clock forward by an hour and see all old tokens end and all new ones live.
    AccessToken: (ctx) => HOUR * (1 + (ctx.oidc.entities.RefreshToken?.rotations ?? 0)),
    RefreshToken: YEAR, Grant: YEAR, Session: HOUR, Interaction: HOUR, IdToken: HOUR, AuthorizationCode: 60,
  },
  cookies: { keys: ["a key of the tests"] },
  clockTolerance: 0,
});
provider.use(async (ctx, next) => {
  await next();
  if (ctx.path === "/token") await sleep(Number(LATE));
});

const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");
for (const outcome of ["grant.success", "grant.error", "grant.revoked"]) {
  provider.on(outcome, (ctx, error) =>
    say({ outcome, grant: ctx.oidc?.params?.grant_type ?? "", why: error?.error_detail ?? error?.error ?? "" }));
}
provider.listen(Number(PORT), "127.0.0.1", () => say({ outcome: "ready" }));
process.stdin.resume().on("end", () => process.exit(0));
