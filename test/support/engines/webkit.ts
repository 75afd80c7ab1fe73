/**
 * @module
 * WebKit in its GTK port, by the WebDriver that comes with it, on a display of its own. https://www.w3.org/TR/webdriver2/
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { temporaryFolder } from '../temporary-folder.js';
import type { Engine, EngineBrowser, EngineOptions, EnginePage, Place } from './engine.js';

const DRIVER = '/usr/bin/WebKitWebDriver';
const DISPLAY_SERVER = '/usr/bin/Xvfb';
const BROWSERS = ['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/webkit2gtk-4.1/MiniBrowser`);
/** How WebDriver writes an element. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

export const webkit: Engine = {
  name: 'WebKit',
  find() {
    const browser = BROWSERS.find(existsSync);
    const programs = [DRIVER, DISPLAY_SERVER];
    return browser === undefined || !programs.every(existsSync) ? null : [...programs, browser];
  },
  launch,
};

type Call = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<unknown>;

async function launch({ proxyPort }: EngineOptions): Promise<EngineBrowser> {
  const [, , binary] = webkit.find() ?? [];
  if (binary === undefined) throw new Error('There is no WebKit.');
  const folder = await temporaryFolder();
  const display = await startDisplay();
  const port = await freePort();
  const env = { ...process.env, DISPLAY: display.name, HOME: folder.path, XDG_RUNTIME_DIR: folder.path };
  const driver = spawn(DRIVER, [`--port=${port}`], { stdio: 'ignore', env });
  const call = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> =>
    send(`http://127.0.0.1:${port}${path}`, method, body);
  await answering(call);
  const { sessionId } = (await call('POST', '/session', {
    capabilities: {
      alwaysMatch: {
        acceptInsecureCerts: true,
        // WebDriver's own setting would speak TLS to the proxy.
        'webkitgtk:browserOptions': { binary, args: ['--automation', `--proxy=http://127.0.0.1:${proxyPort}`] },
      },
    },
  })) as { readonly sessionId: string };
  const inSession: Call = (method, path, body) => call(method, `/session/${sessionId}${path}`, body);
  return {
    pages: async () => ((await inSession('GET', '/window/handles')) as string[]).map((id) => createPage(id, inSession)),
    async close() {
      await call('DELETE', `/session/${sessionId}`);
      await stop(driver);
      await stop(display.process);
      await folder.remove();
    },
  };
}

/** A display that nobody sees; it chooses its own number. */
async function startDisplay(): Promise<{ readonly name: string; readonly process: ChildProcess }> {
  const options = ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'];
  const process = spawn(DISPLAY_SERVER, options, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const lines = createInterface({ input: process.stdio[3] as Readable });
  const [number] = (await Promise.race([
    once(lines, 'line'),
    once(process, 'exit').then(() => Promise.reject(new Error('The display did not start.'))),
  ])) as [string];
  return { name: `:${number.trim()}`, process };
}

/** The driver takes a number only. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function answering(call: Call): Promise<void> {
  for (let tries = 0; ; tries++) {
    const isThere = await call('GET', '/status').then(
      () => true,
      () => false,
    );
    if (isThere) return;
    if (tries === 300) throw new Error('The WebDriver of WebKit does not answer.');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function stop(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null) return;
  const exited = once(process, 'exit');
  process.kill();
  await exited;
}

async function send(url: string, method: string, body?: object): Promise<unknown> {
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { readonly value: unknown };
  if (response.ok) return value;
  const { error, message } = value as { readonly error: string; readonly message: string };
  throw new Error(`${method} ${url.replace(/^.*\/session\/[^/]*/, '')}: ${error}, ${message}`);
}

function createPage(id: string, call: Call): EnginePage {
  async function enter({ inFrame = false }: Place): Promise<void> {
    await call('POST', '/window', { handle: id });
    if (!inFrame) return;
    const frame = await call('POST', '/execute/sync', { script: 'return document.querySelector("iframe")', args: [] });
    await call('POST', '/frame', { id: frame });
  }
  async function run(script: string, place: Place): Promise<unknown> {
    await enter(place);
    return call('POST', '/execute/sync', { script, args: [] });
  }
  return {
    id,
    async goto(url) {
      await enter({});
      await call('POST', '/url', { url });
    },
    evaluate: async (expression, place = {}) =>
      JSON.parse(String((await run(`return JSON.stringify((${expression}) ?? null)`, place)) ?? 'null')),
    async click(expression, place = {}) {
      const element = (await run(`return ${expression}`, place)) as Readonly<Record<string, string>>;
      await call('POST', `/element/${element[ELEMENT]}/click`, {});
    },
  };
}
