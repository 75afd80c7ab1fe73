import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chooseOktaUser, newPerson } from '../support/browser-page.js';
import { findChromium, launchChromium, NO_CHROMIUM } from '../support/chromium.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const program = fileURLToPath(new URL('../../apps/dev-stack/dist/main.js', import.meta.url));
const executablePath = findChromium();
if (executablePath === null) console.warn(NO_CHROMIUM);

interface StartedProgram {
  /** All that was printed until it was ready, or until it ended. */
  readonly output: string;
  readonly exitCode: number | null;
  /** Sends a signal and waits for the end; resolves to the exit code. */
  end(signal: 'SIGINT' | 'SIGKILL'): Promise<number | null>;
}

/** Starts the built program as `npm start` does and waits until it is ready or has given up. */
async function startProgram(
  variables: Readonly<Record<string, string>>,
  options: readonly string[] = [],
): Promise<StartedProgram> {
  const child: ChildProcess = spawn(process.execPath, [program, ...options], {
    env: { PATH: process.env.PATH ?? '', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const ready = new Promise<void>((resolve) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes('Ctrl-C stops everything')) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
  });
  await Promise.race([ready, exited]);
  return {
    output,
    exitCode: child.exitCode,
    async end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

/** A port that was free a moment ago, for a program that must have the same one twice. */
async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('npm start', () => {
  test('says which port is taken and what to do', async () => {
    const folder = await temporaryFolder();
    const occupied = createServer();
    await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve));
    const address = occupied.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const started = await startProgram({ PORT: String(port), OKTA_PORT: '0', SSO_DATA_DIR: folder.path });
    expect(started.exitCode).toBe(1);
    expect(started.output).toContain(`Port ${port} is used by another program.`);
    expect(started.output).not.toContain('    at ');
    occupied.close();
    await folder.remove();
  });

  test('lists every problem with its settings', async () => {
    const started = await startProgram({ PORT: 'many', LOG_LEVEL: 'loud' }, ['--frsh']);
    expect(started.exitCode).toBe(1);
    for (const problem of ['"--frsh" is not an option.', 'PORT must be', 'LOG_LEVEL must be']) {
      expect(started.output).toContain(problem);
    }
  });

  describe.skipIf(executablePath === null)('with a browser', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchChromium(executablePath ?? '');
    });
    afterAll(() => browser?.close());

    test('R11 a sign-in survives the end of the process between its start and its callback', {
      timeout: 120_000,
    }, async () => {
      const folder = await temporaryFolder();
      const variables = {
        PORT: String(await findFreePort()),
        OKTA_PORT: String(await findFreePort()),
        SSO_DATA_DIR: folder.path,
      };
      const acme = `http://acme.localhost:${variables.PORT}`;
      const first = await startProgram(variables);
      const second = await startProgram({ ...variables, PORT: '0', OKTA_PORT: '0' });
      expect(second.exitCode).toBe(1);
      expect(second.output).toMatch(/another process|process \d+/i);

      const { page, context } = await newPerson(browser);
      const authorize = page.waitForRequest(/\/oauth2\/v1\/authorize\?/);
      await page.goto(`${acme}/toolbar/`);
      const authorizationUrl = (await authorize).url();
      await first.end('SIGKILL');

      // The local Okta forgets its open pages with its process; a real one would not. Its ids and keys stay.
      const again = await startProgram(variables);
      expect(details(again.output)).toEqual(details(first.output));
      await page.goto(authorizationUrl);
      await chooseOktaUser(page, 'agent@acme.example');
      expect(page.url()).toBe(`${acme}/toolbar/`);
      expect(await again.end('SIGINT')).toBe(0);

      const third = await startProgram(variables);
      await page.goto(`${acme}/toolbar/`);
      expect(await page.title()).toContain('Signed in');
      expect(await third.end('SIGINT')).toBe(0);

      const fresh = await startProgram(variables, ['--fresh']);
      expect(details(fresh.output)).not.toEqual(details(first.output));
      expect((await page.goto(`${acme}/toolbar/session`))?.status()).toBe(401);
      expect(await fresh.end('SIGINT')).toBe(0);
      await context.close();
      await folder.remove();
    });
  });
});

/** What is printed for connecting globex. */
function details(output: string): readonly string[] {
  return output.split('\n').filter((line) => /^ {2}(Client ID|Host Name|Client Secret)/.test(line));
}
