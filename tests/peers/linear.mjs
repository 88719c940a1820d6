// Linear, played by the package emulate, on a port of loopback; it ends when its standard input does.
// usage: PORT=4001 SEED='{"linear": {...}}' node linear.mjs
import { registerHooks } from "node:module";

const { PORT, SEED } = process.env;

// Its schema is a part of Linear's: here it learns the names of what it does not have, which are then empty.
const ARGS = "includeArchived: Boolean, orderBy: PaginationOrderBy";
const EMPTY = ["projectUpdates", "initiativeUpdates", "attachments", "documents"];
const MORE = `
  scalar DateTimeOrDuration
  input Since { gte: DateTimeOrDuration }
  input Changed { updatedAt: Since }
  type Named { id: String name: String email: String type: String }
  type Mark { id: String emoji: String createdAt: String updatedAt: String user: User externalUser: Named }
  type Content { document: Named }
  type Never { id: String createdAt: String updatedAt: String archivedAt: String url: String body: String
    health: String editedAt: String trashed: Boolean title: String subtitle: String content: String
    sourceType: String user: User creator: User externalUserCreator: Named project: Named initiative: Named
    issue: Issue reactions: [Mark!] }
  type Nothing { nodes: [Never!]! pageInfo: PageInfo! }
  extend type Issue { trashed: Boolean estimate: Float previousIdentifiers: [String!] parent: Issue
    externalUserCreator: Named botActor: Named reactions: [Mark!] }
  extend type Comment { archivedAt: String url: String editedAt: String resolvedAt: String quotedText: String
    parentId: String projectId: String projectUpdateId: String initiativeId: String initiativeUpdateId: String
    documentContentId: String documentContent: Content externalUser: Named botActor: Named reactions: [Mark!] }
  extend type Project { archivedAt: String trashed: Boolean url: String content: String health: String
    startDate: String targetDate: String status: Named creator: User lead: User }
  extend input IssueFilter { updatedAt: Since }
  extend type Query { ${EMPTY.map((it) => `${it}(first: Int, after: String, filter: Changed, ${ARGS}): Nothing!`).join(" ")} }
`;
const NONE = EMPTY.map((it) => `${it}: () => ({ nodes: [], pageInfo: { hasNextPage: false, hasPreviousPage: false } }),`);
const CHANGES = [
  [/(\n {4}(?:comments|projects)\([^)]*)\)/g, `$1, filter: Changed, ${ARGS})`],
  [/(\n {4}issues\([^)]*), orderBy: String\)/, `$1, ${ARGS})`],
  [/(\n {4}users\([^)]*filter: UserFilter)\)/, "$1, includeArchived: Boolean, includeDisabled: Boolean)"],
  ["scalar PaginationOrderBy\n", `scalar PaginationOrderBy\n${MORE}`],
  ["  return {\n    viewer: () => {", `  return {\n    ${NONE.join("\n    ")}\n    viewer: () => {`],
];
registerHooks({
  load(url, context, next) {
    const found = next(url, context);
    if (!url.includes("/emulate/dist/") || !found.source) return found;
    const source = found.source.toString();
    if (!source.includes("type IssueConnection {")) return found;
    return { ...found, source: CHANGES.reduce((text, [from, to]) => text.replace(from, to), source) };
  },
});

const { createEmulator } = await import("emulate");
const emulator = await createEmulator({
  service: "linear",
  port: Number(PORT),
  baseUrl: `http://127.0.0.1:${PORT}`,
  seed: JSON.parse(SEED),
});
process.stdout.write("ready\n");
process.stdin.resume().on("end", () => emulator.close().then(() => process.exit(0)));
