// A server of the stateless era on stdio, by the official SDK v2: one tool, which adds.
import { createRequire } from "node:module";
const resolve = createRequire(process.env.WEIR_MCP_PEERS + "/node_modules/").resolve;
const { McpServer } = await import(resolve("@modelcontextprotocol/server").replace(/\.cjs$/, ".mjs"));
const { serveStdio } = await import(resolve("@modelcontextprotocol/server/stdio").replace(/\.cjs$/, ".mjs"));
const { z } = await import(resolve("zod"));

serveStdio(() => {
  const server = new McpServer({ name: "adder", version: "1.0.0" });
  const number = z.object({ a: z.number(), b: z.number() });
  server.registerTool("add", { description: "a + b", inputSchema: number, outputSchema: z.object({ sum: z.number() }) },
    async ({ a, b }) => ({ content: [{ type: "text", text: String(a + b) }], structuredContent: { sum: a + b } }));
  return server;
});
