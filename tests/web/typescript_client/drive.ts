// A program over the generated client; it prints what the service answered as one JSON object.
import { createHmac } from "node:crypto";
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "./generated.js";

type Event = components["schemas"]["EventBody"];

const [url = "", token = "", sender = "", secret = ""] = process.argv.slice(2);
const client = createClient<paths>({
  baseUrl: url,
  headers: { Authorization: `Bearer ${token}` },
});

/** Signs a webhook as in Standard Webhooks. */
const signing: Middleware = {
  async onRequest({ request }) {
    const id = "msg-ts";
    const time = String(Math.floor(Date.now() / 1000));
    const key = Buffer.from(secret.replace("whsec_", ""), "base64");
    const signed = `${id}.${time}.${await request.clone().text()}`;
    const signature = createHmac("sha256", key).update(signed).digest("base64");
    request.headers.set("webhook-id", id);
    request.headers.set("webhook-timestamp", time);
    request.headers.set("webhook-signature", `v1,${signature}`);
    return request;
  },
};

async function send(body: Event) {
  const params = { path: { meeting: "m/ts" } };
  return client.POST("/v1/meetings/{meeting}/events", { params, body });
}

const meeting = { path: { meeting: "m/ts" } };
const opened = await client.PUT("/v1/meetings/{meeting}", {
  params: meeting,
  body: { account: { edition: "pro" }, user: { auto_record: true } },
});
const joined = await send({ join: { id: "alice", role: "host", platform: "windows" }, id: "e-1" });
const paused = await send({ pause: { by: "alice" } });
const refused = await send({ pause: { by: "bob" } });
const read = await client.GET("/v1/meetings/{meeting}", { params: meeting });
const history = await client.GET("/v1/meetings/{meeting}/events", {
  params: { ...meeting, query: { limit: 2 } },
});
const unknown = await client.GET("/v1/meetings/{meeting}", {
  params: { path: { meeting: "none" } },
});
const account = { path: { account: "ts" } };
await client.PUT("/v1/accounts/{account}", { params: account, body: { edition: "business" } });
const changed = await client.POST("/v1/accounts/{account}/changes", {
  params: account,
  body: { enable: { by: { role: "super_admin" } } },
});
client.use(signing);
const hooked = await client.POST("/v1/webhooks/{sender}", {
  params: { path: { sender } },
  body: { meeting: "m/ts", resume: { by: "alice" } },
});

const role: components["schemas"]["Role"] | undefined = read.data?.present["alice"]?.role;
console.log(
  JSON.stringify({
    opened: opened.data?.plan.kind,
    joined: joined.data?.recorder,
    paused: paused.data?.state,
    refused: refused.data?.refused,
    role,
    history: history.data?.entries.map((entry) => entry.seq),
    problem: unknown.error?.type,
    changed: changed.data?.status,
    hooked: hooked.data?.state,
  }),
);
