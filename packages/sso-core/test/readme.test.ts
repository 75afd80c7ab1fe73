import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as core from '../src/index.js';
import * as node from '../src/node/index.js';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const readme = read('../README.md');

describe('the README', () => {
  test('shows the example that is compiled', () => {
    expect(readme).toContain(`\`\`\`ts\n${read('./readme-example.ts')}\`\`\``);
    expect(readme).toContain(`\`\`\`ts\n${read('./readme-testing-example.test.ts')}\`\`\``);
  });

  test('lists every error code with its meaning, and no other', () => {
    const [, section = ''] = /## Errors\n([^#]+)/.exec(readme) ?? [];
    const rows = [...section.matchAll(/^\| `([a-z-]+)` \| (.+?) \| .+ \|$/gm)].map(([, code, when]) => [code, when]);
    expect(Object.fromEntries(rows)).toEqual(core.SSO_ERRORS);
  });

  test('names no function or constant that is not exported', () => {
    const [, table = ''] = /## Exports\n([^#]+?)\nOptions/.exec(readme) ?? [];
    const names = [...table.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)/g)].map(([, name = '']) => name),
    );
    const types = ['SignInStore', 'SessionStore', 'HealthStore', 'SsoFetch', 'SsoCrypto'];
    const exported = [...Object.keys(core), ...Object.keys(node), ...types];
    expect(names.length).toBeGreaterThan(25);
    expect(names.filter((name) => !exported.includes(name))).toEqual([]);
  });
});
