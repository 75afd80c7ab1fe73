import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

test.each(['rejection', 'exception', 'text', 'no-error'])(
  'O8 a fault that nobody caught (%s) ends the process, and what it says is nowhere',
  async (fault) => {
    const child = spawn(process.execPath, [
      '--import',
      here('../support/register-sources.mjs'),
      here('../support/faulty-adapter.ts'),
    ]);
    const exited = once(child, 'exit');
    let printed = '';
    const listening = Promise.withResolvers<number>();
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        printed += String(chunk);
        const [, port] = /"port":(\d+)/.exec(printed) ?? [];
        if (port !== undefined) listening.resolve(Number(port));
      });
    }
    void exited.then(() => listening.reject(new Error(`The process ended: ${printed}`)));
    const port = await listening.promise;
    await fetch(`http://127.0.0.1:${port}/${fault}`).catch(() => {});
    expect(await exited).toEqual([1, null]);
    expect(printed).toContain('"msg":"unexpected fault"');
    if (['rejection', 'exception'].includes(fault))
      expect(printed).toMatch(/"type":"Error","code":"23505","stack":\[?".*faulty-adapter/);
    expect(printed).not.toContain('FAULT-CANARY');
    for (const line of printed.trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
  },
);
