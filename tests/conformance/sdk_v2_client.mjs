// The official SDK's client (version 2) against `weir mcp serve`: both eras, over stdio and HTTP.
//   node sdk_v2_client.mjs WEIR_BINARY     packages are looked for in $NODE_PATH_ROOT/node_modules
// Prints a line a check; exits 1 when one does not hold.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const require = createRequire(join(process.env.NODE_PATH_ROOT ?? process.cwd(), 'package.json'));
const { Client, StreamableHTTPClientTransport } = require('@modelcontextprotocol/client');
const { StdioClientTransport } = require('@modelcontextprotocol/client/stdio');

const weir = process.argv[2];
const root = mkdtempSync(join(tmpdir(), 'weir-sdk-'));
writeFileSync(join(root, 'note.txt'), 'hello from the workspace\n');
let failures = 0;
setTimeout(() => {
  console.log('FAIL not done after two minutes');
  process.exit(1);
}, 120_000).unref();

function check(what, holds, found) {
  if (!holds) failures += 1;
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}${holds ? '' : `: found ${JSON.stringify(found)}`}`);
}

const folders = ['--workspace', root, '--state', join(root, 'state')];

// What a client of either era sees of the tools.
async function tryTools(name, transport, mode) {
  const client = new Client({ name: 'sdk-v2', version: '1.0.0' }, { versionNegotiation: { mode } });
  await client.connect(transport);
  try {
    const { tools } = await client.listTools();
    check(`${name}: lists the tools`, tools.some(tool => tool.name === 'read_file'), tools.length);
    const read = tools.find(tool => tool.name === 'read_file');
    const remove = tools.find(tool => tool.name === 'delete_file');
    check(`${name}: says which ones only read`, read.annotations.readOnlyHint === true, read.annotations);
    check(`${name}: says which ones destroy`, remove.annotations.destructiveHint === true, remove.annotations);
    const text = await client.callTool({ name: 'read_file', arguments: { path: 'note.txt' } });
    check(`${name}: reads without asking`, JSON.stringify(text.content).includes('hello from'), text);
    const denied = await client.callTool({ name: 'delete_file', arguments: { path: 'note.txt' } });
    check(`${name}: a deletion that nobody approves is a tool error`, denied.isError === true, denied);
    check(`${name}: the error says what a person can do`, /rule/.test(denied.content[0].text), denied);
    const wrong = await client.callTool({ name: 'read_file', arguments: { file: 5 } });
    check(`${name}: wrong arguments are a tool error`, wrong.isError === true, wrong);
  } finally {
    await client.close();
  }
  check(`${name}: the file is still there`, readFileSync(join(root, 'note.txt')).length > 0, 'gone');
}

// Starts the HTTP server; resolves to its URL, its token and how to end it.
async function startHttp() {
  const server = spawn(weir, ['mcp', 'serve', '--http', ...folders], { stdio: ['ignore', 'ignore', 'pipe'] });
  let url;
  for await (const line of createInterface({ input: server.stderr })) {
    url = line.match(/MCP server at (\S+)/)?.[1] ?? url;
    const token = line.match(/Bearer (\S+)/)?.[1];
    if (url && token) return { url: new URL(url), token, end: () => server.kill('SIGTERM') };
  }
  throw new Error('weir mcp serve --http did not say where it listens');
}

try {
  for (const [era, mode] of [['2025-11-25', 'legacy'], ['2026-07-28', { pin: '2026-07-28' }], ['auto', 'auto']]) {
    await tryTools(`stdio ${era}`,
      new StdioClientTransport({ command: weir, args: ['mcp', 'serve', ...folders], stderr: 'inherit' }), mode);
  }
  const http = await startHttp();
  try {
    const headers = { Authorization: `Bearer ${http.token}` };
    for (const [era, mode] of [['2025-11-25', 'legacy'], ['2026-07-28', { pin: '2026-07-28' }]]) {
      await tryTools(`http ${era}`,
        new StreamableHTTPClientTransport(http.url, { requestInit: { headers } }), mode);
    }
    const stranger = await fetch(http.url, { method: 'POST', body: '{}' });
    check('http: without the token nothing is served', stranger.status === 401, stranger.status);
  } finally {
    http.end();
  }
} catch (error) {
  check('no exception', false, String(error?.stack ?? error));
}
rmSync(root, { recursive: true, force: true });
console.log(failures === 0 ? 'SDK v2 client: every check holds' : `SDK v2 client: ${failures} checks do not hold`);
process.exit(failures === 0 ? 0 : 1);
