/**
 * @module
 * Every route behind which a tenant's settings are, so that a test over all of them covers a new one by itself: the
 * API's from its OpenAPI document, and the page's own.
 */
import type { TestStore } from '../../packages/sso-store/test/test-stores.js';
import type { Answer, HttpRequest } from './http-browser.js';
import { SETTINGS, type SettingsClient } from './settings-link-client.js';

export interface SettingsRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Names that the request takes: of path parameters, body members or form fields. */
  readonly names: readonly string[];
  send(client: SettingsClient, values: Values, options?: HttpRequest): Promise<Answer>;
}

/** By name; a path parameter is percent-encoded, a body member sent as it is. */
export type Values = Readonly<Record<string, unknown>>;

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** What products ask before they show another way in: whether there is one. It names nobody. */
const PUBLIC_PATH = '/workspace/api/sso/policy';

/** Actions of the page that name something by its id. */
const FORMS: readonly (readonly string[])[] = [
  ['approve-identity', 'issuer', 'subject', 'userId'],
  ['refuse-identity', 'issuer', 'subject', 'userId'],
];

export async function listSettingsRoutes(client: SettingsClient): Promise<readonly SettingsRoute[]> {
  const document = (await client.get('/workspace/api/openapi.json')).json() as unknown as Document;
  const paths = Object.entries(document.paths).filter(([path]) => path !== PUBLIC_PATH);
  const api = paths.flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => toRoute(document, path, method, operation)),
  );
  const forms = FORMS.map(
    ([action = '', ...names]): SettingsRoute => ({
      method: 'POST',
      path: `${SETTINGS}#${action}`,
      names,
      send: (by, values, options) => by.submit({ action, ...pick(names, values) }, options),
    }),
  );
  const round = `${SETTINGS}/authorise/{id}`;
  return [
    ...api,
    ...forms,
    { method: 'GET', path: SETTINGS, names: [], send: (by) => by.get(SETTINGS) },
    { method: 'GET', path: round, names: ['id'], send: (by, values) => by.get(fill(round, values)) },
  ];
}

function toRoute(document: Document, path: string, method: string, operation: Operation): SettingsRoute {
  const schema = resolve(document, operation.requestBody?.content['application/json']?.schema ?? {});
  const members = Object.entries(schema.properties ?? {});
  const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map(({ name }) => name);
  const names = [...inPath, ...members.map(([name]) => name)];
  if (method === 'get') return { method: 'GET', path, names, send: (by, values) => by.get(fill(path, values)) };
  if (method !== 'post') throw new Error(`Tell the tests how to ask for ${method} ${path}.`);
  return {
    method: 'POST',
    path,
    names,
    send(by, values, options) {
      const body = members.map(([name, member]) => [name, values[name] ?? example(resolve(document, member))]);
      return by.post(fill(path, values), Object.fromEntries(body), options);
    },
  };
}

function resolve({ components }: Document, schema: Schema): Schema {
  return components.schemas[schema.$ref?.replace('#/components/schemas/', '') ?? ''] ?? schema;
}

/** Something of the right type. */
function example({ enum: values, type, anyOf }: Schema): unknown {
  if (values !== undefined) return values[0];
  if (anyOf !== undefined) return example(anyOf[0] ?? {});
  const [first] = typeof type === 'string' ? [type] : (type ?? ['string']);
  return { boolean: true, integer: 1, number: 1, array: [], object: {} }[first ?? ''] ?? 'text';
}

function fill(path: string, values: Values): string {
  return path.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(String(values[name] ?? 'text')));
}

function pick(names: readonly string[], values: Values): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, String(values[name] ?? 'text')]));
}

/** Changes with any value of any row of a tenant, of every table that has tenants' rows. */
export async function digestTenant(
  { query }: Pick<TestStore, 'query'>,
  tenantId: string,
  without: readonly string[] = [],
): Promise<Readonly<Record<string, string>>> {
  const tables = await query<{ name: string }>(`
    select table_name as name from information_schema.columns
    where column_name = 'tenant_id' and table_schema = 'public' order by 1`);
  const digests: Record<string, string> = {};
  for (const { name } of tables.filter((table) => !without.includes(table.name))) {
    const [row] = await query<{ digest: string | null }>(
      `select md5(string_agg(t::text, '|' order by t::text)) as digest from ${name} t where tenant_id = $1`,
      [tenantId],
    );
    digests[name] = row?.digest ?? '';
  }
  return digests;
}
