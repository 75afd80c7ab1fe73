import { describe, expect, it, test } from 'vitest';
import type { Refusal } from '../refusal.js';
import { type ImportColumn, parseHeader } from './parse-header.js';
import { parseUserRow } from './parse-user-row.js';

const COLUMNS: readonly ImportColumn[] = ['email', 'name', 'role', 'products', 'status', 'id'];
const GOOD = { email: 'jane@acme.example', name: 'Jane', role: 'agent', products: 'cti', status: '', id: '' };
const parse = (change: Partial<typeof GOOD>) => {
  const values: Readonly<Record<string, string>> = { ...GOOD, ...change };
  return parseUserRow({ line: 2, fields: COLUMNS.map((column) => values[column] ?? ''), problem: null }, COLUMNS);
};

describe('a row', () => {
  test.each([
    [{}, { id: null, status: null, products: ['cti'], role: 'agent' }],
    [{ email: 'Zoë@Acme.example' }, { email: 'Zoë@Acme.example' }],
    [{ name: '  Jane Doe ' }, { name: 'Jane Doe' }],
    [{ role: ' Administrator' }, { role: 'administrator' }],
    [{ products: 'toolbar; CTI ;cti workspace' }, { products: ['workspace', 'cti', 'toolbar'] }],
    [{ status: 'Disabled' }, { status: 'disabled' }],
    [{ id: ' u1 ' }, { id: 'u1' }],
  ])('with %j is a user', (change, user) => {
    expect(parse(change)).toMatchObject({ problems: null, user });
  });

  test.each([
    [{ email: '' }, 'email is empty'],
    [{ email: ' ' }, 'email is empty'],
    [{ email: ' a@b.c' }, 'email begins or ends with a space'],
    [{ email: 'a@b.c\u00a0' }, 'email begins or ends with a space'],
    [{ email: `${'a'.repeat(320)}@b.c` }, 'email is longer than 320 characters'],
    [{ email: 'a\u0000@b.c' }, 'email holds a control character or line break'],
    [{ email: 'Zo\ufffd@b.c' }, 'email is not written in UTF-8'],
    [{ name: '' }, 'name is empty'],
    [{ name: ' \t' }, 'name is empty'],
    [{ name: 'a\nb' }, 'name holds a control character or line break'],
    [{ name: 'a\u001b[2J' }, 'name holds a control character or line break'],
    [{ name: 'x'.repeat(201) }, 'name is longer than 200 characters'],
    [{ id: 'x'.repeat(201) }, 'id is longer than 200 characters'],
    [{ role: '' }, 'role is empty'],
    [{ role: 'agnet' }, 'role "agnet" is not one of administrator, supervisor, agent. Did you mean "agent"?'],
    [{ role: 'constructor' }, 'role "constructor" is not one of administrator, supervisor, agent.'],
    [{ products: '' }, 'products is empty; it names at least one of workspace, cti, toolbar'],
    [{ products: ' ; ' }, 'products is empty; it names at least one of workspace, cti, toolbar'],
    [{ products: 'cti;tolbar' }, 'products names "tolbar", which is not a product. Did you mean "toolbar"?'],
    [{ products: 'cti|toolbar' }, 'products names "cti|toolbar", which is not a product.'],
    [{ status: 'gone' }, 'status "gone" is not one of active, disabled.'],
  ])('with %j is bad', (change, problem) => {
    const { user, problems } = parse(change);
    expect(user).toBeNull();
    expect(problems).toContain(problem);
  });

  it('tells everything that is wrong with it', () => {
    expect(parse({ email: '', role: 'x', products: '', name: '' }).problems).toHaveLength(4);
  });

  test.each([3, 7])('with %i fields is bad', (count) => {
    const record = { line: 2, fields: Array.from({ length: count }, () => 'a'), problem: null };
    expect(parseUserRow(record, COLUMNS).problems).toEqual([`it has ${count} fields instead of 6`]);
  });
});

describe('the header', () => {
  const header = (...fields: string[]) => parseHeader({ line: 1, fields, problem: null });

  it('names the columns in any order and case', () => {
    expect(header(' Products', 'ROLE', 'email', 'Name')).toEqual(['products', 'role', 'email', 'name']);
  });

  test.each([
    [['email', 'name', 'role'], 'The column "products" is missing.'],
    [['emial', 'name', 'role', 'products'], '"emial" is not a column. Did you mean "email"?'],
    [['email', 'email', 'name', 'role', 'products'], 'The column "email" is there twice.'],
    [['email', 'name', 'role', 'products', ''], '"" is not a column.'],
    [['email;name;role;products'], 'separates its columns with ";"'],
    [['jane@acme.example', 'Jane', 'agent', 'cti'], 'The column "email" is missing.'],
  ])('%j is refused', (fields, message) => {
    const refusal = (() => {
      try {
        return header(...fields);
      } catch (error) {
        return error as Refusal;
      }
    })();
    expect(refusal).toMatchObject({ code: 'header-invalid', message: expect.stringContaining(message) });
  });
});
