// Notion's own package: what it signs, what it holds to be genuine, and what its client reads from an API.
// usage: node notion.mjs < {"secret": ..., "deliveries": [{"body": ..., "signature": ...}], "base": ..., "token": ...}
import { text } from "node:stream/consumers";
import { Client, collectPaginatedAPI, signWebhookPayload, verifyWebhookSignature } from "@notionhq/client";

const { secret: verificationToken, deliveries = [], base, token } = JSON.parse(await text(process.stdin));
const signed = [];
const genuine = [];
for (const { body, signature } of deliveries) {
  signed.push(await signWebhookPayload({ body, verificationToken }));
  genuine.push(await verifyWebhookSignature({ body, signature, verificationToken }));
}

async function read() {
  const notion = new Client({ auth: token, baseUrl: base });
  const found = await collectPaginatedAPI(notion.search, { page_size: 2 });
  const pages = found.filter((it) => it.object === "page").map((it) => it.id);
  const sources = found.filter((it) => it.object === "data_source").map((it) => it.id);
  const blocks = [];
  const comments = [];
  const rows = [];
  for (const id of pages) {
    await notion.pages.retrieve({ page_id: id });
    blocks.push(...(await collectPaginatedAPI(notion.blocks.children.list, { block_id: id, page_size: 1 })));
    comments.push(...(await collectPaginatedAPI(notion.comments.list, { block_id: id })));
  }
  for (const id of sources) {
    const { parent } = await notion.dataSources.retrieve({ data_source_id: id });
    await notion.databases.retrieve({ database_id: parent.database_id });
    rows.push(...(await collectPaginatedAPI(notion.dataSources.query, { data_source_id: id, page_size: 2 })));
  }
  const parent = { page_id: pages[0] };
  const properties = { title: { title: [{ text: { content: "By their client" } }] } };
  const made = await notion.pages.create({ parent, properties });
  const users = await collectPaginatedAPI(notion.users.list, {});
  const count = Object.entries({ pages, sources, blocks, comments, rows, users }).map(([k, v]) => [k, v.length]);
  return { ...Object.fromEntries(count), made: made.id };
}

process.stdout.write(JSON.stringify({ signed, genuine, read: base ? await read() : {} }));
