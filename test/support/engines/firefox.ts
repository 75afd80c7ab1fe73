/**
 * @module
 * Firefox by WebDriver BiDi, which it speaks itself. https://www.w3.org/TR/webdriver-bidi/
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { temporaryFolder } from '../temporary-folder.js';
import type { Engine, EngineBrowser, EngineOptions, EnginePage, Place } from './engine.js';

const PLACES = ['/usr/bin/firefox', '/usr/bin/firefox-esr', '/Applications/Firefox.app/Contents/MacOS/firefox'];

export const firefox: Engine = {
  name: 'Firefox',
  find() {
    const named = process.env.SSO_TEST_FIREFOX;
    const path = [...(named === undefined || named === '' ? [] : [named]), ...PLACES].find(existsSync);
    return path === undefined ? null : [path];
  },
  launch,
};

type Answer =
  | { readonly id: number; readonly type: 'success'; readonly result: Readonly<Record<string, unknown>> }
  | { readonly id: number; readonly type: 'error'; readonly error: string; readonly message: string };
type Call = (method: string, parameters: object) => Promise<Readonly<Record<string, unknown>>>;

interface Context {
  readonly context: string;
  readonly children: readonly Context[] | null;
}

async function launch({ proxyPort }: EngineOptions): Promise<EngineBrowser> {
  const [path] = firefox.find() ?? [];
  if (path === undefined) throw new Error('There is no Firefox.');
  const folder = await temporaryFolder();
  await writeFile(join(folder.path, 'user.js'), preferences(proxyPort));
  const options = ['--headless', '--no-remote', '--profile', folder.path, '--remote-debugging-port', '0'];
  const child = spawn(path, options, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: folder.path },
  });
  const exited = once(child, 'exit');
  const address = Promise.withResolvers<string>();
  void exited.then(() => address.reject(new Error('Firefox ended.')));
  createInterface({ input: child.stderr }).on('line', (line) => {
    const [, url] = /^WebDriver BiDi listening on (ws:\S+)/.exec(line) ?? [];
    if (url !== undefined) address.resolve(url);
  });
  const { call, close } = await connect(`${await address.promise}/session`);
  await call('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
  const contexts = async (): Promise<readonly Context[]> =>
    (await call('browsingContext.getTree', {})).contexts as readonly Context[];
  return {
    pages: async () => (await contexts()).map(({ context }) => createPage(context, { call, contexts })),
    async close() {
      await call('browser.close', {});
      close();
      await exited;
      await folder.remove();
    },
  };
}

/** Names that end in .localhost go to the proxy too, and nothing is asked of the outside. */
function preferences(proxyPort: number): string {
  const values = {
    'network.proxy.type': 1,
    'network.proxy.ssl': '127.0.0.1',
    'network.proxy.ssl_port': proxyPort,
    'network.proxy.allow_hijacking_localhost': true,
    'network.proxy.no_proxies_on': '',
    'app.update.enabled': false,
    'browser.shell.checkDefaultBrowser': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
  };
  return Object.entries(values)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join('');
}

async function connect(url: string): Promise<{ readonly call: Call; close(): void }> {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const waiting = new Map<number, (answer: Answer) => void>();
  let last = 0;
  socket.onmessage = ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  };
  return {
    async call(method, params) {
      const id = ++last;
      const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
      socket.send(JSON.stringify({ id, method, params }));
      const answer = await answered;
      if (answer.type === 'error') throw new Error(`${method}: ${answer.error}, ${answer.message}`);
      return answer.result;
    },
    close: () => socket.close(),
  };
}

function createPage(
  context: string,
  { call, contexts }: { readonly call: Call; readonly contexts: () => Promise<readonly Context[]> },
): EnginePage {
  async function targetOf({ inFrame = false }: Place): Promise<string> {
    if (!inFrame) return context;
    const frame = (await contexts()).find((each) => each.context === context)?.children?.[0];
    if (frame === undefined) throw new Error('There is no frame.');
    return frame.context;
  }
  async function run(expression: string, place: Place): Promise<unknown> {
    const target = { context: await targetOf(place) };
    const { type, result, exceptionDetails } = (await call('script.evaluate', {
      expression,
      target,
      awaitPromise: true,
      userActivation: true,
    })) as { type: string; result?: { value?: unknown }; exceptionDetails?: { text: string } };
    if (type === 'exception') throw new Error(exceptionDetails?.text);
    return result?.value;
  }
  return {
    id: context,
    goto: async (url) => void (await call('browsingContext.navigate', { context, url, wait: 'complete' })),
    // As JSON, because the protocol has a notation of its own for objects.
    evaluate: async (expression, place = {}) =>
      JSON.parse(String((await run(`JSON.stringify((${expression}) ?? null)`, place)) ?? 'null')),
    click: async (expression, place = {}) => void (await run(`(${expression}).click()`, place)),
  };
}
